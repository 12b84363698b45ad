package folder

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// crossings are the crossings of the finish line by all cars, according to the laps.
type crossings struct {
	laps   [][]lap
	times  []race.Micros // of all cars, in order, including the start
	firsts []race.Micros // by lap - 1: when the first car ended it
	usual  race.Micros   // lap time of the field; 0 if unknown
	own    []race.Micros // usual lap time of each car; the field's if the car has too few laps
}

func newCrossings(laps [][]lap) *crossings {
	f := &crossings{laps: laps, times: []race.Micros{0}, own: make([]race.Micros, len(laps))}
	var all []race.Micros
	for car, list := range laps {
		var took []race.Micros
		before := lap{}
		for _, l := range list {
			f.times = append(f.times, l.end)
			for len(f.firsts) < l.number {
				f.firsts = append(f.firsts, race.TimeMax)
			}
			f.firsts[l.number-1] = min(f.firsts[l.number-1], l.end)
			if l.number == before.number+1 {
				took = append(took, l.end-before.end)
			}
			before = l
		}
		f.own[car] = median(took)
		if len(took) < 3 {
			f.own[car] = 0
		}
		all = append(all, took...)
	}
	f.usual = median(all)
	for car := range f.own {
		if f.own[car] == 0 {
			f.own[car] = f.usual
		}
	}
	slices.Sort(f.times)
	return f
}

// median returns the value in the middle; 0 if there is none.
func median(list []race.Micros) race.Micros {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

// ended returns when the first car ended a lap: the start for lap 0, the last crossing for laps after the last.
func (f *crossings) ended(lap int) race.Micros {
	switch {
	case lap <= 0:
		return 0
	case lap > len(f.firsts):
		return f.times[len(f.times)-1]
	}
	return f.firsts[lap-1]
}

// standing finds the suspension between the leader's laps flag and last: the longest time without a crossing. If no lap is
// long enough, it was after the field had ended the lap of the flag, and its duration is unknown. It returns false if no car
// continued.
func (f *crossings) standing(flag, last int, others []suspension) (suspension, bool) {
	low, high := f.ended(flag-1), f.ended(last)
	from, gap := f.longest(low, high, others)
	if gap == 0 {
		return suspension{}, false
	}
	best := suspension{lap: flag, from: from}
	included, left := f.excess(best.from, best.from+gap, others)
	if most := min(f.usual/2, maxSuspensionExcess); included >= most || left >= most {
		best.included, best.left = min(included, gap), left
		if included < most {
			best.included = 0
		}
		return best, true
	}
	for _, at := range f.times { // the field, before the leader ends the next lap
		if at < f.ended(flag+1) && at >= low {
			best.from = at
		}
	}
	return best, true
}

// longest returns the longest time between two crossings from low to high, excluding those of other suspensions.
func (f *crossings) longest(low, high race.Micros, others []suspension) (from, gap race.Micros) {
	for i := 1; i < len(f.times); i++ {
		a, b := f.times[i-1], f.times[i]
		taken := slices.ContainsFunc(others, func(s suspension) bool { return s.from == a })
		if a >= low && b <= high && !taken && b-a > gap {
			from, gap = a, b-a
		}
	}
	return from, gap
}

// excess returns by how much the laps across a gap exceed the usual lap times, as the median of the field and without other
// suspensions: included is the part in the crossings, left the part that only the lap times have. If a lap time differs from
// the time between its crossings, the difference is the suspension.
func (f *crossings) excess(from, to race.Micros, others []suspension) (included, left race.Micros) {
	var long, differs []race.Micros
	for car, list := range f.laps {
		l, start, ok := across(list, from, to)
		if !ok {
			continue
		}
		apart := l.end - start
		for _, s := range others {
			if s.from >= start && s.from < l.end {
				apart -= s.included
			}
		}
		long = append(long, apart-f.own[car])
		if l.took > 0 {
			differs = append(differs, apart-l.took)
		}
	}
	d := median(differs)
	switch most := min(f.usual/2, maxSuspensionExcess); {
	case len(differs) > 0 && d >= most:
		return d, 0
	case len(differs) > 0 && -d >= most:
		return 0, -d
	}
	return median(long), 0
}

// across returns the lap that contains a gap and its start; false if there is none, or laps before it are missing.
func across(list []lap, from, to race.Micros) (l lap, start race.Micros, ok bool) {
	at, _ := slices.BinarySearchFunc(list, to, func(l lap, t race.Micros) int { return cmp.Compare(l.end, t) })
	if at == len(list) {
		return lap{}, 0, false
	}
	before := lap{}
	if at > 0 {
		before = list[at-1]
	}
	return list[at], before.end, before.end <= from && list[at].number == before.number+1
}
