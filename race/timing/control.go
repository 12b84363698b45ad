package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// act is a ruling: what a record ordered, and whether it was undone.
type act struct {
	seq    race.Seq
	at     race.Micros
	body   race.Body
	undone bool
}

// rulings are what holds of a car by all acts on it that were not undone.
type rulings struct {
	state   race.CarState // retired, not started or disqualified; OnGrid: none of these
	stopAt  race.Micros   // hits after it do not count; NoTime: none
	reason  string
	penalty race.Micros
	deleted []int // laps
	fits    []fit // by time
}

type fit struct {
	at race.Micros
	race.TyresFitted
}

// flagChange is a track status and since when.
type flagChange struct {
	at   race.Micros
	flag race.FlagState
}

// rule takes a record of race control.
func (s *State) rule(r *race.Record) error {
	a := act{seq: r.Seq, at: r.Time, body: r.Body}
	switch b := r.Body.(type) {
	case race.TyresFitted:
		return s.fit(a, b)
	case race.CarRetired:
		return s.leave(a, b.Car, race.Retired, race.EventRetired, b.Reason)
	case race.CarNotStarted:
		return s.leave(a, b.Car, race.NotStarted, race.EventNotStarted, b.Reason)
	case race.CarDisqualified:
		return s.leave(a, b.Car, race.Disqualified, race.EventDisqualified, b.Reason)
	case race.Penalised:
		return s.penalise(a, b)
	case race.PenaltyServed:
		return s.servePenalty(a, b)
	case race.LapDeleted:
		return s.deleteLap(a, b)
	case race.FlagShown:
		return s.show(a, b)
	case race.Suspended:
		return s.suspend(a)
	case race.Resumed:
		return s.resume(a)
	case race.Abandoned:
		return s.abandon(a)
	case race.StartAborted:
		s.acts = append(s.acts, a)
		s.regulate()
		s.checkFall(r.Time)
		s.tellHead(r.Time)
		return nil
	case race.Corrected:
		return s.correct(a, b)
	case race.TransponderAssigned:
		return s.assign(a, b)
	case race.DecoderSet:
		return s.setDecoder(a, b)
	case race.Undone:
		return s.undo(a, b)
	default:
		return fmt.Errorf("a record of %T: %w", r.Body, ErrUnknown)
	}
}

// ruleOn notes an act on a car and works out what holds of it now.
func (s *State) ruleOn(c *car, a act, reason string) {
	c.acts = append(c.acts, a)
	c.rule(s.head.Rules)
	s.why, s.dirty = reason, true
}

// rule works out what holds of the car from the acts on it.
func (c *car) rule(rules race.RuleSet) {
	c.ruled = rulings{stopAt: race.NoTime}
	served := map[race.Seq]bool{}
	for _, a := range c.acts {
		if b, ok := a.body.(race.PenaltyServed); ok && !a.undone {
			served[b.Penalty] = true
		}
	}
	for _, a := range c.acts {
		if a.undone {
			continue
		}
		switch b := a.body.(type) {
		case race.CarRetired:
			c.ruled.out(race.Retired, a.at, b.Reason)
		case race.CarNotStarted:
			c.ruled.out(race.NotStarted, a.at, b.Reason)
		case race.CarDisqualified:
			c.ruled.out(race.Disqualified, a.at, b.Reason)
		case race.Penalised:
			if !served[a.seq] {
				c.ruled.penalty += amountOf(b, rules)
			}
		case race.LapDeleted:
			c.ruled.deleted = append(c.ruled.deleted, b.Lap)
		case race.TyresFitted:
			c.ruled.fits = append(c.ruled.fits, fit{a.at, b})
		default: // no ruling on a car
		}
	}
	slices.SortStableFunc(c.ruled.fits, func(x, y fit) int { return cmp.Compare(x.at, y.at) })
}

// out takes the car out of the race; of two rulings the harder one names it, the earlier one stops it.
func (r *rulings) out(state race.CarState, at race.Micros, reason string) {
	if state > r.state {
		r.state, r.reason = state, reason
	}
	if r.stopAt == race.NoTime || at < r.stopAt {
		r.stopAt = at
	}
}

// amountOf is what a penalty adds to the race time while it is not served (rule 5).
func amountOf(b race.Penalised, rules race.RuleSet) race.Micros {
	switch {
	case b.Amount != 0:
		return b.Amount
	case b.Kind == race.PenaltyDriveThrough:
		return rules.DriveThrough
	case b.Kind == race.PenaltyStopAndGo:
		return rules.StopAndGo
	}
	return 0
}

func (s *State) fit(a act, b race.TyresFitted) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	s.ruleOn(c, a, "")
	s.dirty = false
	if n := len(c.hits); n > 0 && c.hits[n-1].at > a.at {
		s.rework(b.Car)
		return nil
	}
	stops := c.run.row.Stops
	s.fitTyres(c, a.at+1)
	if c.run.row.Stops > stops {
		s.tellOfCar(race.EventTyres, b.Car, a.at, b.Stationary.Millis(), b.Compound.String())
	}
	s.tellRow(b.Car)
	return nil
}

// leave takes a car out of the race; on the tower it goes behind those still in it.
func (s *State) leave(a act, idx race.CarIdx, state race.CarState, kind race.EventKind, reason string) error {
	c, err := s.car(idx)
	if err != nil {
		return err
	}
	if c.ruled.state == state {
		return fmt.Errorf("car %d left twice: %w", s.entries[idx].Number, ErrDuplicate)
	}
	before := c.ruled.state
	s.ruleOn(c, a, reason)
	s.tellOfCar(kind, idx, a.at, 0, reason)
	if n := len(c.hits); n > 0 && (before != race.OnGrid || state == race.NotStarted || c.hits[n-1].at > c.ruled.stopAt) {
		s.rework(idx)
		return nil
	}
	c.run.state = c.ruled.state
	s.reposition(idx)
	s.tellRow(idx)
	return nil
}

func (s *State) penalise(a act, b race.Penalised) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	s.ruleOn(c, a, b.Reason)
	s.tellOfCar(race.EventPenalty, b.Car, a.at, amountOf(b, s.head.Rules).Millis(), b.Reason)
	s.tellPenalty(b.Car, c)
	return nil
}

func (s *State) servePenalty(a act, b race.PenaltyServed) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	given := slices.IndexFunc(c.acts, func(one act) bool {
		_, ok := one.body.(race.Penalised)
		return ok && one.seq == b.Penalty && !one.undone
	})
	if given < 0 {
		return fmt.Errorf("record %d is no penalty of car %d: %w", b.Penalty, s.entries[b.Car].Number, ErrUnknown)
	}
	s.ruleOn(c, a, "penalty served")
	s.tellPenalty(b.Car, c)
	return nil
}

func (s *State) tellPenalty(idx race.CarIdx, c *car) {
	c.run.row.PenaltyMS = c.ruled.penalty.Millis()
	s.tellRow(idx)
}

func (s *State) deleteLap(a act, b race.LapDeleted) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	if b.Lap < 1 || b.Lap > c.run.laps {
		return fmt.Errorf("lap %d of car %d, which completed %d: %w", b.Lap, s.entries[b.Car].Number, c.run.laps, ErrUnknown)
	}
	s.ruleOn(c, a, b.Reason)
	s.rework(b.Car)
	return nil
}

// regulate works out what holds of the race from the acts that were not undone.
func (s *State) regulate() {
	s.flags, s.suspensions, s.aborted, s.abandoned = nil, nil, 0, nil
	for _, a := range s.acts {
		if a.undone {
			continue
		}
		switch b := a.body.(type) {
		case race.FlagShown:
			s.flags = append(s.flags, flagChange{a.at, b.Flag})
		case race.Suspended:
			s.suspensions = append(s.suspensions, suspension{a.at, race.NoTime})
			s.flags = append(s.flags, flagChange{a.at, race.FlagRed})
		case race.Resumed:
			if n := len(s.suspensions); n > 0 {
				s.suspensions[n-1].to = max(a.at, s.suspensions[n-1].from)
			}
			s.flags = append(s.flags, flagChange{a.at, race.FlagClear})
		case race.Abandoned:
			s.abandoned = &abandonment{a.at, b.Lap}
			if n := len(s.suspensions); n > 0 && s.suspensions[n-1].to == race.NoTime {
				s.abandoned.signal = s.suspensions[n-1].from
			}
		case race.StartAborted:
			s.aborted++
		default: // it holds of a car or of a passing
		}
	}
	slices.SortStableFunc(s.flags, func(x, y flagChange) int { return cmp.Compare(x.at, y.at) })
}

func (s *State) show(a act, b race.FlagShown) error {
	s.acts = append(s.acts, a)
	s.regulate()
	if s.fall.fell {
		return nil // nothing is shown over the chequered flag
	}
	text := ""
	if b.Sector > 0 {
		text = fmt.Sprintf("sector %d", b.Sector)
	}
	s.tellFlag(a.at, b.Flag, text)
	return nil
}

func (s *State) tellFlag(at race.Micros, flag race.FlagState, text string) {
	s.tell(race.Event{
		Kind: race.EventFlag, Car: race.NoCar, Lap: s.leaderLap, TimeMS: at.Millis(), Value: int64(flag), Text: text,
	})
	if at < s.latest { // laps that ended since saw it
		s.rebuild()
	}
	s.tellHead(at)
}

func (s *State) suspend(a act) error {
	if n := len(s.suspensions); n > 0 && s.suspensions[n-1].to == race.NoTime {
		return fmt.Errorf("suspended twice: %w", ErrDuplicate)
	}
	s.acts = append(s.acts, a)
	s.regulate()
	s.setOrder(s.standing())
	s.tellFlag(a.at, race.FlagRed, "")
	return nil
}

func (s *State) resume(a act) error {
	n := len(s.suspensions)
	if n == 0 || s.suspensions[n-1].to != race.NoTime {
		return fmt.Errorf("resumed without a suspension: %w", ErrOutOfOrder)
	}
	s.acts = append(s.acts, a)
	s.regulate()
	s.setOrder(s.standing())
	s.tellFlag(a.at, race.FlagClear, "")
	s.checkFall(a.at)
	return nil
}

func (s *State) abandon(a act) error {
	if s.fall.fell {
		return fmt.Errorf("abandoned after the chequered flag: %w", ErrTooLate)
	}
	s.acts = append(s.acts, a)
	s.regulate()
	s.rebuild()
	s.tell(race.Event{Kind: race.EventChequered, Car: race.NoCar, Lap: s.fall.lap, TimeMS: a.at.Millis(), Text: "counted back"})
	s.tellHead(a.at)
	return nil
}

// flag is the track status now.
func (s *State) flag() race.FlagState {
	switch {
	case s.abandoned != nil:
		return race.FlagRed
	case s.fall.fell:
		return race.FlagChequered
	case len(s.flags) > 0:
		return s.flags[len(s.flags)-1].flag
	}
	return race.FlagClear
}

// hardness of a track status: a safety car is harder than a virtual one.
var hardness = [...]int{
	race.FlagClear: 0, race.FlagYellow: 1, race.FlagVirtualSafetyCar: 2, race.FlagSafetyCar: 3, race.FlagRed: 4, race.FlagChequered: 5,
}

// worstFlag is the hardest status that a lap saw.
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

// undo takes an act back, as if it had never been.
func (s *State) undo(a act, b race.Undone) error {
	idx, target := s.findAct(b.Of)
	if target == nil {
		return fmt.Errorf("record %d, which is no ruling: %w", b.Of, ErrUnknown)
	}
	if target.undone {
		return fmt.Errorf("record %d is undone already: %w", b.Of, ErrDuplicate)
	}
	s.toggle(idx, target)
	s.acts = append(s.acts, a)
	s.why, s.dirty = b.Reason, true
	s.tellHead(s.latest)
	return nil
}

// toggle undoes an act, or brings one back whose undoing is undone.
func (s *State) toggle(idx race.CarIdx, target *act) {
	target.undone = !target.undone
	switch b := target.body.(type) {
	case race.Undone:
		if owner, again := s.findAct(b.Of); again != nil {
			s.toggle(owner, again)
		}
	case race.Corrected:
		if b.Kind == race.CorrectInsert || b.Kind == race.CorrectSplit {
			s.reconsider(target.seq)
		} else {
			s.reconsider(b.Passing)
		}
	case race.TransponderAssigned:
		s.reassign(b.Transponder)
	case race.DecoderSet:
		s.reset(b.Decoder)
	default:
		if idx != race.NoCar {
			s.cars[idx].rule(s.head.Rules)
			s.rework(idx)
			return
		}
		s.regulate()
		s.rebuild()
	}
}

// findAct looks an act up by its record.
func (s *State) findAct(seq race.Seq) (race.CarIdx, *act) {
	for i := range s.acts {
		if s.acts[i].seq == seq {
			return race.NoCar, &s.acts[i]
		}
	}
	for i := range s.cars {
		for j := range s.cars[i].acts {
			if s.cars[i].acts[j].seq == seq {
				return race.CarIdx(i), &s.cars[i].acts[j]
			}
		}
	}
	return race.NoCar, nil
}
