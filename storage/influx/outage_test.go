package influx_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
)

// long reports whether the long form of a test is requested.
func long() bool { return os.Getenv("LIGHTSOUT_LONG") != "" }

// live appends a race in real time, ten ticks a second, for at least the given ticks and until the test ends it.
func (c *course) live(m *memory, ticks int) (end func()) {
	over, enough := make(chan struct{}), make(chan struct{})
	m.add(c.id, c.head(race.Simulation), nil)
	go func() {
		defer close(over)
		begun := time.Now()
		for n := 1; ; n++ {
			select {
			case <-enough:
				if n > ticks {
					return
				}
			default:
			}
			records, f := c.tick(n)
			m.add(c.id, records, f)
			time.Sleep(time.Until(begun.Add(time.Duration(n) * 100 * time.Millisecond)))
		}
	}()
	return func() { close(enough); <-over }
}

// await waits for a condition.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not reached after 30 s: %s", what)
		}
	}
}

func TestFeed_LosesNothingWhileInfluxDBIsKilledThreeTimes(t *testing.T) {
	s, m := private(t), newMemory()
	cars, ticks := 100, 200
	if long() {
		cars, ticks = 1000, 1200
	}
	c := &course{id: race.ID(newID("killed")), cars: cars, laps: 100, lapTime: 3 * race.Second, startAt: time.Now()}
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	end := c.live(m, ticks)
	part := time.Duration(ticks) * 100 * time.Millisecond / 12
	for range 3 {
		time.Sleep(part)
		s.kill()
		time.Sleep(part)
		await(t, "an outage with its lag", func() bool {
			s := f.Stats()
			return s.Outage != "" && s.LagRecords > 0 && s.LagFrames > 0 && s.Lag > part/2
		})
		s.start()
	}
	end()
	fed(t, m, time.Minute)
	same(t, "after three kills", s.counts(t, c.id), expected(m, c.id))
	stats := f.Stats()
	t.Logf("%d cars, %d ticks: %d points in the race, %d acknowledged in %d batches, %d retries", cars, len(m.races[c.id].frames),
		sum(expected(m, c.id)), stats.PointsWritten, stats.Batches, stats.Retries)
	if stats.Retries == 0 || stats.PointsRejected != 0 || stats.Outage != "" {
		t.Errorf("at the end %+v", stats)
	}
}

// failingProxy is a proxy in front of InfluxDB with several failure modes.
type failingProxy struct {
	proxy    *httputil.ReverseProxy
	mu       sync.Mutex
	mood     string
	n        int
	last     time.Time // when it last sent Retry-After
	tooEarly []string  // requests that came too early
	seen     map[string]int
}

func (p *failingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.n++
	mood, n := p.mood, p.n
	if since := time.Since(p.last); since < time.Second && since > 50*time.Millisecond { // before, it was on its way when the answer was sent
		p.tooEarly = append(p.tooEarly, fmt.Sprintf("%s after %v", r.URL.Path, since))
	}
	p.mu.Unlock()
	switch {
	case mood == "slow":
		p.note(mood)
		time.Sleep(150 * time.Millisecond)
	case mood == "ill" && n%3 != 0:
		p.note(mood)
		http.Error(w, "the proxy fails", []int{500, 502, 503, 504}[n%4])
		return
	case mood == "busy" && n%2 == 0:
		p.note(mood)
		p.mu.Lock()
		p.last = time.Now()
		p.mu.Unlock()
		w.Header().Set("Retry-After", "1")
		http.Error(w, "patience", http.StatusTooManyRequests)
		return
	case mood == "strict" && n%2 == 0: // not InfluxDB's own answer: the points are not to blame
		p.note(mood)
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	case mood == "deaf" && n%2 == 0: // the points arrive, but the response is lost
		p.note(mood)
		p.proxy.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	p.proxy.ServeHTTP(w, r)
}

func (p *failingProxy) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[what]++
}

func (p *failingProxy) count(mood string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[mood]
}

func (p *failingProxy) become(mood string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mood = mood
}

// before returns a proxy in front of a server.
func before(t *testing.T, s *server) *failingProxy {
	t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return &failingProxy{proxy: httputil.NewSingleHostReverseProxy(to), seen: map[string]int{}}
}

func TestFeed_LosesNothingBehindAProxyThatFails(t *testing.T) {
	s, m := shared(t), newMemory()
	p := before(t, s)
	front := httptest.NewServer(p)
	defer front.Close()
	cfg := s.config()
	cfg.URL, cfg.Lanes, cfg.Plain = front.URL, 1, false // one shard, so that a pause is visible; with compression
	f := newFeed(t, cfg, m)
	defer f.Close()
	defer drive(f)()
	c := &course{id: race.ID(newID("proxy")), cars: 20, laps: 50, lapTime: 4 * race.Second, startAt: time.Now()}
	end := c.live(m, 60)
	for _, mood := range []string{"slow", "ill", "busy", "strict", "deaf"} {
		p.become(mood)
		await(t, mood, func() bool { return p.count(mood) >= 3 })
	}
	p.become("")
	end()
	fed(t, m, 30*time.Second)
	same(t, "behind the proxy", s.counts(t, c.id), expected(m, c.id))
	if len(p.tooEarly) > 0 {
		t.Errorf("Retry-After was not honoured: %v", p.tooEarly)
	}
	if n := f.Stats().PointsRejected; n != 0 || len(m.deadLetters) != 0 {
		t.Errorf("%d points were rejected, dead letters: %v", n, m.deadLetters)
	}
}

func TestFeed_KeepsRefusedPointsAsDeadLettersAndContinues(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	c := &course{id: race.ID(newID("conflict")), cars: 10, laps: 4, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Minute)}
	s.write(t, "passings speed=1.5 %d", c.startAt.UnixNano()) // of another type than the Feed's
	m.add(c.id, c.head(race.Simulation), nil)
	bad := 0
	for n := 1; n <= c.ticks(); n++ {
		records, frame := c.tick(n)
		for i := range records {
			if p, ok := records[i].Body.(race.Passing); ok && p.Line == 1 && (bad < 3 || n > 150) {
				p.SpeedKMH = 300
				records[i].Body = p
				bad++
			}
		}
		m.add(c.id, records, frame)
	}
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	want := expected(m, c.id)
	want["passings"] -= bad
	same(t, "without what was refused", s.counts(t, c.id), want)
	if bad < 4 || len(m.deadLetters) != bad || int(f.Stats().PointsRejected) != bad {
		t.Errorf("%d dead letters and %d counted, want %d", len(m.deadLetters), f.Stats().PointsRejected, bad)
	}
	for point, reason := range m.deadLetters {
		if !strings.HasPrefix(point, "passings,") || !strings.Contains(point, "speed=300i") || !strings.Contains(reason, "field type conflict") {
			t.Errorf("dead letter %q with reason %q", point, reason)
		}
	}
}

func TestFeed_KeepsARefusedSeriesAsDeadLetters(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	c := &course{id: race.ID(newID("series")), cars: 10, laps: 3, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Minute)}
	c.run(m)
	s.write(t, "telemetry rpm=\"many\" %d", c.startAt.UnixNano())
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, time.Minute)
	want := expected(m, c.id)
	if len(m.deadLetters) != want["telemetry"] {
		t.Errorf("%d dead letters, want %d", len(m.deadLetters), want["telemetry"])
	}
	want["telemetry"] = 0
	same(t, "without telemetry", s.counts(t, c.id), want)
}

func TestFeed_CheckNamesTheWrongSetting(t *testing.T) {
	s := shared(t)
	front := httptest.NewTLSServer(before(t, s))
	defer front.Close()
	for name, one := range map[string]struct {
		change func(*influx.Config)
		is     error
		says   string
	}{
		"all is well":     {func(*influx.Config) {}, nil, ""},
		"token":           {func(c *influx.Config) { c.Token = "wrong" }, influx.ErrRefused, "refuses the token"},
		"bucket":          {func(c *influx.Config) { c.Bucket = "nowhere" }, influx.ErrRefused, `no bucket "nowhere" in organisation "lightsout"`},
		"organisation":    {func(c *influx.Config) { c.Org = "nobody" }, influx.ErrRefused, `no organisation "nobody"`},
		"certificate":     {func(c *influx.Config) { c.URL = front.URL }, influx.ErrRefused, "certificate"},
		"nobody is there": {func(c *influx.Config) { c.URL = "http://127.0.0.1:9" }, influx.ErrAway, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.config()
			one.change(&cfg)
			f := newFeed(t, cfg, newMemory())
			defer f.Close()
			err := f.Check(context.Background())
			if !errors.Is(err, one.is) || err != nil && !strings.Contains(err.Error(), one.says) {
				t.Errorf("error %v, want %q", err, one.says)
			}
			if err != nil && strings.Contains(err.Error(), s.token) {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

// Versions 1 and 3 take the same writes, and nothing else that is needed.
func TestFeed_CheckRefusesOtherVersions(t *testing.T) {
	s := shared(t)
	for version, says := range map[string]string{"1.8.10": "is an InfluxDB 1.8.10: allowed is version 2", "3.4.1": "is an InfluxDB 3.4.1: allowed is version 2", "v2.7.12": "", "": ""} {
		real := before(t, s)
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/ping" {
				if version != "" {
					w.Header().Set("X-Influxdb-Version", version)
				}
				w.WriteHeader(http.StatusNoContent)
				return
			}
			real.ServeHTTP(w, r)
		}))
		defer front.Close()
		cfg := s.config()
		cfg.URL = front.URL
		f := newFeed(t, cfg, newMemory())
		defer f.Close()
		if err := f.Check(t.Context()); (err != nil) != (says != "") || err != nil && (!errors.Is(err, influx.ErrRefused) || !strings.Contains(err.Error(), says)) {
			t.Errorf("version %q: %v, expected %q", version, err, says)
		}
	}
}

func TestFeed_TrustsTheConfiguredCA(t *testing.T) {
	s, m := shared(t), newMemory()
	front := httptest.NewTLSServer(before(t, s))
	defer front.Close()
	cfg := s.config()
	cfg.URL, cfg.CA = front.URL, filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(cfg.CA, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &course{id: race.ID(newID("tls")), cars: 3, laps: 3, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Minute)}
	c.run(m)
	f := newFeed(t, cfg, m)
	defer f.Close()
	if err := f.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer drive(f)()
	fed(t, m, 20*time.Second)
	same(t, "over TLS", s.counts(t, c.id), expected(m, c.id))
}

func TestFeed_ContinuesFromItsCursorAfterEachRestart(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("again")), cars: 40, laps: 50, lapTime: 4 * race.Second, startAt: time.Now()}
	end := c.live(m, 60)
	over := make(chan struct{})
	go func() { end(); close(over) }()
	rng := rand.New(rand.NewPCG(7, 7))
	restarts := 0
	for done := false; !done; restarts++ {
		f := newFeed(t, s.config(), m) // as after kill -9 of the process: only the cursor is left
		stop := drive(f)
		select {
		case <-over:
			done = true
			fed(t, m, 20*time.Second)
		case <-time.After(time.Duration(100+rng.IntN(400)) * time.Millisecond):
		}
		stop()
		f.Close()
	}
	if restarts < 5 || m.moves < 5 {
		t.Errorf("%d restarts, the cursor moved %d times", restarts, m.moves)
	}
	same(t, "after restarts", s.counts(t, c.id), expected(m, c.id))
}
