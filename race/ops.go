package race

// Ops describes what happens to a race's actors, not to the race: none of it is in the log. Spectators receive it at
// intervals, so that a drill can be watched.
type Ops struct {
	// Restarts counts the restarts of the race's actors so far; Recent are those since the last Ops.
	Restarts int64
	Recent   []Restart
	// Drill is the running or the last drill; nil if there was none.
	Drill *DrillState
}

// Restart is the death of an actor and its next incarnation.
type Restart struct {
	Kind   string
	Car    CarIdx // NoCar if it is not a car's actor
	Reason string
	TookUS int64 // from the death to the next incarnation
}

// DrillState is the progress of a drill.
type DrillState struct {
	Name     string
	Phase    DrillPhase
	Injected int
	// Text is the verdict in a sentence, or the fault that was injected.
	Text string
}

// DrillPhase is a phase of a drill.
type DrillPhase uint8

// Phases of a drill: faults are injected; they are over, and the race is compared with the undisturbed one, so far and at its end; the verdict is
// known, or the server ended before it was.
const (
	DrillOn DrillPhase = iota
	DrillJudging
	DrillPassed
	DrillFailed
	DrillInterrupted
)

var drillNames = []string{"on", "judging", "passed", "failed", "interrupted"}

// String returns the phase's API name.
func (p DrillPhase) String() string { return name(drillNames, int(p)) }
