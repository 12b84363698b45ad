package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
)

// errWorse ends the program with exit code 1; the report says why.
var errWorse = errors.New("drills fail that did not fail before")

func newDrillCompare() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "compare A B", Short: "Compare the results of drills, such as those of two versions", Args: cobra.ExactArgs(2),
		Long: `Compare the results of drills, such as those of two versions. A and B are files with what lightsout drill --json prints, of one drill
or of many. The report lists the drills that fail in B and did not fail in A, those that failed in A and pass in B, and the
figures of each scenario side by side. Exit 1 if a drill fails in B that did not fail in A; slower is not worse.`,
		Example: "  lightsout drill compare main.json branch.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			var of [2]*drills.Results
			for i, file := range args {
				var err error
				if of[i], err = drills.ReadResults(file); err != nil {
					return err
				}
			}
			d, err := drills.CompareResults(of[0], of[1])
			if err != nil {
				return err
			}
			if asJSON {
				err = cli.WriteJSON(cmd.OutOrStdout(), d)
			} else {
				err = printDifferences(cmd.OutOrStdout(), of[0], of[1], d)
			}
			if err == nil && len(d.Worse) > 0 {
				err = errWorse
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func printDifferences(out io.Writer, a, b *drills.Results, d *drills.Differences) error {
	for _, one := range []struct {
		name string
		of   *drills.Results
	}{{"A", a}, {"B", b}} {
		cut := map[bool]string{true: fmt.Sprintf(", interrupted before %d more", one.of.Planned-len(one.of.Runs))}[one.of.Interrupted]
		fmt.Fprintf(out, "%s: %d drills, %d failed%s, version %s\n", one.name, len(one.of.Runs), one.of.Failed(), cut, orDash(one.of.Version))
	}
	if d.OnlyA+d.OnlyB > 0 {
		fmt.Fprintf(out, "By scenario and seed, %d are only in A and %d only in B\n", d.OnlyA, d.OnlyB)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nScenario\tRuns\tFailed\tStrikes a run\tWorst recovery\tLate ticks a run\tLongest stall\tTime a run")
	for i := range d.Scenarios {
		p := &d.Scenarios[i]
		a, b := &p.A, &p.B
		each := func(v float64, of *drills.Tally) float64 { return v / float64(max(1, of.Runs)) }
		fmt.Fprintf(t, "%s\t%d → %d\t%d → %d\t%.0f → %.0f\t%s → %s\t%.1f → %.1f\t%d → %d ms\t%.1f → %.1f s\n", p.A.Scenario.Name, a.Runs, b.Runs, a.Failed, b.Failed,
			each(float64(a.Strikes), a), each(float64(b.Strikes), b), recoveryText(a.RecoveryMaxUS), recoveryText(b.RecoveryMaxUS),
			each(float64(a.TicksLate), a), each(float64(b.TicksLate), b), a.LongestStallMS, b.LongestStallMS, each(a.Seconds, a), each(b.Seconds, b))
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	for i := range d.Scenarios {
		if p := &d.Scenarios[i]; !p.Alike {
			fmt.Fprintf(out, "%s is not the same in both: its race or its faults differ, and so may its figures\n", p.A.Scenario.Name)
		}
	}
	if len(d.Better) > 0 {
		names := make([]string, len(d.Better))
		for i := range d.Better {
			names[i] = nameOf(&d.Better[i])
		}
		fmt.Fprintf(out, "\nFailed in A, passes in B: %s\n", strings.Join(names, "; "))
	}
	if len(d.Worse) == 0 {
		fmt.Fprintln(out, "\nNOT WORSE: no drill fails in B that did not fail in A")
		return nil
	}
	fmt.Fprintf(out, "\nWORSE: %d fail in B and did not fail in A\n", len(d.Worse))
	printOutcomes(out, d.Worse)
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
