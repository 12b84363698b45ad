package timing

import "lightsout/race"

// fall is the chequered flag: when it fell, and what the race is known to go to (rules 2 and 8).
type fall struct {
	fell     bool
	at       race.Micros // untruncated
	lap      int         // that the leader completed then
	distance int         // in laps as far as it is known; 0: by time
}

// suspension is a time in which the race was stopped. To is NoTime while it lasts.
type suspension struct{ from, to race.Micros }

// abandonment is a suspension that is not resumed.
type abandonment struct {
	signal race.Micros
	lap    int // of the signal; 0: the one that the leader was on
}

// flagFall works out when the chequered flag falls: at the leader's end of the last lap. The leader at the end of a lap
// is who completed it first (rule 1).
func (s *State) flagFall() fall {
	rules := s.head.Rules
	f := fall{distance: max(0, rules.Laps-s.aborted)}
	if rules.Laps > 0 {
		f.distance = max(1, f.distance)
	}
	if a := s.abandoned; a != nil {
		return s.countBack(f, a)
	}
	if rules.RunningLimit == 0 && rules.WindowLimit == 0 {
		if f.distance > 0 && len(s.firsts) >= f.distance {
			f.fell, f.lap, f.at = true, f.distance, s.firsts[f.distance-1]
		}
		return f
	}
	lastLap := false
	for i, at := range s.firsts {
		lap := i + 1
		if f.distance > 0 && lap >= f.distance || rules.WindowLimit > 0 && at >= rules.WindowLimit {
			f.fell, f.lap, f.at = true, lap, at
			return f
		}
		if rules.RunningLimit > 0 && !lastLap && at-s.suspendedUntil(at) >= rules.RunningLimit {
			lastLap, f.distance = true, lap+1
		}
	}
	return f
}

// countBack is the flag of a race that was not resumed: as if it fell at the leader's end of lap L-2, where L is the lap
// of the signal counted as begun.
func (s *State) countBack(f fall, a *abandonment) fall {
	lap := a.lap
	if lap == 0 {
		for lap < len(s.firsts) && s.firsts[lap] <= a.signal {
			lap++
		}
		lap++
	}
	f.fell, f.lap, f.at = true, max(0, min(lap-2, len(s.firsts))), -1
	if f.lap > 0 {
		f.at = s.firsts[f.lap-1]
	}
	return f
}

// suspendedUntil is how long the race stood still before a time.
func (s *State) suspendedUntil(at race.Micros) (sum race.Micros) {
	for _, p := range s.suspensions {
		to := at
		if p.to != race.NoTime {
			to = min(to, p.to)
		}
		sum += max(0, to-p.from)
	}
	return sum
}

// suspended says that the race stands still now.
func (s *State) suspended() bool {
	n := len(s.suspensions)
	return n > 0 && s.suspensions[n-1].to == race.NoTime && s.abandoned == nil
}

// checkFall sees whether the flag falls, or fell at another time than was thought, and ends the race for the cars.
func (s *State) checkFall(at race.Micros) {
	f := s.flagFall()
	if f == s.fall {
		return
	}
	before := s.fall
	if f.fell && !before.fell {
		s.tell(race.Event{Kind: race.EventChequered, Car: s.order[0], Lap: f.lap, TimeMS: at.Millis()})
	}
	switch {
	case f.fell && !before.fell && f.at >= s.latest: // it falls now
		s.fall = f
		for i := range s.cars {
			s.finish(race.CarIdx(i))
		}
	case f.fell || before.fell: // laps that counted may not, and the other way round
		s.rebuild()
	default:
		s.fall = f
	}
	s.leaderLap = 0 // told below in any case
	s.lead(at)
}

// finish ends the race for a car whose last crossing is from the flag on (rule 2).
func (s *State) finish(idx race.CarIdx) {
	r := &s.cars[idx].run
	if n := len(r.ends); n > 0 && r.ends[n-1] >= s.fall.at && r.racing() {
		r.state = race.Finished
		s.tellRow(idx)
	}
}
