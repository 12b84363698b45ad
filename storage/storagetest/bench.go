package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lightsout/race"
)

// Benched is a store to measure.
type Benched struct {
	Journal
	Traces
	// Size returns the bytes of telemetry at rest; nil if unknown.
	Size func() int64
	// Window is the maximum number of samples in flight to the store; 0 means window ticks.
	Window int
	// Minutes is the length of the race from which laps are read; 0 means half an hour.
	Minutes int
}

// window is how many ticks are in flight to the store, as with a simulation; lap is the duration of a lap.
const (
	window = 16
	lap    = 90 * race.Second
)

// Bench measures the cost of storing and reading telemetry. open returns an empty store and closes it after the benchmark.
func Bench(b *testing.B, open func(b *testing.B) Benched) {
	for _, cars := range []int{20, 1000, 10_000} {
		b.Run(fmt.Sprintf("append/cars=%d", cars), func(b *testing.B) { benchAppend(b, open(b), cars) })
	}
	for _, cars := range []int{20, 1000} {
		b.Run(fmt.Sprintf("lap/cars=%d", cars), func(b *testing.B) { benchLap(b, open(b), cars) })
	}
}

// feeder appends ticks, with at most a window of them in flight.
type feeder struct {
	b    *testing.B
	s    Benched
	done chan error
	out  int
}

func newFeeder(b *testing.B, s Benched, cars int) *feeder {
	return &feeder{b: b, s: s, done: make(chan error, max(window, s.Window/cars))}
}

func (f *feeder) append(batch *race.Batch) {
	for f.out >= cap(f.done) {
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
	f := newFeeder(b, s, cars)
	f.append(field.Info())
	f.settle()
	tick := race.Tick(0)
	next := func() {
		frame := *frames[int(tick)%len(frames)]
		tick++
		frame.Tick, frame.Time = tick, field.At(tick)
		f.append(&race.Batch{Race: "r", Count: uint64(tick) + 1, Frame: &frame})
	}
	begun := time.Now()
	for range cap(f.done) { // fill the window first, so that the loop runs at the speed of the store
		next()
	}
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
	f.settle()
	// Some stores acknowledge once per window: ns/op of a few ticks is meaningless then, only the whole is meaningful.
	samples := float64(tick) * float64(cars)
	b.ReportMetric(float64(time.Since(begun).Nanoseconds())/samples, "ns/sample")
	if s.Size != nil {
		b.ReportMetric(float64(s.Size())/samples, "bytes/sample")
	}
}

// benchLap reads laps of ninety seconds from a race of half an hour, or of Minutes.
func benchLap(b *testing.B, s Benched, cars int) {
	field := Field{ID: "r", Cars: cars}
	if s.Minutes == 0 {
		s.Minutes = 30
	}
	laps := max(1, s.Minutes*int(60*race.Second)/int(lap))
	ticks := race.Tick(laps*lapTicks + lapTicks/18) // slightly more than whole laps, so that some blocks are open
	f := newFeeder(b, s, cars)
	f.append(field.Info())
	for tick := race.Tick(1); tick <= ticks; tick++ {
		f.append(field.Tick(tick))
	}
	f.settle()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		from := race.Micros(n*7919%laps) * lap
		got, err := s.Trace(context.Background(), race.TraceQuery{Race: "r", Car: race.CarIdx(n * 7907 % cars), From: from + 1, To: from + lap})
		if err != nil || len(got.Time) != lapTicks || len(got.Values[race.ChannelSpeed]) != lapTicks {
			b.Fatal(len(got.Time), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/lap")
	b.ReportMetric(float64(s.Minutes), "minutes")
	if s.Size != nil {
		b.ReportMetric(float64(s.Size())/float64(ticks)/float64(cars), "bytes/sample")
	}
}
