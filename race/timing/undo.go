package timing

import (
	"fmt"

	"lightsout/race"
)

// undo revokes an act, as if it had never been ordered.
func (s *State) undo(a act, b race.Undone) error {
	target := s.findAct(b.Of)
	if target == nil {
		return fmt.Errorf("record %d, which is no ruling: %w", b.Of, ErrUnknown)
	}
	if target.undone {
		return fmt.Errorf("record %d is undone already: %w", b.Of, ErrDuplicate)
	}
	s.acts = append(s.acts, a)
	s.why, s.dirty = b.Reason, true
	s.review()
	s.emitStatus(s.latest)
	return nil
}

// review recomputes which acts are undone: those named by an undoing that is not undone itself. It recomputes what follows
// from the acts that changed.
func (s *State) review() {
	named := map[race.Seq]bool{}
	for i := len(s.acts) - 1; i >= 0; i-- { // an undoing comes after the act that it undoes
		if b, ok := s.acts[i].body.(race.Undone); ok && !named[s.acts[i].seq] {
			named[b.Of] = true
		}
	}
	type change struct {
		of  race.CarIdx // NoCar means the whole race
		act *act
	}
	var changes []change
	mark := func(of race.CarIdx, acts []act) {
		for i := range acts {
			if a := &acts[i]; a.undone != named[a.seq] {
				a.undone = !a.undone
				changes = append(changes, change{of, a})
			}
		}
	}
	mark(race.NoCar, s.acts)
	for i := range s.cars {
		mark(race.CarIdx(i), s.cars[i].acts)
	}
	for _, c := range changes {
		s.revise(c.of, c.act)
	}
}

// revise recomputes what follows from an act that was undone or restored.
func (s *State) revise(of race.CarIdx, a *act) {
	switch b := a.body.(type) {
	case race.Undone: // the act that it undid is reviewed by itself
	case race.Corrected:
		if b.Kind == race.CorrectInsert || b.Kind == race.CorrectSplit {
			s.reconsider(a.seq)
		} else {
			s.reconsider(b.Passing)
		}
	case race.TransponderAssigned:
		s.reassign(b.Transponder)
	case race.DecoderSet:
		s.reset(b.Decoder)
	case race.StartMoved:
		s.shiftStart()
	default:
		if of != race.NoCar {
			s.cars[of].rule(s.info.Rules)
			s.recompute(of)
			return
		}
		s.recomputeRulings()
		s.rebuild()
	}
}

// findAct returns the act of a record; nil if there is none.
func (s *State) findAct(seq race.Seq) *act {
	for i := range s.acts {
		if s.acts[i].seq == seq {
			return &s.acts[i]
		}
	}
	for i := range s.cars {
		for j := range s.cars[i].acts {
			if s.cars[i].acts[j].seq == seq {
				return &s.cars[i].acts[j]
			}
		}
	}
	return nil
}
