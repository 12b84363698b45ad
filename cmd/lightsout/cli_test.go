package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if first != second || first != timed {
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

func TestCommands_SayWhatIsWrongWithWhatTheyAreGiven(t *testing.T) {
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
		{"needs a token", []string{"serve", "--addr", "0.0.0.0:1", "--db", filepath.Join(dir, "x.db")}},
		{`unknown setting "carss"`, []string{"simulate", "--circuit", "kartwerk", "--config", write("c.yaml", "carss: 3\n")}},
	} {
		_, _, err := command(t, c.args...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.want)
		} else if !errors.Is(err, errBadInput) && !usage(err) {
			t.Errorf("%v: %v does not end with exit code 2", c.args, err)
		}
	}
}

func TestConfig_FlagBeforeEnvironmentBeforeFile(t *testing.T) {
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
