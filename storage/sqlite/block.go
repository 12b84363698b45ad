package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"lightsout/race"
)

// Limits of a telemetry block: ten seconds at the usual ten ticks, of 32 cars. Measured on 1,000 cars: 16 cars take 2.3 bytes
// a sample, 32 take 2.2 and 64 take 2.1, and the cost of reading one car's lap doubles each time.
const (
	blockTicks = 100
	blockCars  = 32
	// blockSamples bounds how many samples wait in memory for their blocks.
	blockSamples = 1 << 21
)

// ErrDamagedBlock means that a telemetry block cannot be decoded.
var ErrDamagedBlock = errors.New("the telemetry block is damaged")

// blockVersion is the first byte of a block (FORMAT.md). Version 1 is still read, but not written.
const blockVersion = 2

// Planes of a block: the bytes of a column, car by car; a two-byte column has two planes, the low bytes first.
const (
	planeLapFraction = 0
	planeState       = 2
	planeLap         = 3
	planeSpeed       = 5
	planeRPM         = 7
	planeThrottle    = 8
	planeBrake       = 9
	planeGear        = 10
	planes           = 11
)

// block is a decompressed telemetry block: consecutive ticks of neighbouring cars.
type block struct {
	first race.CarIdx
	cars  int
	tick  race.Tick // the first tick
	times []race.Micros
	data  []byte // the planes
}

// appendBlock encodes cars of frames; from counts from the first car of the frames. The result is not compressed.
func appendBlock(raw []byte, frames []*race.Frame, from, cars int) []byte {
	first, ticks := frames[0], len(frames)
	raw = append(raw, blockVersion)
	raw = binary.AppendUvarint(raw, uint64(ticks))
	raw = binary.AppendUvarint(raw, uint64(cars))
	raw = binary.AppendVarint(raw, int64(first.First)+int64(from))
	raw = binary.AppendVarint(raw, int64(first.Tick))
	var last, step int64
	for _, f := range frames {
		v := int64(f.Time)
		raw = binary.AppendVarint(raw, v-last-step)
		last, step = v, v-last
	}
	begin, size := len(raw), planes*cars*ticks
	raw = slices.Grow(raw, size)[:begin+size] // each byte is written below
	w := planeWriter{frames: frames, from: from, cars: cars, out: raw[begin:], last: make([]uint16, cars), step: make([]uint16, cars)}
	w.words(planeLapFraction, true, func(f *race.Frame) []uint16 { return f.LapFraction })
	putBytes(&w, planeState, func(f *race.Frame) []race.CarState { return f.State })
	w.words(planeLap, false, func(f *race.Frame) []uint16 { return f.Lap })
	w.words(planeSpeed, true, func(f *race.Frame) []uint16 { return f.SpeedDKMH })
	putBytes(&w, planeRPM, func(f *race.Frame) []uint8 { return f.RPM50 })
	putBytes(&w, planeThrottle, func(f *race.Frame) []uint8 { return f.Throttle })
	putBytes(&w, planeBrake, func(f *race.Frame) []uint8 { return f.Brake })
	putBytes(&w, planeGear, func(f *race.Frame) []uint8 { return f.GearDRS })
	return raw
}

// planeWriter writes columns of frames into the planes of a block.
type planeWriter struct {
	frames     []*race.Frame
	from, cars int
	out        []byte
	last, step []uint16 // of each car, in the column that is being written
}

func (w *planeWriter) plane(n int) []byte {
	size := w.cars * len(w.frames)
	return w.out[n*size : (n+1)*size]
}

// words writes a two-byte column as differences, or as second differences if it changes evenly: zig-zag, so that the high
// bytes of small values are zero.
func (w *planeWriter) words(plane int, even bool, column func(*race.Frame) []uint16) {
	low, high, ticks := w.plane(plane), w.plane(plane+1), len(w.frames)
	last, step := w.last, w.step
	clear(last)
	clear(step)
	for t, f := range w.frames {
		for i, v := range column(f)[w.from : w.from+w.cars] {
			d := v - last[i]
			e := int16(d)
			if even {
				e -= int16(step[i])
			}
			last[i], step[i] = v, d
			z := uint16(e<<1 ^ e>>15)
			low[i*ticks+t], high[i*ticks+t] = byte(z), byte(z>>8)
		}
	}
}

// putBytes writes a one-byte column as differences.
func putBytes[T ~uint8](w *planeWriter, plane int, column func(*race.Frame) []T) {
	out, ticks := w.plane(plane), len(w.frames)
	last := w.last
	clear(last)
	for t, f := range w.frames {
		for i, v := range column(f)[w.from : w.from+w.cars] {
			out[i*ticks+t] = byte(v) - byte(last[i])
			last[i] = uint16(v)
		}
	}
}

// readBlock decodes a block of version 2 or 1. It keeps raw.
func readBlock(raw []byte) (*block, error) {
	r := varints{raw: raw}
	if len(raw) > 0 && raw[0] == 1 {
		return readBlock1(raw[1:])
	}
	if len(raw) == 0 || raw[0] != blockVersion {
		return nil, fmt.Errorf("%w: it has an unknown version", ErrDamagedBlock)
	}
	r.raw = raw[1:]
	ticks, cars := r.unsigned(blockTicks), r.unsigned(race.CarsMax)
	b := &block{cars: cars, first: race.CarIdx(r.signed()), tick: race.Tick(r.signed())}
	if r.failed || ticks == 0 || len(r.raw) < ticks+planes*cars*ticks {
		return nil, fmt.Errorf("%w: it is too short", ErrDamagedBlock)
	}
	b.times = make([]race.Micros, ticks)
	var last, step int64
	for t := range b.times {
		v := last + step + r.signed()
		b.times[t], last, step = race.Micros(v), v, v-last
	}
	if b.data = r.raw; r.failed || len(b.data) != planes*cars*ticks {
		return nil, fmt.Errorf("%w: its length is wrong", ErrDamagedBlock)
	}
	return b, nil
}

// varints reads consecutive varints and records if one is invalid.
type varints struct {
	raw    []byte
	failed bool
}

func (r *varints) unsigned(limit uint64) int {
	v, n := binary.Uvarint(r.raw)
	if n <= 0 || v > limit {
		r.failed = true
		return 0
	}
	r.raw = r.raw[n:]
	return int(v)
}

func (r *varints) signed() int64 {
	v, n := binary.Varint(r.raw)
	if n <= 0 {
		r.failed = true
		return 0
	}
	r.raw = r.raw[n:]
	return v
}

// row returns a car's part of a plane.
func (b *block) row(plane, car int) []byte {
	ticks := len(b.times)
	at := (plane*b.cars + car) * ticks
	return b.data[at : at+ticks]
}

// wordsOf decodes a two-byte column of a car.
func (b *block) wordsOf(plane int, even bool, car int, out []uint16) {
	low, high := b.row(plane, car), b.row(plane+1, car)
	var last, step uint16
	for t := range low {
		z := uint16(low[t]) | uint16(high[t])<<8
		d := z>>1 ^ -(z & 1)
		if even {
			d += step
		}
		last, step = last+d, d
		out[t] = last
	}
}

// bytesOf decodes a one-byte column of a car.
func (b *block) bytesOf(plane, car int, out []uint8) {
	var last uint8
	for t, d := range b.row(plane, car) {
		last += d
		out[t] = last
	}
}

// fill writes the block's cars into frames, one for each tick; the frames begin with car first.
func (b *block) fill(frames []*race.Frame, first race.CarIdx) {
	words, bytes := make([]uint16, len(b.times)), make([]uint8, len(b.times))
	for car := range b.cars {
		at := int(b.first-first) + car
		for _, c := range [...]struct {
			plane int
			even  bool
			of    func(*race.Frame) []uint16
		}{
			{planeLapFraction, true, func(f *race.Frame) []uint16 { return f.LapFraction }},
			{planeLap, false, func(f *race.Frame) []uint16 { return f.Lap }},
			{planeSpeed, true, func(f *race.Frame) []uint16 { return f.SpeedDKMH }},
		} {
			b.wordsOf(c.plane, c.even, car, words)
			for t, f := range frames {
				c.of(f)[at] = words[t]
			}
		}
		b.bytesOf(planeState, car, bytes)
		for t, f := range frames {
			f.State[at] = race.CarState(bytes[t])
		}
		for _, c := range [...]struct {
			plane int
			of    func(*race.Frame) []uint8
		}{
			{planeRPM, func(f *race.Frame) []uint8 { return f.RPM50 }}, {planeThrottle, func(f *race.Frame) []uint8 { return f.Throttle }},
			{planeBrake, func(f *race.Frame) []uint8 { return f.Brake }}, {planeGear, func(f *race.Frame) []uint8 { return f.GearDRS }},
		} {
			b.bytesOf(c.plane, car, bytes)
			for t, f := range frames {
				c.of(f)[at] = bytes[t]
			}
		}
	}
}

// frames returns the block's ticks as frames of the cars first to first+cars-1, with the block's cars filled in.
func (b *block) frames(first race.CarIdx, cars int) []*race.Frame {
	out := make([]*race.Frame, len(b.times))
	for t := range out {
		out[t] = newFrame(cars)
		out[t].First, out[t].Tick, out[t].Time = first, b.tick+race.Tick(t), b.times[t]
	}
	return out
}

func newFrame(cars int) *race.Frame {
	words, bytes := make([]uint16, 3*cars), make([]uint8, 4*cars)
	return &race.Frame{
		State: make([]race.CarState, cars), LapFraction: words[:cars:cars], Lap: words[cars : 2*cars : 2*cars], SpeedDKMH: words[2*cars:],
		RPM50: bytes[:cars:cars], Throttle: bytes[cars : 2*cars : 2*cars], Brake: bytes[2*cars : 3*cars : 3*cars], GearDRS: bytes[3*cars:],
	}
}

// whole reports whether a frame has all columns.
func whole(f *race.Frame) bool {
	n := f.Cars()
	return n > 0 && len(f.State) == n && len(f.Lap) == n && len(f.SpeedDKMH) == n && len(f.RPM50) == n && len(f.Throttle) == n &&
		len(f.Brake) == n && len(f.GearDRS) == n
}
