package race

import (
	"fmt"
	"strings"
)

// Kind is the source of a race's records.
type Kind uint8

// Kinds of race.
const (
	Simulation Kind = iota
	External
)

var kindNames = []string{"simulation", "external"}

// String returns the kind's API name.
func (k Kind) String() string { return name(kindNames, int(k)) }

// LineKind is the purpose of a timing line. Each place on the circuit has one line.
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

// String returns the line kind's API name.
func (k LineKind) String() string { return name(lineKindNames, int(k)) }

// ParseLineKind parses a line kind's API name.
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

// String returns the flag's API name.
func (f FlagState) String() string { return name(flagNames, int(f)) }

// ParseFlag parses a flag's API name.
func ParseFlag(s string) (FlagState, error) {
	i, err := parse("flag", flagNames, s)
	return FlagState(i), err
}

// Compound is a tyre compound; NoCompound means unknown.
type Compound uint8

// Tyre compounds.
const (
	NoCompound Compound = iota
	Soft
	Medium
	Hard
)

var compoundNames = []string{"unknown", "soft", "medium", "hard"}

// String returns the compound's API name.
func (c Compound) String() string { return name(compoundNames, int(c)) }

// ParseCompound parses a compound's API name.
func ParseCompound(s string) (Compound, error) {
	i, err := parse("compound", compoundNames, s)
	return Compound(i), err
}

// CarState is the state of a car in its race.
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

// String returns the state's API name.
func (s CarState) String() string { return name(carStateNames, int(s)) }

// Status is the phase of a race's life.
type Status uint8

// Statuses of a race. A race is Waiting until it is started; a Paused race resumes where it stopped.
const (
	Waiting Status = iota
	Underway
	Paused
	Over
	Failed
)

var statusNames = []string{"waiting", "running", "paused", "finished", "failed"}

// String returns the status's API name.
func (s Status) String() string { return name(statusNames, int(s)) }

// ParseStatus parses a status's API name.
func ParseStatus(s string) (Status, error) {
	i, err := parse("status", statusNames, s)
	return Status(i), err
}

// Mark ranks a sector, mini-sector or lap time.
type Mark uint8

// Marks: no time yet, no improvement, the car's own best, the best of all cars.
const (
	NoMark Mark = iota
	Slower
	PersonalBest
	SessionBest
)

var markNames = []string{"none", "slower", "personal_best", "session_best"}

// String returns the mark's API name.
func (m Mark) String() string { return name(markNames, int(m)) }

// PenaltyKind is the kind of a penalty.
type PenaltyKind uint8

// Kinds of penalty: time added to the race time, a drive through the pit lane, a stop in the pit lane.
const (
	PenaltyTime PenaltyKind = iota
	PenaltyDriveThrough
	PenaltyStopAndGo
)

var penaltyNames = []string{"time", "drive_through", "stop_and_go"}

// String returns the penalty's API name.
func (k PenaltyKind) String() string { return name(penaltyNames, int(k)) }

// ParsePenalty parses a penalty's API name.
func ParsePenalty(s string) (PenaltyKind, error) {
	i, err := parse("penalty", penaltyNames, s)
	return PenaltyKind(i), err
}

// Verdict is the decision on a passing.
type Verdict uint8

// Verdicts. Accepted and Estimated passings count, all others do not. Duplicate: a second report of the same crossing.
// Suspect: a marshal must decide. Rejected: ruled out. Estimated: inserted by a marshal. AfterTheEnd: timed after the race was
// over for the car.
const (
	Accepted Verdict = iota
	Duplicate
	Suspect
	Rejected
	Estimated
	AfterTheEnd
)

var verdictNames = []string{"accepted", "duplicate", "suspect", "rejected", "estimated", "after_the_end"}

// VerdictCount is the number of verdicts.
const VerdictCount = int(AfterTheEnd) + 1

// String returns the verdict's API name.
func (v Verdict) String() string { return name(verdictNames, int(v)) }

// ParseVerdict parses a verdict's API name.
func ParseVerdict(s string) (Verdict, error) {
	i, err := parse("verdict", verdictNames, s)
	return Verdict(i), err
}

// CorrectionKind is a marshal's action on a passing.
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

// String returns the correction's API name.
func (k CorrectionKind) String() string { return name(correctionNames, int(k)) }

// ParseCorrection parses a correction's API name.
func ParseCorrection(s string) (CorrectionKind, error) {
	i, err := parse("correction", correctionNames, s)
	return CorrectionKind(i), err
}

// FirstCrossing is the effect of a car's first crossing of the finish line.
type FirstCrossing uint8

// EndsLap: the first crossing ends the lap that began at the start signal. StartsLap: it starts the first lap, because the
// grid is behind the line or the start is rolling.
const (
	EndsLap FirstCrossing = iota
	StartsLap
)

var firstCrossingNames = []string{"ends_lap", "starts_lap"}

// String returns its API name.
func (f FirstCrossing) String() string { return name(firstCrossingNames, int(f)) }

// MarshalText returns its name for JSON.
func (f FirstCrossing) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses its name; empty means EndsLap.
func (f *FirstCrossing) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*f = EndsLap
		return nil
	}
	i, err := parse("first crossing", firstCrossingNames, string(text))
	*f = FirstCrossing(i)
	return err
}

// ResultStatus is the finality of a result.
type ResultStatus uint8

// Statuses of a result: it may still change; it was declared final; it was changed after that.
const (
	Provisional ResultStatus = iota
	Final
	Amended
)

var resultNames = []string{"provisional", "final", "amended"}

// String returns the status's API name.
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
