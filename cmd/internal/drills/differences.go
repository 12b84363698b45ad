package drills

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"reflect"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

// Differences are how the drills B came out beside the drills A. A drill is known by its scenario and seed.
type Differences struct {
	// Worse are drills that fail in B and did not fail in A; Better failed in A and pass in B.
	Worse  []Outcome `json:"worse"`
	Better []Outcome `json:"better"`
	// OnlyA and OnlyB count the drills that the other has not.
	OnlyA int `json:"only_a"`
	OnlyB int `json:"only_b"`
	// Scenarios that both have.
	Scenarios []Pair `json:"scenarios"`
}

// Pair is a scenario in A and in B.
type Pair struct {
	A Tally `json:"a"`
	B Tally `json:"b"`
	// Alike says that race and faults are the same in both.
	Alike bool `json:"alike"`
}

var errNoResults = errors.New("no results of drills")

// ReadResults reads the results of many drills, or the verdict of one, as --json prints them.
func ReadResults(file string) (*Results, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	var kind struct {
		Runs     []json.RawMessage
		Injected *int
	}
	wrong := func(err error) error {
		return cli.BadInput("%s: %w: allowed is what lightsout drill --json prints, without --process and --cluster", file, cmp.Or(err, errNoResults))
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, wrong(err)
	}
	out := &Results{}
	switch {
	case len(kind.Runs) > 0:
		err = json.Unmarshal(data, out)
	case kind.Injected != nil:
		v := &drill.Verdict{}
		if err = json.Unmarshal(data, v); err == nil && v.Scenario != nil {
			o := Outcome{Scenario: v.Scenario.Name, Seed: v.Scenario.Seed}
			o.judged(v)
			out.Planned, out.Runs = 1, []Outcome{o}
			out.Scenarios = tally([]*drill.Scenario{v.Scenario}, out.Runs)
		}
	}
	if err != nil || len(out.Scenarios) == 0 {
		return nil, wrong(err)
	}
	for i := range out.Scenarios {
		if out.Scenarios[i].Scenario == nil {
			return nil, wrong(nil)
		}
	}
	return out, nil
}

// CompareResults compares two results. It refuses those that have no scenario in common.
func CompareResults(a, b *Results) (*Differences, error) {
	type key struct {
		scenario string
		seed     uint64
	}
	before := map[key]*Outcome{}
	for i := range a.Runs {
		before[key{a.Runs[i].Scenario, a.Runs[i].Seed}] = &a.Runs[i]
	}
	d := &Differences{Worse: []Outcome{}, Better: []Outcome{}}
	both := 0
	for _, o := range b.Runs {
		was, is := before[key{o.Scenario, o.Seed}]
		if is {
			both++
		}
		switch failed := is && !was.Passed; {
		case !o.Passed && !failed:
			d.Worse = append(d.Worse, o)
		case o.Passed && failed:
			d.Better = append(d.Better, o)
		}
	}
	d.OnlyA, d.OnlyB = len(a.Runs)-both, len(b.Runs)-both
	for _, was := range a.Scenarios {
		for _, is := range b.Scenarios {
			if was.Scenario.Name == is.Scenario.Name {
				d.Scenarios = append(d.Scenarios, Pair{was, is, alike(was.Scenario, is.Scenario)})
			}
		}
	}
	if len(d.Scenarios) == 0 {
		return nil, cli.BadInput("the two have no scenario in common: there is nothing to compare")
	}
	return d, nil
}

// alike reports whether two scenarios are the same but for seed and description.
func alike(a, b *drill.Scenario) bool {
	one, other := *a, *b
	one.Seed, one.About = other.Seed, other.About
	return reflect.DeepEqual(one, other)
}
