package race

import (
	"context"
	"errors"
)

// ErrTooMuch says that a question asks for more at once than an answer may hold.
var ErrTooMuch = errors.New("this asks for too much at once")

// Budget bounds what one question may cost, in bytes of its answer. Whoever reads for it spends what it takes, and stops with ErrTooMuch.
// One goroutine at a time uses it.
type Budget struct{ left int }

// RowCost is what reading a row of a store costs.
const RowCost = 200

// NewBudget is one of so many bytes.
func NewBudget(bytes int) *Budget {
	return &Budget{bytes}
}

// Spend takes from what is left. Without a budget nothing is too much.
func (b *Budget) Spend(bytes int) error {
	switch {
	case b == nil:
		return nil
	case b.left < bytes: // something smaller may do
		return ErrTooMuch
	}
	b.left -= bytes
	return nil
}

type budgetKey struct{}

// Within has those who read in a context spend from a budget.
func Within(ctx context.Context, b *Budget) context.Context {
	return context.WithValue(ctx, budgetKey{}, b)
}

// BudgetOf is the budget of a context, or nil.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}
