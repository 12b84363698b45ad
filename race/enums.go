package race

import (
	"fmt"
	"strings"
)

// Kind says where a race's records come from.
type Kind uint8

// Kinds of race.
const (
	Simulation Kind = iota
	External
)

var kindNames = []string{"simulation", "external"}

// String is the kind's name at the edges.
func (k Kind) String() string { return name(kindNames, int(k)) }

// LineKind says what a timing line is for. One place on the circuit has one line.
type LineKind uint8

// Kinds of timing line.
const (
	LineFinish LineKind = iota
	LineSector
	LineMini
	LineSpeedTrap
	LinePitEntry
	LinePitExit
)

var lineKindNames = []string{"finish", "sector", "mini", "speed_trap", "pit_entry", "pit_exit"}

// String is the line kind's name at the edges and in the circuit format.
func (k LineKind) String() string { return name(lineKindNames, int(k)) }

// ParseLineKind reads a line kind's name.
func ParseLineKind(s string) (LineKind, error) {
	i, err := parse("timing line", lineKindNames, s)
	return LineKind(i), err
}

// FlagState is the track status that all drivers are under.
type FlagState uint8

// Track statuses.
const (
	FlagClear FlagState = iota
	FlagYellow
	FlagSafetyCar
	FlagVirtualSafetyCar
	FlagRed
	FlagChequered
)

var flagNames = []string{"clear", "yellow", "safety_car", "virtual_safety_car", "red", "chequered"}

// String is the flag's name at the edges.
func (f FlagState) String() string { return name(flagNames, int(f)) }

// ParseFlag reads a flag's name.
func ParseFlag(s string) (FlagState, error) {
	i, err := parse("flag", flagNames, s)
	return FlagState(i), err
}

// Compound is a tyre compound; NoCompound where tyres are not known.
type Compound uint8

// Tyre compounds.
const (
	NoCompound Compound = iota
	Soft
	Medium
	Hard
)

var compoundNames = []string{"unknown", "soft", "medium", "hard"}

// String is the compound's name at the edges.
func (c Compound) String() string { return name(compoundNames, int(c)) }

// ParseCompound reads a compound's name.
func ParseCompound(s string) (Compound, error) {
	i, err := parse("compound", compoundNames, s)
	return Compound(i), err
}

// CarState is where a car stands in its race.
type CarState uint8

// States of a car.
const (
	OnGrid CarState = iota
	Running
	InPit
	Finished
	Retired
	NotStarted
	Disqualified
)

var carStateNames = []string{"grid", "running", "pit", "finished", "retired", "did_not_start", "disqualified"}

// String is the state's name at the edges.
func (s CarState) String() string { return name(carStateNames, int(s)) }

// Status is the life of a race.
type Status uint8

// Statuses of a race. A race waits until it is started; paused races go on where they stopped.
const (
	Waiting Status = iota
	Underway
	Paused
	Over
	Failed
)

var statusNames = []string{"waiting", "running", "paused", "finished", "failed"}

// String is the status's name at the edges.
func (s Status) String() string { return name(statusNames, int(s)) }

// ParseStatus reads a status's name.
func ParseStatus(s string) (Status, error) {
	i, err := parse("status", statusNames, s)
	return Status(i), err
}

// Mark ranks a sector, mini-sector or lap time.
type Mark uint8

// Marks: none yet, no improvement, the car's own best, the best of all.
const (
	NoMark Mark = iota
	Slower
	PersonalBest
	SessionBest
)

var markNames = []string{"none", "slower", "personal_best", "session_best"}

// String is the mark's name at the edges.
func (m Mark) String() string { return name(markNames, int(m)) }

// PenaltyKind is what a penalised car must do.
type PenaltyKind uint8

// Kinds of penalty: seconds on the race time, through the pit lane, and a stop in it.
const (
	PenaltyTime PenaltyKind = iota
	PenaltyDriveThrough
	PenaltyStopAndGo
)

var penaltyNames = []string{"time", "drive_through", "stop_and_go"}

// String is the penalty's name at the edges.
func (k PenaltyKind) String() string { return name(penaltyNames, int(k)) }

// ParsePenalty reads a penalty's name.
func ParsePenalty(s string) (PenaltyKind, error) {
	i, err := parse("penalty", penaltyNames, s)
	return PenaltyKind(i), err
}

// Verdict is what is made of a passing on a timing line.
type Verdict uint8

// Verdicts. Accepted and estimated passings count, the others do not: a duplicate is a second report of the same crossing,
// a suspect waits for a marshal, what is rejected was ruled out, an estimated one was inserted by hand, and one after the end
// was timed when the race was over for the car.
const (
	Accepted Verdict = iota
	Duplicate
	Suspect
	Rejected
	Estimated
	AfterTheEnd
)

var verdictNames = []string{"accepted", "duplicate", "suspect", "rejected", "estimated", "after_the_end"}

// VerdictCount is how many there are.
const VerdictCount = int(AfterTheEnd) + 1

// String is the verdict's name at the edges.
func (v Verdict) String() string { return name(verdictNames, int(v)) }

// ParseVerdict reads a verdict's name.
func ParseVerdict(s string) (Verdict, error) {
	i, err := parse("verdict", verdictNames, s)
	return Verdict(i), err
}

// CorrectionKind is what a marshal does with a passing.
type CorrectionKind uint8

// Kinds of correction.
const (
	CorrectAccept CorrectionKind = iota
	CorrectReject
	CorrectMove
	CorrectInsert
	CorrectSplit
)

var correctionNames = []string{"accept", "reject", "move", "insert", "split"}

// String is the correction's name at the edges.
func (k CorrectionKind) String() string { return name(correctionNames, int(k)) }

// ParseCorrection reads a correction's name.
func ParseCorrection(s string) (CorrectionKind, error) {
	i, err := parse("correction", correctionNames, s)
	return CorrectionKind(i), err
}

// FirstCrossing is what a car's first crossing of the finish line is.
type FirstCrossing uint8

// A first crossing ends the lap that began at the start signal, or starts the first lap: where the grid lies behind the
// line, or the start is rolling.
const (
	EndsLap FirstCrossing = iota
	StartsLap
)

var firstCrossingNames = []string{"ends_lap", "starts_lap"}

// String is its name at the edges.
func (f FirstCrossing) String() string { return name(firstCrossingNames, int(f)) }

// MarshalText is its name in JSON.
func (f FirstCrossing) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads its name; empty is EndsLap.
func (f *FirstCrossing) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*f = EndsLap
		return nil
	}
	i, err := parse("first crossing", firstCrossingNames, string(text))
	*f = FirstCrossing(i)
	return err
}

// ResultStatus is how firm a result is.
type ResultStatus uint8

// Statuses of a result: it may still change, it was declared, it was changed after that.
const (
	Provisional ResultStatus = iota
	Final
	Amended
)

var resultNames = []string{"provisional", "final", "amended"}

// String is the status's name at the edges.
func (s ResultStatus) String() string { return name(resultNames, int(s)) }

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("unknown_%d", i)
	}
	return names[i]
}

func parse(what string, names []string, s string) (int, error) {
	for i, n := range names {
		if n == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q: allowed are %s", what, s, strings.Join(names, ", "))
}
