package timing

import (
	"cmp"

	"lightsout/race"
)

// ahead orders two cars on the tower: who is still in it first, then by the last line passed and when (rules 1, 4, 11).
func (s *State) ahead(a, b race.CarIdx) int {
	ra, rb := &s.cars[a].run, &s.cars[b].run
	return cmp.Or(
		cmp.Compare(max(ra.state, race.Finished), max(rb.state, race.Finished)),
		cmp.Compare(rb.progress, ra.progress),
		cmp.Compare(ra.progressAt, rb.progressAt),
		s.gridOrder(a, b),
	)
}

// gridOrder puts those from the pit lane last and those without a place behind the grid, in the order of entry.
func (s *State) gridOrder(a, b race.CarIdx) int {
	ea, eb := &s.entries[a], &s.entries[b]
	place := func(e *race.Entry) int {
		switch {
		case e.PitLaneStart && e.Grid > 0:
			return 2*race.CarsMax + e.Grid
		case e.PitLaneStart:
			return 4 * race.CarsMax
		case e.Grid > 0:
			return e.Grid
		}
		return 2 * race.CarsMax
	}
	return cmp.Or(cmp.Compare(place(ea), place(eb)), cmp.Compare(a, b))
}

// overtake moves a car that passed a line to its place, and tells of a new leader.
func (s *State) overtake(idx race.CarIdx, at race.Micros) {
	led := s.order[0]
	s.reposition(idx)
	if s.order[0] == idx && led != idx && s.cars[led].run.laps+s.cars[idx].run.laps > 0 {
		s.tellOfCar(race.EventLeader, idx, at, 0, "")
	}
}

// reposition moves one car to its place. While the race is suspended the order stands; afterwards it is the result's.
func (s *State) reposition(idx race.CarIdx) {
	if s.suspended() || s.result.version > 0 {
		return
	}
	for at := int(s.place[idx]); at > 0 && s.ahead(idx, s.order[at-1]) < 0; at-- {
		s.swap(at)
	}
	for at := int(s.place[idx]); at+1 < len(s.order) && s.ahead(s.order[at+1], idx) < 0; at++ {
		s.swap(at + 1)
	}
}

// swap exchanges the car at a place with the one before it.
func (s *State) swap(at int) {
	s.order[at-1], s.order[at] = s.order[at], s.order[at-1]
	s.place[s.order[at-1]], s.place[s.order[at]] = int32(at-1), int32(at)
	s.moved.add(at - 1)
	s.moved.add(at)
}

func (s *State) setOrder(order []race.CarIdx) {
	for at, idx := range order {
		if s.order[at] != idx {
			s.order[at], s.place[idx] = idx, int32(at)
			s.moved.add(at)
		}
	}
}

// standing is what the tower shows of all that is known: the result where there is one, the order at the last common
// line while the race is suspended, else who passed the last line first.
func (s *State) standing() []race.CarIdx {
	switch {
	case s.result.version > 0:
		return s.resultOrder()
	case s.suspended():
		return s.commonOrder()
	}
	return s.sorted()
}

// commonOrder is the order at the last line that all cars still racing had passed after the leader (rule 8).
func (s *State) commonOrder() []race.CarIdx {
	leader := &s.cars[s.order[0]].run
	lines := int32(len(s.lines))
	for p := leader.progress; p > leader.progress-lines && p > 0; p-- {
		since, ok := leader.timeAt(p)
		if !ok {
			continue
		}
		passed := map[race.CarIdx]crossing{}
		for i := range s.cars {
			r := &s.cars[i].run
			if !r.racing() {
				continue
			}
			q := r.progress - (r.progress-p%lines+lines)%lines
			at, seen := r.timeAt(q)
			if !seen || at < since {
				passed = nil
				break
			}
			passed[race.CarIdx(i)] = crossing{q, at}
		}
		if passed != nil {
			return s.orderBy(passed)
		}
	}
	return s.sorted()
}

// orderBy sorts the tower with other crossings than the last ones for some cars.
func (s *State) orderBy(passed map[race.CarIdx]crossing) []race.CarIdx {
	kept := map[race.CarIdx]crossing{}
	for idx, was := range passed { // in any order: each car is changed and changed back by itself
		r := &s.cars[idx].run
		kept[idx] = crossing{r.progress, r.progressAt}
		r.progress, r.progressAt = was.progress, was.at
	}
	order := s.sorted()
	for idx, was := range kept {
		r := &s.cars[idx].run
		r.progress, r.progressAt = was.progress, was.at
	}
	return order
}

// measure takes gap and interval at the last line that the car passed (rule 4).
func (s *State) measure(idx race.CarIdx) {
	r := &s.cars[idx].run
	place := int(s.place[idx])
	if place == 0 {
		r.row.GapMS, r.row.GapLaps, r.row.IntervalMS, r.row.IntervalLaps = 0, 0, 0, 0
		return
	}
	if r.progress < 0 {
		return
	}
	r.row.GapMS, r.row.GapLaps = s.distanceTo(&s.cars[s.order[0]].run, r, r.row.GapMS, r.row.GapLaps)
	r.row.IntervalMS, r.row.IntervalLaps = s.distanceTo(
		&s.cars[s.order[place-1]].run, r, r.row.IntervalMS, r.row.IntervalLaps)
}

// measureBehind takes the gaps again that hang on a car: to the leader all of them, else that of the car behind.
func (s *State) measureBehind(idx race.CarIdx) {
	place := int(s.place[idx])
	last := min(place+1, len(s.order)-1)
	if place == 0 {
		last = len(s.order) - 1
	}
	for at := place + 1; at <= last; at++ {
		r := &s.cars[s.order[at]].run
		before := [4]int64{r.row.GapMS, int64(r.row.GapLaps), r.row.IntervalMS, int64(r.row.IntervalLaps)}
		s.measure(s.order[at])
		if before != [4]int64{r.row.GapMS, int64(r.row.GapLaps), r.row.IntervalMS, int64(r.row.IntervalLaps)} {
			s.tellRow(s.order[at])
		}
	}
}

// distanceTo is how far ahead another car is at a line: whole laps, or the time since it passed the same line. Where
// it did not pass that line (it was in the pit lane), what was known stays.
func (s *State) distanceTo(other, r *run, ms int64, laps int) (int64, int) {
	if full := int(other.progress-r.progress) / len(s.lines); full > 0 {
		return 0, full
	}
	t, ok := other.timeAt(r.progress)
	own, passed := r.timeAt(r.progress)
	if ok && passed {
		return (own - t).Millis(), 0
	}
	return ms, laps
}
