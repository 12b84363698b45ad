package timing

import (
	"cmp"
	"sort"

	"lightsout/race"
)

// ahead orders two cars on the tower: cars still in the race first, then by the last line passed and when (rules 1, 4, 11).
func (s *State) ahead(a, b race.CarIdx) int {
	ra, rb := &s.cars[a].run, &s.cars[b].run
	if c := cmp.Compare(max(ra.state, race.Finished), max(rb.state, race.Finished)); c != 0 {
		return c
	}
	if c := cmp.Compare(rb.progress, ra.progress); c != 0 {
		return c
	}
	if c := cmp.Compare(ra.progressAt, rb.progressAt); c != 0 {
		return c
	}
	return s.gridOrder(a, b) // rarely reached: the entries are far away in memory
}

// gridOrder puts pit-lane starters last, after the cars without a grid position, which follow the grid in the order of entry.
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

// overtake moves a car that passed a line to its place on the tower.
func (s *State) overtake(idx race.CarIdx, raw race.Micros) {
	switch suspended := s.suspended(); {
	case s.result.version > 0: // the tower shows the result
	case suspended && raw <= s.open().from: // reported after the signal, passed before it
		s.setOrder(s.commonOrder())
	case !suspended: // a line moves a car forward, never back
		s.moveUp(idx)
	}
}

// reposition moves one car to its place. A suspended race keeps its order; after the end the tower shows the result.
func (s *State) reposition(idx race.CarIdx) {
	if s.suspended() || s.result.version > 0 {
		return
	}
	s.moveUp(idx)
	for at := int(s.place[idx]); at+1 < len(s.order) && s.ahead(s.order[at+1], idx) < 0; at++ {
		s.swap(at + 1)
	}
}

// moveUp moves a car forward to its place.
func (s *State) moveUp(idx race.CarIdx) {
	from := int(s.place[idx])
	to := s.placeUpFrom(from, idx)
	if to == from {
		return
	}
	copy(s.order[to+1:from+1], s.order[to:from])
	s.order[to] = idx
	for at, c := range s.order[to : from+1] {
		s.place[c] = int32(to + at)
	}
	s.moved.add(to)
	s.moved.add(from)
}

// placeUpFrom returns the place of a car at or before the one that it has. The cars before it are in order, so the search doubles its steps
// and then halves them: in a field of thousands a car may pass hundreds between two lines, and each comparison reads memory far away.
func (s *State) placeUpFrom(from int, idx race.CarIdx) int {
	passed := func(at int) bool { return s.ahead(idx, s.order[at]) < 0 }
	to, step := from, 1
	for to > 0 && passed(max(0, to-step)) {
		to, step = max(0, to-step), 2*step
	}
	low := max(0, to-step)
	return low + sort.Search(to-low, func(i int) bool { return passed(low + i) })
}

// reorder moves a car to its place after more than a crossing has changed. During a suspension the whole tower is sorted
// again, because the last common line may be another one.
func (s *State) reorder(idx race.CarIdx) {
	if s.suspended() && s.result.version == 0 {
		s.setOrder(s.commonOrder())
		return
	}
	s.reposition(idx)
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

// standing returns the tower computed from everything known: the result if there is one, the order at the last common line
// during a suspension, otherwise the order by the last line passed.
func (s *State) standing() []race.CarIdx {
	switch {
	case s.result.version > 0:
		return s.resultOrder()
	case s.suspended():
		return s.commonOrder()
	}
	return s.sorted()
}

// commonOrder returns the order at the last line that all cars still racing had passed after the leader when the race was
// suspended, or the grid order if there is none (rule 8). Later passings do not count.
func (s *State) commonOrder() []race.CarIdx {
	signal := s.open().from
	last := map[race.CarIdx]crossing{} // the last one of each car before the suspension
	leader := race.NoCar
	for i := range s.cars {
		idx := race.CarIdx(i)
		if !s.cars[i].run.racing() {
			continue
		}
		last[idx] = s.cars[i].run.passedBy(signal)
		if l, now := last[leader], last[idx]; leader == race.NoCar ||
			cmp.Or(cmp.Compare(now.progress, l.progress), cmp.Compare(l.at, now.at)) > 0 {
			leader = idx
		}
	}
	if leader == race.NoCar {
		return s.sorted()
	}
	lines, front := int32(len(s.lines)), last[leader].progress
	for p := front; p > front-lines && p > 0; p-- {
		if passed := s.passedLine(last, leader, p); passed != nil {
			return s.orderBy(passed)
		}
	}
	if front < lines { // in the first lap, the only common line is the start
		for idx := range last {
			last[idx] = crossing{-1, 0}
		}
	}
	return s.orderBy(last)
}

// passedLine returns when each car last passed the line of the leader's progress p; nil if a car has not passed it since.
func (s *State) passedLine(last map[race.CarIdx]crossing, leader race.CarIdx, p int32) map[race.CarIdx]crossing {
	since, ok := s.cars[leader].run.timeAt(p)
	if !ok {
		return nil
	}
	lines := int32(len(s.lines))
	passed := map[race.CarIdx]crossing{}
	for idx, c := range last {
		q := c.progress - (c.progress-p%lines+lines)%lines
		at, seen := s.cars[idx].run.timeAt(q)
		if !seen || at < since {
			return nil
		}
		passed[idx] = crossing{q, at}
	}
	return passed
}

// passedBy returns a car's last crossing before a time; its newest if that crossing is more than a lap back.
func (r *run) passedBy(at race.Micros) crossing {
	for p := r.progress; p >= 0 && p > r.progress-int32(len(r.loops)); p-- {
		if t, ok := r.timeAt(p); ok && t <= at {
			return crossing{p, t}
		}
	}
	if int(r.progress) < len(r.loops) { // it had passed no line
		return crossing{-1, 0}
	}
	return crossing{r.progress, r.progressAt}
}

// orderBy sorts the tower with other last crossings for some cars.
func (s *State) orderBy(passed map[race.CarIdx]crossing) []race.CarIdx {
	kept := map[race.CarIdx]crossing{}
	for idx, was := range passed { // map order does not matter: each car is changed and restored by itself
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

// measure updates gap and interval at the last line that the car passed (rule 4). After the end they are the result's.
func (s *State) measure(idx race.CarIdx) {
	if s.result.version > 0 {
		return
	}
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

// measureBehind updates the gaps that depend on a car: to the leader those of all cars, otherwise the one of the car behind.
func (s *State) measureBehind(idx race.CarIdx) {
	place := int(s.place[idx])
	last := min(place+1, len(s.order)-1)
	if place == 0 {
		last = len(s.order) - 1
	}
	for at := place + 1; at <= last; at++ {
		s.measureAt(at)
	}
}

// measureMoved updates the gaps that depend on a car which changed its place without passing a line; led is the leader before.
func (s *State) measureMoved(idx race.CarIdx, from int, led race.CarIdx) {
	if led == idx || s.order[0] == idx {
		for at := range s.order {
			s.measureAt(at)
		}
		return
	}
	now := int(s.place[idx])
	for _, at := range [...]int{from, from + 1, now, now + 1} {
		if at < len(s.order) {
			s.measureAt(at)
		}
	}
}

// distances are the gap and interval of a row.
type distances struct {
	gapMS, intervalMS     int64
	gapLaps, intervalLaps int
}

func distancesOf(r *race.Row) distances {
	return distances{r.GapMS, r.IntervalMS, r.GapLaps, r.IntervalLaps}
}

// measureAt updates the gaps of the car at a place, unless it is out, and publishes its row if they changed.
func (s *State) measureAt(at int) {
	r := &s.cars[s.order[at]].run
	if r.state > race.Finished {
		return
	}
	before := distancesOf(&r.row)
	s.measure(s.order[at])
	if before != distancesOf(&r.row) {
		s.emitRow(s.order[at])
	}
}

// distanceTo returns how far ahead another car is at a line: whole laps, or the time since it passed the same line. If it did
// not pass that line (it was in the pit lane), the known distance stays.
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
