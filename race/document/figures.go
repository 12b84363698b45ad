package document

import (
	"math"
	"strings"

	"lightsout/race"
	"lightsout/race/circuit"
)

// figures are those of the race as a whole. What is not known is empty or 0.
type figures struct {
	circuit string // its name, not its key
	lengthM int64  // of a lap, to the metre, as circuits are published; so the distance is a whole number of it
	laps    int    // the distance
	// timeMS is the winner's race time, and speed its average in thousandths of a km/h. Before there is a result there is no winner.
	timeMS, speed int64
}

// figures takes the circuit from the text that the race was announced with: where that is missing or cannot be read, what
// follows from it is not known.
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

// distanceM is how far a number of laps is; 0 where it is not known.
func (f *figures) distanceM(laps int) int64 { return f.lengthM * int64(laps) }

// average is a car's average speed in thousandths of a km/h: its complete laps over its race time, in which suspensions and
// penalties are. 0 where one of them is not known.
func (f *figures) average(e *race.Classified) int64 {
	if e.DurationMS <= 0 {
		return 0
	}
	return (f.distanceM(e.Laps)*3_600_000 + e.DurationMS/2) / e.DurationMS // m/ms is 3,600 km/h
}
