package oracle

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// took returns the time of a car's lap; 0 if it cannot be a best.
func (b *book) took(c *runner, lap int) race.Micros {
	from := c.from
	if lap > 1 {
		from = cut(c.ends[lap-2], b.info.Rules.Precision)
	}
	if took := cut(c.ends[lap-1], b.info.Rules.Precision) - from; took > 0 && !slices.Contains(c.deleted, c.seqs[lap-1]) {
		return took
	}
	return 0
}

// bestsSoFar returns the laps of all cars, by end, that were the fastest so far.
func (b *book) bestsSoFar() (out []end) {
	all := b.ends()
	slices.SortStableFunc(all, func(x, y end) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.car.car, y.car.car)) })
	best := race.TimeMax
	for _, e := range all {
		if took := b.took(e.car, e.lap); took > 0 && took < best {
			best = took
			out = append(out, e)
		}
	}
	return out
}

// fastest returns the time of the fastest lap of all; 0 if there is none.
func (b *book) fastest() race.Micros {
	if len(b.bests) == 0 {
		return 0
	}
	last := b.bests[len(b.bests)-1]
	return b.took(last.car, last.lap)
}

func (b *book) laps() [][]race.Lap {
	out := make([][]race.Lap, len(b.cars))
	for i, c := range b.cars {
		from := c.from
		best := b.ownBest(c)
		for lap, at := range c.ends {
			to := cut(at, b.info.Rules.Precision)
			l := race.Lap{
				Car: c.car, Number: lap + 1, DurationMS: int64(cut(to-from, race.Millisecond) / race.Millisecond),
				EndMS: int64(cut(to, race.Millisecond) / race.Millisecond), Position: 1, Mark: race.Slower,
				Deleted: slices.Contains(c.deleted, c.seqs[lap]), Passing: c.seqs[lap],
			}
			for _, other := range b.cars {
				if lap < len(other.ends) && other.ends[lap] < at {
					l.Position++
				}
			}
			if lap+1 == best {
				l.Mark = race.PersonalBest
				if last := b.bests[len(b.bests)-1]; last.car == c && last.lap == best {
					l.Mark = race.SessionBest
				}
			}
			out[i] = append(out[i], l)
			from = to
		}
	}
	return out
}

// ownBest returns the number of a car's best lap, the first of equal ones; 0 if there is none.
func (b *book) ownBest(c *runner) (best int) {
	for lap := 1; lap <= len(c.ends); lap++ {
		if took := b.took(c, lap); took > 0 && (best == 0 || took < b.took(c, best)) {
			best = lap
		}
	}
	return best
}

// events computes the events of the race from the passings and rulings that hold.
func (b *book) events(flag race.Micros, fell bool) (out []race.Event) {
	millis := func(t race.Micros) int64 { return int64(cut(t, race.Millisecond) / race.Millisecond) }
	add := func(kind race.EventKind, of race.Seq, car race.CarIdx, lap int, at race.Micros, value int64, text string) {
		out = append(out, race.Event{Kind: kind, Of: of, Car: car, Lap: lap, TimeMS: millis(at), Value: value, Text: text})
	}
	if b.started {
		add(race.EventStart, 0, race.NoCar, 1, 0, 0, "")
	}
	b.flags(flag, fell, add)
	ends := func(c *runner, lap int) race.Micros { return cut(c.ends[lap-1], b.info.Rules.Precision) }
	for _, e := range b.bests {
		if e.lap > 1 {
			add(race.EventFastestLap, e.car.seqs[e.lap-1], e.car.car, e.lap, ends(e.car, e.lap), millis(b.took(e.car, e.lap)), "")
		}
	}
	led := b.pole()
	for lap := 1; ; lap++ {
		leads := b.firstOf(lap)
		if leads == nil {
			break
		}
		if leads != led {
			add(race.EventLeader, leads.seqs[lap-1], leads.car, lap, ends(leads, lap), 0, "")
		}
		led = leads
	}
	for _, c := range b.cars {
		for i, p := range c.pits {
			kind := race.EventPitIn
			if b.info.Lines[p.line].Kind == race.LinePitExit {
				kind = race.EventPitOut
			}
			add(kind, p.seq, c.car, c.pitLaps[i], cut(p.at, b.info.Rules.Precision), 0, "")
		}
		b.ruledEvents(c, flag, fell, add)
	}
	slices.SortFunc(out, race.CompareEvents)
	return out
}

type adder func(kind race.EventKind, of race.Seq, car race.CarIdx, lap int, at race.Micros, value int64, text string)

// flags adds the changes of the flags shown, including the chequered flag.
func (b *book) flags(flag race.Micros, fell bool, add adder) {
	o := b.orders
	shown := map[int]race.FlagState{}
	for _, r := range b.inTime() {
		f, news := showing(r.Body, shown)
		if !news || fell && !o.abandoned && r.Time > flag {
			continue
		}
		text := ""
		if f.Sector > 0 {
			text = fmt.Sprintf("sector %d", f.Sector)
		}
		add(race.EventFlag, r.Seq, race.NoCar, b.leaderLap(r.Time, flag, fell), r.Time, int64(f.Flag), text)
	}
	switch {
	case o.abandoned:
		add(race.EventChequered, 0, race.NoCar, b.flagLap(flag), o.abandonedAt, 0, "counted back")
	case fell:
		for _, e := range b.ends() {
			if e.at == flag && e.lap == b.flagLap(flag) {
				add(race.EventChequered, 0, e.car.car, e.lap, flag, 0, "")
				break
			}
		}
	}
}

// showing returns the flag that a record shows; news is false if it was already shown.
func showing(body race.Body, shown map[int]race.FlagState) (f race.FlagShown, news bool) {
	switch body := body.(type) {
	case race.FlagShown:
		f = body
	case race.Suspended:
		f.Flag = race.FlagRed
	case race.Resumed:
	default:
		return f, false
	}
	sectors := false
	for sector, was := range shown {
		sectors = sectors || sector > 0 && was != race.FlagClear
	}
	if shown[f.Sector] == f.Flag && (f.Sector > 0 || !sectors) {
		return f, false
	}
	if f.Sector == 0 {
		clear(shown)
	}
	shown[f.Sector] = f.Flag
	return f, true
}

// leaderLap returns the leader's lap at a time.
func (b *book) leaderLap(at, flag race.Micros, fell bool) int {
	lap := 1
	for c := b.firstOf(lap); c != nil && c.ends[lap-1] <= at; c = b.firstOf(lap) {
		lap++
	}
	if b.over && at > b.endedAt { // no car began another lap
		lap--
	}
	return b.lastLap(lap, flag, fell)
}

// lapOf returns the lap that a car was on; after the end, its last lap.
func (b *book) lapOf(c *runner, at, flag race.Micros, fell bool) int {
	if c.finished || b.over && at > b.endedAt && !c.left(b.endedAt+1) {
		return max(1, min(c.done(at)+1, len(c.ends)))
	}
	return b.lastLap(c.done(at)+1, flag, fell)
}

// done counts the laps that a car had completed.
func (c *runner) done(at race.Micros) (n int) {
	for _, end := range c.ends {
		if end <= at {
			n++
		}
	}
	return n
}

// flagLap returns the lap that was completed when the flag was shown; 0 if the race was counted back to the start.
func (b *book) flagLap(flag race.Micros) (lap int) {
	for _, e := range b.ends() {
		if e.at == flag {
			lap = max(lap, e.lap)
		}
	}
	return lap
}

// lastLap limits a lap to the laps of the race.
func (b *book) lastLap(lap int, flag race.Micros, fell bool) int {
	if fell {
		return max(1, min(lap, b.flagLap(flag)))
	}
	if b.distance > 0 {
		lap = min(lap, b.distance)
	}
	return max(1, lap)
}

// firstOf returns the car that completed a lap first; at the same instant, the one entered first.
func (b *book) firstOf(lap int) (first *runner) {
	for _, c := range b.cars {
		if lap <= len(c.ends) && (first == nil || c.ends[lap-1] < first.ends[lap-1]) {
			first = c
		}
	}
	return first
}

func (b *book) pole() (pole *runner) {
	for _, c := range b.cars {
		if c.entry.Grid > 0 && (pole == nil || onGrid(c, pole) < 0) {
			pole = c
		}
	}
	return pole
}

// ruledEvents adds the events of rulings on a car and its tyre changes.
func (b *book) ruledEvents(c *runner, flag race.Micros, fell bool, add adder) {
	lapAt := func(at race.Micros) int { return b.lapOf(c, at, flag, fell) }
	for _, r := range c.fits {
		if f, ok := r.Body.(race.TyresFitted); ok && (f.Stationary > 0 || c.done(r.Time) > 0) {
			add(race.EventTyres, r.Seq, c.car, lapAt(r.Time), r.Time, int64(f.Stationary/race.Millisecond), f.Compound.String())
		}
	}
	for _, r := range c.rulings {
		switch body := r.Body.(type) {
		case race.CarRetired:
			if n := len(c.ends); !c.finished || c.state != race.OnGrid || n == 0 || r.Time < c.ends[n-1] {
				add(race.EventRetired, r.Seq, c.car, lapAt(r.Time), r.Time, 0, body.Reason)
			}
		case race.CarNotStarted:
			add(race.EventNotStarted, r.Seq, c.car, lapAt(r.Time), r.Time, 0, body.Reason)
		case race.CarDisqualified:
			add(race.EventDisqualified, r.Seq, c.car, lapAt(r.Time), r.Time, 0, body.Reason)
		case race.Penalised:
			add(race.EventPenalty, r.Seq, c.car, lapAt(r.Time), r.Time, int64(b.amount(body)/race.Millisecond), body.Reason)
		default:
		}
	}
}
