package drive

import "lightsout/race"

// Crossing is a car's passing on a timing line inside a tick, its time worked out to the microsecond. A car that stands
// on a line at the end of a tick has crossed it. Pit entry and pit exit lines lie in the pit lane: cars that stay on
// the track do not cross them; cars in the lane cross no others but the finish line.
type Crossing struct {
	Car   race.CarIdx
	Line  int
	Time  race.Micros
	InPit bool
	// SpeedKMH is measured at speed traps, 0 elsewhere.
	SpeedKMH int
	// Ordinal counts the crossings of one car in one tick from 0.
	Ordinal int
}

// Less is the fixed order of a tick's crossings: time, line, car, ordinal.
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
