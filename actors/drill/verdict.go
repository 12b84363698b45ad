package drill

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"lightsout/race"
	"lightsout/race/timing"
)

// Run is what a race has left behind.
type Run struct {
	Records []race.Record
	Result  race.Classification
	// Restarts by kind of actor; Recoveries are how long each took, from the death to the next incarnation.
	Restarts   map[string]int64
	Recoveries []time.Duration
	SetAside   int
	// FilledIn counts passings that were lost with an incarnation of a checkpoint.
	FilledIn int64
	// Ticks counts the committed ticks, Late those that came more than a tick's length after they were due; Longest is the longest time between two
	// ticks.
	Ticks, Late int
	Longest     time.Duration
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

	Restarts      map[string]int64 `json:"restarts"`
	RecoveryP50US int64            `json:"recovery_p50_us"`
	RecoveryP99US int64            `json:"recovery_p99_us"`
	RecoveryMaxUS int64            `json:"recovery_max_us"`
	Ticks         int              `json:"ticks"`
	TicksLate     int              `json:"ticks_late"`
	LongestTickMS int64            `json:"longest_tick_ms"`
	SetAside      int              `json:"messages_set_aside"`
	FilledIn      int64            `json:"passings_filled_in"`

	Fed []Fed `json:"fed,omitempty"`
	Comparison
}

// Comparison is how a race differs from the same race undisturbed.
type Comparison struct {
	Records        int    `json:"records"`
	Lost           int    `json:"records_lost"`
	Doubled        int    `json:"records_doubled"`
	Classification bool   `json:"classification_identical"`
	Laps           bool   `json:"laps_identical"`
	Hashes         bool   `json:"state_hash_of_every_lap_identical"`
	Difference     string `json:"first_difference"` // of the two logs; empty if there is none
	StateHash      string `json:"state_hash"`
}

// Compare compares a race with the same race undisturbed: its log record by record, and what follows from it.
func Compare(undisturbed, other *Run) Comparison {
	c := Comparison{Records: len(other.Records), StateHash: other.Result.StateHash}
	c.compare(undisturbed, other)
	return c
}

// Identical reports whether nothing differs.
func (c *Comparison) Identical() bool {
	return c.Lost == 0 && c.Doubled == 0 && c.Difference == "" && c.Classification && c.Laps && c.Hashes
}

// Judge compares a race under faults with the same race undisturbed.
func Judge(s *Scenario, in *Injector, undisturbed, drilled *Run) *Verdict {
	v := &Verdict{
		Scenario: s, Broken: []string{}, Restarts: drilled.Restarts, Ticks: drilled.Ticks, TicksLate: drilled.Late,
		LongestTickMS: drilled.Longest.Milliseconds(), SetAside: drilled.SetAside, FilledIn: drilled.FilledIn,
		Comparison: Comparison{Records: len(drilled.Records), StateHash: drilled.Result.StateHash},
	}
	v.Injected, v.Strikes = in.Injected()
	v.recoveries(drilled.Recoveries)
	differs := v.compare(undisturbed, drilled)
	v.Fed = drilled.Fed
	for _, f := range v.Fed {
		v.promise(f.Points == f.Expected, "InfluxDB has %d points of %s, %d are durable", f.Points, f.Series, f.Expected)
	}
	v.promise(!s.NeedsInflux() || len(v.Fed) > 0, "what came to InfluxDB is not known")
	v.promise(v.Injected > 0, "nothing was injected: the drill shows nothing")
	v.promise(drilled.Ended == "", "the race did not come to its end: %s", drilled.Ended)
	v.promise(v.Doubled == 0, "%d records are there twice or out of order", v.Doubled)
	if s.Poisons() {
		v.promise(v.SetAside > 0, "a poisoned actor's messages were not set aside")
		v.promise(differs >= s.poisonedFrom()-in.tick, "the logs differ before a car was poisoned: %s", v.Difference)
		v.poisoned(in, drilled)
	} else {
		v.promise(v.Lost == 0, "%d records of the undisturbed race are missing", v.Lost)
		v.promise(v.Difference == "", "the logs differ: %s", v.Difference)
		v.promise(v.Classification, "the classification differs")
		v.promise(v.Laps, "the laps differ")
		v.promise(v.Hashes, "the state hash differs at some lap")
		v.promise(v.SetAside == 0, "%d messages were set aside", v.SetAside)
	}
	v.Passed = len(v.Broken) == 0
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

func (v *Verdict) recoveries(took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	at := func(share float64) int64 { return took[int(share*float64(len(took)-1))].Microseconds() }
	v.RecoveryP50US, v.RecoveryP99US, v.RecoveryMaxUS = at(0.5), at(0.99), at(1)
}

// compare compares both logs record by record, and what follows from them. It returns the race time from which they differ.
func (c *Comparison) compare(a, b *Run) (differs race.Micros) {
	differs = race.TimeMax
	for i := range max(len(a.Records), len(b.Records)) {
		switch {
		case i >= len(b.Records):
			differs = a.Records[i].Time
			c.Difference = fmt.Sprintf("record %d is missing", i+1)
		case i >= len(a.Records):
			differs = b.Records[i].Time
			c.Difference = fmt.Sprintf("record %d is one too many: %+v", i+1, b.Records[i].Body)
		case !same(&a.Records[i], &b.Records[i]):
			differs = min(a.Records[i].Time, b.Records[i].Time)
			c.Difference = fmt.Sprintf("record %d is %+v at %v, undisturbed it is %+v at %v", i+1, b.Records[i].Body, b.Records[i].Time,
				a.Records[i].Body, a.Records[i].Time)
		default:
			continue
		}
		break
	}
	c.Lost, c.Doubled = missing(a.Records, b.Records), doubled(b.Records)
	c.Classification = slices.Equal(a.Result.Entries, b.Result.Entries)
	lapsA, hashesA := timed(a.Records)
	lapsB, hashesB := timed(b.Records)
	c.Laps, c.Hashes = slices.Equal(lapsA, lapsB), slices.Equal(hashesA, hashesB) && a.Result.StateHash == b.Result.StateHash
	return differs
}

func same(a, b *race.Record) bool {
	if a.Seq != b.Seq || a.Time != b.Time || a.Author != b.Author {
		return false
	}
	if reflect.TypeOf(a.Body).Comparable() { // the text of a time has milliseconds only
		return a.Body == b.Body
	}
	return fmt.Sprint(a.Body) == fmt.Sprint(b.Body) // an empty list may be nil in one log and not in the other
}

// missing counts records of one log that the other lacks, whatever their numbers.
func missing(of, in []race.Record) (n int) {
	key := func(r *race.Record) string { return fmt.Sprintf("%d %T %v", r.Time, r.Body, r.Body) }
	there := map[string]int{}
	for i := range in {
		there[key(&in[i])]++
	}
	for i := range of {
		if k := key(&of[i]); there[k] > 0 {
			there[k]--
		} else {
			n++
		}
	}
	return n
}

// doubled counts records whose number does not follow the previous one, and passings that are there twice.
func doubled(log []race.Record) (n int) {
	type crossing struct {
		race.Passing
		at race.Micros
	}
	seen := map[crossing]bool{}
	for i := range log {
		if log[i].Seq != race.Seq(i+1) {
			n++
		}
		if p, ok := log[i].Body.(race.Passing); ok {
			if c := (crossing{p, log[i].Time}); seen[c] {
				n++
			} else {
				seen[c] = true
			}
		}
	}
	return n
}

// timed folds a log: its laps, and the state hash whenever the leader begins a lap.
func timed(log []race.Record) (laps []race.Lap, hashes []string) {
	var state *timing.State
	lap := 0
	for step, err := range timing.Replay(timing.Records(log)) {
		if err != nil { // a list has none
			return laps, append(hashes, err.Error())
		}
		state = step.State
		if step.Refused != nil {
			hashes = append(hashes, step.Refused.Error())
		}
		for _, f := range step.Facts.Facts {
			switch f := f.(type) {
			case race.LapCompleted:
				laps = append(laps, f.Lap)
			case race.SessionStatusChanged:
				if f.Session.LeaderLap != lap {
					lap = f.Session.LeaderLap
					hashes = append(hashes, state.Hash())
				}
			default: // not part of the comparison
			}
		}
	}
	if state != nil {
		hashes = append(hashes, state.Hash())
	}
	return laps, hashes
}
