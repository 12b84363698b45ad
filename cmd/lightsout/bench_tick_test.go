package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"lightsout/cmd/internal/bench"
	"lightsout/cmd/internal/cli"
)

func TestBenchTick_MeasuresWholeRacesWithSpread(t *testing.T) {
	long(t)
	cmd := exec.Command(mustBuild(t), "bench", "tick", "--rows", "0", "--cars", "20,600", "--laps", "1", "--repeats", "3", "--json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got bench.TickReport
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Races == nil || len(got.Races.Loads) != 2 || len(got.Loads) != 0 {
		t.Fatalf("%s", out)
	}
	for i, l := range got.Races.Loads {
		r := l.RealTime
		if l.Cars != []int{20, 600}[i] || l.Laps != 1 || l.Runs != 3 || l.RaceSeconds < 30 || l.RaceSeconds > 300 || r.Min <= 0 || r.Min > r.Median || r.Median > r.Max {
			t.Errorf("%+v", l)
		}
		if l.DiskBytes <= 0 || l.AloneRealTime <= 0 {
			t.Errorf("%+v", l)
		}
		if m := l.PeakBytes; m.Min > m.Median || m.Median > m.Max || m.Max > 1e9 {
			t.Errorf("%+v", l)
		}
		if (l.Note != "") != (l.Cars == 600) { // 344 places of 8 m, 500 cars bumper to bumper
			t.Errorf("%d cars: %q", l.Cars, l.Note)
		}
	}
	if got.Races.Loads[1].DiskBytes < 10*got.Races.Loads[0].DiskBytes {
		t.Errorf("600 cars take %.0f bytes, 20 cars %.0f", got.Races.Loads[1].DiskBytes, got.Races.Loads[0].DiskBytes)
	}
}

// The table in the documentation is the one that the command prints.
func TestBenchTick_PrintsTheTableOfTheDocumentation(t *testing.T) {
	figures, err := os.ReadFile("../../docs/figures.md")
	if err != nil {
		t.Fatal(err)
	}
	report := bench.RacesReport{Loads: []bench.RaceLoad{{Cars: 20, Laps: 57, Runs: 1}}}
	var text strings.Builder
	if err := report.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(text.String(), "\n\n")
	head, row, _ := strings.Cut(table, "| 20 |")
	if row == "" || !strings.Contains(string(figures), head) {
		t.Errorf("docs/figures.md has no table with this head:\n%s", head)
	}
}

func TestBenchTick_RefusesWhatLeavesNothingToMeasure(t *testing.T) {
	for _, args := range [][]string{
		{"--cars", "0"}, {"--repeats", "-1"}, {"--laps", "10001"}, {"--rows", "-1"}, {"--rows", "0", "--repeats", "0"}, {"--repeats", "0", "--markdown"},
	} {
		if _, _, err := command(t, append([]string{"bench", "tick"}, args...)...); !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
