package memory_test

import (
	"context"
	"testing"

	"lightsout/race"
	"lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

func TestStore_FulfilsTheJournalContract(t *testing.T) {
	storagetest.Contract(t, func(*testing.T) storagetest.Journal { return memory.New() })
}

func TestStore_FulfilsTheFeedContract(t *testing.T) {
	storagetest.FeedsContract(t, func(t *testing.T) (storagetest.Journal, storagetest.Feeds) {
		s := memory.Keeping(1 << 20)
		t.Cleanup(func() { _ = s.Close() })
		return s, s
	})
}

func TestStore_FulfilsTheTelemetryContract(t *testing.T) {
	storagetest.Telemetry(t, func(t *testing.T) (storagetest.Journal, storagetest.Frames, storagetest.Traces) {
		s := memory.Keeping(1 << 20)
		t.Cleanup(func() { _ = s.Close() })
		return s, s, s
	})
}

func TestKeeping_DropsTheOldestTelemetry(t *testing.T) {
	s := memory.Keeping(25)
	defer s.Close()
	for _, b := range (storagetest.Field{ID: "r", Cars: 10}).Batches(5) {
		storagetest.MustAppend(t, s, b)
	}
	for n := range 10 { // five at a time
		b := &race.Batch{Race: "r", Count: uint64(n) + 7}
		for i := range 5 {
			b.Samples = append(b.Samples, race.Sample{Car: race.CarIdx(i), Time: race.Micros(n)})
		}
		storagetest.MustAppend(t, s, b)
	}
	ctx := context.Background()
	var ticks []race.Tick
	err := s.Frames(ctx, "r", 0, 100, func(f *race.Frame) error { ticks = append(ticks, f.Tick); return nil })
	if err != nil || len(ticks) != 2 || ticks[1] != 5 {
		t.Errorf("frames %v, %v", ticks, err)
	}
	samples, last, err := s.SamplesAfter(ctx, "r", 0, 1000)
	if err != nil || len(samples) != 25 || samples[0].Time != 5 || last != 16 {
		t.Errorf("%d samples up to %d, %v", len(samples), last, err)
	}
}

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, func(b *testing.B) storagetest.Benched {
		s := memory.Keeping(1 << 25)
		b.Cleanup(func() { _ = s.Close() })
		return storagetest.Benched{Journal: s, Traces: s}
	})
}
