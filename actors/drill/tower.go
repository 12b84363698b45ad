package drill

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"

	"lightsout/race"
	"lightsout/race/timing"
)

// towerMark stands for the tower after a record.
type towerMark struct {
	seq  race.Seq
	hash uint64
}

func markOf(b *race.Board) towerMark {
	var buf []byte
	for i := range b.Rows {
		buf = appendRow(buf, &b.Rows[i])
	}
	for _, car := range b.Order {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(car))
	}
	s := &b.Session
	buf = appendNumbers(buf, int64(s.Status), int64(s.Flag), int64(s.LeaderLap), int64(s.Laps), s.TimeMS, int64(s.StartMoved))
	return towerMark{b.Seq, maphash.Bytes(seed, buf)}
}

func appendNumbers(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		b = binary.AppendVarint(b, n)
	}
	return b
}

func appendRow(b []byte, r *race.Row) []byte {
	best := int64(0)
	if r.BestIsSession {
		best = 1
	}
	b = appendNumbers(b, int64(r.Car), int64(r.Laps), r.GapMS, int64(r.GapLaps), r.IntervalMS, int64(r.IntervalLaps), r.LastMS, r.BestMS,
		r.SectorsMS[0], r.SectorsMS[1], r.SectorsMS[2], int64(r.SectorMarks[0]), int64(r.SectorMarks[1]), int64(r.SectorMarks[2]), int64(r.LastMark),
		int64(r.Tyre), int64(r.TyreAgeLaps), int64(r.Stops), int64(r.State), r.PenaltyMS, int64(r.SpeedTrapKMH), best, int64(len(r.MiniMarks)))
	for _, m := range r.MiniMarks {
		b = append(b, byte(m))
	}
	return b
}

// towersOf are the towers of the race after the records whose towers spectators have noted. The log is folded once more, record by record:
// whatever was published together, at its last record the tower is this one.
func (r *Reference) towersOf(spectators []*Spectator) map[race.Seq]uint64 {
	out := map[race.Seq]uint64{}
	for _, s := range spectators {
		s.mu.Lock()
		for _, m := range s.towers {
			out[m.seq] = 0
		}
		s.mu.Unlock()
	}
	if len(out) == 0 {
		return out
	}
	state, board := timing.New(), race.Board{}
	for i := range r.Records {
		facts, _ := state.Fold(&r.Records[i], false) // a refusal is a fact
		if len(facts.Facts) > 0 {
			board.Apply(&facts)
		}
		if _, noted := out[r.Records[i].Seq]; noted {
			out[r.Records[i].Seq] = markOf(&board).hash
		}
	}
	return out
}

// compareTowers compares the tower after each message with that of the race after the same record.
func compareTowers(s *Spectator, towers map[race.Seq]uint64) Check {
	c := Check{What: "towers", Where: s.Name, Compared: len(s.towers)}
	for _, m := range s.towers {
		if m.seq > 0 && towers[m.seq] != m.hash {
			c.note(&c.Different, "after record %d", m.seq)
		}
	}
	return c.worded(fmt.Sprintf("tower at %%s moments%s", at(s.Name)))
}
