package document

import (
	"math"
	"strings"

	"lightsout/race"
	"lightsout/race/circuit"
)

// figures are the figures of the race as a whole. Unknown values are empty or 0.
type figures struct {
	circuit string // its name, not its key
	lengthM int64  // of a lap, rounded to the metre as published lengths are; the distance is a multiple of it
	laps    int    // the distance
	// timeMS is the winner's race time, speed its average in thousandths of a km/h. Both are 0 before there is a result.
	timeMS, speed int64
}

// figures computes them; the circuit is read from the text in the race info. If that is missing or invalid, the figures that
// need it are unknown.
func (in *Input) figures() figures {
	f := figures{laps: in.Distance}
	if c, err := circuit.Parse(in.Race.Circuit, strings.NewReader(in.Race.CircuitText)); err == nil {
		f.circuit, f.lengthM = c.Name, int64(math.Round(c.Length()))
	}
	if list := in.Result.Entries; in.Result.Version > 0 && len(list) > 0 && list[0].Position == 1 {
		f.timeMS, f.speed = max(0, list[0].DurationMS), f.average(&list[0])
	}
	return f
}

// distanceM returns the distance of a number of laps; 0 if unknown.
func (f *figures) distanceM(laps int) int64 { return f.lengthM * int64(laps) }

// average returns a car's average speed in thousandths of a km/h: its complete laps over its race time, which includes
// suspensions and penalties. 0 if one of them is unknown.
func (f *figures) average(e *race.Classified) int64 {
	if e.DurationMS <= 0 {
		return 0
	}
	return (f.distanceM(e.Laps)*3_600_000 + e.DurationMS/2) / e.DurationMS // m/ms is 3,600 km/h
}
