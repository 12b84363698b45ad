package race

// Record is one entry of a race's log. Only the journal assigns Seq. RecordedAt (UTC nanoseconds) is not part of state and
// hash.
type Record struct {
	Seq        Seq
	Time       Micros
	RecordedAt int64
	// Author ordered the record; empty for reports of machines.
	Author string
	Body   Body
}

// Body is the content of a record.
//
//sumtype:decl
type Body interface{ record() }

// Announced opens the log with the race info.
type Announced struct{ Race Race }

// Entered adds a car; its CarIdx is the number of cars entered before it.
type Entered struct{ Entry Entry }

// Started is the start signal: lights out.
type Started struct {
	// After is the time from the announcement to the start signal. It converts the passings that were reported by date before
	// the signal. 0 means unknown.
	After Micros
}

// Passing is a car's passing on a timing line. Passings may arrive late, twice or out of order: timing sorts them by time.
type Passing struct {
	// Car is NoCar if only a transponder is known and it is not assigned to a car.
	Car  CarIdx
	Line int // index into Race.Lines
	// InPit is set if the line was crossed in the pit lane.
	InPit bool
	// SpeedKMH is measured at speed traps, 0 on other lines.
	SpeedKMH int
	// Source is nil for passings of a simulation.
	Source *Source
}

// Source identifies where a passing comes from: two passings with the same decoder, session, sequence and time are the same
// passing.
type Source struct {
	Decoder     string // empty means unknown: repeats cannot be recognised
	Session     string // of the decoder: a new one whenever it counts from the beginning again
	Sequence    uint64
	Transponder string
}

// TyresFitted gives the tyres that a car runs on from here: at the start and at each stop. Stationary is 0 on the grid.
type TyresFitted struct {
	Car        CarIdx
	Compound   Compound
	AgeLaps    int
	Stationary Micros
	// PitLane is the time from pit entry to pit exit, for circuits without timing lines there; 0 means unknown.
	PitLane Micros
}

// FlagShown sets the track status.
type FlagShown struct {
	Flag FlagState
	// Sector counts from 1; 0 is the whole circuit.
	Sector int
}

// Suspended stops the race (red flag) until Resumed.
type Suspended struct{}

// Resumed ends a suspension.
type Resumed struct{}

// Abandoned ends a suspended race that is not resumed: the result is counted back. Lap is the leader's lap at the signal,
// counted as begun; 0 means the leader's current lap.
type Abandoned struct{ Lap int }

// CarRetired takes a car out of the race for good.
type CarRetired struct {
	Car    CarIdx
	Reason string
}

// CarNotStarted marks an entered car that does not start.
type CarNotStarted struct {
	Car    CarIdx
	Reason string
}

// CarDisqualified takes a car out of the result.
type CarDisqualified struct {
	Car    CarIdx
	Reason string
}

// Penalised gives a car a penalty. Amount is added to the race time; 0 means the rules' time for the kind. A drive-through or
// stop-and-go adds time only while it is not served.
type Penalised struct {
	Car    CarIdx
	Kind   PenaltyKind
	Amount Micros
	Reason string
}

// PenaltyServed marks the penalty of the record Penalty as served: it adds no time.
type PenaltyServed struct {
	Car     CarIdx
	Penalty Seq
}

// LapDeleted excludes a lap from the bests; the lap still counts for the distance.
type LapDeleted struct {
	Car CarIdx
	// Lap is the lap's number when it was deleted. Passing is the record of the passing that ended it; it identifies the lap
	// even after a lap is inserted or split before it. 0 means the lap that has the number when the record is applied.
	Lap     int
	Passing Seq
	Reason  string
}

// Corrected is a marshal's correction of a passing.
type Corrected struct {
	Kind CorrectionKind
	// Passing is the record of the passing that is accepted, rejected or moved.
	Passing Seq
	// Car is the car that the passing is moved to, or for which a passing is inserted or a lap split.
	Car CarIdx
	// Line and At belong to an inserted passing. A split inserts a passing on the finish line within Lap; At 0 means the time
	// that the rules estimate.
	Line int
	At   Micros
	// Lap that is split; 0 means the lap that contains At.
	Lap    int
	Reason string
}

// TransponderAssigned assigns a transponder to a car.
type TransponderAssigned struct {
	Transponder string
	Car         CarIdx
	// From is the time from which the transponder belongs to the car, until the time of another assignment; 0 means all its
	// passings before the first assignment with a time.
	From   Micros
	Reason string
}

// DecoderSet sets the offset that is added to all times of a decoder, earlier and later ones.
type DecoderSet struct {
	Decoder string
	// Session of the decoder; empty means all sessions without a DecoderSet of their own.
	Session string
	Offset  Micros
	Reason  string
}

// StartMoved moves the start signal by At relative to the one in the log; negative means earlier. Race time counts from the
// moved signal; the times of records still count from the first.
type StartMoved struct {
	At     Micros
	Reason string
}

// Undone revokes the ruling of record Of, as if it had never been made.
type Undone struct {
	Of     Seq
	Reason string
}

// ResultDeclared makes the result final.
type ResultDeclared struct{ Reason string }

// StartAborted shortens the race by a lap.
type StartAborted struct{}

// Held stops race time of a simulation: cars and clock stand still. Real races have no such record.
type Held struct{}

// Released resumes a held race.
type Released struct{}

// Ended stops the race at the record's time: later passings do not count, and the result can be declared final.
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
