package transport

import (
	"fmt"
	"math"

	"lightsout/race"
)

// logEnd is the last message of a log file: how much was written, so that a cut file is detected.
type logEnd struct{ Records, Frames, Samples int64 }

// String lists the counts.
func (e logEnd) String() string {
	return fmt.Sprintf("%d records, %d frames and %d samples", e.Records, e.Frames, e.Samples)
}

func (Codec) logEnd(e logEnd) ([]byte, error) {
	w := newWriter()
	w.head(typeEnd, 3)
	w.int(e.Records)
	w.int(e.Frames)
	w.int(e.Samples)
	return w.done("end of log")
}

func (r *reader) logEnd(n int) logEnd {
	r.want(n, 5)
	count := func(what string) int64 { return r.intIn(what, 0, math.MaxInt64) }
	return logEnd{count("records"), count("frames"), count("samples")}
}

// sampleItems is the number of items of every sample: car, time and channels, with the speed in whole km/h. A fractional speed follows in
// tenths, which older readers skip.
const sampleItems = 10

// speedMax bounds a speed, in km/h and in tenths, so that it fits in a channel.
const speedMax = math.MaxInt32 / 10

// Samples are samples of real cars.
func (Codec) Samples(list []race.Sample) ([]byte, error) {
	w := newWriter()
	w.head(typeSamples, 1)
	w.array(len(list))
	for i := range list {
		w.sample(&list[i])
	}
	return w.done("samples")
}

func (w *writer) sample(s *race.Sample) {
	whole, items := *s, sampleItems
	if s.SpeedDKMH != race.Unknown {
		if whole.SpeedDKMH /= 10; s.SpeedDKMH%10 != 0 {
			items++
		}
	}
	w.array(items)
	w.int(int64(s.Car))
	w.int(int64(s.Time))
	for _, v := range whole.Values() {
		if *v == race.Unknown {
			w.null()
			continue
		}
		w.int(int64(*v))
	}
	if items > sampleItems {
		w.int(int64(s.SpeedDKMH))
	}
}

func (r *reader) samples(n int) []race.Sample {
	r.want(n, 3)
	out := []race.Sample{}
	r.list("samples", func(int) {
		out = append(out, r.sample())
	})
	return out
}

func (r *reader) sample() (s race.Sample) {
	items := r.array("sample", sampleItems, sampleItems+64)
	s.Car = race.CarIdx(r.intIn("car", 0, race.CarsMax-1))
	s.Time = race.Micros(r.int("time_us"))
	for i, v := range s.Values() {
		limit := int64(math.MaxInt32)
		if i == 0 {
			limit = speedMax
		}
		if *v = race.Unknown; !r.null("channel") {
			*v = int(r.intIn("channel", -limit, limit))
		}
	}
	if s.SpeedDKMH != race.Unknown {
		s.SpeedDKMH *= 10
	}
	if items > sampleItems {
		s.SpeedDKMH = int(r.intIn("speed", -10*speedMax, 10*speedMax))
		items--
	}
	r.rest(items - sampleItems)
	return s
}
