package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/gateway"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/transport"
)

// patience bounds the wait for what a busy machine does late. A passing test does not wait for it.
const patience = 5 * time.Minute

// house is a platform in memory: the rooms behind the gateway's ports.
type house struct {
	mu       sync.Mutex
	races    []race.Summary
	entries  []race.Entry
	laps     []race.Lap
	events   []race.Event
	passings []race.PassingRow
	result   race.Classification
	broken   error // the answer to every question
	unready  error
	board    race.Board
	external external
	tracing  func(race.TraceQuery) (*race.Trace, error)
	// stalled is closed once laps are being read. Reading lasts until the request ends, which closes released.
	stalled, released chan struct{}
	endless           bool // exports have no end
	trail             []race.AuditEntry
}

func newHouse() *house {
	lap := func(car race.CarIdx, n int, end int64) race.Lap {
		return race.Lap{Car: car, Number: n, DurationMS: 90_000, EndMS: end, Position: int(car) + 1, SectorsMS: [3]int64{30_000, 0, 30_000}}
	}
	return &house{
		races: []race.Summary{{
			Race: race.Race{
				ID: "r1", Name: "First", Circuit: "c", Cars: 2, Seed: 1<<64 - 1, TickHz: 10, Rules: race.F1(3),
				Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
			},
			Status: race.Over, CreatedAt: 1_795_000_000_000_000_000, LeaderLap: 3, Winner: "AAA",
		}},
		entries:  []race.Entry{{Number: 7, Code: "AAA", Colour: "ff0000", Grid: 1}, {Number: 9, Code: "BBB", Colour: "00ff00", Grid: 2}},
		laps:     []race.Lap{lap(0, 1, 90_000), lap(1, 1, 91_000), lap(0, 2, 180_000)},
		events:   []race.Event{{Kind: race.EventStart, Car: race.NoCar}, {Kind: race.EventRetired, Car: 1, Lap: 2, TimeMS: 5, Text: "engine"}},
		passings: []race.PassingRow{{Seq: 5, Time: 90_000_000, Passing: race.Passing{Car: 0}}},
		result: race.Classification{Version: 1, Status: race.Final, StateHash: "hash", Entries: []race.Classified{
			{Position: 1, Car: 0, Laps: 3, DurationMS: 270_000, BestLapMS: 90_000, BestLap: 1},
			{Car: 1, Laps: 1, Status: race.StatusNotClassified, DurationMS: -1, GapMS: -1, GapLaps: 2, IntervalMS: -1, BestLapMS: -1, Reason: "engine"},
		}},
		board: race.Board{Seq: 6, Session: race.SessionStatus{Status: race.Over, Laps: 3}},
	}
}

func (h *house) find(id race.ID) (race.Summary, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return race.Summary{}, h.broken
	}
	for _, r := range h.races {
		if r.Race.ID == id {
			return r, nil
		}
	}
	return race.Summary{}, fmt.Errorf("race %s: %w", id, race.ErrNotFound)
}

func (h *house) Create(_ context.Context, o race.Order, start bool) (race.Summary, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := race.Summary{Race: race.Race{ID: race.ID(fmt.Sprintf("new-%d", len(h.races))), Name: o.Name, Circuit: o.Circuit, Cars: o.Cars, Seed: o.Seed, Speed: o.Speed, Rules: race.F1(o.Laps)}, Laps: o.Laps}
	if start {
		s.Status = race.Underway
	}
	h.races = append([]race.Summary{s}, h.races...)
	return s, nil
}

func (h *house) Control(_ context.Context, id race.ID, c race.Control, _ race.Moment) (race.Summary, error) {
	r, err := h.find(id)
	if err == nil && (r.Status == race.Over || c == race.ControlResume) {
		err = fmt.Errorf("race %s is %v: %w", id, r.Status, race.ErrConflict)
	}
	return r, err
}

func (h *house) Delete(_ context.Context, id race.ID) error { _, err := h.find(id); return err }
func (h *house) Ready(context.Context) error                { return h.unready }
func (h *house) Summaries(context.Context) ([]race.Summary, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.races, h.broken
}
func (h *house) Summary(_ context.Context, id race.ID) (race.Summary, error) { return h.find(id) }
func (h *house) Entries(_ context.Context, id race.ID) ([]race.Entry, error) {
	_, err := h.find(id)
	return h.entries, err
}
func (h *house) Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error) {
	return h.LapsOf(ctx, id, race.LapQuery{Car: car, To: race.LapsMax})
}
func (h *house) LapsOf(ctx context.Context, _ race.ID, q race.LapQuery) ([]race.Lap, error) {
	h.mu.Lock()
	stalled, released := h.stalled, h.released
	h.mu.Unlock()
	if stalled != nil {
		close(stalled)
		<-ctx.Done()
		close(released)
		return nil, ctx.Err()
	}
	var out []race.Lap
	for _, l := range h.laps {
		if (q.Car == race.NoCar || l.Car == q.Car) && l.Number >= q.From && l.Number <= q.To && (q.Position == 0 || l.Position == q.Position) {
			out = append(out, l)
		}
	}
	return out, nil
}
func (h *house) Events(context.Context, race.ID) ([]race.Event, error) { return h.events, nil }
func (h *house) Passings(_ context.Context, _ race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error) {
	var out []race.PassingRow
	for _, p := range h.passings {
		if p.Seq > after && len(out) < limit && (verdict < 0 || int(p.Verdict) == verdict) {
			out = append(out, p)
		}
	}
	return out, nil
}
func (h *house) Classification(context.Context, race.ID) (race.Classification, error) {
	return h.result, nil
}
func (h *house) Version(_ context.Context, id race.ID, version int) (race.Classification, error) {
	if version > 1 {
		return race.Classification{}, fmt.Errorf("version %d of race %s: %w", version, id, race.ErrNotFound)
	}
	return h.result, nil
}
func (h *house) Versions(context.Context, race.ID) ([]race.Version, error) {
	return []race.Version{{Classification: h.result, Seq: 9, Time: race.Minute}}, nil
}
func (h *house) Tree(limit int) []gateway.ActorNode {
	return []gateway.ActorNode{{Kind: "simulator", ID: "1", Children: []gateway.ActorGroup{{Kind: "race", Count: 1, Actors: make([]gateway.ActorNode, limit)}}}}
}

// drillHouse has one drill.
type drillHouse struct{}

func (drillHouse) Scenarios() (any, error) { return []string{"storm"}, nil }
func (drillHouse) Start(_ context.Context, id race.ID, spec []byte) (gateway.DrillStarted, error) {
	if string(spec) != `{"scenario":"storm"}` {
		return gateway.DrillStarted{}, &race.InvalidError{Faults: []race.Fault{{Field: "scenario", Message: string(spec)}}}
	}
	return gateway.DrillStarted{ID: 7}, nil
}
func (drillHouse) Stop(_ context.Context, id race.ID, _ int) error {
	return fmt.Errorf("a drill in race %s: %w", id, race.ErrNotFound)
}
func (drillHouse) List(context.Context, race.ID) ([]gateway.Drill, error) {
	return []gateway.Drill{{ID: 7, Name: "storm", Phase: "on"}}, nil
}
func (drillHouse) Order(_ context.Context, spec []byte) (gateway.DrillOrder, error) {
	return gateway.DrillOrder{ID: 8, Races: "all", Name: string(spec)}, nil
}
func (drillHouse) Orders(context.Context) ([]gateway.DrillOrder, error) {
	return []gateway.DrillOrder{{ID: 8, Races: "all"}}, nil
}
func (drillHouse) Withdraw(_ context.Context, number int) error {
	return fmt.Errorf("order %d: %w", number, race.ErrNotFound)
}
func (drillHouse) Folder(_ context.Context, id race.ID, number int) (*gateway.Download, error) {
	if number != 7 {
		return nil, fmt.Errorf("drill %d of race %s: %w", number, id, race.ErrNotFound)
	}
	return &gateway.Download{Name: "storm.zip", MediaType: "application/zip", Write: func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "the folder")
		return err
	}}, nil
}

func (h *house) Board(_ context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error) {
	r, err := h.find(id)
	return r.Race, h.entries, h.board, err
}

// served is a real server on loopback, in front of a house.
type served struct {
	*house
	hub    *live.Hub
	server *gateway.Server
	url    string
}

func mustServe(t testing.TB, change func(*gateway.Config)) *served {
	t.Helper()
	return mustServeWith(t, change, func(*gateway.Deps) {})
}

// mustServeWith replaces rooms of the house.
func mustServeWith(t testing.TB, change func(*gateway.Config), rooms func(*gateway.Deps)) *served {
	t.Helper()
	cfg := gateway.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"
	cfg.PulseEvery = 50 * time.Millisecond
	if change != nil {
		change(&cfg)
	}
	registry := prometheus.NewRegistry()
	s := &served{house: newHouse(), hub: live.NewHub(transport.Codec{}, live.NewMetrics(registry))}
	deps := gateway.Deps{
		Races: s.house, History: s.house, Standings: s.house, Telemetry: s.house, Ingest: s.house, Transfers: s.house, Circuits: s.house, Audit: s.house, Actors: s.house, Drills: drillHouse{}, Hub: s.hub, Boards: s.house, Encoder: transport.Codec{},
		Unpacker: transport.Codec{}, Registry: registry,
		Site: fstest.MapFS{"index.html": {Data: []byte("<h1>page</h1>")}, "docs.html": {Data: []byte("<h1>viewer</h1>")}, "assets/app-1.js": {Data: []byte("js")}},
		Log:  slog.New(slog.DiscardHandler), Version: "test",
	}
	rooms(&deps)
	server, err := gateway.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	s.listen(t, server)
	return s
}

// listen has a server serve until the end of the test.
func (s *served) listen(t testing.TB, server *gateway.Server) {
	t.Helper()
	s.server = server
	l, err := server.Listen(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// ask sends a request and returns status, media type and body.
func (s *served) ask(t testing.TB, method, path, body string, headers ...string) (int, string, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(data)
}

func TestREST_AnswersWithTheFieldsOfTheRace(t *testing.T) {
	s := mustServe(t, nil)
	s.ask(t, "GET", "/healthz", "") // so that the metrics below count a request
	for path, want := range map[string]string{
		"/api/v1/races":                                           "r1",
		"/api/v1/races?status=finished":                           `"winner":"AAA"`,
		"/api/v1/races?status=running":                            `{"races":[]}`,
		"/api/v1/races/r1":                                        `"seed":18446744073709551615`,
		"/api/v1/races/r1/entries":                                `"name_acronym":"BBB"`,
		"/api/v1/races/r1/classification":                         `{"position":null,"driver_number":9,"name_acronym":"BBB","laps":1,"status":"not_classified","duration_ms":null`,
		"/api/v1/races/r1/laps?driver_number=9":                   `{"laps":[{"driver_number":9,"lap_number":1,"lap_duration":90,`,
		"/api/v1/races/r1/laps?cars=7,9&position=2":               `{"laps":[{"driver_number":9,`,
		"/api/v1/races/r1/laps?from_lap=2":                        `"lap_number":2`,
		"/api/v1/races/r1/events":                                 `"kind":"retired","driver_number":9`,
		"/api/v1/races/r1/passings?after=4&limit=1":               `"seq":5`,
		"/api/v1/races/r1/passings?after=5":                       `{"passings":[]}`,
		"/api/v1/races/r1/documents/classification.json":          `"name": "classification"`,
		"/api/v1/races/r1/documents/classification.csv?version=1": "AAA",
		"/api/v1/races/r1/documents/lap_chart.html":               "<!doctype html>",
		"/api/v1/drills":                                          `"scenarios":["storm"]`,
		"/api/v1/drills/8":                                        `"races":"all"`,
		"/api/v1/races/r1/drills":                                 `"name":"storm"`,
		"/api/v1/races/r1/drills/7":                               `"early":null,"verdict":null,"folder":false`,
		"/api/v1/races/r1/drills/7/folder":                        "the folder",
		"/api/v1/actors?most=1":                                   `"children":[{"kind":"race","count":1,`,
		"/api/v1/circuits":                                        `"key":"` + circuit.List()[0] + `"`,
		"/api/v1/circuits/" + circuit.List()[0]:                   `"outline":[[`,
		"/api/v1/openapi.json":                                    `"openapi"`,
		"/healthz":                                                `"version":"test"`,
		"/readyz":                                                 `"ready"`,
		"/metrics":                                                "lightsout_gateway_requests_handled_total",
		"/":                                                       "page",
		"/docs":                                                   "viewer",
		"/race/r1":                                                "page",
		"/assets/app-1.js":                                        "js",
	} {
		if code, _, body := s.ask(t, "GET", path, ""); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s: %q is missing", path, code, body[:min(len(body), 300)], want)
		}
	}
}

func TestREST_ProblemsSayWhatIsAllowed(t *testing.T) {
	s := mustServe(t, nil)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/v1/races", `{"circuit":"kartwerk","tick_hz":7}`, 422, "1, 2, 4, 5, 8, 10, 16"},
		{"GET", "/api/v1/races/none", "", 404, "race none"},
		{"GET", "/api/v1/races/none/laps", "", 404, "not found"},
		{"GET", "/api/v1/races/r1/laps?driver_number=77", "", 404, "car 77"},
		{"GET", "/api/v1/races/r1/laps?driver_number=x", "", 422, `"field":"driver_number"`},
		{"GET", "/api/v1/races/r1/laps?lap=1", "", 422, `"allowed":"driver_number, cars, position, from_lap, to_lap"`},
		{"GET", "/api/v1/races/r1/passings?limit=0", "", 422, "1 to 10000"},
		{"GET", "/api/v1/races?status=fast", "", 422, "waiting, running"},
		{"GET", "/api/v1/races/r1/circuit", "", 404, "only the timing lines are known"},
		{"GET", "/api/v1/races/r1/documents/secrets.csv", "", 404, "lap_analysis"},
		{"GET", "/api/v1/races/r1/documents/lap_chart.pdf", "", 404, "html"},
		{"GET", "/api/v1/races/r1/documents/lap_chart.csv?version=7", "", 404, "version 7"},
		{"POST", "/api/v1/races/r1/drills", `{"scenario":"rain"}`, 422, "rain"},
		{"DELETE", "/api/v1/races/r1/drills", "", 404, "drill"},
		{"GET", "/api/v1/drills/9", "", 404, "order 9"},
		{"DELETE", "/api/v1/drills/9", "", 404, "order 9"},
		{"DELETE", "/api/v1/races/r1/drills/x", "", 404, "no number of a drill"},
		{"GET", "/api/v1/races/r1/drills/8", "", 404, "drill 8"},
		{"GET", "/api/v1/races/r1/drills/8/folder", "", 404, "drill 8"},
		{"GET", "/api/v1/races/none/drills", "", 404, "none"},
		{"GET", "/api/v1/circuits/none", "", 404, circuit.List()[0]},
		{"GET", "/api/v1/nothing", "", 404, "openapi.json"},
		{"GET", "/api/v2/races", "", 404, "/api/v1/races"},
		{"GET", "/assets/none.js", "", 404, "nothing is at"},
		{"POST", "/api/v1/races", `{"circuit":"none","cars":0,"laps":99999}`, 422, `"field":"cars"`},
		{"POST", "/api/v1/races", `{"circuit":"kartwerk","model":{"pace":{"noise_s":11}}}`, 422, `"field":"model.pace.noise_s","message":"is 11","allowed":"0 to 10 s, 6 decimals at most"`},
		{"POST", "/api/v1/races", `{"circuit":"kartwerk","entries":[{},{"pace_s":-1}]}`, 422, `"index":1,"field":"pace_s","message":"is -1"`},
		{"POST", "/api/v1/races", `{"circuit":"kartwerk","laps":0}`, 422, `"field":"laps"`},
		{"POST", "/api/v1/races", `{"circuit":1}`, 422, `"field":"circuit","message":"is a number","allowed":"a line of text of at most 100 characters"`},
		{"POST", "/api/v1/races", `{"circuits":"x"}`, 422, `"field":"circuits"`},
		{"POST", "/api/v1/races", `{"circuit":`, 400, "cut off"},
		{"POST", "/api/v1/races", `{"circuit" "x"}`, 400, "at byte"},
		{"POST", "/api/v1/races", `{} {}`, 400, "something follows"},
		{"POST", "/api/v1/races/r1/start", "", 409, "finished"},
		{"POST", "/api/v1/races/none/pause", "", 404, "none"},
		{"DELETE", "/api/v1/races/none", "", 404, "none"},
		{"GET", "/live/r1", "", 426, "websocket"},
		{"POST", "/graphql", `{"query":""}`, 400, "query is missing"},
		{"GET", "/graphql?query=mutation{controlRace(id:%22r1%22,action:stop){id}}", "", 405, "POST"},
		{"POST", "/graphql", `{"query":"{` + strings.Repeat("a{", 9) + "b" + strings.Repeat("}", 9) + `}"}`, 400, "too deep"},
	} {
		code, kind, body := s.ask(t, c.method, c.path, c.body)
		if code != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %s, expected %d with %q", c.method, c.path, code, body, c.status, c.want)
		}
		if kind != "application/problem+json" {
			t.Errorf("%s %s: the media type is %s", c.method, c.path, kind)
		}
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/races", "{}", "Content-Type", "text/plain"); code != 415 {
		t.Errorf("a text was answered with %d", code)
	}
	if got := s.announce(t, 5<<20); !strings.HasPrefix(got, "HTTP/1.1 413") || !strings.Contains(got, "problem+json") {
		t.Errorf("five MiB were answered with %s", got)
	}
}

// announce sends the head of a request with a long body and the body's first bytes. It returns the answer, which comes before the
// rest is sent.
func (s *served) announce(t *testing.T, length int) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/races HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, strings.Repeat(" ", 9000))
	data, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestREST_InternalErrorDoesNotLeakItsText(t *testing.T) {
	s := mustServe(t, nil)
	s.mu.Lock()
	s.broken = errors.New("the password is swordfish")
	s.mu.Unlock()
	code, _, body := s.ask(t, "GET", "/api/v1/races/r1", "")
	if code != 500 || strings.Contains(body, "swordfish") || !strings.Contains(body, `"id":"`) {
		t.Errorf("%d %s", code, body)
	}
}

func TestREST_LongDeletionAnswersAcceptedWithItsLocation(t *testing.T) {
	s := mustServe(t, nil)
	s.mu.Lock()
	s.broken = fmt.Errorf("no answer within 15s: %w", race.ErrUnderway)
	s.mu.Unlock()
	for _, c := range [][2]string{{"DELETE", "/api/v1/races/r1"}, {"POST", "/api/v1/races/r1/stop"}} {
		req, err := http.NewRequest(c[0], s.url+c[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusAccepted || res.Header.Get("Location") != "/api/v1/races/r1" {
			t.Errorf("%v: %d, look at %q", c, res.StatusCode, res.Header.Get("Location"))
		}
	}
}

func TestREST_CreatedRaceHasALocation(t *testing.T) {
	s := mustServe(t, nil)
	code, _, body := s.ask(t, "POST", "/api/v1/races", fmt.Sprintf(`{"circuit":%q,"cars":3,"seed":5,"speed":0,"start":false}`, circuit.List()[0]))
	var created struct {
		ID     string
		Status string
		Laps   int
		Speed  float64
	}
	if err := json.Unmarshal([]byte(body), &created); err != nil || code != 201 || created.Status != "waiting" || created.Laps != 10 || created.Speed != 0 {
		t.Errorf("%d %s %v", code, body, err)
	}
}

func TestServer_RefusesPagesOfOtherHosts(t *testing.T) {
	s := mustServe(t, nil)
	order := fmt.Sprintf(`{"circuit":%q}`, circuit.List()[0])
	if code, _, _ := s.ask(t, "POST", "/api/v1/races", order, "Origin", "http://evil.example"); code != 403 {
		t.Errorf("another page's POST was answered with %d", code)
	}
	if code, _, _ := s.ask(t, "GET", "/api/v1/races", "", "Host", "evil.example"); code != 403 {
		t.Errorf("another host's name was answered with %d", code)
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/races", order, "Origin", s.url); code != 201 {
		t.Errorf("our own page was answered with %d", code)
	}
}

func TestServer_ChangesNeedTheToken(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.Token = "secret" })
	order := fmt.Sprintf(`{"circuit":%q}`, circuit.List()[0])
	if code, _, _ := s.ask(t, "POST", "/api/v1/races", order); code != 401 {
		t.Errorf("without the token: %d", code)
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/races", order, "Authorization", "Bearer secret"); code != 201 {
		t.Errorf("with the token: %d", code)
	}
	if code, _, _ := s.ask(t, "GET", "/api/v1/races", ""); code != 200 {
		t.Errorf("looking: %d", code)
	}
	if _, err := gateway.New(gateway.Config{Addr: "0.0.0.0:80", MaxBody: 1, WriteTimeout: 1, PulseEvery: 1}, gateway.Deps{}); err == nil {
		t.Error("an open address was taken without a token")
	}
}

func TestListen_AddressInUseIsNamed(t *testing.T) {
	s := mustServe(t, nil)
	cfg := gateway.DefaultConfig()
	cfg.Addr = strings.TrimPrefix(s.url, "http://")
	second, err := gateway.New(cfg, gateway.Deps{Registry: prometheus.NewRegistry(), Hub: s.hub, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("got %v", err)
	}
}

func TestReady_SaysWhyTheServerIsNotReady(t *testing.T) {
	s := mustServe(t, nil)
	s.unready = errors.New("the disk is full")
	if code, _, body := s.ask(t, "GET", "/readyz", ""); code != 503 || !strings.Contains(body, "disk is full") {
		t.Errorf("%d %s", code, body)
	}
}

func TestGraphQL_AnswersLikeREST(t *testing.T) {
	s := mustServe(t, nil)
	for query, want := range map[string]string{
		`{races(status:"finished"){id winner createdAt seed}}`:                                     `"seed":"18446744073709551615","winner":"AAA"`,
		`{race(id:"r1"){name laps(driverNumber:9){lapNumber lapDurationMs durationSector2Ms}}}`:    `{"lapNumber":1,"lapDurationMs":90000,"durationSector2Ms":null}`,
		`{race(id:"r1"){entries{nameAcronym} events{kind driverNumber} passings(limit:1){seq}}}`:   `"events":[{"kind":"start","driverNumber":null},{"kind":"retired","driverNumber":9}]`,
		`{race(id:"r1"){classification{final stateHash classification{position reason gapLaps}}}}`: `{"position":null,"reason":"engine","gapLaps":null}`,
		`{race(id:"none"){id}}`:   `"code":"NOT_FOUND"`,
		`{circuits{key lengthM}}`: circuit.List()[0],
		`mutation{startRace(circuit:"` + circuit.List()[0] + `",cars:2,seed:"9"){status seed}}`: `{"seed":"9","status":"running"}`,
		`mutation{startRace(circuit:"none",cars:-1){id}}`:                                       `"field":"cars"`,
		`mutation{controlRace(id:"r1",action:stop){id}}`:                                        `"code":"CONFLICT"`,
		`{nonsense}`: `Cannot query field`,
		`{races{`:    `Syntax Error`,
	} {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		if code, _, got := s.ask(t, "POST", "/graphql", string(body)); code != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s: %q is missing", query, code, got, want)
		}
	}
}
