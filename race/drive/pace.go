package drive

import "lightsout/race"

func (m *Model) compound(car race.CarIdx, stint int64) race.Compound {
	pick := func(stint int64) race.Compound {
		tyres := &m.p.tyres
		luck := permille(m.draw(forCompound, stint, car))
		if shares := tyres[race.Soft].choicePermille + tyres[race.Medium].choicePermille + tyres[race.Hard].choicePermille; shares > 0 {
			luck = luck * shares / 1000
		}
		switch {
		case luck < tyres[race.Soft].choicePermille:
			return race.Soft
		case luck < tyres[race.Soft].choicePermille+tyres[race.Medium].choicePermille:
			return race.Medium
		}
		return race.Hard
	}
	if given := m.plan(car).Compounds; int64(len(given)) > stint {
		return given[stint]
	}
	c := pick(stint)
	if stint == 1 && m.p.rubber.twoCompounds == 1 && c == pick(0) {
		return 1 + c%3
	}
	return c
}

// stintLaps returns the planned length of a stint.
func (m *Model) stintLaps(car race.CarIdx, stint int64, c race.Compound) int64 {
	even := int64(m.laps) * 1000 / int64(m.specs[car].stops+1)
	part := m.p.tyres[c].stintPermille
	part += m.p.rubber.stintSdPermille * bell(m.draw(forStint, stint, car)) / 1000
	return max(m.p.rubber.stintMinLaps, even*part/1_000_000)
}

// wantsStop decides at the start of a lap whether the car pits at its end.
func (m *Model) wantsStop(car race.CarIdx, r *Row) bool {
	left := int64(m.laps) - int64(r.Lap)
	if r.Mode&PitCalled != 0 {
		return left >= 0 || m.cfg.Laps == 0
	}
	if at := m.plan(car).PitLaps; at != nil {
		return int(r.Stops) < len(at) && int(r.Lap) >= at[r.Stops]
	}
	return int64(r.Stops) < int64(m.specs[car].stops) && left >= m.p.strategy.lastLaps &&
		int64(r.TyreAge) >= m.stintLaps(car, int64(r.Stops), r.Compound)
}

// setPace computes the car's lap time for the lap that begins, and its pace.
func (m *Model) setPace(car race.CarIdx, r *Row) {
	us := m.baseUS + int64(m.specs[car].offsetUS)
	lapsOfFuel := max(0, int64(m.laps)-int64(r.Lap)+1)
	lapsOfFuel = min(lapsOfFuel, m.p.pace.tankG*1000/(m.p.pace.fuelGPerLap*m.roadScale))
	us += m.p.pace.fuelUSPerLap * lapsOfFuel * m.roadScale / 1000 * m.roadScale / 1000
	t := &m.p.tyres[r.Compound]
	age := int64(r.TyreAge)
	if life := t.lifeKM * 1_000_000_000 / m.profile.length; age > life {
		age += (age - life) * (m.p.rubber.wearPastLife - 1)
	}
	us += t.behindUS * m.timeScale / 1000
	us += min(t.wearUS*age*m.roadScale/1000*m.roadScale/1000, m.baseUS/m.p.rubber.wearMaxPart)
	if r.Mode&FreshTyres != 0 {
		us += m.p.rubber.coldUS * m.timeScale / 1000
	}
	us += m.p.pace.noiseSdUS * bell(m.draw(forLap, int64(r.Lap), car)) / 1000 * m.timeScale / 1000
	us = max(us, m.profile.lapNS/1000*m.p.pace.floorPermille/1000)
	r.TargetUS = int32(min(us, 1<<31-1))
	r.Pace = int32(m.profile.lapNS * 1000 / us * 1000)
}
