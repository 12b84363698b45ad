package drive

import (
	"slices"

	"lightsout/race"
)

// Records returns the records of the tick from prev to next in their fixed order: time; passings before what follows from them; line;
// car. It sorts passed.
func (m *Model) Records(prev, next *Field, passed []Crossing) []race.Record {
	slices.SortFunc(passed, Compare)
	events := m.Events(prev, next)
	out := make([]race.Record, 0, len(passed)+len(events)+1)
	for _, p := range passed {
		out = append(out, race.Record{Time: p.Time, Body: race.Passing{
			Car: p.Car, Line: p.Line, InPit: p.InPit, SpeedKMH: p.SpeedKMH,
		}})
	}
	out = append(out, events...)
	slices.SortStableFunc(out, func(a, b race.Record) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	return out
}

// Compare orders the crossings of a tick as Less does.
func Compare(a, b Crossing) int {
	switch {
	case Less(a, b):
		return -1
	case Less(b, a):
		return 1
	}
	return 0
}
