package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lightsout/race"
)

// durably commits a transaction and waits until it is on disk. It may still commit after the context has ended.
func (s *Store) durably(ctx context.Context, id race.ID, do func(ctx context.Context, tx *sql.Tx) error) error {
	return s.await(ctx, job{id: id, do: do})
}

// await enqueues a job and waits until it is on disk.
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

// RegisterFeed records that a feed exists: retention keeps telemetry that it has not fed yet.
func (s *Store) RegisterFeed(ctx context.Context, feed string) error {
	return s.commitIndependently(ctx, race.ID("feed "+feed), func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO feeds (feed, race) VALUES (?, '')", feed); err != nil {
			return fmt.Errorf("register feed %s: %w", feed, err)
		}
		return nil
	})
}

// DropFeed deletes a feed with its cursors and dead letters.
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

// Cursor returns the position of a feed in a race; zero if it has not begun.
func (s *Store) Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error) {
	var seq, tick, count int64
	err := s.read.QueryRowContext(ctx, "SELECT seq, tick, count FROM feeds WHERE feed = ? AND race = ?", feed, string(id)).
		Scan(&seq, &tick, &count)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return race.FeedCursor{}, fmt.Errorf("read the cursor of feed %s in race %s: %w", feed, id, err)
	}
	if seq == erasure {
		return race.FeedCursor{}, nil
	}
	return race.FeedCursor{Seq: race.Seq(seq), Tick: race.Tick(tick), Count: uint64(count)}, nil
}

// MoveCursor stores the position of a feed; it is durable when MoveCursor returns. race.ErrNotFound if the race is gone.
func (s *Store) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO feeds SELECT ?, id, ?, ?, ? FROM races WHERE id = ?",
			feed, int64(c.Seq), int64(c.Tick), int64(c.Count), string(id))
		return changedOne(res, err, "move a cursor in", id)
	})
}

// Refeed forgets how far a feed has come in races that were made since a moment (UTC nanoseconds), and what was refused of them, so that they are fed
// again. An id means that race alone. It returns how many races that are, race.ErrNotFound if there is no such race.
func (s *Store) Refeed(ctx context.Context, feed string, id race.ID, since int64) (int64, error) {
	if id != "" {
		if err := s.known(ctx, id); err != nil {
			return 0, err
		}
	}
	const of = " WHERE feed = ?1 AND race IN (SELECT id FROM races WHERE created_at >= ?2 AND (?3 = '' OR id = ?3))"
	n := int64(0) // of the commit, which may go on when the context has ended
	err := s.durably(ctx, race.ID("feed "+feed), func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM feed_rejects"+of, feed, since, string(id)); err != nil {
			return fmt.Errorf("forget what was refused of feed %s: %w", feed, err)
		}
		res, err := tx.ExecContext(ctx, "DELETE FROM feeds"+of, feed, since, string(id))
		if err == nil {
			n, err = res.RowsAffected()
		}
		if err != nil {
			return fmt.Errorf("forget the cursors of feed %s: %w", feed, err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Retarget tells where a feed writes to from now on, and reports whether that is another place than before: then nothing was fed there, and cursors and
// dead letters are forgotten.
func (s *Store) Retarget(ctx context.Context, feed string, t race.FeedTarget) (bool, error) {
	changed := false // of the commit, which may go on when the context has ended
	err := s.durably(ctx, race.ID("feed "+feed), func(ctx context.Context, tx *sql.Tx) error {
		var bucket, org int64
		err := tx.QueryRowContext(ctx, "SELECT seq, tick FROM feeds WHERE feed = ? AND race = ''", feed).Scan(&bucket, &org)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the target of feed %s: %w", feed, err)
		}
		changed = bucket != 0 && (uint64(bucket) != t.Bucket || uint64(org) != t.Org)
		for _, table := range []string{"feeds", "feed_rejects"} {
			if !changed {
				break
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE feed = ?", feed); err != nil {
				return fmt.Errorf("forget what was fed by %s: %w", feed, err)
			}
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO feeds VALUES (?, '', ?, ?, 0)", feed, int64(t.Bucket), int64(t.Org)); err != nil {
			return fmt.Errorf("store the target of feed %s: %w", feed, err)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	return changed, nil
}

// erasure is the cursor of a feed in a race that was deleted, until the feed has erased it, too.
const erasure = -1

// Erasures returns the deleted races that a feed has to erase.
func (s *Store) Erasures(ctx context.Context, feed string) ([]race.ID, error) {
	return s.ids(ctx, "SELECT race FROM feeds WHERE feed = ? AND race <> '' AND seq = -1 ORDER BY race", feed)
}

// Erased records that a feed has erased a race.
func (s *Store) Erased(ctx context.Context, feed string, id race.ID) error {
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM feeds WHERE feed = ? AND race = ? AND seq = ?", feed, string(id), erasure); err != nil {
			return fmt.Errorf("record that race %s is erased: %w", id, err)
		}
		return nil
	})
}

// changedOne returns the outcome of a statement that must change one row of a race.
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

// FeedEnd returns the cursor of a feed that has fed everything so far.
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

// Conditions for a race r that the feed with the cursor f has not fed completely, or not all of its telemetry.
const (
	behindTelemetry = "r.last_tick > coalesce(f.tick, 0) OR r.samples_count > coalesce(f.count, 0)"
	behind          = "r.last_seq > coalesce(f.seq, 0) OR " + behindTelemetry
)

// Unfed returns the races that a feed has not fed completely, oldest first.
func (s *Store) Unfed(ctx context.Context, feed string) ([]race.ID, error) {
	return s.ids(ctx, "SELECT r.id FROM races r LEFT JOIN feeds f ON f.feed = ? AND f.race = r.id WHERE "+behind+
		" ORDER BY r.created_at, r.id", feed)
}

// DeadLetter stores a point that another store refused. The same point of a race is stored once.
func (s *Store) DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error {
	at := s.now().UTC().UnixNano()
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO feed_rejects SELECT ?, id, ?, ?, ? FROM races WHERE id = ?",
			feed, at, point, reason, string(id))
		return changedOne(res, err, "store a dead letter of", id)
	})
}

// Rejected returns the dead letters of a race, newest first, at most limit.
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

// SamplesAfter returns samples of real cars from the batches after count, in the order of the batches, and the count of the
// last one. It returns whole batches, so slightly more than limit samples are possible.
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
