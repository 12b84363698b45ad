package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
)

func TestDB_InfoCheckAndVacuumWorkOnAFile(t *testing.T) {
	dir := t.TempDir()
	path, damaged, saved := filepath.Join(dir, "races.db"), filepath.Join(dir, "damaged.db"), filepath.Join(dir, "saved.db")
	mustCommand := func(args ...string) string {
		t.Helper()
		out, _, err := command(t, args...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	result := mustCommand("simulate", "--circuit", "kartwerk", "--laps", "8", "--cars", "70", "--id", "r", "--db", path, "--json")
	if out := mustCommand("db", "check", path); out != path+" is sound\n" {
		t.Errorf("check says %q", out)
	}
	var info sqlite.Info
	if err := json.Unmarshal([]byte(mustCommand("db", "info", path, "--json")), &info); err != nil {
		t.Fatal(err)
	}
	if len(info.Races) != 1 || info.Races[0].BytesPerSample <= 0 || info.Races[0].BytesPerSample > 5 || info.Races[0].Status != "finished" {
		t.Errorf("%+v", info.Races)
	}
	t.Logf("%.2f bytes a sample", info.Races[0].BytesPerSample)
	if out := mustCommand("db", "info", path); !strings.Contains(out, "schema version 9") || !strings.Contains(out, " telemetry\n") {
		t.Errorf("info says %s", out)
	}
	if out := mustCommand("db", "vacuum", path); !strings.Contains(out, " before, ") {
		t.Errorf("vacuum says %s", out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, "no header") // the list of tables has to be mended, all else is whole
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve", "--db", damaged}, {"simulate", "--circuit", "kartwerk", "--db", damaged}} {
		if _, _, err := command(t, args...); err == nil || !strings.Contains(err.Error(), "lightsout db salvage "+damaged) || !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if out, _, err := command(t, "db", "check", damaged, "--json"); err == nil || errors.Is(err, cli.ErrBadInput) || !strings.Contains(out, `"sound": false`) {
		t.Errorf("check of a damaged file: %v, %s", err, out)
	}
	if out := mustCommand("db", "salvage", damaged, saved); !strings.Contains(out, " r\n") || !strings.Contains(out, "lost: the list of tables was damaged") {
		t.Errorf("salvage says %s", out)
	}
	if out := mustCommand("db", "check", saved); out != saved+" is sound\n" {
		t.Errorf("check of what was saved says %q", out)
	}
	if _, _, err := command(t, "db", "salvage", damaged, saved); !errors.Is(err, cli.ErrBadInput) {
		t.Errorf("salvage over a file: %v", err)
	}
	mustHaveResult(t, saved, result)
}

// mustHaveResult compares the result that a file has with one that was printed.
func mustHaveResult(t *testing.T, path, result string) {
	t.Helper()
	store, err := sqlite.OpenForReading(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c, err := store.Classification(t.Context(), "r")
	if err != nil || len(c.Entries) != 70 || !strings.Contains(result, c.StateHash) {
		t.Errorf("%d places, hash %s, %v", len(c.Entries), c.StateHash, err)
	}
}

func TestDB_NamesWhatIsWrongWithItsArguments(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.db")
	for _, args := range [][]string{{"db", "info", none}, {"db", "check", none}, {"db", "vacuum", none}, {"db", "info"}} {
		if _, _, err := command(t, args...); err == nil || !errors.Is(err, cli.ErrBadInput) && !usage(err) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("a file was made")
	}
}
