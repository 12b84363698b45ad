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

// carrier carries numbers on: a stretch reads the next one, and it arrives some stretches later, when the cursor moves.
type carrier struct {
	mu      sync.Mutex
	end     int
	read    int
	cursor  int // durable
	arrived []int
	fresh   int
	calls   int
	asked   func()
	fails   int // so many calls from now on fail
}

func (k *carrier) Next(fresh bool, ready func(busy bool, err error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	waiting := k.asked != nil
	k.asked = func() { k.stretch(fresh, ready) }
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

func (k *carrier) stretch(fresh bool, ready func(busy bool, err error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if fresh {
		k.fresh++
		k.read = k.cursor
	}
	if k.fails > 0 {
		k.fails--
		go ready(false, errors.New("the log cannot be read"))
		return
	}
	if k.read < k.end {
		k.read++
		k.arrived = append(k.arrived, k.read)
	}
	if k.read >= k.cursor+3 || k.read == k.end {
		k.cursor = k.read
	}
	go ready(k.read < k.end, nil)
}

// mustFeed runs a feed's actor in a bubble until what is told has happened.
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

func TestFeed_GoesOnUntilAllIsFedAndThenLooksNowAndThen(t *testing.T) {
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
		if k.cursor != 200 || k.fresh != 1 || len(k.arrived) != 200 {
			t.Errorf("the cursor is at %d after %d arrivals, begun %d times", k.cursor, len(k.arrived), k.fresh)
		}
		if k.calls > 260 {
			t.Errorf("%d stretches for 200 numbers and ten seconds", k.calls)
		}
	})
}

func TestFeed_TriesAgainWhenTheLogCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &carrier{end: 10, fails: 5}
		mustFeed(t, k, nil, 10*time.Second)
		if k.cursor != 10 || k.calls > 60 {
			t.Errorf("the cursor is at %d after %d calls", k.cursor, k.calls)
		}
	})
}

func TestFeed_KilledAtAnyMessageLeavesNothingOut(t *testing.T) {
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
		if k.cursor != k.end || restarts < 100 || k.fresh < 50 {
			t.Errorf("the cursor is at %d of %d after %d restarts, begun %d times", k.cursor, k.end, restarts, k.fresh)
		}
		last := 0
		for _, n := range k.arrived { // again is fine, out of order or left out is not
			if n > last+1 {
				t.Fatalf("%d arrived after %d", n, last)
			}
			last = n
		}
	})
}
