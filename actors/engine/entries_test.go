package engine

import (
	"log/slog"
	"runtime"
	"testing"

	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/storage/memory"
)

// TestRecover_ShowsAllEntriesOfAFieldThatTakesSeveralReads: a process that went on with a race of more than 10,000 cars showed only those
// of its first read, and a result of the others had no names.
func TestRecover_ShowsAllEntriesOfAFieldThatTakesSeveralReads(t *testing.T) {
	info, model := mustMake(t, race.Order{Circuit: "kartwerk", Cars: 25_000, Laps: 1, TickHz: 1}, "large")
	store := memory.New()
	start := func(from *race.Position) *Watcher {
		w := NewWatcher()
		p, err := New(Config{Journal: store, Spectators: w, Observer: w, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if from != nil {
			p.Recover(info.ID)
		}
		if err := p.Start(simulator.StartRace{Info: info, Model: model, From: from}); err != nil {
			t.Fatal(err)
		}
		w.mustOpen(t)
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w
	}
	start(nil)
	got := make(chan race.Position, 1)
	store.Load(info.ID, func(p race.Position, err error) {
		if err != nil {
			t.Error(err)
		}
		got <- p
	})
	from := <-got
	if w := start(&from); len(w.entries) != info.Cars {
		t.Errorf("%d of %d entries are shown", len(w.entries), info.Cars)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// mustOpen waits until the race's info was shown.
func (w *Watcher) mustOpen(t *testing.T) {
	t.Helper()
	for {
		w.mu.Lock()
		shown := w.info.ID != ""
		w.mu.Unlock()
		if shown {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the race was never shown")
		default:
			runtime.Gosched()
		}
	}
}
