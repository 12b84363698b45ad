package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"lightsout/race"
)

// feed is the state of a feed to another store.
type feed struct {
	cursors  map[race.ID]race.FeedCursor
	rejected map[race.ID][]race.FeedReject
}

// ask runs a question in the order of the calls and waits for it.
func (s *Store) ask(ctx context.Context, question func() error) error {
	done := make(chan error, 1)
	s.enqueue(func() { done <- question() })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return ErrClosed
	}
}

// known returns a race that was announced.
func (s *Store) known(id race.ID) (*log, error) {
	if l := s.races[id]; l != nil && len(l.records) > 0 {
		return l, nil
	}
	return nil, fmt.Errorf("race %s: %w", id, race.ErrNotFound)
}

func (s *Store) feed(name string) *feed {
	f := s.feeds[name]
	if f == nil {
		f = &feed{cursors: map[race.ID]race.FeedCursor{}, rejected: map[race.ID][]race.FeedReject{}}
		s.feeds[name] = f
	}
	return f
}

// RegisterFeed records that a feed exists.
func (s *Store) RegisterFeed(ctx context.Context, feed string) error {
	return s.ask(ctx, func() error { s.feed(feed); return nil })
}

// DropFeed deletes a feed with its cursors and dead letters.
func (s *Store) DropFeed(ctx context.Context, feed string) error {
	return s.ask(ctx, func() error { delete(s.feeds, feed); return nil })
}

// Cursor returns the position of a feed in a race; zero if it has not begun.
func (s *Store) Cursor(ctx context.Context, feed string, id race.ID) (c race.FeedCursor, err error) {
	err = s.ask(ctx, func() error { c = s.feed(feed).cursors[id]; return nil })
	return c, err
}

// MoveCursor stores the position of a feed. race.ErrNotFound if the race does not exist.
func (s *Store) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	return s.ask(ctx, func() error {
		_, err := s.known(id)
		if err == nil {
			s.feed(feed).cursors[id] = c
		}
		return err
	})
}

// FeedEnd returns the cursor of a feed that has fed everything so far.
func (s *Store) FeedEnd(ctx context.Context, id race.ID) (c race.FeedCursor, err error) {
	err = s.ask(ctx, func() error {
		l, err := s.known(id)
		if err == nil {
			c = l.end()
		}
		return err
	})
	return c, err
}

func (l *log) end() race.FeedCursor {
	return race.FeedCursor{Seq: l.position.Seq, Tick: l.lastTick, Count: l.samplesCount}
}

// Unfed returns the races that a feed has not fed completely, oldest first.
func (s *Store) Unfed(ctx context.Context, feed string) (out []race.ID, err error) {
	err = s.ask(ctx, func() error {
		for id, l := range s.races {
			c, end := s.feed(feed).cursors[id], l.end()
			if c.Seq < end.Seq || c.Tick < end.Tick || c.Count < end.Count {
				out = append(out, id)
			}
		}
		slices.SortFunc(out, func(a, b race.ID) int {
			return cmp.Or(cmp.Compare(s.races[a].records[0].RecordedAt, s.races[b].records[0].RecordedAt), cmp.Compare(a, b))
		})
		return nil
	})
	return out, err
}

// DeadLetter stores a point that another store refused. The same point of a race is stored once.
func (s *Store) DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error {
	return s.ask(ctx, func() error {
		if _, err := s.known(id); err != nil {
			return err
		}
		f := s.feed(feed)
		others := slices.DeleteFunc(f.rejected[id], func(r race.FeedReject) bool { return r.Point == point })
		f.rejected[id] = append(others, race.FeedReject{At: time.Now().UnixNano(), Point: point, Reason: reason})
		return nil
	})
}

// Rejected returns the dead letters of a race, newest first, at most limit.
func (s *Store) Rejected(ctx context.Context, feed string, id race.ID, limit int) (out []race.FeedReject, err error) {
	err = s.ask(ctx, func() error {
		out = slices.Clone(s.feed(feed).rejected[id])
		slices.Reverse(out)
		out = out[:min(limit, len(out))]
		return nil
	})
	return out, err
}

// sampleKey identifies a sample.
type sampleKey struct {
	car race.CarIdx
	at  race.Micros
}

// brought is a sample and the count of the newest batch with it.
type brought struct {
	race.Sample
	count uint64
}

// keepSamples merges samples of the same instant, and drops the oldest batches above the limit.
func (l *log) keepSamples(b *race.Batch, kept int) {
	if len(b.Samples) == 0 {
		return
	}
	l.samplesCount = max(l.samplesCount, b.Count)
	for _, v := range b.Samples {
		k := sampleKey{v.Car, v.Time}
		if before, again := l.samples[k]; again {
			before.Merge(&v)
			v = before.Sample
		}
		l.samples[k] = brought{v, b.Count}
	}
	for len(l.samples) > kept {
		oldest := l.samplesCount
		for _, v := range l.samples {
			oldest = min(oldest, v.count)
		}
		for k, v := range l.samples {
			if v.count == oldest {
				delete(l.samples, k)
			}
		}
	}
}

// sorted returns the samples for which holds is true, in an order.
func (l *log) sorted(holds func(*brought) bool, order func(a, b brought) int) []brought {
	var out []brought
	for _, v := range l.samples {
		if holds(&v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, order)
	return out
}

// SamplesAfter returns samples of real cars from the batches after count, in the order of the batches, and the count of the
// last one. It returns whole batches, so slightly more than limit samples are possible.
func (s *Store) SamplesAfter(ctx context.Context, id race.ID, count uint64, limit int) (out []race.Sample, last uint64, err error) {
	last = count
	err = s.ask(ctx, func() error {
		l, err := s.known(id)
		if err != nil {
			return err
		}
		all := l.sorted(func(v *brought) bool { return v.count > count }, func(a, b brought) int {
			return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.Car, b.Car), cmp.Compare(a.Time, b.Time))
		})
		for i, v := range all {
			if i >= limit && v.count != last {
				break
			}
			out, last = append(out, v.Sample), v.count
		}
		return nil
	})
	return out, last, err
}
