package oracle

import (
	"cmp"

	"lightsout/race"
)

// driveAll drives all cars, first as if there was no flag, then up to the flag. It returns when the flag was shown.
func (b *book) driveAll() (flag race.Micros, fell bool) {
	for _, c := range b.cars {
		b.drive(c, race.TimeMax, false, false)
	}
	flag, fell, counted := b.flag()
	for _, c := range b.cars {
		if fell {
			b.drive(c, flag, counted, true)
		}
		if c.state == race.Retired && c.finished && len(c.ends) > 0 { // it took the flag: a later retirement changes nothing
			c.state, c.reason = race.OnGrid, ""
		}
	}
	return flag, fell
}

// drive counts a car's laps up to its first crossing of the finish line from the flag on (rules 2, 6, 10, 11).
func (b *book) drive(c *runner, flag race.Micros, counted, fell bool) {
	c.ends, c.seqs, c.pits, c.pitLaps, c.from = nil, nil, nil, nil, 0
	c.progress, c.at, c.finished = -1, 0, counted
	c.begun = c.entry.StartOffsetM <= 0 && b.info.Rules.FirstCrossing == race.EndsLap
	c.last = make([]race.Micros, len(b.info.Lines))
	for i := range c.last {
		c.last[i] = race.NoTime
	}
	if c.begun {
		c.last[0] = 0
	}
	for _, p := range c.passings {
		progress := len(c.ends)*len(b.info.Lines) + p.line
		if p.line == 0 {
			progress += len(b.info.Lines)
		}
		closed := b.over && p.at > b.endedAt ||
			fell && b.info.Rules.FinishWindow > 0 && p.at > flag+b.info.Rules.FinishWindow
		seen, counts := b.judge(c, p, progress, closed)
		if p.made && seen == race.Accepted {
			seen = race.Estimated
		}
		if b.verdict[p.seq] = seen; counts && b.started {
			c.cross(p, progress, flag, b.info)
		}
	}
}

// cross applies a passing that counts.
func (c *runner) cross(p passing, progress int, flag race.Micros, info race.Race) {
	c.last[p.line] = p.at
	if !c.begun { // it started behind the line
		c.begun, c.progress, c.at = true, 0, p.at
		if info.Rules.FirstCrossing == race.StartsLap {
			c.from = cut(p.at, info.Rules.Precision)
		}
		return
	}
	kind := info.Lines[p.line].Kind
	if kind == race.LinePitEntry || kind == race.LinePitExit || kind == race.LineFinish && p.inPit && openLane(info) {
		c.pits, c.pitLaps = append(c.pits, p), append(c.pitLaps, len(c.ends)+1)
	}
	c.progress, c.at = progress, p.at
	if p.line == 0 {
		c.ends, c.seqs = append(c.ends, p.at), append(c.seqs, p.seq)
		c.finished = p.at >= flag
	}
}

// openLane reports whether the pit lane has no timing lines.
func openLane(info race.Race) bool {
	for _, l := range info.Lines {
		if l.Kind == race.LinePitEntry || l.Kind == race.LinePitExit {
			return false
		}
	}
	return true
}

// judge returns the verdict on a passing of a car, and whether it counts (rule 10); closed says that the race was over.
func (b *book) judge(c *runner, p passing, progress int, closed bool) (race.Verdict, bool) {
	rules, lapFrom, last := b.info.Rules, c.from, c.last[p.line]
	if n := len(c.ends); n > 0 {
		lapFrom = cut(c.ends[n-1], rules.Precision)
	}
	back := p.line != 0 && progress <= c.progress
	switch {
	case p.out, p.at < 0, c.state == race.NotStarted, c.stopAt != race.NoTime && p.at > c.stopAt:
		return race.Rejected, false
	case p.at == last, !p.forced && last != race.NoTime && p.at-last < rules.DeadTime:
		return race.Duplicate, false
	case c.finished, closed:
		return race.AfterTheEnd, false
	case !c.begun && p.line != 0:
		return race.Accepted, false
	case p.forced:
		return race.Accepted, !back
	case p.late:
		return race.Suspect, false
	case p.line == 0 && c.begun && cut(p.at, rules.Precision)-lapFrom < rules.MinLap, back:
		return race.Suspect, false
	}
	return race.Accepted, true
}

func cut(at, precision race.Micros) race.Micros {
	for at%precision != 0 {
		at -= ((at % precision) + precision) % precision
	}
	return at
}

// time returns a car's race time at the end of its last lap, including penalties (rule 5).
func (b *book) time(c *runner) race.Micros {
	return cut(c.ends[len(c.ends)-1], b.info.Rules.Precision) + c.penalty
}

// millis returns time in milliseconds, the unit of results; gaps are differences of millis.
func (b *book) millis(c *runner) int64 { return int64(b.time(c) / race.Millisecond) }

func (b *book) exact(c *runner) race.Micros { return c.ends[len(c.ends)-1] + c.penalty }

// gridPlace puts pit-lane starters behind the grid.
func gridPlace(e race.Entry) int {
	place := 0
	if e.PitLaneStart {
		place = 2 * race.CarsMax
	}
	if e.Grid > 0 {
		return place + e.Grid
	}
	return 2*race.CarsMax + place
}

// behind orders two cars by the last line that they passed and when (rules 1, 4, 11).
func behind(x, y *runner) int {
	return cmp.Or(cmp.Compare(x.state, y.state), cmp.Compare(y.progress, x.progress), cmp.Compare(x.at, y.at), onGrid(x, y))
}

func onGrid(x, y *runner) int {
	return cmp.Or(cmp.Compare(gridPlace(x.entry), gridPlace(y.entry)), cmp.Compare(x.car, y.car))
}
