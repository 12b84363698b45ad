package race

import (
	"cmp"
	"strings"
)

// Fact follows from a record. The facts of one record have a fixed order.
//
//sumtype:decl
type Fact interface{ fact() }

// Row is a car's row on the timing tower as of its last timing line. Times are whole milliseconds, 0 means none yet.
type Row struct {
	Car  CarIdx
	Laps int // complete laps
	// GapMS and IntervalMS are taken at the last line that both cars have passed. If GapLaps or IntervalLaps is above 0, the
	// other car is that many laps ahead and the time does not apply.
	GapMS         int64
	GapLaps       int
	IntervalMS    int64
	IntervalLaps  int
	LastMS        int64
	BestMS        int64
	SectorsMS     [3]int64
	SectorMarks   [3]Mark
	LastMark      Mark
	Tyre          Compound
	TyreAgeLaps   int
	Stops         int
	State         CarState
	PenaltyMS     int64
	MiniMarks     []Mark // of the current lap, in line order
	SpeedTrapKMH  int
	BestIsSession bool
}

// RowChanged replaces a car's row.
type RowChanged struct{ Row Row }

// OrderChanged replaces the positions From, From+1 … (0-based) of the order with Cars.
type OrderChanged struct {
	From int
	Cars []CarIdx
}

// Lap is a completed lap. Times are whole milliseconds; a sector of 0 was not timed.
type Lap struct {
	Car        CarIdx
	Number     int
	DurationMS int64
	SectorsMS  [3]int64
	// EndMS is the race time at the line.
	EndMS int64
	// Position is 1 plus the number of cars that completed their lap of this number earlier, including cars that retired or
	// were disqualified since.
	Position    int
	Tyre        Compound
	TyreAgeLaps int
	PitIn       bool
	PitOut      bool
	Flag        FlagState
	// Mark is SessionBest on the fastest lap of all that was not deleted, PersonalBest on the fastest of every other car, and
	// Slower on all others. Of equal laps the first one set is the best.
	Mark Mark
	// Deleted laps count for the distance but not as a best.
	Deleted bool
	// Passing is the record of the passing that ended the lap; rulings name the lap by it.
	Passing Seq
}

// LapQuery selects the laps From to To, both included, of one car, or of all cars if Car is NoCar.
type LapQuery struct {
	Car      CarIdx
	From, To int
	Position int // 0 means any
}

// LapCompleted publishes a lap. A later fact for the same car and number amends it.
type LapCompleted struct{ Lap Lap }

// LapsWithdrawn retracts the car's laps after Laps; they were published in error.
type LapsWithdrawn struct {
	Car  CarIdx
	Laps int
}

// PassingJudged is the verdict on the passing of a record. A passing without this fact is accepted with the time and car of
// its record.
type PassingJudged struct {
	Seq     Seq
	Car     CarIdx // NoCar if unknown
	Line    int
	Time    Micros // race time, corrected by the decoder's offset and a moved start
	Verdict Verdict
	Reason  string
	// Split proposes a time for a missed crossing of the finish line; NoTime means no proposal.
	Split Micros
}

// RecordRefused means that the rules do not allow a record: it stays in the log and has no effect.
type RecordRefused struct {
	Seq    Seq
	Reason string
}

// EventKind is the subject of an event.
type EventKind uint8

// Kinds of event.
const (
	EventStart EventKind = iota
	EventFlag
	EventPitIn
	EventPitOut
	EventTyres
	EventRetired
	EventPenalty
	EventFastestLap
	EventLeader
	EventChequered
	EventNotStarted
	EventDisqualified
	EventResult
)

var eventKindNames = []string{
	"start", "flag", "pit_in", "pit_out", "tyres", "retired", "penalty", "fastest_lap", "leader",
	"chequered", "did_not_start", "disqualified", "result",
}

// String returns the event kind's API name.
func (k EventKind) String() string { return name(eventKindNames, int(k)) }

// Event is a message to spectators.
type Event struct {
	Kind EventKind
	// Of is the record that caused the event, 0 for the start, the chequered flag and the result. Kind, Of and Car identify an
	// event.
	Of  Seq
	Car CarIdx // NoCar if it concerns all cars
	// Lap is the completed lap for events of the leader, the fastest lap and the chequered flag, otherwise the current lap of
	// the car, or of the leader if there is no car.
	Lap    int
	TimeMS int64
	// Value is, by kind: lap time, stationary time or penalty in ms; FlagState; ResultStatus.
	Value int64
	Text  string // a reason, in English; mostly empty
}

// CompareEvents orders events by race time, then by kind, car and record.
func CompareEvents(a, b Event) int {
	return cmp.Or(cmp.Compare(a.TimeMS, b.TimeMS), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Car, b.Car), cmp.Compare(a.Of, b.Of))
}

// Name returns the event's identity.
func (e *Event) Name() EventName { return EventName{e.Kind, e.Of, e.Car} }

// EventName identifies an event: of two events with the same name the later one amends the earlier.
type EventName struct {
	Kind EventKind
	Of   Seq
	Car  CarIdx
}

// EventHappened adds an event, or amends the one with the same name.
type EventHappened struct{ Event Event }

// EventWithdrawn retracts an event after a correction.
type EventWithdrawn struct{ Event EventName }

// SessionStatus is the current state of the whole race.
type SessionStatus struct {
	Status    Status
	Flag      FlagState
	LeaderLap int // the leader's current lap; the distance after the leader has finished
	// Laps is the distance as known so far, 0 for a race by time: aborted starts and time limits shorten it. After the
	// chequered flag it is the number of laps that the leader completed; of a race that was stopped before the flag, the
	// winner's laps.
	Laps   int
	TimeMS int64
	// StartMoved is how far the start signal was moved; race time counts from the moved signal.
	StartMoved Micros
}

// SessionStatusChanged replaces the session status.
type SessionStatusChanged struct{ Session SessionStatus }

// ResultPublished publishes a version of the result.
type ResultPublished struct{ Classification Classification }

func (RowChanged) fact()           {}
func (OrderChanged) fact()         {}
func (LapCompleted) fact()         {}
func (LapsWithdrawn) fact()        {}
func (PassingJudged) fact()        {}
func (RecordRefused) fact()        {}
func (EventHappened) fact()        {}
func (EventWithdrawn) fact()       {}
func (SessionStatusChanged) fact() {}
func (ResultPublished) fact()      {}

// Facts are the facts of the records up to Seq; Time is the last record's time.
type Facts struct {
	Seq   Seq
	Time  Micros
	Facts []Fact
}

// Classification is a result: the provisional order (version 0) or a published version.
type Classification struct {
	Version int
	Status  ResultStatus
	// Author and Reason of the version.
	Author, Reason string
	Entries        []Classified
	StateHash      string
}

// Final reports whether the result was declared.
func (c *Classification) Final() bool { return c.Status != Provisional }

// ClassifiedStatus is the status of a car in a classification.
type ClassifiedStatus uint8

// The first five say how a car's race ended. The others belong to a race that is not over: waiting for the start signal,
// racing, suspended or paused, and a car that has not passed a line for long (StateOf in race/timing).
const (
	StatusFinished ClassifiedStatus = iota
	StatusRetired
	StatusNotClassified
	StatusDidNotStart
	StatusDisqualified
	StatusWaiting
	StatusRunning
	StatusStopped
	StatusNotRunning
)

var classifiedNames = []string{
	"finished", "retired", "not_classified", "did_not_start", "disqualified", "waiting", "running", "stopped", "not_running",
}

// ClassifiedStatusCount is the number of statuses.
const ClassifiedStatusCount = int(StatusNotRunning) + 1

// String returns the status's API name.
func (s ClassifiedStatus) String() string { return name(classifiedNames, int(s)) }

// Words returns the status with spaces, for people.
func (s ClassifiedStatus) Words() string { return strings.ReplaceAll(s.String(), "_", " ") }

// Classified is one line of a classification. A car without a position has Position 0. Times are milliseconds,
// -1 where they do not apply.
type Classified struct {
	Position   int
	Car        CarIdx
	Laps       int
	Status     ClassifiedStatus
	DurationMS int64
	GapMS      int64
	GapLaps    int
	IntervalMS int64
	PenaltyMS  int64
	BestLapMS  int64
	BestLap    int
	Reason     string
}
