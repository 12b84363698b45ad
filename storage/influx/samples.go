package influx

import (
	"math"

	"lightsout/race"
)

// A sample of a real car carries the lap that the car was on. Laps are timed from passings, which may be in the log before the samples around them
// or after: when an end of a lap becomes known or moves, the samples behind it are marked again.

// sample writes the telemetry sample of a real car.
func (f *follower) sample(s *race.Sample, w *writer) {
	if !f.known(s.Car) {
		return
	}
	f.sampled[s.Car] = max(f.sampled[s.Car], s.Time)
	w.done(appendSample(w.line(f, s.Car), f.frames[s.Car], s, f.lapAt(s.Car, s.Time), f.ns(s.Time)))
}

// lapAt returns the lap that a car was on at a race time: the one after the last that had ended.
func (f *follower) lapAt(car race.CarIdx, at race.Micros) int {
	laps := f.laps[car]
	for i := len(laps) - 1; i >= 0; i-- {
		if l := &laps[i]; l.Number != 0 && race.Micros(l.EndMS)*race.Millisecond <= at {
			return l.Number + 1
		}
	}
	return 1
}

// lapsMoved notes that the samples of a car between two race times (ms) are on other laps than before.
func (c *lapChange) lapsMoved(car race.CarIdx, from, to int64) {
	if n := len(c.moved); n > 0 && to == forEver && c.moved[n-1].car == car && c.moved[n-1].at.to == forEver {
		c.moved[n-1].at.add(from)
		return
	}
	c.moved = append(c.moved, movedLaps{car, stretch{true, min(from, to), max(from, to)}})
}

// movedLaps is a range of race time (ms) in which the laps of a car's samples changed.
type movedLaps struct {
	car race.CarIdx
	at  stretch
}

// forEver is the end of a range without one.
const forEver = math.MaxInt64 / 1_000_000

// remark writes the laps of samples that were written before the laps were known as they are now.
func (f *follower) remark(c *lapChange, w *writer) {
	if f.info.Kind != race.External {
		return
	}
	for _, m := range c.moved {
		from, to := race.Micros(m.at.from)*race.Millisecond, race.Micros(min(m.at.to, int64(race.TimeMax/race.Millisecond)))*race.Millisecond
		if f.sampled[m.car] < from {
			continue
		}
		t, err := w.flow.log.Trace(w.flow.ctx, race.TraceQuery{Race: f.id, Car: m.car, From: from, To: to})
		if err != nil {
			w.fail(err)
			return
		}
		for i, at := range t.Time {
			if reported(t, i) {
				b := append(w.line(f, m.car), f.frames[m.car]...)
				w.done(appendTime(appendInt(b, "lap_number", int64(f.lapAt(m.car, at))), f.ns(at)))
			}
		}
	}
}

// reported reports whether an instant of a trace has a value: others are no points.
func reported(t *race.Trace, i int) bool {
	for _, column := range t.Values {
		if column != nil && column[i] != race.Unknown {
			return true
		}
	}
	return false
}
