package timing

import (
	"cmp"
	"slices"
	"sort"

	"lightsout/race"
)

// lead is a crossing of the finish line by the leader.
type lead struct {
	at  race.Micros // untruncated
	lap int         // completed with it
}

// inRace reports whether a car was still in the race at a time.
func (c *car) inRace(at race.Micros) bool {
	return c.ruled.stopAt == race.NoTime || c.ruled.stopAt >= at
}

// lapsBy returns the number of laps that a car had completed at a time.
func (c *car) lapsBy(at race.Micros) int {
	n, _ := slices.BinarySearch(c.run.ends, at+1)
	return n
}

// leads returns the leader's crossings from when a time limit may have been reached. The leader at the end of a lap is the car
// that completed it first (rule 1) among those still in the race: a retired leader no longer leads.
func (s *State) leads() []lead {
	since := s.info.Rules.RunningLimit
	if w := s.info.Rules.WindowLimit; since == 0 || w > 0 && w < since {
		since = w
	}
	if len(s.boards) == 0 || s.latest < since {
		return nil
	}
	if s.outLed(since) {
		return s.leadsOfAll(since)
	}
	from := sort.Search(len(s.boards), func(i int) bool { return s.first(i+1) >= since })
	out := make([]lead, 0, len(s.boards)-from)
	for lap := from + 1; lap <= len(s.boards); lap++ {
		out = append(out, lead{s.first(lap), lap})
	}
	return out
}

// outLed reports whether a car that is out had completed more laps than the leader of the others before a time: then the first
// car to complete a lap need not be the leader.
func (s *State) outLed(at race.Micros) bool {
	out, in := 0, 0
	for i := range s.cars {
		c := &s.cars[i]
		if c.ruled.stopAt != race.NoTime {
			out = max(out, c.run.laps)
		} else {
			in = max(in, c.lapsBy(at-1))
		}
	}
	return out > in
}

// leadsOfAll walks through all crossings from a time on and considers which cars were still in the race at each.
func (s *State) leadsOfAll(since race.Micros) (out []lead) {
	type crossing struct {
		lead
		car race.CarIdx
	}
	var all []crossing
	laps := make([]int, len(s.cars)) // completed so far, by car
	for i := range s.cars {
		laps[i] = s.cars[i].lapsBy(since - 1)
		for lap, at := range s.cars[i].run.ends[laps[i]:] {
			all = append(all, crossing{lead{at, laps[i] + lap + 1}, race.CarIdx(i)})
		}
	}
	slices.SortFunc(all, func(x, y crossing) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(y.lap, x.lap)) })
	for _, one := range all {
		leads := s.cars[one.car].inRace(one.at)
		for i := 0; leads && i < len(laps); i++ {
			leads = laps[i] < one.lap || !s.cars[i].inRace(one.at)
		}
		if laps[one.car] = one.lap; leads {
			out = append(out, one.lead)
		}
	}
	return out
}
