package drill

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"

	"lightsout/race"
)

// seed of the hashes of this process; they are compared within it alone.
var seed = maphash.MakeSeed()

// tracedMax bounds the cars whose telemetry is also asked for car by car.
const tracedMax = 20

// FrameMark stands for the telemetry of a tick: a hash of every value of every car, and one of what spectators see of it.
type FrameMark struct {
	Tick          race.Tick
	Hash, Picture uint64
}

// Telemetry is the telemetry of a race as hashes, one or two a tick. The frames themselves are not kept.
type Telemetry struct {
	Frames []FrameMark
	// Traces are hashes of the values of some cars over all ticks, in the order of tracedCars.
	Traces []uint64
	buf    []byte
}

// Add notes a frame. The frames come by tick.
func (t *Telemetry) Add(f *race.Frame) {
	m := FrameMark{Tick: f.Tick}
	t.buf = appendPicture(t.buf[:0], f)
	m.Picture = maphash.Bytes(seed, t.buf)
	for _, column := range [][]uint16{f.Lap, f.SpeedDKMH} {
		t.buf = appendWords(t.buf, column)
	}
	for _, column := range [][]uint8{f.RPM50, f.Throttle, f.Brake, f.GearDRS} {
		t.buf = append(binary.LittleEndian.AppendUint32(t.buf, uint32(len(column))), column...)
	}
	m.Hash = maphash.Bytes(seed, t.buf)
	t.Frames = append(t.Frames, m)
}

func appendWords(b []byte, column []uint16) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(column)))
	for _, v := range column {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// appendPicture appends what spectators see of a frame.
func appendPicture(b []byte, f *race.Frame) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(f.Time))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.First))
	b = appendWords(b, f.LapFraction)
	for _, s := range f.State {
		b = append(b, byte(s))
	}
	return b
}

// pictureHash is the hash of what a spectator sees at a tick.
func pictureHash(f *race.Frame) uint64 { return maphash.Bytes(seed, appendPicture(nil, f)) }

// tracedCars are the cars of a field whose telemetry is asked for car by car: all of a small one, some of a large one.
func tracedCars(cars int) (out []race.CarIdx) {
	n := min(cars, tracedMax)
	for i := range n {
		out = append(out, race.CarIdx(i*cars/n))
	}
	return out
}

// addToTraces adds a frame to the hashes of the traced cars.
func (t *Telemetry) addToTraces(f *race.Frame) {
	cars := tracedCars(f.Cars())
	if t.Traces == nil {
		t.Traces = make([]uint64, len(cars))
	}
	for n, car := range cars {
		if i := int(car - f.First); n < len(t.Traces) && i >= 0 && i < f.Cars() {
			t.Traces[n] = traceHash(t.Traces[n], f.Time, [...]int32{
				race.ChannelSpeed: int32(f.SpeedDKMH[i]), race.ChannelRPM: int32(f.RPM50[i]) * 50, race.ChannelGear: int32(f.GearDRS[i] &^ race.DRSOpen),
				race.ChannelThrottle: int32(f.Throttle[i]), race.ChannelBrake: int32(f.Brake[i]), race.ChannelDRS: int32(f.GearDRS[i]&race.DRSOpen) / race.DRSOpen,
				race.ChannelLap: int32(f.Lap[i]), race.ChannelLapFraction: int32(f.LapFraction[i]),
			})
		}
	}
}

func traceHash(before uint64, at race.Micros, values [race.ChannelX]int32) uint64 {
	var b [16 + 4*race.ChannelX]byte
	binary.LittleEndian.PutUint64(b[:], before)
	binary.LittleEndian.PutUint64(b[8:], uint64(at))
	for i, v := range values {
		binary.LittleEndian.PutUint32(b[16+4*i:], uint32(v))
	}
	return maphash.Bytes(seed, b[:])
}

// Traces is where the telemetry of single cars is read back.
type Traces interface {
	Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error)
}

// StoredTelemetry is where the telemetry of a race is read back.
type StoredTelemetry interface {
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
	Traces
}

// readTelemetry reads the telemetry of a race back, tick by tick and car by car.
func readTelemetry(ctx context.Context, from StoredTelemetry, info *race.Race) (*Telemetry, error) {
	out := &Telemetry{}
	err := from.Frames(ctx, info.ID, 0, 1<<40, func(f *race.Frame) error {
		out.Add(f)
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the telemetry back: %w", err)
	}
	out.Traces, err = ReadTraces(ctx, from, info, tracedMax)
	return out, err
}

// ReadTraces reads the telemetry of some cars back, most at most.
func ReadTraces(ctx context.Context, from Traces, info *race.Race, most int) (out []uint64, err error) {
	cars := tracedCars(info.Cars)
	for _, car := range cars[:min(most, len(cars))] {
		trace, err := from.Trace(ctx, race.TraceQuery{Race: info.ID, Car: car, To: race.TimeMax})
		if err != nil {
			return nil, fmt.Errorf("read the telemetry of car %d back: %w", car, err)
		}
		hash := uint64(0)
		for i, at := range trace.Time {
			var values [race.ChannelX]int32
			for c := range values {
				if column := trace.Values[c]; i < len(column) {
					values[c] = column[i]
				}
			}
			hash = traceHash(hash, at, values)
		}
		out = append(out, hash)
	}
	return out, nil
}

// compareFrames compares telemetry tick by tick.
func compareFrames(want, got []FrameMark, where string) Check {
	c := Check{What: "telemetry", Where: where}
	compareBy(&c, want, got, keyed[race.Tick, FrameMark]{
		key:  func(m *FrameMark) race.Tick { return m.Tick },
		name: func(m *FrameMark) string { return fmt.Sprintf("tick %d", m.Tick) },
		same: func(a, b *FrameMark) bool { return a.Hash == b.Hash },
	})
	for i := 1; i < len(got); i++ {
		if got[i].Tick < got[i-1].Tick {
			c.note(&c.Different, "tick %d, after tick %d", got[i].Tick, got[i-1].Tick)
		}
	}
	return c.worded("telemetry of %s ticks" + at(where))
}

// compareTraces compares the telemetry of the first of the traced cars.
func compareTraces(want, got []uint64, cars int, where string) Check {
	c := Check{What: "telemetry by car", Where: where, Compared: len(want)}
	for i, car := range tracedCars(cars) {
		switch {
		case i >= len(want):
		case i >= len(got):
			c.note(&c.Missing, "car %d", car)
		case want[i] != got[i]:
			c.note(&c.Different, "car %d", car)
		}
	}
	return c.worded("telemetry of %s cars in " + map[bool]string{true: "the store", false: where}[where == inStore] + ", each asked for by itself")
}
