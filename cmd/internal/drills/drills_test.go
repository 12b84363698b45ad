package drills

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/supervise"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// oneRace says whether the one race runs.
type oneRace struct{ runs atomic.Bool }

func (r *oneRace) Running(race.ID) bool { return r.runs.Load() }

type noCounters struct{}

func (noCounters) FilledIn() int64 { return 0 }

// A drill on a race that is over would never be judged.
func TestDrills_NoDrillStartsOnARaceThatHasEnded(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, _, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 8, Laps: 4, Seed: 7, TickHz: 10}, "ends", c)
	if err != nil {
		t.Fatal(err)
	}
	storagetest.MustAppend(t, store, &race.Batch{Race: "ends", Count: 1, Records: []race.Record{{Seq: 1, Body: race.Announced{Race: info}}}})
	races := &oneRace{}
	races.runs.Store(true)
	d := New(Config{Hooks: NewHooks(), Races: races, Counters: noCounters{}, Store: store, Screen: live.NewHub(transport.Codec{}, nil), Log: log})
	d.mu.Lock() // Start has looked whether the race runs, and waits
	started := make(chan error, 1)
	go func() {
		_, err := d.Start(context.Background(), "ends", []byte(`{"faults":[{"kill":"car"}]}`))
		started <- err
	}()
	mustBlock(t, "(*Drills).Start", "sync.(*Mutex).Lock")
	races.runs.Store(false)
	d.mu.Unlock()
	if err := <-started; !errors.Is(err, race.ErrConflict) {
		t.Errorf("it began: %v", err)
	}
	d.over(context.Background(), "ends", "")
	if on := len(*d.hooks.active.Load()); on > 0 {
		t.Errorf("%d drills strike", on)
	}
}

// mustBlock waits until a goroutine in one function waits in another.
func mustBlock(t *testing.T, in, at string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for until := time.Now().Add(patience); ; runtime.Gosched() {
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(stack, in+"(") && strings.Contains(stack, at+"(") {
				return
			}
		}
		if time.Now().After(until) {
			t.Fatalf("no goroutine waits in %s of %s", at, in)
		}
	}
}

// An actor that saw the drill just before the verdict reports a restart just after it.
func TestDrills_NotesAfterTheVerdictAreIgnored(t *testing.T) {
	s, err := drill.Parse("late", []byte("faults: [{kill: car}]"))
	if err != nil {
		t.Fatal(err)
	}
	one := &liveDrill{scenario: s, injector: drill.NewInjector(s, drill.Members{Cars: 2}), run: drill.Run{Restarts: map[string]int64{}}}
	one.become(race.DrillFailed, "the race failed", nil)
	one.note(supervise.Restarted{Kind: "car"})
	one.note(supervise.SetAside{Kind: "car"})
	one.committed(&race.Batch{Frame: &race.Frame{}}, time.Now())
	if n := len(one.injector.Recovery()) + one.run.SetAside + one.run.Ticks; n > 0 {
		t.Errorf("%d things were noted after the verdict", n)
	}
}
