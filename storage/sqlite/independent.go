package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"lightsout/race"
)

// commitIndependently is durably for what follows from nothing else that is queued: while the commits fail, it is tried beside them.
func (s *Store) commitIndependently(ctx context.Context, id race.ID, do func(ctx context.Context, tx *sql.Tx) error) error {
	if s.Failing() == nil {
		if err := s.await(ctx, job{id: id, do: do, independent: true}); !errors.Is(err, errBeside) {
			return err
		}
	}
	_, err := s.between(ctx, func(tx *sql.Tx) (int64, error) { return 0, do(ctx, tx) })
	return err
}

// errBeside says that something need not wait for what cannot be committed now.
var errBeside = errors.New("it is to be committed beside what cannot be")

// turnAway takes out of jobs that cannot be committed now, and out of the queue behind them, those that need not wait for the
// others. What they note may be just what retention waits for to make room.
func (s *Store) turnAway(jobs []job) []job {
	var away []job
	keep := func(j job) bool {
		if j.independent {
			away = append(away, j)
		}
		return !j.independent
	}
	var left, queue []job
	for _, j := range jobs {
		if keep(j) {
			left = append(left, j)
		}
	}
	s.mu.Lock()
	for _, j := range s.queue {
		if keep(j) {
			queue = append(queue, j)
		}
	}
	s.queue = queue
	s.mu.Unlock()
	s.answer(away, errBeside)
	return left
}
