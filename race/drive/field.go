package drive

import "lightsout/race"

// Field is all cars at the end of a tick. It is not changed after Close, so it may be shared.
type Field struct {
	Tick race.Tick
	Time race.Micros
	Rows []Row // by CarIdx
	// Ahead and Behind are each car's neighbours on the road, whoever is leading; NoCar where there is none.
	// Cars in the pit lane and cars that are out have none and are none.
	Ahead, Behind []race.CarIdx
	// Leader is the car that is furthest; NoCar when all are out.
	Leader race.CarIdx
	// Flag is what race control shows to the whole circuit; FlagClear unless told.
	Flag race.FlagState
	// YellowUntil is the last tick of a yellow flag for each sector; YellowForced stays until cleared by hand.
	YellowUntil [sectors]race.Tick
	// ChequeredAt is when Winner completed the distance; race.NoTime before.
	ChequeredAt race.Micros
	Winner      race.CarIdx

	race  uint64        // the model's fingerprint
	order []race.CarIdx // on the road and in the lane, by place on the lap, from the rearmost on
	base  int64         // where the order begins, on the profile's clock
}

const sectors = 3

// yellow says whether a sector, from 0, is under a yellow flag.
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

// Hash stands for the whole field: equal fields have equal hashes on every platform.
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
	// Flag changes the track status: clear, yellow (of a sector, or of the whole circuit), safety_car,
	// virtual_safety_car, red. The field's Events record it, so whoever gives it does not.
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
