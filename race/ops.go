package race

// Ops is what happens to a race's actors and not to the race: nothing of it is kept in the log. Spectators are told of it
// now and then, so that a drill can be seen.
type Ops struct {
	// Restarts of the race's actors so far; Recent are the newest of them since the last time that it was told.
	Restarts int64
	Recent   []Restart
	// Drill is the one that is on, or the last one; nil where there was none.
	Drill *DrillState
}

// Restart is an actor's death and its next incarnation.
type Restart struct {
	Kind   string
	Car    CarIdx // NoCar where it is no car's actor
	Reason string
	TookUS int64 // from the death to the next incarnation
}

// DrillState is how far a drill has come.
type DrillState struct {
	Name     string
	Phase    DrillPhase
	Injected int
	// Text is the verdict in a sentence, or what was broken.
	Text string
}

// DrillPhase is the life of a drill.
type DrillPhase uint8

// Phases of a drill: it strikes, the race undisturbed is run beside it, the verdict is there.
const (
	DrillOn DrillPhase = iota
	DrillJudging
	DrillPassed
	DrillFailed
)

var drillNames = []string{"on", "judging", "passed", "failed"}

// String is the phase's name at the edges.
func (p DrillPhase) String() string { return name(drillNames, int(p)) }
