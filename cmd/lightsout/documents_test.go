package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rivo/uniseg"
)

// mustFolder makes a folder of the files of a race.
func mustFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mustDocuments times a race and gives its documents as tables, and as pages.
func mustDocuments(t *testing.T, path string) (tables map[string][]map[string]string, pages map[string]string) {
	t.Helper()
	dir := t.TempDir()
	if _, _, err := command(t, "time", path, "--documents", dir, "--format", "csv,html"); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	tables, pages = map[string][]map[string]string{}, map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		name, format, _ := strings.Cut(f.Name(), ".")
		if format == "html" {
			pages[name] = string(text)
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		tables[name] = []map[string]string{}
		for _, row := range rows[1:] {
			one := map[string]string{}
			for i, column := range rows[0] {
				one[column] = row[i]
			}
			tables[name] = append(tables[name], one)
		}
	}
	return tables, pages
}

// mustAgree gives who completed each lap in which order by the lap chart, and checks that each lap of the analysis has that
// position.
func mustAgree(t *testing.T, tables map[string][]map[string]string) (order [][]string) {
	t.Helper()
	positions := 0
	for _, row := range tables["lap_chart"] {
		if row["lap"] == "0" { // the grid
			continue
		}
		var cars []string
		for p := 1; row["position_"+string(rune('0'+p))] != ""; p++ {
			cars = append(cars, row["position_"+string(rune('0'+p))])
		}
		for _, lap := range tables["lap_analysis"] {
			if lap["lap"] != row["lap"] {
				continue
			}
			positions++
			if at := slices.Index(cars, lap["driver_number"]) + 1; lap["position"] != string(rune('0'+at)) {
				t.Errorf("lap %s of car %s: position %s in the analysis, %d in the chart", lap["lap"], lap["driver_number"], lap["position"], at)
			}
		}
		order = append(order, cars)
	}
	if positions == 0 || positions != len(tables["lap_analysis"]) {
		t.Errorf("%d of %d laps are in both documents", positions, len(tables["lap_analysis"]))
	}
	return order
}

// threeCars end laps at 30, 60, 90 s; 31, 62, 93 s; and 32, 64, 96 s.
const threeCars = "time_ms,number\n30000,1\n31000,2\n32000,3\n60000,1\n62000,2\n64000,3\n90000,1\n93000,2\n96000,3\n"

func TestLapChart_AndAnalysisAgreeAfterACorrection(t *testing.T) {
	files := func(control string) map[string]string {
		return map[string]string{
			"entries.csv": "number,code\n1,AAA\n2,BBB\n3,CCC\n", "passings.csv": threeCars, "race.json": `{"name": "Three", "rules": {"name": "kart", "laps": 3}}`,
			"control.csv": "time_ms,kind,number,of_row,value,at_ms,reason\n" + control,
		}
	}
	for name, c := range map[string]struct {
		control string
		want    [][]string
	}{
		"nothing":       {"", [][]string{{"1", "2", "3"}, {"1", "2", "3"}, {"1", "2", "3"}}},
		"a later end":   {"97000,reject,,2,,,early\n97000,insert,1,,,33000,late\n", [][]string{{"2", "3", "1"}, {"1", "2", "3"}, {"1", "2", "3"}}},
		"retired":       {"70000,retired,1,,,,gearbox\n", [][]string{{"1", "2", "3"}, {"1", "2", "3"}, {"2", "3"}}},
		"disqualified":  {"97000,disqualified,1,,,,fuel\n", [][]string{{"1", "2", "3"}, {"1", "2", "3"}, {"1", "2", "3"}}},
		"both of these": {"70000,retired,3,,,,gearbox\n97000,disqualified,1,,,,fuel\n97000,reject,,2,,,early\n97000,insert,1,,,33000,late\n", [][]string{{"2", "3", "1"}, {"1", "2", "3"}, {"1", "2"}}},
	} {
		t.Run(name, func(t *testing.T) {
			tables, _ := mustDocuments(t, mustFolder(t, files(c.control)))
			order := mustAgree(t, tables)
			if !slices.EqualFunc(order, c.want, slices.Equal[[]string]) {
				t.Errorf("the order at the ends of the laps is %v, expected %v", order, c.want)
			}
		})
	}
}

// declared is a race of 1:35:21 over 3 laps of 5, with two aborted starts, whose result was declared 3:36:59.963 after the
// start signal; a car was penalised half an hour after the end.
func declared(t *testing.T) string {
	t.Helper()
	return mustFolder(t, map[string]string{
		"entries.csv":  "number,code,driver\n7,AAA,Ana\n8,BBB,Ben\n",
		"passings.csv": "time_ms,number\n1900000,7\n1901000,8\n3800000,7\n3801000,8\n5721000,7\n5726000,8\n",
		"control.csv": "time_ms,kind,number,value,reason,author\n-2000,start_aborted,,,,\n-1000,start_aborted,,,,\n0,start,,,,\n5800000,end,,,,\n" +
			"7600000,time,8,5000,unsafe release,Stewards\n13019963,result,,,checked,Stewards\n",
		"race.json": `{"name": "Declared late", "rules": {"name": "kart", "laps": 5}}`,
	})
}

func TestDocuments_ShowTheTimeAndDistanceOfTheRace(t *testing.T) {
	path := declared(t)
	tables, pages := mustDocuments(t, path)
	for name, page := range pages {
		for _, want := range []string{"<dt>Race time</dt><dd><bdi>1:35:21.000</bdi></dd>", "<span>3 laps</span>", "Version 3 · final"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		for _, never := range []string{"3:36:59", "5 laps", " km", "km/h", "UTC", "1970"} { // neither circuit nor date is known
			if strings.Contains(page, never) {
				t.Errorf("%s has %q", name, never)
			}
		}
	}
	if row := tables["classification"][0]; row["duration_ms"] != "5721000" || row["average_speed_kmh"] != "" || row["date"] != "" || row["race_laps"] != "3" {
		t.Errorf("the winner is %v", row)
	}
	if row := tables["penalties"][0]; row["lap"] != "3" {
		t.Errorf("a penalty after the end is of lap %s, the car drove 3", row["lap"])
	}
	out, _, err := command(t, "time", path)
	if err != nil || !strings.HasPrefix(out, "Declared late · 3 laps · final classification\n") {
		t.Errorf("the table is %v\n%s", err, out)
	}
	out, _, err = command(t, "time", path, "--json")
	if err != nil || !strings.Contains(out, "\"laps\": 3,\n    \"seed\"") {
		t.Errorf("JSON has %v\n%s", err, out)
	}
}

func TestDocuments_OfASimulationShowItsCircuitAndSpeeds(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "race.lolog")
	if _, _, err := command(t, "simulate", "--circuit", "kartwerk", "--cars", "4", "--laps", "3", "--db", filepath.Join(dir, "races.db"), "--log", log); err != nil {
		t.Fatal(err)
	}
	tables, pages := mustDocuments(t, log)
	rows := tables["classification"]
	for _, row := range rows {
		if row["circuit_name"] != "Kartwerk" || row["circuit_length_m"] != "1177" || row["race_distance_m"] != "3531" || row["distance_m"] != "3531" {
			t.Errorf("a row is %v", row)
		}
		speed, took := mustNumber(t, row["average_speed_kmh"]), mustNumber(t, row["duration_ms"])
		if want := 3531 / took * 3600; speed < want-0.001 || speed > want+0.001 {
			t.Errorf("car %s: %v km/h over 3,531 m in %v ms, expected %v", row["driver_number"], speed, took, want)
		}
	}
	if len(rows) != 4 || !strings.Contains(pages["classification"], "<span>Kartwerk, 1.177 km</span><span>3 laps, 3.531 km</span>") {
		t.Errorf("%d rows; the page is\n%s", len(rows), pages["classification"])
	}
}

func TestTable_IsAlignedByTheCellsOfATerminal(t *testing.T) {
	path := mustFolder(t, map[string]string{
		"entries.csv":  "number,code\n7,יוס\n8,佐藤\n9,E\u0301\u0302B\n10,👨‍👩‍👧\n11,ABC\n",
		"passings.csv": "time_ms,number\n30000,7\n31000,8\n32000,9\n33000,10\n34000,11\n",
		"race.json":    `{"name": "سباق (الأول)", "rules": {"name": "kart", "laps": 1}}`,
		"control.csv":  "time_ms,kind,number,reason\n35000,disqualified,11,خروج (1)\n",
	})
	out, _, err := command(t, "time", path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out, "\n")
	if want := "\u2068سباق (الأول)\u2069 · 1 lap · provisional classification"; lines[0] != want {
		t.Errorf("the title is %q, expected %q", lines[0], want)
	}
	info, _, _ := strings.Cut(lines[1], "Status")
	for _, line := range lines[2:7] {
		before, status := line, ""
		for _, word := range []string{"finished", "disqualified"} {
			if at := strings.Index(line, word); at >= 0 {
				before, status = line[:at], line[at:]
			}
		}
		if status == "" || uniseg.StringWidth(before) != uniseg.StringWidth(info) {
			t.Errorf("%q is not under its heading in\n%s", line, out)
		}
	}
	if want := "disqualified (\u2068خروج (1)\u2069)"; !strings.HasSuffix(lines[6], want) {
		t.Errorf("the last line is %q, expected to end with %q", lines[6], want)
	}
	if !strings.Contains(out, "\u2068יוס\u2069") || !strings.Contains(out, "E\u0301\u0302B") || !strings.Contains(out, "👨‍👩‍👧") {
		t.Errorf("a name is not whole in\n%s", out)
	}
}

func TestTable_ShowsTheStatusOfCarsInWordsWhileTheRaceRuns(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "race.lolog")
	if _, _, err := command(t, "simulate", "--circuit", "kartwerk", "--cars", "4", "--laps", "5", "--log", log); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, data[:len(data)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := command(t, "time", log)
	if err != nil || !strings.Contains(out, " · 5 laps · not finished: order so far\n") || strings.Count(out, "  running\n") != 4 {
		t.Errorf("%v\n%s", err, out)
	}
}

func mustNumber(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDocuments_OnAServerShowTheDateOfTheStartSignal(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"kind": "external", "name": "Club race", "circuit": "kartwerk", "rules": {"name": "kart", "laps": 9},
		"entries": [{"driver_number": 7, "full_name": "محمد"}, {"driver_number": 8}]}`)["id"].(string)
	path := "/api/v1/races/" + id
	signal := time.Now().Add(-5 * time.Hour).UTC().Truncate(time.Second)
	p.post(path+"/start", `{"date": "`+signal.Format(time.RFC3339)+`"}`)
	p.post(path+"/passings", `[{"driver_number": 7, "time_us": 60000000}, {"driver_number": 8, "time_us": 61000000},
		{"driver_number": 7, "time_us": 120000000}, {"driver_number": 8, "time_us": 122000000}]`)
	p.post(path+"/stop", `{"time_us": 130000000}`)
	p.post(path+"/penalties", `{"kind": "time", "driver_number": 8, "amount_ms": 5000, "time_us": 9000000000, "author": "Stewards", "reason": "late"}`)
	p.post(path+"/corrections", `{"kind": "start", "at_us": 10000000, "author": "Marshal", "reason": "the signal came late"}`)
	p.post(path+"/result", `{"author": "Stewards", "time_us": 13000000000}`)

	var doc struct {
		Race map[string]any
		Rows []map[string]any
	}
	p.get(path+"/documents/classification.json", &doc)
	want := map[string]any{ // two laps of 1,177 m in 110 s: the signal came 10 s late
		"date": signal.Add(10 * time.Second).Format(time.RFC3339), "laps": 2.0, "distance_m": 2354.0, "duration_ms": 110_000.0,
		"average_speed_kmh": 77.04, "circuit_name": "Kartwerk",
	}
	for field, value := range want {
		if doc.Race[field] != value {
			t.Errorf("%s is %v, expected %v", field, doc.Race[field], value)
		}
	}
	p.get(path+"/documents/penalties.json", &doc)
	if got := doc.Rows[0]; got["lap"] != 2.0 || got["time_ms"] != 8_990_000.0 {
		t.Errorf("the penalty is %v", got)
	}
	page := p.answer(path + "/documents/classification.html")
	for _, want := range []string{"<dt>Race time</dt><dd><bdi>1:50.000</bdi></dd>", "<span>2 laps, 2.354 km</span>", "Fastest lap: 7 \u2068محمد\u2069, "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var versions struct {
		Results []struct {
			TimeUS int64 `json:"time_us"`
		}
	}
	p.get(path+"/results", &versions)
	if n := len(versions.Results); n == 0 || versions.Results[n-1].TimeUS != 13_000_000_000 {
		t.Errorf("the versions are %+v", versions.Results)
	}

	made, _ := p.importFolder(map[string]string{"laps.csv": "number,lap,lap_time_ms,elapsed_ms\n7,1,60000,60000\n7,2,60000,120000\n"})["race"].(map[string]any)
	path = "/api/v1/races/" + made["id"].(string)
	doc.Race = nil
	p.get(path+"/documents/classification.json", &doc)
	if date, there := doc.Race["date"]; date != nil || !there {
		t.Errorf("a race that was read from an archive is of %v", date)
	}
}

// importFolder sends a folder as a zip file.
func (p *process) importFolder(files map[string]string) map[string]any {
	p.t.Helper()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range files {
		f, err := z.Create(name)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		p.t.Fatal(err)
	}
	res, err := http.Post(p.url+"/api/v1/races/import", "application/zip", &packed)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusCreated {
		p.t.Fatalf("the import is answered with %d %v %v", res.StatusCode, out, err)
	}
	return out
}
