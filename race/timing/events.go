package timing

import (
	"fmt"
	"slices"

	"lightsout/race"
)

// emittedEvents are the published events of the race. They follow from the accepted passings and rulings like all else: after
// each record they are recomputed, and the difference is published.
type emittedEvents struct {
	race    []race.Event // start, flags, chequered flag, result
	leaders []race.Event // each change of leader at the end of a lap
	fastest []race.Event
	laps    int // laps whose leaders are published
}

// lapAt returns the lap that a car was on; after the end, its last lap.
func (s *State) lapAt(c *car, at race.Micros) int {
	lap := c.lapsBy(at) + 1
	switch n := c.run.laps; {
	case s.flagged.shown && n > 0 && c.run.ends[n-1] >= s.flagged.at: // it took the flag; later rulings do not change that
		lap = min(lap, n)
	case s.stopped(at) && c.inRace(s.endedAt+1):
		lap = min(lap, n)
	case s.flagged.shown:
		lap = min(lap, s.flagged.lap)
	case s.flagged.distance > 0:
		lap = min(lap, s.flagged.distance)
	}
	return max(lap, 1)
}

// stopped reports whether the race had been stopped at a time.
func (s *State) stopped(at race.Micros) bool { return s.status == race.Over && at > s.endedAt }

// leaderLapAt returns the lap that the leader was on; after the end, the last lap of the race.
func (s *State) leaderLapAt(at race.Micros) int {
	lap := 1
	for lap <= len(s.boards) && s.first(lap) <= at {
		lap++
	}
	switch {
	case s.flagged.shown:
		lap = min(lap, s.flagged.lap)
	case s.stopped(at):
		lap = min(lap, len(s.boards))
	case s.flagged.distance > 0:
		lap = min(lap, s.flagged.distance)
	}
	return max(lap, 1)
}

// amendEvents publishes the difference between the events published so far and the current ones.
func (s *State) amendEvents(old, now []race.Event) {
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] { // most are unchanged
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	for _, e := range old {
		if !slices.ContainsFunc(now, func(n race.Event) bool { return n.Name() == e.Name() }) {
			s.facts = append(s.facts, race.EventWithdrawn{Event: e.Name()})
		}
	}
	for _, e := range now {
		if !slices.Contains(old, e) {
			s.facts = append(s.facts, race.EventHappened{Event: e})
		}
	}
}

// emitCarEvents publishes the changes of a car's events.
func (s *State) emitCarEvents(idx race.CarIdx) {
	c := &s.cars[idx]
	now := s.carEvents(idx)
	if !slices.Equal(c.emitted, now) {
		s.amendEvents(c.emitted, now)
		c.emitted = now
	}
}

// carEvents returns the events of a car: its stops and the rulings on it.
func (s *State) carEvents(idx race.CarIdx) []race.Event {
	c := &s.cars[idx]
	var out []race.Event
	for _, p := range c.run.pits {
		out = append(out, pitEvent(idx, p))
	}
	for _, f := range c.ruled.fits {
		if f.Stationary > 0 || c.lapsBy(f.at) > 0 {
			out = append(out, s.eventOf(race.EventTyres, idx, f.act, f.Stationary.Millis(), f.Compound.String()))
		}
	}
	for i := range c.acts {
		a := &c.acts[i]
		if a.undone {
			continue
		}
		switch b := a.body.(type) {
		case race.CarRetired:
			if !c.tookFlag() || a.at < c.run.ends[c.run.laps-1] { // a car cannot retire after the flag
				out = append(out, s.eventOf(race.EventRetired, idx, *a, 0, b.Reason))
			}
		case race.CarNotStarted:
			out = append(out, s.eventOf(race.EventNotStarted, idx, *a, 0, b.Reason))
		case race.CarDisqualified:
			out = append(out, s.eventOf(race.EventDisqualified, idx, *a, 0, b.Reason))
		case race.Penalised:
			out = append(out, s.eventOf(race.EventPenalty, idx, *a, amountOf(b, s.info.Rules).Millis(), b.Reason))
		default: // no event
		}
	}
	return out
}

func (s *State) eventOf(kind race.EventKind, idx race.CarIdx, a act, value int64, text string) race.Event {
	return race.Event{
		Kind: kind, Of: a.seq, Car: idx, Lap: s.lapAt(&s.cars[idx], a.at), TimeMS: a.at.Millis(), Value: value, Text: text,
	}
}

func pitEvent(idx race.CarIdx, p pitCrossing) race.Event {
	e := race.Event{Kind: race.EventPitIn, Of: p.seq, Car: idx, Lap: p.lap, TimeMS: p.at.Millis()}
	if p.out {
		e.Kind = race.EventPitOut
	}
	return e
}

// emitPitEvents publishes the newest crossing of a pit line.
func (s *State) emitPitEvents(idx race.CarIdx) {
	c := &s.cars[idx]
	e := pitEvent(idx, c.run.pits[len(c.run.pits)-1])
	at := len(c.run.pits) - 1 // before the events of rulings, as in carEvents
	c.emitted = slices.Insert(c.emitted, at, e)
	s.facts = append(s.facts, race.EventHappened{Event: e})
}

// emitEvents publishes the events of the race and the changes of leader, if they may have changed.
func (s *State) emitEvents() {
	if s.relead {
		s.emitLeaders()
	}
	if s.reemit {
		s.emitRaceEvents()
	}
}

// emitRaceEvents publishes the changes of the events of the whole race.
func (s *State) emitRaceEvents() {
	s.reemit = false
	now := s.raceEvents()
	s.amendEvents(s.emitted.race, now)
	s.emitted.race = now
}

func (s *State) raceEvents() []race.Event {
	var out []race.Event
	if s.status != race.Waiting {
		out = append(out, race.Event{Kind: race.EventStart, Car: race.NoCar, Lap: 1, TimeMS: 0})
	}
	for _, one := range s.shown {
		if s.flagged.shown && s.abandoned == nil && one.at > s.flagged.at {
			continue // no flag is shown after the chequered flag
		}
		e := race.Event{
			Kind: race.EventFlag, Of: one.seq, Car: race.NoCar, Lap: s.leaderLapAt(one.at), TimeMS: one.at.Millis(), Value: int64(one.Flag),
		}
		if one.Sector > 0 {
			e.Text = fmt.Sprintf("sector %d", one.Sector)
		}
		out = append(out, e)
	}
	if s.flagged.shown {
		out = append(out, s.chequered())
	}
	if s.result.version > 0 {
		e := race.Event{
			Kind: race.EventResult, Car: race.NoCar, Lap: s.leaderLapAt(race.TimeMax), TimeMS: s.result.at.Millis(), Value: int64(s.result.status),
		}
		if list := s.result.entries; len(list) > 0 && list[0].Position == 1 {
			e.Car = list[0].Car
		}
		out = append(out, e)
	}
	return out
}

// chequered returns the event of the flag: for the car that ended the last lap first, or for all cars if the race was counted
// back.
func (s *State) chequered() race.Event {
	e := race.Event{Kind: race.EventChequered, Car: race.NoCar, Lap: s.flagged.lap, TimeMS: s.flagged.at.Millis()}
	if s.abandoned != nil {
		e.TimeMS, e.Text = s.abandoned.at.Millis(), "counted back"
		return e
	}
	b := &s.boards[s.flagged.lap-1]
	if at, found := slices.BinarySearch(b.ends, s.flagged.at); found {
		e.Car = b.cars[at]
	}
	return e
}

// leadChanged notes that the first car to complete a lap has changed, or was replaced; at is when it completed it.
func (s *State) leadChanged(lap int, at race.Micros) {
	if at <= s.lastShown() {
		s.reemit = true // the leader was on another lap when a flag was shown
	}
	if lap != len(s.boards) || lap != s.emitted.laps+1 || len(s.boards[lap-1].cars) == 0 {
		s.relead = true
		return
	}
	if e, leads := s.leaderEvent(lap); leads {
		s.facts = append(s.facts, race.EventHappened{Event: e})
		s.emitted.leaders = append(s.emitted.leaders, e)
	}
	s.emitted.laps = lap
}

func (s *State) lastShown() race.Micros {
	if n := len(s.shown); n > 0 {
		return s.shown[n-1].at
	}
	return race.NoTime
}

// emitLeaders publishes the changes of the leader events.
func (s *State) emitLeaders() {
	s.relead = false
	now := s.leaderEvents()
	s.amendEvents(s.emitted.leaders, now)
	s.emitted.leaders, s.emitted.laps = now, len(s.boards)
}

func (s *State) leaderEvents() []race.Event {
	var out []race.Event
	for lap := 1; lap <= len(s.boards); lap++ {
		if e, leads := s.leaderEvent(lap); leads {
			out = append(out, e)
		}
	}
	return out
}

// leaderEvent returns the leader at the end of a lap, if it did not lead at the end of the lap before or on the grid.
func (s *State) leaderEvent(lap int) (race.Event, bool) {
	leads := s.boards[lap-1].cars[0]
	if s.ledBefore(lap) == leads {
		return race.Event{}, false
	}
	l := &s.cars[leads].run.done[lap-1]
	return race.Event{Kind: race.EventLeader, Of: l.Passing, Car: leads, Lap: lap, TimeMS: l.EndMS}, true
}

// ledBefore returns the leader at the end of the lap before, or on the grid.
func (s *State) ledBefore(lap int) race.CarIdx {
	if lap > 1 {
		return s.boards[lap-2].cars[0]
	}
	return s.pole()
}

// pole returns the first car on the grid; NoCar if there is no grid.
func (s *State) pole() race.CarIdx {
	pole := race.NoCar
	for i := range s.entries {
		if e := &s.entries[i]; e.Grid > 0 && (pole == race.NoCar || s.gridOrder(race.CarIdx(i), pole) < 0) {
			pole = race.CarIdx(i)
		}
	}
	return pole
}

// emitFastestLaps publishes the changes of the fastest-lap events. First laps make no events: every car that completes one
// would set a fastest lap.
func (s *State) emitFastestLaps() {
	now := s.fastestEvents()
	s.amendEvents(s.emitted.fastest, now)
	s.emitted.fastest = now
}

func (s *State) fastestEvents() []race.Event {
	var out []race.Event
	for _, f := range s.bests.laps {
		if f.lap > 1 {
			l := &s.cars[f.car].run.done[f.lap-1]
			out = append(out, race.Event{
				Kind: race.EventFastestLap, Of: l.Passing, Car: f.car, Lap: f.lap, TimeMS: l.EndMS, Value: l.DurationMS,
			})
		}
	}
	return out
}

// Events returns the events of the race so far, in order.
func (s *State) Events() []race.Event {
	out := slices.Concat(s.emitted.race, s.emitted.leaders, s.emitted.fastest)
	for i := range s.cars {
		out = append(out, s.cars[i].emitted...)
	}
	slices.SortFunc(out, race.CompareEvents)
	return out
}

// emitAllEvents recomputes all events after a snapshot was read.
func (s *State) emitAllEvents() {
	for i := range s.cars {
		s.cars[i].emitted = s.carEvents(race.CarIdx(i))
	}
	s.emitted = emittedEvents{race: s.raceEvents(), leaders: s.leaderEvents(), fastest: s.fastestEvents(), laps: len(s.boards)}
}

// distinct drops repeated signals: a red flag and the suspension that follows are one event. Signals are by time.
func distinct(shown []signal) []signal {
	var sectors [sectorsMax + 1]race.FlagState
	var out []signal
	for _, one := range shown {
		if sectors[one.Sector] == one.Flag && (one.Sector > 0 || slices.Max(sectors[1:]) == race.FlagClear) {
			continue
		}
		if one.Sector == 0 {
			sectors = [sectorsMax + 1]race.FlagState{}
		}
		sectors[one.Sector] = one.Flag
		out = append(out, one)
	}
	return out
}
