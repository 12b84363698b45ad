package export_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"lightsout/race"
	"lightsout/storage/export"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// generated is a store whose race has any amount of telemetry.
type generated struct {
	*sqlite.Store
	cars, ticks int
	watch       func() // called at intervals
}

// Roster returns a car for each number.
func (g generated) Roster(ctx context.Context, id race.ID) (*race.Roster, error) {
	r, err := g.Store.Roster(ctx, id)
	for len(r.Entries) < g.cars {
		r.Entries = append(r.Entries, race.Entry{Number: 100 + len(r.Entries)})
	}
	return r, err
}

// FeedEnd returns the number of ticks.
func (g generated) FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error) {
	c, err := g.Store.FeedEnd(ctx, id)
	c.Tick = race.Tick(g.ticks)
	return c, err
}

// Frames generates the frames on request.
func (g generated) Frames(_ context.Context, _ race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	for tick := max(1, from); tick <= to; tick++ {
		f := &race.Frame{
			Tick: tick, Time: race.Micros(tick) * 100_000, LapFraction: make([]uint16, g.cars), State: make([]race.CarState, g.cars),
			Lap: make([]uint16, g.cars), SpeedDKMH: make([]uint16, g.cars), RPM50: make([]uint8, g.cars),
			Throttle: make([]uint8, g.cars), Brake: make([]uint8, g.cars), GearDRS: make([]uint8, g.cars),
		}
		for i := range g.cars {
			f.LapFraction[i], f.State[i], f.Lap[i] = uint16(int(tick)*97+i*131), race.Running, uint16(tick/70)
			f.SpeedDKMH[i], f.RPM50[i], f.Throttle[i] = uint16(1000+int(tick)*i%2000), uint8(tick), uint8(tick%101)
			f.GearDRS[i] = uint8(i % 9)
		}
		if g.watch != nil && (tick%60 == 0) {
			g.watch()
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

// heapMost is the largest live heap allowed for an export: the Parquet library has buffers of its own, 20 to 60 MB. The rows
// of the test would take 162 MB as the library's values.
const heapMost = 80 << 20

func TestExport_OfALargeRaceTakesLittleMemory(t *testing.T) {
	const cars, ticks = 1000, 450
	for name, write := range map[string]func(*export.Export) error{
		"csv": func(e *export.Export) error {
			return e.Table(context.Background(), "telemetry", export.CSV, io.Discard)
		},
		"parquet": func(e *export.Export) error {
			return e.Table(context.Background(), "telemetry", export.Parquet, io.Discard)
		},
		"log": func(e *export.Export) error { return e.Log(context.Background(), transport.NewLogWriter(io.Discard)) },
	} {
		src := generated{Store: mustKeep(t), cars: cars, ticks: ticks}
		var peak uint64
		src.watch = func() { // live objects only
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		e, next := mustExport(t, src), int64(50_000)
		e.Progress = func(rows int64) {
			if rows >= next {
				next += 50_000
				src.watch()
			}
		}
		if err := write(e); err != nil {
			t.Fatal(err)
		}
		if peak == 0 || peak > heapMost {
			t.Errorf("%s: %d MB of the heap are alive, allowed are %d", name, peak>>20, heapMost>>20)
		}
		t.Logf("%s: %d rows, %d MB alive at the most", name, e.Written(), peak>>20)
	}
}

func BenchmarkTelemetry(b *testing.B) {
	s := mustKeep(b)
	for _, f := range []export.Format{export.CSV, export.JSONL, export.Parquet} {
		b.Run(fmt.Sprintf("format=%v/cars=1000", f), func(b *testing.B) {
			e, err := export.New(context.Background(), generated{Store: s, cars: 1000, ticks: 300}, "r", export.Rules{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := e.Table(context.Background(), "telemetry", f, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(e.Written())/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
