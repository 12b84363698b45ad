package timing

import (
	"fmt"

	"lightsout/race"
)

// checkLimits ends the race at the leader's crossing where distance or time is up (rule 2, decision 7).
func (s *State) checkLimits(at race.Micros, leader *car) {
	rules := s.head.Rules
	switch {
	case s.distance > 0 && leader.laps >= s.distance,
		rules.WindowLimit > 0 && at >= rules.WindowLimit:
		s.chequer(at)
	case rules.RunningLimit > 0 && !s.lastLap && at-s.suspended >= rules.RunningLimit:
		s.lastLap, s.distance = true, leader.laps+1
	}
}

func (s *State) chequer(at race.Micros) {
	s.chequeredAt = at
	s.flag = race.FlagChequered
	s.tell(race.Event{Kind: race.EventChequered, Car: s.order[0], Lap: s.cars[s.order[0]].laps, TimeMS: at.Millis()})
}

func (s *State) fitTyres(at race.Micros, b race.TyresFitted) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	c.row.Tyre, c.row.TyreAgeLaps = b.Compound, b.AgeLaps
	if s.status == race.Underway && (b.Stationary > 0 || c.laps > 0) {
		c.row.Stops++
		s.tellOfCar(race.EventTyres, b.Car, at, b.Stationary.Millis(), b.Compound.String())
	}
	s.tellRow(b.Car)
	return nil
}

func (s *State) show(at race.Micros, flag race.FlagState, sector int) {
	if s.chequeredAt != race.NoTime {
		return // nothing is shown over the chequered flag
	}
	s.flag = flag
	for i := range s.cars {
		s.cars[i].worstFlag = max(s.cars[i].worstFlag, flag)
	}
	text := ""
	if sector > 0 {
		text = fmt.Sprintf("sector %d", sector)
	}
	s.tell(race.Event{
		Kind: race.EventFlag, Car: race.NoCar, Lap: s.leaderLap, TimeMS: at.Millis(), Value: int64(flag), Text: text,
	})
	s.tellHead(at)
}

func (s *State) suspend(at race.Micros) error {
	if s.suspendedAt != race.NoTime {
		return fmt.Errorf("suspended twice: %w", ErrDuplicate)
	}
	s.suspendedAt = at
	s.show(at, race.FlagRed, 0)
	return nil
}

func (s *State) resume(at race.Micros) error {
	if s.suspendedAt == race.NoTime {
		return fmt.Errorf("resumed without a suspension: %w", ErrOutOfOrder)
	}
	s.suspended += at - s.suspendedAt
	s.suspendedAt = race.NoTime
	s.show(at, race.FlagClear, 0)
	return nil
}

// abandon counts the result back: as if the chequered flag fell at the leader's end of lap L-2, where L is the lap of
// the signal; lapped cars at their next crossing (rule 8, decision 7).
func (s *State) abandon(at race.Micros, lap int) error {
	if s.chequeredAt != race.NoTime {
		return fmt.Errorf("abandoned after the chequered flag: %w", ErrTooLate)
	}
	if lap <= 0 {
		lap = s.cars[s.order[0]].laps + 1
	}
	result := lap - 2
	fell := race.NoTime
	for i := range s.cars {
		if c := &s.cars[i]; result >= 1 && c.laps >= result && (fell == race.NoTime || c.rawEnds[result-1] < fell) {
			fell = c.rawEnds[result-1]
		}
	}
	for i := range s.cars {
		s.countBack(race.CarIdx(i), fell)
	}
	s.countedBack = true
	s.chequeredAt = at
	s.flag = race.FlagRed
	s.tell(race.Event{Kind: race.EventChequered, Car: race.NoCar, Lap: max(result, 0), TimeMS: at.Millis(), Text: "counted back"})
	return nil
}

// countBack takes away the laps that a car completed after its first crossing from the time the flag fell.
func (s *State) countBack(idx race.CarIdx, fell race.Micros) {
	c := &s.cars[idx]
	keep := 0
	for keep < c.laps && fell != race.NoTime {
		keep++
		if c.rawEnds[keep-1] >= fell {
			break
		}
	}
	c.laps, c.ends, c.rawEnds = keep, c.ends[:keep], c.rawEnds[:keep]
	if c.racing() {
		c.state = race.Finished
	}
	c.row.Laps = keep
	s.tellRow(idx)
}

// leave takes a car out of the race; on the tower it goes behind those still in it.
func (s *State) leave(at race.Micros, idx race.CarIdx, state race.CarState, reason string) error {
	c, err := s.car(idx)
	if err != nil {
		return err
	}
	if c.state == state {
		return fmt.Errorf("car %d left twice: %w", s.entries[idx].Number, ErrDuplicate)
	}
	if s.status == race.Over && state != race.Disqualified {
		return fmt.Errorf("car %d left after the end: %w", s.entries[idx].Number, ErrTooLate)
	}
	c.state, c.reason, c.stopAt = state, reason, at
	for place := int(s.place[idx]); place+1 < len(s.order); place++ {
		if behind := s.cars[s.order[place+1]].state; behind >= race.Retired && behind <= state {
			break
		}
		s.swap(place + 1)
	}
	kind := race.EventRetired
	switch state {
	case race.NotStarted:
		kind = race.EventNotStarted
	case race.Disqualified:
		kind = race.EventDisqualified
	case race.OnGrid, race.Running, race.InPit, race.Finished, race.Retired:
	}
	s.tellOfCar(kind, idx, at, 0, reason)
	s.tellRow(idx)
	return nil
}

func (s *State) penalise(at race.Micros, b race.TimePenalty) error {
	c, err := s.car(b.Car)
	if err != nil {
		return err
	}
	c.penalty = max(0, c.penalty+b.Amount)
	c.row.PenaltyMS = c.penalty.Millis()
	s.tellOfCar(race.EventPenalty, b.Car, at, b.Amount.Millis(), b.Reason)
	s.tellRow(b.Car)
	return nil
}

// hold stops race time or lets it go on.
func (s *State) hold(at race.Micros, from, to race.Status) error {
	if s.status != from {
		return fmt.Errorf("the race is %v, not %v: %w", s.status, from, ErrOutOfOrder)
	}
	s.status = to
	s.tellHead(at)
	return nil
}

// end closes the race: the result is final.
func (s *State) end(at race.Micros) error {
	if s.status != race.Underway && s.status != race.Paused {
		return fmt.Errorf("ended but not running: %w", ErrOutOfOrder)
	}
	s.status = race.Over
	s.now = max(s.now, at)
	result := s.Classification()
	winner := race.NoCar
	if len(result.Entries) > 0 {
		winner = result.Entries[0].Car
	}
	s.tell(race.Event{Kind: race.EventResult, Car: winner, Lap: s.leaderLap, TimeMS: at.Millis()})
	s.tellHead(at)
	s.facts = append(s.facts, race.ResultPublished{Classification: result})
	return nil
}
