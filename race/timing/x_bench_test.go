package timing_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// loops returns the lines of a circuit with as many as the built-in ones have: three sectors in mini-sectors, and a speed
// trap.
func loops(n int) []race.Line {
	out := []race.Line{{Kind: race.LineFinish, Sector: 3}}
	for i := 1; i < n; i++ {
		l := race.Line{Kind: race.LineMini, Permyriad: i * 10_000 / n}
		switch i {
		case n / 3:
			l = race.Line{Kind: race.LineSector, Sector: 1, Permyriad: l.Permyriad}
		case n / 2:
			l = race.Line{Kind: race.LineSpeedTrap, Permyriad: l.Permyriad}
		case 2 * n / 3:
			l = race.Line{Kind: race.LineSector, Sector: 2, Permyriad: l.Permyriad}
		}
		out = append(out, l)
	}
	return out
}

// processionOf returns the passings of a race in the order of time: cars a tenth of a second apart, with a few overtakes each
// lap.
func processionOf(cars, lines, laps int) (opening, passings []race.Record) {
	at := func(b race.Body, t race.Micros) race.Record { return race.Record{Time: t, Body: b} }
	opening = append(opening, at(race.Announced{Race: race.Race{ID: "bench", Lines: loops(lines), Rules: sprint(laps), Cars: cars}}, 0))
	for i := range cars {
		opening = append(opening, at(race.Entered{Entry: race.Entry{Number: i + 1, Grid: i + 1}}, 0))
	}
	opening = append(opening, at(race.Started{}, 0))
	spacing := min(100*race.Millisecond, 80*race.Second/race.Micros(cars))
	type crossing struct {
		at race.Micros
		race.Passing
	}
	var crossings []crossing
	for lap := range laps {
		for l := 1; l <= lines; l++ {
			base := race.Micros(lap)*90*race.Second + race.Micros(l)*90*race.Second/race.Micros(lines)
			for i := range cars {
				slot := i ^ lap&1 // neighbours swap places from lap to lap
				if slot >= cars {
					slot = i
				}
				crossings = append(crossings, crossing{base + race.Micros(i)*spacing, race.Passing{Car: race.CarIdx(slot), Line: l % lines}})
			}
		}
	}
	slices.SortStableFunc(crossings, func(a, b crossing) int { return cmp.Compare(a.at, b.at) })
	for _, h := range crossings { // allocated in the order of time, as they are in a live race
		passings = append(passings, at(h.Passing, h.at))
	}
	return opening, passings
}

func BenchmarkApply(b *testing.B) {
	for _, cars := range []int{20, 1_000, 10_000} {
		b.Run(fmt.Sprintf("cars=%d", cars), func(b *testing.B) {
			info, passings := processionOf(cars, 20, max(2, 200_000/(20*cars)))
			b.ReportAllocs()
			var facts []race.Fact
			state, at, done := timing.New(), len(passings), 0
			for b.Loop() {
				if at == len(passings) {
					b.StopTimer()
					state, at = timing.New(), 0
					for i := range info {
						if _, err := state.Apply(&info[i], nil); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				var err error
				if facts, err = state.Apply(&passings[at], facts[:0]); err != nil {
					b.Fatal(err)
				}
				at++
				done++
			}
			if len(facts) == 0 {
				b.Fatal("nothing followed from the last passing")
			}
			b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "passings/s")
		})
	}
}

// BenchmarkSnapshot measures a race after 50 laps of 20 lines.
func BenchmarkSnapshot(b *testing.B) {
	for _, cars := range []int{20, 1_000} {
		state := timing.New()
		info, passings := processionOf(cars, 20, 50)
		for _, r := range append(info, passings...) {
			if _, err := state.Apply(&r, nil); err != nil {
				b.Fatal(err)
			}
		}
		snapshot, err := state.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		size := func(b *testing.B) {
			b.SetBytes(int64(len(snapshot)))
			b.ReportAllocs()
			b.ReportMetric(float64(len(snapshot))/float64(len(passings)), "bytes/passing")
		}
		b.Run(fmt.Sprintf("write/cars=%d", cars), func(b *testing.B) {
			into := make([]byte, 0, len(snapshot))
			for b.Loop() {
				if out, err := state.AppendBinary(into); err != nil || len(out) != len(snapshot) {
					b.Fatal(len(out), err)
				}
			}
			size(b)
		})
		b.Run(fmt.Sprintf("read/cars=%d", cars), func(b *testing.B) {
			for b.Loop() {
				if _, err := timing.Decode(snapshot); err != nil {
					b.Fatal(err)
				}
			}
			size(b)
		})
		b.Run(fmt.Sprintf("fold/cars=%d", cars), func(b *testing.B) { // what a snapshot saves
			for b.Loop() {
				again := timing.New()
				var facts []race.Fact
				for i := range info {
					facts, _ = again.Apply(&info[i], facts[:0])
				}
				for i := range passings {
					facts, _ = again.Apply(&passings[i], facts[:0])
				}
			}
			size(b)
		})
	}
}

// BenchmarkApplyLate measures blocks of passings that overtake each other, as several connections deliver them.
func BenchmarkApplyLate(b *testing.B) {
	const cars, laps, block = 100, 100, 1000
	info, passings := processionOf(cars, 1, laps)
	for from := 0; from+2*block <= len(passings); from += 2 * block {
		one, two := slices.Clone(passings[from:from+block]), passings[from+block:from+2*block]
		copy(passings[from:], two)
		copy(passings[from+block:], one)
	}
	b.ReportAllocs()
	followed, done := 0, 0
	for b.Loop() {
		state := timing.New()
		for i := range info {
			if _, err := state.Apply(&info[i], nil); err != nil {
				b.Fatal(err)
			}
		}
		for i := range passings {
			facts, err := state.Fold(&passings[i], i%block < block-1)
			if err != nil {
				b.Fatal(err)
			}
			followed += len(facts.Facts)
			done++
		}
		if order := state.Classification(); order.Entries[0].Laps != laps {
			b.Fatalf("the winner has %d laps", order.Entries[0].Laps)
		}
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "passings/s")
	b.ReportMetric(float64(followed)/float64(done), "facts/passing")
}
