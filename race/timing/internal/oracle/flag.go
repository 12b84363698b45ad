package oracle

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// order is what race control ordered for the race as a whole.
type order struct {
	aborted     int
	suspensions [][2]race.Micros
	abandoned   bool
	abandonedAt race.Micros
	signal      race.Micros
	signalLap   int
}

func (b *book) readOrders() (o order) {
	for _, r := range b.inTime() {
		n := len(o.suspensions)
		lasts := n > 0 && o.suspensions[n-1][1] == race.TimeMax
		switch body := r.Body.(type) {
		case race.StartAborted:
			o.aborted++
		case race.Suspended:
			if !lasts {
				o.suspensions = append(o.suspensions, [2]race.Micros{r.Time, race.TimeMax})
			}
		case race.Resumed:
			if lasts {
				o.suspensions[n-1][1] = r.Time
			}
		case race.Abandoned:
			o.abandoned, o.abandonedAt, o.signal, o.signalLap = true, r.Time, r.Time, body.Lap
			if lasts {
				o.signal = o.suspensions[n-1][0]
			}
		default:
		}
	}
	return o
}

// inTime returns the records that are not undone, by time.
func (b *book) inTime() (out []race.Record) {
	b.each(func(r race.Record) { out = append(out, r) })
	slices.SortStableFunc(out, func(x, y race.Record) int { return cmp.Compare(x.Time, y.Time) })
	return out
}

// stood returns how long the race was suspended up to a time: an instant in two suspensions counts once.
func (o *order) stood(at race.Micros) (sum race.Micros) {
	for i, s := range o.suspensions {
		parts := [][2]race.Micros{{s[0], min(at, s[1])}}
		for _, other := range o.suspensions[:i] { // leave out what earlier suspensions cover
			var left [][2]race.Micros
			for _, p := range parts {
				left = append(left, [2]race.Micros{p[0], min(p[1], other[0])}, [2]race.Micros{max(p[0], other[1]), p[1]})
			}
			parts = left
		}
		for _, p := range parts {
			sum += max(0, p[1]-p[0])
		}
	}
	return sum
}

// end is the end of a lap of a car.
type end struct {
	car *runner
	at  race.Micros
	lap int
}

// before orders two ends of laps; at the same instant the higher lap is first.
func (e end) before(other end) bool { return e.at < other.at || e.at == other.at && e.lap > other.lap }

// ends returns the ends of laps of all cars, by time.
func (b *book) ends() (all []end) {
	for _, c := range b.cars {
		for i, at := range c.ends {
			all = append(all, end{c, at, i + 1})
		}
	}
	slices.SortStableFunc(all, func(x, y end) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(y.lap, x.lap)) })
	return all
}

// leading reports whether the car that ended a lap led the race then: no car still in the race had ended it before.
func (b *book) leading(e end, all []end) bool {
	if e.car.left(e.at) {
		return false
	}
	for _, other := range all {
		if other.car != e.car && other.lap >= e.lap && other.before(e) && !other.car.left(e.at) {
			return false
		}
	}
	return true
}

// left reports whether a car was out at a time.
func (c *runner) left(at race.Micros) bool { return c.stopAt != race.NoTime && c.stopAt < at }

// flag returns when the chequered flag is shown (rules 2 and 8); counted says that no lap counts.
func (b *book) flag() (at race.Micros, fell, counted bool) {
	all, o := b.ends(), b.readOrders()
	if o.abandoned {
		return b.countedBack(all, o)
	}
	rules, lastLap := b.info.Rules, 0
	if rules.Laps > 0 {
		b.distance = max(1, rules.Laps-o.aborted)
	}
	for _, e := range all {
		inTime := (rules.RunningLimit == 0 || e.at < rules.RunningLimit) && (rules.WindowLimit == 0 || e.at < rules.WindowLimit)
		switch {
		case rules.Laps > 0 && e.lap >= max(1, rules.Laps-o.aborted):
			return e.at, true, false
		case inTime, !b.leading(e, all):
		case lastLap > 0 && e.lap >= lastLap, rules.WindowLimit > 0 && e.at >= rules.WindowLimit:
			return e.at, true, false
		case lastLap == 0 && rules.RunningLimit > 0 && e.at-o.stood(e.at) >= rules.RunningLimit:
			lastLap = e.lap + 1
			b.distance = lastLap
		}
	}
	return 0, false, false
}

// countedBack returns the leader's end of lap L-2, among the cars in the race at the signal, or among all cars if none of
// those completed it.
func (b *book) countedBack(all []end, o order) (at race.Micros, fell, counted bool) {
	if o.signalLap == 0 {
		o.signalLap = 1
		for _, e := range all {
			if e.at <= o.signal && !e.car.left(o.signal) {
				o.signalLap = max(o.signalLap, e.lap+1)
			}
		}
	}
	most := 0
	for _, e := range all {
		most = max(most, e.lap)
	}
	lap := min(o.signalLap-2, most)
	if lap <= 0 {
		return 0, true, true
	}
	for _, among := range []func(*runner) bool{
		func(c *runner) bool { return !c.left(o.signal) }, func(*runner) bool { return true },
	} {
		for _, e := range all {
			if e.lap == lap && among(e.car) {
				return e.at, true, false
			}
		}
	}
	return 0, true, true
}
