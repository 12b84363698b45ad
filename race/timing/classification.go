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

// Classification is the result as of the records so far.
func (s *State) Classification() race.Classification {
	need := s.lapsNeeded()
	order := s.resultOrder()
	out := race.Classification{
		Version: s.result.version, Status: s.result.status, Author: s.result.author, Reason: s.result.reason,
		Entries: make([]race.Classified, 0, len(order)), StateHash: s.Hash(),
	}
	for i, idx := range order {
		e := s.classified(idx, need)
		if s.group(idx, need) == groupClassified {
			e.Position = i + 1
			if i > 0 && s.deadHeat(order[i-1], idx) {
				e.Position = out.Entries[i-1].Position
			}
			s.gaps(&e, order[0], order[max(0, i-1)])
		}
		out.Entries = append(out.Entries, e)
	}
	return out
}

// resultOrder is the cars in the order of the result.
func (s *State) resultOrder() []race.CarIdx {
	need := s.lapsNeeded()
	order := make([]race.CarIdx, len(s.cars))
	for i := range order {
		order[i] = race.CarIdx(i)
	}
	slices.SortStableFunc(order, func(a, b race.CarIdx) int { return s.compare(a, b, need) })
	return order
}

// lapsNeeded is floor(0.9 × the winner's laps). Who is disqualified or must take the flag and did not is no winner.
func (s *State) lapsNeeded() int {
	most := 0
	for i := range s.cars {
		r := &s.cars[i].run
		if r.state == race.Disqualified || r.state == race.NotStarted || s.missedFlag(r) {
			continue
		}
		most = max(most, r.laps)
	}
	return most * s.head.Rules.ClassifiedPermille / 1000
}

func (s *State) group(idx race.CarIdx, need int) group {
	r := &s.cars[idx].run
	switch {
	case r.state == race.Disqualified:
		return groupDisqualified
	case r.state == race.NotStarted:
		return groupNotStarted
	case s.status == race.Over && r.laps == 0 && !s.anyLap(),
		r.laps == 0 && r.state == race.Retired, r.laps < need,
		s.missedFlag(r):
		return groupUnclassified
	}
	return groupClassified
}

// missedFlag says that a car had to take the chequered flag and has not.
func (s *State) missedFlag(r *run) bool {
	return s.head.Rules.MustFinish && s.fall.fell && r.state != race.Finished
}

func (s *State) anyLap() bool {
	return slices.ContainsFunc(s.cars, func(c car) bool { return c.run.laps > 0 })
}

// compare orders two cars: laps, then race time with penalties, then the finer time; who has no lap, by the tower's
// rule (rules 1, 3, 5, 9).
func (s *State) compare(a, b race.CarIdx, need int) int {
	ra, rb := &s.cars[a].run, &s.cars[b].run
	if c := cmp.Or(cmp.Compare(s.group(a, need), s.group(b, need)), cmp.Compare(rb.laps, ra.laps)); c != 0 {
		return c
	}
	if ra.laps == 0 {
		return s.ahead(a, b)
	}
	last := ra.laps - 1
	return cmp.Or(
		cmp.Compare(s.raceTime(a), s.raceTime(b)),
		cmp.Compare(ra.ends[last]+s.cars[a].ruled.penalty, rb.ends[last]+s.cars[b].ruled.penalty),
		s.gridOrder(a, b),
	)
}

// raceTime is the time at the end of the last lap, penalties included, suspensions too (rule 5).
func (s *State) raceTime(idx race.CarIdx) race.Micros {
	c := &s.cars[idx]
	return c.run.ends[c.run.laps-1].Truncate(s.head.Rules.Precision) + c.ruled.penalty
}

// deadHeat says that two cars with as many laps arrived at the same microsecond, penalties included (rule 9).
func (s *State) deadHeat(a, b race.CarIdx) bool {
	ca, cb := &s.cars[a], &s.cars[b]
	n := ca.run.laps
	return n > 0 && n == cb.run.laps && ca.run.ends[n-1]+ca.ruled.penalty == cb.run.ends[n-1]+cb.ruled.penalty
}

func (s *State) classified(idx race.CarIdx, need int) race.Classified {
	c := &s.cars[idx]
	e := race.Classified{
		Car: idx, Laps: c.run.laps, DurationMS: -1, GapMS: -1, IntervalMS: -1,
		PenaltyMS: c.ruled.penalty.Millis(), BestLapMS: -1, BestLap: c.run.bestLap,
	}
	if c.run.state == c.ruled.state { // else it took the flag before it was said to retire
		e.Reason = c.ruled.reason
	}
	if c.run.best > 0 {
		e.BestLapMS = c.run.best.Millis()
	}
	switch {
	case c.run.state == race.Disqualified:
		e.Status = race.StatusDisqualified
	case c.run.state == race.NotStarted:
		e.Status = race.StatusDidNotStart
	case s.group(idx, need) == groupUnclassified:
		e.Status = race.StatusNotClassified
	case c.run.state == race.Retired:
		e.Status = race.StatusRetired
	default:
		e.Status = race.StatusFinished
	}
	if e.Status == race.StatusFinished && c.run.laps > 0 {
		e.DurationMS = s.raceTime(idx).Millis()
	}
	return e
}

// gaps fills in the distance to the winner and to the car ahead.
func (s *State) gaps(e *race.Classified, winner, ahead race.CarIdx) {
	if e.GapLaps = s.cars[winner].run.laps - e.Laps; e.GapLaps == 0 && e.DurationMS >= 0 {
		e.GapMS = e.DurationMS - s.raceTime(winner).Millis()
	}
	if s.cars[ahead].run.laps == e.Laps && e.DurationMS >= 0 {
		e.IntervalMS = e.DurationMS - s.raceTime(ahead).Millis()
	}
}

// Hash stands for everything that decides the result: SHA-256 over laps, rulings and flags, whatever the order in which
// the passings came.
func (s *State) Hash() string {
	h := sha256.New()
	var buf []byte
	num := func(values ...int64) {
		for _, v := range values {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
		}
	}
	num(int64(len(s.cars)), int64(s.status), int64(s.flag()), int64(s.fall.distance), int64(s.fall.at), int64(s.fall.lap),
		int64(s.suspendedUntil(race.TimeMax)), int64(s.bests.lap), int64(s.bests.car))
	for i := range s.cars {
		c := &s.cars[i]
		r := &c.run
		num(int64(s.entries[i].Number), int64(r.state), int64(r.laps), int64(r.progress), int64(r.progressAt), int64(r.best),
			int64(r.bestLap), int64(c.ruled.penalty), int64(r.row.Tyre), int64(r.row.TyreAgeLaps), int64(r.row.Stops))
		for _, end := range r.ends {
			num(int64(end))
		}
		h.Write(buf)
		buf = buf[:0]
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil))
}
