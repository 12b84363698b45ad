package drill

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"lightsout/race"
)

// invariantNodes bounds an expression; memory and time follow from it and from the number of facts.
const invariantNodes = 500

// Facts are what the invariants of a scenario are about: the figures of the verdict, and the race as its store answers it at the end. Durations
// are in microseconds.
type Facts struct {
	Cars     int                 `expr:"cars"`
	RaceLaps int                 `expr:"race_laps"`
	Injected int                 `expr:"injected"`
	Ticks    int                 `expr:"ticks"`
	Late     int                 `expr:"ticks_late"`
	StallUS  int64               `expr:"longest_stall_us"`
	Growth   int64               `expr:"memory_growth_bytes"`
	SetAside int                 `expr:"messages_set_aside"`
	FilledIn int64               `expr:"passings_filled_in"`
	Restarts map[string]int64    `expr:"restarts"`
	Recovery map[string]Recovery `expr:"recovery"`
	Strikes  []FactStrike        `expr:"strikes"`
	Laps     []FactLap           `expr:"laps"`
	Passings []FactPassing       `expr:"passings"`
	Results  []FactResult        `expr:"results"`
	Events   []FactEvent         `expr:"events"`
}

// FactStrike is a strike.
type FactStrike struct {
	TimeUS int64  `expr:"time_us"`
	Fault  int    `expr:"fault"`
	What   string `expr:"what"`
}

// FactLap is a completed lap.
type FactLap struct {
	Car        int   `expr:"car"`
	Number     int   `expr:"number"`
	DurationUS int64 `expr:"duration_us"`
	EndUS      int64 `expr:"end_us"`
	Position   int   `expr:"position"`
	Deleted    bool  `expr:"deleted"`
}

// FactPassing is a passing of a line.
type FactPassing struct {
	Car     int    `expr:"car"`
	Line    int    `expr:"line"`
	TimeUS  int64  `expr:"time_us"`
	Verdict string `expr:"verdict"`
}

// FactResult is a car's place in the newest result.
type FactResult struct {
	Position   int    `expr:"position"`
	Car        int    `expr:"car"`
	Laps       int    `expr:"laps"`
	Status     string `expr:"status"`
	DurationUS int64  `expr:"duration_us"`
	BestLapUS  int64  `expr:"best_lap_us"`
}

// FactEvent is an event of the race.
type FactEvent struct {
	Kind   string `expr:"kind"`
	Car    int    `expr:"car"`
	Lap    int    `expr:"lap"`
	TimeUS int64  `expr:"time_us"`
}

func compile(text string) (*vm.Program, error) {
	p, err := expr.Compile(text, expr.Env(Facts{}), expr.AsBool(), expr.MaxNodes(invariantNodes), expr.DisableBuiltin("now"))
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("%q is no invariant: %s; allowed is an expression that is true or false, of the names in SCENARIO.md", text, first)
	}
	return p, nil
}

// judgeInvariants adds the invariants of the scenario that do not hold.
func (v *Verdict) judgeInvariants(s *Scenario, run *Run) {
	if len(s.Invariants) == 0 {
		return
	}
	facts := v.facts(run)
	for _, text := range s.Invariants {
		p, err := compile(text)
		var holds any
		if err == nil {
			holds, err = expr.Run(p, facts)
		}
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			v.promise(false, "the invariant %q cannot be judged: %s", text, first)
			continue
		}
		v.promise(holds == true, "the invariant %q does not hold", text)
	}
}

func (v *Verdict) facts(run *Run) Facts {
	f := Facts{
		Cars: v.Scenario.Race.Cars, RaceLaps: v.Scenario.Race.Laps, Injected: v.Injected, Ticks: v.Ticks, Late: v.TicksLate, StallUS: v.LongestStallUS,
		Growth: v.MemoryGrowth, SetAside: v.SetAside, FilledIn: v.FilledIn, Restarts: v.Restarts, Recovery: v.Recovery,
	}
	for _, s := range v.Strikes {
		f.Strikes = append(f.Strikes, FactStrike{int64(s.At), s.Fault, s.What})
	}
	a := run.Answers
	if a == nil {
		return f
	}
	for i := range a.Laps {
		l := &a.Laps[i]
		f.Laps = append(f.Laps, FactLap{int(l.Car), l.Number, 1000 * l.DurationMS, 1000 * l.EndMS, l.Position, l.Deleted})
	}
	for i := range a.Passings {
		p := &a.Passings[i]
		f.Passings = append(f.Passings, FactPassing{int(p.Passing.Car), p.Passing.Line, int64(p.Time), p.Verdict.String()})
	}
	for i := range a.Events {
		e := &a.Events[i]
		f.Events = append(f.Events, FactEvent{e.Kind.String(), int(e.Car), e.Lap, 1000 * e.TimeMS})
	}
	var newest race.Classification
	if n := len(a.Results); n > 0 {
		newest = a.Results[n-1]
	}
	for i := range newest.Entries {
		e := &newest.Entries[i]
		f.Results = append(f.Results, FactResult{e.Position, int(e.Car), e.Laps, e.Status.String(), 1000 * e.DurationMS, 1000 * e.BestLapMS})
	}
	return f
}
