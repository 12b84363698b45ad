package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
	"lightsout/cmd/internal/sweep"
)

// runMany runs drills of several scenarios and seeds.
func (f drillFlags) runMany(cmd *cobra.Command, names []string) error {
	m, err := f.many(cmd, names)
	if err != nil {
		return err
	}
	status := cmd.ErrOrStderr()
	m.Done = progressOfDrills(status)
	r, err := m.Run(cmd.Context())
	if err != nil {
		return cli.AsBadInput(err)
	}
	if f.junit != "" {
		if err := writeJUnit(f.junit, outcomesOf(r)); err != nil {
			return err
		}
	}
	if f.asJSON {
		err = cli.WriteJSON(cmd.OutOrStdout(), r)
	} else {
		err = printResults(cmd.OutOrStdout(), r)
	}
	switch {
	case err != nil:
		return err
	case r.Interrupted:
		return fmt.Errorf("interrupted after %d of %d drills, %d failed", len(r.Runs), r.Planned, r.Failed())
	case r.Failed() > 0:
		return fmt.Errorf("%w in %d of %d runs", errDrillFailed, r.Failed(), len(r.Runs))
	}
	return nil
}

// many is what the flags ask for.
func (f drillFlags) many(cmd *cobra.Command, names []string) (*drills.Many, error) {
	m := &drills.Many{Jobs: f.jobs, Patience: f.patience, Feed: f.influx, Version: buildVersion(), Out: f.out}
	var err error
	if f.seeds != "" {
		if cmd.Flags().Changed("seed") {
			return nil, cli.BadInput("--seed and --seeds are given: one of them says the seeds")
		}
		if m.Seeds, err = sweep.ParseSeeds(f.seeds); err != nil {
			return nil, cli.BadInput("--%w", err)
		}
		if slices.Contains(m.Seeds, 0) {
			return nil, cli.BadInput("--seeds has 0, which stands for the scenario's own seed: allowed are 1 and more")
		}
	}
	if len(f.faults) > 0 {
		s, err := drills.FindScenario("", f.faults)
		if err != nil {
			return nil, err
		}
		m.Scenarios = []*drill.Scenario{s}
	} else {
		var leftOut []string
		if m.Scenarios, leftOut, err = drills.FindScenarios(names, f.influx.Given()); err != nil {
			return nil, err
		}
		for _, name := range leftOut {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is left out: it needs an InfluxDB, which --influx-url names\n", name)
		}
	}
	for _, s := range m.Scenarios {
		if err := f.override(s); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// progressOfDrills shows a bar on a terminal, with lines about drills that failed; elsewhere there is a line about each.
func progressOfDrills(status io.Writer) func(o *drills.Outcome, done, total int) {
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	bar := cli.Bar(status, "drills")
	return func(o *drills.Outcome, done, total int) {
		begin := map[bool]string{true: "\r\x1b[K"}[terminal]
		switch {
		case !o.Passed:
			fmt.Fprintf(status, "%s%d of %d: %s FAILED: %s\n", begin, done, total, nameOf(o), firstOf(o.Broken))
		case !terminal:
			fmt.Fprintf(status, "%d of %d: %s passed, %.1f s\n", done, total, nameOf(o), o.Seconds)
		}
		bar(int64(done), int64(total))
	}
}

func nameOf(o *drills.Outcome) string { return fmt.Sprintf("%s, seed %d", o.Scenario, o.Seed) }

// outcomesOf are the drills as test cases. Those that failed come with their verdict.
func outcomesOf(r *drills.Results) []drillOutcome {
	out := make([]drillOutcome, len(r.Runs))
	for i := range r.Runs {
		o := &r.Runs[i]
		out[i] = drillOutcome{
			name: nameOf(o), passed: o.Passed, broken: o.Broken,
			ran: ran{seedText(o.Seed), o.Strikes, time.Duration(o.Seconds * float64(time.Second))},
		}
		if o.Verdict != nil {
			out[i].print = func(w io.Writer) error { return printVerdict(w, o.Verdict) }
		}
	}
	return out
}

func printResults(out io.Writer, r *drills.Results) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Scenario\tRuns\tPassed\tFailed\tStrikes\tWorst recovery\tTime\tSeeds that failed")
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\t%.1f s\t%s\n", s.Scenario.Name, s.Runs, s.Passed, s.Failed, s.Strikes, recoveryText(s.RecoveryMaxUS), s.Seconds,
			seedsText(s.FailedSeeds))
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	switch failed := r.Failed(); {
	case failed > 0:
		fmt.Fprintf(out, "\nFAILED: %d of %d. lightsout drill NAME --seed SEED, with the same other flags, makes one again:\n", failed, len(r.Runs))
		printOutcomes(out, r.Runs)
	case len(r.Runs) > 0 && !r.Interrupted:
		fmt.Fprintf(out, "\nPASSED: all %d\n", len(r.Runs))
	}
	if r.Interrupted {
		fmt.Fprintf(out, "\nInterrupted: %d of %d drills were not run to their end\n", r.Planned-len(r.Runs), r.Planned)
	}
	return nil
}

// outcomesShown is how many drills are listed one by one; --json has all.
const outcomesShown = 20

// printOutcomes lists drills that failed, and the first promise that each broke.
func printOutcomes(out io.Writer, runs []drills.Outcome) {
	shown := 0
	for i := range runs {
		if runs[i].Passed {
			continue
		}
		if shown++; shown > outcomesShown {
			fmt.Fprintln(out, "  … --json has all")
			return
		}
		fmt.Fprintf(out, "  - %s: %s\n", nameOf(&runs[i]), firstOf(runs[i].Broken))
	}
}

// firstOf is the first promise that was broken, and how many more were.
func firstOf(broken []string) string {
	switch len(broken) {
	case 0:
		return "failed"
	case 1:
		return broken[0]
	}
	return fmt.Sprintf("%s (and %d more)", broken[0], len(broken)-1)
}

func recoveryText(us int64) string {
	if us == 0 {
		return "none"
	}
	return (time.Duration(us) * time.Microsecond).String()
}

// seedsText writes ascending seeds as --seeds takes them, at most eight parts.
func seedsText(seeds []uint64) string {
	var parts []string
	for i := 0; i < len(seeds); {
		to := i
		for to+1 < len(seeds) && seeds[to+1] == seeds[to]+1 {
			to++
		}
		part := strconv.FormatUint(seeds[i], 10)
		if to > i {
			part += "-" + strconv.FormatUint(seeds[to], 10)
		}
		if parts, i = append(parts, part), to+1; len(parts) == 8 && i < len(seeds) {
			return fmt.Sprintf("%s and %d more", strings.Join(parts, ","), len(seeds)-i)
		}
	}
	return strings.Join(parts, ",")
}
