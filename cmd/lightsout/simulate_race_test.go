package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if timed, _, err := command(t, "time", log, "--json"); err != nil || withoutSuspects(t, timed) != first {
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
