package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/cluster"
	"lightsout/transport/kafka"
)

// clusterFlags make serve a part of several processes around Kafka.
type clusterFlags struct {
	*kafkaFlags
	roles    []string
	instance string
	create   bool
	facts    string
}

func newClusterFlags() *clusterFlags { return &clusterFlags{kafkaFlags: newKafkaFlags()} }

func (f *clusterFlags) add(cmd *cobra.Command) {
	f.kafkaFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.roles, "roles", nil, "what this process does at Kafka: simulator, processor and gateway, or some of them")
	flags.StringVar(&f.instance, "kafka-instance", "", "name of this process among the others of its roles, the same after a restart: its races wait for it")
	flags.StringVar(&f.facts, "facts-format", string(cluster.FactsMsgpack), "how processors publish facts for other programs: msgpack or json, the same for all")
	flags.BoolVar(&f.create, "kafka-create-topics", false, "create missing topics, as lightsout kafka init does")
}

// into waits for Kafka and returns the configuration of a member; nil without Kafka.
func (f *clusterFlags) into(ctx context.Context, log *slog.Logger, status io.Writer) (*cluster.Config, error) {
	if len(f.Brokers) == 0 {
		if len(f.roles) > 0 || f.create || f.instance != "" {
			return nil, cli.BadInput("--kafka is missing: --roles, --kafka-instance and --kafka-create-topics need it, such as --kafka kafka1:9092")
		}
		return nil, nil // one process
	}
	roles, err := cluster.ParseRoles(f.roles)
	if err != nil {
		return nil, cli.BadInput("--roles: %w", err)
	}
	facts, err := cluster.ParseFactsFormat(f.facts)
	if err != nil {
		return nil, cli.BadInput("--facts-format: %w", err)
	}
	f.Log = log
	opts, err := f.options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	defer client.Close()
	at := strings.Join(f.Brokers, ",")
	err = kafka.Reach(ctx, client, func(err error) { fmt.Fprintf(status, "%s: waiting for Kafka at %s: %v\n", roles, at, err) })
	switch {
	case ctx.Err() != nil: // interrupted
		return nil, ctx.Err()
	case kafka.Hopeless(err):
		return nil, f.refused(err)
	case err != nil:
		return nil, err
	}
	if f.create {
		working, cancel := context.WithTimeout(ctx, kafkaWorkMax)
		defer cancel()
		report, err := kafka.Init(working, client, f.Prefix, f.settings)
		if err != nil {
			return nil, err
		}
		if len(report.Created) > 0 {
			log.Info("topics were created", slog.Any("topics", report.Created), slog.Int("partitions", int(report.Partitions)))
		}
	}
	return &cluster.Config{Kafka: f.Config, Instance: f.instance, Roles: roles, Facts: facts, Log: log}, nil
}
