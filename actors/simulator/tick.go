package simulator

import (
	"slices"

	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/race/sabotage"
)

// openTick is the tick that is open. Its methods are pure.
type openTick struct {
	n       race.Tick
	attempt uint32
	prev    *drive.Field
	in      *drive.Inputs

	rows      []drive.Row
	have      []bool
	missing   int
	crossings []drive.Crossing
	withdrawn []pendingCommand // cars that were given up, in the order of their rows

	next   *drive.Field       // once all rows are in
	open   int                // checkpoints that have not closed
	closed []bool             // by line
	asked  [][]drive.Crossing // by line: the crossings that it should close with
	passed []drive.Crossing
}

func newOpenTick(n race.Tick, attempt uint32, prev *drive.Field, in *drive.Inputs, lines int) *openTick {
	cars := len(prev.Rows)
	return &openTick{
		n: n, attempt: attempt, prev: prev, in: in, rows: make([]drive.Row, cars), have: make([]bool, cars), missing: cars,
		closed: make([]bool, lines),
	}
}

// row accepts a car's row once and reports whether it was the last.
func (t *openTick) row(car race.CarIdx, r drive.Row, crossings []drive.Crossing) bool {
	if t.have[car] && !sabotage.On(sabotage.Once) {
		return false
	}
	t.have[car], t.rows[car] = true, r
	t.crossings = append(t.crossings, crossings...)
	t.missing--
	return t.missing == 0
}

// close computes the next field and returns the passings that each line should have; lines without passings need not close.
func (t *openTick) close(m *drive.Model, lines int) [][]drive.Crossing {
	slices.SortFunc(t.crossings, drive.Compare)
	t.next = m.Close(t.prev, t.in, t.rows, t.crossings)
	expected := make([][]drive.Crossing, lines)
	for _, c := range t.crossings {
		if expected[c.Line] == nil {
			t.open++
		}
		expected[c.Line] = append(expected[c.Line], c)
	}
	t.asked = expected
	return expected
}

// passings accepts the passings of a line once, and reports whether it was the last line.
func (t *openTick) passings(line int, passed []drive.Crossing) bool {
	if t.closed[line] {
		return false
	}
	t.closed[line] = true
	t.passed = append(t.passed, passed...)
	t.open--
	return t.open == 0
}

// records are the tick's records.
func (t *openTick) records(m *drive.Model) []race.Record { return m.Records(t.prev, t.next, t.passed) }
