package trace

import (
	"slices"

	"lightsout/race"
)

// Lap is the time of a car on a lap, from timing line to timing line.
type Lap struct {
	Number   int
	From, To race.Micros
	// Duration is the official lap time: To - From, truncated.
	Duration race.Micros
}

// LapsOf returns the laps of one car, by number, without gaps between consecutive laps.
func LapsOf(laps []race.Lap) []Lap {
	out := make([]Lap, 0, len(laps))
	for _, l := range laps {
		to := race.Micros(l.EndMS) * race.Millisecond
		out = append(out, Lap{l.Number, to - race.Micros(l.DurationMS)*race.Millisecond, to, race.Micros(l.DurationMS) * race.Millisecond})
	}
	slices.SortStableFunc(out, func(a, b Lap) int { return a.Number - b.Number })
	for i := range out {
		if i > 0 && out[i].Number == out[i-1].Number+1 {
			out[i].From = out[i-1].To
		}
		if out[i].Duration <= 0 {
			out[i].Duration = out[i].To - out[i].From
		}
	}
	return out
}

// Stretch returns the race time from the beginning of lap first to the end of lap last, or to the end of the race if the car
// is on one of them; ok is false if the car has not begun lap first.
func Stretch(laps []Lap, first, last int) (from, to race.Micros, ok bool) {
	from, to = race.NoTime, race.TimeMax
	for _, l := range laps {
		if l.Number == first {
			from = l.From
		}
		if l.Number == first-1 {
			from = l.To
		}
		if l.Number == last {
			to = l.To
		}
	}
	if from == race.NoTime && first <= 1 && len(laps) == 0 {
		from = 0
	}
	if n := len(laps); n > 0 && last < laps[n-1].Number && to == race.TimeMax {
		return 0, 0, false // laps between them are missing
	}
	return from, to, from != race.NoTime
}

// spanMax bounds the race time that is processed in one piece.
const spanMax = 2 * race.Hour

// Span is a range of race time, both ends included.
type Span struct{ From, To race.Micros }

// Spans splits a range of race time into spans of whole laps, so that distances can be computed in each and memory stays
// bounded. The first begins with the lap that contains from. A lap of more than two hours is split. If to is race.TimeMax, the
// part after the last lap is not split: it is the current lap, or a car that has stopped.
func Spans(laps []Lap, from, to race.Micros) []Span {
	c := cutter{start: lapStart(laps, from)}
	for i, l := range laps {
		if l.To <= c.start || l.To >= to {
			continue
		}
		next := to
		if i+1 < len(laps) {
			next = min(next, laps[i+1].To)
		}
		if next-c.start >= spanMax { // including the next lap it would be too long
			c.cut(l.To)
		}
	}
	if to < race.TimeMax {
		c.shorten(to)
	}
	return append(c.spans, Span{c.start, to})
}

// lapStart returns the beginning of the lap that a car is on at a time.
func lapStart(laps []Lap, at race.Micros) race.Micros {
	start := min(at, 0)
	for _, l := range laps {
		if l.From <= at {
			start = l.From
		}
		if l.To <= at {
			start = l.To
		}
	}
	return start
}

type cutter struct {
	spans []Span
	start race.Micros
}

func (c *cutter) cut(at race.Micros) {
	c.shorten(at)
	if c.start < at {
		c.spans = append(c.spans, Span{c.start, at - 1})
		c.start = at
	}
}

// shorten splits until at is less than spanMax away.
func (c *cutter) shorten(at race.Micros) {
	for at-c.start >= spanMax {
		c.spans = append(c.spans, Span{c.start, c.start + spanMax - 1})
		c.start += spanMax
	}
}
