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
		if _, err := r.store.Summary(ctx, s.Race.ID); errors.Is(err, race.ErrNotFound) { // deleted meanwhile
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

func (r *Races) resume(s race.Summary) error {
	model, err := drive.ModelOf(s.Race)
	if err != nil {
		return err
	}
	from, err := archive.Position(r.store, s.Race.ID)
	if err != nil {
		return err
	}
	r.register.begin(s.Race.ID)
	if s.Status != race.Waiting { // a waiting race needs no Timekeeper
		r.engine.Recover(s.Race.ID)
	}
	return r.engine.Start(simulator.StartRace{Info: s.Race, Model: model, From: &from})
}
