package storagetest

import (
	"context"
	"fmt"
	"testing"

	"lightsout/race"
)

// Benched is a store that is measured. Size is what it takes at rest by now, in bytes; nil where that is not known.
type Benched struct {
	Journal
	Traces
	Size func() int64
}

// window is how many ticks are on the way to the store at once, as a simulation has it.
const window = 16

// Bench measures what telemetry costs to keep and to read. open gives an empty store that is closed by whoever gives it.
func Bench(b *testing.B, open func(b *testing.B) Benched) {
	for _, cars := range []int{20, 1000, 10_000} {
		b.Run(fmt.Sprintf("append/cars=%d", cars), func(b *testing.B) { benchAppend(b, open(b), cars) })
	}
	for _, cars := range []int{20, 1000} {
		b.Run(fmt.Sprintf("lap/cars=%d", cars), func(b *testing.B) { benchLap(b, open(b), cars) })
	}
}

// feeder appends ticks, window of them at a time.
type feeder struct {
	b    *testing.B
	s    Benched
	done chan error
	out  int
}

func (f *feeder) append(batch *race.Batch) {
	for f.out >= window {
		f.wait()
	}
	f.out++
	f.s.Append(batch, func(err error) { f.done <- err })
}

func (f *feeder) wait() {
	f.out--
	if err := <-f.done; err != nil {
		f.b.Fatal(err)
	}
}

func (f *feeder) settle() {
	for f.out > 0 {
		f.wait()
	}
}

func benchAppend(b *testing.B, s Benched, cars int) {
	field := Field{ID: "r", Cars: cars}
	frames := make([]*race.Frame, 100)
	for i := range frames {
		frames[i] = field.Frame(race.Tick(i + 1))
	}
	f := feeder{b: b, s: s, done: make(chan error, window)}
	f.append(field.Head())
	f.settle()
	b.ReportAllocs()
	tick := race.Tick(0)
	for b.Loop() {
		frame := *frames[int(tick)%len(frames)]
		tick++
		frame.Tick, frame.Time = tick, field.At(tick)
		f.append(&race.Batch{Race: "r", Count: uint64(tick) + 1, Frame: &frame})
	}
	f.settle()
	samples := float64(b.N) * float64(cars)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/samples, "ns/sample")
	if s.Size != nil {
		b.ReportMetric(float64(s.Size())/samples, "bytes/sample")
	}
}

// benchLap reads laps of ninety seconds out of half an hour.
func benchLap(b *testing.B, s Benched, cars int) {
	field := Field{ID: "r", Cars: cars}
	const ticks, lap = 18_050, 90 * race.Second
	f := feeder{b: b, s: s, done: make(chan error, window)}
	for _, batch := range []*race.Batch{field.Head()} {
		f.append(batch)
	}
	for tick := race.Tick(1); tick <= ticks; tick++ {
		f.append(field.Tick(tick))
	}
	f.settle()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		from := race.Micros(n*7919%18) * lap
		got, err := s.Trace(context.Background(), race.TraceQuery{Race: "r", Car: race.CarIdx(n * 7907 % cars), From: from + 1, To: from + lap})
		if err != nil || len(got.Time) != 900 || len(got.Values[race.ChannelSpeed]) != 900 {
			b.Fatal(len(got.Time), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/lap")
	if s.Size != nil {
		b.ReportMetric(float64(s.Size())/ticks/float64(cars), "bytes/sample")
	}
}
