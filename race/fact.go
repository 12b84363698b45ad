package race

import (
	"cmp"
	"strings"
)

// Fact is something that follows from a record. Facts of one record are in a fixed order.
//
//sumtype:decl
type Fact interface{ fact() }

// Row is a car's line on the timing tower as of its last timing line. Times are whole milliseconds, 0: none yet.
type Row struct {
	Car  CarIdx
	Laps int // complete laps
	// GapMS and IntervalMS are taken at the last line that both cars have passed; with GapLaps or IntervalLaps
	// above 0, the car ahead is that many laps ahead and the time does not apply.
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
	MiniMarks     []Mark // of the lap being driven, in line order
	SpeedTrapKMH  int
	BestIsSession bool
}

// RowChanged replaces a car's row.
type RowChanged struct{ Row Row }

// OrderChanged replaces the places From, From+1 … (0-based) of the order by Cars.
type OrderChanged struct {
	From int
	Cars []CarIdx
}

// Lap is a completed lap. Times are whole milliseconds; a sector of 0 was not seen.
type Lap struct {
	Car        CarIdx
	Number     int
	DurationMS int64
	SectorsMS  [3]int64
	// EndMS is the race time at the line.
	EndMS int64
	// Position is 1 and the cars that completed their lap of this number earlier, whatever became of them since.
	Position    int
	Tyre        Compound
	TyreAgeLaps int
	PitIn       bool
	PitOut      bool
	Flag        FlagState
	// Mark is SessionBest on the fastest lap of all that was not deleted, PersonalBest on the fastest of every other car,
	// and Slower on all others. Of equal laps the one that was set first is the best.
	Mark Mark
	// Deleted laps count for the distance and not as a best.
	Deleted bool
	// Passing is the record of the passing that ended the lap; rulings name the lap by it.
	Passing Seq
}

// LapQuery asks for laps of one car, or of all with NoCar, From to To by number, both included.
type LapQuery struct {
	Car      CarIdx
	From, To int
	Position int // 0: any
}

// LapCompleted says that a car completed a lap. A later one for the same car and number amends it.
type LapCompleted struct{ Lap Lap }

// LapsWithdrawn retracts the car's laps after Laps; they were published in error.
type LapsWithdrawn struct {
	Car  CarIdx
	Laps int
}

// PassingJudged is what is made of the passing of a record. A passing without one is accepted, and its record says when
// and whose it was.
type PassingJudged struct {
	Seq     Seq
	Car     CarIdx // NoCar where it is not known whose it is
	Line    int
	Time    Micros // race time, with the decoder's offset and the moved start
	Verdict Verdict
	Reason  string
	// Split is offered where a crossing of the finish line was missed: when it will have been. NoTime: none.
	Split Micros
}

// RecordRefused says that the rulebook does not allow a record: it is in the log and changes nothing.
type RecordRefused struct {
	Seq    Seq
	Reason string
}

// EventKind says what an event is about.
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

// String is the event kind's name at the edges.
func (k EventKind) String() string { return name(eventKindNames, int(k)) }

// Event is something that a spectator reads about.
type Event struct {
	Kind EventKind
	// Of is the record that the event is about, 0 for the start, the chequered flag and the result. Kind, Of and Car name
	// an event for good.
	Of  Seq
	Car CarIdx // NoCar where it concerns all
	// Lap that was completed (leader, fastest lap, chequered flag), else the one being driven: the car's own, or the
	// leader's where there is no car.
	Lap    int
	TimeMS int64
	// Value by kind: lap time, stationary time or penalty in ms; FlagState; ResultStatus.
	Value int64
	Text  string // a reason, in English; empty for most
}

// CompareEvents is the order of events: by race time, and of the same time by kind, car and record.
func CompareEvents(a, b Event) int {
	return cmp.Or(cmp.Compare(a.TimeMS, b.TimeMS), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Car, b.Car), cmp.Compare(a.Of, b.Of))
}

// Name is what names the event.
func (e *Event) Name() EventName { return EventName{e.Kind, e.Of, e.Car} }

// EventName names an event: of two with the same name the later one amends the earlier.
type EventName struct {
	Kind EventKind
	Of   Seq
	Car  CarIdx
}

// EventHappened adds an event, or amends the one of the same name.
type EventHappened struct{ Event Event }

// EventWithdrawn retracts an event that a correction made untrue.
type EventWithdrawn struct{ Event EventName }

// SessionStatus is the race as a whole at this moment.
type SessionStatus struct {
	Status    Status
	Flag      FlagState
	LeaderLap int // the lap the leader is on; the distance once it has finished
	// Laps is the distance as far as it is known, 0 by time: aborted starts and limits of time shorten it. Once the chequered
	// flag has fallen it is how many laps the leader had completed, and of a race that was stopped before, the winner's laps.
	Laps   int
	TimeMS int64
	// StartMoved is how far the start signal was moved: what records count from another moment.
	StartMoved Micros
}

// SessionStatusChanged replaces the head.
type SessionStatusChanged struct{ Session SessionStatus }

// ResultPublished carries a version of the result.
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

// Facts are what followed from the records up to Seq; Time is the last record's.
type Facts struct {
	Seq   Seq
	Time  Micros
	Facts []Fact
}

// Classification is a result: the order so far (version 0), or a version that was published.
type Classification struct {
	Version int
	Status  ResultStatus
	// Author and Reason of the version.
	Author, Reason string
	Entries        []Classified
	StateHash      string
}

// Final says that the result was declared.
func (c *Classification) Final() bool { return c.Status != Provisional }

// ClassifiedStatus is how a car stands in a classification.
type ClassifiedStatus uint8

// The first five are how a car's race ended. The others are of a race that is not over: it waits for the start signal, the
// car is racing, the race is suspended or paused, and a car that was not seen for long (StateOf in race/timing).
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

// ClassifiedStatusCount is how many there are.
const ClassifiedStatusCount = int(StatusNotRunning) + 1

// String is the status's name at the edges.
func (s ClassifiedStatus) String() string { return name(classifiedNames, int(s)) }

// Words is the status as people read it.
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
