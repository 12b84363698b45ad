package timing

import (
	"fmt"
	"slices"

	"lightsout/race"
)

// correct takes what a marshal makes of a passing.
func (s *State) correct(a act, b race.Corrected) error {
	s.why = b.Reason
	switch b.Kind {
	case race.CorrectInsert, race.CorrectSplit:
		return s.insertHit(a, b)
	case race.CorrectMove:
		if _, err := s.car(b.Car); err != nil {
			return err
		}
	case race.CorrectAccept, race.CorrectReject:
	default:
		return fmt.Errorf("a correction of the kind %v: %w", b.Kind, ErrUnknown)
	}
	if _, h := s.find(b.Passing); h == nil {
		return fmt.Errorf("record %d, which is no passing: %w", b.Passing, ErrUnknown)
	}
	s.acts = append(s.acts, a)
	s.reconsider(b.Passing)
	return nil
}

// insertHit adds a hit that no decoder told of. A split adds one on the finish line.
func (s *State) insertHit(a act, b race.Corrected) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	at, line := b.At, b.Line
	if b.Kind == race.CorrectSplit {
		line = 0
		if at == 0 {
			if b.Lap < 1 || b.Lap > c.run.laps {
				return fmt.Errorf("lap %d of car %d, which completed %d: say when it was split: %w",
					b.Lap, s.entries[b.Car].Number, c.run.laps, ErrUnknown)
			}
			at = c.run.ends[b.Lap-1] / 2
			if b.Lap > 1 {
				at += c.run.ends[b.Lap-2] / 2
			}
		}
	}
	if line < 0 || line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", line, len(s.lines), ErrUnknownLine)
	}
	if at < 0 || at > race.TimeMax {
		return fmt.Errorf("a hit at %v: %w", at, ErrOutOfOrder)
	}
	s.acts = append(s.acts, a)
	s.insert(b.Car, hit{at: at, seq: a.seq, home: b.Car, line: uint8(line), made: true})
	return nil
}

// reconsider works out again what is ruled on the hit of a record, and whose it is.
func (s *State) reconsider(seq race.Seq) { s.settle(func(h *hit) bool { return h.seq == seq }) }

// settle works out from the corrections what is ruled on some hits and whose they are, and gives them to those cars.
func (s *State) settle(which func(*hit) bool) {
	type moved struct {
		hit
		to race.CarIdx
	}
	var moves []moved
	var touched []race.CarIdx
	for idx := race.NoCar; int(idx) < len(s.cars); idx++ {
		list, kept := s.hitsOf(idx), 0
		for i := range *list {
			h := (*list)[i]
			if which(&h) {
				var whose race.CarIdx
				h.ruled, whose = s.rulingOn(&h)
				touched = append(touched, idx)
				if whose != idx {
					h.untold = true
					moves = append(moves, moved{h, whose})
					continue
				}
			}
			(*list)[kept] = h
			kept++
		}
		*list = (*list)[:kept]
	}
	for _, m := range moves {
		list := s.hitsOf(m.to)
		at, _ := slices.BinarySearchFunc(*list, m.hit, compareHits)
		*list = slices.Insert(*list, at, m.hit)
		touched = append(touched, m.to)
	}
	slices.Sort(touched)
	for _, idx := range slices.Compact(touched) {
		s.dirty = true
		if idx == race.NoCar {
			for i := range s.strays {
				s.judgeStray(&s.strays[i])
			}
			continue
		}
		s.cars[idx].note()
		if s.status != race.Waiting {
			s.rework(idx)
		}
	}
}

// hitsOf are the hits of a car, and with NoCar those that are nobody's.
func (s *State) hitsOf(idx race.CarIdx) *[]hit {
	if idx == race.NoCar {
		return &s.strays
	}
	return &s.cars[idx].hits
}

// rulingOn works out from the corrections what is ruled on a hit and whose it is.
func (s *State) rulingOn(h *hit) (ruled, race.CarIdx) {
	ruling, whose, gone := unruled, s.ownerOf(h), false
	for i := range s.acts {
		a := &s.acts[i]
		b, ok := a.body.(race.Corrected)
		switch {
		case !ok:
		case a.seq == h.seq: // it was inserted by this one
			gone = a.undone
		case b.Passing != h.seq || a.undone:
		case b.Kind == race.CorrectAccept:
			ruling = accepted
		case b.Kind == race.CorrectReject:
			ruling = rejected
		case b.Kind == race.CorrectMove:
			whose = b.Car
		}
	}
	if gone {
		ruling = withdrawn
	}
	return ruling, whose
}

// assign gives a transponder to a car, with all its hits.
func (s *State) assign(a act, b race.TransponderAssigned) error {
	if _, err := s.car(b.Car); err != nil {
		return err
	}
	if b.Transponder == "" {
		return fmt.Errorf("a transponder without a name: %w", ErrUnknown)
	}
	s.why = b.Reason
	s.acts = append(s.acts, a)
	s.reassign(b.Transponder)
	return nil
}

// reassign works out whose a transponder is: the entry's that names it, or who it was given to last.
func (s *State) reassign(name string) {
	owner := race.NoCar
	for i := range s.entries {
		if slices.Contains(s.entries[i].Transponders, name) {
			owner = race.CarIdx(i)
		}
	}
	for _, a := range s.acts {
		if b, ok := a.body.(race.TransponderAssigned); ok && !a.undone && b.Transponder == name {
			owner = b.Car
		}
	}
	box := s.sources.box(name)
	if s.sources.boxes[box].car == owner {
		return
	}
	s.sources.boxes[box].car = owner
	s.settle(func(h *hit) bool { return h.home == race.NoCar && h.box == box })
}

// setDecoder corrects a decoder's clock, for the hits so far and those to come.
func (s *State) setDecoder(a act, b race.DecoderSet) error {
	if b.Decoder == "" {
		return fmt.Errorf("a decoder without a name: %w", ErrUnknown)
	}
	if b.Offset < -race.TimeMax || b.Offset > race.TimeMax {
		return fmt.Errorf("an offset of %d µs: %w", b.Offset, ErrOutOfOrder)
	}
	s.why = b.Reason
	s.acts = append(s.acts, a)
	s.reset(b.Decoder)
	return nil
}

// reset works out a decoder's offset and moves its hits.
func (s *State) reset(name string) {
	offset := race.Micros(0)
	for _, a := range s.acts {
		if b, ok := a.body.(race.DecoderSet); ok && !a.undone && b.Decoder == name {
			offset = b.Offset
		}
	}
	decoder := s.sources.decoder(name)
	by := offset - s.sources.offsets[decoder]
	s.sources.offsets[decoder] = offset
	if by == 0 {
		return
	}
	for i := range s.cars {
		for j := range s.cars[i].hits {
			if h := &s.cars[i].hits[j]; h.decoder == decoder {
				h.at += by
			}
		}
		slices.SortFunc(s.cars[i].hits, compareHits)
		s.cars[i].note()
	}
	for i := range s.strays {
		if s.strays[i].decoder == decoder {
			s.strays[i].at += by
		}
	}
	s.rebuild()
}
