package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/actors/engine"
	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func TestResume_KeepsTheFactsThatACrashLeftOut(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	storagetest.MustKeepExternalRace(t, store) // durable, and the process died before anything was made of it
	ctx := context.Background()
	if _, err := store.Classification(ctx, "told"); err == nil {
		t.Fatal("there is a result before anything was made of the log")
	}
	a := newApp(store, gateway.NewHub(transport.Codec{}, nil), log)
	for range 2 { // the second time there is nothing to do
		if err := resumeAll(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := archive.Settled(ctx, a.Store, "told"); err != nil {
		t.Fatal(err)
	}
	got, err := store.Classification(ctx, "told")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(foldTold(), got); diff != "" {
		t.Error(diff)
	}
	if lagging, err := store.Lagging(ctx); err != nil || len(lagging) > 0 {
		t.Errorf("races still lag: %v, %v", lagging, err)
	}
	laps, err := store.Laps(ctx, "told", 0)
	if err != nil || len(laps) != 5 {
		t.Errorf("%d laps, %v", len(laps), err)
	}
}

func TestResume_LeavesAloneWhatIsBegunMeanwhile(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	a := newApp(store, gateway.NewHub(transport.Codec{}, nil), log)
	if a.platform, err = engine.New(engine.Config{Journal: store, Spectators: a.hub, Observer: a, Log: log}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	before, err := a.left(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.Create(ctx, race.Order{Circuit: "kartwerk", Cars: 3, Laps: 1, TickHz: 10}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.resume(ctx, before); err != nil {
		t.Fatal(err)
	}
	if got, err := archive.Settled(ctx, a.Store, made.Race.ID); err != nil || got.Status != race.Waiting {
		t.Errorf("the race is %v, %v", got.Status, err)
	}
	if err := a.platform.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// resumeAll does what a server does at its start.
func resumeAll(ctx context.Context, a *app) error {
	before, err := a.left(ctx)
	if err != nil {
		return err
	}
	return a.resume(ctx, before)
}

// foldTold is the result of the told race, folded from its records.
func foldTold() race.Classification {
	state, seq := timing.New(), race.Seq(0)
	for _, in := range storagetest.ExternalRace() {
		for i := range in.Records {
			seq++
			in.Records[i].Seq = seq
			state.Fold(&in.Records[i], false) // one is refused
		}
	}
	return state.Classification()
}
