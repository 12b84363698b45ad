package main

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
)

// A copy that is made while a race runs is a server's file of that moment: another server goes on with the race, to the same end, also from a file of the
// version before. The one before refuses the file afterwards.
func TestDBBackup_AServerGoesOnWithTheRacesOfACopyAndOfAnOlderVersion(t *testing.T) {
	long(t)
	start, err := drills.StartOf(race.Order{Circuit: "kartwerk", Cars: 12, Laps: 3, Seed: 7, TickHz: 10}, "")
	if err != nil {
		t.Fatal(err)
	}
	undisturbed, err := drills.Run(t.Context(), start, drills.Bounds{Patience: drill.Patience})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := &process{t: t, bin: mustBuild(t), db: filepath.Join(dir, "races.db")}
	first.start()
	id, _ := first.post("/api/v1/races", `{"circuit":"kartwerk","cars":12,"laps":3,"seed":7,"speed":40}`)["id"].(string)
	first.awaitLap("/api/v1/races/"+id, 2)
	into := filepath.Join(dir, "copy.db")
	if out, _, err := command(t, "db", "backup", first.db, into); err != nil || !strings.Contains(out, "copy.db: ") {
		t.Fatalf("%v: %s", err, out)
	}
	first.end(syscall.SIGKILL)
	if out, _, err := command(t, "db", "check", into); err != nil {
		t.Fatalf("the copy: %v\n%s", err, out)
	}
	data, err := os.ReadFile(into)
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(dir, "older.db")
	if err := os.WriteFile(older, data, 0o600); err != nil {
		t.Fatal(err)
	}
	alter(t, older, "DROP TABLE audit; PRAGMA user_version = 8")
	for _, file := range []string{into, older} {
		second := &process{t: t, bin: first.bin, db: file}
		second.start()
		var result struct {
			Final     bool
			StateHash string `json:"state_hash"`
		}
		for deadline := time.Now().Add(patience); !result.Final; second.get("/api/v1/races/"+id+"/classification", &result) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the race does not end", file)
			}
			time.Sleep(10 * time.Millisecond)
		}
		second.end(syscall.SIGTERM)
		if result.StateHash != undisturbed.Result.StateHash {
			t.Errorf("%s: the state hash is %s, undisturbed it is %s", file, result.StateHash, undisturbed.Result.StateHash)
		}
		if out, _, err := command(t, "db", "check", file); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
	alter(t, older, "PRAGMA user_version = 10")
	refused := exec.Command(first.bin, "serve", "--addr", "127.0.0.1:0", "--db", older)
	out, err := refused.CombinedOutput()
	if refused.ProcessState.ExitCode() != exitBadInput || !strings.Contains(string(out), "version 10, this program reads 9") {
		t.Errorf("a file of a version to come: %v, %s", err, out)
	}
}

// alter changes a file as another version of the program would have left it.
func alter(t *testing.T, path, statements string) {
	t.Helper()
	file, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = file.ExecContext(t.Context(), statements)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDBBackup_RefusesWhatItCannotCopyAndKeepsAnOlderCopy(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old.db")
	if err := os.WriteFile(old, []byte("an older copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.db")
	for _, args := range [][]string{{missing, old}, {old, filepath.Join(dir, "new.db")}, {old, old}} {
		if _, _, err := command(t, append([]string{"db", "backup"}, args...)...); !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "an older copy" {
		t.Errorf("the older copy is %q, %v", data, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*partial*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
