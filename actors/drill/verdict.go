package drill

import (
	"fmt"
	"slices"
	"time"

	"lightsout/race"
)

// Run is what a race has left behind.
type Run struct {
	Records []race.Record
	Result  race.Classification
	// Reference is what the race's actors made. It is set for the undisturbed race; without it, the log alone is the reference.
	Reference *Reference
	// Retired are the cars that faults took out of the race.
	Retired []Retirement
	// Answers is what the store answers afterwards, and Spectators is who followed the race; nil if nothing is known of them.
	Answers    *Answers
	Spectators []*Spectator
	// Standing is the classification as the race's timekeeper answers it at the end; nil if that is not known.
	Standing *race.Classification
	// Told are comparisons of what was told of the race elsewhere.
	Told []Check
	// Restarts by kind of actor.
	Restarts map[string]int64
	SetAside int
	// GivenUp are the actors that died of bugs too often, and why.
	GivenUp []string
	// FilledIn counts passings that were lost with an incarnation of a checkpoint.
	FilledIn int64
	// Ticks counts the committed ticks, Late those that came more than a tick's length after they were due; Stall is the longest time
	// without a durable commit.
	Ticks, Late int
	Stall       time.Duration
	// MemoryGrowth is by how many bytes the memory in use grew from Weigh to Weighed.
	MemoryGrowth int64
	heap         int64
	// Aborted is why the drill was stopped early; empty if it was not.
	Aborted string
	// Inside counts the strikes inside of a server process, which are not listed.
	Inside int
	// Whole says that Ticks counts all of the race.
	Whole bool
	// Fed compares what came to InfluxDB with what is durable, by series; nil if nothing is fed.
	Fed []Fed
	// Ended is empty if the race reached its end, otherwise it says why not.
	Ended string
}

// Fed is how many points of a series InfluxDB has, and how many it should have.
type Fed struct {
	Series   string `json:"series"`
	Points   int64  `json:"points"`
	Expected int64  `json:"expected"`
	// Traces are the values of some cars, as ReadTraces returns them; nil if they are not known.
	Traces []uint64 `json:"-"`
}

// Verdict is the result of a drill.
type Verdict struct {
	Scenario *Scenario `json:"scenario"`
	Passed   bool      `json:"passed"`
	// Broken are the promises that were broken.
	Broken []string `json:"broken"`
	// Injected counts the strikes; Strikes lists the first of them.
	Injected int        `json:"injected"`
	Strikes  []Injected `json:"strikes"`

	Restarts map[string]int64 `json:"restarts"`
	// Recovery by kind of actor, and of store, link and influx where they were away.
	Recovery  map[string]Recovery `json:"recovery"`
	Ticks     int                 `json:"ticks"`
	TicksLate int                 `json:"ticks_late"`
	// The longest time without a durable commit, under faults and undisturbed.
	LongestStallUS int64 `json:"longest_stall_us"`
	UndisturbedUS  int64 `json:"longest_stall_undisturbed_us"`
	// MemoryGrowth is by how much the memory in use grew under faults, of the whole process.
	MemoryGrowth int64 `json:"memory_growth_bytes"`
	SetAside     int   `json:"messages_set_aside"`
	FilledIn     int64 `json:"passings_filled_in"`

	Fed []Fed `json:"fed,omitempty"`
	Comparison
}

// reference is what an undisturbed race gives to compare with.
func (r *Run) reference() *Reference {
	if r.Reference != nil {
		return r.Reference
	}
	out := newReference(r.Records, Telemetry{})
	out.result = r.Result
	return out
}

// Judge compares a race under faults with the same race undisturbed, in which the same cars were taken out.
func Judge(s *Scenario, in *Injector, undisturbed, drilled *Run) *Verdict {
	want := undisturbed.reference()
	v := newVerdict(s, in, undisturbed, drilled, Compare(want.Announced(drilled.Records), drilled))
	v.promise(!s.NeedsInflux() || len(v.Fed) > 0, "what came to InfluxDB is not known")
	v.promise(v.Injected > 0, "nothing was injected: the drill shows nothing")
	v.promise(drilled.Ended == "", "the race did not come to its end: %s", drilled.Ended)
	v.promise(drilled.Aborted == "" || drilled.Ended != "", "the drill was stopped early: %s", drilled.Aborted)
	v.judgeExpectations(s)
	v.judgeInvariants(s, drilled)
	v.Broken = append(v.Broken, v.Differences()...)
	alone := Compare(want, undisturbed)
	for _, text := range alone.Differences() {
		v.promise(false, "even undisturbed the race is not what its actors made: %s", text)
	}
	if s.Poisons() {
		v.promise(v.SetAside > 0, "a poisoned actor's messages were not set aside")
		v.poisoned(in, drilled)
	} else {
		v.unharmed(drilled)
	}
	v.Passed = len(v.Broken) == 0
	return v
}

// unharmed promises that no actor was given up and no message set aside, as nothing but a poison may cause.
func (v *Verdict) unharmed(r *Run) {
	for _, text := range r.GivenUp {
		v.promise(false, "%s", text)
	}
	v.promise(v.SetAside == 0, "%d messages were set aside", v.SetAside)
}

// newVerdict is a verdict of what was measured and compared, without a judgement.
func newVerdict(s *Scenario, in *Injector, undisturbed, drilled *Run, c Comparison) *Verdict {
	v := &Verdict{
		Scenario: s, Broken: []string{}, Restarts: drilled.Restarts, Ticks: drilled.Ticks, TicksLate: drilled.Late,
		LongestStallUS: drilled.Stall.Microseconds(), UndisturbedUS: undisturbed.Stall.Microseconds(), Recovery: in.Recovery(), SetAside: drilled.SetAside, FilledIn: drilled.FilledIn,
		MemoryGrowth: drilled.MemoryGrowth, Comparison: c, Fed: drilled.Fed,
	}
	v.Injected, v.Strikes = in.Injected()
	v.Injected += drilled.Inside
	return v
}

func (v *Verdict) promise(kept bool, format string, args ...any) {
	if !kept {
		v.Broken = append(v.Broken, fmt.Sprintf(format, args...))
	}
}

// NeedsInflux reports whether a fault concerns the feed to InfluxDB.
func (s *Scenario) NeedsInflux() bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool {
		_, object, _ := f.what()
		return f.Influx != "" || object == "feed"
	})
}
