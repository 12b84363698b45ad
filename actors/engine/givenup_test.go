package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/storage/memory"
)

// buggy races under a bug that kills actors of a kind at each message but not at its repeat, so that no message is set aside. It returns what
// the race ended with, or why the process is of no use.
func buggy(t *testing.T, kind, id string) (watch *Watcher, e *Engine, fatal chan error) {
	t.Helper()
	order := DrillOrder
	order.Laps = 40
	if id == "" {
		order.Speed = 50 // or it is over before what is behind it has noticed
	}
	info, model := mustMake(t, order, "buggy")
	store := memory.New()
	watch, fatal = NewWatcher(), make(chan error, 1)
	e, err := New(Config{
		Journal: store, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), SnapshotEvery: 10,
		Fatal: func(err error) { fatal <- err },
		Fault: func(at supervise.Strike) time.Duration {
			_, starts := at.Message.(actor.Started) // who cannot start is given up at once
			if at.Kind == kind && (id == "" || at.ID == id) && !at.Retried && !starts && at.When == supervise.BeforeReceive {
				panic(errors.New("a bug"))
			}
			return 0
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Stop(context.Background()), store.Close()); err != nil {
			t.Error(err)
		}
	})
	go e.Start(simulator.StartRace{Info: info, Model: model, Start: true})
	return watch, e, fatal
}

func givenUp(e *Engine, kind string) int64 {
	for _, n := range e.System().Counts() {
		if n.Kind == kind {
			return n.GivenUp
		}
	}
	return 0
}

func TestGivenUp_ARaceThatCannotBeTimedOrSimulatedFailsAndSaysWhy(t *testing.T) {
	for kind, says := range map[string]string{
		"race":       "it died of bugs 101 times within 10s, the last time of: a bug",
		"recorder":   "its recorder was given up: it died of bugs 31 times within 1m0s",
		"timekeeper": "its timekeeper was given up",
		"publisher":  "its publisher was given up",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			watch, e, _ := buggy(t, kind, "")
			select {
			case <-watch.Over():
			case <-time.After(time.Minute):
				t.Fatal("the race neither fails nor ends")
			}
			if _, _, _, err := watch.Result(); err == nil || !strings.Contains(err.Error(), says) || givenUp(e, kind) != 1 {
				t.Errorf("got %v, %d given up, expected %q", err, givenUp(e, kind), says)
			}
		})
	}
}

func TestGivenUp_ARaceGoesOnWithoutACarOrALine(t *testing.T) {
	for kind, id := range map[string]string{"car": "3", "checkpoint": "0"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			watch, e, _ := buggy(t, kind, id)
			select {
			case <-watch.Over():
			case <-time.After(time.Minute):
				t.Fatal("the race does not end")
			}
			_, _, result, err := watch.Result()
			if err != nil || givenUp(e, kind) != 1 {
				t.Fatalf("%v, %d given up", err, givenUp(e, kind))
			}
			retired := 0
			for _, entry := range result.Entries {
				if entry.Car == 3 && entry.Status == race.StatusNotClassified && entry.Laps < 40 {
					retired++
				}
			}
			if kind == "car" && retired != 1 {
				t.Errorf("car 3 is not out of the race: %+v", result.Entries)
			}
			if kind == "checkpoint" && e.FilledIn() == 0 {
				t.Error("no passing was filled in")
			}
		})
	}
}

func TestGivenUp_WithoutItsRootsAProcessIsOfNoUse(t *testing.T) {
	_, _, fatal := buggy(t, "processor", "")
	select {
	case err := <-fatal:
		if !strings.Contains(err.Error(), "the processor was given up: it died of bugs 31 times") {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("nobody is told")
	}
}

// deaf is a link that takes nothing for a while.
type deaf struct {
	simulator.Link
	is *atomic.Bool
}

func (d deaf) Submit(b *race.Batch, ack func(race.Ack)) {
	if !d.is.Load() {
		d.Link.Submit(b, ack)
	}
}

func TestStanding_NamesARaceThatStandsStillAndNoOther(t *testing.T) {
	t.Parallel()
	store, watch, is := memory.New(), NewWatcher(), &atomic.Bool{}
	e, err := New(Config{
		Journal: store, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler),
		Link: func(inner simulator.Link) simulator.Link { return deaf{inner, is} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(e.Stop(context.Background()), store.Close()); err != nil {
			t.Error(err)
		}
	}()
	for _, id := range []race.ID{"paused", "waits", "slow", "runs"} {
		order := DrillOrder
		order.Speed = map[race.ID]float64{"slow": 0.01}[id]
		if order.Speed == 0 {
			order.Speed = 1
		}
		info, model := mustMake(t, order, id)
		if err := e.Start(simulator.StartRace{Info: info, Model: model, Start: id != "waits"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Control("paused", race.ControlPause); err != nil {
		t.Fatal(err)
	}
	is.Store(true)
	began := time.Now()
	for len(e.Standing()) == 0 {
		if time.Since(began) > 30*time.Second {
			t.Fatal("no race is named")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(began); took < standsAfter/2 {
		t.Errorf("a race is named after %v", took)
	}
	if got := fmt.Sprint(e.Standing()[0].ID, len(e.Standing())); got != "runs1" || e.StandsFor("paused") != 0 {
		t.Errorf("it names %+v", e.Standing())
	}
}
