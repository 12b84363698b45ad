package drive

import "lightsout/race"

// Frame returns the frame of a field: all cars, all columns. The caller owns it.
func (m *Model) Frame(f *Field) *race.Frame {
	n := len(f.Rows)
	words := make([]uint16, 3*n)
	bytes := make([]uint8, 4*n)
	frame := &race.Frame{
		Tick: f.Tick, Time: f.Time, State: make([]race.CarState, n),
		LapFraction: words[:n:n], Lap: words[n : 2*n : 2*n], SpeedDKMH: words[2*n:],
		RPM50: bytes[:n:n], Throttle: bytes[n : 2*n : 2*n], Brake: bytes[2*n : 3*n : 3*n], GearDRS: bytes[3*n:],
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		um, _ := m.profile.at(r.Clock)
		frame.LapFraction[i] = uint16(um >> 4 << 16 / (m.profile.length >> 4))
		frame.State[i] = r.State
		frame.Lap[i] = uint16(min(int(r.Lap), m.lapsMax()))
		if m.cfg.Duration > 0 && r.State == race.Finished {
			frame.Lap[i] = uint16(max(0, r.Lap-1))
		}
		frame.SpeedDKMH[i] = uint16(int64(r.SpeedMMS) * 36 / 1000)
		frame.RPM50[i], frame.Throttle[i], frame.Brake[i], frame.GearDRS[i] = m.cockpit(r)
	}
	return frame
}

// cockpit returns engine speed, pedals, gear and DRS: the profile's if the car drives at its pace.
func (m *Model) cockpit(r *Row) (rpm50, throttle, brake, gearDRS uint8) {
	if r.over() {
		return 0, 0, 0, 0
	}
	gear, rpm := m.p.car.gearbox(r.SpeedMMS)
	c := &m.profile.cells[r.Clock>>cellBits]
	throttle, brake = c.throttle, c.brake
	switch {
	case r.State == race.OnGrid:
		return 80, 0, 100, 1
	case r.State == race.InPit && r.SpeedMMS == 0:
		return 80, 0, 100, 0
	case r.State == race.InPit:
		throttle, brake = 20, 0
	case r.Mode&Failing != 0:
		throttle, brake = 0, 10
	case r.Mode&Launching != 0:
		throttle, brake = 100, 0
	case r.Mode&PitThisLap != 0 && m.approach(r.Clock) < int64(r.SpeedMMS)*51/50:
		throttle, brake = 0, 60
	}
	if r.Mode&FlapOpen != 0 && m.flap.within(r.Clock) {
		gear |= race.DRSOpen
	}
	return rpm, throttle, brake, gear
}
