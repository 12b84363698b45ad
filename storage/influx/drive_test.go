package influx_test

import (
	"fmt"
	"time"

	"lightsout/race"
)

// course is a simple race: cars that lap at different paces, timed at three lines and in ten frames a second.
type course struct {
	id      race.ID
	cars    int
	laps    int
	lapTime race.Micros // of the first car; each following car is a little slower
	startAt time.Time
	every   int // frames of telemetry; 0 means as the Feed is configured
}

var lines = []race.Line{
	{Kind: race.LineFinish, Sector: 3}, {Kind: race.LineSector, Sector: 1, Permyriad: 3000}, {Kind: race.LineSector, Sector: 2, Permyriad: 6000},
}

func (c *course) pace(car int) race.Micros {
	return c.lapTime + race.Micros(car)*c.lapTime/race.Micros(50*c.cars+1)
}

// ticks returns the length of the race in frames.
func (c *course) ticks() int { return int(c.pace(c.cars-1)*race.Micros(c.laps+1)/100_000) + 2 }

// head returns the records before the first tick.
func (c *course) head(kind race.Kind) []race.Record {
	rules := race.F1(c.laps)
	rules.RunningLimit, rules.WindowLimit, rules.MinLap, rules.DeadTime = 0, 0, race.Second/10, race.Second/100
	at := c.startAt.Add(-time.Minute).UnixNano()
	out := []race.Record{{RecordedAt: at, Body: race.Announced{Race: race.Race{
		ID: c.id, Name: "A race", Kind: kind, Circuit: "c", Lines: lines, Rules: rules, Cars: c.cars, TickHz: 10, TelemetryEvery: c.every,
	}}}}
	for car := range c.cars {
		out = append(out, race.Record{RecordedAt: at, Body: race.Entered{Entry: race.Entry{
			Number: car + 1, Code: fmt.Sprintf("C%02d", car%100), Name: "Driver", Team: fmt.Sprintf("Team, =%d", car/2), Colour: "ff0000", Grid: car + 1,
		}}})
	}
	return append(out, race.Record{RecordedAt: c.startAt.UnixNano(), Body: race.Started{}})
}

// tick returns the records and the frame of a tick, from 1.
func (c *course) tick(n int) ([]race.Record, *race.Frame) {
	from, to := race.Micros(n-1)*100_000, race.Micros(n)*100_000
	at := c.startAt.UnixNano() + int64(to)*1000
	var out []race.Record
	f := &race.Frame{
		Tick: race.Tick(n), Time: to, LapFraction: make([]uint16, c.cars), State: make([]race.CarState, c.cars),
		Lap: make([]uint16, c.cars), SpeedDKMH: make([]uint16, c.cars), RPM50: make([]uint8, c.cars),
		Throttle: make([]uint8, c.cars), Brake: make([]uint8, c.cars), GearDRS: make([]uint8, c.cars),
	}
	for car := range c.cars {
		lap := c.pace(car)
		for line, l := range lines {
			first := lap * race.Micros(l.Permyriad) / 10_000
			for k := max(0, (from-first)/lap); first+k*lap < to; k++ {
				if t := first + k*lap; t >= from && t > 0 && k <= race.Micros(c.laps) {
					out = append(out, race.Record{Time: t, RecordedAt: at, Body: race.Passing{Car: race.CarIdx(car), Line: line}})
				}
			}
		}
		part := to % lap * 65536 / lap
		f.LapFraction[car], f.Lap[car] = uint16(part), uint16(to/lap+1)
		f.SpeedDKMH[car], f.RPM50[car] = uint16(900+(n*7+car*13)%2400), uint8((n+car)%250)
		f.Throttle[car], f.Brake[car], f.GearDRS[car] = uint8(n%101), uint8(car%101), uint8(1+n%8)|uint8(n/3%2)*race.DRSOpen
	}
	return out, f
}

// run appends the whole race.
func (c *course) run(m *memory) {
	m.add(c.id, c.head(race.Simulation), nil)
	for n := 1; n <= c.ticks(); n++ {
		records, f := c.tick(n)
		m.add(c.id, records, f)
	}
	m.add(c.id, []race.Record{{Time: race.Micros(c.ticks()) * 100_000, RecordedAt: c.startAt.UnixNano(), Body: race.Ended{}}}, nil)
}
