package timing

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// board lists the cars that completed a lap number, by time; at the same instant, in the order of entry. The times are in a
// slice of their own to make the binary search fast.
type board struct {
	ends []race.Micros // untruncated
	cars []race.CarIdx
	// moved is 1 + the index from which positions may have changed; 0 means none.
	moved int
}

// position returns the position at an index: 1 + the number of earlier cars.
func (b *board) position(at int) int {
	for at > 0 && b.ends[at-1] == b.ends[at] {
		at--
	}
	return at + 1
}

// place returns the index of a car's lap that ended at end, or where it would be inserted.
func (b *board) place(end race.Micros, idx race.CarIdx) int {
	n := len(b.ends)
	if n == 0 || b.ends[n-1] < end {
		return n
	}
	at, _ := slices.BinarySearch(b.ends, end)
	for at < n && b.ends[at] == end && b.cars[at] < idx {
		at++
	}
	return at
}

// lapRef identifies a lap of a car: the slot in the upper half, the number from 1 in the lower, so that lapRefs sort by car
// and lap.
type lapRef uint64

func (r lapRef) car() race.CarIdx { return race.CarIdx(r >> 32) }
func (r lapRef) lap() int         { return int(uint32(r)) }

// amend marks a lap to be published with the facts of the current record.
func (s *State) amend(idx race.CarIdx, lap int) {
	s.amended = append(s.amended, lapRef(idx)<<32|lapRef(lap))
}

// enterBoard adds a completed lap to its board; the laps behind it lose a position.
func (s *State) enterBoard(idx race.CarIdx, lap int) {
	if lap > len(s.boards) {
		s.boards = append(s.boards, board{})
	}
	b, end := &s.boards[lap-1], s.cars[idx].run.ends[lap-1]
	at := b.place(end, idx)
	b.ends, b.cars = slices.Insert(b.ends, at, end), slices.Insert(b.cars, at, idx)
	s.moveLaps(lap, at)
	if at == 0 {
		s.leadChanged(lap, end)
	}
}

// leaveBoard removes a lap from its board; the laps behind it gain a position.
func (s *State) leaveBoard(idx race.CarIdx, lap int, end race.Micros) {
	b := &s.boards[lap-1]
	at := b.place(end, idx)
	b.ends, b.cars = slices.Delete(b.ends, at, at+1), slices.Delete(b.cars, at, at+1)
	s.moveLaps(lap, at)
	if at == 0 {
		s.leadChanged(lap, end)
	}
	for n := len(s.boards); n > 0 && len(s.boards[n-1].ends) == 0; n-- {
		s.boards = s.boards[:n-1]
	}
	if len(s.boards) == 0 {
		s.boards = nil
	}
}

// moveLaps marks the positions of a board from an index on as changed.
func (s *State) moveLaps(lap, from int) {
	b := &s.boards[lap-1]
	if b.moved == 0 {
		s.movedLaps = append(s.movedLaps, lap)
		b.moved = from + 1
	}
	b.moved = min(b.moved, from+1)
	if s.flagged.shown && lap == s.flagged.lap { // another car may have taken the flag first
		s.reemit = true
	}
}

// positionLaps recomputes the positions of laps that moved.
func (s *State) positionLaps() {
	for _, lap := range s.movedLaps {
		if lap > len(s.boards) {
			continue // no car has completed this lap any more
		}
		b := &s.boards[lap-1]
		for at := b.moved - 1; at >= 0 && at < len(b.cars); at++ {
			l := &s.cars[b.cars[at]].run.done[lap-1]
			if position := b.position(at); l.Position != position {
				l.Position = position
				s.amend(b.cars[at], lap)
			}
		}
		b.moved = 0
	}
	s.movedLaps = s.movedLaps[:0]
}

// updateBoards replaces a car's changed laps on the boards: the old ones leave, the new ones enter.
func (s *State) updateBoards(idx race.CarIdx, old *run) {
	r := &s.cars[idx].run
	same := 0
	for same < min(len(old.ends), len(r.ends)) && old.ends[same] == r.ends[same] && old.done[same].Passing == r.done[same].Passing {
		r.done[same].Position = old.done[same].Position
		same++
	}
	now := r.ends
	r.ends = r.ends[:same] // keep the invariant: every car on a board has a lap there
	for lap := len(old.ends); lap > same; lap-- {
		s.leaveBoard(idx, lap, old.ends[lap-1])
	}
	r.ends = now
	for lap := same + 1; lap <= len(now); lap++ {
		s.enterBoard(idx, lap)
	}
}

// layBoards rebuilds the boards of all cars.
func (s *State) layBoards() {
	s.boards, s.movedLaps = nil, s.movedLaps[:0]
	for i := range s.cars {
		for lap, end := range s.cars[i].run.ends {
			if lap == len(s.boards) {
				s.boards = append(s.boards, board{})
			}
			b := &s.boards[lap]
			b.ends, b.cars = append(b.ends, end), append(b.cars, race.CarIdx(i))
		}
	}
	for lap := range s.boards {
		b := &s.boards[lap]
		slices.SortStableFunc(b.cars, func(x, y race.CarIdx) int { // sorted by car before
			return cmp.Compare(s.cars[x].run.ends[lap], s.cars[y].run.ends[lap])
		})
		for at, idx := range b.cars {
			b.ends[at] = s.cars[idx].run.ends[lap]
			s.cars[idx].run.done[lap].Position = b.position(at)
		}
	}
}

// first returns when a lap was first completed.
func (s *State) first(lap int) race.Micros { return s.boards[lap-1].ends[0] }

// announceLaps publishes the laps that the current record added or amended.
func (s *State) announceLaps() {
	s.positionLaps()
	if len(s.amended) > 1 {
		slices.Sort(s.amended)
		s.amended = slices.Compact(s.amended)
	}
	for _, ref := range s.amended {
		if done := s.cars[ref.car()].run.done; ref.lap() <= len(done) { // otherwise it was withdrawn
			s.facts = append(s.facts, race.LapCompleted{Lap: done[ref.lap()-1]})
		}
	}
	s.amended = s.amended[:0]
}
