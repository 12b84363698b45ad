package race

// Record is one entry of a race's log. Seq is given by the journal alone. RecordedAt (UTC nanoseconds) is outside
// of state and hash.
type Record struct {
	Seq        Seq
	Time       Micros
	RecordedAt int64
	Body       Body
}

// Body is what a record says.
//
//sumtype:decl
type Body interface{ record() }

// Announced opens the log: the head of the race.
type Announced struct{ Race Race }

// Entered adds a car; its CarIdx is the number of cars entered before it.
type Entered struct{ Entry Entry }

// Started is the start signal: lights out.
type Started struct{}

// Passing is a car's hit on a timing line. Ordinal tells apart the crossings of one car and tick.
type Passing struct {
	Car  CarIdx
	Line int // index into Race.Lines
	// InPit says that the line was crossed in the pit lane.
	InPit bool
	// SpeedKMH is measured at speed traps, 0 elsewhere.
	SpeedKMH int
}

// TyresFitted says what a car runs on from here: at the start and at each stop. Stationary is 0 on the grid.
type TyresFitted struct {
	Car        CarIdx
	Compound   Compound
	AgeLaps    int
	Stationary Micros
}

// FlagShown sets the track status.
type FlagShown struct {
	Flag FlagState
	// Sector counts from 1; 0 is the whole circuit.
	Sector int
}

// Suspended stops the race (red flag); Resumed goes on.
type Suspended struct{}

// Resumed ends a suspension.
type Resumed struct{}

// Abandoned says that a suspended race is not resumed: the result is counted back.
// Lap is the leader's lap of the signal, counted as begun; 0: the lap that the leader is on.
type Abandoned struct{ Lap int }

// CarRetired takes a car out of the race for good.
type CarRetired struct {
	Car    CarIdx
	Reason string
}

// CarNotStarted says that an entered car does not start.
type CarNotStarted struct {
	Car    CarIdx
	Reason string
}

// CarDisqualified takes a car out of the result.
type CarDisqualified struct {
	Car    CarIdx
	Reason string
}

// TimePenalty adds to a car's race time.
type TimePenalty struct {
	Car    CarIdx
	Amount Micros
	Reason string
}

// StartAborted shortens the race by a lap.
type StartAborted struct{}

// Held stops race time for a while: nobody drives and no clock runs, as nothing in a real race does.
type Held struct{}

// Released lets a held race go on.
type Released struct{}

// Ended says that no more passings come: the result can be final.
type Ended struct{}

func (Announced) record()       {}
func (Entered) record()         {}
func (Started) record()         {}
func (Passing) record()         {}
func (TyresFitted) record()     {}
func (FlagShown) record()       {}
func (Suspended) record()       {}
func (Resumed) record()         {}
func (Abandoned) record()       {}
func (CarRetired) record()      {}
func (CarNotStarted) record()   {}
func (CarDisqualified) record() {}
func (TimePenalty) record()     {}
func (StartAborted) record()    {}
func (Held) record()            {}
func (Released) record()        {}
func (Ended) record()           {}
