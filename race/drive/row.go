package drive

import "lightsout/race"

// Row is a car's whole state at the end of a tick: a plain value without pointers. It is the car's only memory.
type Row struct {
	// Clock is where the car is on the lap, in nanoseconds of the speed profile, 0 to below the profile's lap.
	Clock int64
	// Step is how far it went on that clock in the last tick.
	Step int64
	// FinishAt is when it last crossed the finish line, in microseconds; -1 before.
	FinishAt int64
	// Lap is the lap it is on, from 1; 0 behind the line at the start. After the finish it stays at the last lap + 1.
	Lap int32
	// SpeedMMS is in mm/s.
	SpeedMMS int32
	// Pace is how fast its clock goes when nothing is in the way, in billionths of real time.
	Pace int32
	// TargetUS is the lap time that it would drive on this lap with nothing in its way, in microseconds.
	TargetUS int32
	// LaneUM is how far into the pit lane it is, in micrometres, while State is InPit.
	LaneUM int32
	// WaitUS is what is left of a stop or of the reaction at the start, in microseconds.
	WaitUS int32
	// StationaryUS is how long the last stop was.
	StationaryUS int32
	// Chase is the car that it is overtaking; NoCar if none. ChaseTicks is how many ticks it still tries.
	Chase      race.CarIdx
	ChaseTicks int32
	TyreAge    uint16 // laps begun on this set, 0 when new
	Stops      uint16
	NextLine   uint8 // index of the next line on the track; 0 is the finish line
	Compound   race.Compound
	State      race.CarState
	Mode       Mode
	Reason     Reason
}

// Mode holds bits of what a car is doing.
type Mode uint8

// Modes of a car.
const (
	Launching  Mode = 1 << iota // picking up speed: after the start, a stop, a red flag
	PitThisLap                  // comes in at the next pit entry
	Served                      // has made its stop in this visit of the lane
	FlapOpen                    // may use DRS in this lap's zone
	Failing                     // rolling to a halt
	FreshTyres                  // on an out-lap
	PitCalled                   // told to come in
)

// Reason is why a car is out.
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

// String is the reason as the timing screen says it.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return "unknown"
	}
	return reasonNames[r]
}

// onRoad says whether the car is on the track and moves with the traffic.
func (r *Row) onRoad() bool {
	return (r.State == race.Running || r.State == race.OnGrid) && r.Mode&Failing == 0
}

// over says whether the race is over for the car.
func (r *Row) over() bool { return r.State == race.Finished || r.State == race.Retired }
