package trace

import (
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
)

// Distance is the channel that no store keeps: the car's distance into the lap, in tenths of a metre.
const Distance = race.ChannelCount

// Count is the number of channels that a series may have.
const Count = race.ChannelCount + 1

// shown are the channels offered to clients, in their order.
var shown = []race.Channel{
	race.ChannelLap, Distance, race.ChannelSpeed, race.ChannelRPM, race.ChannelGear, race.ChannelThrottle,
	race.ChannelBrake, race.ChannelDRS, race.ChannelX, race.ChannelY,
}

// Shown returns the channels offered to clients.
func Shown() []race.Channel { return slices.Clone(shown) }

// Name returns a channel's API name.
func Name(c race.Channel) string {
	if c == Distance {
		return "distance"
	}
	return c.String()
}

// Names returns the API names of the channels offered to clients.
func Names() []string {
	out := make([]string, len(shown))
	for i, c := range shown {
		out[i] = Name(c)
	}
	return out
}

// Parse parses the API name of a channel.
func Parse(name string) (race.Channel, error) {
	for _, c := range shown {
		if Name(c) == name {
			return c, nil
		}
	}
	return 0, fmt.Errorf("channel %q: allowed are %s", name, strings.Join(Names(), ", "))
}

// Tenths reports whether a channel's values are tenths of the unit shown, of a km/h or of a metre.
func Tenths(c race.Channel) bool {
	return c == race.ChannelSpeed || c == race.ChannelX || c == race.ChannelY || c == Distance
}

// Series is the telemetry of one car in columns, including derived channels. Unknown columns are nil; a value that was not
// reported is race.Unknown.
type Series struct {
	Time   []race.Micros
	Values [Count][]int32
	// From is the source of Distance.
	From Source
}

// Source is the data from which distances into a lap are computed.
type Source uint8

// Sources of distance, best first. All except the first are scaled to the lap's length.
const (
	NoSource       Source = iota
	FromFraction          // the reported lap fraction
	FromSpeed             // speed integrated over time
	FromCoordinate        // the distance between reported positions
)

// String returns the source's API name.
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

// Len returns the number of samples.
func (s *Series) Len() int { return len(s.Time) }

// Cut returns the part between two race times, both included. It shares the columns.
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

// pick returns the samples for which keep is true, in order.
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

// append appends a later series. A column that only one of the two has is filled with Unknown.
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
