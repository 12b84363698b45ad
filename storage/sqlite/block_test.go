package sqlite

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
)

// odd returns frames with every possible value.
func odd(ticks, cars int) []*race.Frame {
	out := make([]*race.Frame, ticks)
	n := uint32(1)
	next := func() uint32 { n = n*1664525 + 1013904223; return n >> 8 }
	for t := range out {
		f := newFrame(cars)
		f.Tick, f.Time = race.Tick(1000+t), race.Micros(t*t*1000)-7
		for i := range cars {
			f.LapFraction[i], f.Lap[i], f.SpeedDKMH[i] = uint16(next()), uint16(next()), uint16(next())
			f.State[i], f.RPM50[i], f.Throttle[i] = race.CarState(next()), uint8(next()), uint8(next())
			f.Brake[i], f.GearDRS[i] = uint8(next()), uint8(next())
		}
		out[t] = f
	}
	return out
}

func TestBlock_DecodesEveryValueItEncodes(t *testing.T) {
	frames := odd(blockTicks, 3*blockCars)
	for _, f := range frames {
		f.First = 5
	}
	b, err := readBlock(appendBlock(nil, frames, blockCars, 7))
	if err != nil || b.first != 5+blockCars || b.cars != 7 {
		t.Fatalf("%+v, %v", b, err)
	}
	got := b.frames(5, 3*blockCars)
	b.fill(got, 5)
	for i, f := range frames {
		want := newFrame(3 * blockCars)
		want.First, want.Tick, want.Time = f.First, f.Tick, f.Time
		for car := blockCars; car < blockCars+7; car++ {
			want.LapFraction[car], want.State[car], want.Lap[car] = f.LapFraction[car], f.State[car], f.Lap[car]
			want.SpeedDKMH[car], want.RPM50[car], want.Throttle[car] = f.SpeedDKMH[car], f.RPM50[car], f.Throttle[car]
			want.Brake[car], want.GearDRS[car] = f.Brake[car], f.GearDRS[car]
		}
		if diff := cmp.Diff(want, got[i]); diff != "" {
			t.Fatal(diff)
		}
	}
}

func FuzzBlock(f *testing.F) {
	for _, ticks := range []int{1, 2, blockTicks} {
		f.Add(appendBlock(nil, odd(ticks, 3), 0, 3))
	}
	f.Add([]byte{1, 2, 1, 0, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := readBlock(data)
		if err != nil {
			return
		}
		frames := b.frames(b.first, b.cars)
		b.fill(frames, b.first)
		again, err := readBlock(appendBlock(nil, frames, 0, b.cars))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.data, again.data) || !slices.Equal(b.times, again.times) || b.first != again.first || b.tick != again.tick {
			t.Errorf("%+v is not %+v", b, again)
		}
	})
}
