package drill_test

import (
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/race"
)

func mustParse(t *testing.T, faults string) *drill.Scenario {
	t.Helper()
	s, err := drill.Parse("x.yaml", []byte("faults: ["+faults+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// arrivals is a log that notes when batches arrive.
type arrivals struct{ at chan race.Tick }

func (a arrivals) Submit(b *race.Batch, _ func(race.Ack)) { a.at <- race.Tick(b.Count) }

func TestLink_ANarrowOneTakesTimeForEachByte(t *testing.T) {
	in := drill.NewInjector(mustParse(t, "{link: slow, bandwidth: 100kB}"), drill.Members{Cars: 1, Checkpoints: 1})
	in.Surround(drill.Surroundings{Size: func(*race.Batch) int { return 1000 }})
	in.Reached(1, time.Now())
	log := arrivals{make(chan race.Tick, 100)}
	link := in.Link(simulator.Link(log))
	began := time.Now()
	for n := range uint64(10) {
		link.Submit(&race.Batch{Count: n + 1}, nil)
	}
	for n := range race.Tick(10) {
		if got := <-log.at; got != n+1 {
			t.Fatalf("batch %d arrives as number %d", got, n+1)
		}
	}
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("10 kB at 100 kB/s took %v", took)
	}
}

func TestInjector_SpectatorsAreAsSlowAsTheFaultSays(t *testing.T) {
	in := drill.NewInjector(mustParse(t, "{spectators: slow, for: 5ms, jitter: 5ms, bandwidth: 1MB, until: 10s}"), drill.Members{Cars: 1, Checkpoints: 1})
	if d := in.Reading(1, 1000); d != 0 {
		t.Errorf("before the race a message takes %v", d)
	}
	in.Reached(1, time.Now())
	least, most := time.Hour, time.Duration(0)
	for n := range uint64(200) {
		d := in.Reading(n, 1000)
		least, most = min(least, d), max(most, d)
	}
	if least < 6*time.Millisecond || most > 11*time.Millisecond || most-least < 4*time.Millisecond {
		t.Errorf("1 kB takes %v to %v, expected 6 to 11 ms", least, most)
	}
	in.Reached(200, time.Now())
	if d := in.Reading(1, 1000); d != 0 {
		t.Errorf("after the window a message takes %v", d)
	}
}

func TestDisk_BreaksOffAndFailsForAWhile(t *testing.T) {
	for faults, want := range map[string]struct {
		written int
		durable bool
	}{
		"{kill: car}": {100, true}, "{disk: torn, for: 1m}": {50, true}, "{disk: failing, for: 1m}": {0, false},
	} {
		in := drill.NewInjector(mustParse(t, faults), drill.Members{Cars: 1, Checkpoints: 1})
		disk := in.Disk()
		if n := disk.Write(100); n != 100 || !disk.Sync() {
			t.Errorf("%s: before the race %d bytes of 100 are written", faults, n)
		}
		in.Reached(1, time.Now())
		if n, durable := disk.Write(100), disk.Sync(); n != want.written || durable != want.durable {
			t.Errorf("%s: %d bytes of 100 are written, durable: %v", faults, n, durable)
		}
		in.Disarm()
		if n := disk.Write(100); n != 100 || !disk.Sync() {
			t.Errorf("%s: afterwards %d bytes of 100 are written", faults, n)
		}
	}
}
