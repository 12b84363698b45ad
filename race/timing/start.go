package timing

import (
	"fmt"
	"slices"

	"lightsout/race"
)

// isPreStart reports whether a record is a passing reported by date while the race waits for its start signal.
func (s *State) isPreStart(r *race.Record) bool {
	_, passing := r.Body.(race.Passing)
	return passing && r.Time.PreStart() && s.status == race.Waiting
}

// datePreStart converts pre-start passings to race time.
func (s *State) datePreStart(after race.Micros) {
	for id, k := range s.sources.seen {
		if k.raw.PreStart() {
			k.raw = k.raw.ToRaceTime(after)
			s.sources.seen[id] = k
		}
	}
	if !s.hasPreStartPassings() {
		return
	}
	s.movePassings(func(h *passing) race.Micros {
		if !h.at.PreStart() {
			return 0
		}
		return h.at.ToRaceTime(after) - h.at
	})
}

// hasPreStartPassings reports whether any passing is still pre-start. Passings are sorted, so such passings come first.
func (s *State) hasPreStartPassings() bool {
	for i := range s.cars {
		if c := &s.cars[i]; len(c.passings) > 0 && c.passings[0].at.PreStart() {
			return true
		}
	}
	return slices.ContainsFunc(s.strays, func(h passing) bool { return h.at.PreStart() })
}

// abortStart shortens the race by a lap. It is allowed for times before the first completed lap: after that the grid cannot
// form again. When the ruling arrives does not matter.
func (s *State) abortStart(a act) error {
	if len(s.boards) > 0 && a.at > s.first(1) {
		return fmt.Errorf("the start is aborted at %v, lap 1 was completed at %v: %w", a.at, s.first(1), ErrTooLate)
	}
	s.acts = append(s.acts, a)
	s.recomputeRulings()
	s.checkFlagged(a.at)
	s.emitStatus(a.at)
	return nil
}

// moveStart moves the start signal, from which race time counts, relative to its record.
func (s *State) moveStart(a act, b race.StartMoved) error {
	if b.At < -race.TimeMax || b.At > race.TimeMax {
		return fmt.Errorf("a start signal %d µs after the first: %w", b.At, ErrOutOfOrder)
	}
	s.why = b.Reason
	s.acts = append(s.acts, a)
	s.shiftStart()
	return nil
}

// shiftStart recomputes the time of the start signal and shifts all times accordingly.
func (s *State) shiftStart() {
	shift := race.Micros(0)
	for i := range s.acts {
		if b, ok := s.acts[i].body.(race.StartMoved); ok && !s.acts[i].undone {
			shift = b.At
		}
	}
	by := s.shift - shift
	if by == 0 {
		return
	}
	s.shift, s.dirty = shift, true
	for i := range s.acts {
		s.acts[i].move(by)
	}
	for i := range s.cars {
		c := &s.cars[i]
		for j := range c.acts {
			c.acts[j].move(by)
		}
		c.rule(s.info.Rules)
	}
	for i := range s.sources.transponders {
		for j := range s.sources.transponders[i].handed {
			s.sources.transponders[i].handed[j].from += by
		}
	}
	s.endedAt, s.result.at = s.endedAt+by, s.result.at+by
	s.recomputeRulings()
	s.movePassings(func(*passing) race.Micros { return by })
	s.emitStatus(s.latest)
}

// move shifts the time of an act.
func (a *act) move(by race.Micros) {
	a.at += by
	a.body = moved(a.body, by)
}

// moved returns a ruling with the times in it shifted. An inserted passing moves with its act.
func moved(b race.Body, by race.Micros) race.Body {
	switch b := b.(type) {
	case race.TransponderAssigned:
		if b.From != 0 {
			b.From = notZero(b.From + by)
		}
		return b
	case race.Corrected:
		switch {
		case b.Kind == race.CorrectInsert:
			b.At += by
		case b.At != 0:
			b.At = notZero(b.At + by)
		}
		return b
	default: // it contains no time
	}
	return b
}

// notZero keeps a shifted time from becoming 0, which means none.
func notZero(at race.Micros) race.Micros {
	if at == 0 {
		return -1
	}
	return at
}

// inRaceTime returns a record with its times counted from the moved start signal.
func (s *State) inRaceTime(r *race.Record) *race.Record {
	if s.shift == 0 {
		return r
	}
	m := *r
	m.Time -= s.shift
	m.Body = moved(r.Body, -s.shift)
	return &m
}
