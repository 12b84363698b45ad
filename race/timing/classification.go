package timing

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"

	"lightsout/race"
)

// group is a part of the classification, in order (rule 3).
type group int

const (
	groupClassified group = iota
	groupUnclassified
	groupNotStarted
	groupDisqualified
)

// Classification returns the result as of the records so far.
func (s *State) Classification() race.Classification { return s.inForce(s.classify()) }

// inForce combines the lines with the version of the result that is in force.
func (s *State) inForce(lines []race.Classified) race.Classification {
	return race.Classification{
		Version: s.result.version, Status: s.result.status, Author: s.result.author, Reason: s.result.reason,
		Entries: lines, StateHash: s.Hash(),
	}
}

func (s *State) classify() []race.Classified {
	need := s.lapsNeeded()
	order := s.resultOrder()
	out := make([]race.Classified, 0, len(order))
	for i, idx := range order {
		e := s.classified(idx, need)
		if s.group(idx, need) == groupClassified {
			e.Position = i + 1
			if i > 0 && s.deadHeat(order[i-1], idx) {
				e.Position = out[i-1].Position
			}
			s.gaps(&e, order[0], order[max(0, i-1)])
		}
		out = append(out, e)
	}
	return out
}

// resultOrder returns the cars in the order of the result.
func (s *State) resultOrder() []race.CarIdx {
	need := s.lapsNeeded()
	order := make([]race.CarIdx, len(s.cars))
	for i := range order {
		order[i] = race.CarIdx(i)
	}
	slices.SortStableFunc(order, func(a, b race.CarIdx) int { return s.compare(a, b, need) })
	return order
}

// lapsNeeded is floor(0.9 × the winner's laps). A disqualified car is not the winner, nor one that had to take the flag and
// did not.
func (s *State) lapsNeeded() int {
	most := 0
	for i := range s.cars {
		r := &s.cars[i].run
		if r.state == race.Disqualified || r.state == race.NotStarted || s.missedFlag(r) {
			continue
		}
		most = max(most, r.laps)
	}
	return most * s.info.Rules.ClassifiedPermille / 1000
}

func (s *State) group(idx race.CarIdx, need int) group {
	r := &s.cars[idx].run
	switch {
	case r.state == race.Disqualified:
		return groupDisqualified
	case r.state == race.NotStarted:
		return groupNotStarted
	case r.laps == 0 && (s.status == race.Over || r.state == race.Retired), r.laps < need, s.missedFlag(r):
		return groupUnclassified
	}
	return groupClassified
}

// missedFlag reports whether a car had to take the chequered flag and has not.
func (s *State) missedFlag(r *run) bool {
	return s.info.Rules.MustFinish && s.flagged.shown && r.state != race.Finished
}

// compare orders two cars: by laps, race time with penalties, untruncated time; cars without a lap as on the tower (rules 1,
// 3, 5, 9).
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

// raceTime returns the time at the end of the last lap, including penalties and suspensions (rule 5).
func (s *State) raceTime(idx race.CarIdx) race.Micros {
	c := &s.cars[idx]
	return c.run.ends[c.run.laps-1].Truncate(s.info.Rules.Precision) + c.ruled.penalty
}

// deadHeat reports whether two cars with equal laps have the same time to the microsecond, penalties included (rule 9).
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
	if c.run.state == c.ruled.state { // otherwise it took the flag before the retirement was reported
		e.Reason = c.ruled.reason
	}
	if c.run.best > 0 {
		e.BestLapMS = c.run.best.Millis()
	}
	e.Status = s.statusOf(idx, need)
	finished := s.group(idx, need) == groupClassified && c.run.state != race.Retired
	if finished && c.run.laps > 0 {
		e.DurationMS = s.raceTime(idx).Millis()
	}
	return e
}

// silentLaps is the number of fastest laps without a passing after which a car is taken to have stopped.
const silentLaps = 3

// statusOf returns how a car's race ended, or its status during the race.
func (s *State) statusOf(idx race.CarIdx, need int) race.ClassifiedStatus {
	r := &s.cars[idx].run
	switch {
	case r.state == race.Disqualified:
		return race.StatusDisqualified
	case r.state == race.NotStarted:
		return race.StatusDidNotStart
	case s.status == race.Over && s.group(idx, need) == groupUnclassified:
		return race.StatusNotClassified
	case r.state == race.Retired:
		return race.StatusRetired
	case s.status == race.Over, r.state == race.Finished:
		return race.StatusFinished
	case s.status == race.Waiting:
		return race.StatusWaiting
	case s.status == race.Paused, s.suspended():
		return race.StatusStopped
	case s.silentSince(r):
		return race.StatusNotRunning
	}
	return race.StatusRunning
}

// silentSince reports whether a car has passed no line for silentLaps of the fastest laps.
func (s *State) silentSince(r *run) bool {
	seen := r.progressAt
	for _, p := range s.suspensions {
		seen = max(seen, p.to)
	}
	lap := s.bests.lap().took
	return lap > 0 && s.latest-seen > silentLaps*lap
}

// gaps sets the gap to the winner and the interval to the car ahead.
func (s *State) gaps(e *race.Classified, winner, ahead race.CarIdx) {
	if e.GapLaps = s.cars[winner].run.laps - e.Laps; e.GapLaps == 0 && e.DurationMS >= 0 {
		e.GapMS = e.DurationMS - s.raceTime(winner).Millis()
	}
	if s.cars[ahead].run.laps == e.Laps && e.DurationMS >= 0 {
		e.IntervalMS = e.DurationMS - s.raceTime(ahead).Millis()
	}
}

// Hash returns the SHA-256 of everything that is published of the race: laps with positions and marks, events, and the result
// in force. It does not depend on the order of arrival, except on which side of the end and of the declared result a record
// lies. Earlier versions of the result are history and not included.
func (s *State) Hash() string {
	h := hasher{Hash: sha256.New()}
	h.num(int64(len(s.cars)), int64(s.status), int64(s.flag()), int64(s.flagged.distance), int64(s.flagged.at), int64(s.flagged.lap),
		int64(s.suspendedUntil(race.TimeMax)), int64(s.endedAt), int64(s.shift))
	for i := range s.cars {
		c := &s.cars[i]
		r := &c.run
		h.num(int64(s.entries[i].Number), int64(r.state), int64(r.laps), int64(r.progress), int64(r.progressAt), int64(r.best),
			int64(r.bestLap), int64(c.ruled.penalty), int64(r.row.Tyre), int64(r.row.TyreAgeLaps), int64(r.row.Stops))
		for lap := range r.done {
			h.lap(&r.done[lap], r.ends[lap])
		}
	}
	for _, e := range s.Events() {
		h.num(int64(e.Kind), int64(e.Car), int64(e.Lap), e.TimeMS, e.Value)
		h.text(e.Text)
	}
	h.num(int64(min(s.result.version, 1)), int64(s.result.status))
	for i := range s.result.entries {
		h.line(&s.result.entries[i])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hasher hashes numbers and texts.
type hasher struct {
	hash.Hash
	buf [8 * 16]byte
}

func (h *hasher) num(values ...int64) {
	b := h.buf[:0]
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	h.Write(b)
}

func (h *hasher) text(t string) {
	h.num(int64(len(t)))
	h.Write([]byte(t))
}

func (h *hasher) lap(l *race.Lap, end race.Micros) {
	bits := int64(0)
	for i, bit := range [...]bool{l.PitIn, l.PitOut, l.Deleted} {
		if bit {
			bits |= 1 << i
		}
	}
	h.num(int64(end), l.DurationMS, l.SectorsMS[0], l.SectorsMS[1], l.SectorsMS[2], l.EndMS, int64(l.Position), int64(l.Tyre),
		int64(l.TyreAgeLaps), int64(l.Flag), int64(l.Mark), bits)
}

func (h *hasher) line(e *race.Classified) {
	h.num(int64(e.Position), int64(e.Car), int64(e.Laps), int64(e.Status), e.DurationMS, e.GapMS, int64(e.GapLaps), e.IntervalMS,
		e.PenaltyMS, e.BestLapMS, int64(e.BestLap))
	h.text(e.Reason)
}
