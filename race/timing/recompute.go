package timing

import (
	"slices"

	"lightsout/race"
)

// next applies the newest passing of a car, the last in its list: its effects are published as they happen.
func (s *State) next(idx race.CarIdx, h passing) {
	c := &s.cars[idx]
	late, best := h.at < s.latest, c.run.bestLap
	s.latest = max(s.latest, h.at)
	counts := s.counts(idx, c, &h)
	last := &c.passings[len(c.passings)-1]
	last.verdict, last.unpublished = h.verdict, h.unpublished
	if !counts {
		return
	}
	at := h.at.Truncate(s.info.Rules.Precision)
	n := s.step(idx, c, &h)
	if n.pit {
		s.emitPitEvents(idx)
	}
	s.updateSectorBests(idx, int(h.line), at)
	if n.lap {
		s.rankLap(idx, best)
	}
	s.overtake(idx, h.at)
	s.measure(idx)
	s.emitRow(idx)
	if late {
		s.measureBehind(idx)
	}
	if n.lap {
		s.dirty = true
		s.checkFlagged(at)
		s.emitRow(idx)
		s.lead(at, false)
	}
}

// rankLap compares the lap that a car just completed with those of the others; best was the car's best lap before.
func (s *State) rankLap(idx race.CarIdx, best int) {
	r := &s.cars[idx].run
	s.enterBoard(idx, r.laps)
	s.amend(idx, r.laps)
	if r.bestLap == r.laps {
		if best > 0 {
			s.amend(idx, best)
		}
		was := s.bests.lap()
		s.bests.addFast(s.fast(r, r.laps))
		s.markSessionBest(was)
		s.emitFastestLaps()
	}
}

// lead publishes the leader's current lap if it changed, or always. During a suspension the tower shows an earlier moment, and
// the lap stays.
func (s *State) lead(at race.Micros, always bool) {
	lap := s.leaderLap
	if len(s.order) > 0 && !s.suspended() {
		lap = s.cars[s.order[0]].run.laps + 1
	}
	if s.flagged.shown {
		lap = s.flagged.lap
	} else if d := s.distance(); d > 0 {
		lap = min(lap, d)
	}
	if (lap != s.leaderLap || always) && s.status != race.Waiting {
		s.leaderLap = lap
		s.emitStatus(at)
	}
}

// derive computes a car from its passings and rulings alone.
func (s *State) derive(idx race.CarIdx) {
	c := &s.cars[idx]
	c.run = s.newRun(idx)
	if s.status != race.Waiting {
		c.run.state = race.Running
		if s.flagged.shown && s.flagged.lap == 0 { // counted back to the start
			c.run.state = race.Finished
		}
		for i := range c.passings {
			h := &c.passings[i]
			s.latest = max(s.latest, h.at)
			if s.counts(idx, c, h) {
				s.step(idx, c, h)
			}
		}
	}
	s.fitTyres(c, race.TimeMax)
	if c.ruled.state > race.Retired || c.ruled.state == race.Retired && !c.tookFlag() { // a car cannot retire after the flag
		c.run.state = c.ruled.state
	}
	c.run.row.PenaltyMS = c.ruled.penalty.Millis()
}

// tookFlag reports whether a car crossed the line at or after the chequered flag.
func (c *car) tookFlag() bool { return c.run.state == race.Finished && c.run.laps > 0 }

// recompute derives a car again because its past changed, and updates everything that depends on it.
func (s *State) recompute(idx race.CarIdx) {
	if s.abandoned != nil { // counted back: the laps that were cut off may matter again
		s.rebuild()
		return
	}
	old := s.cars[idx].run
	from, led, was := int(s.place[idx]), s.order[0], s.bests.lap()
	s.derive(idx)
	s.updateBoards(idx, &old)
	s.recomputeBests(idx)
	s.recomputeFastestLaps(idx, &old)
	s.markSessionBest(was)
	s.emitFastestLaps()
	s.dirty = true
	s.amendLaps(idx, &old)
	s.emitCarEvents(idx)
	s.reorder(idx)
	s.remeasure(idx, &old)
	s.measureMoved(idx, from, led)
	s.checkFlagged(s.latest)
	s.lead(s.latest, false)
}

// rebuild derives the whole race again.
func (s *State) rebuild() {
	olds := make([]run, len(s.cars))
	s.flagged, s.latest, s.silent = chequeredFlag{}, race.NoTime, true
	for i := range s.cars { // without a flag, to find when it is shown
		olds[i] = s.cars[i].run
		s.derive(race.CarIdx(i))
	}
	s.layBoards()
	s.flagged, s.silent = s.flaggedNow(), false
	for i := range s.cars {
		s.derive(race.CarIdx(i))
	}
	s.layBoards()
	s.relead, s.reemit = true, true
	s.recomputeBests(race.NoCar)
	s.collectFast()
	s.markSessionBest(fastLap{})
	s.emitFastestLaps()
	s.dirty = true
	s.setOrder(s.standing())
	for i := range s.cars {
		s.amendLaps(race.CarIdx(i), &olds[i])
		s.emitCarEvents(race.CarIdx(i))
		s.remeasure(race.CarIdx(i), &olds[i])
	}
	s.lead(s.latest, false)
}

// amendLaps publishes a car's laps that differ from the published ones.
func (s *State) amendLaps(idx race.CarIdx, old *run) {
	r := &s.cars[idx].run
	for i := range r.done {
		if i >= len(old.done) || r.done[i] != old.done[i] || r.ends[i] != old.ends[i] {
			s.amend(idx, i+1)
		}
	}
	if r.laps < old.laps {
		s.facts = append(s.facts, race.LapsWithdrawn{Car: idx, Laps: r.laps})
	}
}

// remeasure recomputes a car's gaps and publishes its row if it changed.
func (s *State) remeasure(idx race.CarIdx, old *run) {
	row := &s.cars[idx].run.row
	row.GapMS, row.GapLaps = old.row.GapMS, old.row.GapLaps
	row.IntervalMS, row.IntervalLaps = old.row.IntervalMS, old.row.IntervalLaps
	s.measure(idx)
	s.emitRow(idx)
}

// sorted returns the tower sorted by the state of each car.
func (s *State) sorted() []race.CarIdx {
	order := slices.Clone(s.order)
	slices.SortStableFunc(order, s.ahead)
	return order
}
