package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// flagChange is a track status and when it began.
type flagChange struct {
	at   race.Micros
	flag race.FlagState
}

// recomputeRulings recomputes the state of the race from the acts that are not undone.
func (s *State) recomputeRulings() {
	s.suspensions, s.aborted, s.abandoned, s.reemit = nil, 0, nil, true
	var shown []signal
	for _, a := range s.inTime() {
		open := s.open()
		switch b := a.body.(type) {
		case race.FlagShown:
			shown = append(shown, signal{a.seq, a.at, b})
		case race.Suspended:
			if open == nil { // otherwise the Suspended between was undone, and the suspension goes on
				s.suspensions = append(s.suspensions, suspension{a.at, race.NoTime})
			}
			shown = append(shown, signal{a.seq, a.at, race.FlagShown{Flag: race.FlagRed}})
		case race.Resumed:
			if open != nil {
				open.to = a.at
			}
			shown = append(shown, signal{a.seq, a.at, race.FlagShown{Flag: race.FlagClear}})
		case race.Abandoned:
			s.abandoned = &abandonment{a.at, a.at, b.Lap}
			if open != nil {
				s.abandoned.signal = open.from
			}
		case race.StartAborted:
			s.aborted++
		default: // a ruling on a car or a passing
		}
	}
	s.shown = distinct(shown)
	s.flags = statuses(s.shown)
}

// inTime returns the acts that concern no single car, by race time: their effect does not depend on when they were ordered.
func (s *State) inTime() []act {
	out := slices.DeleteFunc(slices.Clone(s.acts), func(a act) bool { return a.undone })
	slices.SortStableFunc(out, func(x, y act) int { return cmp.Compare(x.at, y.at) })
	return out
}

// signal is a shown flag and when it was shown.
type signal struct {
	seq race.Seq
	at  race.Micros
	race.FlagShown
}

// statuses returns the track statuses that follow from the flags shown: a yellow sector does not end a safety car, and a clear
// sector leaves the other sectors as they are. A flag for the whole circuit clears the sectors.
func statuses(shown []signal) (out []flagChange) {
	var sectors [sectorsMax + 1]race.FlagState // 0 is the whole circuit
	for _, one := range shown {
		if one.Sector == 0 {
			sectors = [sectorsMax + 1]race.FlagState{}
		}
		sectors[one.Sector] = one.Flag
		worst := race.FlagClear
		for _, f := range sectors {
			if hardness[f] > hardness[worst] {
				worst = f
			}
		}
		out = append(out, flagChange{one.at, worst})
	}
	return out
}

// sectorsMax bounds the sectors in which a flag may be shown.
const sectorsMax = 3

func (s *State) show(a act, b race.FlagShown) error {
	if b.Flag > race.FlagChequered || b.Sector < 0 || b.Sector > sectorsMax {
		return fmt.Errorf("%v in sector %d of %d: %w", b.Flag, b.Sector, sectorsMax, ErrUnknown)
	}
	s.acts = append(s.acts, a)
	s.recomputeRulings()
	s.emitFlag(a.at)
	return nil
}

func (s *State) emitFlag(at race.Micros) {
	if at <= s.latest { // laps that ended since then saw it
		s.rebuild()
	}
	s.emitStatus(at)
}

func (s *State) suspend(a act) error {
	if s.open() != nil {
		return fmt.Errorf("suspended twice: %w", ErrDuplicate)
	}
	s.acts = append(s.acts, a)
	s.recomputeRulings()
	s.setOrder(s.standing())
	s.emitFlag(a.at)
	return nil
}

func (s *State) resume(a act) error {
	open := s.open()
	if open == nil {
		return fmt.Errorf("resumed without a suspension: %w", ErrOutOfOrder)
	}
	if a.at < open.from {
		return fmt.Errorf("resumed at %v, before the suspension at %v: %w", a.at, open.from, ErrOutOfOrder)
	}
	if s.abandoned != nil {
		return fmt.Errorf("resumed after it was abandoned: %w", ErrTooLate)
	}
	s.acts = append(s.acts, a)
	s.recomputeRulings()
	s.setOrder(s.standing())
	s.emitFlag(a.at)
	s.checkFlagged(a.at)
	return nil
}

func (s *State) abandon(a act) error {
	if s.flagged.shown {
		return fmt.Errorf("abandoned after the chequered flag: %w", ErrTooLate)
	}
	s.acts = append(s.acts, a)
	s.recomputeRulings()
	s.rebuild()
	s.emitStatus(a.at)
	return nil
}

// flag returns the current track status.
func (s *State) flag() race.FlagState {
	switch {
	case s.abandoned != nil:
		return race.FlagRed
	case s.flagged.shown:
		return race.FlagChequered
	case len(s.flags) > 0:
		return s.flags[len(s.flags)-1].flag
	}
	return race.FlagClear
}

// hardness ranks the track statuses: a safety car is harder than a virtual one.
var hardness = [...]int{
	race.FlagClear: 0, race.FlagYellow: 1, race.FlagVirtualSafetyCar: 2, race.FlagSafetyCar: 3, race.FlagRed: 4, race.FlagChequered: 5,
}

// worstFlag returns the hardest status during a lap.
func (s *State) worstFlag(from, to race.Micros) race.FlagState {
	worst := race.FlagClear
	for i := len(s.flags) - 1; i >= 0; i-- {
		if f := s.flags[i]; f.at <= to {
			if hardness[f.flag] > hardness[worst] {
				worst = f.flag
			}
			if f.at <= from {
				break
			}
		}
	}
	return worst
}
