package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anthdm/hollywood/actor"
	"github.com/google/go-cmp/cmp"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
)

// run is what is left of a race: its log, its result, and how often actors were started again.
type run struct {
	records  []race.Record
	result   race.Classification
	restarts map[string]int64
	filledIn int64
}

// recording is a journal that keeps what it has committed.
type recording struct {
	processor.Journal
	mu      sync.Mutex
	records []race.Record
}

func (r *recording) Append(b *race.Batch, ready func(error)) {
	r.Journal.Append(b, func(err error) {
		if err == nil {
			r.mu.Lock()
			r.records = append(r.records, b.Records...)
			r.mu.Unlock()
		}
		ready(err)
	})
}

var DrillOrder = race.Order{Circuit: "kartwerk", Cars: 8, Laps: 4, Seed: 7, TickHz: 10}

// killsOnly makes a fault that only kills.
func killsOnly(fault func(supervise.Strike)) func(supervise.Strike) time.Duration {
	if fault == nil {
		return nil
	}
	return func(at supervise.Strike) time.Duration {
		fault(at)
		return 0
	}
}

// mustMake makes an ordered race.
func mustMake(t *testing.T, order race.Order, id race.ID) (race.Race, *drive.Model) {
	t.Helper()
	c, err := circuit.Open(order.Circuit)
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(order, id, c)
	if err != nil {
		t.Fatal(err)
	}
	return info, model
}

// mustRace runs a race to its end in this process, under a fault.
func mustRace(t *testing.T, fault func(supervise.Strike)) run {
	t.Helper()
	info, model := mustMake(t, DrillOrder, "drill")
	store := memory.New()
	journal := &recording{Journal: store}
	watch := NewWatcher()
	p, err := New(Config{
		Journal: journal, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), Fault: killsOnly(fault), SnapshotEvery: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(simulator.StartRace{Info: info, Model: model, Start: true}); err != nil {
		t.Fatal(err)
	}
	<-watch.Over()
	_, _, result, err := watch.Result()
	if err != nil {
		t.Fatal(err)
	}
	out := run{result: result, restarts: map[string]int64{}, filledIn: p.FilledIn()}
	for _, n := range p.System().Counts() {
		out.restarts[n.Kind] = n.Restarts
	}
	if err := p.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	out.records = journal.records
	return out
}

// kinds are all kinds of actor there are.
var kinds = []string{"simulator", "race", "car", "checkpoint", "processor", "timekeeper", "recorder", "publisher"}

func TestDrill_KillingOneOfEachKindMidRaceDoesNotChangeTheLog(t *testing.T) {
	want := mustRace(t, nil)
	if want.filledIn != 0 {
		t.Errorf("%d passings were filled in without a fault", want.filledIn)
	}
	for _, kind := range kinds {
		for _, when := range []supervise.When{supervise.BeforeReceive, supervise.AfterReceive} {
			t.Run(fmt.Sprintf("%s/%d", kind, when), func(t *testing.T) {
				var seen atomic.Int64
				strike := int64(150)
				if kind == "simulator" {
					strike = 2 // it handles few messages
				}
				got := mustRace(t, func(at supervise.Strike) {
					if at.Kind == kind && at.When == when && seen.Add(1) == strike {
						panic(supervise.Killed{By: "test"})
					}
				})
				compareRuns(t, want, got)
				if got.restarts[kind] != 1 {
					t.Errorf("%s was started again %d times, expected once", kind, got.restarts[kind])
				}
			})
		}
	}
}

func compareRuns(t *testing.T, want, got run) {
	t.Helper()
	if diff := cmp.Diff(want.result, got.result); diff != "" {
		t.Errorf("the classification differs: %s", diff)
	}
	if len(want.records) != len(got.records) {
		t.Fatalf("%d records, expected %d", len(got.records), len(want.records))
	}
	for i := range want.records {
		if diff := cmp.Diff(want.records[i], got.records[i]); diff != "" {
			t.Fatalf("record %d differs: %s", i+1, diff)
		}
	}
}

func TestDrill_KillingThousandsOfTimesDoesNotChangeTheLog(t *testing.T) {
	want := mustRace(t, nil)
	var n, kills atomic.Int64
	got := mustRace(t, func(at supervise.Strike) {
		// Every 97th chance kills: a prime, so that the kills wander over kinds, messages, before and after.
		if n.Add(1)%97 == 0 && at.Kind != "simulator" {
			kills.Add(1)
			panic(supervise.Killed{By: "test"})
		}
	})
	compareRuns(t, want, got)
	if kills.Load() < 1000 {
		t.Errorf("only %d kills", kills.Load())
	}
	t.Logf("%d kills, restarts %v, %d passings filled in", kills.Load(), got.restarts, got.filledIn)
}

func TestDrill_CarThatDiesOfEveryTickIsRetiredAndTheRaceContinues(t *testing.T) {
	got := mustRace(t, func(at supervise.Strike) {
		if tick, ok := at.Message.(*simulator.Tick); ok && tick.N >= 300 && at.PID.ID == "simulator/1/race/drill/car/3" {
			panic("a bug in the car")
		}
	})
	for _, e := range got.result.Entries {
		switch {
		case e.Car == 3 && e.Status != race.StatusRetired && e.Status != race.StatusNotClassified:
			t.Errorf("the broken car is %v", e.Status)
		case e.Car != 3 && e.Status == race.StatusFinished && e.Laps != DrillOrder.Laps:
			t.Errorf("car %d finished with %d laps", e.Car, e.Laps)
		}
	}
}

func TestTick_ReachesEachCarOnceAndClosesAfterAllRows(t *testing.T) {
	var mu sync.Mutex
	ticks := map[string]map[race.Tick]int{}
	closed := map[race.Tick]int{}
	mustRace(t, func(at supervise.Strike) {
		if at.When != supervise.BeforeReceive {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch msg := at.Message.(type) {
		case *simulator.Tick:
			if ticks[at.PID.ID] == nil {
				ticks[at.PID.ID] = map[race.Tick]int{}
			}
			ticks[at.PID.ID][msg.N]++
		case *simulator.RowDone:
			closed[msg.N]++
		}
	})
	if len(ticks) != DrillOrder.Cars {
		t.Fatalf("%d cars were ticked, expected %d", len(ticks), DrillOrder.Cars)
	}
	for pid, of := range ticks {
		for n := race.Tick(1); int(n) <= len(of); n++ {
			if of[n] != 1 {
				t.Fatalf("%s got tick %d %d times", pid, n, of[n])
			}
			if closed[n] != DrillOrder.Cars {
				t.Fatalf("tick %d had %d rows", n, closed[n])
			}
		}
	}
}

func TestDrill_HungActorIsReplacedAndTheLogIsTheSame(t *testing.T) {
	want := mustRace(t, nil)
	for _, kind := range []string{"car", "checkpoint"} {
		var seen atomic.Int64
		release := make(chan struct{})
		got := mustRace(t, func(at supervise.Strike) {
			if at.Kind == kind && at.When == supervise.BeforeReceive && !at.Retried && seen.Add(1)%200 == 100 && seen.Load() < 700 {
				<-release // for longer than the race takes
			}
		})
		close(release)
		if diff := cmp.Diff(want.records, got.records); diff != "" {
			t.Errorf("a %s hung: the logs differ:\n%.2000s", kind, diff)
		}
		if got.restarts[kind] != 3 {
			t.Errorf("a %s hung three times and was replaced %d times", kind, got.restarts[kind])
		}
	}
}

func TestDrill_RaceContinuesWithoutActorsThatCannotStart(t *testing.T) {
	got := mustRace(t, func(at supervise.Strike) {
		_, begins := at.Message.(actor.Started)
		if begins && (at.Kind == "car" && at.ID == "3" || at.Kind == "checkpoint" && at.ID == "1") {
			panic("it cannot be built")
		}
	})
	for _, e := range got.result.Entries {
		if out := e.Status == race.StatusNotClassified && e.Laps == 0; out != (e.Car == 3) {
			t.Errorf("car %d ended as %v with %d laps", e.Car, e.Status, e.Laps)
		}
	}
	if got.filledIn == 0 {
		t.Error("the lost line's passings were not filled in")
	}
}
