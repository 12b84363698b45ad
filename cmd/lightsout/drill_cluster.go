package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/clusterdrill"
)

// clusterDrillFlags are the flags of drill --cluster.
type clusterDrillFlags struct {
	*kafkaFlags
	on                        bool
	stop, start, freeze, thaw string
	keep                      string
}

func (f *clusterDrillFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.on, "cluster", false, "drill several processes around the Kafka that --kafka names")
	f.kafkaFlags.add(cmd)
	flags.StringVar(&f.stop, "kafka-stop", "", "command that stops Kafka, for scenarios that restart it")
	flags.StringVar(&f.start, "kafka-start", "", "command that starts it again")
	flags.StringVar(&f.freeze, "kafka-freeze", "", "command that freezes Kafka, such as 'kill -STOP 4711'")
	flags.StringVar(&f.thaw, "kafka-thaw", "", "command that thaws it again, such as 'kill -CONT 4711'")
	flags.StringVar(&f.keep, "keep", "", "folder in which logs and files of the processes stay")
}

// login are the flags with which a child logs in as this process would. The password is in a file or in the environment, which it inherits.
func (f *clusterDrillFlags) login() (args []string) {
	for name, value := range map[string]string{
		"kafka-ca": f.CAFile, "kafka-cert": f.CertFile, "kafka-key": f.KeyFile, "kafka-sasl": f.SASL, "kafka-user": f.User,
		"kafka-password-file": f.passwordFile,
	} {
		if value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	if f.TLS {
		args = append(args, "--kafka-tls")
	}
	slices.Sort(args)
	return args
}

func runClusterDrill(ctx context.Context, name string, flags drillFlags, out, status io.Writer) error {
	f := &flags.cluster
	if name == "" {
		return cli.BadInput("which scenario? see lightsout drill list, or give a YAML file")
	}
	s, err := clusterdrill.Find(name)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	if _, err := f.options(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if f.keep != "" {
		if err := os.MkdirAll(f.keep, 0o750); err != nil {
			return cli.BadInput("--keep: %w", err)
		}
	}
	v, err := clusterdrill.Run(ctx, clusterdrill.Config{
		Program: self, Brokers: f.Brokers, Args: f.login(), Patience: flags.patience, Keep: f.keep,
		StopKafka: f.stop, StartKafka: f.start, FreezeKafka: f.freeze, ThawKafka: f.thaw,
	}, s, status)
	if err != nil {
		return cli.AsBadInput(err)
	}
	how := ran{strikes: len(v.Strikes), took: time.Duration(v.Seconds * float64(time.Second))}
	return flags.tell(out, drillOutcome{name: s.Name, passed: v.Passed, broken: v.Broken, verdict: v, ran: how, print: func(out io.Writer) error { return printClusterVerdict(out, v) }})
}

func printClusterVerdict(out io.Writer, v *clusterdrill.Verdict) error {
	s := v.Scenario
	fmt.Fprintf(out, "%s · %d races of %d cars, %d laps of %s\n%s\n", s.Name, s.Races, s.Cars, s.Laps, s.Circuit, s.About)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nStrikes\t%d\n", len(v.Strikes))
	lost, doubled, records, differ, checks := 0, 0, 0, 0, len(v.Checks)
	for i := range v.Races {
		r := &v.Races[i]
		lost, doubled, records, checks = lost+r.Lost, doubled+r.Doubled, records+r.Records, checks+len(r.Checks)
		if !r.Identical() {
			differ++
		}
	}
	fmt.Fprintf(t, "Comparisons\t%d of a race at a gateway, %d different\n", len(v.Races), differ)
	fmt.Fprintf(t, "Records\t%d, %d lost, %d doubled\n", records, lost, doubled)
	fmt.Fprintf(t, "Checks\t%d of logs, telemetry, tables and spectators\n", checks)
	fmt.Fprintf(t, "Longest pause of facts\tp50 %d ms, p99 %d ms, at most %d ms\n", v.RecoveryP50MS, v.RecoveryP99MS, v.RecoveryMaxMS)
	e := v.External
	fmt.Fprintf(t, "Passings\t%d sent, %d acknowledged, %d counted; %d requests were repeats\n", e.Sent, e.Acknowledged, e.Counted, e.Repeats)
	fmt.Fprintf(t, "Acknowledged after\tp50 %d ms, p99 %d ms, at most %d ms\n", e.LatencyP50MS, e.LatencyP99MS, e.LatencyMaxMS)
	w := v.Spectators
	fmt.Fprintf(t, "Spectators\t%d, who connected %d times: %d facts, %d missed, %d doubled, %d snapshots instead\n", w.Spectators, w.Connections, w.Facts, w.Missed, w.Doubled, w.Snapshots)
	fmt.Fprintf(t, "Void entries\t%s\n", countsText(v.Void))
	fmt.Fprintf(t, "Took\t%.0f s\n", v.Seconds)
	if err := cli.Flush(t); err != nil {
		return err
	}
	if v.Passed {
		fmt.Fprintln(out, "\nPASSED: the faults changed nothing")
		return nil
	}
	fmt.Fprintln(out, "\nFAILED")
	for _, b := range v.Broken {
		fmt.Fprintln(out, "  - "+b)
	}
	return nil
}

func countsText(counts map[string]int64) string {
	var parts []string
	for name, n := range counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, n))
		}
	}
	if parts == nil {
		return "none"
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
