package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"lightsout/actors/processor"
	"lightsout/cmd/internal/cli"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/timing"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
)

var (
	_ influx.Log     = (*sqlite.Store)(nil)
	_ influx.Rosters = (*sqlite.Store)(nil)
	_ influx.Fold    = (*timing.State)(nil)
	_ processor.Feed = (*influx.Feed)(nil)
	_ gateway.Feeds  = (*influxFeed)(nil)

	_ gateway.Telemetry = (*influx.History)(nil)
)

// influxTokenEnv is where the token may stand. It is no flag: a command line is seen by everybody on the machine.
const influxTokenEnv = cli.EnvPrefix + "_INFLUX_TOKEN"

// influxFlags are how serve is joined to InfluxDB.
type influxFlags struct {
	cfg       influx.Config
	tokenFile string
}

func (f *influxFlags) add(cmd *cobra.Command) {
	f.cfg = influx.DefaultConfig()
	flags := cmd.Flags()
	flags.StringVar(&f.cfg.URL, "influx-url", "", "feed all races to the InfluxDB 2 at this address (http or https)")
	flags.StringVar(&f.cfg.Org, "influx-org", "", "its organisation, by name")
	flags.StringVar(&f.cfg.Bucket, "influx-bucket", "", "its bucket, by name")
	flags.StringVar(&f.tokenFile, "influx-token-file", "", "file with the token; or "+influxTokenEnv+" in the environment")
	flags.StringVar(&f.cfg.CA, "influx-ca", "", "file with certificates (PEM) that are trusted as well")
	flags.IntVar(&f.cfg.Every, "influx-every", f.cfg.Every, "write every N-th frame of telemetry; laps and events are all written")
}

// given says that the feed is asked for.
func (f *influxFlags) given() bool { return f.cfg.URL != "" }

// config is what is asked for, with the token.
func (f *influxFlags) config(log *slog.Logger) (influx.Config, error) {
	cfg := f.cfg
	cfg.Log, cfg.Plain = log, cfg.Loopback()
	token := os.Getenv(influxTokenEnv)
	if f.tokenFile != "" {
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return cfg, cli.BadInput("--influx-token-file: %w", err)
		}
		token = string(data)
	}
	cfg.Token = influx.Secret(strings.TrimSpace(token))
	if cfg.Token == "" {
		return cfg, cli.BadInput("the token of InfluxDB is missing: give --influx-token-file or %s", influxTokenEnv)
	}
	return cfg, nil
}

// influxFeed is the feed of a server; nil where none was asked for.
type influxFeed struct {
	*influx.Feed
	store  *sqlite.Store
	every  int
	log    *slog.Logger
	phases map[race.ID]race.DrillPhase // of the drills that are marked, of the goroutine that tells of drills
}

// open sets the feed up and says exactly what is wrong with it. That the server does not answer keeps no race from running: the
// feed lags, and catches up.
func (f *influxFlags) open(ctx context.Context, store *sqlite.Store, log *slog.Logger) (*influxFeed, error) {
	if !f.given() {
		return nil, nil //nolint:nilnil // no feed is no fault
	}
	cfg, err := f.config(log)
	if err != nil {
		return nil, err
	}
	feed, err := influx.New(cfg, influx.Rules{Fold: func() influx.Fold { return timing.New() }, Locate: locate}, store)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	err = feed.Register(ctx)
	if err == nil {
		err = feed.Check(ctx)
	}
	switch {
	case errors.Is(err, influx.ErrRefused):
		feed.Close()
		return nil, cli.BadInput("%w", err)
	case errors.Is(err, influx.ErrAway):
		log.Warn("the feed lags until InfluxDB answers", slog.Any("err", err))
	case err != nil:
		feed.Close()
		return nil, err
	default:
		log.Info("races are fed to InfluxDB", slog.String("url", cfg.Address()), slog.String("org", cfg.Org), slog.String("bucket", cfg.Bucket))
	}
	return &influxFeed{Feed: feed, store: store, every: cfg.Every, log: log, phases: map[race.ID]race.DrillPhase{}}, nil
}

// locate finds the course of a race that carries its circuit.
func locate(head *race.Race) influx.Locate {
	c, err := circuit.FromText(head.Circuit, head.CircuitText)
	if err != nil { // the telemetry goes without places
		return nil
	}
	return func(fraction uint16) (x, y float64) { return c.At(float64(fraction) / 65536) }
}

// join registers what the feed counts, and looks at the platform for it.
func (f *influxFeed) join(r prometheus.Registerer, d *drills, source *engineSource) {
	r.MustRegister(newFeedMetrics(f.Stats))
	f.Watch(source)
	d.mark = f.markDrill
}

// markDrill puts the phases of a drill on the boards, each once.
func (f *influxFeed) markDrill(id race.ID, s *race.DrillState) {
	if was, marked := f.phases[id]; marked && was == s.Phase {
		return
	}
	f.phases[id] = s.Phase
	f.Mark(influx.DrillMark{Race: id, Name: s.Name, Phase: s.Phase.String()})
}

// Feeds is how far the feed lags.
func (f *influxFeed) Feeds() []gateway.FeedState {
	s := f.Stats()
	return []gateway.FeedState{{
		Name: influx.FeedName, LagSeconds: s.Lag.Seconds(), LagRecords: s.LagRecords, LagFrames: s.LagFrames, Outage: s.Outage,
		PutAside: s.PointsRejected,
	}}
}

// historyKinds are where telemetry is asked for.
const (
	historySQLite = "sqlite"
	historyInflux = "influx"
)

// history is what answers for telemetry.
func (f *influxFlags) history(kind string, store *sqlite.Store, log *slog.Logger) (gateway.Telemetry, func(), error) {
	switch {
	case kind == "", kind == historySQLite: // replay gives no choice
		return store, func() {}, nil
	case kind != historyInflux:
		return nil, nil, cli.BadInput("--history is %q: allowed are %s and %s", kind, historySQLite, historyInflux)
	case !f.given():
		return nil, nil, cli.BadInput("--history %s needs --influx-url", historyInflux)
	}
	cfg, err := f.config(log)
	if err != nil {
		return nil, nil, err
	}
	h, err := influx.NewHistory(cfg, store)
	if err != nil {
		return nil, nil, cli.BadInput("%w", err)
	}
	return h, h.Close, nil
}

func closeFeed(f *influxFeed) {
	if f != nil {
		f.Close()
	}
}

// feedOf is the feed as the platform's actors drive it; nil where there is none.
func feedOf(f *influxFeed) processor.Feed {
	if f == nil {
		return nil
	}
	return f.Feed
}

func feedsOf(f *influxFeed) gateway.Feeds {
	if f == nil {
		return nil
	}
	return f
}
