package trace

import (
	"math"
	"slices"

	"lightsout/race"
)

// Course is the course of a car's race and the times of its laps.
type Course struct {
	// LengthM is a lap's length; 0 if unknown.
	LengthM float64
	// At returns the position at a fraction of the lap; nil if the outline is unknown.
	At   func(fraction float64) (x, y float64)
	Laps []Lap
}

// Needs returns the channels to read from a store in order to show the wanted ones.
func Needs(wanted []race.Channel) []race.Channel {
	var out []race.Channel
	add := func(channels ...race.Channel) {
		for _, c := range channels {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	for _, c := range wanted {
		switch c {
		case Distance:
			add(race.ChannelLap, race.ChannelLapFraction, race.ChannelSpeed, race.ChannelX, race.ChannelY)
		case race.ChannelX, race.ChannelY:
			add(c, race.ChannelLapFraction)
		default:
			add(c)
		}
	}
	return out
}

// Derive adds the derived channels to a trace and keeps only the wanted ones. The trace should cover whole laps: if a car does
// not report its lap fraction, distances are computed lap by lap.
func Derive(t *race.Trace, course *Course, wanted []race.Channel) Series {
	s := Series{Time: t.Time}
	copy(s.Values[:], t.Values[:])
	if s.Values[race.ChannelLap] == nil {
		s.Values[race.ChannelLap] = lapsAt(t.Time, course.Laps)
	}
	if slices.Contains(wanted, Distance) {
		s.Values[Distance], s.From = distances(t, course)
	}
	if fraction := s.Values[race.ChannelLapFraction]; fraction != nil && s.Values[race.ChannelX] == nil && course.At != nil {
		s.Values[race.ChannelX], s.Values[race.ChannelY] = places(fraction, course.At)
	}
	for c := range s.Values {
		if !slices.Contains(wanted, race.Channel(c)) {
			s.Values[c] = nil
		}
	}
	return s
}

// lapsAt returns the car's laps at the given times, from its crossings of the finish line.
func lapsAt(times []race.Micros, laps []Lap) []int32 {
	out := make([]int32, len(times))
	next := 0
	for i, t := range times {
		for next < len(laps) && laps[next].To <= t {
			next++
		}
		switch {
		case next < len(laps):
			out[i] = int32(laps[next].Number)
		case next > 0:
			out[i] = int32(laps[next-1].Number) + 1
		default:
			out[i] = 1
		}
	}
	return out
}

func places(fraction []int32, at func(float64) (x, y float64)) (xs, ys []int32) {
	xs, ys = make([]int32, len(fraction)), make([]int32, len(fraction))
	for i, f := range fraction {
		if xs[i], ys[i] = race.Unknown, race.Unknown; f != race.Unknown {
			x, y := at(float64(f) / fractionUnit)
			xs[i], ys[i] = tenths(x), tenths(y)
		}
	}
	return xs, ys
}

// fractionUnit is a whole lap in the unit of race.ChannelLapFraction.
const fractionUnit = 65536

func tenths(v float64) int32 { return int32(math.Round(v * 10)) }

// distances returns the metres into the lap, in tenths, and their source.
func distances(t *race.Trace, course *Course) ([]int32, Source) {
	if fraction := t.Values[race.ChannelLapFraction]; fraction != nil {
		if course.LengthM <= 0 {
			return nil, NoSource
		}
		out := make([]int32, len(fraction))
		for i, f := range fraction {
			if out[i] = race.Unknown; f != race.Unknown {
				out[i] = tenths(float64(f) / fractionUnit * course.LengthM)
			}
		}
		return out, FromFraction
	}
	from := sourceOf(t)
	if from == NoSource {
		return nil, NoSource
	}
	out := make([]int32, len(t.Time))
	for begin := 0; begin < len(t.Time); {
		lap, whole := lapAt(course.Laps, t.Time[begin])
		end := begin
		for end < len(t.Time) && t.Time[end] < lap.To {
			end++
		}
		driven, total := travelled(t, begin, end, lap, from)
		scale := 1.0
		if whole && course.LengthM > 0 && total > 0 {
			scale = course.LengthM / total
		}
		for i, d := range driven {
			out[begin+i] = tenths(d * scale)
		}
		begin = end
	}
	return out, from
}

// lapAt returns the lap that a car is on; whole reports whether it was completed.
func lapAt(laps []Lap, t race.Micros) (lap Lap, whole bool) {
	for _, l := range laps {
		if t < l.From {
			return Lap{From: t, To: l.From}, false
		}
		if t < l.To {
			return l, true
		}
	}
	if n := len(laps); n > 0 {
		return Lap{Number: laps[n-1].Number + 1, From: laps[n-1].To, To: math.MaxInt64}, false
	}
	return Lap{Number: 1, From: t, To: math.MaxInt64}, false
}

// sourceOf returns the source for distances of a real car: speed if most samples have one.
func sourceOf(t *race.Trace) Source {
	known := func(c race.Channel) int {
		n := 0
		for _, v := range t.Values[c] {
			if v != race.Unknown {
				n++
			}
		}
		return n
	}
	speed, places := known(race.ChannelSpeed), min(known(race.ChannelX), known(race.ChannelY))
	switch {
	case speed > 0 && 2*speed >= places:
		return FromSpeed
	case places > 1:
		return FromCoordinate
	}
	return NoSource
}

// travelled returns the metres since the lap's beginning at each sample from begin to end (excluded), and at the lap's end.
func travelled(t *race.Trace, begin, end int, lap Lap, from Source) (driven []float64, total float64) {
	driven = make([]float64, end-begin)
	if from == FromSpeed {
		total = integrate(t.Time[begin:end], t.Values[race.ChannelSpeed][begin:end], lap, driven)
		return driven, total
	}
	xs, ys := t.Values[race.ChannelX], t.Values[race.ChannelY]
	last := -1
	for i := begin; i < end; i++ {
		if xs[i] != race.Unknown && ys[i] != race.Unknown {
			if last >= 0 {
				total += math.Hypot(float64(xs[i]-xs[last]), float64(ys[i]-ys[last])) / 10
			}
			last = i
		}
		driven[i-begin] = total
	}
	return driven, total
}

// integrate integrates speed over time, from the lap's beginning to its end; speed is interpolated between samples and
// constant before the first and after the last.
func integrate(times []race.Micros, speed []int32, lap Lap, driven []float64) (total float64) {
	last, at := -1.0, lap.From
	metres := func(dkmh float64, over race.Micros) float64 {
		return float64(dkmh/36) * (float64(over) / float64(race.Second))
	}
	for i, t := range times {
		v := float64(speed[i])
		if speed[i] == race.Unknown {
			v = max(last, 0)
		}
		if last < 0 {
			last = v
		}
		total += metres((last+v)/2, t-at)
		driven[i] = total
		last, at = v, t
	}
	if lap.To != math.MaxInt64 {
		total += metres(max(last, 0), lap.To-at)
	}
	return total
}
