package influx_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/influx"
	"lightsout/transport/login"
)

// server is a real InfluxDB.
type server struct {
	url, org, bucket, token string
	bucketID, orgID         string   // created by newBucket
	lost                    string   // of them, deleted by the test
	tokens                  []string // IDs of those made
	pid                     int
	start                   func()
}

// shared returns the server that the environment names.
func shared(t testing.TB) *server {
	t.Helper()
	s := &server{url: os.Getenv("INFLUX_URL"), org: os.Getenv("INFLUX_ORG"), bucket: os.Getenv("INFLUX_BUCKET"), token: os.Getenv("INFLUX_TOKEN")}
	if s.url == "" {
		t.Skip("no InfluxDB: set INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET and INFLUX_TOKEN")
	}
	return s
}

// private starts a server for this test only, which it may kill.
func private(t *testing.T) *server {
	t.Helper()
	tool := os.Getenv("LIGHTSOUT_INFLUXD")
	if tool == "" {
		t.Skip("no InfluxDB of the test's own: set LIGHTSOUT_INFLUXD to the tool that starts one (start PORT DIR)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	dir := t.TempDir()
	s := &server{org: "lightsout", bucket: "races", token: "test-token"}
	s.start = func() {
		out, err := exec.Command(tool, "start", port, dir).Output()
		if err != nil {
			t.Errorf("start InfluxDB: %v", err)
			return
		}
		for _, word := range strings.Fields(string(out)) {
			switch key, value, _ := strings.Cut(word, "="); key {
			case "INFLUX_URL":
				s.url = value
			case "INFLUX_PID":
				s.pid, _ = strconv.Atoi(value)
			}
		}
	}
	s.start()
	if s.pid == 0 {
		t.Fatal("InfluxDB has no process ID")
	}
	t.Cleanup(s.kill)
	return s
}

// kill kills the server like a power cut.
func (s *server) kill() {
	if s.pid != 0 {
		syscall.Kill(s.pid, syscall.SIGKILL)
		s.pid = 0
	}
}

// config returns the configuration of a Feed with short waits.
func (s *server) config() influx.Config {
	c := influx.DefaultConfig()
	c.URL, c.Org, c.Bucket, c.Token = s.url, s.org, s.bucket, login.Secret(s.token)
	c.FlushAfter, c.RetryFirst, c.MaxRetry, c.Plain = 50*time.Millisecond, 20*time.Millisecond, time.Second, true
	c.LookUpAfter = 100 * time.Millisecond
	return c
}

// ask runs a Flux query and returns the rows of all tables.
func (s *server) ask(t testing.TB, flux string) []map[string]string {
	t.Helper()
	body := s.call(t, http.MethodPost, "/api/v2/query?org="+s.org, "application/vnd.flux", flux)
	var out []map[string]string
	for _, table := range strings.Split(strings.ReplaceAll(body, "\r", ""), "\n\n") {
		rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		if err != nil {
			t.Fatalf("read the answer: %v\n%s", err, body)
		}
		for i := 1; i < len(rows); i++ {
			row := map[string]string{}
			for j, name := range rows[0] {
				row[name] = rows[i][j]
			}
			out = append(out, row)
		}
	}
	return out
}

func (s *server) call(t testing.TB, method, path, kind, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+s.token)
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, data, err)
	}
	return string(data)
}

// write writes a line into the bucket.
func (s *server) write(t testing.TB, line string, args ...any) {
	t.Helper()
	s.call(t, http.MethodPost, "/api/v2/write?org="+s.org+"&bucket="+s.bucket, "text/plain", fmt.Sprintf(line, args...))
}

// newBucket creates a bucket for one test.
func (s *server) newBucket(t testing.TB) {
	t.Helper()
	s.newBucketFor(t, 0)
}

// newBucketFor creates a bucket for one test that keeps points for a while; 0 means for ever.
func (s *server) newBucketFor(t testing.TB, keeps time.Duration) {
	t.Helper()
	var orgs struct{ Orgs []struct{ ID string } }
	if err := json.Unmarshal([]byte(s.call(t, http.MethodGet, "/api/v2/orgs?org="+s.org, "application/json", "")), &orgs); err != nil {
		t.Fatal(err)
	}
	s.bucket = newID("bucket")
	var made struct{ ID string }
	answer := s.call(t, http.MethodPost, "/api/v2/buckets", "application/json",
		fmt.Sprintf(`{"orgID": %q, "name": %q, "retentionRules": [{"type": "expire", "everySeconds": %d}]}`, orgs.Orgs[0].ID, s.bucket, int(keeps.Seconds())))
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatal(err)
	}
	s.bucketID = made.ID
	s.orgID = orgs.Orgs[0].ID
	id := made.ID
	t.Cleanup(func() {
		if s.lost != id {
			s.call(t, http.MethodDelete, "/api/v2/buckets/"+id, "application/json", "")
		}
	})
}

// newToken makes a token with rights to the test's bucket alone: read, write.
func (s *server) newToken(t testing.TB, rights ...string) login.Secret {
	t.Helper()
	var may []string
	for _, right := range rights {
		may = append(may, fmt.Sprintf(`{"action": %q, "resource": {"type": "buckets", "id": %q, "orgID": %q}}`, right, s.bucketID, s.orgID))
	}
	var made struct{ ID, Token string }
	answer := s.call(t, http.MethodPost, "/api/v2/authorizations", "application/json", fmt.Sprintf(`{"orgID": %q, "permissions": [%s]}`, s.orgID, strings.Join(may, ", ")))
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatal(err)
	}
	s.tokens = append(s.tokens, made.ID)
	return login.Secret(made.Token)
}

// revokeTokens revokes the tokens that were made.
func (s *server) revokeTokens(t testing.TB) {
	t.Helper()
	for _, id := range s.tokens {
		s.call(t, http.MethodDelete, "/api/v2/authorizations/"+id, "application/json", "")
	}
	s.tokens = nil
}

var ordinal atomic.Int64

// newID returns a name that is unique across test runs.
func newID(what string) string {
	return fmt.Sprintf("%s-%d-%d", what, time.Now().UnixNano(), ordinal.Add(1))
}

// witness is a field that every point of a series has.
var witness = map[string]string{
	"telemetry": "speed", "laps": "lap_number", "races": "name", "tower": "laps", "passings": "seq", "positions": "position", "events": "seq",
}

// counts returns the number of points of a race by series.
func (s *server) counts(t testing.TB, id race.ID) map[string]int {
	t.Helper()
	out := map[string]int{}
	for series, field := range witness {
		rows := s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z)
			|> filter(fn: (r) => r._measurement == %q and r.race == %q and r._field == %q) |> group() |> count()`,
			s.bucket, series, string(id), field))
		for _, row := range rows {
			out[series], _ = strconv.Atoi(row["_value"])
		}
	}
	return out
}

// expected returns the number of points of a race's log by series, computed from the log without the Feed.
func expected(m *memory, id race.ID) map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(id)
	out := map[string]int{}
	for _, f := range r.frames {
		out["telemetry"] += f.Cars()
	}
	places, placed := map[race.CarIdx]int{}, map[string]bool{}
	state, clock, started, cars := timing.New(), race.Micros(0), false, 0
	for i := range r.records {
		rec := &r.records[i]
		facts, _ := state.Apply(rec, nil)
		switch rec.Body.(type) {
		case race.Entered:
			cars++
		case race.Passing:
			out["passings"]++
		case race.Started:
			started = true
			for car := range places {
				placed[fmt.Sprint(car, clock)] = true
			}
		}
		clock = max(clock, rec.Time)
		for _, fact := range facts {
			switch v := fact.(type) {
			case race.OrderChanged:
				for j, car := range v.Cars {
					if places[car] != v.From+j+1 {
						places[car] = v.From + j + 1
						if started {
							placed[fmt.Sprint(car, clock)] = true
						}
					}
				}
			}
		}
	}
	out["events"] = len(state.Events())
	out["laps"] = len(laps(r.records))
	out["races"], out["tower"] = 1, cars
	out["positions"] = len(placed)
	return out
}

type lapKey struct {
	car race.CarIdx
	lap int
}

// laps returns the laps at the end of a log.
func laps(records []race.Record) map[lapKey]race.Lap {
	out, state := map[lapKey]race.Lap{}, timing.New()
	for i := range records {
		facts, _ := state.Apply(&records[i], nil)
		for _, fact := range facts {
			switch v := fact.(type) {
			case race.LapCompleted:
				out[lapKey{v.Lap.Car, v.Lap.Number}] = v.Lap
			case race.LapsWithdrawn:
				for k := range out {
					if k.car == v.Car && k.lap > v.Laps {
						delete(out, k)
					}
				}
			}
		}
	}
	return out
}

func finalLaps(m *memory, id race.ID) map[lapKey]race.Lap {
	m.mu.Lock()
	defer m.mu.Unlock()
	return laps(m.of(id).records)
}

// drive calls Next continuously, as the Feed's actor does, until the test stops it.
func drive(f *influx.Feed) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			answer := make(chan bool, 1)
			f.Next(func(busy bool, err error) { answer <- busy && err == nil })
			select {
			case <-ctx.Done():
			case busy := <-answer:
				if !busy {
					select {
					case <-ctx.Done():
					case <-time.After(20 * time.Millisecond):
					}
				}
			}
		}
	}()
	return func() { cancel(); <-done }
}

// fed waits until everything is fed; it fails if no cursor moves within a time.
func fed(t testing.TB, m *memory, within time.Duration) {
	t.Helper()
	moves, end := m.moved(), time.Now().Add(within)
	for ; ; time.Sleep(10 * time.Millisecond) {
		left, _ := m.Unfed(context.Background(), "")
		if len(left) == 0 {
			return
		}
		if n := m.moved(); n != moves {
			moves, end = n, time.Now().Add(within)
		}
		if time.Now().After(end) {
			t.Fatalf("no cursor has moved for %v; races not fed: %v, the first one's cursor: %+v", within, left, m.cursor(left[0]))
		}
	}
}

func newFeed(t testing.TB, cfg influx.Config, log influx.Log) *influx.Feed {
	t.Helper()
	f, err := influx.New(cfg, rules, log)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func same(t testing.TB, what string, got, want map[string]int) {
	t.Helper()
	for series := range witness {
		if got[series] != want[series] {
			t.Errorf("%s: %d points of %s, want %d", what, got[series], series, want[series])
		}
	}
}
