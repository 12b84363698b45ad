package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

// drillOutcome is what any form of drill tells.
type drillOutcome struct {
	name    string
	passed  bool
	broken  []string
	verdict any
	print   func(io.Writer) error
	// figures are further properties in JUnit XML.
	figures []junitProperty
	ran     ran
}

// ran is how a drill ran, for JUnit.
type ran struct {
	seed    string // empty if the drill has none
	strikes int
	took    time.Duration
}

// tell prints the outcome, and writes it as JUnit XML if a file is given. It returns errDrillFailed if promises were broken.
func (f drillFlags) tell(out io.Writer, o drillOutcome) error {
	if f.junit != "" {
		if err := writeJUnit(f.junit, []drillOutcome{o}); err != nil {
			return err
		}
	}
	var err error
	if f.asJSON {
		err = cli.WriteJSON(out, o.verdict)
	} else {
		err = o.print(out)
	}
	if err == nil && !o.passed {
		err = errDrillFailed
	}
	return err
}

// report tells the verdict on a drill of actors.
func (f drillFlags) report(v *drill.Verdict, took time.Duration, out io.Writer) error {
	return f.tell(out, drillOutcome{
		name: v.Scenario.Name, passed: v.Passed, broken: v.Broken, verdict: v, figures: figuresOf(v),
		print: func(out io.Writer) error { return printVerdict(out, v) },
		ran:   ran{seedText(v.Scenario.Seed), v.Injected, took},
	})
}

func seedText(seed uint64) string { return strconv.FormatUint(seed, 10) }

func printVerdict(out io.Writer, v *drill.Verdict) error {
	s := v.Scenario
	fmt.Fprintf(out, "%s · %d cars, %d laps of %s · seeds %d, %d\n%s\n", s.Name, s.Race.Cars, s.Race.Laps, s.Race.Circuit,
		s.Race.Seed, s.Seed, s.About)
	for i := range s.Faults {
		fmt.Fprintf(out, "  %d. %v\n", i+1, &s.Faults[i])
	}
	fmt.Fprintln(out)
	for i, strike := range v.Strikes[:min(10, len(v.Strikes))] {
		fmt.Fprintf(out, "  %10v  fault %d  %s\n", strike.At, strike.Fault, strike.What)
		if i == 9 && v.Injected > 10 {
			fmt.Fprintf(out, "  %10s  and %d more\n", "…", v.Injected-10)
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	yes := map[bool]string{true: "identical", false: "DIFFERENT"}
	fmt.Fprintf(t, "\nInjected\t%d\nRestarts\t%s\n", v.Injected, countsText(v.Restarts))
	fmt.Fprintf(t, "Ticks\t%d, %d late\nLongest time without a commit\t%s, undisturbed %s\n", v.Ticks, v.TicksLate, micros(v.LongestStallUS), micros(v.UndisturbedUS))
	fmt.Fprintf(t, "Memory growth\t%.1f MB\n", float64(v.MemoryGrowth)/1e6)
	fmt.Fprintf(t, "Messages set aside\t%d\nPassings filled in\t%d\n", v.SetAside, v.FilledIn)
	fmt.Fprintf(t, "Records\t%d, %d lost, %d doubled\n", v.Records, v.Lost, v.Doubled)
	fmt.Fprintf(t, "Classification\t%s\nLaps\t%s\nState hash at every lap\t%s\n", yes[v.Classification], yes[v.Laps], yes[v.Hashes])
	if err := cli.Flush(t); err != nil {
		return err
	}
	if err := printRecovery(out, v.Recovery); err != nil {
		return err
	}
	printChecks(out, v.Checks)
	if v.Passed {
		fmt.Fprintln(out, "\nPASSED: "+map[bool]string{
			false: "the faults changed nothing but the restart counters",
			true:  "the poisoned cars were retired, and nothing else changed",
		}[s.Poisons()])
		return nil
	}
	fmt.Fprintln(out, "\nFAILED")
	for _, b := range v.Broken {
		fmt.Fprintln(out, "  - "+b)
	}
	return nil
}

func micros(us int64) string { return (time.Duration(us) * time.Microsecond).String() }

// printRecovery lists how long actors of each kind needed after faults.
func printRecovery(out io.Writer, of map[string]drill.Recovery) error {
	if len(of) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nRecovery, from the fault to the next incarnation and to the first thing that others wait for:")
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, kind := range slices.Sorted(maps.Keys(of)) {
		r := of[kind]
		without := ""
		if r.Without > 0 {
			without = fmt.Sprintf(", none after %d", r.Without)
		}
		fmt.Fprintf(t, "  %s\trestart %s\tprogress %s%s\n", kind, timesText(r.Restart), timesText(r.Progress), without)
	}
	return cli.Flush(t)
}

func timesText(t drill.Times) string {
	if t.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("p50 %s, p99 %s, at most %s (%d)", micros(t.P50US), micros(t.P99US), micros(t.MaxUS), t.Count)
}

// printChecks lists comparisons and marks those that came out otherwise.
func printChecks(out io.Writer, checks []drill.Check) {
	fmt.Fprintln(out, "\nCompared with the undisturbed race:")
	for i := range checks {
		mark := map[bool]string{true: " ", false: "!"}
		fmt.Fprintf(out, "%s %s\n", mark[checks[i].Identical], checks[i].Text)
	}
}

// figuresOf are the figures of a verdict as properties; a time that does not exist is "none".
func figuresOf(v *drill.Verdict) (out []junitProperty) {
	add := func(name, value string) { out = append(out, junitProperty{name, value}) }
	for _, kind := range slices.Sorted(maps.Keys(v.Recovery)) {
		r := v.Recovery[kind]
		add("recovery."+kind+".restart", timesText(r.Restart))
		add("recovery."+kind+".progress", timesText(r.Progress))
		add("recovery."+kind+".without_progress", strconv.Itoa(r.Without))
	}
	add("longest_stall", micros(v.LongestStallUS))
	add("longest_stall_undisturbed", micros(v.UndisturbedUS))
	return out
}
