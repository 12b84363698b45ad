package oracle

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// part returns the part of the result that a car belongs to (rule 3).
func (b *book) part(c *runner, need int, fell bool) race.ClassifiedStatus {
	n := len(c.ends)
	switch {
	case c.state == race.Disqualified:
		return race.StatusDisqualified
	case c.state == race.NotStarted:
		return race.StatusDidNotStart
	case n < need, n == 0 && (c.state == race.Retired || b.over),
		b.info.Rules.MustFinish && fell && (!c.finished || c.state == race.Retired):
		return race.StatusNotClassified
	case c.state == race.Retired:
		return race.StatusRetired
	}
	return race.StatusFinished
}

var partOrder = map[race.ClassifiedStatus]int{
	race.StatusFinished: 0, race.StatusRetired: 0, race.StatusNotClassified: 1, race.StatusDidNotStart: 2, race.StatusDisqualified: 3,
}

// need returns the laps that a car needs to be classified. A car that must take the flag and has not is not the winner.
func (b *book) need(fell bool) int {
	most := 0
	for _, c := range b.cars {
		switch {
		case c.state == race.Disqualified, c.state == race.NotStarted:
		case b.info.Rules.MustFinish && fell && (!c.finished || c.state != race.OnGrid):
		default:
			most = max(most, len(c.ends))
		}
	}
	return most * b.info.Rules.ClassifiedPermille / 1000
}

func (b *book) classify(fell bool) []race.Classified {
	need := b.need(fell)
	cars := slices.Clone(b.cars)
	slices.SortStableFunc(cars, func(x, y *runner) int {
		px, py := partOrder[b.part(x, need, fell)], partOrder[b.part(y, need, fell)]
		if c := cmp.Or(cmp.Compare(px, py), cmp.Compare(len(y.ends), len(x.ends))); c != 0 {
			return c
		}
		if len(x.ends) == 0 {
			return behind(x, y)
		}
		return cmp.Or(cmp.Compare(b.time(x), b.time(y)), cmp.Compare(b.exact(x), b.exact(y)), onGrid(x, y))
	})
	var lines []race.Classified
	for i, c := range cars {
		status := b.part(c, need, fell)
		l := race.Classified{
			Car: c.car, Laps: len(c.ends), Status: b.statusOf(c, status), DurationMS: -1, GapMS: -1, IntervalMS: -1,
			PenaltyMS: int64(c.penalty / race.Millisecond), BestLapMS: -1, Reason: c.reason,
		}
		b.best(c, &l)
		if status == race.StatusFinished && l.Laps > 0 {
			l.DurationMS = b.millis(c)
		}
		if partOrder[status] == 0 {
			ahead := cars[max(0, i-1)]
			l.Position = i + 1
			if i > 0 && l.Laps > 0 && len(ahead.ends) == l.Laps && b.exact(ahead) == b.exact(c) {
				l.Position = lines[i-1].Position
			}
			b.distances(&l, c, cars[0], ahead)
		}
		lines = append(lines, l)
	}
	return lines
}

// statusOf returns the status of a car during the race, and after the end the status of its result.
func (b *book) statusOf(c *runner, part race.ClassifiedStatus) race.ClassifiedStatus {
	o := b.orders
	stands, silent := b.paused, b.latest-c.at
	for _, s := range o.suspensions {
		stands = stands || s[1] == race.TimeMax && !o.abandoned
		if s[1] != race.TimeMax {
			silent = min(silent, b.latest-s[1])
		}
	}
	best := b.fastest()
	switch {
	case b.over, part == race.StatusDisqualified, part == race.StatusDidNotStart:
		return part
	case c.state == race.Retired:
		return race.StatusRetired
	case c.finished:
		return race.StatusFinished
	case !b.started:
		return race.StatusWaiting
	case stands:
		return race.StatusStopped
	case best > 0 && silent > 3*best:
		return race.StatusNotRunning
	}
	return race.StatusRunning
}

func (b *book) held() (held bool) {
	b.each(func(r race.Record) {
		switch r.Body.(type) {
		case race.Held:
			held = true
		case race.Released:
			held = false
		default:
		}
	})
	return held
}

// distances sets the gap to the winner and the interval to the car ahead.
func (b *book) distances(l *race.Classified, c, winner, ahead *runner) {
	l.GapLaps = len(winner.ends) - l.Laps
	if l.GapLaps == 0 && l.DurationMS >= 0 {
		l.GapMS = b.millis(c) - b.millis(winner)
	}
	if len(ahead.ends) == l.Laps && l.DurationMS >= 0 {
		l.IntervalMS = b.millis(c) - b.millis(ahead)
	}
}

// best sets the best lap that was not deleted (rule 7).
func (b *book) best(c *runner, l *race.Classified) {
	from, best := c.from, race.TimeMax
	for i, end := range c.ends {
		to := cut(end, b.info.Rules.Precision)
		if !slices.Contains(c.deleted, c.seqs[i]) && to > from && to-from < best {
			best = to - from
			l.BestLapMS, l.BestLap = int64(best/race.Millisecond), i+1
		}
		from = to
	}
}

func (b *book) tower() []race.CarIdx {
	o := b.orders
	n := len(o.suspensions)
	stands := n > 0 && o.suspensions[n-1][1] == race.TimeMax && !o.abandoned
	if stands || b.over {
		return nil
	}
	cars := slices.Clone(b.cars)
	slices.SortStableFunc(cars, behind)
	var out []race.CarIdx
	for _, c := range cars {
		out = append(out, c.car)
	}
	return out
}
