package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/bench"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// tickFlags are the flags of bench tick.
type tickFlags struct {
	races            bench.RacesConfig
	rows             int
	asJSON, markdown bool
}

// Limits of what is measured.
const (
	repeatsMax = 1000
	rowsMax    = 1_000_000_000
)

func newBenchTick() *cobra.Command {
	var f tickFlags
	cmd := &cobra.Command{
		Use: "tick", Short: "Measure whole races, and what a car and tick cost",
		Long: `Measure whole races, from the grid until the flag has fallen for the last car: each --repeats times with journal, rulebook and every
sample in an SQLite file, and once with the actors alone, whose batches are dropped. Each race has a process of its own, so that
the peak of its memory is the race's. A field drives as many laps as 30,000 laps of single cars give, from 1 to 57, or --laps. All
sizes with three repeats take about ten minutes. --markdown prints the table of docs/figures.md.

Before that, measure the cost of a car and tick: the same physics in a plain loop, as actors whose batches are dropped, and as the same
actors on hollywood's own processes; and the memory of an idle actor. All of them run one after another in one process, so that
their ratios hold when the machine's speed drifts. --rows 0 leaves this out, --repeats 0 the races.

100,000 cars on a circuit are a load, not a race: on the 2.75 km of Copper Speedway they are 36 a metre, which has no physical meaning.`,
		Example: "  lightsout bench tick\n  lightsout bench tick --rows 0 --markdown\n  GOMAXPROCS=1 lightsout bench tick --cars 2000 --repeats 0 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			report, err := f.measure(cmd.Context(), cmd.ErrOrStderr())
			switch out := cmd.OutOrStdout(); {
			case err != nil:
				return err
			case f.asJSON:
				return cli.WriteJSON(out, report)
			case f.markdown:
				return report.Races.Markdown(out)
			default:
				return report.Print(out)
			}
		},
	}
	cmd.Flags().IntSliceVar(&f.races.Sizes, "cars", []int{20, 1000, 10_000, race.CarsMax}, "field sizes")
	cmd.Flags().StringVar(&f.races.Circuit, "circuit", "speedway", "circuit of the whole races: a key (see lightsout circuit list) or a circuit file")
	cmd.Flags().IntVar(&f.races.Laps, "laps", 0, "laps of each race; 0 means 30,000 over the cars, from 1 to 57")
	cmd.Flags().IntVar(&f.races.Repeats, "repeats", 3, "races of each size with the log; 0 leaves whole races out")
	cmd.Flags().IntVar(&f.rows, "rows", 500_000, "cars × ticks of each measurement of a tick; 0 leaves it out")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print as JSON")
	cmd.Flags().BoolVar(&f.markdown, "markdown", false, "print the whole races as a Markdown table")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func (f *tickFlags) check() error {
	if err := checkFields(f.races.Sizes); err != nil {
		return err
	}
	for _, one := range []struct {
		flag       string
		value, max int
	}{{"rows", f.rows, rowsMax}, {"repeats", f.races.Repeats, repeatsMax}, {"laps", f.races.Laps, race.LapsMax}} {
		if one.value < 0 || one.value > one.max {
			return cli.BadInput("--%s is %d: allowed are 0 to %d", one.flag, one.value, one.max)
		}
	}
	if f.races.Repeats == 0 && (f.rows == 0 || f.markdown) {
		return cli.BadInput("--repeats 0 leaves nothing to measure or to print")
	}
	return nil
}

// measure measures a tick, then whole races.
func (f *tickFlags) measure(ctx context.Context, status io.Writer) (*bench.TickReport, error) {
	report := &bench.TickReport{}
	var err error
	if f.rows > 0 && !f.markdown {
		if report, err = bench.Tick(ctx, f.races.Sizes, f.rows, status); err != nil {
			return nil, err
		}
	}
	if f.races.Repeats == 0 {
		return report, nil
	}
	if f.races.Program, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	report.Races, err = bench.Races(ctx, f.races, status)
	return report, err
}

// newBenchRace is what bench tick starts for each race.
func newBenchRace() *cobra.Command {
	var spec bench.RaceSpec
	cmd := &cobra.Command{
		Use: "race", Short: "Run one race as fast as possible and print what it cost, as JSON", Hidden: true, Args: cobra.NoArgs,
		Example: "  lightsout bench race --circuit speedway --cars 1000 --laps 3 --log",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFields([]int{spec.Cars}); err != nil {
				return err
			}
			run, err := bench.Race(cmd.Context(), spec)
			if err != nil {
				return cli.AsBadInput(err)
			}
			return cli.WriteJSON(cmd.OutOrStdout(), run)
		},
	}
	cmd.Flags().StringVar(&spec.Circuit, "circuit", "speedway", "key of a circuit or a circuit file")
	cmd.Flags().IntVar(&spec.Cars, "cars", 20, "cars")
	cmd.Flags().IntVar(&spec.Laps, "laps", 1, "laps")
	cmd.Flags().BoolVar(&spec.Log, "log", false, "keep the race in an SQLite file")
	return cmd
}
