package races

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/race/drive"
)

// Leftovers are what an earlier process did not finish.
type Leftovers struct {
	lagging    []race.ID // races whose last facts are missing
	unfinished []race.Summary
}

// Left looks for leftovers. Call it before the first request is accepted.
func (r *Races) Left(ctx context.Context) (l Leftovers, err error) {
	if l.lagging, err = r.store.Lagging(ctx); err != nil {
		return l, fmt.Errorf("look for facts that are missing: %w", err)
	}
	if l.unfinished, err = r.store.Unfinished(ctx); err != nil {
		return l, fmt.Errorf("look for unfinished races: %w", err)
	}
	return l, nil
}

// Resume stores the missing facts, and continues simulations where their log ends.
func (r *Races) Resume(ctx context.Context, l Leftovers) error {
	if err := archive.CatchUp(ctx, r.store, l.lagging, r.log); err != nil {
		return err
	}
	var waiting []race.Race
	for _, s := range l.unfinished {
		if r.deleted(ctx, s.Race.ID) {
			continue
		}
		if err := r.resume(s); err != nil {
			r.RaceFailed(s.Race.ID, err.Error())
			continue
		}
		if s.Status == race.Waiting {
			waiting = append(waiting, s.Race)
		}
		r.log.Info("race goes on", slog.String("race", string(s.Race.ID)), slog.Int("lap", s.LeaderLap))
	}
	returnMemory(waiting...)
	return nil
}

// CatchUp stores the missing facts, and registers the unfinished simulations as running: they run elsewhere. Call it before the first batch
// is submitted.
func (r *Races) CatchUp(ctx context.Context, l Leftovers) error {
	if err := archive.CatchUp(ctx, r.store, l.lagging, r.log); err != nil {
		return err
	}
	for _, s := range l.unfinished {
		if r.deleted(ctx, s.Race.ID) {
			continue
		}
		r.Began(s.Race.ID)
		r.retime(s)
	}
	return nil
}

// deleted reports whether a race was deleted after Left.
func (r *Races) deleted(ctx context.Context, id race.ID) bool {
	_, err := r.store.Summary(ctx, id)
	return errors.Is(err, race.ErrNotFound)
}

// retime has an unfinished race timed again. A race that waits for its start needs no Timekeeper.
func (r *Races) retime(s race.Summary) {
	if s.Status != race.Waiting {
		r.engine.Recover(s.Race.ID)
	}
}

func (r *Races) resume(s race.Summary) error {
	model, err := drive.ModelOf(s.Race)
	if err != nil {
		return err
	}
	from, err := archive.Position(r.store, s.Race.ID)
	if err != nil {
		return err
	}
	r.Began(s.Race.ID)
	r.retime(s)
	return r.engine.Start(simulator.StartRace{Info: s.Race, Model: model, From: &from})
}
