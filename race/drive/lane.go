package drive

import (
	"math"

	"lightsout/race"
)

// lane is the pit lane, on the profile's clock and in micrometres from its entry.
type lane struct {
	entry, exit int64 // profile clock
	exitLine    int
	entryLine   int
	exitNext    uint8
	lengthUM    int64
	finishUM    int64 // 0 if the finish line does not cross the lane
	limitMMS    int64
	entryUM     int64 // of the track
	approachNS  int64 // how long before the entry a car may have to brake
}

const pitStartUM = 10_000_000

func (m *Model) findLane() {
	c := m.circuit
	l := &m.lane
	l.entryLine, l.exitLine = c.LineOf(race.LinePitEntry), c.LineOf(race.LinePitExit)
	l.entry, l.exit = m.lines[l.entryLine], m.lines[l.exitLine]
	l.exitNext = m.nextLine(l.exit)
	l.lengthUM = c.Pit.LengthUM()
	l.finishUM, _ = c.Pit.FinishUM()
	l.limitMMS = int64(c.Pit.LimitKMH) * 10_000 / 36
	l.entryUM = c.LineUM(l.entryLine)
	l.approachNS = 8_000_000_000
}

// approach returns the highest speed, in mm/s, from which a car can still brake to the limit at the pit entry.
func (m *Model) approach(clock int64) int64 {
	l := &m.lane
	if clock > l.entry || l.entry-clock > l.approachNS {
		return 1 << 40
	}
	um, _ := m.profile.at(clock)
	mm := max(0, l.entryUM-um) / 1000
	return int64(math.Sqrt(float64(l.limitMMS*l.limitMMS + 2*m.p.pit.approachMMS2*mm)))
}

func (t *turn) enterLane() {
	m, r := t.m, &t.row
	r.State = race.InPit
	r.LaneUM = 0
	r.Mode &^= PitThisLap | Served | Launching | FlapOpen
	r.Chase, r.ChaseTicks = race.NoCar, 0
	r.SpeedMMS = int32(min(int64(r.SpeedMMS), m.lane.limitMMS))
	t.crossing(m.lane.entryLine, t.now, true, 0)
	t.inLane()
}

// inLane moves a car through the pit lane for the rest of the tick.
func (t *turn) inLane() {
	m, r := t.m, &t.row
	if r.WaitUS > 0 {
		r.WaitUS -= int32(t.left)
		if r.WaitUS > 0 {
			return
		}
		t.now += t.left + int64(r.WaitUS)
		t.left = -int64(r.WaitUS)
		r.WaitUS = 0
		t.release()
	}
	if t.prev.Flag == race.FlagRed && r.Lap == 0 {
		return
	}
	before := int64(r.SpeedMMS)
	after := min(m.lane.limitMMS, before+m.p.pit.pullMMS2*t.left/1_000_000)
	box := m.specs[t.car].boxUM
	if r.Mode&Served == 0 {
		mm := max(0, box-int64(r.LaneUM)) / 1000
		after = min(after, max(m.p.pit.creepMMS, int64(math.Sqrt(float64(2*m.p.pit.brakeMMS2*mm)))))
	}
	r.SpeedMMS = int32(after)
	step := max(1, (before+after)/2*t.left/1000) // micrometres
	if r.Mode&Served == 0 && int64(r.LaneUM)+step >= box {
		t.roll(step, box)
		t.stop()
		return
	}
	t.roll(step, int64(r.LaneUM)+step)
}

// roll moves the car to a place in the lane and handles what it passes.
func (t *turn) roll(step, to int64) {
	m, r := t.m, &t.row
	from := int64(r.LaneUM)
	at := func(um int64) int64 { return t.now + t.left*(um-from)/step }
	if f := m.lane.finishUM; f > from && f <= to {
		was := t.now
		t.now = at(f)
		t.finishLine(true)
		t.now = was
		if r.State == race.Finished {
			r.Clock = 0
			return
		}
	}
	if to < m.lane.lengthUM {
		r.LaneUM = int32(to)
		m.laneClock(r)
		return
	}
	out := at(m.lane.lengthUM)
	t.left -= out - t.now
	t.now = out
	t.crossing(m.lane.exitLine, t.now, true, 0)
	r.State, r.LaneUM = race.Running, 0
	r.Clock, r.NextLine = m.lane.exit, m.lane.exitNext
	r.Mode = r.Mode&^Served | Launching
	_, top := m.profile.at(r.Clock)
	t.advance(int64(r.SpeedMMS) * t.left * 1000 / int64(max(top, 1000)))
}

// laneClock sets the place of a car in the lane beside the track, for the order on the road and the picture.
func (m *Model) laneClock(r *Row) {
	l, at := &m.lane, int64(r.LaneUM)/1000
	switch {
	case l.finishUM == 0:
		r.Clock = l.entry + (l.exit-l.entry)/1000*at/(l.lengthUM/1000)*1000
	case int64(r.LaneUM) < l.finishUM:
		r.Clock = min(m.profile.lapNS-1, l.entry+(m.profile.lapNS-l.entry)/1000*at/max(1, l.finishUM/1000)*1000)
	default:
		r.Clock = l.exit / 1000 * (at - l.finishUM/1000) / max(1, (l.lengthUM-l.finishUM)/1000) * 1000
	}
}

// stop begins the stop at the box; its duration is drawn from the table of stationary times.
func (t *turn) stop() {
	m, r := t.m, &t.row
	if r.State != race.InPit {
		return
	}
	luck := draw(m.cfg.Seed, forStop, int64(r.Stops), uint64(t.car), 0)
	r.StationaryUS = m.stopsUS[luck>>54]
	r.WaitUS = r.StationaryUS
	r.SpeedMMS = 0
}

// release ends the stop with new tyres.
func (t *turn) release() {
	m, r := t.m, &t.row
	if r.Mode&Served != 0 { // a start from the pit lane
		return
	}
	r.Stops++
	c := m.compound(t.car, int64(r.Stops))
	if len(m.plan(t.car).Compounds) == 0 && int64(r.Stops) == int64(m.specs[t.car].stops) && c == race.Soft && r.Compound != race.Medium {
		c = race.Medium // until the end
	}
	r.Compound, r.TyreAge = c, 0
	r.Mode = r.Mode&^PitCalled | Served | FreshTyres
	m.setPace(t.car, r)
}
