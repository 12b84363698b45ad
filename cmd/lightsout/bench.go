package main

import (
	"github.com/spf13/cobra"

	"lightsout/cmd/internal/bench"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

func newBench() *cobra.Command {
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure the standard loads", Args: cobra.NoArgs,
		Example: "  lightsout bench tick\n  lightsout bench tick --cars 20,2000 --repeats 5 --json\n  lightsout bench timing\n  lightsout bench kafka --kafka 127.0.0.1:9092",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchTick(), newBenchRace(), newBenchTiming(), newBenchKafka())
	return cmd
}

func newBenchTiming() *cobra.Command {
	var sizes []int
	var rounds, requests int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "timing", Short: "Measure passings through the rulebook, and from an HTTP request to the disk",
		Long: `Measure how many passings per second the rulebook processes on one core, for fields of several sizes in turns, so that
their ratios hold when the machine's speed drifts. The cars pass twenty timing lines in the order of time, and two of
them change places in each lap.

Then measure a complete server over loopback: how long a request takes until its passings are on disk and applied.`,
		Example: "  lightsout bench timing\n  lightsout bench timing --cars 20,100000 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFields(sizes); err != nil {
				return err
			}
			if rounds < 1 {
				return cli.BadInput("--rounds is %d: allowed are 1 and more", rounds)
			}
			if requests < 10 || requests > bench.RequestsMax {
				return cli.BadInput("--requests is %d: allowed are 10 to %d", requests, bench.RequestsMax)
			}
			report, err := bench.Timing(cmd.Context(), sizes, rounds, requests, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), report)
			}
			return report.Print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntSliceVar(&sizes, "cars", []int{20, 1000, 10_000}, "field sizes; the first is what the others are compared with")
	cmd.Flags().IntVar(&rounds, "rounds", 7, "how often each size is measured")
	cmd.Flags().IntVar(&requests, "requests", 1000, "HTTP requests with a single passing; a tenth of them with a thousand")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func checkFields(sizes []int) error {
	for _, n := range sizes {
		if n < 1 || n > race.CarsMax {
			return cli.BadInput("--cars has %d: allowed are 1 to %d", n, race.CarsMax)
		}
	}
	return nil
}
