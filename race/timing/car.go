package timing

import "lightsout/race"

// car is what timing knows of a car. All times are truncated once, at the crossing (decision 8).
type car struct {
	state race.CarState
	laps  int
	// begun says that the first lap counts: false while a car that starts behind the line has not crossed it.
	begun bool
	// progress is laps·lines + line of the last line passed; it orders the cars between laps (rules 1 and 4).
	progress   int32
	progressAt race.Micros // untruncated, settles ties
	lastAt     race.Micros // truncated time of the last line passed
	lapStart   race.Micros
	ends       []race.Micros // truncated race time at the end of each lap
	rawEnds    []race.Micros
	trail      []crossing // the last lap of crossings, by progress modulo its length
	sectorAt   race.Micros
	miniAt     race.Micros
	nextSector int // the sector that is being driven, from 1; 0 after a missed loop
	nextMini   int // likewise from 0; -1 after a missed loop

	lap         race.Lap // the lap being driven
	worstFlag   race.FlagState
	best        race.Micros
	bestLap     int
	bestSectors [3]race.Micros
	bestMinis   []race.Micros
	penalty     race.Micros
	reason      string
	stopAt      race.Micros // of the retirement, NoTime

	row race.Row
}

// crossing is when a car had which progress.
type crossing struct {
	progress int32
	at       race.Micros
}

func newCar(idx race.CarIdx, e *race.Entry, lines, minis int) car {
	c := car{
		begun: e.StartOffsetM <= 0, progress: -1, stopAt: race.NoTime, nextSector: 1,
		trail: make([]crossing, lines+1), bestMinis: make([]race.Micros, minis),
		row: race.Row{Car: idx},
	}
	for i := range c.trail {
		c.trail[i].progress = -1
	}
	return c
}

// remember keeps a crossing for the gaps of those behind.
func (c *car) remember(progress int32, raw, at race.Micros) {
	c.progress, c.progressAt, c.lastAt = progress, raw, at
	c.trail[int(progress)%len(c.trail)] = crossing{progress, at}
}

// timeAt is when the car had that progress, if it is less than a lap and a line ago.
func (c *car) timeAt(progress int32) (race.Micros, bool) {
	t := c.trail[int(progress)%len(c.trail)]
	return t.at, t.progress == progress
}

// racing says that the car's crossings count.
func (c *car) racing() bool { return c.state == race.Running || c.state == race.InPit }

// mark ranks a time against the best of the car and of all, and keeps it where it is one.
func mark(t race.Micros, own, all *race.Micros) race.Mark {
	m := race.Slower
	if *own == 0 || t < *own {
		*own, m = t, race.PersonalBest
	}
	if *all == 0 || t < *all {
		*all, m = t, race.SessionBest
	}
	return m
}
