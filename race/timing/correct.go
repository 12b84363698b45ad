package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// correct applies a marshal's correction of a passing.
func (s *State) correct(a act, b race.Corrected) error {
	s.why = b.Reason
	switch b.Kind {
	case race.CorrectInsert, race.CorrectSplit:
		return s.insertPassing(a, b)
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

// insertPassing adds a passing that no decoder reported. A split adds one on the finish line.
func (s *State) insertPassing(a act, b race.Corrected) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	at, line := b.At, b.Line
	if b.Kind == race.CorrectSplit {
		line = 0
		if at, err = s.splitAt(c, b); err != nil {
			return err
		}
	}
	if line < 0 || line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", line, len(s.lines), ErrUnknownLine)
	}
	if at < 0 || at > race.TimeMax {
		return fmt.Errorf("a hit at %v: %w", at, ErrOutOfOrder)
	}
	s.acts = append(s.acts, a)
	s.insert(b.Car, passing{at: at, seq: a.seq, of: ofCar(b.Car), line: uint8(line), made: true})
	return nil
}

// splitAt returns the time, within the lap, at which a lap is split. The current lap can only be split at a given time before
// its newest passing: the passing after a missed crossing belongs to it.
func (s *State) splitAt(c *car, b race.Corrected) (race.Micros, error) {
	lap, number := b.Lap, s.entries[b.Car].Number
	if lap == 0 && b.At != 0 {
		lap = c.lapsBy(b.At) + 1
	}
	driven := lap == c.run.laps+1 && b.At != 0 && b.At < c.newest
	if lap < 1 || lap > c.run.laps && !driven {
		return 0, fmt.Errorf("lap %d of car %d, which completed %d: %w", lap, number, c.run.laps, ErrUnknown)
	}
	from, to := c.run.start, c.newest
	if lap > 1 {
		from = c.run.ends[lap-2]
	}
	if !driven {
		to = c.run.ends[lap-1]
	}
	switch {
	case b.At == 0:
		return from/2 + to/2, nil
	case b.At <= from || b.At >= to:
		return 0, fmt.Errorf("a split at %v of lap %d of car %d, which ran from %v to %v: %w", b.At, lap, number, from, to, ErrOutOfOrder)
	}
	return b.At, nil
}

// reconsider recomputes the rulings on the passing of a record, and its car.
func (s *State) reconsider(seq race.Seq) { s.settle(func(h *passing) bool { return h.seq == seq }) }

// settle recomputes from the corrections the rulings and the cars of the passings that which selects, and moves them to those
// cars.
func (s *State) settle(which func(*passing) bool) {
	type moved struct {
		passing
		to race.CarIdx
	}
	var moves []moved
	var touched []race.CarIdx
	for idx := race.NoCar; int(idx) < len(s.cars); idx++ {
		list, kept := s.passingsOf(idx), 0
		for i := range *list {
			h := (*list)[i]
			if which(&h) {
				var whose race.CarIdx
				h.ruled, whose = s.rulingOn(&h)
				touched = append(touched, idx)
				if whose != idx {
					h.unpublished = true
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
		list := s.passingsOf(m.to)
		at, _ := slices.BinarySearchFunc(*list, m.passing, comparePassings)
		*list = slices.Insert(*list, at, m.passing)
		touched = append(touched, m.to)
	}
	s.noteLatest()
	slices.Sort(touched)
	for _, idx := range slices.Compact(touched) {
		s.dirty = true
		if idx == race.NoCar {
			for i := range s.strays {
				s.judgeStray(&s.strays[i])
			}
			continue
		}
		if s.status != race.Waiting {
			s.recompute(idx)
		}
	}
}

// noteLatest recomputes the time of the newest passing after passings were moved.
func (s *State) noteLatest() {
	s.latest = race.NoTime
	for i := range s.cars {
		s.cars[i].note()
		if len(s.cars[i].passings) > 0 && s.status != race.Waiting {
			s.latest = max(s.latest, s.cars[i].newest)
		}
	}
}

// passingsOf returns the passings of a car, or with NoCar those without a car.
func (s *State) passingsOf(idx race.CarIdx) *[]passing {
	if idx == race.NoCar {
		return &s.strays
	}
	return &s.cars[idx].passings
}

// rulingOn computes from the corrections the ruling on a passing and its car.
func (s *State) rulingOn(h *passing) (ruled, race.CarIdx) {
	ruling, whose, gone := unruled, s.ownerOf(h), false
	for i := range s.acts {
		a := &s.acts[i]
		b, ok := a.body.(race.Corrected)
		switch {
		case !ok:
		case a.seq == h.seq: // the correction that inserted it
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

// assign assigns a transponder to a car, for all its passings or from a time on.
func (s *State) assign(a act, b race.TransponderAssigned) error {
	if _, err := s.car(b.Car); err != nil {
		return err
	}
	switch {
	case b.Transponder == "":
		return fmt.Errorf("a transponder without a name: %w", ErrUnknown)
	case !inTime(b.From):
		return fmt.Errorf("a transponder assigned from %d µs on: %w", b.From, ErrOutOfOrder)
	}
	s.why = b.Reason
	s.acts = append(s.acts, a)
	s.reassign(b.Transponder)
	return nil
}

// reassign computes the car of a transponder: the last car it was assigned to, else the entry that names it, until the time of
// an assignment with a time.
func (s *State) reassign(name string) {
	box := s.sources.transponder(name)
	t := transponder{name: name, car: race.NoCar}
	for i := range s.entries {
		if slices.Contains(s.entries[i].Transponders, name) {
			t.car = race.CarIdx(i)
		}
	}
	for i := range s.acts {
		a := &s.acts[i]
		b, ok := a.body.(race.TransponderAssigned)
		switch {
		case !ok || a.undone || b.Transponder != name:
		case b.From == 0:
			t.car = b.Car
		default:
			t.handed = append(t.handed, handover{b.From, b.Car})
		}
	}
	slices.SortStableFunc(t.handed, func(x, y handover) int { return cmp.Compare(x.from, y.from) })
	before := s.sources.transponders[box]
	if before.car == t.car && slices.Equal(before.handed, t.handed) {
		return
	}
	s.sources.transponders[box] = t
	s.settle(func(h *passing) bool { return h.of == ofTransponder(box) })
}

// setDecoder corrects a decoder's clock, for earlier and later passings.
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

// offsetOf returns the offset of a decoder's session: the last one set for the session, else for the whole decoder.
func (s *State) offsetOf(d decoder) race.Micros {
	var all, own *race.Micros
	for i := range s.acts {
		b, ok := s.acts[i].body.(race.DecoderSet)
		switch {
		case !ok || s.acts[i].undone || b.Decoder != d.name:
		case b.Session == "":
			all = &b.Offset
		case b.Session == d.session:
			own = &b.Offset
		}
	}
	switch {
	case own != nil:
		return *own
	case all != nil:
		return *all
	}
	return 0
}

// reset recomputes a decoder's offsets and moves its passings.
func (s *State) reset(name string) {
	by, moved := make([]race.Micros, len(s.sources.decoders)), false
	for i, d := range s.sources.decoders {
		if i > 0 && d.name == name {
			by[i] = s.offsetOf(d) - s.sources.offsets[i]
			s.sources.offsets[i] += by[i]
			moved = moved || by[i] != 0
		}
	}
	if moved {
		s.movePassings(func(h *passing) race.Micros { return by[h.decoder] })
	}
}

// movePassings moves passings in time and recomputes the race.
func (s *State) movePassings(by func(*passing) race.Micros) {
	for idx := race.NoCar; int(idx) < len(s.cars); idx++ {
		list := *s.passingsOf(idx)
		for j := range list {
			if d := by(&list[j]); d != 0 {
				list[j].at += d
				list[j].unpublished = true
			}
		}
		if idx != race.NoCar {
			slices.SortFunc(list, comparePassings)
			s.cars[idx].note()
		}
	}
	for i := range s.strays {
		s.judgeStray(&s.strays[i])
	}
	s.settle(func(h *passing) bool {
		return h.of.car() == race.NoCar && len(s.sources.transponders[h.of.transponder()].handed) > 0
	})
	s.rebuild()
}
