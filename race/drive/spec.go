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

const (
	carSpreadUS     = 2_300_000 // pace of the slowest car behind the best
	driverSpreadUS  = 1_000_000
	qualifyingSdUS  = 300_000
	reactionUS      = 250_000
	reactionSdUS    = 60_000
	failPermille    = 143
	failPermilleMax = 500
	slotUM          = 8_000_000 // distance between two grid slots
	gridPermilleMax = 600       // of the lap
)

func (m *Model) draw(p purpose, when int64, a race.CarIdx) uint64 {
	return draw(m.cfg.Seed, p, when, uint64(a), 0)
}

// paceUS returns the pace of a car and its driver behind the best, per lap. A few teams are evenly spread and shuffled; in
// large fields each team has a random pace.
func (m *Model) paceUS(car race.CarIdx) int64 {
	team := car / carsPerTeam
	teams := (int64(m.cfg.Cars) + carsPerTeam - 1) / carsPerTeam
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
		us = carSpreadUS * rank / (teams - 1)
	}
	us += driverSpreadUS * permille(m.draw(forDriver, 0, car)) / 1000
	return us * m.timeScale / 1000
}

func (m *Model) specify(car race.CarIdx) {
	s := &m.specs[car]
	s.offsetUS = int32(m.paceUS(car))
	s.reactionUS = int32(max(100_000, reactionUS+reactionSdUS*bell(m.draw(forReaction, 0, car))/1000))
	distanceM := m.profile.length / 1_000_000 * int64(m.cfg.Laps)
	chance := min(failPermilleMax, failPermille*distanceM/raceReferenceM)
	fate := m.draw(forFailure, 0, car)
	if permille(fate) < chance {
		s.failLap = 1 + int32(mix(fate)>>33%uint64(m.cfg.Laps))
		s.failClock = int64(mix(fate+1) >> 1 % uint64(m.profile.lapNS))
	}
	s.stops = int32(m.plannedStops(car, distanceM/1000))
	teams := (m.cfg.Cars + carsPerTeam - 1) / carsPerTeam
	s.boxUM = m.circuit.Pit.BoxUM(int(car)/carsPerTeam, teams)
}

// plannedStops returns none in short races, then one, then one to three, then one for each 150 km.
func (m *Model) plannedStops(car race.CarIdx, km int64) int64 {
	luck := permille(m.draw(forStrategy, 0, car))
	switch {
	case m.cfg.Laps < 8 || km < 100:
		return 0
	case km < 200:
		return 1
	case km < 400:
		switch {
		case luck < 480:
			return 1
		case luck < 930:
			return 2
		}
		return 3
	}
	return km/150 + luck/500
}

// line puts the cars on the grid: by the grid positions of their entries, otherwise by a qualifying draw. Slots are 8 m apart;
// a field too large for that is compressed to 60 % of the lap.
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
			key[i] = int64(m.specs[i].offsetUS) + qualifyingSdUS*bell(m.draw(forQualifying, 0, car))/1000*m.timeScale/1000
		case m.entries[i].Grid > 0:
			key[i] = int64(m.entries[i].Grid)
		default:
			key[i] = 1 << 40
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return key[order[a]] < key[order[b]] })
	slot := min(slotUM, m.profile.length*gridPermilleMax/1000/int64(m.cfg.Cars))
	m.starts = make([]int64, m.cfg.Cars)
	for place, car := range order {
		m.starts[car] = slot * int64(place+1)
		e := &m.entries[car]
		if !given {
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
			r.State, r.Mode, r.WaitUS = race.InPit, Served, pitStartWaitUS
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
