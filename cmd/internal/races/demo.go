package races

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"lightsout/race"
	"lightsout/race/circuit"
)

// The demo: a race of twenty cars at a time, one circuit after the other.
const (
	demoCars  = 20
	demoLaps  = 15
	demoSpeed = 4
	demoPause = 15 * time.Second
	demoKept  = 12
	demoName  = "Demo race"
)

// Demo keeps a demo race running and deletes the oldest ones, until the context ends.
func (r *Races) Demo(ctx context.Context) error {
	for {
		running, made, err := r.tidyDemo(ctx)
		if err != nil {
			return err
		}
		if running == "" {
			circuits := circuit.List()
			s, err := r.Create(ctx, race.Order{
				Name: demoName, Circuit: circuits[made%len(circuits)], Cars: demoCars, Laps: demoLaps,
				Seed: uint64(time.Now().UnixNano() & 0xffff), Speed: demoSpeed, TickHz: 10,
			}, true)
			if err != nil {
				return fmt.Errorf("start a demo race: %w", err)
			}
			running = s.Race.ID
			r.log.Info("a demo race was made", slog.String("race", string(running)), slog.String("circuit", s.Race.Circuit))
		}
		if done := r.register.running(running); done != nil {
			select {
			case <-done:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		select {
		case <-time.After(demoPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tidyDemo deletes demo races beyond the newest ones. It returns the one that runs, and how many races there are.
func (r *Races) tidyDemo(ctx context.Context) (running race.ID, made int, err error) {
	all, err := r.store.Summaries(ctx)
	if err != nil {
		return "", 0, fmt.Errorf("look for demo races: %w", err)
	}
	kept := 0
	for _, s := range all {
		switch {
		case s.Race.Name != demoName:
		case r.Running(s.Race.ID):
			running = s.Race.ID
		default:
			if kept++; kept > demoKept {
				if err := r.Delete(ctx, s.Race.ID); err != nil {
					return "", 0, fmt.Errorf("delete an old demo race: %w", err)
				}
			}
		}
	}
	return running, len(all), nil
}
