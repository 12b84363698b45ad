package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/feed"
	"lightsout/cmd/internal/races"
	"lightsout/gateway"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/storage/memory"
)

// nobody watches a process without the gateway role.
type nobody struct{}

var _ races.Screen = nobody{}

func (nobody) Open(race.Race, []race.Entry)  {}
func (nobody) Publish(race.ID, []race.Facts) {}
func (nobody) Picture(race.ID, *race.Frame)  {}
func (nobody) Rest(race.ID)                  {}
func (nobody) Close(race.ID)                 {}

// RunRoles runs a process without the gateway role until the context ends. It writes its address to status.
func RunRoles(ctx context.Context, cfg Config, log *slog.Logger, status io.Writer) (err error) {
	if err := cfg.Gateway.ValidateStatus(); err != nil {
		return cli.BadInput("%w", err)
	}
	end, err := cfg.lookInside(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	registry := prometheus.NewRegistry()
	w := &worker{dead: newDeadEngine()}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	if cfg.Cluster.Roles.Processor {
		err = w.process(ctx, cfg, log, registry)
	} else {
		err = w.simulate(ctx, cfg, log)
	}
	if err != nil {
		return err
	}
	member := w.member
	observe(registry, cfg.Version, w.engine, member)
	http, err := gateway.NewStatus(cfg.Gateway, gateway.StatusDeps{
		Ready: w.ready, Actors: actorTree{w.engine.System()}, Log: log, Registry: registry, Version: cfg.Version, Feeds: w.feeds, Shared: member.Node(), Standing: standing(w.engine),
	})
	if err != nil {
		return cli.BadInput("%w", err)
	}
	listener, err := http.Listen(ctx)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- http.Serve(listener) }()
	fmt.Fprintf(status, "Lights Out (%s) is on http://%s\n", cfg.Cluster.Roles, listener.Addr())
	joined := make(chan error, 1)
	go func() { joined <- member.Run(ctx) }()
	select {
	case err = <-failed:
		cancel()
		err = errors.Join(err, <-joined)
	case err = <-w.dead:
		cancel()
		err = errors.Join(err, <-joined)
	case err = <-joined: // the context has ended, or the log cannot be read
	}
	fmt.Fprintln(status, "shutting down")
	stopping, done := context.WithTimeout(context.Background(), ShutdownTimeout)
	defer done()
	return errors.Join(err, http.Shutdown(stopping))
}

// worker is what a process without the gateway role works with.
type worker struct {
	member *cluster.Member
	engine *engine.Engine
	ready  func(context.Context) error
	feeds  gateway.Feeds  // nil without InfluxDB
	ends   []func() error // newest last
	dead   deadEngine
}

func (w *worker) close(ctx context.Context) (err error) {
	if w.engine != nil {
		err = w.engine.Stop(ctx)
	}
	for i := len(w.ends) - 1; i >= 0; i-- {
		err = errors.Join(err, w.ends[i]())
	}
	return err
}

// simulate sets up a process that simulates alone: it keeps no copy.
func (w *worker) simulate(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	if w.member, err = cluster.Join(ctx, *cfg.Cluster); err != nil {
		return err
	}
	w.ready = func(context.Context) error { return w.member.Waits() }
	store := memory.New()
	w.ends = append(w.ends, store.Close)
	go cfg.renew(ctx, log, nil, nil)
	with := engine.Config{Journal: store, Spectators: nobody{}, Log: log, Fatal: w.dead.because}
	w.member.Install(&with)
	if w.engine, err = engine.New(with); err != nil {
		return err
	}
	w.member.Use(w.engine, nil)
	return nil
}

// process sets up a process that times races. Its copy is its own: in a file that was named, or in one that ends with the process.
func (w *worker) process(ctx context.Context, cfg Config, log *slog.Logger, registry *prometheus.Registry) error {
	if cfg.DB == "" {
		dir, err := os.MkdirTemp("", "lightsout-processor-")
		if err != nil {
			return fmt.Errorf("make room for a copy of the races: %w", err)
		}
		w.ends = append(w.ends, func() error { return os.RemoveAll(dir) })
		cfg.DB = filepath.Join(dir, "copy.db")
	}
	store, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	w.ends = append(w.ends, store.Close)
	registry.MustRegister(newStoreMetrics(store, log))
	if w.member, err = join(ctx, &cfg, store); err != nil {
		return err
	}
	cfg.Feed.Influx.Instance = cfg.instance()
	to, err := feed.Open(ctx, cfg.Feed, store, log)
	if err != nil {
		return err
	}
	w.ends = append(w.ends, func() error { to.Close(); return nil })
	go cfg.renew(ctx, log, to, nil)
	times := feed.NewCommitTimes(registry)
	with := engine.Config{Journal: cfg.tracer.Journal(times.Journal(processor.Journal(store))), Feed: to.Actor(), Rejected: countRejected(registry), Fatal: w.dead.because}
	all, err := newRaces(races.Config{Store: store, Screen: nobody{}, Log: log, Engine: with, CarsMax: cfg.CarsMax}, w.member)
	if err != nil {
		return err
	}
	w.engine, w.ready, w.feeds = all.Engine(), all.Ready, to.State()
	if to != nil {
		to.Observe(registry, &feed.EngineSource{System: w.engine.System(), Times: times, Audience: func() live.Audience { return live.Audience{} }})
	}
	before, err := all.Left(ctx)
	if err != nil {
		return err
	}
	return all.CatchUp(ctx, before)
}
