package race

import (
	"fmt"
	"unicode/utf8"
)

// Summary is a race in a list.
type Summary struct {
	Race   Race
	Status Status
	// CreatedAt is UTC nanoseconds.
	CreatedAt int64
	LeaderLap int
	// Laps is the distance as known so far (SessionStatus.Laps), 0 for a race by time.
	Laps int
	// Winner is the code of the result's winner; empty if there is no result yet.
	Winner string
}

// Order is a request to simulate a race.
type Order struct {
	Name    string `json:"name"`
	Circuit string `json:"circuit"`
	Cars    int    `json:"cars"`
	Laps    int    `json:"laps"` // 0 with a duration means by time
	// DurationS ends the race at the leader's next crossing of the line, in seconds of race time; 0 means no limit.
	DurationS int     `json:"duration_s,omitempty"`
	Seed      uint64  `json:"seed"`
	Speed     float64 `json:"speed"`
	TickHz    int     `json:"tick_hz"`
	// TelemetryEvery writes every n-th telemetry frame to stores other than the log; 0 means as the store is configured.
	TelemetryEvery int `json:"telemetry_every"`
	// Setup is what was given of model and entries, as drive.Setup.Text writes it; empty means nothing.
	Setup string `json:"-"`
	// Key identifies the order, so that a repeat makes no second race; empty means no key.
	Key string `json:"-"`
}

// SpeedMax is the highest speed of a race as a multiple of real time; a speed of 0 means as fast as possible.
const SpeedMax = 10_000

// Validate returns every fault of the order as an InvalidError. It does not check that the circuit exists.
func (o Order) Validate() error {
	var faults []Fault
	check := func(ok bool, field, message, allowed string) {
		if !ok {
			faults = append(faults, Fault{Field: field, Message: message, Allowed: allowed})
		}
	}
	check(o.Circuit != "", "circuit", "is missing", "the key of a circuit")
	check(o.Cars >= 1 && o.Cars <= CarsMax, "cars", "is out of range", "1 to 100000")
	check(o.Laps >= 1 && o.Laps <= LapsMax || o.Laps == 0 && o.DurationS > 0, "laps", fmt.Sprintf("is %d", o.Laps), "1 to 10000, or 0 with a duration")
	check(o.DurationS >= 0 && Micros(o.DurationS) <= TimeMax/Second, "duration_s", fmt.Sprintf("is %d", o.DurationS), fmt.Sprintf("0 (no limit) to %d", TimeMax/Second))
	check(o.Speed >= 0 && o.Speed <= SpeedMax, "speed", "is out of range", "0 (as fast as possible) to 10000")
	check(o.TickHz == 0 || o.TickHz >= 1 && o.TickHz <= 100 && 1_000_000%o.TickHz == 0, "tick_hz",
		fmt.Sprintf("is %d, and a tick would not be whole microseconds", o.TickHz), "0 (10), 1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 40, 50, 64, 80 or 100")
	check(o.TelemetryEvery >= 0 && o.TelemetryEvery <= TelemetryEveryMax, "telemetry_every", "is out of range", "0 (as the server is set) to 10000")
	check(utf8.RuneCountInString(o.Name) <= 100, "name", "is too long", "100 characters at most")
	if len(faults) > 0 {
		return &InvalidError{Faults: faults}
	}
	return nil
}

// Moment is an instant, by date in UTC nanoseconds or in race time.
type Moment struct {
	Date int64  // 0 means not given
	Time Micros // NoTime means not given
}

// Now is the moment at which a control or ruling arrives.
var Now = Moment{Time: NoTime}

// Control is a command to a race.
type Control uint8

// Controls of a race.
const (
	ControlStart Control = iota
	ControlPause
	ControlResume
	ControlStop
)

var controlNames = []string{"start", "pause", "resume", "stop"}

// String returns the control's API name.
func (c Control) String() string { return name(controlNames, int(c)) }

// PassingRow is a stored passing.
type PassingRow struct {
	Seq        Seq
	Time       Micros
	RecordedAt int64
	Passing    Passing
	Verdict    Verdict
	Reason     string
	// Split proposes a time for a missed crossing of the finish line; NoTime means no proposal.
	Split Micros
	// ReportedTime and ReportedCar are the passing's time and car as reported; NoTime and NoCar for a passing that a marshal
	// inserted.
	ReportedTime Micros
	ReportedCar  CarIdx
}

// Version is a version of a result and the record that made it.
type Version struct {
	Classification
	Seq        Seq
	Time       Micros // race time of the record
	RecordedAt int64  // UTC nanoseconds
}
