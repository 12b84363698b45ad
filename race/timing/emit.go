package timing

import (
	"slices"

	"lightsout/race"
)

// span is a half-open range of places; empty if to is 0.
type span struct{ from, to int }

func (sp *span) add(at int) {
	if sp.to == 0 {
		*sp = span{at, at + 1}
		return
	}
	sp.from, sp.to = min(sp.from, at), max(sp.to, at+1)
}

// announceOrder publishes the places that changed.
func (s *State) announceOrder() {
	if s.moved.to == 0 {
		return
	}
	s.facts = append(s.facts, race.OrderChanged{
		From: s.moved.from, Cars: slices.Clone(s.order[s.moved.from:s.moved.to]),
	})
}

func (s *State) emitStatus(at race.Micros) {
	s.facts = append(s.facts, race.SessionStatusChanged{Session: race.SessionStatus{
		Status: s.status, Flag: s.flag(), LeaderLap: s.leaderLap, Laps: s.distance(), TimeMS: at.Millis(),
		StartMoved: s.shift,
	}})
}

// keep copies marks for a fact; the copies share allocations.
func (s *State) keep(marks []race.Mark) []race.Mark {
	if len(marks) == 0 {
		return nil
	}
	if cap(s.slab)-len(s.slab) < len(marks) {
		s.slab = make([]race.Mark, 0, max(1024, len(marks)))
	}
	from := len(s.slab)
	s.slab = append(s.slab, marks...)
	return s.slab[from:len(s.slab):len(s.slab)]
}

// emitRow publishes a car's row; it replaces a row that the current record already published.
func (s *State) emitRow(idx race.CarIdx) {
	r := &s.cars[idx].run
	r.row.State = r.state
	r.row.BestIsSession = idx == s.bests.lap().car
	if r.laps > 0 {
		r.row.LastMark = r.done[r.laps-1].Mark
	}
	row := r.row
	row.MiniMarks = s.keep(r.marks[:r.marked])
	for i := len(s.facts) - 1; i >= max(0, len(s.facts)-4); i-- {
		if prior, ok := s.facts[i].(race.RowChanged); ok && prior.Row.Car == idx {
			s.facts[i] = race.RowChanged{Row: row}
			return
		}
	}
	s.facts = append(s.facts, race.RowChanged{Row: row})
}
