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
	s.insert(b.Car, hit{at: at, seq: a.seq, home: b.Car, line: uint8(line), ruled: inserted})
	return nil
}

// reconsider works out from the corrections what is ruled on a hit and whose it is.
func (s *State) reconsider(seq race.Seq) {
	owner, h := s.find(seq)
	if h == nil {
		return
	}
	ruling, whose := unruled, h.home
	from := owner == race.NoCar || h.home == race.NoCar
	for i := range s.acts {
		a := &s.acts[i]
		b, ok := a.body.(race.Corrected)
		switch {
		case !ok:
			if t, assigned := a.body.(race.TransponderAssigned); assigned && !a.undone && from && t.Transponder == s.strayName(seq) {
				whose = t.Car
			}
		case a.seq == seq: // it was inserted by this one
			ruling = inserted
			if a.undone {
				ruling = withdrawn
			}
		case b.Passing != seq || a.undone:
		case b.Kind == race.CorrectAccept:
			ruling = accepted
		case b.Kind == race.CorrectReject:
			ruling = rejected
		case b.Kind == race.CorrectMove:
			whose = b.Car
		}
	}
	h.ruled = ruling
	s.relocate(owner, whose, seq)
}

// relocate gives a hit to whose it is now.
func (s *State) relocate(owner, whose race.CarIdx, seq race.Seq) {
	_, h := s.find(seq)
	moved := *h
	s.dirty = true
	if at := slices.IndexFunc(s.strays, func(st stray) bool { return st.seq == seq }); at >= 0 {
		s.strays[at].ruled, s.strays[at].owned = moved.ruled, whose != race.NoCar
		if whose == race.NoCar {
			s.strays[at].verdict = moved.verdict
			s.judgeStray(&s.strays[at])
		}
	}
	if owner != whose && owner != race.NoCar {
		c := &s.cars[owner]
		c.hits = slices.DeleteFunc(c.hits, func(one hit) bool { return one.seq == seq })
		s.rework(owner)
	}
	if whose == race.NoCar {
		return
	}
	if owner != whose {
		c := &s.cars[whose]
		at, _ := slices.BinarySearchFunc(c.hits, moved, compareHits)
		c.hits = slices.Insert(c.hits, at, moved)
	}
	if s.status != race.Waiting {
		s.rework(whose)
	}
}

func (s *State) strayName(seq race.Seq) string {
	for i := range s.strays {
		if s.strays[i].seq == seq {
			return s.strays[i].transponder
		}
	}
	return ""
}

// assign gives a transponder to a car, with the hits that nobody owned.
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
	s.sources.assign(name, owner)
	for i := range s.strays {
		if s.strays[i].transponder == name {
			s.reconsider(s.strays[i].seq)
		}
	}
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
	}
	for i := range s.strays {
		if s.strays[i].decoder == decoder {
			s.strays[i].at += by
		}
	}
	s.rebuild()
}
