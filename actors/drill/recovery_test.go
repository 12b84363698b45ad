package drill_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
)

// mustTrial runs a short race under faults; more are other lines of the scenario.
func mustTrial(t *testing.T, faults string, more ...string) (*drill.Injector, *drill.Run) {
	t.Helper()
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(race.Order{Circuit: "kartwerk", Cars: 6, Laps: 1, Seed: 7, TickHz: 10}, "drill", c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := drill.Parse("test.yaml", []byte("faults: ["+faults+"]\n"+strings.Join(more, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New()
	defer store.Close()
	in := drill.NewInjector(s, drill.Members{Cars: 6, Checkpoints: len(info.Lines)})
	trial := drill.Trial{Start: simulator.StartRace{Info: info, Model: model, Start: true}, Journal: store, Faults: in, Patience: drill.Patience}
	run, err := trial.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if run.Ended != "" && len(s.Abort) == 0 {
		t.Fatal(run.Ended)
	}
	return in, run
}

func TestRecovery_AStallCountsFromItsBegin(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	in, _ := mustTrial(t, fmt.Sprintf("{stall: timekeeper, at: 10s, for: %v}", stall))
	r := in.Recovery()["timekeeper"]
	if r.Restart.Count != 0 || r.Progress.Count != 1 || r.Without != 0 {
		t.Fatalf("got %+v, expected no restart and one progress", r)
	}
	if got := time.Duration(r.Progress.P50US) * time.Microsecond; got < stall {
		t.Errorf("the timekeeper was blind for %v, and recovered in %v", stall, got)
	}
	if s := in.Struck(); len(s) != 1 || s[0].RestartUS != nil || s[0].ProgressUS == nil || *s[0].ProgressUS != r.Progress.MaxUS {
		t.Errorf("the strike says %+v", s)
	}
}

func TestRecovery_EachKindThatIsKilledRestartsAndGoesOn(t *testing.T) {
	t.Parallel()
	kinds := []string{"car", "checkpoint", "race", "processor", "timekeeper", "recorder", "publisher"}
	faults := "{kill: simulator, at: 0s, when: before}"
	for _, kind := range kinds {
		for _, when := range []string{"before", "after"} {
			share := map[bool]string{true: ", share: 1"}[kind == "checkpoint"]
			faults += fmt.Sprintf(", {kill: %s, at: %ds, when: %s%s}", kind, len(faults)%13+5, when, share)
		}
	}
	in, run := mustTrial(t, faults)
	all := in.Recovery()
	for _, kind := range append(kinds, "simulator") {
		r := all[kind]
		switch {
		case r.Restart.Count == 0 || int64(r.Restart.Count) < run.Restarts[kind]:
			t.Errorf("%s: %d restarts were measured of %d", kind, r.Restart.Count, run.Restarts[kind])
		case r.Progress.Count == 0 || r.Without != 0:
			t.Errorf("%s: progress after %d faults, none after %d", kind, r.Progress.Count, r.Without)
		case r.Progress.P50US < r.Restart.P50US && r.Progress.Count == r.Restart.Count:
			t.Errorf("%s goes on after %d µs, and is there after %d µs", kind, r.Progress.P50US, r.Restart.P50US)
		case r.Progress.P50US > r.Progress.P99US || r.Progress.P99US > r.Progress.MaxUS:
			t.Errorf("%s: percentiles %+v", kind, r.Progress)
		}
	}
	for _, s := range in.Struck() {
		if s.RestartUS == nil || s.ProgressUS == nil || *s.ProgressUS < *s.RestartUS {
			t.Errorf("%s at %v, %q: restart %v, progress %v", s.What, s.At, s.Message, s.RestartUS, s.ProgressUS)
		}
	}
}

func TestRecovery_AFullStoreIsTheLongestTimeWithoutACommit(t *testing.T) {
	t.Parallel()
	const full = 250 * time.Millisecond
	in, run := mustTrial(t, fmt.Sprintf("{store: full, at: 10s, for: %v}", full))
	if r := in.Recovery()["store"]; r.Restart.Count != 0 || r.Progress.Count != 1 || r.Progress.MaxUS < full.Microseconds() {
		t.Errorf("the store was full for %v, and its recovery is %+v", full, r)
	}
	if run.Stall < full/2 { // what was appended just before may be acknowledged just after it was closed
		t.Errorf("the longest time without a commit is %v, with a store that was full for %v", run.Stall, full)
	}
}

func TestRecovery_APoisonedCarIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	in, run := mustTrial(t, "{poison: car, at: 10s}")
	// The last death is that after which the car is given up.
	if r := in.Recovery()["car"]; r.Restart.Count == 0 || int64(r.Restart.Count) != run.Restarts["car"]-1 || len(run.GivenUp) != 1 || r.Progress.Count+r.Without != 0 {
		t.Errorf("%d restarts, %+v", run.Restarts["car"], r)
	}
}
