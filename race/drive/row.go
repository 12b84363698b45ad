package drive

import "lightsout/race"

// Row is a car's complete state at the end of a tick: a plain value without pointers. It is the car's only memory. What the cars around
// it read at every tick comes first, so that it mostly takes one cache line.
type Row struct {
	// Clock is the car's place on the lap, in nanoseconds of the speed profile, from 0 to below the profile's lap.
	Clock int64
	// Step is how far it moved on that clock in the last tick.
	Step int64
	// Lap is the current lap, from 1; 0 behind the line at the start. After the finish it stays at the last lap + 1.
	Lap int32
	// Chase is the car that it is overtaking; NoCar if none. ChaseTicks is the number of ticks left for the attempt.
	Chase      race.CarIdx
	ChaseTicks int32
	Mode       Mode
	State      race.CarState
	Compound   race.Compound
	NextLine   uint8 // index of the next line on the track; 0 is the finish line
	// FinishAt is when it last crossed the finish line, in microseconds; -1 before.
	FinishAt int64
	// SpeedMMS is in mm/s.
	SpeedMMS int32
	// Pace is the speed of its clock without traffic, in billionths of real time.
	Pace int32
	// TargetUS is its lap time on this lap without traffic, in microseconds.
	TargetUS int32
	// LaneUM is its distance from the pit entry, in micrometres, while State is InPit.
	LaneUM int32
	// WaitUS is the rest of a stop or of the reaction time at the start, in microseconds.
	WaitUS int32
	// StationaryUS is the duration of the last stop, in microseconds.
	StationaryUS int32
	TyreAge      uint16 // laps begun on this set, 0 when new
	Stops        uint16
	Reason       Reason
}

// Mode is a set of bits that say what a car is doing.
type Mode uint8

// Modes of a car.
const (
	Launching  Mode = 1 << iota // accelerating: after the start, a stop, a red flag
	PitThisLap                  // enters the pits at the next pit entry
	Served                      // has made its stop on this visit to the pit lane
	FlapOpen                    // may use DRS in this lap's zone
	Failing                     // rolling to a halt
	FreshTyres                  // on an out-lap
	PitCalled                   // ordered into the pits
)

// Reason is the cause of a retirement.
type Reason uint8

// Reasons for retiring.
const (
	NotOut Reason = iota
	EngineFailed
	GearboxFailed
	HydraulicsFailed
	BrakesFailed
	SuspensionFailed
	Electrics
	Withdrawn
	reasonEnd
)

var reasonNames = [...]string{
	"", "engine", "gearbox", "hydraulics", "brakes", "suspension", "electrics", "withdrawn",
}

// String returns the reason as shown on the timing screen.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return "unknown"
	}
	return reasonNames[r]
}

// onRoad reports whether the car is on the track, in traffic.
func (r *Row) onRoad() bool {
	return (r.State == race.Running || r.State == race.OnGrid) && r.Mode&Failing == 0
}

// over reports whether the race is over for the car.
func (r *Row) over() bool { return r.State == race.Finished || r.State == race.Retired }
