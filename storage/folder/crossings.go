package folder

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// crossings are those of the finish line by all cars, as the laps tell of them.
type crossings struct {
	laps   [][]lap
	times  []race.Micros // of all, in order, with the start
	firsts []race.Micros // by lap less 1: when the first car ended it
	usual  race.Micros   // lap of the field; 0 where there is none
	own    []race.Micros // usual lap of each car; that of the field where it has too few
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

// median is the value in the middle; 0 of none.
func median(list []race.Micros) race.Micros {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

// ended is when the first car ended a lap: the start for lap 0, and after the last one the last crossing.
func (f *crossings) ended(lap int) race.Micros {
	switch {
	case lap <= 0:
		return 0
	case lap > len(f.firsts):
		return f.times[len(f.times)-1]
	}
	return f.firsts[lap-1]
}

// standing finds where the race stood still from the leader's lap of the flag to its last one that is looked at: in the
// longest time without a crossing. Where no lap is long enough, it was after the field had ended the lap of the flag, and for
// how long is not known. False where nobody went on.
func (f *crossings) standing(flag, last int, others []standing) (standing, bool) {
	low, high := f.ended(flag-1), f.ended(last)
	from, gap := f.longest(low, high, others)
	if gap == 0 {
		return standing{}, false
	}
	best := standing{lap: flag, from: from}
	included, left := f.excess(best.from, best.from+gap, others)
	if most := min(f.usual/2, maxStanding); included >= most || left >= most {
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

// longest is the longest time between two crossings from low to high, without those that others have.
func (f *crossings) longest(low, high race.Micros, others []standing) (from, gap race.Micros) {
	for i := 1; i < len(f.times); i++ {
		a, b := f.times[i-1], f.times[i]
		taken := slices.ContainsFunc(others, func(s standing) bool { return s.from == a })
		if a >= low && b <= high && !taken && b-a > gap {
			from, gap = a, b-a
		}
	}
	return from, gap
}

// excess is how much longer than usual the laps are that have a gap in them, in the middle of the field, without what others
// take of them: what the crossings include, and what only the lap times do. Where a lap time is shorter than its crossings
// are apart, or longer, the difference is what was meant.
func (f *crossings) excess(from, to race.Micros, others []standing) (included, left race.Micros) {
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
	switch most := min(f.usual/2, maxStanding); {
	case len(differs) > 0 && d >= most:
		return d, 0
	case len(differs) > 0 && -d >= most:
		return 0, -d
	}
	return median(long), 0
}

// across is the lap that a gap lies in, and when it began; false where there is none, or laps are missing before it.
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
