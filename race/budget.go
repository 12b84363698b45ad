package race

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrTooMuch says that a question asks for more at once than an answer may hold.
var ErrTooMuch = errors.New("this asks for too much at once")

// Budget bounds what one question may cost, in bytes of its answer. Whoever reads for it spends what it takes, and stops with ErrTooMuch.
// It may be used from several goroutines.
type Budget struct{ left atomic.Int64 }

// RowCost is what reading a row of a store costs.
const RowCost = 100

// NewBudget is one of so many bytes.
func NewBudget(bytes int) *Budget {
	b := &Budget{}
	b.left.Store(int64(bytes))
	return b
}

// Spend takes from what is left. Without a budget nothing is too much.
func (b *Budget) Spend(bytes int) error {
	if b != nil && b.left.Add(-int64(bytes)) < 0 {
		return ErrTooMuch
	}
	return nil
}

// Spent says that something was too much.
func (b *Budget) Spent() bool { return b.left.Load() < 0 }

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
