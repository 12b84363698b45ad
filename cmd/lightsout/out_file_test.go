package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/cli"
)

func say(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestOutFile_ReplacesAFileOnlyByACompleteOne(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "race.lolog"), filepath.Join(dir, "latest")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("race.lolog", link); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("the disk is gone")
	err := cli.WriteFile(path, func(w io.Writer) error {
		if err := say("half of the new")(w); err != nil {
			return err
		}
		if got := string(mustReadFile(t, path)); got != "old" {
			t.Errorf("while the new one is written, the file says %q", got)
		}
		return failed
	})
	if !errors.Is(err, failed) || string(mustReadFile(t, path)) != "old" {
		t.Errorf("%v, the file says %q", err, mustReadFile(t, path))
	}
	if err := cli.MayWrite(path); err != nil || string(mustReadFile(t, path)) != "old" {
		t.Errorf("asked whether it may be written: %v, %q", err, mustReadFile(t, path))
	}
	if err := cli.WriteFile(link, say("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || string(mustReadFile(t, path)) != "new" {
		t.Errorf("through a link: %v, %v, %q", err, info, mustReadFile(t, path))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 2 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestOutFile_WritesToADeviceDirectly(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := cli.WriteFile(os.DevNull, say("gone")); err != nil {
		t.Error(err)
	}
	if after, err := os.Stat(os.DevNull); err != nil || after.Mode() != before.Mode() {
		t.Errorf("it is a %v now, %v", after.Mode(), err)
	}
}

func TestSimulate_NamesBeforeTheRaceWhyItsLogCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "races.db")
	for log, want := range map[string]string{
		dir: "is a folder", filepath.Join(dir, "none", "race.lolog"): "no such file", db: "--log and --db are one file",
	} {
		_, _, err := command(t, kartOrder(db, "--log", log)...)
		if err == nil || !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("--log %s: %v, expected %q", log, err, want)
		}
	}
	if _, err := os.Stat(db); err == nil {
		t.Error("the race was run")
	}
	for _, id := range []string{"../kart", "Kart", "a b", "-kart", strings.Repeat("k", 101)} {
		if _, _, err := command(t, kartOrder(db, "--id", id)...); err == nil || !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("--id %s: %v", id, err)
		}
	}
	if _, _, err := command(t, kartOrder(db)...); err != nil {
		t.Fatal(err)
	}
	if _, _, err := command(t, "export", "kart", "--db", db, "--format", "log", "--out", db, "--force"); err == nil || !errors.Is(err, cli.ErrBadInput) {
		t.Errorf("an export over the file that keeps the races: %v", err)
	}
}
