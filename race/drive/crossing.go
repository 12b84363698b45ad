package drive

import "lightsout/race"

// Crossing is a car's passing on a timing line within a tick, with its time to the microsecond. A car that stands on a line at
// the end of a tick has crossed it. Pit entry and pit exit lines are in the pit lane: cars on the track do not cross them;
// cars in the lane cross no other line except the finish line.
type Crossing struct {
	Car   race.CarIdx
	Line  int
	Time  race.Micros
	InPit bool
	// SpeedKMH is measured at speed traps, 0 on other lines.
	SpeedKMH int
	// Ordinal numbers the crossings of one car in one tick, from 0.
	Ordinal int
}

// Less orders the crossings of a tick: by time, line, car, ordinal.
func Less(a, b Crossing) bool {
	switch {
	case a.Time != b.Time:
		return a.Time < b.Time
	case a.Line != b.Line:
		return a.Line < b.Line
	case a.Car != b.Car:
		return a.Car < b.Car
	}
	return a.Ordinal < b.Ordinal
}
