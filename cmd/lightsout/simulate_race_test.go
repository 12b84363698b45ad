package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
)

func mustRaceFileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "race.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSimulate_OfAPrintedRaceFileIsTheSameRace(t *testing.T) {
	printed, _, err := command(t, "simulate", "--circuit", "kartwerk", "--cars", "6", "--laps", "3", "--print-config")
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := command(t, "simulate", "--circuit", "kartwerk", "--cars", "6", "--laps", "3", "--json")
	if err != nil {
		t.Fatal(err)
	}
	file := mustRaceFileOf(t, printed)
	if got, _, err := command(t, "simulate", "--race", file, "--json"); err != nil || got != want {
		t.Errorf("%v: the race of the printed file is\n%s\nand without it\n%s", err, got, want)
	}
	file = mustRaceFileOf(t, strings.Replace(printed, "noise_s: 0.34 ", "noise_s: 0.35 ", 1))
	if got, _, err := command(t, "simulate", "--race", file, "--json"); err != nil || got == want {
		t.Errorf("%v: another noise gives the same race", err)
	}
}

func TestSimulate_ByTimeWithASetupIsWholeInItsFileAndItsLog(t *testing.T) {
	dir := t.TempDir()
	db, log := filepath.Join(dir, "race.db"), filepath.Join(dir, "race.lolog")
	file := mustRaceFileOf(t, "circuit: kartwerk\nduration_s: 300\nentries: [{full_name: Ada Lovelace, fails_on_lap: 3}, {}, {}, {}, {}]\nmodel: {failures: {chance: 0}}\n")
	args := []string{"simulate", "--race", file, "--json", "--id", "ours", "--db", db, "--log", log}
	first, _, err := command(t, args...)
	if err != nil || !strings.Contains(first, `"name_acronym": "LOV"`) || !strings.Contains(first, `"rules": "endurance"`) {
		t.Fatalf("%v\n%s", err, first)
	}
	if timed, _, err := command(t, "time", log, "--json"); err != nil || withoutSuspects(t, timed) != withoutManifest(t, first) {
		t.Errorf("%v: timed from its log it is\n%s\nwant\n%s", err, timed, first)
	}
	if out, _, err := command(t, "db", "check", db); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, status, err := command(t, args...); err != nil || !strings.Contains(status, "nothing was simulated") {
		t.Errorf("ordered again: %v, %q", err, status)
	}
	_, _, err = command(t, "simulate", "--circuit", "kartwerk", "--cars", "5", "--duration", "5m", "--id", "ours", "--db", db)
	if err == nil || !strings.Contains(err.Error(), "model and entries") {
		t.Errorf("another setup under the same id: %v", err)
	}
}

func TestSimulate_NamesFileFieldValueAndRangeOfWhatItRefuses(t *testing.T) {
	file := mustRaceFileOf(t, "model: {pace: {noise_s: 11}}\nentries: [{pit_laps: [0]}]\n")
	_, _, err := command(t, "simulate", "--race", file)
	want := file + ": model.pace.noise_s: is 11 (allowed: 0 to 10 s, 6 decimals at most); pit_laps: is a list (allowed: 0 to 49 laps,"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRerun_OfAManifestGivesTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	log, again := filepath.Join(dir, "race.lolog"), filepath.Join(dir, "again.lolog")
	outline := filepath.Join(dir, "own.txt")
	if err := os.WriteFile(outline, []byte(mustCircuitText(t, "kartwerk")), 0o600); err != nil {
		t.Fatal(err)
	}
	file := mustRaceFileOf(t, "circuit: "+outline+"\nlaps: 3\nentries: [{full_name: Ada Lovelace}, {}, {}]\nmodel: {pace: {noise_s: 0.5}}\n")
	db := filepath.Join(dir, "race.db")
	printed, _, err := command(t, "simulate", "--race", file, "--json", "--log", log, "--db", db, "--id", "ours")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(outline), os.Remove(file)); err != nil {
		t.Fatal(err)
	}
	beside := log + manifest.Ending
	if _, status, err := command(t, "rerun", beside, "--out", again); err != nil || !strings.Contains(status, "the same ") {
		t.Fatalf("%v, %s", err, status)
	}
	a, errA := os.ReadFile(log)
	b, errB := os.ReadFile(again)
	if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
		t.Errorf("%v: the logs have %d and %d bytes", err, len(a), len(b))
	}
	result := filepath.Join(dir, "result.json")
	if err := os.WriteFile(result, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, err := command(t, "rerun", result); err != nil || out != printed {
		t.Errorf("%v: printed\n%s\nwas\n%s", err, out, printed)
	}
	if _, status, err := command(t, "rerun", db+".ours"+manifest.Ending); err != nil || !strings.Contains(status, "the same race") {
		t.Errorf("%v, %s", err, status)
	}

	m, err := os.ReadFile(beside)
	if err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		`"noise_s": 0.5`: "came out otherwise", `"manifest": 1`: "manifest is 2", `"laps": 3`: "laps: is",
	} {
		other := filepath.Join(dir, "other.json")
		to := map[string]string{`"noise_s": 0.5`: `"noise_s": 0.6`, `"manifest": 1`: `"manifest": 2`, `"laps": 3`: `"laps": "many"`}[change]
		if err := os.WriteFile(other, bytes.Replace(m, []byte(change), []byte(to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := command(t, "rerun", other); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s instead of %s: %v, want %s", to, change, err, want)
		}
	}
}

func mustCircuitText(t *testing.T, key string) string {
	t.Helper()
	c, err := cli.OpenCircuit(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSweep_GoesFromItsFileToADataSetAndAgainFromItsManifest(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.parquet")
	file := mustRaceFileOf(t, "race: {circuit: kartwerk, cars: 3, laps: 2}\nvary: {model.pace.noise_s: [0.1, 0.9]}\nseeds: 1-4\n")
	printed, _, err := command(t, "sweep", file, "--jobs", "2", "--out", out, "--page", filepath.Join(dir, "page.html"))
	if err != nil || strings.Count(printed, "4 races") != 2 {
		t.Fatalf("%v\n%s", err, printed)
	}
	if _, status, err := command(t, "rerun", out+manifest.Ending); err != nil || !strings.Contains(status, "the same ") {
		t.Errorf("%v, %s", err, status)
	}
	if _, status, err := command(t, "sweep", file, "--out", out); err != nil || !strings.Contains(status, "nothing was simulated") {
		t.Errorf("%v, %s", err, status)
	}
	one, _, err := command(t, "simulate", "--circuit", "kartwerk", "--cars", "3", "--laps", "2", "--seeds", "1-4", "--json")
	if err != nil || !strings.Contains(one, `"races": 4`) {
		t.Errorf("%v\n%s", err, one)
	}
	for want, args := range map[string][]string{
		"end in .csv or .parquet": {"sweep", file, "--out", filepath.Join(dir, "x.txt")},
		"--out as well":           {"sweep", file, "--laps-out", filepath.Join(dir, "x.csv")},
		"--jobs is 0":             {"sweep", file, "--jobs", "0"},
		`"1-x"`:                   {"simulate", "--seeds", "1-x"},
		"goes without --seeds":    {"simulate", "--seeds", "1-2", "--db", filepath.Join(dir, "x.db")},
		"give --seeds as well":    {"simulate", "--out", out},
		"vary: laps has 0 values": {"sweep", mustRaceFileOf(t, "vary: {laps: []}")},
	} {
		if _, _, err := command(t, args...); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
}
