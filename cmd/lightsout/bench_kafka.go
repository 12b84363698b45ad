package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/cmd/internal/bench"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// benchSecondsMax bounds each measurement.
const benchSecondsMax = 3600

func newBenchKafka() *cobra.Command {
	f := newKafkaFlags()
	cfg := bench.KafkaConfig{}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "kafka", Short: "Measure the log in Kafka: entries, races in roles, latency, spectators, takeovers",
		Long: `Measure the log in Kafka, in topics of its own, which it deletes again. The loads:

  entries    batches of a tick of 20 cars through one process, beside a bare franz-go loop that moves the same bytes
  races      races at 10 Hz with two simulators, two processors and a gateway: CPU, memory, messages and bytes
  field      one race of many cars with the same processes, as fast as possible
  latency    a passing until it is acknowledged and until a spectator has it, beside one process with a file
  spectators 500 spectators of one race at a gateway: bytes and CPU for each
  takeover   how long races stand still when a simulator or a processor is killed, or ended in order

CPU and memory are read from /proc; those of the broker with --broker-pid.`,
		Example: `  lightsout bench kafka --kafka 127.0.0.1:9092
  lightsout bench kafka --kafka 127.0.0.1:9092 --loads races --races 50,100,250 --broker-pid 4711 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkBenchKafka(&cfg); err != nil {
				return err
			}
			var report *bench.KafkaReport
			err := f.with(cmd.Context(), cmd.ErrOrStderr(), func(context.Context, *kgo.Client) error { return nil })
			if err == nil {
				report, err = runBenchKafka(cmd.Context(), f, cfg, cmd.ErrOrStderr())
			}
			if err != nil {
				return err
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), report)
			}
			return report.Print(cmd.OutOrStdout())
		},
	}
	f.add(cmd)
	f.addWait(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&cfg.Loads, "loads", bench.KafkaLoads, "what is measured")
	flags.IntSliceVar(&cfg.Races, "races", []int{250}, "races of 20 cars, one load for each number")
	flags.IntVar(&cfg.FieldCars, "cars", 10_000, "cars of the large field")
	flags.IntVar(&cfg.Seconds, "seconds", 20, "length of each measurement")
	flags.IntVar(&cfg.BrokerPID, "broker-pid", 0, "process of the broker on this machine, whose CPU is measured too")
	flags.BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func checkBenchKafka(cfg *bench.KafkaConfig) error {
	for _, load := range cfg.Loads {
		if !slices.Contains(bench.KafkaLoads, load) {
			return cli.BadInput("--loads has %q: allowed are %s", load, strings.Join(bench.KafkaLoads, ", "))
		}
	}
	for _, n := range cfg.Races {
		if n < 1 || n > 10_000 {
			return cli.BadInput("--races has %d: allowed are 1 to 10000", n)
		}
	}
	if cfg.Seconds < 1 || cfg.Seconds > benchSecondsMax {
		return cli.BadInput("--seconds is %d: allowed are 1 to %d", cfg.Seconds, benchSecondsMax)
	}
	if cfg.FieldCars < 1 || cfg.FieldCars > race.CarsMax {
		return cli.BadInput("--cars is %d: allowed are 1 to %d", cfg.FieldCars, race.CarsMax)
	}
	return nil
}

func runBenchKafka(ctx context.Context, f *kafkaFlags, cfg bench.KafkaConfig, status io.Writer) (_ *bench.KafkaReport, err error) {
	if cfg.Program, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cfg.Kafka, cfg.Args = f.Config, (&clusterDrillFlags{kafkaFlags: f}).login()
	return bench.Kafka(ctx, cfg, status)
}
