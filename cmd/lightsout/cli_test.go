package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/bench"
	"lightsout/cmd/internal/cli"
)

// command runs a command line in this process.
func command(t *testing.T, args ...string) (out, status string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	err = root.ExecuteContext(context.Background())
	return stdout.String(), stderr.String(), err
}

func TestSimulate_IsTheSameTwiceAndFromItsLog(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "race.lolog")
	args := []string{"simulate", "--circuit", "kartwerk", "--cars", "20", "--laps", "6", "--seed", "7", "--json"}
	first, _, err := command(t, append(args, "--log", log)...)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := command(t, append(args, "--db", filepath.Join(dir, "race.db"))...)
	if err != nil {
		t.Fatal(err)
	}
	timed, _, err := command(t, "time", log, "--json")
	if err != nil {
		t.Fatal(err)
	}
	if first != second || withoutManifest(t, first) != withoutSuspects(t, timed) {
		t.Errorf("three results differ:\n%s\n%s\n%s", first, second, timed)
	}
	other, _, err := command(t, "simulate", "--circuit", "kartwerk", "--laps", "6", "--seed", "8", "--json")
	if err != nil || other == first {
		t.Errorf("another seed gives the same race: %v", err)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, status, err := command(t, "time", log); err != nil || !strings.Contains(status, "the log is cut off") {
		t.Errorf("a log that is cut off: %v, %q", err, status)
	}
}

// withoutManifest takes off what simulate --json has more than a result.
func withoutManifest(t *testing.T, simulated string) string {
	t.Helper()
	result, _, found := strings.Cut(simulated, ",\n  \"manifest\": {")
	if !found {
		t.Fatalf("no manifest in %s", simulated)
	}
	return result + "\n}\n"
}

// withoutSuspects takes off what time --json has more than simulate --json.
func withoutSuspects(t *testing.T, timed string) string {
	t.Helper()
	result, _, found := strings.Cut(timed, ",\n  \"suspects\": [")
	if !found {
		t.Fatalf("no list of suspects in %s", timed)
	}
	return result + "\n}\n"
}

// garage is a folder with passings of every doubtful kind.
func garage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	passings := "time_ms,number,transponder,line,decoder,session,sequence\n" +
		"30000,7,,0,d,1,1\n30000,7,,0,d,1,1\n31000,7,,0,d,1,2\n45000,,box,0,d,1,3\n-5000,8,,0,d,1,4\n" +
		"40000,8,,1,d,1,5\n110000,8,,1,d,1,6\n60000,7,,0,d,1,7\n"
	for i := range 12 {
		passings += fmt.Sprintf("%d,,box,0,d,1,%d\n", 70_000+i, 100+i)
	}
	for name, text := range map[string]string{
		"entries.csv": "number,code\n7,AAA\n8,BBB\n", "lines.csv": "kind,permyriad\nfinish,0\nsector,5000\n",
		"passings.csv": passings, "control.csv": "time_ms,kind,number,value,reason,author\n50000,time,7,5000,corner cut,a steward\n",
		"race.json": `{"name": "Garage", "rules": {"name": "kart", "laps": 9}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTime_ListsSuspectPassingsByVerdictWithTheReason(t *testing.T) {
	out, status, err := command(t, "time", garage(t), "--json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"14 suspect passings\n", `record 8, 0:45.000, no car, line 0 (finish): the transponder "box" is no car's`,
		"car 8 BBB, line 1 (sector): line 1 again in lap 1", "a split of the lap is offered at 1:15.000", "and 4 more (--json lists them all)",
		"2 duplicate passings\n", "car 7 AAA, line 0 (finish): the decoder told of it in record", "within the dead time of 0:02.000",
		"1 rejected passing\n", "car 8 BBB, line 0 (finish): before the start signal",
	} {
		if !strings.Contains(status, want) {
			t.Errorf("%q is not said in\n%s", want, status)
		}
	}
	var got struct {
		Suspects []struct {
			Verdict, Reason string
			DriverNumber    *int   `json:"driver_number"`
			SplitUS         *int64 `json:"split_us"`
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Suspects); n != 17 {
		t.Errorf("%d suspects in JSON", n)
	}
	for _, s := range got.Suspects {
		if (s.SplitUS != nil) != strings.Contains(s.Reason, "again in lap") || s.Reason == "" || s.Verdict == "" {
			t.Errorf("%+v", s)
		}
	}
}

func TestTime_WritesEveryDocumentInTheGivenFormats(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results", "garage")
	if _, _, err := command(t, "time", garage(t), "--documents", dir, "--format", "csv,html"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"classification.csv": "1,7,AAA,", "classification.html": "Provisional classification", "lap_chart.csv": "lap,position_1",
		"lap_analysis.html": "AAA", "best_sectors.csv": "sector,rank", "pit_stops.html": "Nobody went through the pit lane",
		"penalties.csv": "7,AAA,,time,5000,2,corner cut,a steward,added",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, expected %q in\n%s", name, err, want, text)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 12 {
		t.Errorf("%d files, %v", len(files), err)
	}
	if _, _, err := command(t, "time", garage(t), "--format", "pdf"); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), "csv, json, html") {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestTime_ShowsStopsFromPitstopsAndFromPassingsInThePitLane(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"laps": {
			"laps.csv": "number,lap,elapsed_ms\n7,1,90000\n7,2,200000\n7,3,290000\n", "pitstops.csv": "number,lap,pit_lane_ms,stationary_s\n7,1,24500,2.4\n",
		},
		"passings": {"passings.csv": "time_ms,number,in_pit\n90000,7,TRUE\n200000,7,\n290000,7,\n"},
	} {
		dir, out := t.TempDir(), t.TempDir()
		files["race.json"] = `{"laps": 3}`
		for file, text := range files {
			mustWrite(t, filepath.Join(dir, file), text)
		}
		mustCommand(t, "time", dir, "--documents", out, "--format", "csv")
		db, exported := filepath.Join(dir, "races.db"), filepath.Join(dir, "exported")
		mustCommand(t, "import", dir, "--db", db, "--id", "r")
		mustCommand(t, "export", "r", "--db", db, "--out", exported)
		again := t.TempDir()
		mustCommand(t, "time", exported, "--documents", again, "--format", "csv")
		for _, documents := range []string{out, again} {
			stops, err := os.ReadFile(filepath.Join(documents, "pit_stops.csv"))
			want := map[string]string{"laps": ",1,90000,24500,2400,,24500", "passings": ",1,90000,,,,"}[name]
			if err != nil || !strings.Contains(string(stops), want) {
				t.Errorf("%s: %v, %q is not in\n%s", name, err, want, stops)
			}
			laps, err := os.ReadFile(filepath.Join(documents, "lap_analysis.csv"))
			if err != nil || strings.Count(string(laps), "true") != 2 { // in at the end of lap 1, out in lap 2
				t.Errorf("%s: %v\n%s", name, err, laps)
			}
		}
	}
}

func TestBenchTiming_ComparesEachFieldWithTheFirst(t *testing.T) {
	long(t)
	out, err := exec.Command(mustBuild(t), "bench", "timing", "--cars", "100,1000", "--rounds", "1", "--json").Output() // as it is measured
	if err != nil {
		t.Fatal(err)
	}
	var got bench.TimingReport
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Apply) != 2 || got.Apply[0].ToFirst != 1 || got.Apply[1].Cars != 1000 || got.Apply[1].PerSecond <= 0 || got.Apply[1].Passings != 200_000 {
		t.Errorf("%+v", got)
	}
	if _, _, err := command(t, "bench", "timing", "--cars", "0"); !errors.Is(err, cli.ErrBadInput) {
		t.Errorf("no cars: %v", err)
	}
}

func TestSimulate_WithoutFlagsRunsTheDefaultRace(t *testing.T) {
	out, _, err := command(t, "simulate")
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := command(t, "simulate", "--circuit", "meridian", "--cars", "20", "--laps", "10", "--seed", "1")
	if err != nil {
		t.Fatal(err)
	}
	if out != want || !strings.HasPrefix(out, "Meridian Park · 10 laps · final classification\n") {
		t.Errorf("got %s\nwant %s", out, want)
	}
	help, _, err := command(t, "simulate", "--help")
	if err != nil || !strings.Contains(help, `(default "meridian")`) || !strings.Contains(help, "20 cars over 10 laps of Meridian Park") {
		t.Errorf("--help does not say what is simulated by default: %v\n%s", err, help)
	}
}

func TestCommands_NameWhatIsWrongWithTheirArguments(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"cars: is out of range (allowed: 1 to 100000)", []string{"simulate", "--circuit", "kartwerk", "--cars", "0"}},
		{`"none" is unknown (allowed: granite, harbour`, []string{"simulate", "--circuit", "none"}},
		{`invalid argument "x" for "--laps"`, []string{"simulate", "--circuit", "kartwerk", "--laps", "x"}},
		{"unknown flag: --fast", []string{"simulate", "--fast"}},
		{"no such file or folder", []string{"time", filepath.Join(dir, "none")}},
		{"the file is empty", []string{"time", write("empty.lolog", "")}},
		{"must begin with", []string{"time", write("text.lolog", "hello, this is no log")}},
		{"laps.csv: is missing", []string{"time", dir}},
		{"empty.geojson", []string{"circuit", "import", write("empty.geojson", "")}},
		{"allowed are .geojson, .json and .csv", []string{"circuit", "import", write("x.txt", "")}},
		{"--log-level", []string{"serve", "--log-level", "loud", "--db", filepath.Join(dir, "x.db")}},
		{`--retain-size is "much"`, []string{"serve", "--retain-size", "much", "--db", filepath.Join(dir, "x.db")}},
		{"--max-disk is", []string{"serve", "--max-disk", "-5", "--db", filepath.Join(dir, "x.db")}},
		{"needs a token", []string{"serve", "--addr", "0.0.0.0:1", "--db", filepath.Join(dir, "x.db")}},
		{"and not import", []string{"simulate", "--circuit", "kartwerk", "--id", "import", "--db", filepath.Join(dir, "x.db")}},
		{"--token-file: open", []string{"serve", "--token-file", filepath.Join(dir, "none"), "--db", filepath.Join(dir, "x.db")}},
		{"is blank", []string{"serve", "--token-file", write("blank", " \n"), "--db", filepath.Join(dir, "x.db")}},
		{"--token is blank", []string{"serve", "--token", "", "--db", filepath.Join(dir, "x.db")}},
		{"--drill-token is blank", []string{"serve", "--drill-token", " ", "--db", filepath.Join(dir, "x.db")}},
		{"--drill-token-file: open", []string{"serve", "--drill-token-file", filepath.Join(dir, "none"), "--db", filepath.Join(dir, "x.db")}},
		{"--token is blank", []string{"replay", "--token", "  ", dir}},
		{"allowed is one of the two", []string{"serve", "--token", "x", "--token-file", write("token", "x"), "--db", filepath.Join(dir, "x.db")}},
		{"needs a token", []string{"serve", "--public-url", "https://race.example/", "--db", filepath.Join(dir, "x.db")}},
		{`trusted proxy "nginx"`, []string{"serve", "--trusted-proxies", "127.0.0.1,nginx", "--db", filepath.Join(dir, "x.db")}},
		{`trusted proxy "apache"`, []string{"serve", "--config", write("p.yaml", "trusted-proxies: [127.0.0.1, apache]\n"), "--db", filepath.Join(dir, "x.db")}},
		{`unknown setting "carss"`, []string{"simulate", "--circuit", "kartwerk", "--config", write("c.yaml", "carss: 3\n")}},
	} {
		_, _, err := command(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.want)
		} else if !errors.Is(err, cli.ErrBadInput) && !usage(err) {
			t.Errorf("%v: %v does not end with exit code 2", c.args, err)
		}
	}
}

func TestConfig_FlagOverridesEnvironmentOverridesFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("cars: 3\nlaps: 2\nseed: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LIGHTSOUT_LAPS", "3")
	t.Setenv("LIGHTSOUT_SEED", "6")
	out, _, err := command(t, "simulate", "--circuit", "kartwerk", "--seed", "7", "--config", file, "--json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"cars": 3`, `"laps": 3`, `"seed": 7`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing in %s", want, out[:min(len(out), 300)])
		}
	}
}
