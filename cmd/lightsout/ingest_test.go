package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/race"
	"lightsout/race/timing/timingtest"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// patience bounds the wait for a condition on a busy machine; a passing test never waits that long.
const patience = 5 * time.Minute

// process is a real server on a file of its own.
type process struct {
	t       testing.TB
	bin, db string
	args    []string // of serve, more than these
	url     string
	cmd     *exec.Cmd
	ended   chan error
}

// program is the lightsout of this checkout, built once for all tests.
var program = sync.OnceValues(func() (bin string, err error) {
	if programDir, err = os.MkdirTemp("", "lightsout-test-"); err != nil {
		return "", err
	}
	bin = filepath.Join(programDir, "lightsout")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

var programDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if programDir != "" {
		os.RemoveAll(programDir)
	}
	os.Exit(code)
}

func mustBuild(t testing.TB) string {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// long skips a test that takes long where only quick ones are wanted.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long: go test without -short runs it")
	}
}

// start starts the server, on the port that it had before, and waits until it listens.
func (p *process) start() {
	p.t.Helper()
	addr := "127.0.0.1:0"
	if p.url != "" {
		addr = strings.TrimPrefix(p.url, "http://")
	}
	p.cmd = exec.Command(p.bin, append([]string{"serve", "--addr", addr, "--db", p.db, "--log-level", "error"}, p.args...)...)
	said, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	lines, url, listens := bufio.NewScanner(said), "", false
	for !listens && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "Lights Out ") {
			_, url, listens = strings.Cut(lines.Text(), " is on ")
		}
	}
	if !listens {
		p.t.Fatal("the server did not say where it is")
	}
	if p.url == "" { // later it is the same, and clients read it
		p.url = url
	}
	p.ended = make(chan error, 1)
	go func() {
		_, _ = io.Copy(os.Stderr, said)
		p.ended <- p.cmd.Wait()
	}()
}

func (p *process) end(how os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(how); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// load is what the clients report: each item is in one request.
type load struct {
	records  []race.Record // what the log must come to hold, in any order
	requests []request
}

type request struct {
	path string
	body []byte
	// headers of the request.
	kind, coding, key string
	items             int
}

const (
	loadLines = 4
	loadLap   = 80 * race.Second
)

// makeLoad makes a race of cars with passings in all forms that a request may have, out of order.
func makeLoad(t *testing.T, id string, cars, laps, samples int) load {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 11))
	var l load
	var items []map[string]any
	for car := range cars {
		pace := loadLap + race.Micros(rng.IntN(8_000_000))
		for n := range laps * loadLines {
			line := (n + 1) % loadLines
			at := pace*race.Micros(n+1)/loadLines + race.Micros(car)*1000
			sequence := uint64(car*laps*loadLines + n)
			l.records = append(l.records, race.Record{Time: at, Body: race.Passing{
				Car: race.CarIdx(car), Line: line, Source: &race.Source{Decoder: "main", Session: "s", Sequence: sequence},
			}})
			items = append(items, map[string]any{
				"driver_number": car + 1, "line": line, "time_us": int64(at), "decoder": "main", "session": "s", "sequence": sequence,
			})
		}
	}
	rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	l.add(t, "/api/v1/races/"+id+"/passings", items, 500)
	items = items[:0]
	for i := range samples {
		items = append(items, map[string]any{
			"driver_number": i%cars + 1, "time_us": int64(i/cars) * 250_000, "speed": 80 + i%250, "rpm": 9000 + i%3000,
			"n_gear": 1 + i%8, "throttle": i % 101, "brake": 0, "drs": 0, "x": float64(i%5000) / 10, "y": -1.5,
		})
		if len(items) == 2000 || i == samples-1 { // at once they would take gigabytes
			l.add(t, "/api/v1/races/"+id+"/telemetry", items, len(items))
			items = items[:0]
		}
	}
	rng.Shuffle(len(l.requests), func(i, j int) { l.requests[i], l.requests[j] = l.requests[j], l.requests[i] })
	return l
}

func (l *load) add(t *testing.T, path string, items []map[string]any, most int) {
	t.Helper()
	zipper, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer zipper.Close()
	for n := len(l.requests); len(items) > 0; n++ {
		part := items[:min(most, len(items))]
		items = items[len(part):]
		r := request{path: path, items: len(part), kind: "application/json"}
		encode := json.Marshal
		if n%2 == 1 {
			r.kind, encode = "application/msgpack", msgpack.Marshal
		}
		if r.body, err = encode(part); err != nil {
			t.Fatal(err)
		}
		switch n / 2 % 3 {
		case 1:
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(r.body)
			_ = z.Close()
			r.body, r.coding = b.Bytes(), "gzip"
		case 2:
			r.body, r.coding = zipper.EncodeAll(r.body, nil), "zstd"
		}
		if n%3 == 0 {
			r.key = fmt.Sprintf("%s %d", path, n)
		}
		l.requests = append(l.requests, r)
	}
}

// send sends a request until it is acknowledged, however often the server dies meanwhile.
func (p *process) send(r request) {
	for {
		req, err := http.NewRequest(http.MethodPost, p.url+r.path, bytes.NewReader(r.body))
		if err != nil {
			p.t.Error(err)
			return
		}
		req.Header.Set("Content-Type", r.kind)
		if r.coding != "" {
			req.Header.Set("Content-Encoding", r.coding)
		}
		if r.key != "" {
			req.Header.Set("Idempotency-Key", r.key)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil { // it is dead, or died before it answered
			time.Sleep(20 * time.Millisecond)
			continue
		}
		data, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		var taken struct{ Accepted, Repeated int }
		switch {
		case err != nil:
		case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusInternalServerError:
			time.Sleep(20 * time.Millisecond)
		case res.StatusCode != http.StatusOK:
			p.t.Errorf("%s: answered %d %.300s", r.path, res.StatusCode, data)
			return
		case json.Unmarshal(data, &taken) != nil || taken.Accepted+taken.Repeated != r.items:
			p.t.Errorf("%s: %d items, answered %s", r.path, r.items, data)
			return
		default:
			return
		}
	}
}

func (p *process) post(path, body string) map[string]any {
	p.t.Helper()
	res, err := http.Post(p.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode > 299 {
		p.t.Fatalf("%s: answered %d %v %v", path, res.StatusCode, out, err)
	}
	return out
}

// mustDelete takes a race away, and gives the status of the answer.
func (p *process) mustDelete(path string) int {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodDelete, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestIngest_KilledThreeTimesKeepsEachAcknowledgedItemOnce(t *testing.T) {
	t.Parallel()
	cars, laps, samples, clients := 1000, 8, 300_000, 8
	switch {
	case testing.Short():
		cars, laps, samples = 100, 10, 20_000
	case os.Getenv("LIGHTSOUT_LONG") != "":
		laps, samples = 25, 1_000_000
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	entries := make([]map[string]any, cars)
	for i := range entries {
		entries[i] = map[string]any{"driver_number": i + 1, "grid_position": i + 1}
	}
	order, err := json.Marshal(map[string]any{
		"kind": "external", "name": "Load", "entries": entries, "start": true, "rules": map[string]any{"name": "kart", "laps": laps},
		"lines": []map[string]any{{"kind": "finish"}, {"kind": "sector", "sector": 1}, {"kind": "mini"}, {"kind": "sector", "sector": 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := p.post("/api/v1/races", string(order))["id"].(string)
	l := makeLoad(t, id, cars, laps, samples)

	var sent atomic.Int64
	next := make(chan request)
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			for r := range next {
				p.send(r)
				sent.Add(int64(r.items))
			}
		})
	}
	began, kills := time.Now(), 0
	for i, r := range l.requests {
		if kills < 3 && i >= (kills+1)*len(l.requests)/4 {
			kills++
			p.end(syscall.SIGKILL) // amid what the clients have under way
			p.start()
		}
		next <- r
	}
	close(next)
	working.Wait()
	took := time.Since(began)
	p.post("/api/v1/races/"+id+"/stop", "")
	p.end(syscall.SIGTERM)
	t.Logf("%d items of %d clients in %v, %.0f a second, %d kills", sent.Load(), clients, took.Round(time.Millisecond),
		float64(sent.Load())/took.Seconds(), kills)

	store, err := sqlite.Open(p.db, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	compareWithOracle(t, store, race.ID(id), l)
	found := 0
	for car := range cars {
		rows, err := store.Samples(context.Background(), race.ID(id), race.CarIdx(car), 0, race.TimeMax, samples+1)
		if err != nil {
			t.Fatal(err)
		}
		found += len(rows) // their key is car and time: none is there twice
	}
	if found != samples {
		t.Errorf("%d samples, expected %d", found, samples)
	}
}

// compareWithOracle looks for each passing of the load once in the log, and compares the result with the oracle's.
func compareWithOracle(t *testing.T, store *sqlite.Store, id race.ID, l load) {
	t.Helper()
	ctx := context.Background()
	var log []race.Record
	for {
		page, err := store.Records(ctx, id, race.Seq(len(log)), 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		log = append(log, page...)
	}
	seen := map[uint64]int{}
	for i, r := range log {
		if r.Seq != race.Seq(i+1) {
			t.Fatalf("record %d where %d was expected", r.Seq, i+1)
		}
		if b, ok := r.Body.(race.Passing); ok {
			seen[b.Source.Sequence]++
			b.Source = nil // each is there once: the oracle, which is slow, need not look for repeats
			log[i].Body = b
		}
	}
	for _, r := range l.records {
		b, _ := r.Body.(race.Passing)
		if n := seen[b.Source.Sequence]; n != 1 {
			t.Errorf("passing %d is in the log %d times", b.Source.Sequence, n)
		}
	}
	got, err := store.Classification(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	want := timingtest.Classify(log).Lines
	if diff := cmp.Diff(want, got.Entries, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the oracle and the store differ (-oracle +store):\n%.3000s", diff)
	}
}
