package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/races"
	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/storagetest"
)

func TestResume_StoresTheFactsThatACrashLeftOut(t *testing.T) {
	store := mustStore(t, filepath.Join(t.TempDir(), "races.db"))
	defer store.Close()
	storagetest.MustKeepExternalRace(t, store) // durable, and the process died before anything was made of it
	ctx := context.Background()
	if _, err := store.Classification(ctx, "external"); err == nil {
		t.Fatal("there is a result before anything was made of the log")
	}
	all := mustRaces(t, store)
	defer all.Engine().Stop(t.Context())
	for range 2 { // the second time there is nothing to do
		if err := resumeAll(ctx, all); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := archive.Settled(ctx, store, "external"); err != nil {
		t.Fatal(err)
	}
	got, err := store.Classification(ctx, "external")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(foldExternal(), got); diff != "" {
		t.Error(diff)
	}
	if lagging, err := store.Lagging(ctx); err != nil || len(lagging) > 0 {
		t.Errorf("races still lag: %v, %v", lagging, err)
	}
	laps, err := store.Laps(ctx, "external", 0)
	if err != nil || len(laps) != 5 {
		t.Errorf("%d laps, %v", len(laps), err)
	}
}

func TestResume_IgnoresRacesThatWereStartedMeanwhile(t *testing.T) {
	store := mustStore(t, filepath.Join(t.TempDir(), "races.db"))
	defer store.Close()
	all := mustRaces(t, store)
	defer all.Engine().Stop(t.Context())
	ctx := context.Background()
	before, err := all.Left(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made, err := all.Create(ctx, race.Order{Circuit: "kartwerk", Cars: 3, Laps: 1, TickHz: 10}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := all.Resume(ctx, before); err != nil {
		t.Fatal(err)
	}
	if got, err := archive.Settled(ctx, store, made.Race.ID); err != nil || got.Status != race.Waiting {
		t.Errorf("the race is %v, %v", got.Status, err)
	}
}

// resumeAll does what a server does at its start.
func resumeAll(ctx context.Context, all *races.Races) error {
	before, err := all.Left(ctx)
	if err != nil {
		return err
	}
	return all.Resume(ctx, before)
}

// foldExternal is the result of the external race, folded from its records.
func foldExternal() race.Classification {
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
