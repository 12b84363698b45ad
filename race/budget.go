package race

import (
	"context"
	"errors"
)

// ErrTooMuch says that a query would exceed the limit of one answer.
var ErrTooMuch = errors.New("this asks for too much at once")

// Budget limits the cost of one query, in bytes of its answer. Readers spend from it and stop with ErrTooMuch. It is not safe for
// concurrent use.
type Budget struct{ left int }

// RowCost is the cost of reading one row from a store.
const RowCost = 200

// NewBudget is one of so many bytes.
func NewBudget(bytes int) *Budget {
	return &Budget{bytes}
}

// Spend deducts from the budget. A nil budget has no limit.
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

// Within returns a context whose readers spend from b.
func Within(ctx context.Context, b *Budget) context.Context {
	return context.WithValue(ctx, budgetKey{}, b)
}

// BudgetOf is the budget of a context, or nil.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}
