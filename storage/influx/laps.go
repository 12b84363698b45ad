package influx

import "lightsout/race"

// lapChange is what one record changes of the written laps: the laps it published, and the old points to delete.
type lapChange struct {
	emitted   []lapOf
	withdrawn []withdrawn
	moved     []movedLaps
	overtaken []int // numbers of laps that another car may have completed first now
}

// lapOf is a lap of a car, by its index in the list.
type lapOf struct {
	car race.CarIdx
	at  int
}

// withdrawn is a range of a car's points to delete, by the ends of laps in race time (ms).
type withdrawn struct {
	car  race.CarIdx
	laps stretch
}

// stretch is a range of times, both ends included; empty if some is false.
type stretch struct {
	some     bool
	from, to int64
}

func (s *stretch) add(at int64) {
	if !s.some {
		*s = stretch{true, at, at}
		return
	}
	s.from, s.to = min(s.from, at), max(s.to, at)
}

func (s *stretch) has(at int64) bool { return s.some && at >= s.from && at <= s.to }

func (c *lapChange) withdrawnOf(car race.CarIdx) *withdrawn {
	if n := len(c.withdrawn); n > 0 && c.withdrawn[n-1].car == car { // the facts of a car are consecutive
		return &c.withdrawn[n-1]
	}
	for i := range c.withdrawn {
		if c.withdrawn[i].car == car {
			return &c.withdrawn[i]
		}
	}
	c.withdrawn = append(c.withdrawn, withdrawn{car: car})
	return &c.withdrawn[len(c.withdrawn)-1]
}

// lap adds a lap that was completed or amended.
func (f *follower) lap(l *race.Lap, change *lapChange) {
	if !f.known(l.Car) || l.Number < 1 {
		return
	}
	laps := f.laps[l.Car]
	for len(laps) < l.Number {
		laps = append(laps, race.Lap{})
	}
	was := &laps[l.Number-1]
	f.noteFirst(was, l, change)
	switch {
	case was.Number == 0:
		change.lapsMoved(l.Car, l.EndMS, forEver)
	case was.EndMS != l.EndMS:
		change.lapsMoved(l.Car, was.EndMS, l.EndMS)
	}
	if was.Number != 0 {
		change.drop(was, l)
	}
	*was = *l
	f.laps[l.Car] = laps
	change.emitted = append(change.emitted, lapOf{l.Car, l.Number - 1})
}

// withdraw removes the laps after the given number.
func (f *follower) withdraw(car race.CarIdx, laps int, change *lapChange) {
	if !f.known(car) || laps < 0 {
		return
	}
	for i := laps; i < len(f.laps[car]); i++ {
		if was := &f.laps[car][i]; was.Number != 0 {
			f.noteFirst(was, nil, change)
			change.lapsMoved(car, was.EndMS, forEver)
			change.drop(was, nil)
		}
	}
	f.laps[car] = f.laps[car][:min(laps, len(f.laps[car]))]
}

// drop marks a lap's point for deletion, unless the replacing lap has the same and no less in it.
func (c *lapChange) drop(was, now *race.Lap) {
	if now == nil || was.EndMS != now.EndMS || hasLess(was, now) {
		c.withdrawnOf(was.Car).laps.add(was.EndMS)
	}
}

// hasLess reports whether a lap lacks a sector that it had before: an overwritten point would keep the field.
func hasLess(was, now *race.Lap) bool {
	for i := range was.SectorsMS {
		if was.SectorsMS[i] > 0 && now.SectorsMS[i] == 0 {
			return true
		}
	}
	return false
}

// writeLaps deletes old points, with one erasure for each car, then writes the published laps and the valid laps that the
// erasures deleted as well.
func (f *follower) writeLaps(c *lapChange, w *writer) {
	if w == nil || f.startedAt == 0 {
		return
	}
	ns := func(ms int64) int64 { return f.startedAt + ms*1_000_000 }
	for i := range c.withdrawn {
		g := &c.withdrawn[i]
		if !g.laps.some {
			continue
		}
		w.erase(f, g.car, "laps", ns(g.laps.from), ns(g.laps.to))
		for at := range f.laps[g.car] {
			if l := &f.laps[g.car][at]; l.Number != 0 && g.laps.has(l.EndMS) {
				f.lapPoint(l, w)
			}
		}
	}
	for _, t := range c.emitted {
		if t.at < len(f.laps[t.car]) { // else withdrawn by the same record
			f.lapPoint(&f.laps[t.car][t.at], w)
		}
	}
	f.remark(c, w)
}

func (f *follower) lapPoint(l *race.Lap, w *writer) {
	w.done(appendLap(w.line(f, l.Car), f.tags[l.Car], l, f.gap(l), f.startedAt+l.EndMS*1_000_000))
}
