package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"lightsout/race"
)

// Retention says what of races that are over is given up. Laps, events, results and the log stay but for Races.
type Retention struct {
	// Telemetry is how old a race's telemetry may become after its last record; 0: as old as it likes.
	Telemetry time.Duration
	// SizeBytes is what the file may hold: above it, telemetry goes, oldest race first; 0: as much as it likes.
	SizeBytes int64
	// Races is how old a race may become, all of it; 0: as old as it likes.
	Races time.Duration
	// Unfed takes also what a registered feed has not fed yet.
	Unfed bool
}

// Retained is what retention did.
type Retained struct {
	Telemetry []race.ID // gave up their telemetry
	Races     []race.ID // are gone
	Waiting   []race.ID // would have given something up, but for a feed that has not fed it
	// Before and After are the bytes that the file holds; free room in it does not count.
	Before, After int64
}

// candidate is a race that is over.
type candidate struct {
	id        race.ID
	over      time.Time // of its last record
	telemetry bool      // it has some
	fedAll    bool      // every feed has fed all of it
	fed       bool      // every feed has fed its telemetry
}

// Spare has retention leave a race alone until done is called: one that is being imported looks as if it were over long ago.
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

// Retain gives up what need not be kept. It works in small steps, between the commits of races that go on, also while those
// fail because the disk is full.
func (s *Store) Retain(ctx context.Context, r Retention) (Retained, error) {
	var out Retained
	var err error
	if out.Before, err = s.held(ctx); err != nil {
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
	out.After, err = s.held(ctx)
	for i := 0; err == nil && i < len(list) && r.SizeBytes > 0 && out.After > r.SizeBytes; i++ {
		if c := &list[i]; c.telemetry && !slices.Contains(out.Races, c.id) {
			if err := s.giveUpTelemetry(ctx, c, r, out); err != nil {
				return err
			}
			out.After, err = s.held(ctx)
		}
	}
	return err
}

// held is how many bytes the file holds.
func (s *Store) held(ctx context.Context) (int64, error) {
	var n int64
	err := s.read.QueryRowContext(ctx, `SELECT (p.page_count - f.freelist_count) * s.page_size
		FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("ask for the size: %w", err)
	}
	return n, nil
}

// candidates are the races that are over, oldest first.
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

// GiveUpTelemetry deletes the telemetry of a race that is over, step by step, so that no commit of another race waits long.
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
					return 0, fmt.Errorf("take telemetry of race %s: %w", id, err)
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

// between runs a transaction between two commits. It does not go through their queue, since what is first in it may be
// waiting for the very room that this makes.
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

// Limit sets how large the file may grow, in bytes; 0: as large as it likes. At the limit commits fail and races wait, until
// something is deleted or the limit is raised. The WAL beside the file does not count, nor is the file made smaller.
func (s *Store) Limit(ctx context.Context, bytes int64) error {
	var size int64
	if err := s.write.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size); err != nil {
		return fmt.Errorf("ask for the size of a page: %w", err)
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
