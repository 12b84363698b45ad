package race

// Record is one entry of a race's log. Seq is given by the journal alone. RecordedAt (UTC nanoseconds) is outside
// of state and hash.
type Record struct {
	Seq        Seq
	Time       Micros
	RecordedAt int64
	// Author is who ordered it; empty for what machines report.
	Author string
	Body   Body
}

// Body is what a record says.
//
//sumtype:decl
type Body interface{ record() }

// Announced opens the log: the race's info.
type Announced struct{ Race Race }

// Entered adds a car; its CarIdx is the number of cars entered before it.
type Entered struct{ Entry Entry }

// Started is the start signal: lights out.
type Started struct {
	// After is how long after the announcement it was given, for passings that were told by date before; 0: nobody said.
	After Micros
}

// Passing is a car's passing on a timing line. Passings may come late, doubled or out of order: timing sorts them by time.
type Passing struct {
	// Car is NoCar where only a transponder is known, and it is no car's.
	Car  CarIdx
	Line int // index into Race.Lines
	// InPit says that the line was crossed in the pit lane.
	InPit bool
	// SpeedKMH is measured at speed traps, 0 elsewhere.
	SpeedKMH int
	// Source is nil for passings of a simulation.
	Source *Source
}

// Source is where a passing comes from. Decoder, session and sequence name it for good: the same three with the same time
// are the same passing.
type Source struct {
	Decoder     string // empty: none is known, and so no repeat is recognised
	Session     string // of the decoder: a new one where it counts from the beginning again
	Sequence    uint64
	Transponder string
}

// TyresFitted says what a car runs on from here: at the start and at each stop. Stationary is 0 on the grid.
type TyresFitted struct {
	Car        CarIdx
	Compound   Compound
	AgeLaps    int
	Stationary Micros
	// PitLane is the time from the entry of the pit lane to its exit, where no timing lines are there to tell it; 0: not known.
	PitLane Micros
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

// Penalised gives a car a penalty. What it adds to the race time is Amount, or with 0 what the rules say for its kind;
// a drive-through or stop-and-go adds it only while it is not served.
type Penalised struct {
	Car    CarIdx
	Kind   PenaltyKind
	Amount Micros
	Reason string
}

// PenaltyServed says that the penalty given by the record Penalty was served: it adds no time.
type PenaltyServed struct {
	Car     CarIdx
	Penalty Seq
}

// LapDeleted takes a lap out of the bests; it counts for the distance.
type LapDeleted struct {
	Car CarIdx
	// Lap is its number when it was deleted. Passing is the record of the passing that ended it and names the lap for good,
	// whatever is inserted or split before it; 0: of the lap that has the number when the record is applied.
	Lap     int
	Passing Seq
	Reason  string
}

// Corrected is what a marshal makes of a passing.
type Corrected struct {
	Kind CorrectionKind
	// Passing is the record of the passing that is accepted, rejected or moved.
	Passing Seq
	// Car is whom it is moved to, or for whom a passing is inserted or a lap split.
	Car CarIdx
	// Line and At of an inserted passing. A split is a passing on the finish line within Lap; At 0: where the rules
	// estimate it.
	Line int
	At   Micros
	// Lap that is split; 0: the one that At lies in.
	Lap    int
	Reason string
}

// TransponderAssigned says whose a transponder is.
type TransponderAssigned struct {
	Transponder string
	Car         CarIdx
	// From is the time from which it is that car's, until another assignment's; 0: all its passings are, but for those
	// from the time of another assignment on.
	From   Micros
	Reason string
}

// DecoderSet says how much must be added to a decoder's times, before and from now on.
type DecoderSet struct {
	Decoder string
	// Session of the decoder; empty: all that no DecoderSet names.
	Session string
	Offset  Micros
	Reason  string
}

// StartMoved says that the start signal was given At after the one that the log has, before it where that is negative. Race
// time counts from the moved signal; the times of records go on counting from the first.
type StartMoved struct {
	At     Micros
	Reason string
}

// Undone takes back what the record Of ordered, as if it had never been.
type Undone struct {
	Of     Seq
	Reason string
}

// ResultDeclared makes the result final.
type ResultDeclared struct{ Reason string }

// StartAborted shortens the race by a lap.
type StartAborted struct{}

// Held stops race time for a while: nobody drives and no clock runs, as nothing in a real race does.
type Held struct{}

// Released lets a held race go on.
type Released struct{}

// Ended stops the race at the record's time: passings timed later count for nothing, and the result can be final.
type Ended struct{}

func (Announced) record()           {}
func (Entered) record()             {}
func (Started) record()             {}
func (Passing) record()             {}
func (TyresFitted) record()         {}
func (FlagShown) record()           {}
func (Suspended) record()           {}
func (Resumed) record()             {}
func (Abandoned) record()           {}
func (CarRetired) record()          {}
func (CarNotStarted) record()       {}
func (CarDisqualified) record()     {}
func (Penalised) record()           {}
func (PenaltyServed) record()       {}
func (LapDeleted) record()          {}
func (Corrected) record()           {}
func (TransponderAssigned) record() {}
func (DecoderSet) record()          {}
func (Undone) record()              {}
func (StartMoved) record()          {}
func (ResultDeclared) record()      {}
func (StartAborted) record()        {}
func (Held) record()                {}
func (Released) record()            {}
func (Ended) record()               {}
