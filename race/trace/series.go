package trace

import (
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
)

// Distance is the channel that no store keeps: how far into the lap the car is, in tenths of a metre.
const Distance = race.ChannelCount

// Count is how many channels a series may have.
const Count = race.ChannelCount + 1

// shown are the channels that are shown at the edges, in the order in which they stand there.
var shown = []race.Channel{
	race.ChannelLap, Distance, race.ChannelSpeed, race.ChannelRPM, race.ChannelGear, race.ChannelThrottle,
	race.ChannelBrake, race.ChannelDRS, race.ChannelX, race.ChannelY,
}

// Shown are the channels that are shown at the edges.
func Shown() []race.Channel { return slices.Clone(shown) }

// Name is a channel's name at the edges.
func Name(c race.Channel) string {
	if c == Distance {
		return "distance"
	}
	return c.String()
}

// Names are the names of the channels that are shown.
func Names() []string {
	out := make([]string, len(shown))
	for i, c := range shown {
		out[i] = Name(c)
	}
	return out
}

// Parse reads the name of a channel that is shown.
func Parse(name string) (race.Channel, error) {
	for _, c := range shown {
		if Name(c) == name {
			return c, nil
		}
	}
	return 0, fmt.Errorf("channel %q: allowed are %s", name, strings.Join(Names(), ", "))
}

// Tenths says that a channel's values are tenths of what is shown: of a km/h, of a metre.
func Tenths(c race.Channel) bool {
	return c == race.ChannelSpeed || c == race.ChannelX || c == race.ChannelY || c == Distance
}

// Series is the telemetry of one car in columns, with what is derived. Columns that nobody knows are nil; a value that
// was not reported is race.Unknown.
type Series struct {
	Time   []race.Micros
	Values [Count][]int32
	// From says what Distance was worked out from.
	From Source
}

// Source is what distances into a lap were worked out from.
type Source uint8

// Sources of distance, best first. All but the first are scaled so that a whole lap has the lap's length.
const (
	NoSource       Source = iota
	FromFraction          // the car's own part of the lap
	FromSpeed             // speed over time
	FromCoordinate        // the way between reported places
)

// String is the source's name at the edges.
func (s Source) String() string {
	switch s {
	case FromFraction:
		return "lap_fraction"
	case FromSpeed:
		return "speed"
	case FromCoordinate:
		return "x_y"
	case NoSource:
	}
	return ""
}

// Len counts the samples.
func (s *Series) Len() int { return len(s.Time) }

// Cut leaves what lies between two race times, both included. It shares the columns.
func (s *Series) Cut(from, to race.Micros) Series {
	first, _ := slices.BinarySearch(s.Time, from)
	last, found := slices.BinarySearch(s.Time, to)
	for found && last < len(s.Time) && s.Time[last] == to {
		last++
	}
	last = max(first, last)
	out := Series{Time: s.Time[first:last], From: s.From}
	for c, column := range s.Values {
		if column != nil {
			out.Values[c] = column[first:last]
		}
	}
	return out
}

// pick leaves the samples of which keep is true, in their order.
func (s *Series) pick(keep func(i int) bool) Series {
	out := Series{From: s.From}
	var kept []int
	for i, t := range s.Time {
		if keep(i) {
			kept = append(kept, i)
			out.Time = append(out.Time, t)
		}
	}
	for c, column := range s.Values {
		if column == nil {
			continue
		}
		out.Values[c] = make([]int32, len(kept))
		for j, i := range kept {
			out.Values[c][j] = column[i]
		}
	}
	return out
}

// append adds what comes after. A column that only one of the two has is filled up with Unknown.
func (s *Series) append(next *Series) {
	before := len(s.Time)
	s.Time = append(s.Time, next.Time...)
	s.From = max(s.From, next.From)
	for c := range s.Values {
		if s.Values[c] == nil && next.Values[c] == nil {
			continue
		}
		for len(s.Values[c]) < before {
			s.Values[c] = append(s.Values[c], race.Unknown)
		}
		s.Values[c] = append(s.Values[c], next.Values[c]...)
		for len(s.Values[c]) < len(s.Time) {
			s.Values[c] = append(s.Values[c], race.Unknown)
		}
	}
}
