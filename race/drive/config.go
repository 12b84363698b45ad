package drive

import (
	"errors"
	"fmt"

	"lightsout/race"
	"lightsout/race/circuit"
)

// Config defines a simulated race completely.
type Config struct {
	Circuit *circuit.Circuit
	// Cars and Laps: 1 to race.CarsMax and race.LapsMax. Cars may be 0 if Entries are set, Laps if Duration is.
	Cars, Laps int
	// Duration ends the race at the leader's next crossing of the finish line; 0 means no limit.
	Duration race.Micros
	// Seed determines all random choices.
	Seed uint64
	// TickHz is the number of ticks per second of race time, a divisor of 1,000,000 up to 100; 0 means 10.
	TickHz int
	// Entries are the cars by CarIdx; nil means invented ones. A Grid of 0 puts a car behind all others.
	Entries []race.Entry
	// Setup is what was given of model and entries; nil means nothing. With Entries it gives the model alone.
	Setup *Setup
}

const (
	tickHzDefault = 10
	tickHzMax     = 100
)

func (c Config) withDefaults() Config {
	if c.TickHz == 0 {
		c.TickHz = tickHzDefault
	}
	if c.Cars == 0 {
		c.Cars = len(c.Entries)
	}
	return c
}

// Validate returns all faults of the configuration.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	hz := c.withDefaults().TickHz
	cars := c.withDefaults().Cars
	check(c.Circuit != nil, "circuit is missing: allowed is one of circuit.Open, Parse or Import")
	check(cars >= 1 && cars <= race.CarsMax, "cars is %d: allowed is 1 to %d", cars, race.CarsMax)
	check(c.Laps >= 1 && c.Laps <= race.LapsMax || c.Laps == 0 && c.Duration > 0,
		"laps is %d: allowed is 1 to %d, or 0 with a duration", c.Laps, race.LapsMax)
	check(c.Duration >= 0 && c.Duration <= race.TimeMax, "duration is %v: allowed is 0 (none) to %v", c.Duration, race.TimeMax)
	check(hz >= 1 && hz <= tickHzMax && 1_000_000%hz == 0,
		"tick_hz is %d: allowed is a divisor of 1,000,000 from 1 to %d, 0 is %d", c.TickHz, tickHzMax, tickHzDefault)
	check(c.Entries == nil || len(c.Entries) == cars, "entries are %d for %d cars: allowed is one for each car, or none",
		len(c.Entries), cars)
	return errors.Join(faults...)
}
