package bench

import (
	"fmt"
	"io"
	"text/tabwriter"

	"lightsout/cmd/internal/cli"
)

// Print prints the report as tables.
func (r *KafkaReport) Print(out io.Writer) error {
	fmt.Fprintf(out, "%d processors; load average before: %s\n", r.Processors, r.Load)
	if err := printEntries(out, r.Entries); err != nil {
		return err
	}
	loads := r.Races
	if r.Field != nil {
		loads = append(loads[:len(loads):len(loads)], *r.Field)
	}
	for i := range loads {
		if err := loads[i].print(out); err != nil {
			return err
		}
	}
	if err := printLatency(out, r.Latency); err != nil {
		return err
	}
	if err := printSpectators(out, r.Spectators); err != nil {
		return err
	}
	return printTakeovers(out, r.Takeovers)
}

func table(out io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
}

func printEntries(out io.Writer, loads []EntriesLoad) error {
	if len(loads) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nbatches of a tick of %d cars, from one simulator to the log and back, beside a bare franz-go loop; medians of %d rounds\n",
		benchCars, loads[0].Rounds)
	t := table(out)
	fmt.Fprintln(t, "partitions\tbatches\tbytes/frame\tbytes/entry\tbatches/s\trecords/s\tbare batches/s\tratio\tCPU µs/batch\tbare\tratio\t")
	for _, l := range loads {
		fmt.Fprintf(t, "%d\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\t%.2f\t\n", l.Partitions, l.Batches, l.FrameBytes, l.EntryBytes,
			l.NodePerSecond, l.RecordsPerSecond, l.BarePerSecond, l.RateToBare, l.NodeCPU, l.BareCPU, l.CPUToBare)
	}
	return cli.Flush(t)
}

func (l *RacesLoad) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%d races of %d cars for %.0f s: %.1f ticks/s", l.Races, l.Cars, l.Seconds, l.Ticks)
	if l.Wanted > 0 {
		fmt.Fprintf(out, " of %.0f, %.2f of real time", l.Wanted, l.Kept)
	}
	fmt.Fprintf(out, "; the gateway lagged %.0f entries at the begin, %.0f at the end\n", l.LagBegin, l.LagEnd)
	t := table(out)
	fmt.Fprintln(t, "process\tcores\tcores/race\tCPU µs/tick\tmemory MB\t")
	for _, u := range l.Roles {
		fmt.Fprintf(t, "%s\t%.2f\t%.4f\t%.0f\t%.0f\t\n", u.Role, u.Cores, u.Cores/float64(l.Races), u.PerTick, u.MemoryMB)
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	fmt.Fprintln(t, "topic\tmessages/s\tkB/s\tmessages/s/race\tbytes/s/race\tbytes/s/car\t")
	for _, f := range l.Topics {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.2f\t%.0f\t%.1f\t\n", f.Topic, f.Messages, f.Bytes/1000, f.Messages/float64(l.Races),
			f.Bytes/float64(l.Races), f.Bytes/float64(l.Races)/float64(l.Cars))
	}
	return cli.Flush(t)
}

func printLatency(out io.Writer, loads []LatencyLoad) error {
	if len(loads) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\na passing until it is acknowledged, and until a spectator has it")
	t := table(out)
	fmt.Fprintln(t, "form\tpassings\tacknowledged p50 ms\tp99 ms\tspectator p50 ms\tp99 ms\t")
	for _, l := range loads {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", l.Form, l.Passings, l.AckP50MS, l.AckP99MS, l.ShownP50MS, l.ShownP99MS)
	}
	return cli.Flush(t)
}

func printSpectators(out io.Writer, loads []SpectatorsLoad) error {
	if len(loads) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\nspectators of one race at a gateway")
	t := table(out)
	fmt.Fprintln(t, "cars\tspectators\tmessages/s each\tbytes/s each\tgateway cores without them\twith them\tCPU µs/s each\t")
	for i := range loads {
		fmt.Fprintln(t, loads[i].row())
	}
	return cli.Flush(t)
}

func printTakeovers(out io.Writer, list []Takeover) error {
	if len(list) == 0 {
		return nil
	}
	fmt.Fprintln(out, "\none of two processes of a role ends: how long races stand still")
	t := table(out)
	fmt.Fprintln(t, "role\tend\traces\tstood still\tleast ms\tp50 ms\tlongest ms\t")
	for _, l := range list {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.0f\t%.0f\t%.0f\t\n", l.Role, l.How, l.Races, l.Moved, l.LeastMS, l.P50MS, l.MaxMS)
	}
	return cli.Flush(t)
}
