package drive

import (
	"encoding/binary"
	"errors"
	"fmt"

	"lightsout/race"
)

// ErrSnapshot is wrapped when a snapshot is damaged or belongs to another race.
var ErrSnapshot = errors.New("not a snapshot of this race")

// A snapshot, all integers little-endian:
//
//	┌──────────┬─────────┬──────────┬──────────────┬───────┬──────────────┬───────────┬───────────┬───────────┐
//	│ magic 4  │ cars u32│ tick i64 │ chequered i64│ flag 1│ yellow 3×i64 │ winner i32│ rows 70×n │ order …   │
//	└──────────┴─────────┴──────────┴──────────────┴───────┴──────────────┴───────────┴───────────┴───────────┘
//	order: count u32, car i32 each; then the field's hash u64. Neighbours and leader are worked out again.
const (
	snapshotMagic = "LOF1"
	snapshotHead  = 4 + 4 + 8 + 8 + 1 + sectors*8 + 4
	rowBytes      = 3*8 + 9*4 + 2*2 + 6
)

// AppendBinary appends the field as a snapshot; it does not fail.
func (f *Field) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	b = append(b, snapshotMagic...)
	b = le.AppendUint32(b, uint32(len(f.Rows)))
	b = le.AppendUint64(b, uint64(f.Tick))
	b = le.AppendUint64(b, uint64(f.ChequeredAt))
	b = append(b, byte(f.Flag))
	for _, y := range f.YellowUntil {
		b = le.AppendUint64(b, uint64(y))
	}
	b = le.AppendUint32(b, uint32(f.Winner))
	for i := range f.Rows {
		b = f.Rows[i].append(b)
	}
	b = le.AppendUint32(b, uint32(len(f.order)))
	for _, c := range f.order {
		b = le.AppendUint32(b, uint32(c))
	}
	return le.AppendUint64(b, f.Hash()), nil
}

func (r *Row) append(b []byte) []byte {
	le := binary.LittleEndian
	for _, v := range [...]int64{r.Clock, r.Step, r.FinishAt} {
		b = le.AppendUint64(b, uint64(v))
	}
	for _, v := range [...]int32{
		r.Lap, r.SpeedMMS, r.Pace, r.TargetUS, r.LaneUM, r.WaitUS, r.StationaryUS, int32(r.Chase), r.ChaseTicks,
	} {
		b = le.AppendUint32(b, uint32(v))
	}
	b = le.AppendUint16(b, r.TyreAge)
	b = le.AppendUint16(b, r.Stops)
	return append(b, r.NextLine, byte(r.Compound), byte(r.State), byte(r.Mode), byte(r.Reason), 0)
}

func (r *Row) read(b []byte) {
	le := binary.LittleEndian
	for i, v := range [...]*int64{&r.Clock, &r.Step, &r.FinishAt} {
		*v = int64(le.Uint64(b[8*i:]))
	}
	b = b[24:]
	for i, v := range [...]*int32{
		&r.Lap, &r.SpeedMMS, &r.Pace, &r.TargetUS, &r.LaneUM, &r.WaitUS, &r.StationaryUS, (*int32)(&r.Chase), &r.ChaseTicks,
	} {
		*v = int32(le.Uint32(b[4*i:]))
	}
	b = b[36:]
	r.TyreAge, r.Stops = le.Uint16(b), le.Uint16(b[2:])
	r.NextLine, r.Compound, r.State = b[4], race.Compound(b[5]), race.CarState(b[6])
	r.Mode, r.Reason = Mode(b[7]), Reason(b[8])
}

// DecodeField reads a snapshot of this race. Damaged bytes are an error that wraps ErrSnapshot. b is borrowed.
func (m *Model) DecodeField(b []byte) (*Field, error) {
	le := binary.LittleEndian
	n := m.cfg.Cars
	if len(b) < snapshotHead+n*rowBytes+4+8 || string(b[:4]) != snapshotMagic {
		return nil, fmt.Errorf("%w: %d bytes, or not of this version", ErrSnapshot, len(b))
	}
	if cars := le.Uint32(b[4:]); int64(cars) != int64(n) {
		return nil, fmt.Errorf("%w: it holds %d cars, the race has %d", ErrSnapshot, cars, n)
	}
	f := &Field{Tick: race.Tick(le.Uint64(b[8:])), ChequeredAt: race.Micros(le.Uint64(b[16:])), Flag: race.FlagState(b[24])}
	for i := range f.YellowUntil {
		f.YellowUntil[i] = race.Tick(le.Uint64(b[25+8*i:]))
	}
	f.Winner = race.CarIdx(le.Uint32(b[25+8*sectors:]))
	f.Rows = make([]Row, n)
	b = b[snapshotHead:]
	for i := range f.Rows {
		f.Rows[i].read(b[i*rowBytes:])
	}
	b = b[n*rowBytes:]
	count := int64(le.Uint32(b))
	if count > int64(n) || int64(len(b)) != 4+4*count+8 {
		return nil, fmt.Errorf("%w: its order is cut off", ErrSnapshot)
	}
	f.order = make([]race.CarIdx, count)
	for i := range f.order {
		f.order[i] = race.CarIdx(le.Uint32(b[4+4*i:]))
	}
	if err := m.sound(f); err != nil {
		return nil, err
	}
	f.Time = race.Micros(f.Tick) * race.Micros(m.tickUS)
	f.base = int64(f.Time) * 1000 % m.profile.lapNS
	f.Ahead, f.Behind = make([]race.CarIdx, n), make([]race.CarIdx, n)
	for i := range n {
		f.Ahead[i], f.Behind[i] = race.NoCar, race.NoCar
	}
	m.link(f)
	m.lead(f)
	if f.Hash() != le.Uint64(b[4+4*count:]) {
		return nil, fmt.Errorf("%w: its hash does not fit", ErrSnapshot)
	}
	return f, nil
}

// sound checks that every value is one that a race can have, so that nothing later can fail on it.
func (m *Model) sound(f *Field) error {
	n := race.CarIdx(m.cfg.Cars)
	bad := func(what string, i int) error {
		return fmt.Errorf("%w: %s of %d is out of range", ErrSnapshot, what, i)
	}
	if f.Tick < 0 || f.Tick > 1<<40 || f.Flag >= race.FlagChequered || f.Winner < race.NoCar || f.Winner >= n {
		return bad("head", 0)
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		line := int(r.NextLine)
		switch {
		case r.Clock < 0 || r.Clock >= m.profile.lapNS || r.Step < 0 || r.Step > m.profile.lapNS:
			return bad("place", i)
		case r.Lap < 0 || int(r.Lap) > m.cfg.Laps+1 || r.SpeedMMS < 0 || r.SpeedMMS > 1_000_000 || r.Pace < 0:
			return bad("speed", i)
		case r.Chase < race.NoCar || r.Chase >= n || r.LaneUM < 0 || int64(r.LaneUM) > m.lane.lengthUM || r.WaitUS < 0:
			return bad("traffic", i)
		case line >= len(m.lines) || line == m.lane.entryLine || line == m.lane.exitLine:
			return bad("line", i)
		case r.Compound < race.Soft || r.Compound > race.Hard || r.State > race.Retired || r.Reason >= reasonEnd:
			return bad("state", i)
		}
	}
	seen := make([]bool, n)
	for i, c := range f.order {
		if c < 0 || c >= n || seen[c] {
			return bad("order", i)
		}
		seen[c] = true
	}
	return nil
}
