package drive

import "lightsout/race"

// Effects on the lap time, from model.md, in microseconds on the reference lap of 90 s and 5.3 km.
const (
	fuelUSPerLap = 55_800 // 1.8 kg a lap at 0.031 s/kg
	noiseSdUS    = 340_000
	coldTyresUS  = 1_000_000
	lapFloorUS   = 900 // no lap is faster than this part, in thousandths, of the best
)

// tyre describes a compound: its lap time behind soft, its wear per lap, its life in km.
type tyre struct{ behindUS, wearUS, lifeKM int64 }

// Without the effect of fuel, the wear matches the measured one within stints: soft +0.020, medium -0.002, hard +0.001 s a
// lap.
var tyres = [4]tyre{
	race.Soft:   {0, 76_000, 90},
	race.Medium: {500_000, 54_000, 140},
	race.Hard:   {800_000, 50_000, 200},
}

// wearPastLife multiplies the wear beyond a tyre's life.
const wearPastLife = 3

func (m *Model) compound(car race.CarIdx, stint int64) race.Compound {
	pick := func(stint int64) race.Compound {
		luck := permille(m.draw(forCompound, stint, car))
		switch {
		case luck < 250:
			return race.Soft
		case luck < 700:
			return race.Medium
		}
		return race.Hard
	}
	c := pick(stint)
	if stint == 1 && c == pick(0) { // the rules require two compounds
		return 1 + c%3
	}
	return c
}

// stintLaps returns the planned length of a stint.
func (m *Model) stintLaps(car race.CarIdx, stint int64, c race.Compound) int64 {
	even := int64(m.cfg.Laps) * 1000 / int64(m.specs[car].stops+1)
	part := [4]int64{race.Soft: 800, race.Medium: 1000, race.Hard: 1200}[c]
	part += 80 * bell(m.draw(forStint, stint, car)) / 1000
	return max(2, even*part/1_000_000)
}

// wantsStop decides at the start of a lap whether the car pits at its end.
func (m *Model) wantsStop(car race.CarIdx, r *Row) bool {
	left := int64(m.cfg.Laps) - int64(r.Lap)
	if r.Mode&PitCalled != 0 {
		return left >= 0
	}
	return int64(r.Stops) < int64(m.specs[car].stops) && left >= 3 &&
		int64(r.TyreAge) >= m.stintLaps(car, int64(r.Stops), r.Compound)
}

// setPace computes the car's lap time for the lap that begins, and its pace.
func (m *Model) setPace(car race.CarIdx, r *Row) {
	us := m.baseUS + int64(m.specs[car].offsetUS)
	lapsOfFuel := max(0, int64(m.cfg.Laps)-int64(r.Lap)+1)
	lapsOfFuel = min(lapsOfFuel, 110*1000*1000/(1800*m.roadScale)) // a tank holds 110 kg
	us += fuelUSPerLap * lapsOfFuel * m.roadScale / 1000 * m.roadScale / 1000
	t := tyres[r.Compound]
	age := int64(r.TyreAge)
	if life := t.lifeKM * 1_000_000_000 / m.profile.length; age > life {
		age += (age - life) * (wearPastLife - 1)
	}
	us += t.behindUS * m.timeScale / 1000
	us += min(t.wearUS*age*m.roadScale/1000*m.roadScale/1000, m.baseUS/10)
	if r.Mode&FreshTyres != 0 {
		us += coldTyresUS * m.timeScale / 1000
	}
	us += noiseSdUS * bell(m.draw(forLap, int64(r.Lap), car)) / 1000 * m.timeScale / 1000
	us = max(us, m.profile.lapNS/1000*lapFloorUS/1000)
	r.TargetUS = int32(min(us, 1<<31-1))
	r.Pace = int32(m.profile.lapNS * 1000 / us * 1000)
}
