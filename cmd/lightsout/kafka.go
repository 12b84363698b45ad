package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/cmd/internal/cli"
	"lightsout/transport/kafka"
	"lightsout/transport/login"
)

// kafkaPasswordEnv is the environment variable of the password. There is no flag for it, for every user of the machine can read a command line.
const kafkaPasswordEnv = cli.EnvPrefix + "_KAFKA_PASSWORD"

// kafkaWorkMax bounds what init and check do once a broker answers.
const kafkaWorkMax = time.Minute

func newKafka() *cobra.Command {
	cmd := &cobra.Command{
		Use: "kafka", Short: "Prepare the topics of Kafka, for more than one machine", Args: cobra.NoArgs,
		Long: `Prepare the topics of Apache Kafka, for Lights Out on more than one machine. docs/KAFKA.md lists the topics, their settings
and the rights that are needed.`,
		Example: `  lightsout kafka init --kafka kafka1:9092,kafka2:9092
  lightsout kafka check --kafka kafka1:9092`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKafkaInit(), newKafkaCheck())
	return cmd
}

// kafkaFlags say where Kafka is and how to log in.
type kafkaFlags struct {
	kafka.Config
	settings     kafka.Settings
	passwordFile string
	wait         time.Duration
}

func newKafkaFlags() *kafkaFlags {
	return &kafkaFlags{Config: kafka.DefaultConfig(), settings: kafka.DefaultSettings(), wait: 10 * time.Second}
}

// add adds the flags of every command that uses Kafka.
func (f *kafkaFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.Brokers, "kafka", nil, "some brokers of Kafka, as HOST:PORT,…; they name the others")
	flags.StringVar(&f.Prefix, "kafka-prefix", f.Prefix, "beginning of the names of topics and groups")
	flags.StringToStringVar(&f.Via, "kafka-via", nil, "where brokers are reached through a tunnel, as BROKER=HOST:PORT,… by the names that they give themselves")
	flags.BoolVar(&f.TLS, "kafka-tls", false, "encrypt connections to Kafka")
	flags.StringVar(&f.CAFile, "kafka-ca", "", "file with certificates (PEM) that are trusted as well")
	flags.StringVar(&f.CertFile, "kafka-cert", "", "file with our own certificate (PEM), where brokers ask for one")
	flags.StringVar(&f.KeyFile, "kafka-key", "", "file with its key (PEM)")
	flags.StringVar(&f.SASL, "kafka-sasl", "", "mechanism to log in with: plain, scram-sha-256 or scram-sha-512")
	flags.StringVar(&f.User, "kafka-user", "", "user to log in as")
	flags.StringVar(&f.passwordFile, "kafka-password-file", "", "file with the password; or "+kafkaPasswordEnv+" in the environment")
	flags.Int32Var(&f.settings.Partitions, "partitions", f.settings.Partitions,
		fmt.Sprintf("partitions of each topic; 0 means %d, or as many as existing topics have", kafka.PartitionsDefault))
	flags.Int16Var(&f.settings.Replication, "replication", f.settings.Replication, "copies of each partition; 0 means 3, or one on each of fewer brokers")
	flags.DurationVar(&f.settings.TelemetryRetention, "telemetry-retention", f.settings.TelemetryRetention, "how long Kafka keeps telemetry")
}

// addWait adds the flag of commands that give up.
func (f *kafkaFlags) addWait(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.wait, "wait", f.wait, "how long to wait for a broker that is away")
}

// options reads the password and the certificates, and returns what a client needs.
func (f *kafkaFlags) options() ([]kgo.Opt, error) {
	if len(f.Brokers) == 0 {
		return nil, cli.BadInput("--kafka is missing: expected brokers as HOST:PORT, such as kafka1:9092")
	}
	password, err := cli.FileOrEnv("kafka-password-file", f.passwordFile, kafkaPasswordEnv)
	if err != nil {
		return nil, err
	}
	if f.Password = login.Secret(strings.TrimRight(password, "\r\n")); f.Password == "" && f.SASL != "" {
		return nil, cli.BadInput("the password for Kafka is missing: give --kafka-password-file or %s", kafkaPasswordEnv)
	}
	opts, err := f.Options()
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	if err := f.settings.Validate(); err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return opts, nil
}

// refused says that Kafka does not take this process.
func (f *kafkaFlags) refused(err error) error {
	return fmt.Errorf("join Kafka at %s: %w (see --kafka-tls, --kafka-ca, --kafka-sasl, --kafka-user and the password)", strings.Join(f.Brokers, ","), err)
}

// with calls work once a broker answers, and says on status what it waits for.
func (f *kafkaFlags) with(ctx context.Context, status io.Writer, work func(context.Context, *kgo.Client) error) error {
	if f.wait <= 0 {
		return cli.BadInput("--wait is %v: allowed is a time above 0, such as 10s", f.wait)
	}
	opts, err := f.options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	defer client.Close()
	at := strings.Join(f.Brokers, ",")
	waiting, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	err = kafka.Reach(waiting, client, func(err error) { fmt.Fprintf(status, "waiting up to %v for Kafka at %s: %v\n", f.wait, at, err) })
	switch {
	case ctx.Err() != nil: // interrupted
		return ctx.Err()
	case kafka.Hopeless(err):
		return f.refused(err)
	case err != nil:
		return fmt.Errorf("no answer from Kafka at %s within %v: %w", at, f.wait, err)
	}
	working, cancel := context.WithTimeout(ctx, kafkaWorkMax)
	defer cancel()
	if err = work(working, client); kafka.Hopeless(err) {
		return fmt.Errorf("%w (docs/KAFKA.md lists the rights that are needed)", err)
	}
	return err
}

// printFaults prints each fault with what mends it.
func printFaults(w io.Writer, faults []kafka.Fault) {
	for _, fault := range faults {
		fmt.Fprintf(w, "%s: %s is %s, should be %s\n  to mend it: %s\n", fault.Topic, fault.Setting, fault.Is, fault.Should, fault.Mend)
	}
}

func kafkaFaults(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d %s in the topics of Kafka", n, cli.Plural(n, "fault"))
}
