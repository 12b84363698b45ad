package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lightsout/race"
)

// durably commits something and waits until it is on disk. Where the context ends first, it may happen all the same.
func (s *Store) durably(ctx context.Context, id race.ID, do func(ctx context.Context, tx *sql.Tx) error) error {
	return s.await(ctx, job{id: id, do: do})
}

// await hands over a job and waits until it is on disk.
func (s *Store) await(ctx context.Context, j job) error {
	done := make(chan error, 1)
	j.ready = func(err error) { done <- err }
	s.enqueue(j)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RegisterFeed says that a feed is there: retention takes no telemetry that it has not fed yet.
func (s *Store) RegisterFeed(ctx context.Context, feed string) error {
	return s.commitIndependently(ctx, race.ID("feed "+feed), func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO feeds (feed, race) VALUES (?, '')", feed); err != nil {
			return fmt.Errorf("register feed %s: %w", feed, err)
		}
		return nil
	})
}

// DropFeed forgets a feed, its cursors and what was made dead letters for it.
func (s *Store) DropFeed(ctx context.Context, feed string) error {
	return s.durably(ctx, race.ID("feed "+feed), func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range []string{"feeds", "feed_rejects"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE feed = ?", feed); err != nil {
				return fmt.Errorf("drop feed %s: %w", feed, err)
			}
		}
		return nil
	})
}

// Cursor is how far a feed has come in a race; zero where it has not begun.
func (s *Store) Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error) {
	var seq, tick, count int64
	err := s.read.QueryRowContext(ctx, "SELECT seq, tick, count FROM feeds WHERE feed = ? AND race = ?", feed, string(id)).
		Scan(&seq, &tick, &count)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return race.FeedCursor{}, fmt.Errorf("read the cursor of feed %s in race %s: %w", feed, id, err)
	}
	return race.FeedCursor{Seq: race.Seq(seq), Tick: race.Tick(tick), Count: uint64(count)}, nil
}

// MoveCursor notes how far a feed has come; it is durable when it returns. race.ErrNotFound where the race is gone.
func (s *Store) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO feeds SELECT ?, id, ?, ?, ? FROM races WHERE id = ?",
			feed, int64(c.Seq), int64(c.Tick), int64(c.Count), string(id))
		return changedOne(res, err, "move a cursor in", id)
	})
}

// changedOne says what became of a statement that must touch a row of a race.
func changedOne(res sql.Result, err error, what string, id race.ID) error {
	if err == nil {
		var n int64
		if n, err = res.RowsAffected(); err == nil && n == 0 {
			err = race.ErrNotFound
		}
	}
	if err != nil {
		return fmt.Errorf("%s race %s: %w", what, id, err)
	}
	return nil
}

// FeedEnd is how far a feed can come in a race by now: once all up to here is fed, its cursor is this.
func (s *Store) FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error) {
	var seq, tick, count int64
	err := s.read.QueryRowContext(ctx, "SELECT last_seq, last_tick, samples_count FROM races WHERE id = ?", string(id)).
		Scan(&seq, &tick, &count)
	if errors.Is(err, sql.ErrNoRows) {
		err = race.ErrNotFound
	}
	if err != nil {
		return race.FeedCursor{}, fmt.Errorf("race %s: %w", id, err)
	}
	return race.FeedCursor{Seq: race.Seq(seq), Tick: race.Tick(tick), Count: uint64(count)}, nil
}

// A race r of which a feed with the cursor f has not fed everything, or not all of its telemetry.
const (
	behindTelemetry = "r.last_tick > coalesce(f.tick, 0) OR r.samples_count > coalesce(f.count, 0)"
	behind          = "r.last_seq > coalesce(f.seq, 0) OR " + behindTelemetry
)

// Unfed are the races of which a feed has not fed everything, oldest first.
func (s *Store) Unfed(ctx context.Context, feed string) ([]race.ID, error) {
	return s.ids(ctx, "SELECT r.id FROM races r LEFT JOIN feeds f ON f.feed = ? AND f.race = r.id WHERE "+behind+
		" ORDER BY r.created_at, r.id", feed)
}

// DeadLetter keeps a point that another store did not take. The same point of a race made dead letters again is the same.
func (s *Store) DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error {
	at := s.now().UTC().UnixNano()
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO feed_rejects SELECT ?, id, ?, ?, ? FROM races WHERE id = ?",
			feed, at, point, reason, string(id))
		return changedOne(res, err, "put aside a point of", id)
	})
}

// Rejected are the points of a race that were made dead letters, newest first, limit at most.
func (s *Store) Rejected(ctx context.Context, feed string, id race.ID, limit int) ([]race.FeedReject, error) {
	var out []race.FeedReject
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var v race.FeedReject
		err := r.Scan(&v.At, &v.Point, &v.Reason)
		out = append(out, v)
		return err
	}, "SELECT at, line, reason FROM feed_rejects WHERE feed = ? AND race = ? ORDER BY at DESC, line LIMIT ?", feed, string(id), limit)
	return out, err
}

// SamplesAfter are the samples of real cars that were brought by batches after one of count, in the order of the batches,
// and the count of the last. Batches are given whole: those that reach limit, so that a few more than limit may come.
func (s *Store) SamplesAfter(ctx context.Context, id race.ID, count uint64, limit int) ([]race.Sample, uint64, error) {
	last := int64(count)
	err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(count), ?2) FROM
		(SELECT count FROM samples WHERE race = ?1 AND count > ?2 ORDER BY count LIMIT ?3)`, string(id), last, max(limit, 1)).Scan(&last)
	if err != nil {
		return nil, count, fmt.Errorf("read samples of race %s: %w", id, err)
	}
	var out []race.Sample
	err = eachRow(ctx, s.read, func(r row) { out = append(out, sampleOfRow(r)) }, sampleChannels+" WHERE race = ? AND count > ? AND count <= ? ORDER BY count, car, time_us", string(id), int64(count), last)
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	if err != nil {
		return nil, count, err
	}
	return out, uint64(last), nil
}
