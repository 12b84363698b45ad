package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
)

// Records iterates over the stored records of a race.
func Records(ctx context.Context, store *sqlite.Store, id race.ID) iter.Seq2[*race.Record, error] {
	return func(yield func(*race.Record, error) bool) {
		for after := race.Seq(0); ; {
			page, err := store.Records(ctx, id, after, recordsPage)
			if err != nil {
				yield(nil, fmt.Errorf("read the log of race %s: %w", id, err))
				return
			}
			if len(page) == 0 {
				return
			}
			for i := range page {
				if after = page[i].Seq; !yield(&page[i], nil) {
					return
				}
			}
		}
	}
}

// recordsPage is how many records are read at once.
const recordsPage = 10_000

// AllRecords returns the stored records of a race.
func AllRecords(ctx context.Context, store *sqlite.Store, id race.ID) (out []race.Record, err error) {
	for r, err := range Records(ctx, store, id) {
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

// Fold folds a race's log from its beginning.
func Fold(ctx context.Context, store *sqlite.Store, id race.ID) (*timing.State, *race.Board, error) {
	state, board := timing.New(), &race.Board{}
	for step, err := range timing.Replay(Records(ctx, store, id)) {
		if err != nil {
			return nil, nil, err
		}
		state = step.State
		board.Apply(&step.Facts)
	}
	return state, board, nil
}

// Standings is the result of a race, or the order so far, folded from its log.
func Standings(ctx context.Context, store *sqlite.Store, id race.ID) (race.Classification, error) {
	c, err := store.Classification(ctx, id)
	if !errors.Is(err, race.ErrNotFound) {
		return c, err
	}
	if _, err := store.Summary(ctx, id); err != nil {
		return c, err
	}
	state, _, err := Fold(ctx, store, id)
	if err != nil {
		return c, err
	}
	return state.Classification(), nil
}

// CatchUp stores the facts of records that were durable when a process died before it had stored them.
func CatchUp(ctx context.Context, store *sqlite.Store, lagging []race.ID, log *slog.Logger) error {
	for _, id := range lagging {
		var facts []race.Facts
		for step, err := range timing.Replay(Records(ctx, store, id)) {
			if err != nil {
				return err
			}
			facts = append(facts, step.Facts)
		}
		store.AppendFacts(id, facts)
		log.Info("facts caught up with the log", slog.String("race", string(id)))
	}
	return nil
}

// Position is how far a race has come, and what its simulation needs to continue.
func Position(store *sqlite.Store, id race.ID) (race.Position, error) {
	type answer struct {
		position race.Position
		err      error
	}
	got := make(chan answer, 1)
	store.Load(id, func(p race.Position, err error) { got <- answer{p, err} })
	a := <-got
	return a.position, a.err
}

// CheckFree returns an error if a race has the id already.
func CheckFree(ctx context.Context, store *sqlite.Store, info *race.Race) error {
	kept, err := store.Summary(ctx, info.ID)
	switch {
	case errors.Is(err, race.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return &race.TakenError{ID: info.ID, Differences: kept.Race.Differences(info)}
}

// Settled returns a race's summary once the store has all that follows from acknowledged records.
func Settled(ctx context.Context, store *sqlite.Store, id race.ID) (race.Summary, error) {
	done := make(chan error, 1)
	store.Settle(func(err error) { done <- err })
	select {
	case err := <-done:
		if err != nil {
			return race.Summary{}, err
		}
	case <-ctx.Done():
		return race.Summary{}, ctx.Err()
	}
	return store.Summary(ctx, id)
}
