package drive

import "lightsout/race"

// Field is the state of all cars at the end of a tick. It does not change after Close, so it may be shared.
type Field struct {
	Tick race.Tick
	Time race.Micros
	Rows []Row // by CarIdx
	// Ahead and Behind are each car's neighbours on the road, whatever their positions; NoCar if there is none. Cars in the
	// pit lane and retired cars have no neighbours and are none.
	Ahead, Behind []race.CarIdx
	// Leader is the leading car; NoCar if all are out.
	Leader race.CarIdx
	// Flag is the flag for the whole circuit; FlagClear unless race control ordered one.
	Flag race.FlagState
	// YellowUntil is the last tick of a yellow flag for each sector; YellowForced stays until race control clears it.
	YellowUntil [sectors]race.Tick
	// ChequeredAt is when Winner completed the distance; race.NoTime before.
	ChequeredAt race.Micros
	Winner      race.CarIdx

	race  uint64        // the model's fingerprint
	order []race.CarIdx // on the road and in the lane, by place on the lap, the rearmost first
	keys  []int64       // their places on the lap from base on
	base  int64         // where the order begins, on the profile's clock
}

const sectors = 3

// yellow reports whether a sector, from 0, is under a yellow flag.
func (f *Field) yellow(sector int) bool {
	return f.Flag == race.FlagYellow || f.YellowUntil[sector] > f.Tick
}

func (f *Field) anyYellow() bool {
	for s := range sectors {
		if f.yellow(s) {
			return true
		}
	}
	return false
}

// Hash returns a hash of the whole field: equal fields have equal hashes on every platform.
func (f *Field) Hash() uint64 {
	h := mix(f.race)
	h = mix(h ^ uint64(f.Tick)<<8 ^ uint64(f.Flag))
	h = mix(h ^ uint64(f.ChequeredAt))
	h = mix(h ^ uint64(uint32(f.Winner))<<32 ^ uint64(uint32(f.Leader)))
	for _, y := range f.YellowUntil {
		h = mix(h ^ uint64(y))
	}
	for i := range f.Rows {
		h = f.Rows[i].hash(h)
	}
	for _, c := range f.order {
		h = mix(h ^ uint64(c))
	}
	return h
}

func (r *Row) hash(h uint64) uint64 {
	pair := func(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }
	h = mix(h ^ uint64(r.Clock))
	h = mix(h ^ uint64(r.Step))
	h = mix(h ^ uint64(r.FinishAt))
	h = mix(h ^ pair(r.Lap, r.SpeedMMS))
	h = mix(h ^ pair(r.Pace, r.TargetUS))
	h = mix(h ^ pair(r.LaneUM, r.WaitUS))
	h = mix(h ^ pair(r.StationaryUS, int32(r.Chase)))
	h = mix(h ^ pair(r.ChaseTicks, int32(r.TyreAge)))
	return mix(h ^ uint64(r.NextLine) ^ uint64(r.Stops)<<8 ^ uint64(r.Compound)<<24 ^ uint64(r.State)<<32 ^
		uint64(r.Mode)<<40 ^ uint64(r.Reason)<<48)
}

// Inputs are the commands that take effect in a tick. Nil means none.
type Inputs struct {
	Retire  []race.CarIdx
	PitCall []race.CarIdx
	// Flag changes the track status: clear, yellow (in a sector or on the whole circuit), safety_car, virtual_safety_car, red.
	// The caller must not record it: it is in the field's Events.
	Flag *race.FlagShown
}

func (in *Inputs) retires(car race.CarIdx) bool {
	if in == nil {
		return false
	}
	for _, c := range in.Retire {
		if c == car {
			return true
		}
	}
	return false
}

func (in *Inputs) calls(car race.CarIdx) bool {
	if in == nil {
		return false
	}
	for _, c := range in.PitCall {
		if c == car {
			return true
		}
	}
	return false
}
