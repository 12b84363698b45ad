package drive

import "lightsout/race"

// paceUnit is a pace of real time, in billionths.
const paceUnit = 1_000_000_000

// turn is the computation of one car's tick.
type turn struct {
	m    *Model
	prev *Field
	car  race.CarIdx
	row  Row
	// now is the race time reached inside the tick, left the rest of the tick, in microseconds.
	now, left int64
	ordinal   int
	buf       []Crossing
}

// Next computes row n+1 of a car and its crossings in that tick from field n alone. It appends the crossings to buf in time
// order. It changes nothing else, so it may be called in any order, concurrently, and repeatedly.
func (m *Model) Next(prev *Field, in *Inputs, car race.CarIdx, buf []Crossing) (Row, []Crossing) {
	t := turn{m: m, prev: prev, car: car, row: prev.Rows[car], now: int64(prev.Time), left: m.tickUS, buf: buf}
	r := &t.row
	r.Step = 0
	if r.over() {
		r.SpeedMMS = 0
		return t.row, t.buf
	}
	if in != nil {
		if in.retires(car) {
			return m.Retire(prev, car), t.buf
		}
		if in.calls(car) {
			m.call(r)
		}
	}
	if r.State == race.InPit {
		t.inLane()
	} else {
		t.onTrack()
	}
	return t.row, t.buf
}

// Retire returns the row of a car that is taken out of the race, where it stands, in the tick after prev.
func (m *Model) Retire(prev *Field, car race.CarIdx) Row {
	r := prev.Rows[car]
	r.Step = 0
	if r.over() {
		return r
	}
	r.State, r.SpeedMMS, r.WaitUS, r.Reason = race.Retired, 0, 0, Withdrawn
	r.Mode, r.Chase, r.ChaseTicks = 0, race.NoCar, 0
	return r
}

// call orders a car into the pits: at the next pit entry, if that is still ahead on this lap.
func (m *Model) call(r *Row) {
	if r.Lap >= 1 && int(r.Lap) <= m.lapsMax() && r.State == race.Running {
		if r.Clock < m.lane.entry {
			r.Mode |= PitThisLap
		}
		r.Mode |= PitCalled
	}
}

func (t *turn) onTrack() {
	m, r := t.m, &t.row
	if r.WaitUS > 0 { // reaction time at the start
		r.WaitUS -= int32(t.left)
		if r.WaitUS > 0 {
			return
		}
		t.now += t.left + int64(r.WaitUS)
		t.left = -int64(r.WaitUS)
		r.WaitUS = 0
	}
	r.State = race.Running
	if s := &m.specs[t.car]; s.failLap > 0 && r.Lap >= s.failLap && r.Mode&Failing == 0 &&
		(r.Lap > s.failLap || r.Clock >= s.failClock) {
		r.Mode = Failing
		r.Chase = race.NoCar
	}
	if r.Mode&Failing != 0 {
		t.rollOut()
		return
	}
	rate := t.rate()
	step := rate * t.left / 1_000_000 // ns of the profile's clock
	_, top := m.profile.at(r.Clock)
	if r.Mode&(Launching|PitThisLap) != 0 || t.prev.Flag == race.FlagRed {
		step = t.limited(step, top)
	} else {
		r.SpeedMMS = int32(int64(top) * (rate / 1000) / (paceUnit / 1000))
	}
	if held := t.follow(step); held < step {
		step = held
		r.SpeedMMS = min(r.SpeedMMS, int32(step*int64(top)/max(1, t.left)/1000))
	}
	t.advance(step)
}

// limited returns a step within the car's limits while it accelerates, brakes for the pit lane or stops for a red flag; it
// sets the speed.
func (t *turn) limited(step int64, top int32) int64 {
	m, r := t.m, &t.row
	if t.left <= 0 {
		return 0 // the reaction took all of the tick
	}
	before := int64(r.SpeedMMS)
	after := step * int64(top) / t.left / 1000 // mm/s at the wanted pace
	if r.Mode&Launching != 0 {
		pull := int64(m.pullMMS2[min(before/1000, int64(len(m.pullMMS2)-1))])
		if faster := before + pull*t.left/1_000_000; faster < after {
			after = faster
		} else {
			r.Mode &^= Launching
			before = after
		}
	} else {
		before = after
	}
	if r.Mode&PitThisLap != 0 {
		if most := m.approach(r.Clock); most < after {
			before, after = most, most
		}
	}
	if t.prev.Flag == race.FlagRed {
		before = int64(r.SpeedMMS)
		after = max(0, before-m.p.flags.redBrakeMMS2*t.left/1_000_000)
		r.Mode |= Launching
	}
	r.SpeedMMS = int32(after)
	return (before + after) / 2 * t.left * 1000 / int64(max(top, 1000))
}

// rollOut stops a broken car.
func (t *turn) rollOut() {
	m, r := t.m, &t.row
	_, top := m.profile.at(r.Clock)
	before := int64(r.SpeedMMS)
	after := max(0, before-m.p.failures.rollOutMMS2*t.left/1_000_000)
	r.SpeedMMS = int32(after)
	if after == 0 {
		r.State, r.Mode = race.Retired, 0
		kinds := uint64(Withdrawn - EngineFailed)
		r.Reason = EngineFailed + Reason(t.m.draw(forReason, 0, t.car)>>20%kinds)
	}
	t.advance((before + after) / 2 * t.left * 1000 / int64(max(top, 1000)))
	if r.State == race.Retired {
		r.Step = 0
	}
}

// advance moves the car by a step of the profile's clock over the rest of the tick and handles what it passes: lines, the pit
// entry, the finish.
func (t *turn) advance(step int64) {
	m, r := t.m, &t.row
	if step <= 0 {
		return
	}
	r.Step += step
	for {
		to := r.Clock + step
		if r.Mode&PitThisLap != 0 && r.Clock < m.lane.entry && to >= m.lane.entry {
			t.move(step, m.lane.entry-r.Clock)
			t.enterLane()
			return
		}
		if to < m.profile.lapNS {
			t.cross(step, to)
			t.seen(r.Clock, to)
			r.Clock = to
			return
		}
		rest := to - m.profile.lapNS
		t.seen(r.Clock, m.profile.lapNS)
		t.move(step, m.profile.lapNS-r.Clock)
		r.Clock = 0
		t.finishLine(false)
		if r.State == race.Finished || rest == 0 {
			return
		}
		step = rest
	}
}

// move moves the car by a part of a step and reports the lines on the way.
func (t *turn) move(step, part int64) {
	t.cross(step, t.row.Clock+part)
	us := t.left * part / step
	t.row.Clock += part
	t.now += us
	t.left -= us
}

// cross reports the lines up to an instant of the profile's clock, except the finish line.
func (t *turn) cross(step, to int64) {
	m, r := t.m, &t.row
	for r.NextLine != 0 && m.lines[r.NextLine] <= to {
		i := int(r.NextLine)
		at := t.now + t.left*(m.lines[i]-r.Clock)/step
		kmh := 0
		if m.circuit.Lines[i].Kind == race.LineSpeedTrap {
			kmh = int(int64(r.SpeedMMS) * 36 / 10_000)
		}
		t.crossing(i, at, false, kmh)
		r.NextLine = m.next[i]
	}
}

func (t *turn) crossing(line int, at int64, inPit bool, kmh int) {
	t.buf = append(t.buf, Crossing{
		Car: t.car, Line: line, Time: race.Micros(at), InPit: inPit, SpeedKMH: kmh, Ordinal: t.ordinal,
	})
	t.ordinal++
}

// finishLine handles the car's crossing of the finish line at the time reached: a lap begins, or its race is over.
func (t *turn) finishLine(inPit bool) {
	m, r := t.m, &t.row
	t.crossing(0, t.now, inPit, 0)
	r.FinishAt = t.now
	r.Lap++
	r.NextLine = m.next[0]
	if int(r.Lap) > m.lapsMax() || t.prev.ChequeredAt != race.NoTime {
		r.finish()
		return
	}
	if !inPit {
		if r.Lap > 1 {
			r.TyreAge++
		}
		r.Mode &^= FreshTyres
		if m.wantsStop(t.car, r) {
			r.Mode |= PitThisLap
		}
	}
	r.Mode &^= FlapOpen
	m.setPace(t.car, r)
}

func (r *Row) finish() {
	r.State, r.SpeedMMS, r.Step, r.Mode = race.Finished, 0, 0, 0
	r.Chase, r.ChaseTicks, r.WaitUS = race.NoCar, 0, 0
}
