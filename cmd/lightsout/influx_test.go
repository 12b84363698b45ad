package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/cmd/internal/feed"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// influxServer is the InfluxDB of a test.
type influxServer struct{ feed.Config }

// influxOf is how serve is joined to the InfluxDB that the environment names.
func influxOf(t testing.TB) influxServer {
	t.Helper()
	url := os.Getenv("INFLUX_URL")
	if url == "" {
		t.Skip("no InfluxDB: set INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET and INFLUX_TOKEN")
	}
	t.Setenv(feed.TokenEnv, os.Getenv("INFLUX_TOKEN"))
	f := influxServer{feed.Config{Influx: influx.DefaultConfig()}}
	f.Influx.URL, f.Influx.Org, f.Influx.Bucket = url, os.Getenv("INFLUX_ORG"), os.Getenv("INFLUX_BUCKET")
	f.Influx.FlushAfter = 20 * time.Millisecond
	return f
}

// args join a real server to it.
func (f *influxServer) args() []string {
	return []string{"--influx-url", f.Influx.URL, "--influx-org", f.Influx.Org, "--influx-bucket", f.Influx.Bucket}
}

// counted is how many points of a series InfluxDB has of a race, by one field.
func (f *influxServer) counted(t *testing.T, id race.ID, series, field string) int {
	t.Helper()
	question := fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z)
		|> filter(fn: (r) => r._measurement == %q and r.race == %q and r._field == %q) |> group() |> count()`,
		f.Influx.Bucket, series, string(id), field)
	req, err := http.NewRequest(http.MethodPost, f.Influx.URL+"/api/v2/query?org="+f.Influx.Org, strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+os.Getenv(feed.TokenEnv))
	req.Header.Set("Content-Type", "application/vnd.flux")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	rows, err := csv.NewReader(res.Body).ReadAll()
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("answered %d %v %v", res.StatusCode, rows, err)
	}
	if len(rows) < 2 {
		return 0
	}
	n, err := strconv.Atoi(rows[1][len(rows[1])-1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compareWithStore counts what InfluxDB has of a race against the store of the log.
func (f *influxServer) compareWithStore(t *testing.T, store *sqlite.Store, id race.ID) {
	t.Helper()
	ctx := context.Background()
	laps, err := store.Laps(ctx, id, race.NoCar)
	events, err2 := store.Events(ctx, id)
	passings, err3 := store.Passings(ctx, id, 0, 1_000_000, -1)
	points := 0
	err4 := store.Frames(ctx, id, 0, 1<<40, func(f *race.Frame) error { points += f.Cars(); return nil })
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		series, field string
		want          int
	}{
		{"laps", "lap_number", len(laps)}, {"races", "name", 1}, {"events", "seq", len(events)},
		{"passings", "seq", len(passings)}, {"telemetry", "rpm", points},
	} {
		if got := f.counted(t, id, one.series, one.field); got != one.want || got == 0 {
			t.Errorf("InfluxDB has %d points of %s, the store %d", got, one.series, one.want)
		}
	}
}

// stalledAfter is how long no cursor may move before a feed has stopped. How long it takes altogether does not matter.
const stalledAfter = patience

// awaitFed waits until a store is fed, as long as cursors move.
func awaitFed(t *testing.T, store *sqlite.Store) {
	t.Helper()
	last, moved := "", time.Now()
	for ; ; time.Sleep(20 * time.Millisecond) {
		left, err := store.Unfed(t.Context(), influx.FeedName)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		at := ""
		for _, id := range left {
			c, err := store.Cursor(t.Context(), influx.FeedName, id)
			if err != nil {
				t.Fatal(err)
			}
			at += fmt.Sprintf(" %s at %+v", id, c)
		}
		switch {
		case at != last:
			last, moved = at, time.Now()
		case time.Since(moved) > stalledAfter:
			t.Fatalf("no cursor has moved for %v:%s", stalledAfter, at)
		}
	}
}

func mustStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestInflux_FeedKilledAtRandomWritesEachPointOnce(t *testing.T) {
	t.Run("by a drill", func(t *testing.T) { feedsEachPointOnce(t, 4, supervise.Killed{By: "test"}) })
	t.Run("by a bug", func(t *testing.T) { feedsEachPointOnce(t, 8, errors.New("a bug")) })
}

// feedsEachPointOnce runs a race while the feed's actor dies at one message in so many, before and after it was handled.
func feedsEachPointOnce(t *testing.T, in int, reason any) {
	t.Helper()
	flags := influxOf(t)
	id := race.ID(fmt.Sprintf("fed-%d", time.Now().UnixNano()))
	acked := &storagetest.Acknowledged{Race: id}
	flags.Influx.Wrap = acked.Wrap
	store := mustStore(t, filepath.Join(t.TempDir(), "races.db"))
	log := slog.New(slog.DiscardHandler)
	to, err := feed.Open(t.Context(), flags.Config, store, log)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(3, 5))
	watch := engine.NewWatcher()
	p, err := engine.New(engine.Config{
		Journal: store, Spectators: watch, Observer: watch, Log: log, Feed: to.Actor(), Fault: func(at supervise.Strike) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if at.Kind == "feed" && rng.IntN(in) == 0 {
				panic(reason)
			}
			return 0
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	to.Observe(prometheus.NewRegistry(), &feed.EngineSource{System: p.System(), Times: &feed.CommitTimes{}, Audience: live.NewMetrics(nil).Audience})
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 20, Laps: 6, Seed: 7, TickHz: 10, Speed: 50}, id, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(simulator.StartRace{Info: info, Model: model, Start: true}); err != nil {
		t.Fatal(err)
	}
	<-watch.Over()
	awaitFed(t, store)
	restarts := int64(0)
	for _, n := range p.System().Counts() {
		if n.Kind == "feed" {
			restarts = n.Restarts
		}
	}
	if restarts < 20 {
		t.Errorf("the feed was killed %d times", restarts)
	}
	if err := p.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	to.Close()
	lines := acked.Lines()
	t.Logf("%d restarts, %d different points acknowledged", restarts, len(lines))
	if diff := acked.Differs(flags.undisturbed(t, store, id)); diff != "" {
		t.Errorf("each point must be acknowledged as often as by a feed that is not killed: %s", diff)
	}
	flags.compareWithStore(t, store, id)
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// undisturbed feeds a store again from the beginning, and gives what is acknowledged of a race.
func (f *influxServer) undisturbed(t *testing.T, store *sqlite.Store, id race.ID) *storagetest.Acknowledged {
	t.Helper()
	acked := &storagetest.Acknowledged{Race: id}
	again := *f
	again.Influx.Wrap = acked.Wrap
	if err := store.DropFeed(t.Context(), influx.FeedName); err != nil {
		t.Fatal(err)
	}
	to, err := feed.Open(t.Context(), again.Config, store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	system, err := supervise.NewSystem(supervise.Config{})
	if err != nil {
		t.Fatal(err)
	}
	system.Spawn(supervise.Spec{Kind: "feed", ID: "1", Producer: processor.FeedProducer(processor.FeedConfig{Feed: to.Actor(), Log: slog.New(slog.DiscardHandler)})})
	awaitFed(t, store)
	if err := system.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if len(acked.Lines()) == 0 {
		t.Fatal("nothing was fed again")
	}
	return acked
}

func TestInflux_KilledServerContinuesAtItsCursor(t *testing.T) {
	flags := influxOf(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.args = flags.args()
	p.start()
	name, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":20,"laps":8,"seed":7,"speed":40}`)["id"].(string)
	for range 4 {
		time.Sleep(1200 * time.Millisecond)
		p.end(syscall.SIGKILL)
		p.start()
	}
	var ready struct {
		Status string
		Feeds  []struct {
			Name   string
			Outage string
		}
	}
	p.get("/readyz", &ready)
	if ready.Status != "ready" || len(ready.Feeds) != 1 || ready.Feeds[0].Name != "influx" {
		t.Errorf("it is %+v", ready)
	}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var summary struct{ Status string }
		p.get("/api/v1/races/"+name, &summary)
		if summary.Status == "finished" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the race is %s", summary.Status)
		}
	}
	store := mustReadStore(t, p.db) // beside the server: it only reads
	awaitFed(t, store)
	res, err := http.Get(p.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(res.Body)
	res.Body.Close()
	for _, want := range []string{
		"lightsout_feed_points_written_total{feed=\"influx\"} ", "lightsout_feed_points_rejected_total{feed=\"influx\"} 0",
		"lightsout_feed_lag_seconds{", "lightsout_feed_lag_records{", "lightsout_feed_retries_total{", "lightsout_feed_batches_in_flight{",
	} {
		if err != nil || !bytes.Contains(metrics, []byte(want)) {
			t.Errorf("the metrics lack %s (%v)", want, err)
		}
	}
	entries, err := store.Entries(t.Context(), race.ID(name))
	if err != nil {
		t.Fatal(err)
	}
	question := fmt.Sprintf("/api/v1/races/%s/telemetry?cars=%d,%d&points=100000", name, entries[3].Number, entries[9].Number)
	embedded := p.answer(question)
	p.end(syscall.SIGTERM)
	p.args = append(p.args, "--history", "influx")
	p.start()
	if fed := p.answer(question); fed != embedded || len(fed) < 10_000 {
		t.Errorf("--history influx gives %d bytes, sqlite %d: %.300s … and %.300s …", len(fed), len(embedded), fed, embedded)
	}
	p.end(syscall.SIGTERM)
	flags.compareWithStore(t, store, race.ID(name))
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// answer is what the server says to a question.
func (p *process) answer(path string) string {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: answered %d %.300s %v", path, res.StatusCode, data, err)
	}
	return string(data)
}

func TestInflux_ServeNamesExactlyWhatIsWrong(t *testing.T) {
	flags := influxOf(t)
	bin := mustBuild(t)
	file := filepath.Join(t.TempDir(), "token")
	for _, one := range []struct {
		name, url, org, bucket, token string
		want                          string
	}{
		{"token", flags.Influx.URL, flags.Influx.Org, flags.Influx.Bucket, "a-wrong-secret", "InfluxDB refuses the token"},
		{"organisation", flags.Influx.URL, "unknown", flags.Influx.Bucket, os.Getenv("INFLUX_TOKEN"), `there is no organisation "unknown"`},
		{"bucket", flags.Influx.URL, flags.Influx.Org, "nowhere", os.Getenv("INFLUX_TOKEN"), `there is no bucket "nowhere"`},
		{"address", "ftp://x", flags.Influx.Org, flags.Influx.Bucket, "t", "the address of InfluxDB"},
		{"no token", flags.Influx.URL, flags.Influx.Org, flags.Influx.Bucket, "", "the token of InfluxDB is missing"},
	} {
		t.Run(one.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(one.token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, "serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "r.db"), "--influx-url", one.url,
				"--influx-org", one.org, "--influx-bucket", one.bucket, "--influx-token-file", file)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitBadInput || !strings.Contains(string(out), one.want) {
				t.Errorf("it ended with %v and said %s", err, out)
			}
			if len(one.token) > 3 && bytes.Contains(out, []byte(one.token)) {
				t.Errorf("the token was printed: %s", out)
			}
		})
	}
}

func TestInflux_RacesRunWhileInfluxDBIsAway(t *testing.T) {
	t.Setenv(feed.TokenEnv, "any")
	flags := influxServer{feed.Config{Influx: influx.DefaultConfig()}}
	flags.Influx.URL, flags.Influx.Org, flags.Influx.Bucket = "http://127.0.0.1:9", "o", "b" // nothing listens on the port
	store := mustStore(t, filepath.Join(t.TempDir(), "races.db"))
	log := slog.New(slog.DiscardHandler)
	to, err := feed.Open(t.Context(), flags.Config, store, log)
	if err != nil {
		t.Fatal(err)
	}
	watch := engine.NewWatcher()
	p, err := engine.New(engine.Config{Journal: store, Spectators: watch, Observer: watch, Log: log, Feed: to.Actor()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 5, Laps: 2, Seed: 7, TickHz: 10}, "away", c)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(simulator.StartRace{Info: info, Model: model, Start: true}); err != nil {
		t.Fatal(err)
	}
	<-watch.Over()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		s := to.Feeds()[0]
		if strings.Contains(s.Outage, "refused") && s.LagSeconds > 0 && s.LagRecords > 0 && s.LagFrames > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the feed says %+v", s)
		}
	}
	if err := p.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	to.Close()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}
