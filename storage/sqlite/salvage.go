package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"lightsout/race"
)

// Salvaged is what was saved from a damaged file.
type Salvaged struct {
	Races []SalvagedRace `json:"races"`
	Lost  []string       `json:"lost"` // losses that concern no single race
}

// SalvagedRace is what was saved of a race. Facts are not saved: they are recomputed from the log.
type SalvagedRace struct {
	ID      race.ID `json:"race"`
	Records int64   `json:"records"`
	// LostRecords counts the records after the first gap; -1 means unknown.
	LostRecords int64 `json:"lost_records"`
	// Samples counts saved telemetry samples; LostSamples those of simulations that were lost.
	Samples     int64    `json:"samples"`
	LostSamples int64    `json:"lost_samples"`
	Notes       []string `json:"notes"`
	// Hashes of the stored results, by version.
	Hashes map[int]string `json:"-"`
}

// salvager reads a damaged file and writes a new one.
type salvager struct {
	from, to *Store
	out      *Salvaged
	index    map[race.ID]int // of out.Races
	kept     map[race.ID]oldRace
	progress func(what string)
}

// oldRace is a row of the damaged file's list of races.
type oldRace struct {
	status, lastSeq, lastCount, lastTick, samplesCount int64
}

// Salvage reads what is readable in a damaged file, race by race, and writes it to a new file: of each log the records up to
// the first gap, all telemetry that can be decoded, samples, cursors of feeds. It never writes to the damaged file.
func Salvage(ctx context.Context, damagedPath, newPath string, codec Codec, progress func(what string)) (*Salvaged, error) {
	if _, err := os.Stat(newPath); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already: salvage writes a new file: %w", newPath, race.ErrConflict)
	}
	from, done, lost, err := openDamaged(ctx, damagedPath, newPath, codec)
	if err != nil {
		return nil, err
	}
	defer done()
	to, err := Open(newPath, codec, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	v := &salvager{from: from, to: to, index: map[race.ID]int{}, kept: map[race.ID]oldRace{}, progress: progress}
	v.out = &Salvaged{Races: []SalvagedRace{}, Lost: append([]string{}, lost...)}
	return v.out, errors.Join(v.all(ctx), to.Close())
}

func (v *salvager) all(ctx context.Context) error {
	ids := v.races(ctx)
	for _, id := range ids {
		v.progress("race " + string(id))
		if err := v.log(ctx, id); err != nil {
			return err
		}
	}
	v.progress("telemetry")
	for _, part := range []func(context.Context) error{v.blocks, v.frames, v.samples, v.rest, v.settle} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (v *salvager) lose(format string, args ...any) {
	v.out.Lost = append(v.out.Lost, fmt.Sprintf(format, args...))
}

// races finds the races through the list of races and through their logs.
func (v *salvager) races(ctx context.Context) []race.ID {
	var ids []race.ID
	holes := rowScan(ctx, v.from.read, "races", "id, status, last_seq, last_count, last_tick, samples_count", func(r *sql.Rows) (rowid int64, err error) {
		var id race.ID
		var o oldRace
		if err := r.Scan(&rowid, &id, &o.status, &o.lastSeq, &o.lastCount, &o.lastTick, &o.samplesCount); err != nil {
			return 0, err
		}
		v.kept[id] = o
		ids = append(ids, id)
		return rowid, nil
	})
	if holes > 0 {
		v.lose("the list of races is damaged in %d places; races are found by their logs too", holes)
	}
	for after := ""; ; {
		var id sql.NullString
		err := v.from.read.QueryRowContext(ctx, "SELECT min(race) FROM records WHERE race > ?", after).Scan(&id)
		if err != nil {
			v.lose("the logs are damaged: races after %q whose place in the list is lost are not found (%v)", after, err)
			return ids
		}
		if !id.Valid {
			return ids
		}
		after = id.String
		if _, known := v.kept[race.ID(after)]; !known {
			ids = append(ids, race.ID(after))
		}
	}
}

// log saves the records of a race up to the first one that is missing or cannot be decoded.
func (v *salvager) log(ctx context.Context, id race.ID) error {
	out := SalvagedRace{ID: id, Notes: []string{}, Hashes: map[int]string{}}
	old, listed := v.kept[id]
	var batch []race.Record
	var ended bool
	flush := func(count int64) error {
		if len(batch) == 0 {
			return nil
		}
		err := v.append(&race.Batch{Race: id, Count: uint64(count), Records: batch})
		out.Records += int64(len(batch))
		batch = nil
		return err
	}
	var failed error
	stop := errors.New("stop")
	err := each(ctx, v.from.read, func(r *sql.Rows) error {
		rec, err := v.from.scanRecord(r)
		next := race.Seq(out.Records) + race.Seq(len(batch)) + 1
		announced, info := rec.Body.(race.Announced)
		if err != nil || rec.Seq != next || info != (next == 1) || info && announced.Race.ID != id {
			return errors.Join(stop, err)
		}
		_, end := rec.Body.(race.Ended)
		ended = ended || end
		if batch = append(batch, rec); len(batch) == 1000 {
			if failed = flush(0); failed != nil {
				return failed
			}
		}
		return nil
	}, recordColumns+" WHERE race = ? ORDER BY seq", string(id))
	if failed == nil {
		failed = flush(0)
	}
	switch {
	case failed != nil:
		return fmt.Errorf("save race %s: %w", id, failed)
	case out.Records == 0:
		v.lose("race %s: its first record cannot be read", id)
		return nil
	case listed:
		out.LostRecords = max(0, old.lastSeq-out.Records)
	case err != nil:
		out.LostRecords = -1
	}
	if err != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("its log ends at record %d: the next one is missing or cannot be read", out.Records))
	}
	v.index[id] = len(v.out.Races)
	v.out.Races = append(v.out.Races, out)
	return v.status(ctx, id, old, listed && out.LostRecords == 0, ended)
}

// append writes to the new file.
func (v *salvager) append(b *race.Batch) error {
	done := make(chan error, 1)
	v.to.Append(b, func(err error) { done <- err })
	return <-done
}

// status sets the status of a race: over, or unfinished if everything needed to resume it was saved.
func (v *salvager) status(ctx context.Context, id race.ID, old oldRace, whole, ended bool) error {
	summary, err := v.to.Summary(ctx, id)
	if err != nil {
		return err
	}
	var snapshot []byte
	err = v.from.read.QueryRowContext(ctx, "SELECT data FROM snapshots WHERE race = ? AND count = ?", string(id), old.lastCount).Scan(&snapshot)
	if err == nil {
		_, err = v.from.unpackSnapshot(snapshot)
	}
	status := race.Status(old.status)
	switch {
	case ended:
		status = race.Over
	case summary.Race.Kind == race.External:
		status = race.Waiting // its facts will set the final status
	case !whole || err != nil:
		status = race.Failed
		v.note(id, "it was not over, and cannot go on: the end of its log or its snapshot is lost")
	}
	v.hashes(ctx, id)
	return v.to.durably(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		if err == nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO snapshots VALUES (?,?,?)", string(id), old.lastCount, snapshot); err != nil {
				return fmt.Errorf("save a snapshot: %w", err)
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE races SET status = ?, last_count = max(last_count, ?) WHERE id = ?", int(status), old.lastCount, string(id))
		return err
	})
}

func (v *salvager) note(id race.ID, format string, args ...any) {
	r := &v.out.Races[v.index[id]]
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// hashes keeps the hashes of the results, so that they can be compared with the recomputed ones.
func (v *salvager) hashes(ctx context.Context, id race.ID) {
	out := v.out.Races[v.index[id]].Hashes
	// Results that cannot be read are not compared.
	_ = each(ctx, v.from.read, func(r *sql.Rows) error {
		var version int
		var hash string
		err := r.Scan(&version, &hash)
		out[version] = hash
		return err
	}, "SELECT version, state_hash FROM results WHERE race = ?", string(id))
}
