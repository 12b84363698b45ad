package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lightsout/race"
)

// rowScan reads a table by rowid and continues after parts that cannot be read. row returns the rowid. rowScan returns the
// number of such holes.
func rowScan(ctx context.Context, db querier, table, columns string, row func(*sql.Rows) (int64, error)) (holes int) {
	return skipScan(ctx, 0, func(after int64) (last int64, err error) {
		last = after
		err = each(ctx, db, func(r *sql.Rows) error {
			rowid, err := row(r)
			if err == nil {
				last = rowid
			}
			return err
		}, "SELECT rowid, "+columns+" FROM "+table+" NOT INDEXED WHERE rowid > ? ORDER BY rowid", after)
		return last, err
	}, func(after int64) (bool, error) {
		return any1(ctx, db, "SELECT 1 FROM "+table+" NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1", after)
	})
}

// any1 reports whether a query returns a row.
func any1(ctx context.Context, db querier, query string, args ...any) (found bool, err error) {
	err = each(ctx, db, func(*sql.Rows) error { found = true; return nil }, query, args...)
	return found, err
}

// skipScan reads by an ascending key. scan reads after a key and returns the last key it read; probe reports whether there are
// rows after a key. If scan fails, skipScan continues after the nearest key at which scan works.
func skipScan(ctx context.Context, after int64, scan func(after int64) (int64, error), probe func(after int64) (bool, error)) (holes int) {
	const far = 1 << 50
	for ctx.Err() == nil {
		last, err := scan(after)
		if err == nil {
			return holes
		}
		holes++
		step, found := int64(1), false
		for ; step < far; step *= 2 {
			if found, err = probe(last + step); err == nil {
				break
			}
		}
		if !found {
			return holes
		}
		low, high := step/2, step // it fails after low, but not after high
		for low+1 < high {
			middle := low + (high-low)/2
			if _, err := probe(last + middle); err == nil {
				high = middle
			} else {
				low = middle
			}
		}
		after = last + high
	}
	return holes
}

// writer inserts rows into the new file in batches.
type writer struct {
	v     *salvager
	query string
	rows  [][]any
}

func (w *writer) add(ctx context.Context, args ...any) error {
	if w.rows = append(w.rows, args); len(w.rows) < 500 {
		return nil
	}
	return w.flush(ctx)
}

func (w *writer) flush(ctx context.Context) error {
	rows := w.rows
	w.rows = nil
	if len(rows) == 0 {
		return nil
	}
	return w.v.to.durably(ctx, "", func(ctx context.Context, tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, w.query)
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		defer st.Close() //nolint:errcheck // it ends with its transaction
		for _, args := range rows {
			if _, err := st.ExecContext(ctx, args...); err != nil {
				return fmt.Errorf("save: %w", err)
			}
		}
		return nil
	})
}

// wholeRow returns a row of n columns as it is.
func wholeRow(r *sql.Rows, n int) ([]any, error) {
	values, into := make([]any, n), make([]any, n)
	for i := range into {
		into[i] = &values[i]
	}
	return values, r.Scan(into...)
}

// saved counts a race's saved telemetry; it returns false if the race is unknown.
func (v *salvager) saved(id race.ID, samples int64) bool {
	i, known := v.index[id]
	if known {
		v.out.Races[i].Samples += samples
	}
	return known
}

// blocks saves the telemetry blocks that can be decoded.
func (v *salvager) blocks(ctx context.Context) error {
	w := writer{v: v, query: "INSERT OR IGNORE INTO telemetry VALUES (?,?,?,?,?,?)"}
	var failed error
	bad := 0
	holes := rowScan(ctx, v.from.read, "telemetry", "race, first_car, last_car, first_tick, last_tick, data", func(r *sql.Rows) (rowid int64, err error) {
		var id race.ID
		var firstCar, lastCar, firstTick, lastTick int64
		var data []byte
		if err := r.Scan(&rowid, &id, &firstCar, &lastCar, &firstTick, &lastTick, &data); err != nil || failed != nil {
			return 0, err
		}
		b, err := v.from.decodeBlock(data)
		if err != nil || int64(b.first) != firstCar || int64(b.cars) != lastCar-firstCar+1 || int64(b.tick) != firstTick ||
			int64(len(b.times)) != lastTick-firstTick+1 {
			bad++
			return rowid, nil
		}
		if v.saved(id, int64(b.cars*len(b.times))) {
			failed = w.add(ctx, string(id), firstCar, lastCar, firstTick, lastTick, data)
		}
		return rowid, nil
	})
	if holes+bad > 0 {
		v.lose("telemetry: %d blocks are damaged, and in %d places blocks cannot be read", bad, holes)
	}
	if failed != nil {
		return failed
	}
	return w.flush(ctx)
}

// frames saves the ticks that were not in a block yet.
func (v *salvager) frames(ctx context.Context) error {
	w := writer{v: v, query: "INSERT OR IGNORE INTO frames VALUES (?,?,?)"}
	var failed error
	bad := 0
	holes := rowScan(ctx, v.from.read, "frames", "race, tick, data", func(r *sql.Rows) (rowid int64, err error) {
		var id race.ID
		var tick int64
		var data []byte
		if err := r.Scan(&rowid, &id, &tick, &data); err != nil || failed != nil {
			return 0, err
		}
		b, err := v.from.decodeBlock(data)
		if err != nil || int64(b.tick) != tick || len(b.times) != 1 {
			bad++
			return rowid, nil
		}
		if v.saved(id, int64(b.cars)) {
			failed = w.add(ctx, string(id), tick, data)
		}
		return rowid, nil
	})
	if holes+bad > 0 {
		v.lose("telemetry: %d single ticks are damaged, and in %d places ticks cannot be read", bad, holes)
	}
	if failed != nil {
		return failed
	}
	return w.flush(ctx)
}

// samples saves the samples of real cars, car by car.
func (v *salvager) samples(ctx context.Context) error {
	columns := "*"
	if tenths, err := any1(ctx, v.from.read, "SELECT 1 FROM pragma_table_info('samples') WHERE name = 'speed_tenth'"); err == nil && !tenths {
		columns = "*, NULL" // schema version 4
	}
	row := strings.TrimSuffix(strings.Repeat("?,", sampleColumns), ",")
	w := writer{v: v, query: "INSERT OR IGNORE INTO samples VALUES (" + row + ")"}
	for i := range v.out.Races {
		r := &v.out.Races[i]
		entries, err := v.to.Entries(ctx, r.ID)
		if err != nil {
			return err
		}
		var failed error
		holes := 0
		for car := range entries {
			holes += skipScan(ctx, -int64(race.TimeMax), func(after int64) (last int64, err error) {
				last = after
				err = each(ctx, v.from.read, func(rows *sql.Rows) error {
					values, err := wholeRow(rows, sampleColumns)
					if err != nil || failed != nil {
						return err
					}
					last, _ = values[2].(int64)
					r.Samples++
					failed = w.add(ctx, values...)
					return nil
				}, "SELECT "+columns+" FROM samples WHERE race = ? AND car = ? AND time_us > ? ORDER BY time_us", string(r.ID), car, after)
				return last, err
			}, func(after int64) (bool, error) {
				return any1(ctx, v.from.read, "SELECT 1 FROM samples WHERE race = ? AND car = ? AND time_us > ? ORDER BY time_us LIMIT 1", string(r.ID), car, after)
			})
		}
		if failed != nil {
			return failed
		}
		if holes > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("samples of its cars cannot be read in %d places", holes))
		}
	}
	return w.flush(ctx)
}

// rest saves the small tables that do not follow from the logs, as far as they can be read.
func (v *salvager) rest(ctx context.Context) error {
	for _, t := range []struct {
		name    string
		columns int
	}{{"requests", 8}, {"feeds", 5}, {"feed_rejects", 5}, {"circuits", 2}, {"audit", 3}, {"drills", 3}, {"drill_files", 5}} {
		var there int
		if err := v.from.read.QueryRowContext(ctx, "SELECT 1 FROM sqlite_schema WHERE name = ?", t.name).Scan(&there); errors.Is(err, sql.ErrNoRows) {
			continue // an older file has no such table
		}
		w := writer{v: v, query: "INSERT OR IGNORE INTO " + t.name + " VALUES (" + strings.TrimSuffix(strings.Repeat("?,", t.columns), ",") + ")"}
		var failed error
		err := each(ctx, v.from.read, func(r *sql.Rows) error {
			values, err := wholeRow(r, t.columns)
			if err != nil {
				return err
			}
			failed = w.add(ctx, values...)
			return failed
		}, "SELECT * FROM "+t.name)
		if failed == nil {
			failed = w.flush(ctx)
		}
		if failed != nil {
			return failed
		}
		if err != nil {
			v.lose("%s: what comes after the first place that cannot be read (%v)", t.name, err)
		}
	}
	return nil
}

// settle updates the list of races to what was saved, and reports what is missing.
func (v *salvager) settle(ctx context.Context) error {
	err := v.to.durably(ctx, "", func(ctx context.Context, tx *sql.Tx) error {
		for _, q := range []string{
			"DELETE FROM requests WHERE race NOT IN (SELECT id FROM races)",
			"DELETE FROM feeds WHERE race <> '' AND race NOT IN (SELECT id FROM races)",
			"DELETE FROM feed_rejects WHERE race NOT IN (SELECT id FROM races)",
			"DELETE FROM drills WHERE race <> '' AND race NOT IN (SELECT id FROM races)", // without a race: an order for races to come
			"DELETE FROM drill_files WHERE race NOT IN (SELECT id FROM races)",
			`UPDATE races SET samples_count = coalesce((SELECT max(count) FROM samples s WHERE s.race = id), 0),
				last_tick = max(coalesce((SELECT max(last_tick) FROM telemetry t WHERE t.race = id), 0),
					coalesce((SELECT max(tick) FROM frames f WHERE f.race = id), 0))`,
			"UPDATE races SET last_count = max(last_count, samples_count, coalesce((SELECT max(count) FROM requests q WHERE q.race = id), 0))",
			// A feed that was ahead of the saved log must not skip the records that will follow.
			`UPDATE feeds SET seq = min(seq, r.last_seq), tick = min(tick, r.last_tick), count = min(count, r.samples_count)
				FROM races r WHERE r.id = feeds.race`,
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range v.out.Races {
		r := &v.out.Races[i]
		summary, err := v.to.Summary(ctx, r.ID)
		if err != nil {
			return err
		}
		if old, listed := v.kept[r.ID]; listed && summary.Race.Kind == race.Simulation {
			r.LostSamples = max(0, old.lastTick*int64(summary.Race.Cars)-r.Samples)
		}
	}
	return nil
}
