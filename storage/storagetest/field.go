package storagetest

import "lightsout/race"

// Field generates the telemetry of an imaginary race: smooth like real telemetry, with a little noise, and a function of tick
// and car alone, so that everything a store returns can be checked.
type Field struct {
	ID   race.ID
	Cars int
}

// TickHz is the tick rate of a Field.
const TickHz = 10

// lapTicks is the duration of a lap of a Field: 90 seconds.
const lapTicks = 900

// Info returns the batch that announces the race.
func (f Field) Info() *race.Batch {
	info := race.Race{
		ID: f.ID, Name: "Field", Kind: race.Simulation, Cars: f.Cars, TickHz: TickHz, Rules: race.F1(100),
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
	}
	return &race.Batch{Race: f.ID, Count: 1, Records: []race.Record{{Seq: 1, RecordedAt: 1, Body: race.Announced{Race: info}}}}
}

// Tick returns the batch of a tick, from 1, with its frame.
func (f Field) Tick(tick race.Tick) *race.Batch {
	return &race.Batch{Race: f.ID, Count: uint64(tick) + 1, Frame: f.Frame(tick)}
}

// Batches returns the announcement and the given number of ticks.
func (f Field) Batches(ticks int) []*race.Batch {
	out := []*race.Batch{f.Info()}
	for tick := range ticks {
		out = append(out, f.Tick(race.Tick(tick+1)))
	}
	return out
}

// Frame returns the frame of a tick.
func (f Field) Frame(tick race.Tick) *race.Frame {
	n := f.Cars
	out := &race.Frame{
		Tick: tick, Time: f.At(tick), LapFraction: make([]uint16, n), State: make([]race.CarState, n), Lap: make([]uint16, n),
		SpeedDKMH: make([]uint16, n), RPM50: make([]uint8, n), Throttle: make([]uint8, n), Brake: make([]uint8, n), GearDRS: make([]uint8, n),
	}
	for car := range n {
		f.set(out, car)
	}
	return out
}

// At returns the race time of a tick.
func (f Field) At(tick race.Tick) race.Micros { return race.Micros(tick) * race.Second / TickHz }

func (f Field) set(out *race.Frame, car int) {
	way := int(out.Tick) + car*37 // in ticks; the cars are 37 ticks apart
	at := way % lapTicks
	corner := at % 90 // ten corners: 60 ticks of acceleration, 30 of braking
	noise := int(uint32(way*2654435761+car*40503) >> 30)
	speed, throttle, brake := 900+35*corner, 100, 0
	if corner >= 60 {
		speed, throttle, brake = 3000-70*(corner-60), 0, 100-2*(corner-60)
	}
	gear := 1 + speed/420
	out.LapFraction[car] = uint16(at*65536/lapTicks + noise)
	out.State[car] = race.Running
	out.Lap[car] = uint16(1 + way/lapTicks)
	out.SpeedDKMH[car] = uint16(speed + noise)
	out.RPM50[car] = uint8(120 + speed%420*2/7 + noise/2)
	out.Throttle[car], out.Brake[car], out.GearDRS[car] = uint8(throttle), uint8(brake), uint8(gear)
	if corner > 40 && corner < 60 {
		out.GearDRS[car] |= race.DRSOpen
	}
}

// Trace returns the expected trace of a car of the field that has driven from tick 1 to last.
func (f Field) Trace(q race.TraceQuery, last race.Tick) *race.Trace {
	out := &race.Trace{Car: q.Car}
	for tick := race.Tick(1); tick <= last; tick++ {
		if at := f.At(tick); at < q.From || at > q.To || int(q.Car) >= f.Cars {
			continue
		}
		frame := f.Frame(tick)
		out.Time = append(out.Time, frame.Time)
		i := int(q.Car)
		values := map[race.Channel]int32{
			race.ChannelSpeed: int32(frame.SpeedDKMH[i]), race.ChannelRPM: int32(frame.RPM50[i]) * 50,
			race.ChannelGear: int32(frame.GearDRS[i] & 15), race.ChannelDRS: int32(frame.GearDRS[i] >> 4 & 1),
			race.ChannelThrottle: int32(frame.Throttle[i]), race.ChannelBrake: int32(frame.Brake[i]),
			race.ChannelLap: int32(frame.Lap[i]), race.ChannelLapFraction: int32(frame.LapFraction[i]),
		}
		for c, v := range values {
			if asked(q, c) {
				out.Values[c] = append(out.Values[c], v)
			}
		}
	}
	return out
}

func asked(q race.TraceQuery, c race.Channel) bool {
	for _, one := range q.Channels {
		if one == c {
			return true
		}
	}
	return len(q.Channels) == 0
}
