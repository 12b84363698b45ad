package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
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
}

// tell prints the outcome, and writes it as JUnit XML if a file is given. It returns errDrillFailed if promises were broken.
func (f drillFlags) tell(out io.Writer, o drillOutcome) error {
	if f.junit != "" {
		if err := writeJUnit(f.junit, o); err != nil {
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
func (f drillFlags) report(v *drill.Verdict, out io.Writer) error {
	return f.tell(out, drillOutcome{name: v.Scenario.Name, passed: v.Passed, broken: v.Broken, verdict: v, print: func(out io.Writer) error { return printVerdict(out, v) }})
}

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
	us := func(v int64) string { return (time.Duration(v) * time.Microsecond).String() }
	yes := map[bool]string{true: "identical", false: "DIFFERENT"}
	fmt.Fprintf(t, "\nInjected\t%d\nRestarts\t%s\n", v.Injected, countsText(v.Restarts))
	fmt.Fprintf(t, "Recovery\tp50 %s, p99 %s, at most %s\n", us(v.RecoveryP50US), us(v.RecoveryP99US), us(v.RecoveryMaxUS))
	fmt.Fprintf(t, "Ticks\t%d, %d late, the longest took %d ms\n", v.Ticks, v.TicksLate, v.LongestTickMS)
	fmt.Fprintf(t, "Messages set aside\t%d\nPassings filled in\t%d\n", v.SetAside, v.FilledIn)
	fmt.Fprintf(t, "Records\t%d, %d lost, %d doubled\n", v.Records, v.Lost, v.Doubled)
	fmt.Fprintf(t, "Classification\t%s\nLaps\t%s\nState hash at every lap\t%s\n", yes[v.Classification], yes[v.Laps], yes[v.Hashes])
	if err := cli.Flush(t); err != nil {
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

// printChecks lists comparisons and marks those that came out otherwise.
func printChecks(out io.Writer, checks []drill.Check) {
	fmt.Fprintln(out, "\nCompared with the undisturbed race:")
	for i := range checks {
		mark := map[bool]string{true: " ", false: "!"}
		fmt.Fprintf(out, "%s %s\n", mark[checks[i].Identical], checks[i].Text)
	}
}

// The parts of JUnit XML that CI systems read.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func writeJUnit(path string, o drillOutcome) error {
	var text strings.Builder
	if err := o.print(&text); err != nil {
		return err
	}
	one := junitCase{Name: o.name, Class: "lightsout.drill", Output: text.String()}
	suite := junitSuite{Name: "lightsout drill", Tests: 1}
	if !o.passed {
		suite.Failures = 1
		one.Failure = &junitFailure{strings.Join(o.broken[:min(1, len(o.broken))], ""), strings.Join(o.broken, "\n")}
	}
	suite.Cases = []junitCase{one}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return cli.WriteFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s\n", xml.Header, data)
		return err
	})
}
