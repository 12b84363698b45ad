package feed

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/processor"
	"lightsout/cmd/internal/cli"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/timing"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/transport/login"
)

var (
	_ influx.Log     = (*sqlite.Store)(nil)
	_ influx.Log     = ownRaces{}
	_ influx.Rosters = (*sqlite.Store)(nil)
	_ influx.Fold    = (*timing.State)(nil)
	_ processor.Feed = (*influx.Feed)(nil)
	_ gateway.Feeds  = (*Feed)(nil)

	_ gateway.Telemetry = (*influx.History)(nil)
)

// TokenEnv is the environment variable of the token. There is no flag for it, for every user of the machine can read a command line.
const TokenEnv = cli.EnvPrefix + "_INFLUX_TOKEN"

// Config is the InfluxDB that a server feeds.
type Config struct {
	Influx    influx.Config
	TokenFile string // empty means TokenEnv
	// Mine reports whether this process feeds a race. It is asked in each round, so that a race which becomes this process's is fed from then
	// on, from this store's cursor. nil means all races of the store.
	Mine func(race.ID) bool
	// Shared is how far other processes have fed races that become this one's; needed with Mine.
	Shared Shared
}

// Shared is how far races were fed by one of several processes.
type Shared interface {
	// KeepFed tells the others, Fed is what they told, ForgetFed says that it was taken.
	KeepFed(id race.ID, c race.Fed)
	Fed(id race.ID) (race.Fed, bool)
	ForgetFed(id race.ID)
}

// ownRaces is a store with a feed of some of its races.
type ownRaces struct {
	*sqlite.Store
	mine   func(race.ID) bool
	shared Shared         // nil: this process feeds alone
	bucket *atomic.Uint64 // that is fed; 0 while it is unknown
}

// Retarget notes the bucket, too: what others told of another one does not count.
func (l ownRaces) Retarget(ctx context.Context, feed string, t race.FeedTarget) (bool, error) {
	changed, err := l.Store.Retarget(ctx, feed, t)
	if err == nil {
		l.bucket.Store(t.Bucket)
	}
	return changed, err
}

// Erasures leaves out the deleted races that other processes erase. One that is there again was erased by the process that had it.
func (l ownRaces) Erasures(ctx context.Context, feed string) ([]race.ID, error) {
	ids, err := l.Store.Erasures(ctx, feed)
	if err != nil {
		return nil, err
	}
	var out []race.ID
	for _, id := range ids {
		_, err := l.FeedEnd(ctx, id)
		switch {
		case !l.mine(id):
		case errors.Is(err, race.ErrNotFound):
			out = append(out, id)
		case err == nil && l.shared != nil:
			if _, told := l.shared.Fed(id); !told {
				out = append(out, id)
			} else if err := l.Erased(ctx, feed, id); err != nil {
				return nil, err
			}
		case err == nil:
			out = append(out, id)
		}
	}
	return out, nil
}

// Unfed leaves out the races that other processes feed.
func (l ownRaces) Unfed(ctx context.Context, feed string) ([]race.ID, error) {
	ids, err := l.Store.Unfed(ctx, feed)
	return slices.DeleteFunc(ids, func(id race.ID) bool { return !l.mine(id) || l.fed(ctx, feed, id) }), err
}

// MoveCursor tells the other processes, too.
func (l ownRaces) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	err := l.Store.MoveCursor(ctx, feed, id, c)
	if err == nil && l.shared != nil {
		l.shared.KeepFed(id, race.Fed{FeedCursor: c, Bucket: l.bucket.Load()})
	}
	return err
}

// fed takes over how far another process has fed a race, and reports whether there is nothing left to feed now. What cannot be taken over is fed
// again.
func (l ownRaces) fed(ctx context.Context, feed string, id race.ID) bool {
	if l.shared == nil {
		return false
	}
	at, told := l.shared.Fed(id)
	if !told {
		return false
	}
	c := at.FeedCursor
	has, err := l.Cursor(ctx, feed, id)
	end, endErr := l.FeedEnd(ctx, id)
	switch {
	case err != nil || endErr != nil:
		return false
	case c.Seq > end.Seq || c.Tick > end.Tick || c.Count > end.Count: // this copy is behind
		return true
	}
	l.shared.ForgetFed(id)
	if bucket := l.bucket.Load(); at.Bucket != 0 && bucket != 0 && at.Bucket != bucket {
		return false
	}
	c = race.FeedCursor{Seq: max(c.Seq, has.Seq), Tick: max(c.Tick, has.Tick), Count: max(c.Count, has.Count)}
	if c == has {
		return false
	}
	return l.Store.MoveCursor(ctx, feed, id, c) == nil && c == end
}

// log is the log that is fed.
func (c *Config) log(store *sqlite.Store) influx.Log {
	if c.Mine == nil {
		return store
	}
	return ownRaces{store, c.Mine, c.Shared, new(atomic.Uint64)}
}

// Given says that a feed is wanted.
func (c *Config) Given() bool { return c.Influx.URL != "" }

// complete returns the configuration with its token.
func (c *Config) complete(log *slog.Logger) (influx.Config, error) {
	cfg := c.Influx
	cfg.Log, cfg.Plain = log, cfg.Loopback()
	file := c.TokenFile
	read := func() (login.Secret, error) {
		token, err := cli.FileOrEnv("influx-token-file", file, TokenEnv)
		return login.Secret(strings.TrimSpace(token)), err
	}
	var err error
	if cfg.Token, err = read(); err != nil {
		return cfg, err
	}
	cfg.ReadToken = read
	if cfg.Token == "" {
		return cfg, cli.BadInput("the token of InfluxDB is missing: give --influx-token-file or %s", TokenEnv)
	}
	return cfg, nil
}

// Feed is the feed of a server to InfluxDB.
type Feed struct {
	influx *influx.Feed
	past   *influx.History
	store  *sqlite.Store
	log    *slog.Logger
	every  int                         // frames of telemetry
	phases map[race.ID]race.DrillPhase // last phase of each drill, used by one goroutine
}

// Open sets a feed up, or returns an error that names what is wrong. It returns nil if no feed is wanted. InfluxDB need not answer: the feed
// lags then, and catches up.
func Open(ctx context.Context, c Config, store *sqlite.Store, log *slog.Logger) (*Feed, error) {
	if !c.Given() {
		return nil, nil // no feed is no fault
	}
	cfg, err := c.complete(log)
	if err != nil {
		return nil, err
	}
	to, err := influx.New(cfg, influx.Rules{Fold: func() influx.Fold { return timing.New() }, Locate: locate}, c.log(store))
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	err = to.Register(ctx)
	if err == nil {
		err = to.Check(ctx)
	}
	switch {
	case errors.Is(err, influx.ErrRefused):
		to.Close()
		return nil, cli.BadInput("%w", err)
	case errors.Is(err, influx.ErrAway):
		log.Warn("the feed lags until InfluxDB answers", slog.Any("err", err))
	case err != nil:
		to.Close()
		return nil, err
	default:
		log.Info("races are fed to InfluxDB", slog.String("url", cfg.Address()), slog.String("org", cfg.Org), slog.String("bucket", cfg.Bucket),
			slog.Bool("token_may_read", to.CheckRead(ctx) == nil))
	}
	past, err := influx.NewHistory(cfg, store)
	if err != nil {
		to.Close()
		return nil, cli.BadInput("%w", err)
	}
	return &Feed{influx: to, past: past, store: store, log: log, every: cfg.Every, phases: map[race.ID]race.DrillPhase{}}, nil
}

// locate returns the course of a race that carries its circuit.
func locate(head *race.Race) influx.Locate {
	c, err := circuit.FromText(head.Circuit, head.CircuitText)
	if err != nil { // telemetry goes without positions
		return nil
	}
	return func(fraction uint16) (x, y float64) { return c.At(float64(fraction) / 65536) }
}

// Observe registers the feed's metrics, and writes the engine series.
func (f *Feed) Observe(r prometheus.Registerer, source *EngineSource) {
	r.MustRegister(newFeedMetrics(f.influx.Stats))
	f.influx.Watch(&recovery{EngineSource: source, stats: f.influx.Stats, log: f.log})
}

// RenewToken reads the token again; nil is allowed.
func (f *Feed) RenewToken() {
	if f != nil {
		f.influx.RenewToken()
		f.past.RenewToken()
	}
}

// Actor is the feed that the actors drive; nil for a nil Feed.
func (f *Feed) Actor() processor.Feed {
	if f == nil {
		return nil
	}
	return f.influx
}

// State is the feed as the gateway shows it; nil for a nil Feed.
func (f *Feed) State() gateway.Feeds {
	if f == nil {
		return nil
	}
	return f
}

// Close ends the feed.
func (f *Feed) Close() {
	if f != nil {
		f.influx.Close()
		f.past.Close()
	}
}

// AnnotateDrill puts each phase of a drill on the boards once. It is for one goroutine.
func (f *Feed) AnnotateDrill(id race.ID, s *race.DrillState) {
	if was, marked := f.phases[id]; marked && was == s.Phase {
		return
	}
	f.phases[id] = s.Phase
	f.influx.Annotate(influx.DrillPhase{Race: id, Name: s.Name, Phase: s.Phase.String()})
}

// Feeds returns the lag.
func (f *Feed) Feeds() []gateway.FeedState {
	s := f.influx.Stats()
	return []gateway.FeedState{{
		Name: influx.FeedName, LagSeconds: s.Lag.Seconds(), LagRecords: s.LagRecords, LagFrames: s.LagFrames, Outage: s.Outage,
		DeadLetters: s.PointsRejected,
	}}
}

// Stores that can answer for telemetry.
const (
	HistorySQLite = "sqlite"
	HistoryInflux = "influx"
)

// Telemetry returns the store that answers for telemetry. f is nil for a server without InfluxDB.
func (f *Feed) Telemetry(ctx context.Context, kind string, store *sqlite.Store, log *slog.Logger) (gateway.Telemetry, error) {
	switch {
	case kind == "", kind == HistorySQLite: // replay has no such flag
		return store, nil
	case kind != HistoryInflux:
		return nil, cli.BadInput("--history is %q: allowed are %s and %s", kind, HistorySQLite, HistoryInflux)
	case f == nil:
		return nil, cli.BadInput("--history %s needs --influx-url", HistoryInflux)
	}
	if err := f.past.Check(ctx); errors.Is(err, influx.ErrRefused) {
		return nil, cli.BadInput("--history %s: %w", HistoryInflux, err)
	} else if err != nil {
		log.Warn("InfluxDB cannot be asked for telemetry now", slog.Any("err", err))
	}
	return either{store, f.past}, nil
}

// either answers for telemetry from InfluxDB where a race was fed there, and else from the store of the log, which keeps what was not fed.
type either struct {
	store *sqlite.Store
	past  *influx.History
}

// Trace implements gateway.Telemetry. It asks the other one, too, where the first has nothing.
func (e either) Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error) {
	end, err := e.store.FeedEnd(ctx, q.Race)
	if err != nil {
		return nil, err
	}
	at, err := e.store.Cursor(ctx, influx.FeedName, q.Race)
	if err != nil {
		return nil, err
	}
	first, second := gateway.Telemetry(e.past), gateway.Telemetry(e.store)
	if at.Tick < end.Tick || at.Count < end.Count {
		first, second = second, first
	}
	t, err := first.Trace(ctx, q)
	if err == nil && len(t.Time) > 0 {
		return t, nil
	}
	if other, otherErr := second.Trace(ctx, q); otherErr == nil && (err == nil || len(other.Time) > 0) {
		return other, nil
	}
	return t, err
}
