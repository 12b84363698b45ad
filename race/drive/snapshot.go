package drive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"lightsout/race"
)

// ErrSnapshot is wrapped if a snapshot is damaged or belongs to another race.
var ErrSnapshot = errors.New("not a snapshot of this race")

// A snapshot, all integers little-endian:
//
//	┌───────┬─────────┬──────────┬──────────┬───────────────┬────────┬──────────────┬────────────┐
//	│ magic │ race u64│ cars u32 │ tick i64 │ chequered i64 │ flag u8│ yellow 3×i64 │ winner i32 │
//	├───────┴─────────┴─────┬────┴──────────┴──┬────────────┴────────┴──┬───────────┴────────────┤
//	│ rows 69 × cars        │ order count u32  │ car i32 × count        │ the field's hash u64   │
//	└───────────────────────┴──────────────────┴────────────────────────┴────────────────────────┘
//
// race is the model's fingerprint. Neighbours and leader are recomputed.
const (
	snapshotMagic = "LOF1"
	snapshotHead  = 4 + 8 + 4 + 8 + 8 + 1 + sectors*8 + 4
	rowBytes      = 3*8 + 9*4 + 2*2 + 5
)

// AppendBinary appends the field as a snapshot with a version and the field's hash as a checksum; it does not fail.
func (f *Field) AppendBinary(b []byte) ([]byte, error) { return f.AppendHashed(b, f.Hash()), nil }

// AppendHashed is AppendBinary for a caller that knows the field's hash: of a large field it takes as long as the rest.
func (f *Field) AppendHashed(b []byte, hash uint64) []byte {
	le := binary.LittleEndian
	b = slices.Grow(b, snapshotHead+len(f.Rows)*rowBytes+4+len(f.order)*4+8)
	b = append(b, snapshotMagic...)
	b = le.AppendUint64(b, f.race)
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
	return le.AppendUint64(b, hash)
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
	return append(b, r.NextLine, byte(r.Compound), byte(r.State), byte(r.Mode), byte(r.Reason))
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

// DecodeField decodes a snapshot of this race. It returns an error that wraps ErrSnapshot if the bytes are damaged. It does
// not keep b.
func (m *Model) DecodeField(b []byte) (*Field, error) { return m.decode(b, true) }

func (m *Model) decode(b []byte, guarded bool) (*Field, error) {
	le := binary.LittleEndian
	n := m.cfg.Cars
	if len(b) < snapshotHead+n*rowBytes+4+8 || string(b[:4]) != snapshotMagic {
		return nil, fmt.Errorf("%w: %d bytes, too few or not of this version", ErrSnapshot, len(b))
	}
	hash := le.Uint64(b[len(b)-8:])
	if of := le.Uint64(b[4:]); of != m.fingerprint || int64(le.Uint32(b[12:])) != int64(n) {
		return nil, fmt.Errorf("%w: it is of race %016x, this is %016x", ErrSnapshot, of, m.fingerprint)
	}
	f := &Field{
		race: m.fingerprint, Tick: race.Tick(le.Uint64(b[16:])), ChequeredAt: race.Micros(le.Uint64(b[24:])),
		Flag: race.FlagState(b[32]), Winner: race.CarIdx(le.Uint32(b[33+8*sectors:])),
	}
	for i := range f.YellowUntil {
		f.YellowUntil[i] = race.Tick(le.Uint64(b[33+8*i:]))
	}
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
	f.measure(m)
	m.link(f, m.spots(f))
	m.lead(f)
	if guarded && f.Hash() != hash {
		return nil, fmt.Errorf("%w: its hash does not match", ErrSnapshot)
	}
	return f, nil
}

// sound checks that every value is valid, so that no later tick can fail on it.
func (m *Model) sound(f *Field) error {
	n := race.CarIdx(m.cfg.Cars)
	bad := func(what string, i int) error {
		return fmt.Errorf("%w: %s of %d is out of range", ErrSnapshot, what, i)
	}
	if f.Tick < 0 || f.Tick > 1<<40 || f.Flag >= race.FlagChequered ||
		(f.ChequeredAt < 0 && f.ChequeredAt != race.NoTime) || f.ChequeredAt > 1<<50 || f.Winner < race.NoCar || f.Winner >= n {
		return bad("head", 0)
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		line := int(r.NextLine)
		switch {
		case r.Clock < 0 || r.Clock >= m.profile.lapNS || r.Step < 0 || r.Step > m.profile.lapNS:
			return bad("place", i)
		case r.FinishAt < -1 || r.FinishAt > 1<<50 || r.TargetUS < 0 || r.StationaryUS < 0 || r.ChaseTicks < 0:
			return bad("time", i)
		case r.Lap < 0 || int(r.Lap) > m.lapsMax()+1 || r.SpeedMMS < 0 || r.SpeedMMS > 1_000_000 || r.Pace < 0:
			return bad("speed", i)
		case r.Chase < race.NoCar || r.Chase >= n || r.LaneUM < 0 || int64(r.LaneUM) >= m.lane.lengthUM || r.WaitUS < 0:
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
