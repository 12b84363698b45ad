package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/race/view"
	"lightsout/storage/folder"
)

// realRaces is where real races lie, if they are on this machine.
const realRaces = "../../../shared/data/races"

// reported over HTTP, shuffled and doubled, are races with something special: ended by time, suspended for two hours, counted
// back, six penalties, a disqualification, starts from the pit lane, cars many laps down.
var specialRaces = []string{
	"2022-17-singapore", "2022-18-japan", "2021-12-belgium", "2021-09-austria", "2022-22-abu-dhabi", "2021-05-monaco", "2021-13-netherlands",
	"2022-05-miami",
}

func TestRealRaces_ReportedOverHTTPInAnyOrderHaveTheirOfficialResult(t *testing.T) {
	t.Parallel()
	long(t)
	if _, err := os.Stat(realRaces); err != nil {
		t.Skip("no real races are on this machine (" + realRaces + ")")
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	for _, name := range specialRaces {
		t.Run(name, func(t *testing.T) {
			r, err := folder.Read(os.DirFS(filepath.Join(realRaces, name)), "r")
			if err != nil {
				t.Fatal(err)
			}
			state := timing.New() // that this is the official result is tested in storage/folder
			for i := range r.Records {
				if _, err := state.Apply(&r.Records[i], nil); err != nil {
					t.Fatal(err)
				}
			}
			path := p.reportRace(t, state, r.Records)
			var got struct{ Classification []classifiedJSON }
			p.get(path+"/classification", &got)
			var want []classifiedJSON
			for _, e := range state.Classification().Entries {
				line := view.NewClassified(e, state.Entries()[e.Car])
				line.Reason = nil
				want = append(want, classifiedJSON{Classified: line})
			}
			for i := range got.Classification {
				got.Classification[i].Reason = nil
			}
			if diff := cmp.Diff(want, got.Classification); diff != "" {
				t.Errorf("(-official +reported):\n%s", diff)
			}
		})
	}
}

// reportRace makes a race and reports it over HTTP: its passings shuffled, one in twenty doubled, its rulings at their times.
func (p *process) reportRace(t *testing.T, state *timing.State, records []race.Record) (path string) {
	t.Helper()
	info := state.Race()
	order, err := json.Marshal(map[string]any{
		"kind": "external", "name": info.Name, "rules": info.Rules, "entries": state.Entries(), "start": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	path = fmt.Sprintf("/api/v1/races/%v", p.post("/api/v1/races", string(order))["id"])
	number := func(car race.CarIdx) int { return state.Entries()[car].Number }
	rng := rand.New(rand.NewPCG(3, 5))
	var passings []map[string]any
	var rulings [][2]string
	rule := func(kind string, r race.Record, format string, args ...any) {
		body := fmt.Sprintf(`{"author":"A","reason":"r","time_us":%d,`, max(0, r.Time)) + fmt.Sprintf(format, args...) + `}`
		rulings = append(rulings, [2]string{path + "/" + kind, body})
	}
	for i, r := range records {
		switch b := r.Body.(type) {
		case race.Passing:
			for range 1 + i%20/19 {
				passings = append(passings, map[string]any{
					"driver_number": number(b.Car), "line": b.Line, "time_us": r.Time, "decoder": "main", "sequence": i,
				})
			}
		case race.CarRetired:
			rule("penalties", r, `"kind":"retired","driver_number":%d`, number(b.Car))
		case race.CarNotStarted:
			rule("penalties", r, `"kind":"did_not_start","driver_number":%d`, number(b.Car))
		case race.CarDisqualified:
			rule("penalties", r, `"kind":"disqualified","driver_number":%d`, number(b.Car))
		case race.Penalised:
			rule("penalties", r, `"kind":"time","driver_number":%d,"amount_ms":%d`, number(b.Car), b.Amount.Millis())
		case race.Suspended:
			rule("flags", r, `"flag":"red"`)
		case race.Resumed:
			rule("flags", r, `"flag":"clear"`)
		case race.Abandoned:
			rule("flags", r, `"flag":"abandoned","lap":%d`, b.Lap)
		case race.StartAborted:
			rule("flags", r, `"flag":"start_aborted"`)
		}
	}
	rng.Shuffle(len(passings), func(i, j int) { passings[i], passings[j] = passings[j], passings[i] })
	for n := 0; len(passings) > 0; n++ {
		part := passings[:min(97, len(passings))]
		passings = passings[len(part):]
		body, err := json.Marshal(map[string]any{"passings": part})
		if err != nil {
			t.Fatal(err)
		}
		p.post(path+"/passings", string(body))
	}
	for _, r := range rulings {
		p.post(r[0], r[1])
	}
	p.post(path+"/stop", "")
	return path
}

// awaitLap waits until the leader of a race is in a lap.
func (p *process) awaitLap(path string, lap int) {
	p.t.Helper()
	var now struct {
		LeaderLap int `json:"leader_lap"`
		Status    string
	}
	for until := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if p.get(path, &now); now.LeaderLap >= lap {
			return
		}
		if time.Now().After(until) {
			p.t.Fatalf("the race is not in lap %d: %+v", lap, now)
		}
	}
}

func (p *process) get(path string, into any) {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: answered %d %v", path, res.StatusCode, err)
	}
}
