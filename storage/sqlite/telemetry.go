package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"lightsout/race"
)

// Limits of a telemetry block: ten seconds at the usual ten ticks, or as many samples as fit in the memory of a few.
const (
	blockTicks   = 100
	blockSamples = 1 << 19
)

// ErrDamagedBlock says that a telemetry block cannot be read.
var ErrDamagedBlock = errors.New("the telemetry block is damaged")

// block gathers frames until it is full. Until then its frames lie in the table one by one, so that a commit writes
// little and nothing is lost.
type block struct {
	race    race.ID
	frames  []*race.Frame
	written int // how many of the frames lie in the table
	touched bool
}

func (b *block) full() bool {
	n := len(b.frames)
	return n >= blockTicks || n > 0 && n*b.frames[0].Cars() >= blockSamples
}

// frame adds a frame to its race's open block.
func (w *txWriter) frame(ctx context.Context, id race.ID, f *race.Frame) error {
	b, err := w.openBlock(ctx, id)
	if err != nil {
		return err
	}
	if n := len(b.frames); n > 0 && (b.frames[n-1].Tick+1 != f.Tick || b.frames[n-1].Cars() != f.Cars()) {
		if err := w.closeBlock(ctx, b); err != nil {
			return err
		}
	}
	b.frames = append(b.frames, f)
	if b.full() {
		return w.closeBlock(ctx, b)
	}
	if !b.touched {
		b.touched = true
		w.touched = append(w.touched, b)
	}
	return nil
}

// openBlock is the race's block that is not full, read back from the table after a start.
func (w *txWriter) openBlock(ctx context.Context, id race.ID) (*block, error) {
	if b := w.store.open[id]; b != nil {
		return b, nil
	}
	b := &block{race: id}
	rows, err := w.tx.QueryContext(ctx,
		"SELECT data FROM telemetry WHERE race = ? AND first_tick = last_tick ORDER BY first_tick", string(id))
	if err != nil {
		return nil, fmt.Errorf("read the open block: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, fmt.Errorf("read the open block: %w", err)
		}
		frames, err := w.store.decodeBlock(data)
		if err != nil {
			return nil, err
		}
		b.frames = append(b.frames, frames...)
	}
	b.written = len(b.frames)
	w.store.open[id] = b
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the open block: %w", err)
	}
	return b, nil
}

// closeBlock replaces the single frames by one block.
func (w *txWriter) closeBlock(ctx context.Context, b *block) error {
	first, last := b.frames[0].Tick, b.frames[len(b.frames)-1].Tick
	if b.written > 0 {
		err := w.exec(ctx, "DELETE FROM telemetry WHERE race = ? AND first_tick BETWEEN ? AND ?",
			string(b.race), int64(first), int64(last))
		if err != nil {
			return err
		}
	}
	if err := w.writeBlock(ctx, b.race, b.frames); err != nil {
		return err
	}
	b.frames, b.written = nil, 0
	return nil
}

// endTelemetry closes a race's last block.
func (w *txWriter) endTelemetry(ctx context.Context, id race.ID) error {
	b, err := w.openBlock(ctx, id)
	if err != nil {
		return err
	}
	if len(b.frames) > 0 {
		if err := w.closeBlock(ctx, b); err != nil {
			return err
		}
	}
	delete(w.store.open, id)
	return nil
}

func (w *txWriter) writeBlock(ctx context.Context, id race.ID, frames []*race.Frame) error {
	return w.exec(ctx, "INSERT OR REPLACE INTO telemetry VALUES (?,?,?,?)", string(id), int64(frames[0].Tick),
		int64(frames[len(frames)-1].Tick), w.store.encodeBlock(frames))
}

// telemetry writes the frames of the open blocks that the commit has touched.
func (w *txWriter) telemetry(ctx context.Context) error {
	for _, b := range w.touched {
		b.touched = false
		for _, f := range b.frames[b.written:] {
			if err := w.writeBlock(ctx, b.race, []*race.Frame{f}); err != nil {
				return err
			}
		}
		b.written = len(b.frames)
	}
	return nil
}

// encodeBlock writes frames column by column, each car's values in a row as differences of differences, packed.
func (s *Store) encodeBlock(frames []*race.Frame) []byte {
	first := frames[0]
	raw := make([]byte, 0, 64+len(frames)*first.Cars()*8)
	raw = append(raw, 1) // version
	raw = binary.AppendUvarint(raw, uint64(len(frames)))
	raw = binary.AppendUvarint(raw, uint64(first.Cars()))
	raw = binary.AppendVarint(raw, int64(first.First))
	raw = binary.AppendVarint(raw, int64(first.Tick))
	for _, f := range frames {
		raw = binary.AppendVarint(raw, int64(f.Time))
	}
	for column := range columns {
		for car := range first.Cars() {
			var last, step int64
			for _, f := range frames {
				v := columns[column].get(f, car)
				raw = binary.AppendVarint(raw, v-last-step)
				last, step = v, v-last
			}
		}
	}
	return s.zip.EncodeAll(raw, nil)
}

// columns of a frame in the order in which a block has them.
var columns = []struct {
	get func(f *race.Frame, car int) int64
	set func(f *race.Frame, car int, v int64)
}{
	{func(f *race.Frame, i int) int64 { return int64(f.LapFraction[i]) }, func(f *race.Frame, i int, v int64) { f.LapFraction[i] = uint16(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.State[i]) }, func(f *race.Frame, i int, v int64) { f.State[i] = race.CarState(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.Lap[i]) }, func(f *race.Frame, i int, v int64) { f.Lap[i] = uint16(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.SpeedDKMH[i]) }, func(f *race.Frame, i int, v int64) { f.SpeedDKMH[i] = uint16(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.RPM50[i]) }, func(f *race.Frame, i int, v int64) { f.RPM50[i] = uint8(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.Throttle[i]) }, func(f *race.Frame, i int, v int64) { f.Throttle[i] = uint8(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.Brake[i]) }, func(f *race.Frame, i int, v int64) { f.Brake[i] = uint8(v) }},
	{func(f *race.Frame, i int) int64 { return int64(f.GearDRS[i]) }, func(f *race.Frame, i int, v int64) { f.GearDRS[i] = uint8(v) }},
}

func newFrame(cars int) *race.Frame {
	return &race.Frame{
		LapFraction: make([]uint16, cars), State: make([]race.CarState, cars), Lap: make([]uint16, cars),
		SpeedDKMH: make([]uint16, cars), RPM50: make([]uint8, cars), Throttle: make([]uint8, cars),
		Brake: make([]uint8, cars), GearDRS: make([]uint8, cars),
	}
}

func (s *Store) decodeBlock(data []byte) ([]*race.Frame, error) {
	raw, err := s.unzip.DecodeAll(data, nil)
	if err != nil || len(raw) == 0 || raw[0] != 1 {
		return nil, errors.Join(ErrDamagedBlock, err)
	}
	raw = raw[1:]
	failed := false
	uvarint := func(limit uint64) int {
		v, n := binary.Uvarint(raw)
		if n <= 0 || v > limit {
			failed = true
			return 0
		}
		raw = raw[n:]
		return int(v)
	}
	varint := func() int64 {
		v, n := binary.Varint(raw)
		if n <= 0 {
			failed = true
			return 0
		}
		raw = raw[n:]
		return v
	}
	ticks, cars := uvarint(blockTicks), uvarint(race.CarsMax)
	first, tick := varint(), varint()
	if failed || len(raw) < ticks*cars {
		return nil, ErrDamagedBlock
	}
	frames := make([]*race.Frame, ticks)
	for i := range frames {
		frames[i] = newFrame(cars)
		frames[i].First, frames[i].Tick, frames[i].Time = race.CarIdx(first), race.Tick(tick)+race.Tick(i), race.Micros(varint())
	}
	for column := range columns {
		for car := range cars {
			var last, step int64
			for _, f := range frames {
				v := last + step + varint()
				columns[column].set(f, car, v)
				last, step = v, v-last
			}
		}
	}
	if failed || len(raw) > 0 {
		return nil, ErrDamagedBlock
	}
	return frames, nil
}

// Frames calls each with the telemetry of a race in order of ticks, from and to included, until it returns an error.
func (s *Store) Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	rows, err := s.read.QueryContext(ctx,
		"SELECT data FROM telemetry WHERE race = ? AND last_tick >= ? AND first_tick <= ? ORDER BY first_tick",
		string(id), int64(from), int64(to))
	if err != nil {
		return fmt.Errorf("read telemetry: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return fmt.Errorf("read telemetry: %w", err)
		}
		frames, err := s.decodeBlock(data)
		if err != nil {
			return err
		}
		for _, f := range frames {
			if f.Tick >= from && f.Tick <= to {
				if err := each(f); err != nil {
					return err
				}
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read telemetry: %w", err)
	}
	return nil
}
