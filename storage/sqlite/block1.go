package sqlite

import (
	"fmt"

	"lightsout/race"
)

// readBlock1 decodes a block of version 1: all cars, column by column, varints of second differences. It converts it to
// version 2 in memory, so that the rest of the code handles one version.
func readBlock1(raw []byte) (*block, error) {
	r := varints{raw: raw}
	ticks, cars := r.unsigned(blockTicks), r.unsigned(race.CarsMax)
	first, tick := r.signed(), r.signed()
	if r.failed || ticks == 0 || len(r.raw) < ticks*cars {
		return nil, fmt.Errorf("%w: it is too short", ErrDamagedBlock)
	}
	frames := make([]*race.Frame, ticks)
	for i := range frames {
		frames[i] = newFrame(cars)
		frames[i].First, frames[i].Tick, frames[i].Time = race.CarIdx(first), race.Tick(tick)+race.Tick(i), race.Micros(r.signed())
	}
	for _, set := range columns1 {
		for car := range cars {
			var last, step int64
			for _, f := range frames {
				v := last + step + r.signed()
				set(f, car, v)
				last, step = v, v-last
			}
		}
	}
	if r.failed || len(r.raw) > 0 {
		return nil, fmt.Errorf("%w: its length is wrong", ErrDamagedBlock)
	}
	return readBlock(appendBlock(nil, frames, 0, cars))
}

// columns1 are the columns of a frame in the order of version 1.
var columns1 = []func(f *race.Frame, car int, v int64){
	func(f *race.Frame, i int, v int64) { f.LapFraction[i] = uint16(v) },
	func(f *race.Frame, i int, v int64) { f.State[i] = race.CarState(v) },
	func(f *race.Frame, i int, v int64) { f.Lap[i] = uint16(v) },
	func(f *race.Frame, i int, v int64) { f.SpeedDKMH[i] = uint16(v) },
	func(f *race.Frame, i int, v int64) { f.RPM50[i] = uint8(v) },
	func(f *race.Frame, i int, v int64) { f.Throttle[i] = uint8(v) },
	func(f *race.Frame, i int, v int64) { f.Brake[i] = uint8(v) },
	func(f *race.Frame, i int, v int64) { f.GearDRS[i] = uint8(v) },
}
