package race

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
	// EndMS is the race time at the line; Position the order then.
	EndMS       int64
	Position    int
	Tyre        Compound
	TyreAgeLaps int
	PitIn       bool
	PitOut      bool
	Flag        FlagState
	Mark        Mark
	// Deleted laps count for the distance and not as a best.
	Deleted bool
}

// LapCompleted says that a car completed a lap. Told again of the same lap, it replaces what was told before.
type LapCompleted struct{ Lap Lap }

// LapsWithdrawn says that a car has only so many laps: those after it were told in error.
type LapsWithdrawn struct {
	Car  CarIdx
	Laps int
}

// PassingJudged is what is made of the hit of a record. Hits of which nothing is told are accepted.
type PassingJudged struct {
	Seq     Seq
	Car     CarIdx // NoCar where it is not known whose it is
	Line    int
	Time    Micros // with the decoder's offset
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
	Car  CarIdx // NoCar where it concerns all
	// Lap is the leader's lap, or the car's own where there is a car.
	Lap    int
	TimeMS int64
	// Value by kind: lap time, stationary time or penalty in ms; FlagState; Compound.
	Value int64
	Text  string // a reason, in English; empty for most
}

// EventHappened adds an event to the feed.
type EventHappened struct{ Event Event }

// Head is the race as a whole at this moment.
type Head struct {
	Status    Status
	Flag      FlagState
	LeaderLap int // the lap the leader is on; the distance once it has finished
	Laps      int // the distance in laps, 0 by time
	TimeMS    int64
}

// HeadChanged replaces the head.
type HeadChanged struct{ Head Head }

// ResultPublished carries a version of the result.
type ResultPublished struct{ Classification Classification }

func (RowChanged) fact()      {}
func (OrderChanged) fact()    {}
func (LapCompleted) fact()    {}
func (LapsWithdrawn) fact()   {}
func (PassingJudged) fact()   {}
func (RecordRefused) fact()   {}
func (EventHappened) fact()   {}
func (HeadChanged) fact()     {}
func (ResultPublished) fact() {}

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

// ClassifiedStatus is how a car's race ended.
type ClassifiedStatus uint8

// Ends of a car's race.
const (
	StatusFinished ClassifiedStatus = iota
	StatusRetired
	StatusNotClassified
	StatusDidNotStart
	StatusDisqualified
)

var classifiedNames = []string{"finished", "retired", "not_classified", "did_not_start", "disqualified"}

// String is the status's name at the edges.
func (s ClassifiedStatus) String() string { return name(classifiedNames, int(s)) }

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
