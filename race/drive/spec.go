package drive

import (
	"sort"

	"lightsout/race"
)

// spec is fixed per car: its pace, its planned stops, whether and where it will fail.
type spec struct {
	offsetUS   int32 // pace of car and driver behind the best
	stops      int32 // planned
	failLap    int32 // 0 means no failure
	reactionUS int32
	failClock  int64
	boxUM      int64
}

func (m *Model) draw(p purpose, when int64, a race.CarIdx) uint64 {
	return draw(m.cfg.Seed, p, when, uint64(a), 0)
}

// paceUS returns the pace of a car and its driver behind the best, per lap. A few teams are evenly spread and shuffled; in
// large fields each team has a random pace.
func (m *Model) paceUS(car race.CarIdx) int64 {
	each := m.p.start.carsPerTeam
	team := car / race.CarIdx(each)
	teams := (int64(m.cfg.Cars) + each - 1) / each
	rank := int64(0)
	if teams <= 40 {
		mine := m.draw(forTeam, 0, team)
		for t := range race.CarIdx(teams) {
			if m.draw(forTeam, 0, t) < mine {
				rank++
			}
		}
	} else {
		rank, teams = int64(m.draw(forTeam, 0, team)>>33), 1<<31
	}
	us := int64(0)
	if teams > 1 {
		us = m.p.pace.carSpreadUS * rank / (teams - 1)
	}
	us += m.p.pace.driverSpreadUS * permille(m.draw(forDriver, 0, car)) / 1000
	return us * m.timeScale / 1000
}

func (m *Model) specify(car race.CarIdx) {
	s := &m.specs[car]
	plan := m.plan(car)
	if s.offsetUS = int32(m.paceUS(car)); plan.PaceUS != nil {
		s.offsetUS = int32(*plan.PaceUS * m.timeScale / 1000)
	}
	st := &m.p.start
	s.reactionUS = int32(max(st.reactionMinUS, st.reactionUS+st.reactionSdUS*bell(m.draw(forReaction, 0, car))/1000))
	distanceM := m.profile.length / 1_000_000 * int64(m.laps)
	chance := min(m.p.failures.permilleMax, m.p.failures.permille*distanceM/raceReferenceM)
	fate := m.draw(forFailure, 0, car)
	if permille(fate) < chance {
		s.failLap = 1 + int32(mix(fate)>>33%uint64(m.laps))
	}
	if plan.FailsOnLap != nil {
		s.failLap = int32(*plan.FailsOnLap)
	}
	if s.failLap > 0 {
		s.failClock = int64(mix(fate+1) >> 1 % uint64(m.profile.lapNS))
	}
	s.stops = int32(m.plannedStops(car, distanceM/1000))
	switch {
	case plan.PitLaps != nil:
		s.stops = int32(len(plan.PitLaps))
	case len(plan.Compounds) > 0:
		s.stops = int32(len(plan.Compounds) - 1)
	}
	each := int(st.carsPerTeam)
	s.boxUM = m.circuit.Pit.BoxUM(int(car)/each, (m.cfg.Cars+each-1)/each)
}

// plannedStops returns none in short races, then one, then one to three, then one for each so many kilometres.
func (m *Model) plannedStops(car race.CarIdx, km int64) int64 {
	luck := permille(m.draw(forStrategy, 0, car))
	s := &m.p.strategy
	switch {
	case int64(m.laps) < s.noStopLaps || km < s.noStopKM:
		return 0
	case km < s.oneStopKM:
		return 1
	case km < s.fewStopsKM:
		switch {
		case luck < s.oneStopPermille:
			return 1
		case luck < s.oneStopPermille+s.twoStopsPermille:
			return 2
		}
		return 3
	}
	return km/s.stopEveryKM + luck/500
}

// line puts the cars on the grid: by the grid positions of their entries, otherwise by a qualifying draw. A field too
// large for the distance between slots is compressed.
func (m *Model) line() {
	order := make([]race.CarIdx, m.cfg.Cars)
	key := make([]int64, m.cfg.Cars)
	given := false
	for i := range order {
		order[i] = race.CarIdx(i)
		given = given || m.entries[i].Grid > 0
	}
	for i := range key {
		car := race.CarIdx(i)
		switch {
		case !given:
			key[i] = m.qualifyingUS(car)
		case m.entries[i].Grid > 0:
			key[i] = int64(m.entries[i].Grid)
		default:
			key[i] = 1 << 40
			if m.cfg.Setup != nil {
				key[i] += m.qualifyingUS(car)
			}
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return key[order[a]] < key[order[b]] })
	if given && m.cfg.Entries == nil {
		order = m.inPlaces(order)
	}
	slot := min(m.p.start.slotMM*1000, m.profile.length*m.p.start.gridPermilleMax/1000/int64(m.cfg.Cars))
	m.starts = make([]int64, m.cfg.Cars)
	for place, car := range order {
		m.starts[car] = slot * int64(place+1)
		e := &m.entries[car]
		if !given || m.cfg.Entries == nil {
			e.Grid = place + 1
		}
		if e.PitLaneStart && m.lane.finishUM > 0 {
			m.starts[car] = pitStartUM
		} else {
			e.PitLaneStart = false
		}
		e.StartOffsetM = int(max(1, m.starts[car]/1_000_000))
	}
}

// qualifyingUS is the qualifying lap of a car behind the best.
func (m *Model) qualifyingUS(car race.CarIdx) int64 {
	noise := m.p.start.qualifyingSdUS * bell(m.draw(forQualifying, 0, car)) / 1000 * m.timeScale / 1000
	return int64(m.specs[car].offsetUS) + noise
}

// inPlaces puts the cars with a given place there, and the others, in their order, on the places that are left.
func (m *Model) inPlaces(order []race.CarIdx) []race.CarIdx {
	out := make([]race.CarIdx, len(order))
	for i := range out {
		out[i] = race.NoCar
	}
	rest := order[:0:0]
	for _, car := range order {
		if at := m.entries[car].Grid; at > 0 {
			out[at-1] = car
		} else {
			rest = append(rest, car)
		}
	}
	for i := range out {
		if out[i] == race.NoCar {
			out[i], rest = rest[0], rest[1:]
		}
	}
	return out
}

// Grid returns the field before the start: tick 0.
func (m *Model) Grid() *Field {
	rows := make([]Row, m.cfg.Cars)
	f := &Field{race: m.fingerprint, Rows: rows, ChequeredAt: race.NoTime, Winner: race.NoCar, Leader: race.NoCar}
	for i := range rows {
		car, r := race.CarIdx(i), &rows[i]
		r.State, r.FinishAt, r.Chase = race.OnGrid, -1, race.NoCar
		r.Mode, r.WaitUS = Launching, m.specs[i].reactionUS
		r.Clock = m.profile.clock(m.profile.length - m.starts[i])
		r.Clock = min(r.Clock, m.profile.lapNS-1)
		r.NextLine = m.nextLine(r.Clock)
		r.Compound = m.compound(car, 0)
		m.setPace(car, r)
		if m.entries[i].PitLaneStart {
			r.State, r.Mode, r.WaitUS = race.InPit, Served, int32(m.p.start.pitLaneWaitUS)
			r.LaneUM = int32(m.lane.finishUM - pitStartUM)
			m.laneClock(r)
		}
	}
	m.neighbours(nil, f)
	return f
}

// nextLine returns the next line on the track ahead of a place.
func (m *Model) nextLine(clock int64) uint8 {
	for i := m.next[0]; i != 0; i = m.next[i] {
		if m.lines[i] > clock {
			return i
		}
	}
	return 0
}
