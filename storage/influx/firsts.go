package influx

import (
	"slices"

	"lightsout/race"
)

// The gap of a lap is to the car that completed the lap of that number first. firsts has the ends of those laps (ms), by number from 1; 0 is none.

// noteFirst follows the first end of a lap that was completed (was without a number), amended or withdrawn (now nil).
func (f *follower) noteFirst(was, now *race.Lap, change *lapChange) {
	number := was.Number
	if now != nil {
		number = now.Number
	}
	for len(f.firsts) < number {
		f.firsts = append(f.firsts, 0)
	}
	first := &f.firsts[number-1]
	switch {
	case *first == 0 && now != nil:
		*first = now.EndMS
	case now != nil && now.EndMS < *first, was.Number != 0 && was.EndMS == *first:
		if !slices.Contains(change.overtaken, number) {
			change.overtaken = append(change.overtaken, number)
		}
	}
}

// regap finds the first ends that may have changed. Where one did, all gaps of that lap did, and its points are written again.
func (f *follower) regap(change *lapChange) {
	for _, number := range change.overtaken {
		var all []lapOf
		first := int64(0)
		for car, laps := range f.laps {
			if number <= len(laps) && laps[number-1].Number != 0 {
				all = append(all, lapOf{race.CarIdx(car), number - 1})
				if end := laps[number-1].EndMS; first == 0 || end < first {
					first = end
				}
			}
		}
		if first != f.firsts[number-1] {
			f.firsts[number-1] = first
			change.emitted = append(change.emitted, all...)
		}
	}
}

// gap returns how long after the first car a lap was completed (ms).
func (f *follower) gap(l *race.Lap) int64 { return l.EndMS - f.firsts[l.Number-1] }
