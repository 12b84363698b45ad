package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"lightsout/race"
)

// commitIndependently is durably for a transaction that depends on no queued job: while commits fail, it is tried separately.
func (s *Store) commitIndependently(ctx context.Context, id race.ID, do func(ctx context.Context, tx *sql.Tx) error) error {
	if s.Failing() == nil {
		if err := s.await(ctx, job{id: id, do: do, independent: true}); !errors.Is(err, errIndependent) {
			return err
		}
	}
	_, err := s.between(ctx, func(tx *sql.Tx) (int64, error) { return 0, do(ctx, tx) })
	return err
}

// errIndependent selects the jobs that are committed separately.
var errIndependent = errors.New("it is to be committed beside what cannot be")

// takeIndependent removes from jobs that cannot be committed, and from the queue behind them, the independent jobs. Retention may be
// waiting for exactly these to free space.
func (s *Store) takeIndependent(jobs []job) []job {
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
	s.answer(away, errIndependent)
	return left
}
