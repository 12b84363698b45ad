package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
	"lightsout/ui"
)

// The rooms are joined here: each of these says that a room's need is met by another.
var (
	_ processor.Journal    = (*sqlite.Store)(nil)
	_ processor.Journal    = (*memory.Store)(nil)
	_ sqlite.Codec         = transport.Codec{}
	_ processor.Spectators = (*gateway.Hub)(nil)
	_ gateway.Encoder      = transport.Codec{}
	_ gateway.Unpacker     = transport.Codec{}
	_ gateway.Telemetry    = (*sqlite.Store)(nil)
	_ gateway.Actors       = actorTree{}
)

// serveFlags are what serve and replay are asked.
type serveFlags struct {
	gateway  gateway.Config
	db       string
	keep     keepFlags
	demo     bool
	logLevel string
	logJSON  bool
	// tokenFile holds the token: a command line is seen by everybody on the machine.
	tokenFile string
	influx    influxFlags
	history   string // what answers for telemetry
	carsMax   int
}

func defaultServeFlags() serveFlags {
	return serveFlags{gateway: gateway.DefaultConfig(), carsMax: carsMaxDefault}
}

func newServe() *cobra.Command {
	f := defaultServeFlags()
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve races: everything in one process", Args: cobra.NoArgs,
		Long: `Serve races: simulator, timing, storage, live push, REST, GraphQL and the page, in one process on
127.0.0.1:8080. Races that an earlier process left unfinished go on where their log ends.`,
		Example: `  lightsout serve --demo
  lightsout serve --addr 127.0.0.1:9000 --db season.db
  lightsout serve --retain-telemetry 720h --retain-size 20GB --max-disk 50GB
  lightsout serve --addr 0.0.0.0:8080 --token-file token
  lightsout serve --public-url https://example.com/lights/ --trusted-proxies 127.0.0.1 --token-file token
  lightsout serve --influx-url http://127.0.0.1:8086 --influx-org club --influx-bucket races --influx-token-file token`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.carsMax < 1 {
				return cli.BadInput("--max-cars is %d: allowed is 1 or more", f.carsMax)
			}
			return serve(cmd.Context(), f, cmd.ErrOrStderr(), func(ctx context.Context, a *app) error {
				go f.keep.run(ctx, a)
				if f.demo {
					return runDemo(ctx, a)
				}
				return nil
			})
		},
	}
	serverFlags(cmd, &f)
	cmd.Flags().StringVar(&f.db, "db", "lightsout.db", "SQLite file that keeps the races")
	f.keep.flags(cmd)
	f.influx.add(cmd)
	cmd.Flags().StringVar(&f.history, "history", historySQLite, "what answers for telemetry: sqlite or influx")
	cmd.Flags().IntVar(&f.carsMax, "max-cars", f.carsMax, "most cars of all races that are not over")
	cmd.Flags().BoolVar(&f.demo, "demo", false, "keep a demo race running")
	return cmd
}

func serverFlags(cmd *cobra.Command, f *serveFlags) {
	cmd.Flags().StringVar(&f.gateway.Addr, "addr", f.gateway.Addr, "address to listen on; port 0 takes a free one")
	cmd.Flags().IntVar(&f.gateway.ConnectionsMax, "max-connections", f.gateway.ConnectionsMax, "most connections at once; fewer where the system allows fewer files")
	cmd.Flags().IntVar(&f.gateway.ConnectionsEachMax, "max-connections-each", f.gateway.ConnectionsEachMax, "most connections of one address")
	cmd.Flags().IntVar(&f.gateway.SpectatorsMax, "max-spectators", f.gateway.SpectatorsMax, "most spectators at once")
	cmd.Flags().IntVar(&f.gateway.SpectatorsEachMax, "max-spectators-each", f.gateway.SpectatorsEachMax, "most spectators of one address")
	cmd.Flags().StringVar(&f.gateway.Token, "token", "", "token for all that changes something; needed where other machines reach the server")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token")
	cmd.Flags().StringVar(&f.gateway.PublicURL, "public-url", "", "where a reverse proxy shows the server, such as https://example.com/lights/")
	cmd.Flags().StringSliceVar(&f.gateway.TrustedProxies, "trusted-proxies", nil,
		"addresses and networks of proxies whose X-Forwarded-* headers are believed, such as 127.0.0.1,10.0.0.0/8")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return f.readToken(cmd.Flags().Changed("token")) }
	cmd.Flags().StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().BoolVar(&f.logJSON, "log-json", false, "log as JSON")
}

// readToken takes the token from its file. A blank one is refused: it would be no token at all.
func (f *serveFlags) readToken(given bool) error {
	switch {
	case given && f.tokenFile != "":
		return cli.BadInput("--token and --token-file are both given: allowed is one of the two")
	case f.tokenFile != "":
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return cli.BadInput("--token-file: %w", err)
		}
		if f.gateway.Token = strings.TrimSpace(string(data)); f.gateway.Token == "" {
			return cli.BadInput("--token-file: %s is blank: expected a token", f.tokenFile)
		}
	case given && strings.TrimSpace(f.gateway.Token) == "":
		return cli.BadInput("--token is blank: expected a word that nobody guesses; where no token is wanted, leave it out")
	}
	return nil
}

func newLog(f serveFlags, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, cli.BadInput("--log-level is %q: allowed are debug, info, warn and error", f.logLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	if f.logJSON {
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return slog.New(slog.NewTextHandler(w, opts)), nil
}

// serve runs a server until the context ends or work, which runs beside it, fails.
func serve(ctx context.Context, f serveFlags, status io.Writer, work func(context.Context, *app) error) (err error) {
	log, err := newLog(f, status)
	if err != nil {
		return err
	}
	slog.SetDefault(log) // hollywood logs to the default
	if err := f.gateway.Validate(); err != nil {
		return cli.BadInput("%w", err)
	}
	store, err := f.keep.open(ctx, f.db, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	d := newDrills(log)
	f.influx.cfg.Wrap = d.betweenInflux
	feed, err := f.influx.open(ctx, store, log)
	if err != nil {
		return err
	}
	defer closeFeed(feed)
	d.feed = feed
	past, closePast, err := f.influx.history(f.history, store, log)
	if err != nil {
		return err
	}
	defer closePast()
	registry := prometheus.NewRegistry()
	metrics := gateway.NewMetrics(registry)
	hub := gateway.NewHub(transport.Codec{}, metrics)
	a := newApp(store, hub, log)
	a.carsMax = f.carsMax
	times := &commitTimes{}
	hub.TimeFrom(times.arrived)
	p, err := engine.New(engine.Config{
		Journal: timedJournal{drilledJournal{store, d}, times}, Feed: feedOf(feed), Spectators: hub, Observer: a, Log: log, Rejected: countRejected(registry),
		Fault: d.strike, Meddle: d.meddle, Notice: d.notice,
		Link: func(l simulator.Link) simulator.Link { return drilledLink{l, d} },
	})
	if err != nil {
		return err
	}
	a.platform, a.drills, d.app = p, d, a
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newActorMetrics(p),
	)
	defer func() { err = errors.Join(err, p.Stop(ctx)) }()
	if feed != nil {
		feed.join(registry, d, &engineSource{platform: p, times: times, audience: metrics.Audience})
	}

	server, err := newGateway(f.gateway, a, gateway.Deps{
		Telemetry: past, Feeds: feedsOf(feed), Hub: hub, Log: log, Registry: registry, Metrics: metrics,
	})
	if err != nil {
		return err
	}
	return listenAndWork(ctx, server, a, status, work)
}

// newGateway joins the gateway to an app, and to what is given already.
func newGateway(cfg gateway.Config, a *app, deps gateway.Deps) (*gateway.Server, error) {
	site, built := ui.Files()
	if !built {
		deps.Log.Warn("the page is not built: go tool task ui:build")
	}
	if cfg.PublicURL != "" {
		deps.Log.Info("a reverse proxy is expected before the server", slog.String("public_url", cfg.PublicURL))
	}
	deps.Races, deps.History, deps.Boards, deps.Outside, deps.Circuits, deps.Transfers = a, a, a, a, a, archive.NewTransfers(a.Store, a.Classification, deps.Log)
	deps.Actors, deps.Drills = actorTree{a.platform}, a.drills
	deps.Encoder, deps.Unpacker = transport.Codec{}, transport.Codec{}
	deps.Site, deps.Version = site, buildVersion()
	server, err := gateway.New(cfg, deps)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return server, nil
}

// listenAndWork serves until the context ends, then shuts down from outside in.
func listenAndWork(ctx context.Context, server *gateway.Server, a *app, status io.Writer, work func(context.Context, *app) error) error {
	listener, err := server.Listen(ctx)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	before, err := a.left(ctx) // and not what is asked for from now on
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(status, "Lights Out is on http://%s\n", listener.Addr())
	if err := a.resume(ctx, before); err != nil {
		return err
	}
	go a.drills.tell(ctx)
	go func() {
		if err := work(ctx, a); err != nil && ctx.Err() == nil {
			failed <- err
		}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(status, "shutting down")
	case err = <-failed:
	}
	cancel()
	stopping, done := context.WithTimeout(context.Background(), shutdownTimeout)
	defer done()
	return errors.Join(err, server.Shutdown(stopping))
}

// shutdownTimeout bounds how long requests that are being answered may take at the end.
const shutdownTimeout = 30 * time.Second

// countRejected counts records that the rulebook refuses.
func countRejected(r prometheus.Registerer) func(race.ID, *race.Record, error) {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "lightsout_processor_records_rejected_total", Help: "Records that the rulebook refused.",
	})
	r.MustRegister(c)
	return func(race.ID, *race.Record, error) { c.Inc() }
}

// The demo: a race of twenty cars at a time, one circuit after the other.
const (
	demoCars  = 20
	demoLaps  = 15
	demoSpeed = 4
	demoPause = 15 * time.Second
	demoKept  = 12
	demoName  = "Demo race"
)

// runDemo keeps a race running and forgets the oldest demo races.
func runDemo(ctx context.Context, a *app) error {
	for {
		running, made, err := tidyDemo(ctx, a)
		if err != nil {
			return err
		}
		if running == "" {
			s, err := a.Create(ctx, race.Order{
				Name: demoName, Circuit: demoCircuit(made), Cars: demoCars, Laps: demoLaps,
				Seed: uint64(time.Now().UnixNano() & 0xffff), Speed: demoSpeed, TickHz: 10,
			}, true)
			if err != nil {
				return fmt.Errorf("start a demo race: %w", err)
			}
			running = s.Race.ID
		}
		if done := a.running(running); done != nil {
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

// tidyDemo deletes demo races beyond the newest ones and gives the one that runs, and how many races there are.
func tidyDemo(ctx context.Context, a *app) (running race.ID, made int, err error) {
	all, err := a.Summaries(ctx)
	if err != nil {
		return "", 0, fmt.Errorf("look for demo races: %w", err)
	}
	kept := 0
	for _, s := range all {
		switch {
		case s.Race.Name != demoName:
		case a.running(s.Race.ID) != nil:
			running = s.Race.ID
		default:
			if kept++; kept > demoKept {
				if err := a.Delete(ctx, s.Race.ID); err != nil {
					return "", 0, fmt.Errorf("delete an old demo race: %w", err)
				}
			}
		}
	}
	return running, len(all), nil
}

func newReplay() *cobra.Command {
	f := defaultServeFlags()
	var speed float64
	cmd := &cobra.Command{
		Use: "replay PATH", Short: "Play a recorded race in the browser", Args: cobra.ExactArgs(1),
		Long: `Play a recorded race, a log file (simulate --log) or a folder of CSV, at --speed times real time: it
is timed, kept and shown by a server of its own as if it happened now. Without --db nothing is kept.`,
		Example: `  lightsout replay races/2022-17-singapore --speed 30
  lightsout replay race.lolog --speed 10 --addr 127.0.0.1:9000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if speed < 0 || speed > race.SpeedMax {
				return cli.BadInput("--speed is %v: allowed is 0 (as fast as possible) to %d", speed, race.SpeedMax)
			}
			return replay(cmd.Context(), args[0], speed, f, cmd.ErrOrStderr())
		},
	}
	serverFlags(cmd, &f)
	cmd.Flags().StringVar(&f.db, "db", "", "keep the race in this SQLite file")
	cmd.Flags().Float64Var(&speed, "speed", 1, "times real time; 0 is as fast as possible")
	return cmd
}

func replay(ctx context.Context, path string, speed float64, f serveFlags, status io.Writer) error {
	var steps []archive.Step
	note := func(s string) { fmt.Fprintln(status, "note: "+s) }
	err := archive.Recorded(path, func(s archive.Step) error { steps = append(steps, s); return nil }, note)
	if err != nil {
		return err
	}
	if f.db == "" {
		dir, err := os.MkdirTemp("", "lightsout-replay-")
		if err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		f.db = filepath.Join(dir, "replay.db")
	}
	return serve(ctx, f, status, func(ctx context.Context, a *app) error {
		id := a.newID(string(archive.IDOf(path)))
		a.begin(id)
		fmt.Fprintf(status, "replaying at %v times real time: http://%s/race/%s\n", speed, f.gateway.Addr, id)
		err := archive.NewReplayer(id, speed, a.platform.Submit).Play(ctx, steps)
		if err != nil {
			return err
		}
		a.RaceOver(id)
		fmt.Fprintln(status, "the replay is over; the server goes on until it is interrupted")
		return nil
	})
}
