package influx_test

import (
	"context"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
)

// keep appends a course to a real store, without the frames between two ticks.
func keep(t *testing.T, store *sqlite.Store, c *course, from, to int) {
	t.Helper()
	b := &race.Batch{Race: c.id, Records: c.head(race.Simulation)}
	seq := race.Seq(0)
	for n := 0; ; n++ {
		for i := range b.Records {
			seq++
			b.Records[i].Seq = seq
		}
		b.Count = uint64(n + 1)
		storagetest.MustAppend(t, store, b)
		if n == c.ticks() {
			return
		}
		b = &race.Batch{Race: c.id}
		b.Records, b.Frame = c.tick(n + 1)
		if n+1 >= from && n+1 <= to {
			b.Frame = nil
		}
	}
}

// isFed waits until a feed has nothing left to send.
func isFed(t *testing.T, store *sqlite.Store) {
	t.Helper()
	await(t, "all fed", func() bool {
		left, err := store.Unfed(context.Background(), influx.FeedName)
		return err == nil && len(left) == 0
	})
}

func TestFeed_ContinuesAfterALongGapInTelemetry(t *testing.T) {
	s, store := shared(t), openStore(t)
	c := &course{id: race.ID(newID("gap")), cars: 2, laps: 10, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Hour)}
	keep(t, store, c, 31, 430)
	f := newFeed(t, s.config(), store)
	defer f.Close()
	defer drive(f)()
	isFed(t, store)
	if n, want := s.counts(t, c.id)["telemetry"], 2*(c.ticks()-400); n != want {
		t.Errorf("%d points of telemetry, want %d", n, want)
	}
}

func TestFeed_StartsOverForANewRaceWithTheIDOfADeletedOne(t *testing.T) {
	s, store := shared(t), openStore(t)
	f := newFeed(t, s.config(), store)
	defer f.Close()
	defer drive(f)()
	first := &course{id: race.ID(newID("again")), cars: 3, laps: 8, lapTime: 3 * race.Second, startAt: time.Now().Add(-2 * time.Hour)}
	keep(t, store, first, 0, 0)
	isFed(t, store)
	gone := make(chan error, 1)
	store.Delete(first.id, func(err error) { gone <- err })
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	second := &course{id: first.id, cars: 2, laps: 10, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	keep(t, store, second, 0, 0)
	isFed(t, store)
	if got, want := s.counts(t, second.id)["telemetry"], 2*second.ticks(); got != want {
		t.Errorf("%d points of the second race's telemetry, want %d", got, want)
	}
}
