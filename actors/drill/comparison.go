package drill

import (
	"fmt"
	"reflect"
	"slices"

	"lightsout/race"
	"lightsout/race/timing"
)

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
	// Checks are the comparisons in words, that of the logs first.
	Checks []Check `json:"checks"`
}

// Compare compares a race with what it must be: its log record by record and what follows from it, what the store answers about it, what
// spectators have seen, and what came to InfluxDB.
func Compare(want *Reference, run *Run) Comparison {
	c := Comparison{Records: len(run.Records), StateHash: run.Result.StateHash}
	c.Difference = difference(want.Records, run.Records)
	c.Doubled = doubled(run.Records)
	laps, hashes := want.lapsInOrder, want.hashes
	if c.Difference != "" { // of the same log, the same follows
		c.Lost = missing(want.Records, run.Records)
		_, laps, hashes = timed(run.Records, nil)
	}
	c.Classification = slices.Equal(want.result.Entries, run.Result.Entries)
	c.Laps, c.Hashes = slices.Equal(want.lapsInOrder, laps), slices.Equal(want.hashes, hashes) && want.result.StateHash == run.Result.StateHash
	c.Checks = []Check{Check{
		What: "records", Where: inLog, Compared: len(want.Records), Missing: c.Lost, Extra: c.Doubled, First: c.Difference,
		Different: one(c.Difference != "" && c.Lost+c.Doubled == 0),
	}.worded("record log of %s records")}
	if run.Whole {
		c.Checks = append(c.Checks, compareTicks(len(want.Telemetry.Frames), run.Ticks))
	}
	if run.Standing != nil {
		c.Checks = append(c.Checks, want.compareStanding(run.Standing))
	}
	if run.Answers != nil {
		of := want.compareAnswers(run.Answers)
		c.Checks = append(c.Checks, of...)
		c.Laps, c.Classification = c.Laps && identical(of, "laps"), c.Classification && identical(of, "results")
	}
	of := want.Seen(run.Spectators)
	c.Checks = append(append(c.Checks, of...), run.Told...)
	of = append(of, run.Told...)
	c.Laps, c.Classification = c.Laps && identical(of, "laps"), c.Classification && identical(of, "tower and result") && identical(of, "results")
	for _, f := range run.Fed {
		c.Checks = append(c.Checks, f.check())
		if n := len(f.Traces); n > 0 {
			c.Checks = append(c.Checks, compareTraces(want.Telemetry.Traces[:min(n, len(want.Telemetry.Traces))], f.Traces, want.info().Cars, inInflux))
		}
	}
	return c
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// compareStanding compares the classification that the timekeeper answers.
func (r *Reference) compareStanding(got *race.Classification) Check {
	c := Check{What: "results", Where: "timekeeper"}
	compareBy(&c, r.result.Entries, got.Entries, keyed[race.CarIdx, race.Classified]{
		key:  func(e *race.Classified) race.CarIdx { return e.Car },
		name: func(e *race.Classified) string { return fmt.Sprintf("car %d", e.Car) },
		same: func(a, b *race.Classified) bool { return *a == *b },
	})
	if got.StateHash != r.result.StateHash {
		c.note(&c.Different, "the state hash")
	}
	return c.worded("classification of %s cars as the timekeeper answers it")
}

// compareTicks compares how many ticks were committed.
func compareTicks(want, got int) Check {
	return Check{What: "ticks", Where: inLog, Compared: want, Missing: max(0, want-got), Extra: max(0, got-want)}.worded("race of %s ticks")
}

// check compares what came to InfluxDB with what is durable.
func (f Fed) check() Check {
	return Check{
		What: f.Series, Where: inInflux, Compared: int(f.Expected), Missing: int(max(0, f.Expected-f.Points)), Extra: int(max(0, f.Points-f.Expected)),
	}.worded("%s points of " + f.Series + " in InfluxDB")
}

// Identical reports whether nothing differs.
func (c *Comparison) Identical() bool { return len(c.Differences()) == 0 }

// Differences are the comparisons that came out otherwise, in words.
func (c *Comparison) Differences() (out []string) {
	add := func(differs bool, format string, args ...any) {
		if differs {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(c.Doubled > 0, "%d records are there twice or out of order", c.Doubled)
	add(c.Lost > 0, "%d records of the undisturbed race are missing", c.Lost)
	add(c.Difference != "", "the logs differ: %s", c.Difference)
	add(!c.Classification, "the classification differs")
	add(!c.Laps, "the laps differ")
	add(!c.Hashes, "the state hash differs at some lap")
	for i := range c.Checks[1:] { // the first is that of the logs
		add(!c.Checks[i+1].Identical, "%s", c.Checks[i+1].Text)
	}
	return out
}

// difference names the first difference between two logs; empty if there is none.
func difference(a, b []race.Record) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			return fmt.Sprintf("record %d is missing", i+1)
		case i >= len(a):
			return fmt.Sprintf("record %d is one too many: %+v", i+1, b[i].Body)
		case !same(&a[i], &b[i]):
			return fmt.Sprintf("record %d is %+v at %v, undisturbed it is %+v at %v", i+1, b[i].Body, b[i].Time, a[i].Body, a[i].Time)
		}
	}
	return ""
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

// timed folds a log: the state after it, its laps, and the state hash whenever the leader begins a lap. The facts go into kept, which may
// be nil.
func timed(log []race.Record, kept *folded) (state *timing.State, laps []race.Lap, hashes []string) {
	lap := 0
	for step, err := range timing.Replay(timing.Records(log)) {
		if err != nil { // a list has none
			return state, laps, append(hashes, err.Error())
		}
		state = step.State
		if step.Refused != nil {
			hashes = append(hashes, step.Refused.Error())
		}
		if kept != nil && len(step.Facts.Facts) > 0 {
			kept.apply(&step.Facts)
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
	return state, laps, hashes
}
