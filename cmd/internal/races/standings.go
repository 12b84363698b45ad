package races

import (
	"context"
	"errors"

	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/gateway/live"
	"lightsout/race"
)

var (
	_ gateway.Standings = (*Standings)(nil)
	_ live.Boards       = (*Standings)(nil)
)

// Standings are the orders of races, running or not.
type Standings struct{ races *Races }

// Standings returns the orders of the races.
func (r *Races) Standings() *Standings { return &Standings{r} }

// Classification is the result, or the order so far: from the Timekeeper while the race is timed, otherwise from the store.
func (s *Standings) Classification(ctx context.Context, id race.ID) (race.Classification, error) {
	c, err := s.races.engine.Classification(ctx, id)
	if !errors.Is(err, race.ErrNotFound) {
		return c, err
	}
	return archive.Standings(ctx, s.races.store, id)
}

// Board folds the tower of a race that is no longer on the screen.
func (s *Standings) Board(ctx context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error) {
	if _, err := s.races.store.Summary(ctx, id); err != nil {
		return race.Race{}, nil, race.Board{}, err
	}
	state, board, err := archive.Fold(ctx, s.races.store, id)
	if err != nil {
		return race.Race{}, nil, race.Board{}, err
	}
	return state.Race(), state.Entries(), *board, nil
}
