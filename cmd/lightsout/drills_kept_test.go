package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// awaitDrill waits until a race's drill is as it should be.
func (p *process) awaitDrill(path string, number int, is func(*gateway.Drill) bool) (out gateway.Drill) {
	p.t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var list struct{ Drills []gateway.Drill }
		p.get(path, &list)
		for _, out = range list.Drills {
			if out.ID == number && is(&out) {
				return out
			}
		}
		if time.Now().After(until) {
			p.t.Fatalf("drill %d is not as it should be: %+v", number, list.Drills)
		}
	}
}

// folder downloads what a drill has left, by name.
func (p *process) folder(path string) map[string]string {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		p.t.Fatalf("%s: %d %s, %v", path, res.StatusCode, data[:min(len(data), 300)], err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			p.t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			p.t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

func hasEnded(d *gateway.Drill) bool { return d.Phase != "on" && d.Phase != "judging" }

// isJudgedEarly reports whether a drill has its early verdict, or never will.
func isJudgedEarly(d *gateway.Drill) bool {
	return d.Early != nil || strings.Contains(d.Text, "cannot be judged")
}

func TestDrills_SeveralInOneRaceEachHaveAVerdictAndAFolder(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":20,"laps":6,"seed":4,"speed":30,"start":false}`)["id"].(string)
	path := "/api/v1/races/" + id + "/drills"
	p.post(path, `{"name":"one","faults":[{"kill":"car","share":0.3,"every":"1s","until":"20s"},{"poison":"car","number":1,"at":"15s","until":"20s"}]}`)
	if code, body := fetch(t, "POST", p.url+path, `{"scenario":"storm"}`); code != 409 || !strings.Contains(body, "drill 1, one, is on") || !strings.Contains(body, "DELETE "+path) {
		t.Errorf("a second one while the first is on: %d %s", code, body)
	}
	p.post("/api/v1/races/"+id+"/start", "")
	early := p.awaitDrill(path, 1, func(d *gateway.Drill) bool { return d.Early != nil })
	verdict, _ := early.Early.Verdict.(map[string]any)
	if early.Early.AsOfTick < 200 || early.Early.AsOfTick > 400 || verdict["passed"] != true || early.Phase != "judging" || early.Verdict != nil || early.Folder {
		t.Errorf("the early verdict is %+v of %+v", early.Early, early)
	}
	p.post(path, `{"name":"two","faults":[{"kill":"timekeeper","every":"2s"},{"store":"full","every":"20s","for":"20ms"}]}`)
	p.awaitDrill(path, 2, func(d *gateway.Drill) bool { return d.Injected > 3 })
	if code, _ := fetch(t, "DELETE", p.url+path+"/1", ""); code != 404 {
		t.Errorf("the first is not on, and stopping it is answered with %d", code)
	}
	if code := p.mustDelete(path + "/2"); code != 204 {
		t.Errorf("stopping the second: %d", code)
	}
	p.awaitDrill(path, 2, func(d *gateway.Drill) bool { return d.Early != nil || hasEnded(d) })
	for number, kind := range map[int]string{1: "car", 2: "timekeeper"} {
		d := p.awaitDrill(path, number, hasEnded)
		v, _ := d.Verdict.(map[string]any)
		if d.Phase != "passed" || d.Injected == 0 || v["laps_identical"] != true || !d.Folder || d.Early == nil {
			t.Errorf("drill %d ended as %s: %s", number, d.Phase, d.Text)
		}
		left := p.folder(path + "/" + string(rune('0'+number)) + "/folder")
		lines := strings.Split(strings.TrimSpace(left["strikes.jsonl"]), "\n")
		var struck drill.Struck
		if err := json.Unmarshal([]byte(lines[0]), &struck); err != nil || len(lines) != d.Injected {
			t.Errorf("drill %d: %d lines of %d strikes, %v", number, len(lines), d.Injected, err)
		}
		if !strings.Contains(left["manifest.json"], `"passed": true`) || !strings.Contains(left["timeline.html"], kind) || !strings.Contains(left["verdict.json"], "checks") {
			t.Errorf("drill %d has left %.300s", number, left["manifest.json"])
		}
		for _, name := range []string{"undisturbed.lolog", "drilled.lolog"} {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte(left[name]), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, _, err := command(t, "time", file); err != nil || !strings.Contains(out, "state "+v["state_hash"].(string)[:16]) {
				t.Errorf("lightsout time %s: %v, %q", name, err, out)
			}
		}
	}
}

func TestDrills_AreJudgedEarlyWhereNothingWasRecordedSince(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"meridian","cars":1,"laps":50,"seed":4,"speed":1}`)["id"].(string)
	var of struct{ Passings []struct{} }
	for until := time.Now().Add(patience); len(of.Passings) == 0 && time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		p.get("/api/v1/races/"+id+"/passings", &of) // the only car passes the next line seconds after the first
	}
	path := "/api/v1/races/" + id + "/drills"
	p.post(path, `{"faults":[{"kill":"race","every":"200ms"}]}`)
	p.awaitDrill(path, 1, func(d *gateway.Drill) bool { return d.Injected > 0 })
	if code := p.mustDelete(path); code != 204 {
		t.Errorf("stopping it: %d", code)
	}
	d := p.awaitDrill(path, 1, isJudgedEarly)
	if d.Early == nil {
		t.Fatalf("no verdict: %s", d.Text)
	}
	if v, _ := d.Early.Verdict.(map[string]any); v["passed"] != true || d.Early.AsOfTick == 0 {
		t.Errorf("the early verdict is %+v", d.Early)
	}
}

func TestDrills_OfARaceThatRaceControlRulesAreJudged(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":12,"laps":200,"seed":4,"speed":20,"start":false}`)["id"].(string)
	race, path := "/api/v1/races/"+id, "/api/v1/races/"+id+"/drills"
	p.post(race+"/start", "")
	rule := func(kind, body string) { p.post(race+"/"+kind, `{"author":"Race control",`+body+`}`) }
	early := func(number int) {
		t.Helper()
		d := p.awaitDrill(path, number, isJudgedEarly)
		if d.Early == nil || !strings.Contains(d.Text, "the faults changed nothing") {
			t.Errorf("drill %d so far: %s", number, d.Text)
		}
	}
	p.awaitLap(race, 2)
	rule("flags", `"flag":"safety_car"`) // before the first drill
	p.post(path, `{"faults":[{"kill":"car","share":0.5,"every":"1s"},{"kill":"race","every":"3s"}]}`)
	p.awaitLap(race, 3)
	rule("penalties", `"kind":"time","amount_ms":5000,"driver_number":44,"reason":"jump start"`)
	rule("penalties", `"kind":"retired","driver_number":28,"reason":"engine"`)
	rule("flags", `"flag":"clear"`)
	p.awaitLap(race, 5)
	p.post(race+"/pause", "")
	rule("penalties", `"kind":"time","amount_ms":10000,"driver_number":51,"reason":"speeding in the pit lane"`) // between two ticks
	if code := p.mustDelete(path); code != 204 {
		t.Errorf("stopping the drill: %d", code)
	}
	early(1)
	p.post(race+"/resume", "")
	p.post(path, `{"faults":[{"kill":"timekeeper","every":"2s"},{"poison":"car","number":1,"at":"1s"}]}`)
	p.awaitLap(race, 8)
	rule("flags", `"flag":"red"`)
	rule("flags", `"flag":"clear"`)
	p.awaitLap(race, 10)
	p.post(race+"/stop", "")
	for number := 1; number <= 2; number++ {
		d := p.awaitDrill(path, number, hasEnded)
		if v, _ := d.Verdict.(map[string]any); d.Phase != "passed" || v["passed"] != true || d.Injected == 0 {
			t.Errorf("drill %d ended as %s: %s", number, d.Phase, d.Text)
		}
	}
}

func TestDrills_SurviveTheServersDeath(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	drilled := func(order, faults string) (path string) {
		id, _ := p.post("/api/v1/races", order)["id"].(string)
		p.post("/api/v1/races/"+id+"/drills", faults)
		p.post("/api/v1/races/"+id+"/start", "")
		return "/api/v1/races/" + id
	}
	short := drilled(`{"circuit":"kartwerk","cars":8,"laps":1,"seed":4,"speed":50,"start":false}`, `{"faults":[{"kill":"car","share":0.5,"every":"1s"}]}`)
	over := p.awaitDrill(short+"/drills", 1, hasEnded)
	goesOn := drilled(`{"circuit":"kartwerk","cars":20,"laps":300,"seed":4,"speed":20,"start":false}`, `{"name":"killed","faults":[{"kill":"car","share":0.5,"every":"1s"}]}`)
	struck := p.awaitKept(2, 100)
	p.end(syscall.SIGKILL)
	p.start()
	defer p.end(syscall.SIGTERM)
	if again := p.awaitDrill(short+"/drills", 1, hasEnded); over.Phase != "passed" || again.Phase != "passed" || again.Verdict == nil || again.Injected != over.Injected {
		t.Errorf("a drill that was over is %+v", again)
	}
	if left := p.folder(short + "/drills/1/folder"); left["timeline.html"] == "" || left["drilled.lolog"] == "" {
		t.Errorf("it has left %d files", len(left))
	}
	d := p.awaitDrill(goesOn+"/drills", 2, hasEnded)
	if d.Phase != "interrupted" || d.Injected < struck || d.Verdict != nil || !strings.Contains(d.Text, "the server ended while it was on") {
		t.Errorf("the drill that was on is %+v", d)
	}
	left := p.folder(goesOn + "/drills/2/folder")
	if lines := strings.Count(left["strikes.jsonl"], "\n"); lines < struck || !strings.Contains(left["manifest.json"], `"name": "killed"`) {
		t.Errorf("it has left %d strikes of %d, and %.300s", lines, struck, left["manifest.json"])
	}
	p.post(goesOn+"/drills", `{"scenario":"half-the-field"}`)
	p.awaitDrill(goesOn+"/drills", 3, func(d *gateway.Drill) bool { return d.Phase == "on" && d.Injected > 0 })
	for _, path := range []string{short, goesOn} {
		if code := p.mustDelete(path); code != 204 {
			t.Errorf("deleting a race: %d", code)
		}
	}
	if kept := p.kept(); len(kept) > 0 {
		t.Errorf("drills of deleted races are kept: %v", kept)
	}
}

// kept are the drills in the server's file.
func (p *process) kept() []sqlite.KeptDrill {
	p.t.Helper()
	store, err := sqlite.OpenForReading(p.db, transport.Codec{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Drills(p.t.Context(), "", true)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// awaitKept waits until the file has so many strikes of a drill, and returns how many it counts. None is ever counted and not kept.
func (p *process) awaitKept(number, strikes int) int {
	p.t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		for _, kept := range p.kept() {
			var d gateway.Drill
			if err := json.Unmarshal(kept.Data, &d); err != nil {
				p.t.Fatal(err)
			}
			if d.ID == number && d.Injected >= strikes {
				return d.Injected
			}
		}
	}
	p.t.Fatalf("%d strikes of drill %d are not kept", strikes, number)
	return 0
}

func TestDrills_OrdersForRacesToComeBeginInEachThatMatches(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	made := func(circuit string) (path string) {
		id, _ := p.post("/api/v1/races", `{"circuit":"`+circuit+`","cars":8,"laps":500,"speed":50}`)["id"].(string)
		return "/api/v1/races/" + id + "/drills"
	}
	list := func(path string) (out struct{ Drills []gateway.Drill }) {
		p.get(path, &out)
		return out
	}
	before := made("kartwerk")
	order := p.post("/api/v1/drills", `{"name":"each","races":"kart*","at":"20s","faults":[{"kill":"car","share":0.5,"every":"1s"}]}`)
	if order["id"] != 1.0 || order["races"] != "kart*" || order["at"] != "20s" || order["begun"] != 0.0 {
		t.Errorf("the order is %v", order)
	}
	for _, body := range []string{`{"scenario":"storm"}`, `{"scenario":"storm","races":"[x"}`, `{"scenario":"rain","races":"all"}`, `{"scenario":"storm","races":"all","at":"soon"}`} {
		if code, text := fetch(t, "POST", p.url+"/api/v1/drills", body); code != 422 {
			t.Errorf("%s: %d %s", body, code, text)
		}
	}
	first, other := made("kartwerk"), made("meridian")
	if d := list(first).Drills; len(d) != 1 || d[0].Name != "each" || d[0].Order == nil || *d[0].Order != 1 || !strings.Contains(d[0].Text, "begin at 20s") {
		t.Errorf("the race that matches has %+v", d)
	}
	for _, path := range []string{before, other} {
		if d := list(path).Drills; len(d) > 0 {
			t.Errorf("%s: %+v", path, d)
		}
	}
	struck := p.awaitDrill(first, 2, func(d *gateway.Drill) bool { return d.Injected > 0 })
	p.end(syscall.SIGKILL)
	p.start()
	defer p.end(syscall.SIGTERM)
	second := made("kartwerk") // the order has survived
	if d := list(second).Drills; len(d) != 1 || d[0].ID != 3 {
		t.Errorf("after the server's death: %+v; the first was %+v", d, struck)
	}
	var is gateway.DrillOrder
	if p.get("/api/v1/drills/1", &is); is.Begun != 2 {
		t.Errorf("the order is %+v", is)
	}
	if code := p.mustDelete("/api/v1/drills/1"); code != 204 {
		t.Errorf("withdrawn: %d", code)
	}
	if d := list(made("kartwerk")).Drills; len(d) > 0 {
		t.Errorf("without the order: %+v", d)
	}
	left := p.awaitDrill(first, 2, hasEnded)
	if left.Phase != "interrupted" {
		t.Errorf("%+v", left)
	}
	var firstStrike drill.Struck
	if err := json.Unmarshal([]byte(strings.SplitN(p.folder(first + "/2/folder")["strikes.jsonl"]+"\n", "\n", 2)[0]), &firstStrike); err == nil && firstStrike.At < 20*race.Second {
		t.Errorf("it struck at %v", firstStrike.At)
	}
}
