package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/drills"
	"lightsout/cmd/internal/feed"
	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/traces"
	"lightsout/gateway"
	"lightsout/gateway/body"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
	"lightsout/transport/kafka"
	"lightsout/ui"
)

// The rooms are joined here: each line says that one room implements a port of another.
var (
	_ processor.Journal    = (*sqlite.Store)(nil)
	_ processor.Journal    = (*memory.Store)(nil)
	_ processor.Spectators = (*live.Hub)(nil)
	_ races.Screen         = (*live.Hub)(nil)
	_ drills.Screen        = (*live.Hub)(nil)
	_ drills.Races         = (*races.Races)(nil)
	_ drills.Counters      = (*engine.Engine)(nil)
	_ sqlite.Codec         = transport.Codec{}
	_ gateway.Encoder      = transport.Codec{}
	_ live.Encoder         = transport.Codec{}
	_ body.Unpacker        = transport.Codec{}
	_ gateway.History      = (*sqlite.Store)(nil)
	_ gateway.Telemetry    = (*sqlite.Store)(nil)
	_ gateway.Audit        = (*sqlite.Store)(nil)
	_ gateway.Actors       = actorTree{}
	_ gateway.Shared       = (*kafka.Node)(nil)
	_ feed.Shared          = (*cluster.Member)(nil)
	_ cluster.Marks        = (*sqlite.Store)(nil)
)

// ShutdownTimeout bounds how long open requests may take at the end.
const ShutdownTimeout = 30 * time.Second

// Config is the configuration of a server.
type Config struct {
	Gateway gateway.Config
	// DrillsOff refuses drills.
	DrillsOff bool
	// DB is the SQLite file that keeps the races, DBMax its largest size in bytes; 0 means no limit.
	DB        string
	DBMax     int64
	Retention sqlite.Retention
	Feed      feed.Config
	History   string // store that answers for telemetry: feed.HistorySQLite or feed.HistoryInflux
	CarsMax   int    // of all races that are not over
	Version   string
	// Hangup says that what can be read again is to be read again: Tokens returns those of the gateway.
	Hangup <-chan os.Signal
	Tokens func() (token, drillToken string, err error)
	// Pprof is the loopback address of the profiles; empty serves none.
	Pprof string
	// Traces says where traces of batches go.
	Traces traces.Config
	tracer *traces.Tracer // nil where nothing is traced
	// Cluster is the log that this server shares with other processes; nil without Kafka.
	Cluster *cluster.Config
}

// DefaultConfig is a server on the default address. DB is empty.
func DefaultConfig() Config {
	return Config{Gateway: gateway.DefaultConfig(), CarsMax: races.CarsMax}
}

// instance is the name of this process among others: the one it was given, or its host and port.
func (c *Config) instance() string {
	if c.Cluster != nil && c.Cluster.Instance != "" {
		return c.Cluster.Instance
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(c.Gateway.Addr)
	return net.JoinHostPort(host, port)
}

// Run runs a server until the context ends or work, which runs beside it, fails. It writes its address to status.
func Run(ctx context.Context, cfg Config, log *slog.Logger, status io.Writer, work func(context.Context, *races.Races) error) (err error) {
	end, err := cfg.lookInside(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	return run(ctx, cfg, log, status, work)
}

func run(ctx context.Context, cfg Config, log *slog.Logger, status io.Writer, work func(context.Context, *races.Races) error) (err error) {
	if err := cfg.Gateway.Validate(); err != nil {
		return cli.BadInput("%w", err)
	}
	store, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	member, err := join(ctx, &cfg, store)
	if err != nil {
		return err
	}
	hooks := drills.NewHooks()
	cfg.Feed.Influx.Wrap, cfg.Feed.Influx.Instance = hooks.Transport, cfg.instance()
	to, err := feed.Open(ctx, cfg.Feed, store, log)
	if err != nil {
		return err
	}
	defer to.Close()
	past, err := to.Telemetry(ctx, cfg.History, store, log)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	metrics := live.NewMetrics(registry)
	hub, times := live.NewHub(transport.Codec{}, metrics), feed.NewCommitTimes(registry)
	hub.TimeFrom(times.Arrived)
	cfg.follow(hub, member)
	dead := newDeadEngine()
	with := engine.Config{Journal: store, Feed: to.Actor(), Rejected: countRejected(registry), Fatal: dead.because}
	hooks.Install(&with)
	with.Journal = cfg.tracer.Journal(times.Journal(with.Journal))
	of := races.Config{Store: store, Screen: hub, Log: log, Engine: with, CarsMax: cfg.CarsMax}
	all, err := newRaces(of, member)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Engine().Stop(ctx)) }()
	observe(registry, cfg.Version, all.Engine(), member, newStoreMetrics(store, log))
	hub.StandingFrom(all.Engine().StandsFor)
	faults := newDrills(drills.Config{Hooks: hooks, Races: all, Counters: all.Engine(), Store: store, Screen: hub, Log: log, Version: cfg.Version}, all, to, registry)
	if to != nil {
		to.Observe(registry, &feed.EngineSource{System: all.Engine().System(), Times: times, Audience: metrics.Audience})
	}
	server, err := newGateway(cfg, all, gateway.Deps{
		Shared: sharedBy(member), Standing: standing(all.Engine()),
		Drills: drillsOf(faults, member, cfg.DrillsOff), History: store, Audit: store, Telemetry: past,
		Transfers: transfersOf(archive.NewTransfers(store, all.Standings().Classification, log), member), Feeds: to.State(), Hub: hub, Log: log, Registry: registry,
	})
	if err != nil {
		return err
	}
	go cfg.renew(ctx, log, to, server)
	r := running{server, all, faults, member, dead, status}
	return r.serve(ctx, func(ctx context.Context) error {
		go all.Retain(ctx, cfg.Retention)
		return work(ctx, all)
	})
}

// openStore opens the file of a server, with its quota.
func openStore(ctx context.Context, cfg Config, log *slog.Logger) (*sqlite.Store, error) {
	store, err := sqlite.Open(cfg.DB, transport.Codec{}, log)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	if cfg.DBMax > 0 {
		if err := store.Limit(ctx, cfg.DBMax); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	return store, nil
}

// newDrills joins drills to the races and to the feed, if there is one.
func newDrills(cfg drills.Config, all *races.Races, to *feed.Feed, r prometheus.Registerer) *drills.Drills {
	if to != nil {
		cfg.Fed, cfg.Annotate = to.Fed, to.AnnotateDrill
	}
	d := drills.New(cfg)
	all.OnEnd(d.Ended)
	all.OnGone(d.Forget)
	all.OnMade(d.Made)
	r.MustRegister(newDrillMetrics(d))
	return d
}

// newGateway joins the gateway to the races, the page and the codec.
func newGateway(cfg Config, all *races.Races, deps gateway.Deps) (*gateway.Server, error) {
	site, built := ui.Files()
	if !built {
		deps.Log.Warn("the page is not built: go tool task ui:build")
	}
	if cfg.Gateway.PublicURL != "" {
		deps.Log.Info("a reverse proxy is expected before the server", slog.String("public_url", cfg.Gateway.PublicURL))
	}
	all.OnGone(cfg.tracer.Forget)
	deps.Races, deps.Ingest, deps.Circuits = all, cfg.tracer.Ingest(all.Ingest()), all.Circuits()
	deps.Standings, deps.Boards = all.Standings(), all.Standings()
	deps.Actors = actorTree{all.Engine().System()}
	deps.Encoder, deps.Unpacker = transport.Codec{}, transport.Codec{}
	deps.Site, deps.Version = site, cfg.Version
	server, err := gateway.New(cfg.Gateway, deps)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return server, nil
}

// running is a complete server.
type running struct {
	gateway *gateway.Server
	races   *races.Races
	drills  *drills.Drills
	member  *cluster.Member // nil without a shared log
	dead    deadEngine
	status  io.Writer
}

// serve serves until the context ends or work fails, then shuts down from outside in.
func (r *running) serve(ctx context.Context, work func(context.Context) error) error {
	listener, err := r.gateway.Listen(ctx)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	err = r.drills.Recall(ctx) // before the first request
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	before, err := r.races.Left(ctx) // likewise
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	go func() { failed <- r.gateway.Serve(listener) }()
	fmt.Fprintf(r.status, "Lights Out is on http://%s\n", listener.Addr())
	ended, err := r.begin(ctx, before)
	if err != nil {
		return err
	}
	go r.drills.Show(ctx)
	go r.drills.Keep(ctx)
	go func() {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			failed <- err
		}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.status, "shutting down")
	case err = <-failed:
	case err = <-r.dead:
	case err = <-ended:
		ended = nil
	}
	cancel()
	if ended != nil { // what was sent to the shared log is read back before the actors end
		err = errors.Join(err, <-ended)
	}
	stopping, done := context.WithTimeout(context.Background(), ShutdownTimeout)
	defer done()
	return errors.Join(err, r.gateway.Shutdown(stopping))
}

// countRejected counts records that the rulebook refuses.
func countRejected(r prometheus.Registerer) func(race.ID, *race.Record, error) {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "lightsout_processor_records_rejected_total", Help: "Records that the rulebook refused.",
	})
	r.MustRegister(c)
	return func(race.ID, *race.Record, error) { c.Inc() }
}
