package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"lightsout/race"
)

// Retention says what is deleted of races that are over. Laps, events, results and the log are kept unless Races says
// otherwise.
type Retention struct {
	// Telemetry is the age after a race's last record at which its telemetry is deleted; 0 means no limit.
	Telemetry time.Duration
	// SizeBytes limits the contents of the file: above it telemetry is deleted, oldest race first; 0 means no limit.
	SizeBytes int64
	// Races is the age at which whole races are deleted; 0 means no limit.
	Races time.Duration
	// Audit is the age at which entries of the audit trail are deleted; 0 means no limit.
	Audit time.Duration
	// Unfed also deletes what a registered feed has not fed yet.
	Unfed bool
}

// Retained is the outcome of a retention run.
type Retained struct {
	Telemetry []race.ID // telemetry deleted
	Races     []race.ID // deleted
	Waiting   []race.ID // kept only because a feed has not fed them
	// Before and After are the used bytes of the file, without free pages.
	Before, After int64
}

// candidate is a race that is over.
type candidate struct {
	id        race.ID
	over      time.Time // time of its last record
	telemetry bool      // it has telemetry
	fedAll    bool      // every feed has fed it completely
	fed       bool      // every feed has fed its telemetry
}

// Spare excludes a race from retention until done is called: a race that is being imported looks like one that ended long ago.
func (s *Store) Spare(id race.ID) (done func()) {
	s.mu.Lock()
	s.spared[id] = true
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		delete(s.spared, id)
		s.mu.Unlock()
	}
}

func (s *Store) isSpared(id race.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spared[id]
}

// Retain deletes what need not be kept. It works in small steps between the commits of running races, and also while commits
// fail because the disk is full.
func (s *Store) Retain(ctx context.Context, r Retention) (Retained, error) {
	var out Retained
	err := s.retainAudit(ctx, r.Audit)
	if alone := r.Audit > 0 && r.Telemetry == 0 && r.SizeBytes == 0 && r.Races == 0; err != nil || alone {
		return out, err
	}
	if out.Before, err = s.usedBytes(ctx); err != nil {
		return out, err
	}
	list, err := s.candidates(ctx)
	if err != nil {
		return out, err
	}
	if err := s.retainByAge(ctx, list, r, &out); err != nil {
		return out, err
	}
	return out, s.retainBySize(ctx, list, r, &out)
}

func (s *Store) retainByAge(ctx context.Context, list []candidate, r Retention, out *Retained) error {
	now := s.now()
	for i := range list {
		c := &list[i]
		var err error
		switch {
		case r.Races > 0 && now.Sub(c.over) > r.Races:
			err = s.giveUpRace(ctx, c, r, out)
		case r.Telemetry > 0 && c.telemetry && now.Sub(c.over) > r.Telemetry:
			err = s.giveUpTelemetry(ctx, c, r, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) retainBySize(ctx context.Context, list []candidate, r Retention, out *Retained) (err error) {
	out.After, err = s.usedBytes(ctx)
	for i := 0; err == nil && i < len(list) && r.SizeBytes > 0 && out.After > r.SizeBytes; i++ {
		if c := &list[i]; c.telemetry && !slices.Contains(out.Races, c.id) {
			if err := s.giveUpTelemetry(ctx, c, r, out); err != nil {
				return err
			}
			out.After, err = s.usedBytes(ctx)
		}
	}
	return err
}

// usedBytes returns the used bytes of the file.
func (s *Store) usedBytes(ctx context.Context) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `SELECT (p.page_count - f.freelist_count) * s.page_size
		FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read the size: %w", err)
	}
	return n, nil
}

// candidates returns the races that are over, oldest first.
func (s *Store) candidates(ctx context.Context) ([]candidate, error) {
	var out []candidate
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var c candidate
		var over int64
		err := r.Scan(&c.id, &over, &c.telemetry, &c.fedAll, &c.fed)
		c.over = time.Unix(0, over)
		if !s.isSpared(c.id) {
			out = append(out, c)
		}
		return err
	}, `SELECT r.id, l.recorded_at,
		EXISTS (SELECT 1 FROM telemetry t WHERE t.race = r.id) OR EXISTS (SELECT 1 FROM frames t WHERE t.race = r.id)
			OR EXISTS (SELECT 1 FROM samples t WHERE t.race = r.id),
		NOT EXISTS (SELECT 1 FROM (SELECT DISTINCT feed FROM feeds) n LEFT JOIN feeds f ON f.feed = n.feed AND f.race = r.id
			WHERE `+behind+`),
		NOT EXISTS (SELECT 1 FROM (SELECT DISTINCT feed FROM feeds) n LEFT JOIN feeds f ON f.feed = n.feed AND f.race = r.id
			WHERE `+behindTelemetry+`)
		FROM races r JOIN records l ON l.race = r.id AND l.seq = r.last_seq WHERE r.status >= ? ORDER BY l.recorded_at, r.id`, int(race.Over))
	return out, err
}

func (s *Store) giveUpTelemetry(ctx context.Context, c *candidate, r Retention, out *Retained) error {
	if !c.fed && !r.Unfed {
		if !slices.Contains(out.Waiting, c.id) {
			out.Waiting = append(out.Waiting, c.id)
		}
		return nil
	}
	if err := s.GiveUpTelemetry(ctx, c.id); err != nil {
		return err
	}
	c.telemetry = false
	out.Telemetry = append(out.Telemetry, c.id)
	return nil
}

func (s *Store) giveUpRace(ctx context.Context, c *candidate, r Retention, out *Retained) error {
	if !c.fedAll && !r.Unfed {
		out.Waiting = append(out.Waiting, c.id)
		return nil
	}
	if err := s.GiveUpTelemetry(ctx, c.id); err != nil {
		return err
	}
	if _, err := s.between(ctx, func(tx *sql.Tx) (int64, error) { return 1, deleteRace(ctx, tx, c.id) }); err != nil {
		return err
	}
	s.enqueue(job{id: c.id, do: func(context.Context, *sql.Tx) error { delete(s.open, c.id); return nil }})
	out.Races = append(out.Races, c.id)
	return nil
}

// GiveUpTelemetry deletes the telemetry of a race that is over, in steps, so that commits of other races wait only briefly.
func (s *Store) GiveUpTelemetry(ctx context.Context, id race.ID) error {
	for _, step := range []string{
		"DELETE FROM telemetry WHERE rowid IN (SELECT rowid FROM telemetry WHERE race = ? ORDER BY first_car, first_tick LIMIT 256)",
		"DELETE FROM frames WHERE rowid IN (SELECT rowid FROM frames WHERE race = ? LIMIT 32)",
		`DELETE FROM samples WHERE race = ?1 AND (car, time_us) IN
			(SELECT car, time_us FROM samples WHERE race = ?1 ORDER BY car, time_us LIMIT 5000)`,
	} {
		for n := int64(1); n > 0; {
			var err error
			n, err = s.between(ctx, func(tx *sql.Tx) (int64, error) {
				res, err := tx.ExecContext(ctx, step, string(id))
				if err != nil {
					return 0, fmt.Errorf("delete telemetry of race %s: %w", id, err)
				}
				return res.RowsAffected()
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// between runs a transaction between two commits. It bypasses the queue, because the first job there may be waiting for the
// space that this frees.
func (s *Store) between(ctx context.Context, do func(tx *sql.Tx) (int64, error)) (int64, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	n, err := do(tx)
	if err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	return n, nil
}

// Limit sets the maximum size of the file in bytes; 0 means no limit. At the limit commits fail and races wait until data is
// deleted or the limit is raised. The WAL is not counted, and the file is not shrunk.
func (s *Store) Limit(ctx context.Context, bytes int64) error {
	var size int64
	if err := s.write.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size); err != nil {
		return fmt.Errorf("read the page size: %w", err)
	}
	pages := bytes / size
	if bytes == 0 {
		pages = 1<<32 - 2 // SQLite's own limit
	}
	var now int64
	if err := s.write.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", max(pages, 1))).Scan(&now); err != nil {
		return fmt.Errorf("limit the file: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = bytes
	return nil
}
