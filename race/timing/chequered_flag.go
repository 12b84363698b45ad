package timing

import "lightsout/race"

// chequeredFlag is the chequered flag: when it was shown, and what the race is known to go to (rules 2 and 8).
type chequeredFlag struct {
	shown    bool
	at       race.Micros // untruncated
	lap      int         // that the leader completed then
	distance int         // in laps as far as it is known; 0: by time
}

// distance is that of the race in laps as far as it is known, 0 by time: once the chequered flag was shown, the laps that it
// fell after; of a race that was stopped before, the winner's.
func (s *State) distance() int {
	switch won := s.result.entries; {
	case s.flagged.shown && s.flagged.lap > 0:
		return s.flagged.lap
	case s.status == race.Over && len(won) > 0 && won[0].Laps > 0:
		return won[0].Laps
	}
	return s.flagged.distance
}

// suspension is a time in which the race was stopped. To is NoTime while it lasts.
type suspension struct{ from, to race.Micros }

// abandonment is a suspension that is not resumed.
type abandonment struct {
	at     race.Micros
	signal race.Micros
	lap    int // of the signal; 0: the one that the leader was on
}

// flaggedNow works out when the chequered flag is shown: at the leader's end of the last lap.
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
	lastLap := 0 // by the running limit
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

// countBack is the flag of a race that was not resumed: as if it fell at the leader's end of lap L-2, where L is the lap
// of the signal counted as begun.
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
	first := race.TimeMax // of those who were still in it: who led then may be out since
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

// suspendedUntil is how long the race stood still before a time. Suspensions that overlap count once.
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

// open is the suspension that lasts; nil where none does.
func (s *State) open() *suspension {
	for i := range s.suspensions {
		if s.suspensions[i].to == race.NoTime {
			return &s.suspensions[i]
		}
	}
	return nil
}

// suspended says that the race stands still now.
func (s *State) suspended() bool { return s.abandoned == nil && s.open() != nil }

// checkFlagged sees whether the flag is shown, or fell at another time than was thought, and ends the race for the cars.
func (s *State) checkFlagged(at race.Micros) {
	f := s.flaggedNow()
	if f == s.flagged {
		return
	}
	before := s.flagged
	s.reemit = true
	switch {
	case f.shown && !before.shown && f.at >= s.latest: // it falls now
		s.flagged = f
		for i := range s.cars {
			s.finish(race.CarIdx(i))
		}
	case f.shown || before.shown: // laps that counted may not, and the other way round
		s.rebuild()
	default:
		s.flagged = f
	}
	for i := range s.cars { // what was ruled after the last lap was ruled in it
		if len(s.cars[i].acts) > 0 {
			s.emitCarEvents(race.CarIdx(i))
		}
	}
	s.lead(at, true)
}

// finish ends the race for a car whose last crossing is from the flag on (rule 2).
func (s *State) finish(idx race.CarIdx) {
	r := &s.cars[idx].run
	n := len(r.ends)
	if n == 0 || r.ends[n-1] < s.flagged.at || !r.racing() && r.state != race.Retired {
		return
	}
	if int(r.progress) > n*len(s.lines) { // it passed another line at the very instant
		s.recompute(idx)
		return
	}
	r.state = race.Finished
	s.reorder(idx) // it may have been among those who are out
	s.emitRow(idx)
}
