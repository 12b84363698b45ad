package race

import (
	"context"
	"errors"
	"math"
)

// ErrTooMuch says that a query would exceed the limits of one answer.
var ErrTooMuch = errors.New("this asks for too much at once")

// Budget limits a query twice: the bytes of its answer, and the work that these bytes do not justify. Work is measured in
// bytes, too: as many as may be answered in the same time. A nil budget has no limit. It is not safe for concurrent use.
type Budget struct {
	*account
	least, usual int // bytes that a row of what is being read adds to the answer
	counted      int // of the bytes that pay for work, those that are not written yet
}

type account struct{ answer, work int }

// RowCost is the work of reading one row from a store.
const RowCost = 25

// NewBudget is one for an answer of so many bytes, and so much work beside it.
func NewBudget(answer, work int) *Budget {
	return &Budget{account: &account{answer, work}}
}

// Answer takes bytes of an answer from the budget; below 0, it gives them back.
func (b *Budget) Answer(bytes int) error {
	switch {
	case b == nil:
		return nil
	case b.answer < bytes: // something smaller may do
		return ErrTooMuch
	}
	b.answer -= bytes
	return nil
}

// Room is how many bytes the answer may still have.
func (b *Budget) Room() int {
	if b == nil {
		return math.MaxInt
	}
	return b.answer
}

// Work takes work from the budget. Once there is not enough left, there is none.
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

// WorkLeft is how much work there may still be.
func (b *Budget) WorkLeft() int {
	if b == nil {
		return math.MaxInt
	}
	return b.work
}

// Earn allows for more work: the answer has more bytes than was counted on.
func (b *Budget) Earn(bytes int) {
	if b != nil {
		b.work += max(0, bytes)
	}
}

// Expect allows for more work: bytes will be written that were not counted on.
func (b *Budget) Expect(bytes int) {
	if b != nil {
		b.work += bytes
		b.counted += bytes
	}
}

// Aside is a budget of the same money, for rows that do not stand in the answer.
func (b *Budget) Aside() *Budget {
	if b == nil {
		return nil
	}
	return &Budget{account: b.account}
}

// Reading says what each row that is read next adds to the answer, at the least and usually. What it adds at the least pays for
// the work of reading it. It returns what was counted on for the rows since it was called last.
func (b *Budget) Reading(least, usual int) (counted int) {
	if b != nil {
		counted = b.counted
		b.least, b.usual, b.counted = least, usual, 0
	}
	return counted
}

// Rows pays for n rows that are about to be read, at the given work for each.
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

// MaxRows is how many rows may be read.
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

// BudgetOf is the budget of a context, or nil.
func BudgetOf(ctx context.Context) *Budget {
	b, _ := ctx.Value(budgetKey{}).(*Budget)
	return b
}
