package timing

import "lightsout/race"

// chequeredFlag is when the chequered flag was shown, and the distance of the race as known so far (rules 2 and 8).
type chequeredFlag struct {
	shown    bool
	at       race.Micros // untruncated
	lap      int         // completed by the leader at the flag
	distance int         // in laps, as known so far; 0 means by time
}

// distance returns the distance of the race in laps as known so far, 0 if by time: after the chequered flag, the laps that the
// leader had completed; of a race that was stopped before, the winner's laps.
func (s *State) distance() int {
	switch won := s.result.entries; {
	case s.flagged.shown && s.flagged.lap > 0:
		return s.flagged.lap
	case s.status == race.Over && len(won) > 0 && won[0].Laps > 0:
		return won[0].Laps
	}
	return s.flagged.distance
}

// suspension is an interval in which the race was stopped. to is NoTime while it lasts.
type suspension struct{ from, to race.Micros }

// abandonment ends a suspension that is not resumed.
type abandonment struct {
	at     race.Micros
	signal race.Micros
	lap    int // at the signal; 0 means the leader's lap then
}

// flaggedNow computes when the chequered flag is shown: at the leader's end of the last lap.
func (s *State) flaggedNow() chequeredFlag {
	rules := s.info.Rules
	f := chequeredFlag{distance: max(0, rules.Laps-s.aborted)}
	if rules.Laps > 0 {
		f.distance = max(1, f.distance)
	}
	if s.abandoned != nil {
		return s.countBack(f)
	}
	if f.distance > 0 && len(s.boards) >= f.distance {
		f.shown, f.lap, f.at = true, f.distance, s.first(f.distance)
	}
	if rules.RunningLimit == 0 && rules.WindowLimit == 0 {
		return f
	}
	lastLap := 0 // by the running limit; 0 if not reached
	for _, l := range s.leads() {
		switch {
		case f.shown && l.at >= f.at:
			return f
		case lastLap > 0 && l.lap >= lastLap, rules.WindowLimit > 0 && l.at >= rules.WindowLimit:
			return chequeredFlag{true, l.at, l.lap, max(f.distance, lastLap)}
		case lastLap == 0 && rules.RunningLimit > 0 && l.at-s.suspendedUntil(l.at) >= rules.RunningLimit:
			lastLap = l.lap + 1
			f.distance = lastLap
		}
	}
	return f
}

// countBack returns the flag of a race that was not resumed: as if it was shown at the leader's end of lap L-2, where L is the
// lap of the signal counted as begun.
func (s *State) countBack(f chequeredFlag) chequeredFlag {
	a := s.abandoned
	lap := a.lap
	if lap == 0 {
		for i := range s.cars {
			if s.cars[i].inRace(a.signal) {
				lap = max(lap, s.cars[i].lapsBy(a.signal))
			}
		}
		lap++
	}
	f.shown, f.lap, f.at = true, max(0, min(lap-2, len(s.boards))), -1
	if f.lap == 0 {
		return f
	}
	f.at = s.first(f.lap)
	first := race.TimeMax // of the cars that were in the race then: the leader of that lap may have retired since
	for i := range s.cars {
		if c := &s.cars[i]; c.inRace(a.signal) && c.run.laps >= f.lap {
			first = min(first, c.run.ends[f.lap-1])
		}
	}
	if first < race.TimeMax {
		f.at = first
	}
	return f
}

// suspendedUntil returns how long the race was suspended before a time. Overlapping suspensions count once.
func (s *State) suspendedUntil(at race.Micros) (sum race.Micros) {
	counted := race.NoTime
	for _, p := range s.suspensions {
		from, to := max(p.from, counted), at
		if p.to != race.NoTime {
			to = min(to, p.to)
		}
		sum += max(0, to-from)
		counted = max(counted, to)
	}
	return sum
}

// open returns the suspension that lasts now; nil if there is none.
func (s *State) open() *suspension {
	for i := range s.suspensions {
		if s.suspensions[i].to == race.NoTime {
			return &s.suspensions[i]
		}
	}
	return nil
}

// suspended reports whether the race is suspended now.
func (s *State) suspended() bool { return s.abandoned == nil && s.open() != nil }

// checkFlagged recomputes the flag. If it is shown, or was shown at another time, the race ends for the cars accordingly.
func (s *State) checkFlagged(at race.Micros) {
	f := s.flaggedNow()
	if f == s.flagged {
		return
	}
	before := s.flagged
	s.reemit = true
	switch {
	case f.shown && !before.shown && f.at >= s.latest: // the leader takes the flag with this record
		s.flagged = f
		for i := range s.cars {
			s.finish(race.CarIdx(i))
		}
	case f.shown || before.shown: // the set of laps that count has changed
		s.rebuild()
	default:
		s.flagged = f
	}
	for i := range s.cars { // rulings after the last lap belong to the last lap
		if len(s.cars[i].acts) > 0 {
			s.emitCarEvents(race.CarIdx(i))
		}
	}
	s.lead(at, true)
}

// finish ends the race for a car whose last crossing is at or after the flag (rule 2).
func (s *State) finish(idx race.CarIdx) {
	r := &s.cars[idx].run
	n := len(r.ends)
	if n == 0 || r.ends[n-1] < s.flagged.at || !r.racing() && r.state != race.Retired {
		return
	}
	if int(r.progress) > n*len(s.lines) { // it passed another line at the same instant
		s.recompute(idx)
		return
	}
	r.state = race.Finished
	s.reorder(idx) // the tower may have listed it among the retired cars
	s.emitRow(idx)
}
