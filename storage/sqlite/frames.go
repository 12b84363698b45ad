package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lightsout/race"
)

// zstdMagic begins a compressed block. A frame that is not in a block yet is not compressed and begins with its version.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// decodeBlock decompresses and decodes a row of telemetry or of frames. The block may keep data.
func (s *Store) decodeBlock(data []byte) (*block, error) {
	if bytes.HasPrefix(data, zstdMagic) {
		raw, err := s.unzip.DecodeAll(data, nil)
		if err != nil {
			return nil, errors.Join(ErrDamagedBlock, err)
		}
		data = raw
	}
	return readBlock(data)
}

// blockBytes of a block take as long to decode as one byte of an answer.
const blockBytes = 50

// eachBlock decodes the blocks of a query with one column. A block is valid until the next one.
func (s *Store) eachBlock(ctx context.Context, q querier, take func(*block), query string, args ...any) error {
	budget := race.BudgetOf(ctx)
	return each(ctx, q, func(r *sql.Rows) error {
		var data sql.RawBytes
		if err := r.Scan(&data); err != nil {
			return err
		}
		b, err := s.decodeBlock(data)
		if err != nil {
			return err
		}
		if err := budget.Work(race.RowCost + len(b.data)/blockBytes); err != nil {
			return err
		}
		take(b)
		return nil
	}, query, args...)
}

// openFrames returns frames that are not in a block yet, by tick; a negative limit means all.
func (s *Store) openFrames(ctx context.Context, q querier, id race.ID, from, to race.Tick, limit int) ([]*race.Frame, error) {
	var out []*race.Frame
	err := s.eachBlock(ctx, q, func(b *block) {
		frames := b.frames(b.first, b.cars)
		b.fill(frames, b.first)
		out = append(out, frames...)
	}, "SELECT data FROM frames WHERE race = ? AND tick BETWEEN ? AND ? ORDER BY tick LIMIT ?", string(id), int64(from), int64(to), limit)
	return out, err
}

// Frames calls each with the telemetry of a race by tick, from from to to, both included, until each returns an error. Ten
// seconds of all cars are in memory at a time. It includes frames written meanwhile, and no writer waits for each.
func (s *Store) Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	for from <= to {
		frames, err := s.framesAt(ctx, id, from, to)
		if err != nil {
			return fmt.Errorf("read telemetry of race %s: %w", id, err)
		}
		if len(frames) == 0 {
			return nil
		}
		for _, f := range frames {
			if f.Tick >= from && f.Tick <= to {
				if err := each(f); err != nil {
					return err
				}
			}
		}
		from = frames[len(frames)-1].Tick + 1
	}
	return nil
}

// framesAt returns the next frames from a tick on: those of one row of blocks, or some that are not in a block yet.
func (s *Store) framesAt(ctx context.Context, id race.ID, from, to race.Tick) ([]*race.Frame, error) {
	tx, done, err := s.moment(ctx) // blocks and single frames must be consistent
	if err != nil {
		return nil, err
	}
	defer done()
	var car, first sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT first_car, first_tick FROM telemetry WHERE race = ?1
		AND first_car = (SELECT min(first_car) FROM telemetry WHERE race = ?1)
		AND first_tick BETWEEN ?2 AND ?3 AND last_tick >= ?4 ORDER BY first_tick LIMIT 1`,
		string(id), int64(from)-blockTicks+1, int64(to), int64(from)).Scan(&car, &first)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("look for blocks: %w", err)
	}
	until := to
	if first.Valid {
		until = min(to, race.Tick(first.Int64)-1)
	}
	open, err := s.openFrames(ctx, tx, id, from, until, blockTicks)
	if err != nil || len(open) > 0 || !first.Valid {
		return open, err
	}
	return s.closedFrames(ctx, tx, id, car.Int64, first.Int64)
}

// closedFrames assembles the blocks that begin at a tick, from the first car on; the frames end at a lost block.
func (s *Store) closedFrames(ctx context.Context, q querier, id race.ID, car, tick int64) ([]*race.Frame, error) {
	var blocks []*block
	next := car
	for {
		var data []byte
		var last int64
		err := q.QueryRowContext(ctx, "SELECT last_car, data FROM telemetry WHERE race = ? AND first_car = ? AND first_tick = ?",
			string(id), next, tick).Scan(&last, &data)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read blocks: %w", err)
		}
		b, err := s.decodeBlock(data)
		if err != nil {
			return nil, err
		}
		if int64(b.first) != next || int64(b.cars) != last-next+1 || len(b.times) != len(append(blocks, b)[0].times) {
			return nil, fmt.Errorf("%w: it does not match its neighbours", ErrDamagedBlock)
		}
		blocks, next = append(blocks, b), last+1
	}
	out := blocks[0].frames(race.CarIdx(car), int(next-car))
	for _, b := range blocks {
		b.fill(out, race.CarIdx(car))
	}
	return out, nil
}
