package trace

import "lightsout/race"

// Head is what is said before the telemetry of some cars.
type Head struct {
	Race race.ID
	// StartedAt is the start signal in UTC nanoseconds; 0: it was not given, and there are no dates.
	StartedAt int64
	Channels  []race.Channel
	// Dates says that each sample is dated: the start signal and its race time.
	Dates bool
	Cars  int
}

// Car is the telemetry of one car, as it is shown.
type Car struct {
	Number int
	Code   string
	// Read counts the samples that it was made of.
	Read int
	Series
}
