package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// act is a ruling with its record, and whether it is undone.
type act struct {
	seq    race.Seq
	at     race.Micros
	body   race.Body
	undone bool
}

// rulings are the combined effect on a car of all acts on it that are not undone.
type rulings struct {
	state   race.CarState // retired, not started or disqualified; OnGrid means none of these
	stopAt  race.Micros   // passings after it do not count; NoTime means no limit
	fits    []fit         // by time
	reason  string
	penalty race.Micros
	deleted []race.Seq // the passings that ended the deleted laps
}

type fit struct {
	act
	race.TyresFitted
}

// rule applies a record of race control.
func (s *State) rule(r *race.Record) error {
	a := act{seq: r.Seq, at: r.Time, body: r.Body}
	if err := s.checkPhase(r.Body); err != nil {
		return err
	}
	switch b := r.Body.(type) {
	case race.TyresFitted:
		return s.fit(a, b)
	case race.CarRetired:
		return s.leave(a, b.Car, race.Retired, b.Reason)
	case race.CarNotStarted:
		return s.leave(a, b.Car, race.NotStarted, b.Reason)
	case race.CarDisqualified:
		return s.leave(a, b.Car, race.Disqualified, b.Reason)
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
		return s.abortStart(a)
	case race.StartMoved:
		return s.moveStart(a, b)
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

// checkPhase refuses rulings that are not allowed before the start or after the end.
func (s *State) checkPhase(b race.Body) error {
	switch b.(type) {
	case race.Suspended, race.Abandoned:
		if s.status == race.Waiting {
			return fmt.Errorf("a record of %T before the start: %w", b, ErrOutOfOrder)
		}
	default: // allowed before the start
	}
	switch b.(type) {
	case race.FlagShown, race.Suspended, race.Resumed, race.StartAborted:
		if s.status == race.Over {
			return fmt.Errorf("a record of %T after the end: %w", b, ErrTooLate)
		}
	default: // allowed after the end
	}
	return nil
}

// ruleOn adds an act on a car and recomputes the car's rulings.
func (s *State) ruleOn(c *car, a act, reason string) {
	c.acts = append(c.acts, a)
	c.rule(s.info.Rules)
	s.why, s.dirty = reason, true
}

// rule computes the car's rulings from the acts on it.
func (c *car) rule(rules race.RuleSet) {
	c.ruled, c.lastAct = rulings{stopAt: race.NoTime}, race.NoTime
	served := map[race.Seq]bool{}
	for _, a := range c.acts {
		if b, ok := a.body.(race.PenaltyServed); ok && !a.undone {
			served[b.Penalty] = true
		}
	}
	for _, a := range c.acts {
		c.lastAct = max(c.lastAct, a.at)
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
			c.ruled.deleted = append(c.ruled.deleted, b.Passing)
		case race.TyresFitted:
			c.ruled.fits = append(c.ruled.fits, fit{a, b})
		default: // not a ruling on a car
		}
	}
	slices.SortStableFunc(c.ruled.fits, func(x, y fit) int { return cmp.Compare(x.at, y.at) })
}

// out takes the car out of the race. Of two rulings the harder one sets the state, the earlier one the time.
func (r *rulings) out(state race.CarState, at race.Micros, reason string) {
	if state > r.state {
		r.state, r.reason = state, reason
	}
	if r.stopAt == race.NoTime || at < r.stopAt {
		r.stopAt = at
	}
}

// amountOf returns what a penalty adds to the race time while it is not served (rule 5).
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
	late := c.lastAct > a.at
	s.ruleOn(c, a, "")
	s.dirty = false
	if late || len(c.passings) > 0 && c.newest >= a.at {
		s.recompute(b.Car)
		return nil
	}
	s.fitTyres(c, a.at+1)
	s.emitCarEvents(b.Car)
	s.emitRow(b.Car)
	return nil
}

// leave takes a car out of the race; on the tower it moves behind the cars still in it.
func (s *State) leave(a act, idx race.CarIdx, state race.CarState, reason string) error {
	c, err := s.car(idx)
	if err != nil {
		return err
	}
	if c.ruled.state == state {
		return fmt.Errorf("car %d left twice: %w", s.entries[idx].Number, ErrDuplicate)
	}
	before := c.ruled.state
	s.ruleOn(c, a, reason)
	finished := state == race.Retired && c.tookFlag() // unless it took the flag after it retired
	if n := len(c.passings); n > 0 && (before != race.OnGrid || finished || state == race.NotStarted || c.passings[n-1].at > c.ruled.stopAt) {
		s.recompute(idx)
		return nil
	}
	c.run.state = c.ruled.state
	s.emitCarEvents(idx)
	from, led := int(s.place[idx]), s.order[0]
	s.reorder(idx)
	s.emitRow(idx)
	s.measureMoved(idx, from, led)
	s.checkFlagged(s.latest)
	s.lead(s.latest, false)
	return nil
}

func (s *State) penalise(a act, b race.Penalised) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	switch {
	case b.Amount < 0 || b.Amount > race.TimeMax:
		return fmt.Errorf("a penalty of %d µs: %w", b.Amount, ErrOutOfOrder)
	case b.Kind > race.PenaltyStopAndGo || b.Kind == race.PenaltyTime && b.Amount == 0:
		return fmt.Errorf("a %v penalty without an amount: %w", b.Kind, ErrUnknown)
	}
	s.ruleOn(c, a, b.Reason)
	s.emitCarEvents(b.Car)
	s.emitPenalty(b.Car, c)
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
	if slices.ContainsFunc(c.acts, func(one act) bool {
		other, ok := one.body.(race.PenaltyServed)
		return ok && other.Penalty == b.Penalty && !one.undone
	}) {
		return fmt.Errorf("the penalty of record %d was served already: %w", b.Penalty, ErrDuplicate)
	}
	s.ruleOn(c, a, "penalty served")
	s.emitPenalty(b.Car, c)
	return nil
}

func (s *State) emitPenalty(idx race.CarIdx, c *car) {
	c.run.row.PenaltyMS = c.ruled.penalty.Millis()
	s.emitRow(idx)
}

func (s *State) deleteLap(a act, b race.LapDeleted) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	number := s.entries[b.Car].Number
	if b.Passing == 0 { // the lap that has the number now; later the number may belong to another lap
		if b.Lap < 1 || b.Lap > c.run.laps {
			return fmt.Errorf("lap %d of car %d, which completed %d: %w", b.Lap, number, c.run.laps, ErrUnknown)
		}
		b.Passing = c.run.done[b.Lap-1].Passing
		a.body = b
	}
	if !slices.ContainsFunc(c.run.done, func(l race.Lap) bool { return l.Passing == b.Passing }) {
		return fmt.Errorf("record %d, which ends no lap of car %d: %w", b.Passing, number, ErrUnknown)
	}
	s.ruleOn(c, a, b.Reason)
	s.recompute(b.Car)
	return nil
}
