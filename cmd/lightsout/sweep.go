package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/racefile"
	"lightsout/cmd/internal/sweep"
)

// sweepFlags say how many races run at once and where their data goes.
type sweepFlags struct {
	jobs            int
	out, laps, page string
	asJSON          bool
	progress        bool
}

func (f *sweepFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.jobs, "jobs", runtime.NumCPU(), "races at once; a race takes one core")
	cmd.Flags().StringVar(&f.out, "out", "", "data set with a row of each car of each race: CSV or Parquet by its ending")
	cmd.Flags().StringVar(&f.laps, "laps-out", "", "data set with a row of each lap, beside --out")
	cmd.Flags().StringVar(&f.page, "page", "", "write the statistics as a page of plots to this HTML file")
}

func newSweep() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep FILE",
		Short: "Run many races in parallel, parameters by seeds by repeats, and make one data set of them",
		Long: `Run many races in parallel and make one data set of them. FILE has what is the same in all races, what varies, and the seeds:

  race: {circuit: harbour, laps: 10}       # as simulate --print-config prints it
  vary:
    model.pace.noise_s: [0.2, 0.34, 0.5]
    laps: {from: 10, to: 30, step: 10}
  seeds: 1-200
  repeats: 1                               # further repeats have seeds that follow from the first

While it runs, rows are appended to FILE.partial beside the data set. If it is interrupted, the same command goes on after the
last race there. Statistics are printed, and kept beside the data set with a manifest, from which rerun makes the same bytes.`,
		Example: `  lightsout sweep noise.yaml --out noise.parquet --page noise.html
  lightsout sweep noise.yaml --jobs 2 --out noise.csv --laps-out laps.csv --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, tree, err := sweep.ReadPlan(args[0])
			if err != nil {
				return err
			}
			return f.run(cmd.Context(), plan, tree, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the statistics as JSON")
	cmd.Flags().BoolVar(&f.progress, "progress", true, "show progress on a terminal")
	return cmd
}

// run runs a plan and prints its statistics.
func (f *sweepFlags) run(ctx context.Context, plan *sweep.Plan, tree racefile.Tree, title string, stdout, status io.Writer) error {
	o := sweep.Options{Plan: plan, Sweep: tree, Jobs: f.jobs, Out: f.out, Laps: f.laps, Version: buildVersion()}
	if f.progress {
		o.Progress = cli.Bar(status, "races")
	}
	s, err := sweep.Run(ctx, o, status)
	if err != nil {
		return cli.AsBadInput(err)
	}
	if f.page != "" {
		if err := cli.WriteFile(f.page, func(w io.Writer) error { return s.WritePage(w, title) }); err != nil {
			return fmt.Errorf("--page: %w", err)
		}
	}
	if f.asJSON {
		return cli.WriteJSON(stdout, s)
	}
	return s.Print(stdout)
}

// seedsPlan is the plan of a race with many seeds.
func seedsPlan(t racefile.Tree, seeds string) (*sweep.Plan, racefile.Tree, error) {
	of := racefile.Tree{}
	for k, v := range t {
		if k != "seed" {
			of[k] = v
		}
	}
	tree := racefile.Tree{"race": map[string]any(of), "seeds": seeds}
	plan, err := sweep.PlanOf(tree)
	if err != nil {
		return nil, nil, cli.BadInput("%w", err)
	}
	return plan, tree, nil
}
