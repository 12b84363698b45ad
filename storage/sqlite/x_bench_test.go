package sqlite_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, func(b *testing.B) storagetest.Benched {
		path := filepath.Join(b.TempDir(), "bench.db")
		s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return storagetest.Benched{Journal: s, Traces: s, Size: func() int64 {
			info, err := os.Stat(path) // without the WAL, after a checkpoint
			if err != nil {
				b.Fatal(err)
			}
			return info.Size()
		}}
	})
}

// BenchmarkUnfed measures the query that a feed runs every second, with 500 races of which one is running.
func BenchmarkUnfed(b *testing.B) {
	s, err := sqlite.Open(filepath.Join(b.TempDir(), "bench.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	for n := range 500 {
		id := race.ID(fmt.Sprint("race-", n))
		done := make(chan error, 1)
		s.Append(storagetest.Field{ID: id, Cars: 2}.Info(), func(err error) { done <- err })
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if n > 0 {
			if err := s.MoveCursor(ctx, "f", id, race.FeedCursor{Seq: 1}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if list, err := s.Unfed(ctx, "f"); err != nil || len(list) != 1 {
			b.Fatal(list, err)
		}
	}
}

// BenchmarkTraceWhileOpen reads a lap whose last ticks are not in a block yet.
func BenchmarkTraceWhileOpen(b *testing.B) {
	for _, cars := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("cars=%d", cars), func(b *testing.B) {
			s, err := sqlite.Open(filepath.Join(b.TempDir(), "bench.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			field := storagetest.Field{ID: "r", Cars: cars}
			done := make(chan error, 1)
			for _, batch := range field.Batches(899) {
				s.Append(batch, func(err error) { done <- err })
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			n := 0
			for b.Loop() {
				n++
				got, err := s.Trace(context.Background(), race.TraceQuery{Race: "r", Car: race.CarIdx(n * 7907 % cars), To: race.Hour})
				if err != nil || len(got.Time) != 899 {
					b.Fatal(len(got.Time), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/lap")
		})
	}
}

// BenchmarkPassings reads pages of a hundred passings at the beginning of a race: later passings must not cost anything.
func BenchmarkPassings(b *testing.B) {
	for _, hits := range []int{1000, 100_000} {
		s := mustOpen(b, filepath.Join(b.TempDir(), "bench.db"))
		judged(b, s, hits)
		for _, verdict := range []int{-1, int(race.Duplicate)} {
			b.Run(fmt.Sprintf("hits=%d/verdict=%d", hits, verdict), func(b *testing.B) {
				for b.Loop() {
					if page, err := s.Passings(context.Background(), "r", 10, 100, verdict); err != nil || len(page) != 100 {
						b.Fatal(len(page), err)
					}
				}
			})
		}
		mustClose(b, s)
	}
}

// BenchmarkVerdicts measures the verdicts of a stop: the passings of the last laps of 5,000 cars are after the end.
func BenchmarkVerdicts(b *testing.B) {
	const passings = 100_000
	s := mustOpen(b, filepath.Join(b.TempDir(), "bench.db"))
	defer mustClose(b, s)
	const id = race.ID("harbour-20261127-053125-691")
	settled := make(chan error, 1)
	s.Append(&race.Batch{Race: id, Count: 1, Records: []race.Record{{Seq: 1, Body: race.Announced{Race: race.Race{ID: id, Cars: 5000}}}}}, func(error) {})
	facts := race.Facts{Seq: 1}
	for b.Loop() {
		first := facts.Seq
		facts.Seq, facts.Facts = first+passings, nil
		for n := range race.Seq(passings) { // car by car, in the order of the verdicts
			facts.Facts = append(facts.Facts, race.PassingJudged{
				Seq: first + 1 + n%20*5000 + n/20, Car: race.CarIdx(n / 20), Verdict: race.AfterTheEnd, Reason: "the race was over", Split: race.NoTime,
			})
		}
		s.AppendFacts(id, []race.Facts{facts})
		s.Settle(func(err error) { settled <- err })
		if err := <-settled; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/passings, "ns/verdict")
}
