package races

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/actors/engine"
	"lightsout/actors/simulator"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// otherProcess is a Runner whose races run in an engine of its own. Their batches come to the engine of copy.
type otherProcess struct {
	copy    *Races
	engine  *engine.Engine
	refuses error // the answer to Start

	mu      sync.Mutex
	ordered []string
}

func (o *otherProcess) note(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ordered = append(o.ordered, fmt.Sprintf(format, args...))
}

// Submit is part of simulator.Link.
func (o *otherProcess) Submit(b *race.Batch, ack func(race.Ack)) { o.copy.Engine().Submit(b, ack) }

func (o *otherProcess) Start(_ context.Context, msg simulator.StartRace) error {
	o.note("make")
	if o.refuses != nil {
		return o.refuses
	}
	o.copy.Began(msg.Info.ID)
	return o.engine.Start(msg)
}

func (o *otherProcess) Control(_ context.Context, id race.ID, what race.Control) error {
	o.note("%v", what)
	return o.engine.Control(id, what)
}

func (o *otherProcess) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	o.note("rule %T", r.Body)
	return o.engine.Rule(ctx, id, r)
}

func (o *otherProcess) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	o.note("ingest %T", in.Records[0].Body)
	return o.engine.Ingest(ctx, id, in)
}

func (o *otherProcess) Delete(ctx context.Context, of race.Race) error {
	o.note("delete")
	return errors.Join(o.engine.Drop(of.ID), o.engine.EndIngest(ctx, of.ID), o.copy.Remove(ctx, of.ID))
}

func mustStore(t *testing.T) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// mustRaces are the races of a server on a store. Their Runner is runner, or nil.
func mustRaces(t *testing.T, store *sqlite.Store, runner Runner) *Races {
	t.Helper()
	all, err := New(Config{
		Store: store, Screen: live.NewHub(transport.Codec{}, nil), Log: slog.New(slog.DiscardHandler), CarsMax: CarsMax, Runner: runner,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Engine().Stop(context.Background()) })
	return all
}

// mustRunElsewhere are races that run in another process.
func mustRunElsewhere(t *testing.T) (*Races, *otherProcess) {
	t.Helper()
	there, store := &otherProcess{}, mustStore(t)
	there.copy = mustRaces(t, store, there)
	var err error
	there.engine, err = engine.New(engine.Config{
		Journal: store, Spectators: engine.NewWatcher(), Observer: there.copy, Log: slog.New(slog.DiscardHandler),
		Link: func(simulator.Link) simulator.Link { return there }, IngestLink: there,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = there.engine.Stop(context.Background()) })
	return there.copy, there
}

var order = race.Order{Circuit: "kartwerk", Cars: 4, Laps: 1000, Seed: 1, TickHz: 10, Speed: 1}

func TestRunner_CarriesOutAllThatIsOrderedForRaces(t *testing.T) {
	all, there := mustRunElsewhere(t)
	ctx := t.Context()
	made, err := all.Create(ctx, order, false)
	if err != nil || made.Status != race.Waiting || !all.Running(made.Race.ID) {
		t.Fatalf("made: %+v, %v", made, err)
	}
	id := made.Race.ID
	if s, err := all.Control(ctx, id, race.ControlStart, race.Now); err != nil || s.Status != race.Underway {
		t.Fatalf("started: %v, %v", s.Status, err)
	}
	penalty := race.Record{Time: race.NoTime, Author: "A", Body: race.Penalised{Car: 1, Amount: 5 * race.Second, Reason: "r"}}
	if ruled, err := all.Ingest().Rule(ctx, id, penalty); err != nil || ruled.Seq == 0 {
		t.Fatalf("ruled: %+v, %v", ruled, err)
	}
	if s, err := all.Control(ctx, id, race.ControlStop, race.Now); err != nil || s.Status != race.Over {
		t.Fatalf("stopped: %v, %v", s.Status, err)
	}
	if done := all.register.running(id); done != nil {
		<-done
	}
	if _, err := all.Ingest().Rule(ctx, id, penalty); err != nil { // to the log, for the simulation has ended
		t.Fatal(err)
	}
	if err := all.Delete(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := all.store.Summary(ctx, id); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("a deleted race is there: %v", err)
	}
	real, err := all.Open(ctx, race.Race{Name: "N", Rules: race.Kart(5), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}}, []race.Entry{{Number: 1, Grid: 1}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.Control(ctx, real.Race.ID, race.ControlStart, race.Now); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"make", "start", "rule race.Penalised", "stop", "ingest race.Penalised", "delete", "ingest race.Announced", "ingest race.Started",
	}
	if diff := cmp.Diff(want, there.ordered); diff != "" {
		t.Error(diff)
	}
}

func TestCreate_ThatARunnerRefusesLeavesTheRegisterToTheRunner(t *testing.T) {
	all, there := mustRunElsewhere(t)
	there.refuses = race.ErrBusy
	all.Began("other")
	all.Began("other")
	if _, err := all.Create(t.Context(), order, true); !errors.Is(err, race.ErrBusy) {
		t.Errorf("created: %v", err)
	}
	if n := len(all.register.over); n != 1 || !all.Running("other") {
		t.Errorf("%d simulations are registered, expected the one that began", n)
	}
	if all.register.carsMaking != 0 {
		t.Errorf("%d cars are still reserved", all.register.carsMaking)
	}
}

func TestStart_ThatFailsInThisProcessRegistersNothingAndEndsNothing(t *testing.T) {
	all, ctx := mustRaces(t, mustStore(t), nil), t.Context()
	made, err := all.Create(ctx, order, false)
	if err != nil {
		t.Fatal(err)
	}
	model, err := drive.ModelOf(made.Race)
	if err != nil {
		t.Fatal(err)
	}
	again := simulator.StartRace{Info: made.Race, Model: model}
	if err := all.runner.Start(ctx, again); !errors.Is(err, race.ErrConflict) || !all.Running(made.Race.ID) {
		t.Errorf("a race that runs was started again: %v", err)
	}
	again.Info.ID, again.Script = "cannot", []race.Made{{Count: 7}}
	if err := all.runner.Start(ctx, again); err == nil || all.Running("cannot") {
		t.Errorf("a race of a wrong script began: %v", err)
	}
}

func TestCatchUp_StoresMissingFactsAndStartsNoSimulation(t *testing.T) {
	store := mustStore(t)
	storagetest.MustKeepExternalRace(t, store) // durable, and the process died before anything was made of it
	first := mustRaces(t, store, nil)
	made, err := first.Create(t.Context(), order, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Engine().Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := mustRaces(t, store, &otherProcess{})
	left, err := all.Left(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := all.CatchUp(t.Context(), left); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := store.Classification(t.Context(), "external"); err != nil || len(c.Entries) != 6 {
		t.Errorf("the race whose facts were missing: %+v, %v", c, err)
	}
	if !all.Running(made.Race.ID) || all.Running("external") {
		t.Error("registered is not the simulation alone")
	}
	for _, n := range all.Engine().System().Counts() {
		if slices.Contains([]string{"race", "car"}, n.Kind) && n.Spawned > 0 {
			t.Errorf("%d actors of kind %s were started", n.Spawned, n.Kind)
		}
	}
	if _, err := all.Standings().Classification(t.Context(), made.Race.ID); err != nil {
		t.Error(err)
	}
}

func TestRemove_OfARaceThatIsNotThereIsNoError(t *testing.T) {
	all := mustRaces(t, mustStore(t), nil)
	var gone []race.ID
	all.OnGone(func(id race.ID) { gone = append(gone, id) })
	all.Began("r")
	if err := all.Remove(t.Context(), "r"); err != nil || all.Running("r") || len(gone) != 1 {
		t.Errorf("%v; gone: %v", err, gone)
	}
}

func TestNewID_BeginsWithKeyAndTimeAndIsUnique(t *testing.T) {
	shape, made := regexp.MustCompile(`^monza-\d{8}-\d{6}-[a-z2-7]{8}$`), map[race.ID]bool{}
	for range 1000 {
		id := newID("monza")
		if !shape.MatchString(string(id)) || made[id] || id.Validate() != nil {
			t.Fatalf("%s: %v", id, id.Validate())
		}
		made[id] = true
	}
}

func TestReady_NamesWhatTheProcessWaitsFor(t *testing.T) {
	waits := errors.New("the log is 5 minutes ahead")
	all, err := New(Config{
		Store: mustStore(t), Screen: live.NewHub(transport.Codec{}, nil), Log: slog.New(slog.DiscardHandler), Waits: func() error { return waits },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Engine().Stop(t.Context())
	if err := all.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "minutes ahead") {
		t.Errorf("ready: %v", err)
	}
	if waits = nil; all.Ready(t.Context()) != nil {
		t.Error("not ready although nothing is waited for")
	}
}
