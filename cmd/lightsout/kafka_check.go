package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/cmd/internal/cli"
	"lightsout/transport/kafka"
)

func newKafkaCheck() *cobra.Command {
	var asJSON bool
	f := newKafkaFlags()
	cmd := &cobra.Command{
		Use: "check", Short: "Check the topics; exit 1 if something is wrong", Args: cobra.NoArgs,
		Long: `Check the topics: all are there, with the same number of partitions, enough copies, and the settings without which records would
be lost or refused. Each fault is named with the command that mends it. It changes nothing. Exit code 1 means a fault, or that
no broker answered or that Kafka refused.`,
		Example: `  lightsout kafka check --kafka kafka1:9092
  lightsout kafka check --kafka kafka1:9092 --wait 1m --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, client *kgo.Client) error {
				faults, err := kafka.Check(ctx, client, f.Prefix, f.settings)
				if err != nil {
					return err
				}
				switch {
				case asJSON:
					err = cli.WriteJSON(cmd.OutOrStdout(), map[string]any{"sound": len(faults) == 0, "faults": faults})
				case len(faults) == 0:
					fmt.Fprintf(cmd.OutOrStdout(), "the topics of %s are right\n", f.Prefix)
				default:
					printFaults(cmd.OutOrStdout(), faults)
				}
				if err != nil {
					return err
				}
				return kafkaFaults(len(faults))
			})
		},
	}
	f.add(cmd)
	f.addWait(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}
