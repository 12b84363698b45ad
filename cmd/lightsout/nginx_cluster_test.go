package main

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
	"lightsout/transport/kafka/kafkatest"
)

// house is two gateways behind nginx, and one process with the other roles, around a Kafka.
type house struct {
	t        *testing.T
	origin   string              // nginx
	gateways map[string]*process // by address
	worker   *process
}

func mustHouse(t *testing.T) *house {
	t.Helper()
	brokers := kafkatest.Start(t)
	port := freePort(t)
	h := &house{t: t, origin: "http://127.0.0.1:" + port, gateways: map[string]*process{}}
	at := []string{"--kafka", strings.Join(brokers, ","), "--kafka-prefix", kafkatest.Prefix(t, kgo.SeedBrokers(brokers...)), "--kafka-create-topics"}
	start := func(name string, args ...string) *process {
		p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), name+".db"), args: append(args, at...)}
		p.start()
		t.Cleanup(func() { p.end(syscall.SIGTERM) })
		return p
	}
	h.worker = start("worker", "--roles", "simulator,processor")
	var addresses []string
	for _, name := range []string{"one", "two"} {
		p := start(name, "--roles", "gateway", "--public-url", h.origin+"/", "--trusted-proxies", "127.0.0.1")
		address := strings.TrimPrefix(p.url, "http://")
		h.gateways[address], addresses = p, append(addresses, address)
	}
	for _, p := range append([]*process{h.worker}, h.gateways[addresses[0]], h.gateways[addresses[1]]) {
		p.mustBeReady()
	}
	text := mustText(t, "deploy/nginx.conf")
	for _, change := range [][2]string{
		{`listen 8080;`, "listen 127.0.0.1:" + port + ";"},
		{`gateway-1:8080 resolve`, addresses[0]},
		{`gateway-2:8080 resolve`, addresses[1]},
		{`resolver .*;.*\n`, ""},
		{`worker_processes auto`, "daemon off; worker_processes 1"},
		{`(\n\s*)proxy_pass `, "\nadd_header X-Gateway $upstream_addr always; proxy_pass "},
	} {
		text = plant(t, text, change[0], change[1])
	}
	startNginx(t, port, func(dir string) string {
		return strings.Replace(plant(t, text, `pid \S+;`, "pid "+dir+"/pid;"), "http {", "http { "+nginxFolders(dir), 1)
	})
	return h
}

// mustBeReady waits until a process has read the log.
func (p *process) mustBeReady() {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		code, body := fetch(p.t, "GET", p.url+"/readyz", "")
		if code == 200 {
			return
		}
		if time.Now().After(until) {
			p.t.Fatalf("%d %s", code, body)
		}
	}
}

// asked is an answer of a gateway behind nginx.
type asked struct {
	gateway string
	code    int
	body    string
}

// ask asks through nginx, once.
func (h *house) ask(method, path, body string) asked {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.origin+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return asked{res.Header.Get("X-Gateway"), res.StatusCode, string(data)}
}

// mustCreate makes a race through nginx.
func (h *house) mustCreate(order string) (id string, by asked) {
	h.t.Helper()
	by = h.ask("POST", "/api/v1/races", order)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(by.body), &made); err != nil || by.code != 201 {
		h.t.Fatalf("%d %s %v", by.code, by.body, err)
	}
	return made.ID, by
}

// reading is what one gateway has said of a race.
type reading struct {
	knew, over bool
	lap        int // the leader's
	missing    int // times that it said there is no such race
}

// take takes an answer. It returns the leader's lap, or 0 if the gateway does not know the race yet, which made must.
func (r *reading) take(t *testing.T, at asked, made bool) int {
	t.Helper()
	if at.code == 404 && !r.knew && !made {
		r.missing++
		return 0
	}
	var s struct {
		Status string
		Lap    int `json:"leader_lap"`
	}
	if err := json.Unmarshal([]byte(at.body), &s); err != nil || at.code != 200 {
		t.Fatalf("%s, which made or knew the race: %d %s", at.gateway, at.code, at.body)
	}
	over := s.Status == "finished"
	if s.Lap < r.lap || r.over && !over {
		t.Fatalf("%s goes back to lap %d, %s", at.gateway, s.Lap, s.Status)
	}
	r.knew, r.over, r.lap = true, over, s.Lap
	return s.Lap
}

// TestCluster_RaceIsReadRightAtWhicheverGatewayNginxAsks: a gateway may be a moment behind the one that took the order, and then does not
// know the race yet. What it says is never wrong, and never goes back.
func TestCluster_RaceIsReadRightAtWhicheverGatewayNginxAsks(t *testing.T) {
	t.Parallel()
	long(t)
	start, err := drills.StartOf(race.Order{Circuit: "kartwerk", Cars: 6, Laps: 8, Seed: 7, TickHz: 10}, "")
	if err != nil {
		t.Fatal(err)
	}
	undisturbed, err := drills.Run(t.Context(), start, drills.Bounds{Patience: drill.Patience})
	if err != nil {
		t.Fatal(err)
	}
	h := mustHouse(t)
	began := time.Now()
	id, by := h.mustCreate(`{"circuit":"kartwerk","cars":6,"laps":8,"seed":7,"speed":100}`)
	created, said, behind, last := time.Now(), map[string]*reading{}, 0, 0
	for address := range h.gateways {
		said[address] = &reading{}
	}
	over := func() bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(said)), func(r *reading) bool { return !r.over })
	}
	var answers []string // with laps
	for n := 0; !over(); n++ {
		if time.Since(created) > patience {
			t.Fatal("the race does not end")
		}
		at := h.ask("GET", "/api/v1/races/"+id, "")
		lap := said[at.gateway].take(t, at, at.gateway == by.gateway)
		if lap < last {
			behind++
		}
		last = max(last, lap)
		if n%2 == 0 { // nginx takes turns: each gateway is asked for both
			continue
		}
		if laps := h.ask("GET", "/api/v1/races/"+id+"/laps", ""); laps.code == 200 {
			answers = append(answers, laps.body)
		} else if laps.code != 404 || said[laps.gateway].knew {
			t.Fatalf("laps at %s: %d %s", laps.gateway, laps.code, laps.body)
		}
	}
	t.Logf("made in %v; %d answers with laps, %d older than the one before", created.Sub(began).Round(time.Millisecond), len(answers), behind)
	for address, p := range h.gateways {
		var result struct {
			StateHash string `json:"state_hash"`
		}
		p.get("/api/v1/races/"+id+"/classification", &result)
		t.Logf("%s said %d times that there is no such race", address, said[address].missing)
		if result.StateHash != undisturbed.Result.StateHash {
			t.Errorf("%s: the state hash is %s, undisturbed it is %s", address, result.StateHash, undisturbed.Result.StateHash)
		}
	}
	mustBePrefixes(t, answers)
}

// TestCluster_GatewayThatDidNotTakeAnOrderLearnsOfItWithinAMoment measures how long the other gateway says that there is no such race.
func TestCluster_GatewayThatDidNotTakeAnOrderLearnsOfItWithinAMoment(t *testing.T) {
	t.Parallel()
	long(t)
	h := mustHouse(t)
	unknown, longest := 0, time.Duration(0)
	const races = 40
	for range races {
		id, by := h.mustCreate(`{"circuit":"kartwerk","cars":2,"laps":1,"speed":1}`)
		created := time.Now()
		for address, p := range h.gateways {
			if address == by.gateway {
				continue
			}
			code, body := fetch(t, "GET", p.url+"/api/v1/races/"+id, "")
			if code == 200 {
				continue
			}
			if unknown++; code != 404 {
				t.Fatalf("%s, asked after %s made the race: %d %s", address, by.gateway, code, body)
			}
			p.mustKnow(id)
			longest = max(longest, time.Since(created))
		}
	}
	t.Logf("%d of %d races were unknown to the other gateway at first, for %v at most", unknown, races, longest.Round(time.Microsecond))
	if longest > 5*time.Second {
		t.Errorf("the other gateway did not know a race for %v", longest)
	}
}

// mustKnow waits until a gateway has a race.
func (p *process) mustKnow(id string) {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		code, body := fetch(p.t, "GET", p.url+"/api/v1/races/"+id, "")
		if code == 200 {
			return
		}
		if code != 404 || time.Now().After(until) {
			p.t.Fatalf("%d %s", code, body)
		}
	}
}

// mustBePrefixes holds each answer with laps to the last one: a lap that was shown is a lap of the race.
func mustBePrefixes(t *testing.T, answers []string) {
	t.Helper()
	type lap struct {
		Driver   int   `json:"driver_number"`
		Number   int   `json:"lap_number"`
		Duration int64 `json:"lap_duration_ms"`
	}
	parse := func(text string) []lap {
		var out struct{ Laps []lap }
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%v: %.300s", err, text)
		}
		return out.Laps
	}
	final := map[lap]bool{}
	for _, l := range parse(answers[len(answers)-1]) {
		final[l] = true
	}
	if len(final) != 6*8 {
		t.Errorf("the race has %d laps", len(final))
	}
	for i, text := range answers {
		for _, l := range parse(text) {
			if !final[l] {
				t.Fatalf("answer %d has %+v, which is no lap of the race", i, l)
			}
		}
	}
}
