package timing

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"lightsout/race"
)

// group is the order of the parts of a classification (rule 3).
type group int

const (
	groupClassified group = iota
	groupUnclassified
	groupNotStarted
	groupDisqualified
)

// Classification is the result as of the records so far; final once the race has ended.
func (s *State) Classification() race.Classification {
	need := s.lapsNeeded()
	idx := make([]race.CarIdx, len(s.cars))
	for i := range idx {
		idx[i] = race.CarIdx(i)
	}
	slices.SortStableFunc(idx, func(a, b race.CarIdx) int { return s.compare(a, b, need) })
	out := race.Classification{Final: s.status == race.Over, StateHash: s.Hash()}
	for i, car := range idx {
		e := s.classified(car, need)
		if s.group(car, need) == groupClassified {
			e.Position = i + 1
			if i > 0 && s.deadHeat(idx[i-1], car) {
				e.Position = out.Entries[i-1].Position
			}
			s.gaps(&e, idx[0], idx[max(0, i-1)])
		}
		out.Entries = append(out.Entries, e)
	}
	return out
}

// lapsNeeded is floor(0.9 × the winner's laps). The winner is the first by laps and time with penalties.
func (s *State) lapsNeeded() int {
	most := 0
	for i := range s.cars {
		if c := &s.cars[i]; c.state != race.Disqualified && c.state != race.NotStarted {
			most = max(most, c.laps)
		}
	}
	return most * s.head.Rules.ClassifiedPermille / 1000
}

func (s *State) group(idx race.CarIdx, need int) group {
	c := &s.cars[idx]
	switch {
	case c.state == race.Disqualified:
		return groupDisqualified
	case c.state == race.NotStarted:
		return groupNotStarted
	case s.status == race.Over && c.laps == 0 && !s.anyLap(),
		c.laps == 0 && c.state == race.Retired, c.laps < need:
		return groupUnclassified
	}
	return groupClassified
}

func (s *State) anyLap() bool {
	return slices.ContainsFunc(s.cars, func(c car) bool { return c.laps > 0 })
}

// compare orders two cars: laps, then race time with penalties, then the finer time; who has no lap, by the order so
// far and the grid (rules 1, 3, 5, 9).
func (s *State) compare(a, b race.CarIdx, need int) int {
	if c := cmp.Compare(s.group(a, need), s.group(b, need)); c != 0 {
		return c
	}
	ca, cb := &s.cars[a], &s.cars[b]
	if c := cmp.Compare(cb.laps, ca.laps); c != 0 {
		return c
	}
	if ca.laps == 0 {
		return s.compareWithoutLap(a, b)
	}
	if c := cmp.Compare(s.raceTime(ca), s.raceTime(cb)); c != 0 {
		return c
	}
	last := ca.laps - 1
	if c := cmp.Compare(ca.rawEnds[last]+ca.penalty, cb.rawEnds[last]+cb.penalty); c != 0 {
		return c
	}
	return cmp.Compare(s.place[a], s.place[b])
}

func (s *State) compareWithoutLap(a, b race.CarIdx) int {
	ca, cb := &s.cars[a], &s.cars[b]
	if ca.racing() && cb.racing() || ca.state == race.OnGrid {
		return cmp.Compare(s.place[a], s.place[b])
	}
	if ca.racing() != cb.racing() {
		if ca.racing() {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(cb.progress, ca.progress); c != 0 {
		return c
	}
	return gridOrder(&s.entries[a], &s.entries[b])
}

func gridOrder(a, b *race.Entry) int {
	switch {
	case gridBefore(a, b):
		return -1
	case gridBefore(b, a):
		return 1
	}
	return 0
}

// raceTime is the time at the end of the last lap, penalties included, suspensions too (rule 5).
func (s *State) raceTime(c *car) race.Micros { return c.ends[c.laps-1] + c.penalty }

func (s *State) deadHeat(a, b race.CarIdx) bool {
	ca, cb := &s.cars[a], &s.cars[b]
	return ca.laps > 0 && ca.laps == cb.laps && ca.rawEnds[ca.laps-1]+ca.penalty == cb.rawEnds[cb.laps-1]+cb.penalty
}

func (s *State) classified(idx race.CarIdx, need int) race.Classified {
	c := &s.cars[idx]
	e := race.Classified{
		Car: idx, Laps: c.laps, DurationMS: -1, GapMS: -1, IntervalMS: -1,
		PenaltyMS: c.penalty.Millis(), BestLapMS: -1, BestLap: c.bestLap, Reason: c.reason,
	}
	if c.best > 0 {
		e.BestLapMS = c.best.Millis()
	}
	switch {
	case c.state == race.Disqualified:
		e.Status = race.StatusDisqualified
	case c.state == race.NotStarted:
		e.Status = race.StatusDidNotStart
	case s.group(idx, need) == groupUnclassified:
		e.Status = race.StatusNotClassified
	case c.state == race.Retired:
		e.Status = race.StatusRetired
	default:
		e.Status = race.StatusFinished
	}
	if e.Status == race.StatusFinished && c.laps > 0 {
		e.DurationMS = s.raceTime(c).Millis()
	}
	return e
}

// gaps fills in the distance to the winner and to the car ahead.
func (s *State) gaps(e *race.Classified, winner, ahead race.CarIdx) {
	cw, ca := &s.cars[winner], &s.cars[ahead]
	if e.GapLaps = cw.laps - e.Laps; e.GapLaps == 0 && e.DurationMS >= 0 {
		e.GapMS = e.DurationMS - s.raceTime(cw).Millis()
	}
	if ca.laps == e.Laps && e.DurationMS >= 0 {
		e.IntervalMS = e.DurationMS - s.raceTime(ca).Millis()
	}
}

// Hash stands for everything that decides the result: SHA-256 over entries, laps, penalties, order and flags.
func (s *State) Hash() string {
	h := sha256.New()
	var buf []byte
	num := func(v int64) { buf = binary.LittleEndian.AppendUint64(buf, uint64(v)) }
	num(int64(len(s.cars)))
	num(int64(s.status))
	num(int64(s.flag))
	num(int64(s.distance))
	num(int64(s.chequeredAt))
	num(int64(s.suspended))
	num(int64(s.best))
	num(int64(s.bestCar))
	for i := range s.cars {
		c := &s.cars[i]
		for _, v := range []int64{
			int64(s.entries[i].Number), int64(s.order[i]), int64(c.state), int64(c.laps), int64(c.progress),
			int64(c.progressAt), int64(c.best), int64(c.bestLap), int64(c.penalty), int64(c.row.Tyre),
			int64(c.row.TyreAgeLaps), int64(c.row.Stops),
		} {
			num(v)
		}
		for _, end := range c.rawEnds {
			num(int64(end))
		}
		h.Write(buf)
		buf = buf[:0]
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil))
}
