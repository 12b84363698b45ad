package timing

import (
	"fmt"
	"slices"

	"lightsout/race"
)

// published is the newest version of the result.
type published struct {
	version        int // 0 means none yet
	status         race.ResultStatus
	at             race.Micros // when the race ended, was declared final, or was last ruled on after that
	author, reason string
	entries        []race.Classified
}

// declare makes the result final.
func (s *State) declare(at race.Micros, b race.ResultDeclared) error {
	switch {
	case s.status != race.Over:
		return fmt.Errorf("a result is declared before the end: %w", ErrOutOfOrder)
	case s.result.status != race.Provisional:
		return fmt.Errorf("the result is declared already: %w", ErrDuplicate)
	}
	s.result.status, s.result.at, s.why, s.dirty = race.Final, at, b.Reason, true
	s.result.entries = nil // an unchanged order is a new version, too
	return nil
}

// publish makes a new version of the result if the current record changed it. A simulation has no protests: its first result
// is final.
func (s *State) publish(r *race.Record) {
	if s.status != race.Over || !s.dirty {
		return
	}
	before, lines := s.result, s.classify()
	if before.version > 0 && slices.Equal(before.entries, lines) {
		return
	}
	s.result.version++
	s.result.author, s.result.reason, s.result.entries = r.Author, s.why, lines
	_, late := r.Body.(race.Passing)
	switch {
	case s.result.version == 1:
		s.result.at = s.endedAt
		if s.info.Kind == race.Simulation {
			s.result.status = race.Final
		}
	case before.status != race.Provisional && before.entries != nil:
		s.result.status, s.result.at = race.Amended, max(s.result.at, r.Time)
	}
	if late && before.version > 0 {
		s.result.reason = "a passing that came late"
	}
	s.reemit, s.fresh = true, true
	s.setOrder(s.resultOrder())
	s.settleGaps(lines)
	s.lead(s.result.at, false) // the distance of a stopped race is the winner's laps
}

// announceResult publishes the version that the current record made, with the hash of everything it follows from.
func (s *State) announceResult() {
	if !s.fresh {
		return
	}
	s.fresh = false
	s.facts = append(s.facts, race.ResultPublished{Classification: s.inForce(slices.Clone(s.result.entries))})
}

// settleGaps sets the tower's gaps to those of the result: penalties move cars that pass no line any more.
func (s *State) settleGaps(result []race.Classified) {
	for i, e := range result {
		if e.Status != race.StatusFinished || e.Position == 0 || e.Laps == 0 {
			continue
		}
		row := &s.cars[e.Car].run.row
		before := distancesOf(row)
		row.GapLaps, row.IntervalLaps = e.GapLaps, result[max(0, i-1)].Laps-e.Laps
		row.GapMS, row.IntervalMS = max(0, e.GapMS), max(0, e.IntervalMS)
		if before != distancesOf(row) {
			s.emitRow(e.Car)
		}
	}
}
