package batch_test

import (
	"testing"

	"lightsout/race"
	"lightsout/race/batch"
	"lightsout/race/circuit"
	"lightsout/race/drive"
)

func BenchmarkRun(b *testing.B) {
	c, err := circuit.Open("harbour")
	if err != nil {
		b.Fatal(err)
	}
	seed := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		seed++
		info, m, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 20, Laps: 10, Seed: seed}, "bench", c)
		if err != nil {
			b.Fatal(err)
		}
		out, err := batch.Run(info, m, batch.Options{})
		if err != nil || len(out.Result.Entries) != 20 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(seed), "ms/race")
}
