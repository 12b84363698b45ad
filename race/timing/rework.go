package timing

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// next takes the newest hit of a car, the last of its list: what follows is told as it happens.
func (s *State) next(idx race.CarIdx, h hit) {
	c := &s.cars[idx]
	former, late := s.bests.car, h.at < s.latest
	s.latest = max(s.latest, h.at)
	counts := s.counts(idx, c, &h)
	if h.verdict != race.Accepted {
		c.hits[len(c.hits)-1].verdict = h.verdict
	}
	if !counts {
		return
	}
	at := h.at.Truncate(s.head.Rules.Precision)
	n := s.step(idx, c, &h)
	if n.pitIn {
		s.tellOfCar(race.EventPitIn, idx, at, 0, "")
	}
	if n.pitOut {
		s.tellOfCar(race.EventPitOut, idx, at, 0, "")
	}
	if n.lap && c.run.row.LastMark == race.SessionBest {
		if former != race.NoCar && former != idx {
			s.tellRow(former)
		}
		if c.run.laps > 1 {
			s.tellOfCar(race.EventFastestLap, idx, at, c.run.row.LastMS, "")
		}
	}
	s.overtake(idx, h.at, at)
	s.measure(idx)
	s.tellRow(idx)
	if late {
		s.measureBehind(idx)
	}
	if n.lap {
		s.afterLap(idx, at)
	}
}

// afterLap tells of a lap, and ends the race where the rules say so.
func (s *State) afterLap(idx race.CarIdx, at race.Micros) {
	r := &s.cars[idx].run
	l := &r.done[r.laps-1]
	l.Position = int(s.place[idx]) + 1
	s.facts = append(s.facts, race.LapCompleted{Lap: *l})
	if raw := r.ends[r.laps-1]; r.laps > len(s.firsts) {
		s.firsts = append(s.firsts, raw)
	} else {
		s.firsts[r.laps-1] = min(s.firsts[r.laps-1], raw)
	}
	s.dirty = true
	s.checkFall(at)
	s.tellRow(idx)
	s.lead(at, false)
}

// lead tells of the lap that the leader is on, if it is another than before or always. While the race is suspended the
// tower is that of another moment, and the lap stays.
func (s *State) lead(at race.Micros, always bool) {
	lap := s.leaderLap
	if len(s.order) > 0 && !s.suspended() {
		lap = s.cars[s.order[0]].run.laps + 1
	}
	if s.fall.fell {
		lap = s.fall.lap
	} else if d := s.fall.distance; d > 0 {
		lap = min(lap, d)
	}
	if (lap != s.leaderLap || always) && s.status != race.Waiting {
		s.leaderLap = lap
		s.tellHead(at)
	}
}

// derive works a car out from its hits and rulings alone.
func (s *State) derive(idx race.CarIdx) {
	c := &s.cars[idx]
	c.run = s.newRun(idx)
	if s.status != race.Waiting {
		c.run.state = race.Running
		if s.fall.fell && s.fall.lap == 0 { // counted back to nothing
			c.run.state = race.Finished
		}
		for i := range c.hits {
			h := &c.hits[i]
			s.latest = max(s.latest, h.at)
			if s.counts(idx, c, h) {
				s.step(idx, c, h)
			}
		}
	}
	s.fitTyres(c, race.TimeMax)
	if c.ruled.state > race.Retired || c.ruled.state == race.Retired && !c.tookFlag() { // after the flag nobody retires
		c.run.state = c.ruled.state
	}
	c.run.row.PenaltyMS = c.ruled.penalty.Millis()
}

// tookFlag says that a car crossed the line at the flag or after it.
func (c *car) tookFlag() bool { return c.run.state == race.Finished && c.run.laps > 0 }

// rework derives a car again because its past has changed, and what hangs on it.
func (s *State) rework(idx race.CarIdx) {
	if s.abandoned != nil { // counted back from laps that were cut off since
		s.rebuild()
		return
	}
	old := s.cars[idx].run
	from, led, best := int(s.place[idx]), s.order[0], s.bests.car
	s.collectBests(idx)
	s.derive(idx)
	s.refirst(old.ends, s.cars[idx].run.ends)
	s.dirty = true
	s.amendLaps(idx, &old)
	s.reorder(idx)
	s.remeasure(idx, &old)
	s.measureMoved(idx, from, led)
	for _, other := range [...]race.CarIdx{best, s.bests.car} { // who has the best lap may have changed
		if best != s.bests.car && other != race.NoCar && other != idx {
			s.tellRow(other)
		}
	}
	s.checkFall(s.latest)
	s.lead(s.latest, false)
}

// rebuild derives the whole race again.
func (s *State) rebuild() {
	olds := make([]run, len(s.cars))
	s.fall, s.firsts = fall{}, nil
	s.collectBests(race.NoCar)
	s.bests = bests{car: race.NoCar, minis: make([]race.Micros, s.minis)}
	for i := range s.cars {
		olds[i] = s.cars[i].run
		s.derive(race.CarIdx(i))
		s.refirst(nil, s.cars[i].run.ends)
	}
	if s.fall = s.flagFall(); s.fall.fell {
		for i := range s.cars {
			s.derive(race.CarIdx(i))
		}
	}
	s.collectBests(race.NoCar)
	s.dirty = true
	s.setOrder(s.standing())
	for i := range s.cars {
		s.amendLaps(race.CarIdx(i), &olds[i])
		s.remeasure(race.CarIdx(i), &olds[i])
	}
	s.lead(s.latest, false)
}

// refirst notes laps that a car completed at other times than before.
func (s *State) refirst(before, now []race.Micros) {
	for lap := range max(len(before), len(now)) {
		had, has := lap < len(before), lap < len(now)
		switch {
		case had && has && before[lap] == now[lap]:
		case had && lap < len(s.firsts) && s.firsts[lap] == before[lap]:
			s.firsts[lap] = s.firstOf(lap)
		case has && lap >= len(s.firsts):
			s.firsts = append(s.firsts, now[lap])
		case has:
			s.firsts[lap] = min(s.firsts[lap], now[lap])
		}
	}
	for n := len(s.firsts); n > 0 && s.firsts[n-1] == race.TimeMax; n-- {
		s.firsts = s.firsts[:n-1]
	}
}

// firstOf is when a lap was first completed; TimeMax where nobody has.
func (s *State) firstOf(lap int) race.Micros {
	first := race.TimeMax
	for i := range s.cars {
		if ends := s.cars[i].run.ends; lap < len(ends) {
			first = min(first, ends[lap])
		}
	}
	return first
}

// amendLaps tells of the laps of a car that are not as they were told.
func (s *State) amendLaps(idx race.CarIdx, old *run) {
	r := &s.cars[idx].run
	for i := range r.done {
		l := &r.done[i]
		if i < len(old.done) {
			was := old.done[i]
			l.Position, l.Mark = was.Position, was.Mark
			if *l == was && r.ends[i] == old.ends[i] {
				continue
			}
		}
		l.Position = 1
		for j := range s.cars {
			if ends := s.cars[j].run.ends; i < len(ends) && ends[i] < r.ends[i] {
				l.Position++
			}
		}
		s.facts = append(s.facts, race.LapCompleted{Lap: *l})
	}
	if r.laps < old.laps {
		s.facts = append(s.facts, race.LapsWithdrawn{Car: idx, Laps: r.laps})
	}
}

// remeasure takes gaps again and tells of the row if it is another than before.
func (s *State) remeasure(idx race.CarIdx, old *run) {
	row := &s.cars[idx].run.row
	row.GapMS, row.GapLaps = old.row.GapMS, old.row.GapLaps
	row.IntervalMS, row.IntervalLaps = old.row.IntervalMS, old.row.IntervalLaps
	s.measure(idx)
	s.tellRow(idx)
}

// collectBests works out the best times of all cars but one.
func (s *State) collectBests(without race.CarIdx) {
	b := bests{car: race.NoCar, minis: make([]race.Micros, s.minis)}
	lower := func(all *race.Micros, one race.Micros) {
		if one > 0 && (*all == 0 || one < *all) {
			*all = one
		}
	}
	for i := range s.cars {
		r := &s.cars[i].run
		if race.CarIdx(i) == without {
			continue
		}
		if r.best > 0 && (b.lap == 0 || cmp.Or(cmp.Compare(r.best, b.lap), cmp.Compare(r.bestEnd, b.lapEnd)) < 0) {
			b.lap, b.lapEnd, b.car = r.best, r.bestEnd, race.CarIdx(i)
		}
		for k := range b.sectors {
			lower(&b.sectors[k], r.bestSectors[k])
		}
		for line, l := range s.lines {
			if l.mini >= 0 {
				lower(&b.minis[l.mini], r.loops[line].bestMini)
			}
		}
	}
	s.bests = b
}

// sorted is the tower by what is known of each car.
func (s *State) sorted() []race.CarIdx {
	order := slices.Clone(s.order)
	slices.SortStableFunc(order, s.ahead)
	return order
}
