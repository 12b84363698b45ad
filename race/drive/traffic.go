package drive

import "lightsout/race"

// gap returns how far b is ahead of a on the road, on the profile's clock.
func (m *Model) gap(a, b *Row) int64 {
	d := b.Clock - a.Clock
	if d < 0 {
		d += m.profile.lapNS
	}
	return d
}

// lapping reports whether the car behind on the road is ahead in the race.
func (m *Model) lapping(behind, ahead *Row) bool {
	return behind.Lap > ahead.Lap || (behind.Lap == ahead.Lap && behind.Clock > ahead.Clock)
}

// rate returns the speed of the car's clock in this tick without a car directly ahead: its pace, less the effect of flags and
// neighbours, plus DRS.
func (t *turn) rate() int64 {
	m, r := t.m, &t.row
	rate := int64(r.Pace)
	if r.Chase != race.NoCar {
		r.ChaseTicks--
		if t.prev.Ahead[t.car] != r.Chase || r.ChaseTicks <= 0 {
			r.Chase, r.ChaseTicks = race.NoCar, 0
		} else {
			rate += rate / m.p.traffic.chasePart
		}
	}
	if a := t.prev.Ahead[t.car]; a != race.NoCar {
		ahead := &t.prev.Rows[a]
		if m.gap(r, ahead) < m.duelNS && !m.lapping(r, ahead) {
			rate -= rate / m.p.traffic.duelPart
		}
	}
	if b := t.prev.Behind[t.car]; b != race.NoCar {
		behind := &t.prev.Rows[b]
		if m.gap(behind, r) < m.duelNS {
			switch {
			case behind.Chase == t.car:
				rate -= rate / m.p.traffic.yieldPart
			case m.lapping(behind, r):
				rate -= rate / m.p.traffic.lappedPart
			default:
				rate -= rate / m.p.traffic.duelPart
			}
		}
	}
	if r.Mode&FlapOpen != 0 && m.flap.within(r.Clock) {
		rate += rate * m.flap.gainPermille / 1000
	}
	return t.flagged(rate)
}

// flagged returns the rate under the flags: behind the safety car the field closes up.
func (t *turn) flagged(rate int64) int64 {
	flags := &t.m.p.flags
	switch t.prev.Flag {
	case race.FlagVirtualSafetyCar:
		return rate * 100 / flags.virtualPercent
	case race.FlagSafetyCar:
		a := t.prev.Ahead[t.car]
		if t.prev.Leader == t.car || a == race.NoCar ||
			t.m.gap(&t.row, &t.prev.Rows[a]) < 2*flags.safetyCarGapMS*1_000_000 {
			return rate * 100 / flags.safetyCarPercent
		}
		return rate * 100 / flags.catchUpPercent
	default: // other flags slow no car on the whole circuit
	}
	if t.prev.yellow(t.m.sector(t.row.Clock)) {
		return rate - rate/flags.yellowPart
	}
	return rate
}

// follow returns the step that keeps the car behind the one ahead, unless it may pass: a slow car, a lapped one, one that it
// is overtaking.
func (t *turn) follow(step int64) int64 {
	m, r := t.m, &t.row
	a := t.prev.Ahead[t.car]
	if a == race.NoCar {
		return step
	}
	ahead := &t.prev.Rows[a]
	neutral := t.prev.Flag == race.FlagSafetyCar || t.prev.Flag == race.FlagVirtualSafetyCar
	if !neutral && (r.Chase == a || m.lapping(r, ahead) || ahead.Step < step*7/10) {
		return step
	}
	need := m.minGapNS
	switch {
	case t.prev.Flag == race.FlagSafetyCar:
		need = min(m.p.flags.safetyCarGapMS*1_000_000, m.minGapNS*8/5)
	case r.Lap == 0:
		need /= 10
	case r.Lap == 1: // the field spreads out over the first lap
		need = need/10 + need*9/10/1000*(r.Clock/(m.profile.lapNS/1000))
	}
	allowed := m.gap(r, ahead) + ahead.Step - need
	if step <= allowed {
		return step
	}
	return min(step, max(allowed, ahead.Step-ahead.Step/m.p.traffic.fallBackPart))
}

func (f flap) within(clock int64) bool {
	if f.from <= f.to {
		return clock >= f.from && clock < f.to
	}
	return clock >= f.from || clock < f.to
}

// seen handles the DRS detection and the overtaking places between two instants of the profile's clock.
func (t *turn) seen(from, to int64) {
	m, r := t.m, &t.row
	past := func(place int64) bool { return from < place && place <= to }
	a := t.prev.Ahead[t.car]
	if past(m.flap.detect) {
		r.Mode &^= FlapOpen
		if a != race.NoCar && int64(r.Lap) >= m.p.traffic.flapFromLap && t.prev.Flag == race.FlagClear && !t.prev.anyYellow() &&
			m.gap(r, &t.prev.Rows[a]) < m.p.traffic.flapGapMS*1_000_000 {
			r.Mode |= FlapOpen
		}
	}
	if a == race.NoCar || r.Chase != race.NoCar || r.Lap == 0 || t.prev.Flag != race.FlagClear {
		return
	}
	for i, place := range m.places {
		if past(place) && !t.prev.yellow(m.sector(r.Clock)) {
			t.duel(a, i)
		}
	}
}

// duel decides whether the car overtakes the one ahead: by its advantage in pace and a random draw.
func (t *turn) duel(a race.CarIdx, place int) {
	m, r := t.m, &t.row
	ahead := &t.prev.Rows[a]
	if m.gap(r, ahead) > m.duelNS || m.lapping(r, ahead) {
		return
	}
	advantage := (int64(ahead.TargetUS) - int64(r.TargetUS)) * 1000 / m.timeScale
	if r.Mode&FlapOpen != 0 {
		advantage += m.p.traffic.flapGainUS
	}
	low, high := uint64(min(a, t.car)), uint64(max(a, t.car))
	advantage += m.p.traffic.duelNoiseUS * bell(draw(m.cfg.Seed, forDuel, int64(r.Lap)<<4|int64(place), low, high)) / 1000
	need := m.needUS
	if r.Lap == 1 {
		need /= 2
	}
	if advantage > need {
		r.Chase, r.ChaseTicks = a, int32(m.p.traffic.chaseSeconds*int64(m.cfg.TickHz))
	}
}
