package processor_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
)

// carrier carries numbers and outlives the actor that drives it: a stretch reads the next number, which arrives by itself.
type carrier struct {
	mu      sync.Mutex
	end     int
	arrived []int
	calls   int
	asked   func()
	fails   int // so many calls from now on fail
}

func (k *carrier) Next(ready func(busy bool, err error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	waiting := k.asked != nil
	k.asked = func() { k.stretch(ready) }
	if !waiting { // else the one that waits is replaced
		go k.work()
	}
}

func (k *carrier) work() {
	time.Sleep(time.Millisecond)
	k.mu.Lock()
	next := k.asked
	k.asked = nil
	k.mu.Unlock()
	next()
}

func (k *carrier) stretch(ready func(busy bool, err error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if k.fails > 0 {
		k.fails--
		go ready(false, errors.New("the log cannot be read"))
		return
	}
	if n := len(k.arrived); n < k.end {
		k.arrived = append(k.arrived, n+1)
	}
	go ready(len(k.arrived) < k.end, nil)
}

// mustFeed runs a feed's actor in a bubble until the condition holds.
func mustFeed(t *testing.T, k *carrier, fault func(supervise.Strike) time.Duration, span time.Duration) (restarts int64) {
	t.Helper()
	system, err := supervise.NewSystem(supervise.Config{Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	system.Spawn(supervise.Spec{
		Kind: "feed", ID: "1", Producer: processor.FeedProducer(processor.FeedConfig{Feed: k, Log: slog.New(slog.DiscardHandler)}),
	})
	time.Sleep(span)
	if err := system.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	for _, n := range system.Counts() {
		if n.Kind == "feed" {
			restarts = n.Restarts
		}
	}
	return restarts
}

func TestFeed_FeedsEverythingAndThenPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &carrier{end: 100}
		go func() {
			time.Sleep(5 * time.Second)
			k.mu.Lock()
			k.end = 200
			k.mu.Unlock()
		}()
		if n := mustFeed(t, k, nil, 10*time.Second); n != 0 {
			t.Errorf("%d restarts", n)
		}
		if len(k.arrived) != 200 {
			t.Errorf("%d of 200 arrived", len(k.arrived))
		}
		if k.calls > 260 {
			t.Errorf("%d stretches for 200 numbers and ten seconds", k.calls)
		}
	})
}

func TestFeed_RetriesWhenTheLogCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &carrier{end: 10, fails: 5}
		mustFeed(t, k, nil, 10*time.Second)
		if len(k.arrived) != 10 || k.calls > 60 {
			t.Errorf("%d of 10 arrived after %d calls", len(k.arrived), k.calls)
		}
	})
}

func TestFeed_KilledAtAnyMessageFeedsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &carrier{end: 1000}
		rng, mu := rand.New(rand.NewPCG(7, 3)), sync.Mutex{}
		restarts := mustFeed(t, k, func(at supervise.Strike) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if at.Kind == "feed" && rng.IntN(5) == 0 {
				panic(supervise.Killed{By: "the test"})
			}
			return 0
		}, time.Minute)
		if len(k.arrived) != k.end || restarts < 100 || k.calls < k.end {
			t.Errorf("%d of %d arrived after %d restarts and %d stretches", len(k.arrived), k.end, restarts, k.calls)
		}
	})
}
