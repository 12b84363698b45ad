package race_test

import (
	"errors"
	"testing"

	"lightsout/race"
)

func TestBudget_RowsInTheAnswerPayForTheirOwnWork(t *testing.T) {
	b := race.NewBudget(1000, 100)
	if b.Reading(0, 0); b.MaxRows(25) != 4 {
		t.Errorf("rows outside the answer: %d, expected 4", b.MaxRows(25))
	}
	if b.Reading(15, 20); b.MaxRows(25) != 10 {
		t.Errorf("rows that pay for most of their work: got %d, expected 10", b.MaxRows(25))
	}
	if b.Reading(30, 40); b.MaxRows(25) != 25 {
		t.Errorf("rows that pay for all their work: got %d, expected all that fit in the answer, 25", b.MaxRows(25))
	}
	if aside := b.Aside(); aside.MaxRows(25) != 4 {
		t.Errorf("rows of Aside: %d, expected 4", aside.MaxRows(25))
	}
}

func TestBudget_HasNoWorkLeftAfterItWasExceeded(t *testing.T) {
	b := race.NewBudget(1000, 100)
	if err := b.Rows(5, 25); !errors.Is(err, race.ErrTooMuch) {
		t.Errorf("five rows: %v", err)
	}
	if err := b.Work(1); !errors.Is(err, race.ErrTooMuch) {
		t.Errorf("work after that: %v", err)
	}
	if err := b.Answer(1000); err != nil {
		t.Errorf("an answer that needs no work: %v", err)
	}
	if err := b.Answer(1); !errors.Is(err, race.ErrTooMuch) {
		t.Errorf("a byte more than the answer may have: %v", err)
	}
}

func TestBudget_CountsBytesPaidInAdvance(t *testing.T) {
	b := race.NewBudget(1000, 100)
	b.Reading(15, 20)
	if err := b.Rows(4, 25); err != nil {
		t.Fatal(err)
	}
	b.Expect(50)
	if counted := b.Reading(0, 0); counted != 4*15+50 {
		t.Errorf("%d, expected %d", counted, 4*15+50)
	}
	if left := b.WorkLeft(); left != 100-4*10+50 {
		t.Errorf("work left: %d, expected 110", left)
	}
}
