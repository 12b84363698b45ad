package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/transport"
)

func TestDrills_OnAServerAreSeenBySpectatorsAndJudged(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":30,"laps":3,"seed":4,"speed":50,"start":false}`)["id"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(p.url, "http", "ws", 1)+"/live/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p.post("/api/v1/races/"+id+"/drills", `{"faults":[{"kill":"car","share":0.3,"every":"1s"},{"kill":"timekeeper","every":"5s"},{"kill":"processor","every":"7s"}]}`)
	p.post("/api/v1/races/"+id+"/start", "") // with the drill on, whenever that was
	var seen race.Ops
	cars := 0
	for seen.Drill == nil || seen.Drill.Phase < race.DrillPassed {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			t.Fatalf("%v; seen so far: %+v", err, seen)
		}
		m, err := transport.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if ops, ok := m.(*race.Ops); ok {
			seen = *ops
			for _, r := range ops.Recent {
				if r.Kind == "car" && r.Car >= 0 && r.Car < 30 {
					cars++
				}
			}
		}
	}
	if seen.Drill.Phase != race.DrillPassed || seen.Drill.Injected == 0 || seen.Restarts == 0 || cars == 0 {
		t.Errorf("spectators saw %+v, %+v, %d cars", seen, seen.Drill, cars)
	}
	var list struct{ Drills []gateway.Drill }
	p.get("/api/v1/races/"+id+"/drills", &list)
	verdict, _ := list.Drills[0].Verdict.(map[string]any)
	if len(list.Drills) != 1 || list.Drills[0].Phase != "passed" || verdict["laps_identical"] != true || verdict["records_lost"] != 0.0 {
		t.Errorf("the list is %+v", list)
	}
}

func TestDrills_AStormOnAServerDoesNotChangeTheRace(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":40,"laps":2,"seed":7,"speed":30,"start":false}`)["id"].(string)
	p.post("/api/v1/races/"+id+"/drills", `{"scenario":"storm"}`)
	p.post("/api/v1/races/"+id+"/start", "")
	var list struct{ Drills []gateway.Drill }
	for until := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		p.get("/api/v1/races/"+id+"/drills", &list)
		if phase := list.Drills[0].Phase; phase == "passed" || phase == "failed" || time.Now().After(until) {
			break
		}
	}
	if d := list.Drills[0]; d.Phase != "passed" || d.Injected < 100 {
		t.Errorf("the drill ended as %+v", d)
	}
}

func TestDrills_KeepInfluxDBAwayFromAServer(t *testing.T) {
	f := influxOf(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: f.args()}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":20,"laps":3,"seed":4,"speed":30,"start":false}`)["id"].(string)
	p.post("/api/v1/races/"+id+"/drills", `{"scenario":"influx-away"}`)
	p.post("/api/v1/races/"+id+"/start", "")
	verdict := p.awaitVerdict(id)
	fed, _ := verdict["fed"].([]any)
	if verdict["passed"] != true || len(fed) != 3 {
		t.Errorf("the verdict is %+v", verdict)
	}
	for _, one := range fed {
		if s, _ := one.(map[string]any); s["points"] != s["expected"] || s["points"] == 0.0 {
			t.Errorf("fed: %+v", s)
		}
	}
}

// awaitVerdict waits until a race's first drill is judged.
func (p *process) awaitVerdict(id string) map[string]any {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var list struct{ Drills []gateway.Drill }
		p.get("/api/v1/races/"+id+"/drills", &list)
		if verdict, judged := list.Drills[0].Verdict.(map[string]any); judged {
			return verdict
		}
		if phase := list.Drills[0].Phase; phase == "failed" || time.Now().After(until) {
			p.t.Fatalf("the drill is %s: %s", phase, list.Drills[0].Text)
		}
	}
}

func TestHealth_DistinguishesAHealthyServerFromNone(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	for _, args := range [][]string{{"health", "--url", p.url}, {"health", "--ready", "--url", p.url}} {
		if out, _, err := command(t, args...); err != nil || !strings.Contains(out, "status") {
			t.Errorf("%v: %q, %v", args, out, err)
		}
	}
	p.end(syscall.SIGTERM)
	if out, _, err := command(t, "health", "--url", p.url); err == nil {
		t.Errorf("a server that is gone is well: %q", out)
	}
}

func TestServe_DrillsCanBeSwitchedOffAndAreCounted(t *testing.T) {
	t.Parallel()
	at := func(args ...string) (*process, string) {
		p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: args}
		p.start()
		t.Cleanup(func() { p.end(syscall.SIGTERM) })
		id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":10,"laps":500,"speed":20}`)["id"].(string)
		return p, "/api/v1/races/" + id + "/drills"
	}
	off, drills := at("--drills=false")
	if code, body := fetch(t, "POST", off.url+drills, `{"scenario": "half-the-field"}`); code != 409 || !strings.Contains(body, "serve --drills=false") {
		t.Errorf("%d %s", code, body)
	}
	on, drills := at()
	if code, body := fetch(t, "POST", on.url+drills, `{"faults": [{"kill": "processor", "every": "1s"}, {"kill": "car", "share": 0.5, "every": "1s"}]}`); code != 202 {
		t.Fatalf("%d %s", code, body)
	}
	struck := regexp.MustCompile(`(?m)^lightsout_drill_strikes_total [1-9]|^lightsout_drills\{phase="on"\} 1$|^lightsout_actors_killed_by_drills_total\{kind="(car|processor)"\} [1-9]`)
	for until := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_, text := fetch(t, "GET", on.url+"/metrics", "")
		found := struck.FindAllString(text, -1)
		if len(found) == 4 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("served are %q", found)
		}
	}
}
