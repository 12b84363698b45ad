package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// retainEvery is how often a server looks what need not be kept any longer.
const retainEvery = time.Minute

// keepFlags are what a server is told about how much to keep.
type keepFlags struct {
	telemetry, races time.Duration
	size, disk       string
	unfed            bool
}

func (f *keepFlags) flags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.telemetry, "retain-telemetry", 0, "keep telemetry of races that are over so long (720h); 0 is for ever")
	cmd.Flags().StringVar(&f.size, "retain-size", "", "give up telemetry, oldest race first, while the file holds more (20GB)")
	cmd.Flags().DurationVar(&f.races, "retain-races", 0, "keep races that are over so long, all of them; 0 is for ever")
	cmd.Flags().BoolVar(&f.unfed, "retain-unfed", false, "give up also what feeds (InfluxDB) have not fed yet")
	cmd.Flags().StringVar(&f.disk, "max-disk", "", "never let the file grow above this (50GB): races wait until there is room")
}

// sizeOf reads a size; an empty one is 0.
func sizeOf(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<62 {
		return 0, cli.BadInput("--%s is %q: allowed is a size such as 500MB, 20GB or 1TiB", flag, text)
	}
	return int64(n), nil
}

// policy is what the flags ask for.
func (f *keepFlags) policy() (sqlite.Retention, error) {
	size, err := sizeOf("retain-size", f.size)
	if f.telemetry < 0 || f.races < 0 {
		err = errors.Join(err, cli.BadInput("--retain-telemetry and --retain-races must not be negative"))
	}
	return sqlite.Retention{Telemetry: f.telemetry, SizeBytes: size, Races: f.races, Unfed: f.unfed}, err
}

// open opens the file of a server, with its quota.
func (f *keepFlags) open(ctx context.Context, path string, log *slog.Logger) (*sqlite.Store, error) {
	quota, err := sizeOf("max-disk", f.disk)
	if _, fault := f.policy(); err != nil || fault != nil {
		return nil, errors.Join(err, fault)
	}
	store, err := sqlite.Open(path, transport.Codec{}, log)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	if quota > 0 {
		if err := store.Limit(ctx, quota); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	return store, nil
}

// run keeps to the policy until the context ends.
func (f *keepFlags) run(ctx context.Context, a *app) {
	policy, err := f.policy()
	if err != nil || policy.Telemetry == 0 && policy.SizeBytes == 0 && policy.Races == 0 {
		return
	}
	k := keeper{app: a, policy: policy}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		k.once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keeper gives up what need not be kept, and says what it did when that is news.
type keeper struct {
	app     *app
	policy  sqlite.Retention
	waiting int
	over    bool
}

func (k *keeper) once(ctx context.Context) {
	did, err := k.app.Retain(ctx, k.policy)
	if err != nil {
		if ctx.Err() == nil {
			k.app.log.Error("retention failed; it is tried again", slog.Any("err", err))
		}
		return
	}
	for _, id := range did.Races {
		if err := k.app.forget(ctx, id); err != nil {
			k.app.log.Warn("a race that is gone is still on the air", slog.String("race", string(id)), slog.Any("err", err))
		}
	}
	if len(did.Telemetry)+len(did.Races) > 0 {
		k.app.log.Info("retention gave up what is too old or too much", slog.Any("telemetry_of", did.Telemetry),
			slog.Any("races", did.Races), slog.Int64("bytes_before", did.Before), slog.Int64("bytes_after", did.After))
	}
	if n := len(did.Waiting); n != k.waiting {
		k.waiting = n
		if n > 0 {
			k.app.log.Warn("retention waits for feeds", slog.Any("races", did.Waiting))
		}
	}
	over := k.policy.SizeBytes > 0 && did.After > k.policy.SizeBytes
	if over != k.over {
		k.over = over
		if over {
			k.app.log.Warn("the file holds more than it should, and nothing more can be given up",
				slog.Int64("bytes", did.After), slog.Int64("allowed", k.policy.SizeBytes))
		}
	}
}

// forget takes a race off the air, of which nothing is kept any longer.
func (a *app) forget(ctx context.Context, id race.ID) error {
	if err := a.platform.Forget(ctx, id); err != nil {
		return err
	}
	a.hub.Close(id)
	if a.drills != nil {
		a.drills.forget(id)
	}
	a.mu.Lock()
	delete(a.rosters, id)
	a.mu.Unlock()
	return nil
}
