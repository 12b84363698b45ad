package drive

import (
	"fmt"
	"testing"

	"lightsout/race"
)

// BenchmarkTick drives a race from its 300th tick on, all cars and Close, as one actor would.
func BenchmarkTick(b *testing.B) {
	for _, cars := range []int{20, 1_000, 100_000} {
		b.Run(fmt.Sprintf("cars=%d", cars), func(b *testing.B) {
			m := mustModel(b, "meridian", cars, 1_000, 1)
			f := m.Grid()
			for range 300 {
				f, _ = tick(m, f, nil)
			}
			buf := make([]Crossing, 0, 4*cars)
			passed := 0
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for b.Loop() {
				rows := make([]Row, cars)
				buf = buf[:0]
				for i := range rows {
					rows[i], buf = m.Next(f, nil, race.CarIdx(i), buf)
				}
				f = m.Close(f, nil, rows, buf)
				passed += len(buf)
				n++
			}
			if passed == 0 && n > 100 {
				b.Fatal("no car passed a line")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/float64(cars), "ns/car")
		})
	}
}

func BenchmarkNext(b *testing.B) {
	m := mustModel(b, "meridian", 20, 1_000, 1)
	f := m.Grid()
	for range 900 {
		f, _ = tick(m, f, nil)
	}
	buf := make([]Crossing, 0, 16)
	car, sum := 0, int64(0)
	b.ReportAllocs()
	for b.Loop() {
		var r Row
		r, buf = m.Next(f, nil, race.CarIdx(car), buf[:0])
		sum += r.Clock
		car = (car + 1) % 20
	}
	if sum == 0 {
		b.Fatal("no car moved")
	}
}

// BenchmarkSnapshot measures a checkpoint of a race.
func BenchmarkSnapshot(b *testing.B) {
	m := mustModel(b, "meridian", 20, 10, 1)
	f, _ := tick(m, m.Grid(), nil)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = f.AppendBinary(buf[:0])
	}
	b.ReportMetric(float64(len(buf))/20, "bytes/car")
}
