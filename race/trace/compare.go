package trace

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"lightsout/race"
)

// Limits of a comparison.
const (
	StepMinM = 1.0
	StepMaxM = 1000.0
	maxGrid  = 20_000
)

// Reasons why laps cannot be compared.
var (
	ErrNoTelemetry = errors.New("there is no telemetry of this lap")
	ErrNoDistance  = errors.New("how far into the lap the car was is not known")
)

// Driven is a car's lap from timing line to timing line, with its telemetry.
type Driven struct {
	Lap   Lap
	Trace *race.Trace
}

// compared are the compared channels; the last one is not interpolated.
var compared = [...]race.Channel{race.ChannelSpeed, race.ChannelThrottle, race.ChannelBrake, race.ChannelGear}

// Profile is a lap by distance: at each point of the grid the values, and the time since the lap's beginning. A column without
// data is nil.
type Profile struct {
	From  Source
	Time  []race.Micros
	Speed []int32 // tenths of a km/h
	// Throttle and Brake are percent.
	Throttle, Brake []int32
	NGear           []int32

	lengthM  float64
	distance []float64 // never decreases
	at       []race.Micros
	known    [len(compared)][]reading
}

// reading is a value at a distance.
type reading struct {
	metres float64
	value  int32
}

// Comparison is two laps by distance. Delta is how much later B is than A, negative if earlier; at the end it is the
// difference of the lap times.
type Comparison struct {
	LengthM  float64
	StepM    float64
	Distance []float64
	A, B     Profile
	Delta    []race.Micros
}

// Compare compares two laps by distance. If lengthM is 0, the length of A according to its telemetry is used.
func Compare(a, b Driven, lengthM, stepM float64) (*Comparison, error) {
	c := &Comparison{LengthM: lengthM, StepM: stepM}
	var err error
	if c.A, err = newProfile(a, lengthM); err != nil {
		return nil, fmt.Errorf("the first lap: %w", err)
	}
	if c.LengthM <= 0 {
		c.LengthM = c.A.lengthM
	}
	if c.B, err = newProfile(b, c.LengthM); err != nil {
		return nil, fmt.Errorf("the second lap: %w", err)
	}
	c.StepM = max(stepM, StepMinM, c.LengthM/maxGrid)
	for i := 0; float64(i)*c.StepM < c.LengthM; i++ {
		c.Distance = append(c.Distance, float64(i)*c.StepM)
	}
	c.Distance = append(c.Distance, c.LengthM)
	c.A.lay(c.Distance)
	c.B.lay(c.Distance)
	c.Delta = make([]race.Micros, len(c.Distance))
	for i := range c.Delta {
		c.Delta[i] = c.B.Time[i] - c.A.Time[i]
	}
	return c, nil
}

// newProfile computes the distance into the lap over time. At the lap's lines, distance and time are those of the lines,
// whatever the telemetry says; between them distance never decreases.
func newProfile(d Driven, lengthM float64) (Profile, error) {
	p := Profile{lengthM: lengthM}
	if len(d.Trace.Time) < 2 || d.Lap.Duration <= 0 {
		return p, ErrNoTelemetry
	}
	metres, err := p.metres(d)
	if err != nil {
		return p, err
	}
	if metres[0] >= -1 { // otherwise it starts from the grid, behind the line
		p.distance, p.at = append(p.distance, 0), append(p.at, 0)
	}
	furthest := math.Inf(-1)
	for i, t := range d.Trace.Time {
		since := t - d.Lap.From
		furthest = max(furthest, metres[i])
		if since < 0 || since >= d.Lap.Duration || furthest >= p.lengthM || len(p.distance) > 0 && furthest < p.distance[0] {
			continue
		}
		p.distance, p.at = append(p.distance, furthest), append(p.at, since)
		for c, channel := range compared {
			if column := d.Trace.Values[channel]; column != nil && column[i] != race.Unknown {
				p.known[c] = append(p.known[c], reading{furthest, column[i]})
			}
		}
	}
	p.distance, p.at = append(p.distance, p.lengthM), append(p.at, d.Lap.Duration)
	return p, nil
}

// metres returns the distance of each sample from the lap's beginning; behind the line it is negative.
func (p *Profile) metres(d Driven) ([]float64, error) {
	t := d.Trace
	out := make([]float64, len(t.Time))
	if fraction := t.Values[race.ChannelLapFraction]; fraction != nil && p.lengthM > 0 {
		p.From = FromFraction
		for i, f := range fraction {
			lap := int32(d.Lap.Number)
			if laps := t.Values[race.ChannelLap]; laps != nil && laps[i] != race.Unknown {
				lap = laps[i]
			}
			out[i] = (float64(lap-int32(d.Lap.Number)) + float64(f)/fractionUnit) * p.lengthM
		}
		return out, nil
	}
	p.From = sourceOf(t)
	if p.From == NoSource {
		return nil, ErrNoDistance
	}
	driven, total := travelled(t, 0, len(t.Time), d.Lap, p.From)
	if total <= 0 {
		return nil, ErrNoDistance
	}
	if p.lengthM <= 0 {
		p.lengthM = total
	}
	for i, v := range driven {
		out[i] = v * p.lengthM / total
	}
	return out, nil
}

// lay computes the profile's columns at the points of a grid.
func (p *Profile) lay(grid []float64) {
	p.Time = make([]race.Micros, len(grid))
	for i, metres := range grid {
		p.Time[i] = p.timeAt(metres)
	}
	for c, to := range []*[]int32{&p.Speed, &p.Throttle, &p.Brake, &p.NGear} {
		if len(p.known[c]) == 0 {
			continue
		}
		*to = make([]int32, len(grid))
		for i, metres := range grid {
			(*to)[i] = valueAt(p.known[c], metres, compared[c] == race.ChannelGear)
		}
	}
}

// timeAt returns when the car first reached a distance.
func (p *Profile) timeAt(metres float64) race.Micros {
	i, _ := slices.BinarySearch(p.distance, metres)
	switch {
	case i == 0:
		return p.at[0]
	case i == len(p.distance):
		return p.at[i-1]
	}
	if metres >= p.lengthM {
		return p.at[len(p.at)-1]
	}
	from, to := p.distance[i-1], p.distance[i]
	return p.at[i-1] + race.Micros(math.Round(float64(p.at[i]-p.at[i-1])*(metres-from)/(to-from)))
}

// valueAt returns the value at a distance: interpolated between two readings, or with step the earlier one.
func valueAt(readings []reading, metres float64, step bool) int32 {
	i, exact := slices.BinarySearchFunc(readings, metres, func(r reading, m float64) int {
		switch {
		case r.metres < m:
			return -1
		case r.metres > m:
			return 1
		}
		return 0
	})
	switch {
	case i == len(readings):
		return readings[i-1].value
	case exact || i == 0:
		return readings[i].value
	case step:
		return readings[i-1].value
	}
	a, b := readings[i-1], readings[i]
	return a.value + int32(math.Round(float64(b.value-a.value)*(metres-a.metres)/(b.metres-a.metres)))
}
