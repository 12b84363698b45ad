package drills

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lightsout/actors/drill"
)

func TestFindScenarios_AllLeavesOutThoseThatNeedAnInfluxDBThatIsNotThere(t *testing.T) {
	library, err := drill.Library()
	if err != nil {
		t.Fatal(err)
	}
	found, leftOut, err := FindScenarios([]string{"all"}, false)
	with, none, errWith := FindScenarios([]string{"all", "st*"}, true)
	if err != nil || errWith != nil || len(leftOut) == 0 || len(none) != 0 || len(with) != len(library) || len(found)+len(leftOut) != len(library) {
		t.Errorf("found %d and left out %v, with InfluxDB %d and %v, of %d; %v, %v", len(found), leftOut, len(with), none, len(library), err, errWith)
	}
	for _, s := range found {
		if s.NeedsInflux() {
			t.Errorf("%s needs InfluxDB and is not left out", s.Name)
		}
	}
}

func TestFindScenarios_TakesPatternsAndFilesEachOnce(t *testing.T) {
	dir := t.TempDir()
	mustWrite := func(file, text string) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite("a.yaml", "name: mine\nfaults: [{kill: car, at: 5s}]")
	mustWrite("b.yaml", "name: storm\nfaults: [{kill: car, at: 5s}]")
	found, _, err := FindScenarios([]string{"*-cars", "hung-cars", "storm", filepath.Join(dir, "a*.yaml"), filepath.Join(dir, "a.yaml")}, false)
	var names []string
	for _, s := range found {
		names = append(names, s.Name)
	}
	if err != nil || !slices.Equal(names, []string{"flaky-cars", "hung-cars", "storm", "mine"}) {
		t.Errorf("found %v, %v", names, err)
	}
	for says, names := range map[string][]string{
		"two scenarios have the name storm": {"storm", filepath.Join(dir, "b.yaml")},
		`no scenario is called "x*"`:        {"x*"},
		`"[" is no pattern`:                 {"["},
		"is the name of no file":            {filepath.Join(dir, "c*.yaml")},
		`the scenario "nobody" is unknown`:  {"storm", "nobody"},
		"influx-away need InfluxDB":         {"influx-*"},
	} {
		if _, _, err := FindScenarios(names, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, expected %q", names, err, says)
		}
	}
}

func TestMany_AnInterruptedOneKeepsWhatWasRun(t *testing.T) {
	s, err := FindScenario("flaky-cars", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Race.Laps = 1
	ctx, interrupt := context.WithCancel(t.Context())
	m := &Many{Scenarios: []*drill.Scenario{s}, Seeds: []uint64{4, 2, 9, 7, 3, 1}, Jobs: 2, Patience: drill.Patience, Done: func(_ *Outcome, done, _ int) {
		if done == 2 {
			interrupt()
		}
	}}
	r, err := m.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Planned != 6 || len(r.Runs) < 2 || len(r.Runs) > 3 || r.Failed() > 0 || len(r.Scenarios) != 1 || r.Scenarios[0].Passed != len(r.Runs) {
		t.Errorf("the results are %+v", r)
	}
}

func TestCompareResults_FindsWhatPassedAndFailsNow(t *testing.T) {
	s, err := FindScenario("storm", nil)
	if err != nil {
		t.Fatal(err)
	}
	longer := *s
	longer.Race.Laps++
	of := func(s *drill.Scenario, failed ...uint64) *Results {
		r := &Results{}
		for seed := uint64(1); seed <= 4; seed++ {
			o := Outcome{Scenario: s.Name, Seed: seed, Passed: !slices.Contains(failed, seed), Figures: Figures{Strikes: 10, RecoveryMaxUS: int64(seed)}}
			r.Runs = append(r.Runs, o)
		}
		r.Scenarios = tally([]*drill.Scenario{s}, r.Runs)
		return r
	}
	seeds := func(list []Outcome) (out []uint64) {
		for i := range list {
			out = append(out, list[i].Seed)
		}
		return out
	}
	d, err := CompareResults(of(s, 1, 2), of(&longer, 2, 3))
	if err != nil || !slices.Equal(seeds(d.Worse), []uint64{3}) || !slices.Equal(seeds(d.Better), []uint64{1}) || d.OnlyA+d.OnlyB != 0 {
		t.Errorf("the differences are %+v, %v", d, err)
	}
	if p := d.Scenarios[0]; p.Alike || p.A.Strikes != 40 || p.B.RecoveryMaxUS != 4 || !slices.Equal(p.B.FailedSeeds, []uint64{2, 3}) {
		t.Errorf("the scenario is %+v", p)
	}
	less := of(s)
	less.Runs = less.Runs[1:]
	if d, err := CompareResults(less, of(s, 1)); err != nil || d.OnlyB != 1 || !slices.Equal(seeds(d.Worse), []uint64{1}) || !d.Scenarios[0].Alike {
		t.Errorf("a seed that only B has: %+v, %v", d, err)
	}
	if _, err := CompareResults(of(s), &Results{}); err == nil || !strings.Contains(err.Error(), "no scenario in common") {
		t.Errorf("got %v", err)
	}
}
