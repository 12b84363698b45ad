package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/cmd/internal/cli"
)

// timedAs is what lightsout time --json says of a race that must not change on its way.
type timedAs struct {
	Final          bool
	Classification []classifiedJSON
}

func mustTime(t *testing.T, path string) timedAs {
	t.Helper()
	out, _, err := command(t, "time", path, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got timedAs
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func mustCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, _, err := command(t, args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// mustColumns reads a table without the columns that depend on when and in which record something was reported.
func mustColumns(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, row := range rows {
		var kept []string
		for i, name := range rows[0] {
			if !slices.Contains([]string{"date", "date_start", "recorded_at", "seq", "of_seq", "state_hash"}, name) {
				kept = append(kept, row[i])
			}
		}
		out = append(out, kept)
	}
	return out
}

// checkTimedAgain exports a race as a folder and as a zip file, times both, imports the folder into a file of its own and
// exports that: classification, laps, passings and rulings must be the same.
// The result of a simulation is final by itself, that of a race in a folder is not: versions are compared of the others.
func checkTimedAgain(t *testing.T, db, id string, simulated bool) {
	t.Helper()
	dir := t.TempDir()
	exported, zipped, log := filepath.Join(dir, "exported"), filepath.Join(dir, "exported.zip"), filepath.Join(dir, "race.lolog")
	mustCommand(t, "export", id, "--db", db, "--out", exported)
	mustCommand(t, "export", id, "--db", db, "--out", zipped)
	mustCommand(t, "export", id, "--db", db, "--format", "log", "--out", log)
	want := mustTime(t, log)
	want.Final = want.Final && !simulated
	tables := []string{"entries", "lines", "classification", "laps", "events", "passings", "control"}
	if !simulated {
		tables = append(tables, "results")
	}
	for _, path := range []string{exported, zipped} {
		if diff := cmp.Diff(want, mustTime(t, path)); diff != "" {
			t.Errorf("%s: (-log +folder)\n%s", filepath.Base(path), diff)
		}
	}
	other, again := filepath.Join(dir, "other.db"), filepath.Join(dir, "again")
	mustCommand(t, "import", exported, "--db", other)
	mustCommand(t, "export", "latest", "--db", other, "--out", again)
	for _, table := range tables {
		a, b := mustColumns(t, filepath.Join(exported, table+".csv")), mustColumns(t, filepath.Join(again, table+".csv"))
		if simulated && table == "events" {
			a, b = withoutResult(a), withoutResult(b)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: (-exported +imported and exported again)\n%.3000s", table, diff)
		}
	}
}

// withoutResult leaves out the event that says how firm the result is.
func withoutResult(rows [][]string) [][]string {
	return slices.DeleteFunc(rows, func(row []string) bool { return slices.Contains(row, "result") })
}

func TestExport_SimulationTimedAgainHasTheSameResult(t *testing.T) {
	checkTimedAgain(t, mustRaceFile(t), "kart", true)
}

func TestExport_RealRacesTimedAgainHaveTheSameResult(t *testing.T) {
	long(t)
	if _, err := os.Stat(realRaces); err != nil {
		t.Skip("no real races are on this machine (" + realRaces + ")")
	}
	for _, name := range append([]string{"2021-21-saudi-arabia", "2022-07-monaco"}, specialRaces...) { // with red flags, too
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "races.db")
			mustCommand(t, "import", filepath.Join(realRaces, name), "--db", db)
			checkTimedAgain(t, db, name, false)
		})
	}
}

// clubRace is reported to a server: passings by transponders and by numbers, of three decoders, late, doubled and out of order, and
// every kind of ruling, some of which the rules do not allow.
func clubRace(t *testing.T, p *process) (id string) {
	t.Helper()
	var entries []map[string]any
	for car := 1; car <= 9; car++ {
		e := map[string]any{"driver_number": car, "full_name": fmt.Sprintf("driver-%d, \"the Müller\"", car), "team_colour": "00ff00", "grid_position": car}
		if car%2 == 0 {
			e["transponders"] = []string{fmt.Sprintf("T%d", car), fmt.Sprintf("spare-%d", car)}
		}
		if car == 5 {
			e["pit_lane_start"] = true
		}
		entries = append(entries, e)
	}
	order, err := json.Marshal(map[string]any{
		"kind": "external", "name": "Club; race", "rules": map[string]any{"name": "kart", "laps": 8, "min_lap_us": 20_000_000, "running_limit_us": 600_000_000}, "entries": entries,
		"lines": []map[string]any{{"kind": "finish"}, {"kind": "sector", "sector": 1, "permyriad": 3000}, {"kind": "speed_trap", "permyriad": 5000}, {"kind": "sector", "sector": 2, "permyriad": 6000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id = fmt.Sprint(p.post("/api/v1/races", string(order))["id"])
	path := "/api/v1/races/" + id
	p.post(path+"/flags", `{"flag":"yellow","sector":2,"author":"RC"}`) // before the start
	p.post(path+"/start", "")
	rng := rand.New(rand.NewPCG(9, 2))
	var passings []map[string]any
	for car := 1; car <= 9; car++ {
		pace := 40_000_000 + 700_000*car
		for n := 1; n <= 8*4; n++ {
			if n > 16 && car == 8 { // it retires
				break
			}
			at := pace*n/4 + rng.IntN(300_000) + car
			if at > 180_000_000 { // the red flag
				at += 240_000_000
			}
			passing := map[string]any{"line": n % 4, "time_us": at, "decoder": []string{"main", "back", "back", "trap"}[n%4], "session": "s;1", "sequence": car*1000 + n}
			if n%4 == 2 {
				passing["speed_kmh"] = 100 + car
			}
			if n%4 == 0 && n%12 == 0 {
				passing["in_pit"] = true
			}
			switch {
			case car == 3 && n%2 == 0:
				passing["transponder"] = "lent" // assigned later
			case car%2 == 0:
				passing["transponder"] = fmt.Sprintf("T%d", car)
			default:
				passing["driver_number"] = car
			}
			if n%11 == 0 {
				passings = append(passings, passing) // reported twice
			}
			if n%13 == 0 { // and a second passing within the dead time
				late := map[string]any{"driver_number": car, "line": n % 4, "time_us": at + 500_000}
				passings = append(passings, late)
			}
			if car == 6 && n == 12 { // a crossing of the finish line that no decoder heard
				continue
			}
			passings = append(passings, passing)
		}
	}
	passings = append(passings, map[string]any{"driver_number": 1, "time_us": 45_000_000, "decoder": "ghost", "sequence": uint64(1<<64 - 1)},
		map[string]any{"transponder": "unassigned", "time_us": 99_000_000, "decoder": "main", "session": "2", "sequence": 1})
	rng.Shuffle(len(passings), func(i, j int) { passings[i], passings[j] = passings[j], passings[i] })
	part := len(passings) / 3
	send := func(list []map[string]any) {
		body, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		p.post(path+"/passings", string(body))
	}
	send(passings[:part])
	who := `"author":"Steward; A","reason":"it was, \"so\""`
	rule := func(kind, body string) int {
		return int(p.post(path+"/"+kind, `{`+who+`,`+body+`}`)["seq"].(float64))
	}
	p.post(path+"/flags", `{"flag":"safety_car","time_us":60000000,"author":"RC"}`)
	p.post(path+"/flags", `{"flag":"clear","time_us":90000000,"author":"RC"}`)
	p.post(path+"/flags", `{"flag":"red","time_us":181000000,"author":"RC"}`)
	rule("penalties", `"kind":"stop_and_go","driver_number":2,"time_us":100000000`)
	served := rule("penalties", `"kind":"drive_through","driver_number":4,"time_us":110000000`)
	send(passings[part : 2*part])
	p.post(path+"/flags", `{"flag":"clear","time_us":419000000,"author":"RC"}`)
	rule("penalties", fmt.Sprintf(`"kind":"served","driver_number":4,"of":%d,"time_us":150000000`, served))
	rule("corrections", `"kind":"offset","decoder":"back","offset_us":-12345`)
	send(passings[2*part:])
	rule("corrections", `"kind":"assign","driver_number":3,"transponder":"lent"`)
	rule("corrections", `"kind":"split","driver_number":6,"lap":3`)
	inserted := rule("corrections", `"kind":"insert","driver_number":7,"line":1,"at_us":55000000`)
	rule("corrections", fmt.Sprintf(`"kind":"reject","of":%d`, inserted))
	for verdict, kind := range map[string]string{"suspect": "accept", "duplicate": "reject"} {
		for _, seq := range p.passings(path, verdict)[:1] {
			rule("corrections", fmt.Sprintf(`"kind":%q,"of":%d`, kind, seq))
		}
	}
	rule("corrections", fmt.Sprintf(`"kind":"move","of":%d,"driver_number":9`, p.passings(path, "suspect")[0]))
	rule("penalties", `"kind":"lap_deleted","driver_number":1,"lap":2`)
	undone := rule("penalties", `"kind":"lap_deleted","driver_number":9,"lap":2`)
	rule("corrections", fmt.Sprintf(`"kind":"undo","of":%d`, undone))
	rule("penalties", `"kind":"retired","driver_number":8,"time_us":300000000`)
	rule("penalties", `"kind":"time","driver_number":1,"amount_ms":5000`)
	if res, err := http.Post(p.url+path+"/penalties", "application/json", strings.NewReader(`{`+who+`,"kind":"served","driver_number":9,"of":3}`)); err != nil || res.StatusCode != http.StatusConflict {
		t.Fatalf("a penalty that was not given is served: %v, %v", res, err) // it stays in the log, and is not exported
	}
	p.post(path+"/stop", "")
	rule("penalties", `"kind":"disqualified","driver_number":2`)
	rule("result", `"time_us":900000000`)
	rule("penalties", `"kind":"time","driver_number":5,"amount_ms":10000`) // it amends the result
	return id
}

// passings are the numbers of the passings with a verdict.
func (p *process) passings(path, verdict string) (out []int) {
	p.t.Helper()
	var got struct {
		Passings []struct {
			Seq int `json:"seq"`
		} `json:"passings"`
	}
	p.get(path+"/passings?verdict="+verdict, &got)
	for _, one := range got.Passings {
		out = append(out, one.Seq)
	}
	if len(out) == 0 {
		p.t.Fatalf("no hit is %s", verdict)
	}
	return out
}

func TestExport_ClubRaceTimedAgainHasTheSameResult(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	id := clubRace(t, p)
	var reported struct{ Classification []classifiedJSON }
	p.get("/api/v1/races/"+id+"/classification", &reported)
	zipped := filepath.Join(t.TempDir(), "download.zip")
	p.download("/api/v1/races/"+id+"/export?format=csv", zipped)
	imported := p.importZip(zipped)
	var again struct{ Classification []classifiedJSON }
	p.get("/api/v1/races/"+imported+"/classification", &again)
	p.end(syscall.SIGTERM)
	if diff := cmp.Diff(reported, again); diff != "" || len(reported.Classification) != 9 {
		t.Errorf("the server imports its own export otherwise: %s", diff)
	}
	timed := mustTime(t, zipped)
	for i := range timed.Classification { // which the server has in its entries
		timed.Classification[i].FullName, timed.Classification[i].TeamName = "", ""
	}
	if diff := cmp.Diff(reported.Classification, timed.Classification); diff != "" || !timed.Final {
		t.Errorf("the export of the server is timed otherwise than it was: %s", diff)
	}
	checkTimedAgain(t, p.db, id, false)
	lent := 0
	exported := filepath.Join(t.TempDir(), "exported")
	mustCommand(t, "export", id, "--db", p.db, "--out", exported)
	for _, row := range mustColumns(t, filepath.Join(exported, "passings.csv"))[1:] {
		if strings.Contains(strings.Join(row, ","), ",lent,") && row[0] == "3" {
			lent++
		}
	}
	if lent < 10 {
		t.Errorf("%d hits of the transponder that was lent are car 3's", lent)
	}
}

func TestTime_ReadsAZipFileWhereverTheFolderLiesInIt(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"Club/Race 1/Passings.csv": "Time;No.\n30,5;7\n1:01,25;7\n", "Club/Race 1/race.json": `{"rules":{"name":"kart","laps":2}}`, "Club/notes.txt": "x",
		"__MACOSX/Club/Race 1/._Passings.csv": "\x00\x05", "Club/telemetry.csv": "x",
	}
	path := mustZipFile(t, filepath.Join(dir, "race 1.ZIP"), files)
	if got := mustTime(t, path); len(got.Classification) != 1 || *got.Classification[0].DurationMS != 61_250 {
		t.Errorf("%+v", got)
	}
	files["Club/Race 2/passings.csv"] = "time,number\n30,8\n"
	for want, path := range map[string]string{
		"the zip file has":                          mustZipFile(t, filepath.Join(dir, "two.zip"), files),
		"laps.csv: is missing":                      mustZipFile(t, filepath.Join(dir, "none.zip"), map[string]string{"notes.txt": "x"}),
		"passings.csv:2: time is \"soon\"":          mustZipFile(t, filepath.Join(dir, "bad.zip"), map[string]string{"passings.csv": "time,number\nsoon,7\n"}),
		"broken.zip: the zip file cannot be read: ": mustWrite(t, filepath.Join(dir, "broken.zip"), "PK\x03\x04 and no more"),
	} {
		if _, _, err := command(t, "time", path); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
		if _, _, err := command(t, "import", path, "--db", filepath.Join(dir, "races.db")); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("import %s: got %v, want %q", path, err, want)
		}
	}
	said := mustCommand(t, "import", path, "--db", filepath.Join(dir, "races.db"), "--id", "first")
	if !strings.Contains(said, "first: 6 records, finished") {
		t.Errorf("import says %q", said)
	}
	if _, _, err := command(t, "import", path, "--db", filepath.Join(dir, "races.db"), "--id", "first"); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), "--id gives it another") {
		t.Errorf("the same again: %v", err)
	}
}

func mustWrite(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustZipFile(t *testing.T, path string, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range files {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return mustWrite(t, path, out.String())
}

// download keeps an answer in a file.
func (p *process) download(path, file string) {
	p.t.Helper()
	if err := os.WriteFile(file, []byte(p.answer(path)), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// importZip has the server import a zip file, and gives the race.
func (p *process) importZip(file string) string {
	p.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	res, err := http.Post(p.url+"/api/v1/races/import", "application/zip", f)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var made struct{ Race struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || res.StatusCode != http.StatusCreated {
		p.t.Fatalf("answered %d %v", res.StatusCode, err)
	}
	return made.Race.ID
}
