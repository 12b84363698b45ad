package timing

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// timed is a duration, the time at which it ended, and its car. took is 0 if there is none.
type timed struct {
	took, at race.Micros
	car      race.CarIdx
}

// beats reports whether t is the better of two times. Of equal times the one set first is better, then the one of the car
// entered first.
func (t timed) beats(other timed) bool {
	return t.took > 0 && (other.took == 0 ||
		cmp.Or(cmp.Compare(t.took, other.took), cmp.Compare(t.at, other.at), cmp.Compare(t.car, other.car)) < 0)
}

// bests are the best times of all cars.
type bests struct {
	sectors [3]timed
	minis   []timed // by the line that ends the mini-sector
	// laps are the laps that were the fastest so far when they were set, by the time they ended (untruncated): the last is the
	// best of all.
	laps []fastLap
}

type fastLap struct {
	timed
	lap int
}

// lap returns the best lap of all.
func (b *bests) lap() fastLap {
	if n := len(b.laps); n > 0 {
		return b.laps[n-1]
	}
	return fastLap{timed: timed{car: race.NoCar}}
}

func newBests(lines int) bests { return bests{minis: make([]timed, lines)} }

// fast returns a car's lap as a candidate for the fastest lap; took is 0 if it is none.
func (s *State) fast(r *run, lap int) fastLap {
	l := &r.done[lap-1]
	f := fastLap{timed{0, r.ends[lap-1], l.Car}, lap}
	if !l.Deleted {
		f.took = max(0, s.lapTime(r, lap))
	}
	return f
}

// lapTime returns a lap time at the precision of the rules.
func (s *State) lapTime(r *run, lap int) race.Micros {
	from := r.start
	if lap > 1 {
		from = r.ends[lap-2].Truncate(s.info.Rules.Precision)
	}
	return r.ends[lap-1].Truncate(s.info.Rules.Precision) - from
}

// addFast adds a lap if it was the fastest so far when it was set, and drops later laps that were not faster.
func (b *bests) addFast(l fastLap) {
	if l.took == 0 {
		return
	}
	at := len(b.laps)
	for at > 0 && cmp.Or(cmp.Compare(b.laps[at-1].at, l.at), cmp.Compare(b.laps[at-1].car, l.car)) > 0 {
		at--
	}
	if at > 0 && b.laps[at-1].took <= l.took {
		return
	}
	to := at
	for to < len(b.laps) && b.laps[to].took >= l.took {
		to++
	}
	b.laps = slices.Replace(b.laps, at, to, l)
}

// collectFast computes the fastest laps from all laps.
func (s *State) collectFast() {
	var all []fastLap
	for i := range s.cars {
		r := &s.cars[i].run
		for lap := range r.done {
			all = append(all, s.fast(r, lap+1))
		}
	}
	slices.SortFunc(all, func(x, y fastLap) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.car, y.car)) })
	s.bests.laps = nil
	for _, l := range all {
		s.bests.addFast(l)
	}
}

// recomputeFastestLaps recomputes the fastest laps after a car's laps changed.
func (s *State) recomputeFastestLaps(idx race.CarIdx, old *run) {
	r := &s.cars[idx].run
	was := s.bests.laps
	if slices.ContainsFunc(was, func(l fastLap) bool { return l.car == idx && (l.lap > r.laps || s.fast(r, l.lap) != l) }) {
		s.collectFast()
		return
	}
	for lap := 1; lap <= r.laps; lap++ {
		if lap > old.laps || old.done[lap-1].Deleted != r.done[lap-1].Deleted || s.fast(r, lap) != s.fast(old, lap) {
			s.bests.addFast(s.fast(r, lap))
		}
	}
}

// markSessionBest moves the mark SessionBest from the lap was to the fastest lap of all.
func (s *State) markSessionBest(was fastLap) {
	now := s.bests.lap()
	if was.took > 0 && was != now && was.lap == s.cars[was.car].run.bestLap {
		s.setMark(was.car, was.lap, race.PersonalBest)
	}
	if now.took > 0 {
		s.setMark(now.car, now.lap, race.SessionBest)
	}
}

func (s *State) setMark(idx race.CarIdx, lap int, m race.Mark) {
	l := &s.cars[idx].run.done[lap-1]
	if l.Mark == m {
		return
	}
	l.Mark = m
	s.amend(idx, lap)
	s.emitRow(idx)
}

// updateSectorBests checks whether the sector or mini-sector that a car just completed is the best of all.
func (s *State) updateSectorBests(idx race.CarIdx, line int, at race.Micros) {
	r := &s.cars[idx].run
	if l := &r.loops[line]; s.lines[line].mini >= 0 && l.bestIn == l.progress && l.bestMini > 0 {
		if t := miniOf(r, line); t.beats(s.bests.minis[line]) {
			s.showMini(line, s.bests.minis[line], race.PersonalBest)
			s.bests.minis[line] = t
			s.showMini(line, t, race.SessionBest)
		}
	}
	if i := s.lines[line].sector - 1; i >= 0 && r.bestSectors[i].at == at {
		if t := r.bestSectors[i]; t.beats(s.bests.sectors[i]) {
			s.showSector(i, s.bests.sectors[i], race.PersonalBest)
			s.bests.sectors[i] = t
			s.showSector(i, t, race.SessionBest)
		}
	}
}

// miniOf returns a car's best time in the mini-sector that ends at a line. when is the progress at which it was set: of equal
// times the earlier lap is the best.
func miniOf(r *run, line int) timed {
	l := &r.loops[line]
	return timed{l.bestMini, race.Micros(l.bestIn), r.row.Car}
}

// showMini marks a mini-sector on its car's row, if the row still shows it.
func (s *State) showMini(line int, t timed, m race.Mark) {
	mini := s.lines[line].mini
	if t.took == 0 || mini < 0 {
		return
	}
	r := &s.cars[t.car].run
	if r.marked > mini && r.loops[line].progress == int32(t.at) && r.marks[mini] != race.NoMark && r.marks[mini] != m {
		r.marks[mini] = m
		s.emitRow(t.car)
	}
}

// showSector marks a sector on its car's row, if the row still shows it.
func (s *State) showSector(i int, t timed, m race.Mark) {
	if t.took == 0 {
		return
	}
	r := &s.cars[t.car].run
	if r.row.SectorsMS[i] > 0 && r.sectorEnds[i] == t.at && r.row.SectorMarks[i] != m {
		r.row.SectorMarks[i] = m
		s.emitRow(t.car)
	}
}

// recomputeBests recomputes the best sectors and mini-sectors after those of a car changed.
func (s *State) recomputeBests(idx race.CarIdx) {
	for i := range s.bests.sectors {
		was := s.bests.sectors[i]
		now := s.recomputeBest(was, idx, func(r *run) timed { return r.bestSectors[i] })
		s.bests.sectors[i] = now
		if was != now && was.car != idx {
			s.showSector(i, was, race.PersonalBest)
		}
		s.showSector(i, now, race.SessionBest)
	}
	for line := range s.bests.minis {
		was := s.bests.minis[line]
		now := s.recomputeBest(was, idx, func(r *run) timed {
			return miniOf(r, line)
		})
		s.bests.minis[line] = now
		if was != now && was.car != idx {
			s.showMini(line, was, race.PersonalBest)
		}
		s.showMini(line, now, race.SessionBest)
	}
}

// recomputeBest returns the best of all cars after the best of car idx may have changed; with NoCar, after any car's best may have
// changed.
func (s *State) recomputeBest(was timed, idx race.CarIdx, own func(*run) timed) timed {
	if idx != race.NoCar {
		mine := own(&s.cars[idx].run)
		if mine.beats(was) {
			return mine
		}
		if was.car != idx || was.took == 0 || mine == was {
			return was
		}
	}
	var best timed
	for i := range s.cars {
		if t := own(&s.cars[i].run); t.beats(best) {
			best = t
		}
	}
	return best
}
