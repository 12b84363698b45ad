package export

import (
	"context"
	"math"

	"lightsout/race"
)

// Course maps the lap fraction of a simulated car, which is all that a store keeps of its position, to coordinates.
type Course struct {
	lengthM float64
	x, y    [1 << 16]int32 // tenths of a metre, by 1/65536 of the lap
}

// NewCourse samples the positions of a circuit, in metres, by the fraction of the lap.
func NewCourse(lengthM float64, at func(fraction float64) (x, y float64)) *Course {
	c := &Course{lengthM: lengthM}
	for i := range c.x {
		x, y := at(float64(i) / float64(len(c.x)))
		c.x[i], c.y[i] = int32(math.Round(x*10)), int32(math.Round(y*10))
	}
	return c
}

// moving is a car's telemetry at an instant, in whole units; unknown values are race.Unknown.
type moving struct {
	car                                  race.CarIdx
	time                                 race.Micros
	speedDKMH                            int
	rpm, gear, throttle, brake, drs, lap int
	fraction                             int // in 1/65536
	xDM, yDM                             int
	state                                string
}

var telemetryTable = &table[moving]{
	name: "telemetry", about: "telemetry of simulated and real cars: car by car within a range of time",
	columns: []column[moving]{
		{Column{Name: "date", About: "the start signal plus the race time", Type: Instant, Optional: true}, func(e *Export, r *moving) cell { return e.date(r.time) }},
		{Column{Name: "time_us", Unit: "us", About: "race time", Type: Whole}, func(_ *Export, r *moving) cell { return whole(r.time) }},
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *moving) cell { return number(e.entry(r.car)) }},
		{Column{Name: "lap_number", About: "the current lap, from 1; 0 on the grid", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.lap) }},
		{Column{Name: "speed", Unit: "km/h", Type: Real, Optional: true}, func(_ *Export, r *moving) cell { return tenths(r.speedDKMH) }},
		{Column{Name: "rpm", Unit: "1/min", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.rpm) }},
		{Column{Name: "n_gear", About: "0: neutral", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.gear) }},
		{Column{Name: "throttle", Unit: "%", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.throttle) }},
		{Column{Name: "brake", Unit: "%", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.brake) }},
		{Column{Name: "drs", About: "simulation: 1 is open; real car: as reported", Type: Small, Optional: true}, func(_ *Export, r *moving) cell { return known(r.drs) }},
		{Column{Name: "x", Unit: "m", About: "to the east", Type: Real, Optional: true}, func(_ *Export, r *moving) cell { return tenths(r.xDM) }},
		{Column{Name: "y", Unit: "m", About: "to the north", Type: Real, Optional: true}, func(_ *Export, r *moving) cell { return tenths(r.yDM) }},
		{Column{Name: "distance", Unit: "m", About: "from the finish line, in the lap", Type: Real, Optional: true}, (*Export).distance},
		{Column{Name: "relative_distance", About: "the driven fraction of the lap, 0 to 1", Type: Real, Optional: true}, func(_ *Export, r *moving) cell {
			return cell{real: math.Round(float64(r.fraction)/65536*1e6) / 1e6, missing: r.fraction == race.Unknown}
		}},
		{Column{Name: "state", About: "grid, running, pit, finished, retired, did_not_start or disqualified", Type: Text, Optional: true}, func(_ *Export, r *moving) cell { return word(r.state) }},
	},
	rows: telemetryRows,
}

func (e *Export) distance(r *moving) cell {
	if e.course == nil || r.fraction == race.Unknown {
		return cell{missing: true}
	}
	return cell{real: math.Round(float64(r.fraction)/65536*e.course.lengthM*10) / 10}
}

// stretchRows is the number of telemetry rows that are collected and then written car by car: they compress well, and a reader
// can skip other cars. As frames they take 3 MB.
const stretchRows = 1 << 18

func telemetryRows(ctx context.Context, e *Export, emit func(*moving) error, stretch func() error) error {
	var frames []*race.Frame
	write := func() error {
		if len(frames) == 0 {
			return nil
		}
		if err := e.emitFrames(frames, emit); err != nil {
			return err
		}
		frames = frames[:0]
		return stretch()
	}
	err := e.src.Frames(ctx, e.id, 0, e.end.Tick, func(f *race.Frame) error {
		if n := len(frames); n > 0 && (frames[0].Cars() != f.Cars() || frames[0].First != f.First || (n+1)*f.Cars() > stretchRows) {
			if err := write(); err != nil {
				return err
			}
		}
		frames = append(frames, f)
		return nil
	})
	if err == nil {
		err = write()
	}
	if err != nil {
		return err
	}
	return e.samples(ctx, func(page []race.Sample) error {
		for i := range page {
			if err := emit(reported(&page[i])); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// emitFrames emits the rows of consecutive frames, car by car.
func (e *Export) emitFrames(frames []*race.Frame, emit func(*moving) error) error {
	for i := range frames[0].Cars() {
		for _, f := range frames {
			r := moving{
				car: f.First + race.CarIdx(i), time: f.Time, speedDKMH: int(f.SpeedDKMH[i]), rpm: int(f.RPM50[i]) * 50,
				gear: int(f.GearDRS[i] &^ race.DRSOpen), throttle: int(f.Throttle[i]), brake: int(f.Brake[i]),
				drs: int(f.GearDRS[i]&race.DRSOpen) / race.DRSOpen, lap: int(f.Lap[i]), fraction: int(f.LapFraction[i]),
				xDM: race.Unknown, yDM: race.Unknown, state: f.State[i].String(),
			}
			if e.course != nil {
				r.xDM, r.yDM = int(e.course.x[r.fraction]), int(e.course.y[r.fraction])
			}
			if err := emit(&r); err != nil {
				return err
			}
		}
	}
	return nil
}

// reported converts a sample of a real car.
func reported(s *race.Sample) *moving {
	return &moving{
		car: s.Car, time: s.Time, speedDKMH: s.SpeedDKMH, rpm: s.RPM, gear: s.Gear, throttle: s.Throttle, brake: s.Brake, drs: s.DRS,
		lap: race.Unknown, fraction: race.Unknown, xDM: s.XDM, yDM: s.YDM,
	}
}
