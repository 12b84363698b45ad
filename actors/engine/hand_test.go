package engine

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

func TestHandReport_ReportsComeIntoTheLogInTheOrderOfTheCalls(t *testing.T) {
	const reports = 400
	store := memory.New()
	journal := &recording{Journal: store}
	p, err := New(Config{Journal: journal, Spectators: NewWatcher(), Observer: NewWatcher(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		report int
		taken  race.Ingested
		err    error
	}
	outcomes := make(chan outcome, reports+1)
	hand := func(i int, in race.Report) {
		p.HandReport("external", &in, func(taken race.Ingested, err error) { outcomes <- outcome{i, taken, err} })
	}
	head := storagetest.ExternalRace()[0]
	hand(0, head)
	for i := 1; i <= reports; i++ {
		hand(i, race.Report{Records: []race.Record{{Time: race.Micros(reports-i) * race.Second, Body: race.Passing{Source: &race.Source{
			Decoder: "main", Sequence: uint64(i),
		}}}}})
	}
	for range reports + 1 {
		o, want := <-outcomes, race.Seq(1)
		if o.report > 0 {
			want = race.Seq(len(head.Records) + o.report)
		}
		if o.err != nil || o.taken.First != want {
			t.Errorf("report %d: its first record is %d and not %d: %v", o.report, o.taken.First, want, o.err)
		}
	}
	if err := errors.Join(p.Stop(context.Background()), store.Close()); err != nil {
		t.Fatal(err)
	}
	for i, r := range journal.records[len(head.Records):] {
		if got := r.Body.(race.Passing).Source.Sequence; got != uint64(i+1) {
			t.Fatalf("passing %d of the log is the one of report %d", i+1, got)
		}
	}
}

func TestHandCommand_ToARaceThatDoesNotRunIsReportedAsAConflict(t *testing.T) {
	p, err := New(Config{Journal: memory.New(), Spectators: NewWatcher(), Observer: NewWatcher(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(t.Context())
	outcome := make(chan error, 1)
	p.HandCommand("none", simulator.ControlRace{Control: race.ControlStart}, func(_ race.Ruled, err error) { outcome <- err })
	if err := <-outcome; !errors.Is(err, race.ErrConflict) {
		t.Errorf("a race that does not run was commanded: %v", err)
	}
}
