package transport

import (
	"fmt"
	"math"

	"lightsout/race"
)

// logEnd is the last message of a log file: how much was written, so that a file that was cut is found out.
type logEnd struct{ Records, Frames, Samples int64 }

// String lists what there was.
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

// sampleItems is how many items a sample has: car, time and the channels.
const sampleItems = 10

// channelsOf are a sample's channels in the order of the wire.
func channelsOf(s *race.Sample) [8]*int {
	return [...]*int{&s.SpeedKMH, &s.RPM, &s.Gear, &s.Throttle, &s.Brake, &s.DRS, &s.XDM, &s.YDM}
}

// Samples is what real cars reported of themselves.
func (Codec) Samples(list []race.Sample) ([]byte, error) {
	w := newWriter()
	w.head(typeSamples, 1)
	w.array(len(list))
	for i := range list {
		s := &list[i]
		w.array(sampleItems)
		w.int(int64(s.Car))
		w.int(int64(s.Time))
		for _, v := range channelsOf(s) {
			if *v == race.Unknown {
				w.null()
				continue
			}
			w.int(int64(*v))
		}
	}
	return w.done("samples")
}

func (r *reader) samples(n int) []race.Sample {
	r.want(n, 3)
	out := []race.Sample{}
	r.list("samples", func(int) {
		var s race.Sample
		r.tuple("sample", sampleItems, func() {
			s.Car = race.CarIdx(r.intIn("car", 0, race.CarsMax-1))
			s.Time = race.Micros(r.int("time_us"))
			for _, v := range channelsOf(&s) {
				if *v = race.Unknown; !r.null("channel") {
					*v = int(r.intIn("channel", race.Unknown+1, math.MaxInt32))
				}
			}
		})
		out = append(out, s)
	})
	return out
}
