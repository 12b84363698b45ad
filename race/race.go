package race

// Limits of what a race may be.
const (
	CarsMax  = 100_000
	LapsMax  = 10_000
	LinesMax = 100
	// TelemetryEveryMax bounds how much telemetry may be thinned.
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
	// Grid counts from 1; 0 where there is no grid.
	Grid int `json:"grid_position"`
	// PitLaneStart says that the car starts from the pit lane.
	PitLaneStart bool `json:"pit_lane_start"`
	// StartOffsetM is how far behind the finish line the car starts. Above 0, its first crossing of that line
	// completes no lap.
	StartOffsetM int `json:"start_offset_m"`
	// Transponders that the car carries.
	Transponders []string `json:"transponders,omitempty"`
}

// Race is the head of a race: what is fixed before it starts.
type Race struct {
	ID      ID      `json:"id"`
	Name    string  `json:"name"`
	Kind    Kind    `json:"-"`
	Circuit string  `json:"circuit"` // the circuit's key; empty where only the lines are known
	Lines   []Line  `json:"lines"`
	Rules   RuleSet `json:"rules"`
	Cars    int     `json:"cars"`
	// Seed, TickHz and Speed are of simulations. Speed is times real time, 0 as fast as possible.
	Seed   uint64  `json:"seed"`
	TickHz int     `json:"tick_hz"`
	Speed  float64 `json:"speed"`
	// TelemetryEvery writes every so many frames of telemetry to stores beside the log; 0: as they are set.
	TelemetryEvery int `json:"telemetry_every,omitempty"`
	// CircuitText is the circuit in the project's text format, so that a log stands alone.
	CircuitText string `json:"-"`
}
