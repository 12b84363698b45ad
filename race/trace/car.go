package trace

import "lightsout/race"

// Head precedes the telemetry of some cars.
type Head struct {
	Race race.ID
	// StartedAt is the start signal in UTC nanoseconds; 0 means not given, and then there are no dates.
	StartedAt int64
	Channels  []race.Channel
	// Dates is set if each sample has a date: the start signal plus its race time.
	Dates bool
	Cars  int
}

// Car is the telemetry of one car, ready to be shown.
type Car struct {
	Number int
	Code   string
	// Read is the number of samples read for it.
	Read int
	Series
}
