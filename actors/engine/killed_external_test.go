package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anthdm/hollywood/actor"
	"github.com/google/go-cmp/cmp"

	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/timing/timingtest"
	"lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

// externalKinds are the kinds of actor that a race has which is reported.
var externalKinds = []string{"processor", "timekeeper", "intake", "recorder", "publisher"}

// externalRun is what is left of a race that was reported: its log, its result, and what was answered.
type externalRun struct {
	records  []race.Record
	result   race.Classification
	taken    []race.Ingested
	restarts map[string]int64
}

// mustReport reports a race of 6 cars and 5 laps, each report after the answer to the one before; it repeats one report in
// four. Between the laps race control rules, and once more than the rulebook allows.
func mustReport(t *testing.T, fault func(supervise.Strike)) externalRun {
	t.Helper()
	return mustReportTo(t, fault, nil)
}

// sharedLog is a log that reports go to and come back from.
type sharedLog struct {
	*Engine
	submitted atomic.Int64
}

func (l *sharedLog) Submit(b *race.Batch, ack func(race.Ack)) {
	l.submitted.Add(1)
	l.Engine.Submit(b, ack)
}

// mustReportTo reports the race through a shared log, if one is given, and hands the race over after every third report.
func mustReportTo(t *testing.T, fault func(supervise.Strike), through *sharedLog) externalRun {
	t.Helper()
	store := memory.New()
	journal := &recording{Journal: store}
	watch := NewWatcher()
	cfg := Config{Journal: journal, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), Fault: killsOnly(fault), SnapshotEvery: 10}
	if through != nil {
		cfg.IngestLink = through
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if through != nil {
		through.Engine = p
	}
	out := externalRun{restarts: map[string]int64{}}
	report := func(in race.Report) {
		taken, err := p.Ingest(context.Background(), "external", &in)
		if err != nil {
			t.Fatal(err)
		}
		out.taken = append(out.taken, taken)
	}
	for i, in := range storagetest.ExternalRace() {
		report(in)
		if i%4 == 2 {
			report(in)
		}
		if i%3 == 0 && through != nil {
			if err := p.EndIngest(context.Background(), "external"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out.result, err = p.Classification(context.Background(), "external"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Stop(context.Background()), store.Close()); err != nil {
		t.Fatal(err)
	}
	for _, n := range p.system.Counts() {
		out.restarts[n.Kind] = n.Restarts
	}
	out.records = journal.records
	return out
}

func TestIngest_ThroughASharedLogIsTheSame(t *testing.T) {
	want, log := mustReport(t, nil), &sharedLog{}
	got := mustReportTo(t, nil, log)
	if diff := cmp.Diff(want.records, got.records); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.taken, got.taken); diff != "" {
		t.Error(diff)
	}
	if got.result.StateHash != want.result.StateHash || log.submitted.Load() == 0 {
		t.Errorf("state %x, expected %x; %d batches went through the log", got.result.StateHash, want.result.StateHash, log.submitted.Load())
	}
}

func TestDrill_AReportedRaceIsTheSameWhicheverActorIsKilled(t *testing.T) {
	want := mustReport(t, nil)
	lines := timingtest.Classify(slices.DeleteFunc(slices.Clone(want.records), func(r race.Record) bool {
		b, ok := r.Body.(race.Corrected)
		return ok && b.Passing == 100_000 // the oracle takes only what the rules allow
	})).Lines
	if diff := cmp.Diff(lines, want.result.Entries); diff != "" {
		t.Errorf("without a fault the oracle and the race differ:\n%s", diff)
	}
	if n := len(want.records); n != 8+60+4 {
		t.Errorf("%d records: each should be there once", n)
	}
	for _, kind := range externalKinds {
		for _, when := range []supervise.When{supervise.BeforeReceive, supervise.AfterReceive} {
			for strike := int64(1); strike <= 40; strike++ {
				var seen atomic.Int64
				got := mustReport(t, func(at supervise.Strike) {
					if _, last := at.Message.(actor.Stopped); !last && at.Kind == kind && at.When == when && seen.Add(1) == strike {
						panic(supervise.Killed{By: "test"})
					}
				})
				if diff := cmp.Diff(want.records, got.records); diff != "" {
					t.Fatalf("%s killed at message %d (%v): the logs differ:\n%.2000s", kind, strike, when, diff)
				}
				if diff := cmp.Diff(want.result, got.result); diff != "" {
					t.Fatalf("%s killed at message %d (%v): the results differ:\n%.2000s", kind, strike, when, diff)
				}
				if struck := seen.Load() >= strike; struck && got.restarts[kind] != 1 {
					t.Errorf("%s was killed at message %d (%v) and started again %d times", kind, strike, when, got.restarts[kind])
				}
			}
		}
	}
}

func TestDrill_ManyKillsAndClientsDoNotChangeTheLog(t *testing.T) {
	var calls atomic.Uint64
	store := memory.New()
	journal := &recording{Journal: store}
	p, err := New(Config{
		Journal: journal, Spectators: NewWatcher(), Observer: NewWatcher(), Log: slog.New(slog.DiscardHandler), SnapshotEvery: 10,
		Fault: killsOnly(func(at supervise.Strike) {
			if slices.Contains(externalKinds, at.Kind) && calls.Add(1)%17 == 0 {
				panic(supervise.Killed{By: "test"})
			}
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	all := storagetest.ExternalRace()
	if _, err := p.Ingest(context.Background(), "external", &all[0]); err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	for range 4 { // each reports everything
		clients.Go(func() {
			for _, in := range all[1 : len(all)-1] {
				if _, err := p.Ingest(context.Background(), "external", &in); err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	result, err := p.Classification(context.Background(), "external")
	if err := errors.Join(err, p.Stop(context.Background()), store.Close()); err != nil {
		t.Fatal(err)
	}
	if n := len(journal.records); n != 8+60+3 {
		t.Errorf("%d records: each should be there once", n)
	}
	if want := mustReport(t, nil).result; result.Entries[0].Car != want.Entries[0].Car || result.Entries[0].Laps != want.Entries[0].Laps {
		t.Errorf("car %d won with %d laps, expected car %d with %d", result.Entries[0].Car, result.Entries[0].Laps, want.Entries[0].Car, want.Entries[0].Laps)
	}
}

// mustRule simulates a race that is ruled on: a penalty before the start, a flag and a retirement on the way.
func mustRule(t *testing.T, fault func(supervise.Strike)) []race.Record {
	t.Helper()
	order := DrillOrder
	order.Laps = 1000 // it is stopped long before
	info, model := mustMake(t, order, "ruled")
	store, watch := memory.New(), NewWatcher()
	journal := &recording{Journal: store}
	p, err := New(Config{Journal: journal, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), Fault: killsOnly(fault), SnapshotEvery: 10})
	if err != nil {
		t.Fatal(err)
	}
	rule := func(b race.Body) race.Ruled {
		ruled, err := p.Rule(context.Background(), "ruled", race.Record{Time: race.NoTime, Author: "Race Control", Body: b})
		if err != nil {
			t.Fatal(err)
		}
		return ruled
	}
	if err := p.Start(simulator.StartRace{Info: info, Model: model}); err != nil {
		t.Fatal(err)
	}
	given := rule(race.Penalised{Car: 1, Amount: 5 * race.Second, Reason: "jump start"})
	rule(race.PenaltyServed{Car: 1, Penalty: given.Seq})
	type outcome struct {
		ruled race.Ruled
		err   error
	}
	hand := func(command any) <-chan outcome {
		done := make(chan outcome, 1)
		p.HandCommand("ruled", command, func(ruled race.Ruled, err error) { done <- outcome{ruled, err} })
		return done
	}
	now := func(b race.Body) simulator.RuleRace {
		return simulator.RuleRace{Record: race.Record{Time: race.NoTime, Author: "Race Control", Body: b}}
	}
	for i, done := range []<-chan outcome{ // one right after the other: the race is quick
		hand(simulator.ControlRace{Control: race.ControlStart}), hand(now(race.FlagShown{Flag: race.FlagSafetyCar})),
		hand(now(race.CarRetired{Car: 7, Reason: "ordered to stop"})),
	} {
		if o := <-done; o.err != nil || i > 0 && o.ruled.Seq == 0 {
			t.Fatalf("command %d: %+v", i, o)
		}
	}
	if err := p.Control("ruled", race.ControlStop); err != nil {
		t.Fatal(err)
	}
	<-watch.Over()
	if err := errors.Join(p.Stop(context.Background()), store.Close()); err != nil {
		t.Fatal(err)
	}
	return journal.records
}

func TestDrill_ARulingIsRecordedOnceWhicheverActorIsKilled(t *testing.T) {
	count := func(records []race.Record) (n map[string]int) {
		n = map[string]int{}
		for _, r := range records {
			switch b := r.Body.(type) {
			case race.Penalised, race.PenaltyServed, race.Started:
				n[fmt.Sprintf("%T", b)]++
			case race.FlagShown:
				if b.Flag == race.FlagSafetyCar && r.Author == "Race Control" {
					n["safety car"]++
				}
			case race.CarRetired:
				if b.Car == 7 && b.Reason == "ordered to stop" && r.Author == "Race Control" {
					n["retired"]++
				}
			}
		}
		return n
	}
	want := map[string]int{"race.Penalised": 1, "race.PenaltyServed": 1, "race.Started": 1, "safety car": 1, "retired": 1}
	if diff := cmp.Diff(want, count(mustRule(t, nil))); diff != "" {
		t.Fatalf("without a fault: %s", diff)
	}
	for _, kind := range []string{"simulator", "race", "recorder", "timekeeper"} {
		for _, when := range []supervise.When{supervise.BeforeReceive, supervise.AfterReceive} {
			for strike := int64(1); strike <= 25; strike++ {
				var seen atomic.Int64
				got := count(mustRule(t, func(at supervise.Strike) {
					if at.Kind == kind && at.When == when && seen.Add(1) == strike {
						panic(supervise.Killed{By: "test"})
					}
				}))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s killed at message %d (%v): %s", kind, strike, when, diff)
				}
			}
		}
	}
}
