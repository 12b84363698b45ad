package race

// Limits of a race.
const (
	CarsMax  = 100_000
	LapsMax  = 10_000
	LinesMax = 100
	// TelemetryEveryMax bounds how far telemetry may be thinned.
	TelemetryEveryMax = 10_000
)

// Line is a timing line of a circuit. Lines are listed in driving order, the finish line first (index 0).
type Line struct {
	Kind LineKind `json:"kind"`
	// Sector counts from 1: the sector that ends at this line, for finish and sector lines; 0 otherwise.
	Sector int `json:"sector"`
	// Permyriad is where the line lies, in ten thousandths of the lap.
	Permyriad int `json:"permyriad"`
}

// Entry is a car and its driver in a race.
type Entry struct {
	Number int    `json:"driver_number"`
	Code   string `json:"name_acronym"`
	Name   string `json:"full_name"`
	Team   string `json:"team_name"`
	Colour string `json:"team_colour"` // rrggbb
	// Grid counts from 1; 0 if there is no grid.
	Grid int `json:"grid_position"`
	// PitLaneStart says that the car starts from the pit lane.
	PitLaneStart bool `json:"pit_lane_start"`
	// StartOffsetM is how far behind the finish line the car starts. Above 0, its first crossing of that line
	// completes no lap.
	StartOffsetM int `json:"start_offset_m"`
	// Transponders are the transponders that the car carries.
	Transponders []string `json:"transponders,omitempty"`
}

// Race is the race info: everything that is fixed before the start.
type Race struct {
	ID      ID      `json:"id"`
	Name    string  `json:"name"`
	Kind    Kind    `json:"-"`
	Circuit string  `json:"circuit"` // the circuit's key; empty if only the lines are known
	Lines   []Line  `json:"lines"`
	Rules   RuleSet `json:"rules"`
	Cars    int     `json:"cars"`
	// Seed, TickHz and Speed belong to simulations. Speed is a multiple of real time, 0 means as fast as possible.
	Seed   uint64  `json:"seed"`
	TickHz int     `json:"tick_hz"`
	Speed  float64 `json:"speed"`
	// TelemetryEvery writes every n-th telemetry frame to stores other than the log; 0 means as the store is configured.
	TelemetryEvery int `json:"telemetry_every,omitempty"`
	// CircuitText is the circuit in the project's text format, so that a log is complete without other files.
	CircuitText string `json:"-"`
	// Setup is what was given of a simulation's model and entries and differs from the defaults, as JSON; empty means nothing.
	Setup string `json:"-"`
}
