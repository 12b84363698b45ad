package race

import (
	"context"
	"errors"
	"math"
)

// ErrTooMuch means that a query exceeds the limits of one answer.
var ErrTooMuch = errors.New("this asks for too much at once")

// Budget limits a query twice: the size of its answer in bytes, and the work that these bytes do not pay for. Work is counted
// in bytes as well: the bytes that could be answered in the same time. A nil budget has no limit. A Budget is not safe for
// concurrent use.
type Budget struct {
	*account
	least, usual int // bytes that each row read adds to the answer
	counted      int // bytes of the answer that paid for work and are not written yet
}

type account struct{ answer, work int }

// RowCost is the work of reading one row from a store.
const RowCost = 25

// NewBudget returns a budget for an answer of that many bytes and that much work on top.
func NewBudget(answer, work int) *Budget {
	return &Budget{account: &account{answer, work}}
}

// Answer takes bytes of the answer from the budget; a negative number gives them back.
func (b *Budget) Answer(bytes int) error {
	switch {
	case b == nil:
		return nil
	case b.answer < bytes: // nothing is taken, so a smaller answer still fits
		return ErrTooMuch
	}
	b.answer -= bytes
	return nil
}

// Room returns how many more bytes the answer may have.
func (b *Budget) Room() int {
	if b == nil {
		return math.MaxInt
	}
	return b.answer
}

// Work takes work from the budget. If too little is left, it empties the budget and fails.
func (b *Budget) Work(bytes int) error {
	switch {
	case b == nil:
		return nil
	case b.work < bytes:
		b.work = 0
		return ErrTooMuch
	}
	b.work -= bytes
	return nil
}

// WorkLeft returns how much work is left.
func (b *Budget) WorkLeft() int {
	if b == nil {
		return math.MaxInt
	}
	return b.work
}

// Earn adds work to the budget, because the answer turned out longer than expected.
func (b *Budget) Earn(bytes int) {
	if b != nil {
		b.work += max(0, bytes)
	}
}

// Expect adds work to the budget for bytes that will be written and were not expected so far.
func (b *Budget) Expect(bytes int) {
	if b != nil {
		b.work += bytes
		b.counted += bytes
	}
}

// Aside returns a budget that spends from the same account, for rows that do not appear in the answer.
func (b *Budget) Aside() *Budget {
	if b == nil {
		return nil
	}
	return &Budget{account: b.account}
}

// Reading sets how many bytes each following row adds to the answer: at least, and usually. The least pays for the work of
// reading the row. Reading returns the bytes that were counted on since its last call.
func (b *Budget) Reading(least, usual int) (counted int) {
	if b != nil {
		counted = b.counted
		b.least, b.usual, b.counted = least, usual, 0
	}
	return counted
}

// Rows pays for n rows that are about to be read; cost is the work of one.
func (b *Budget) Rows(n, cost int) error {
	switch {
	case b == nil:
		return nil
	case n > b.MaxRows(cost):
		b.work = 0
		return ErrTooMuch
	}
	b.counted += n * min(cost, b.least)
	return b.Work(n * max(0, cost-b.least))
}

// MaxRows returns how many rows the budget can pay for.
func (b *Budget) MaxRows(cost int) int {
	most := math.MaxInt
	if b == nil {
		return most
	}
	if net := cost - b.least; net > 0 {
		most = b.work / net
	}
	if b.usual > 0 {
		most = min(most, b.answer/b.usual)
	}
	return most
}

type budgetKey struct{}

// Within returns a context whose readers spend from b.
func Within(ctx context.Context, b *Budget) context.Context {
	return context.WithValue(ctx, budgetKey{}, b)
}

// BudgetOf returns the budget of a context, or nil.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}
