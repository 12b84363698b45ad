package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/cmd/internal/cli"
	"lightsout/transport/kafka"
)

func newKafkaInit() *cobra.Command {
	var asJSON bool
	f := newKafkaFlags()
	cmd := &cobra.Command{
		Use: "init", Short: "Create the missing topics", Args: cobra.NoArgs,
		Long: `Create the missing topics with the right settings. Existing topics stay as they are: what is wrong with them is named, with
the command that mends it, and ends the program with exit code 1. It may be called again at any time.

The number of partitions bounds how many processes share the races. Choose it well: once there are races it cannot be changed.`,
		Example: `  lightsout kafka init --kafka kafka1:9092,kafka2:9092
  lightsout kafka init --kafka kafka1:9092 --partitions 48 --telemetry-retention 720h
  lightsout kafka init --kafka kafka1:9093 --kafka-tls --kafka-sasl scram-sha-256 --kafka-user admin --kafka-password-file kafka.password --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, client *kgo.Client) error {
				report, err := kafka.Init(ctx, client, f.Prefix, f.settings)
				if report != nil && !asJSON {
					printInit(cmd.OutOrStdout(), report) // what was created before an error stays
				}
				if err != nil {
					return err
				}
				if asJSON {
					if err := cli.WriteJSON(cmd.OutOrStdout(), report); err != nil {
						return err
					}
				}
				return kafkaFaults(len(report.Faults))
			})
		},
	}
	f.add(cmd)
	f.addWait(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func printInit(w io.Writer, r *kafka.Report) {
	for _, topic := range r.Created {
		fmt.Fprintf(w, "%s: created with %d partitions, replication %d\n", topic, r.Partitions, r.Replication)
	}
	for _, topic := range r.Existing {
		fmt.Fprintf(w, "%s: exists\n", topic)
	}
	printFaults(w, r.Faults)
}
