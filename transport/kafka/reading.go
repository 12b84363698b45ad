package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport"
)

// startReading tells the reader where to begin, and how far it must come before the node is ready.
func (n *Node) startReading(ctx context.Context) error {
	topics := []string{n.topics.Log}
	if n.cfg.Copy != nil {
		topics = append(topics, n.topics.Telemetry)
	}
	if n.cfg.Simulations != nil || n.cfg.Told != nil {
		topics = append(topics, n.topics.State)
	}
	starts, err := n.admin.ListStartOffsets(ctx, topics...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return fmt.Errorf("ask Kafka where topics begin: %w", err)
	}
	ends, err := n.admin.ListEndOffsets(ctx, n.topics.Log)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("ask Kafka where the log ends: %w", err)
	}
	from := map[string]map[int32]kgo.Offset{}
	var lost error
	starts.Each(func(o kadm.ListedOffset) {
		if from[o.Topic] == nil {
			from[o.Topic] = map[int32]kgo.Offset{}
		}
		d, at := n.desks[o.Partition], o.Offset
		switch o.Topic {
		case n.topics.Log:
			if at > d.fold.Next() {
				lost = errors.Join(lost, d.lostBelow(at))
			}
			at = d.fold.Next()
		case n.topics.Telemetry:
			at = max(at, d.copying.frames.next)
			d.copying.frames.least = o.Offset
		}
		from[o.Topic][o.Partition] = kgo.NewOffset().At(at)
	})
	ends.Each(func(o kadm.ListedOffset) { n.progress.until(o.Partition, n.desks[o.Partition].fold.Next(), o.Offset) })
	if lost != nil {
		return lost
	}
	n.reader.AddConsumePartitions(from)
	return nil
}

// read delivers what is fetched until ctx ends.
func (n *Node) read(ctx context.Context, client *kgo.Client, deliver func(topic string, partition int32, list []*kgo.Record), failed chan<- error) {
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil || fetches.IsClientClosed() {
			return
		}
		fetches.EachError(func(topic string, partition int32, err error) {
			if errors.Is(err, kerr.OffsetOutOfRange) && topic == n.topics.Telemetry { // kept for a time: what is gone is left out
				n.askTelemetryStart(n.desks[partition])
				return
			}
			switch {
			case errors.Is(err, kerr.OffsetOutOfRange) && topic == n.topics.Log:
				go n.fallenBehind(ctx, n.desks[partition], failed)
			case errors.Is(err, kerr.OffsetOutOfRange) || Hopeless(err):
				fail(failed, fmt.Errorf("read partition %d of %s: %w", partition, topic, err))
			}
		})
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if len(p.Records) > 0 {
				deliver(p.Topic, p.Partition, p.Records)
			}
		})
	}
}

// fail ends the node, if nothing else does.
func fail(failed chan<- error, err error) {
	select {
	case failed <- err:
	default:
	}
}

// racesNamed bounds the races that an error names.
const racesNamed = 20

// lostBelow says what cannot be had where the log begins only at an offset above what is needed.
func (d *desk) lostBelow(begins int64) error {
	var open []string
	for id, s := range d.fold.races {
		if !s.Over && !s.Deleted {
			open = append(open, string(id))
		}
	}
	slices.Sort(open)
	races := "races that began before"
	if d.fold.Next() > 0 {
		races = "races that began meanwhile"
	}
	if len(open) > 0 {
		races = fmt.Sprintf("races %s, which were not over, and %s", strings.Join(open[:min(racesNamed, len(open))], ", "), races)
		if more := len(open) - racesNamed; more > 0 {
			races = fmt.Sprintf("%d more, among them %s", more, races)
		}
	}
	return fmt.Errorf("partition %d of %s begins at offset %d, and is needed from %d: Kafka has lost a part of the log. What cannot be had here: %s; "+
		"a copy of a process that has them can be given as --db", d.partition, d.node.topics.Log, begins, d.fold.Next(), races)
}

// fallenBehind ends a node that was slower than Kafka's retention of the log.
func (n *Node) fallenBehind(ctx context.Context, d *desk, failed chan<- error) {
	starts, err := n.admin.ListStartOffsets(ctx, n.topics.Log)
	if o, ok := starts.Lookup(n.topics.Log, d.partition); err == nil && ok && o.Err == nil {
		if lost, answered := ask(d, func() error { return d.lostBelow(o.Offset) }); answered {
			fail(failed, lost)
			return
		}
	}
	fail(failed, fmt.Errorf("read partition %d of %s: %w", d.partition, n.topics.Log, kerr.OffsetOutOfRange))
}

func (n *Node) deliver(topic string, partition int32, list []*kgo.Record) {
	d := n.desks[partition]
	switch topic {
	case n.topics.Log:
		entries := n.decodeLog(list)
		d.post(func() { d.readLog(entries) })
	case n.topics.Telemetry:
		d.post(func() { d.readTelemetry(list) })
	case n.topics.State:
		d.post(func() { d.readState(list) })
	}
}

func (n *Node) deliverCommands(role transport.Role) func(string, int32, []*kgo.Record) {
	return func(_ string, partition int32, list []*kgo.Record) {
		d := n.desks[partition]
		d.post(func() { d.seat(role).takeCommands(list) })
	}
}

func (n *Node) readCommands(role transport.Role, partition int32, at int64) {
	n.orderly[role].AddConsumePartitions(map[string]map[int32]kgo.Offset{n.topics.Commands: {partition: kgo.NewOffset().At(at)}})
}

func (n *Node) stopCommands(role transport.Role, partition int32) {
	n.orderly[role].RemoveConsumePartitions(map[string][]int32{n.topics.Commands: {partition}})
}

// askTelemetryStart asks which telemetry Kafka still has.
func (n *Node) askTelemetryStart(d *desk) {
	go func() {
		starts, err := n.admin.ListStartOffsets(n.ending, n.topics.Telemetry)
		if o, ok := starts.Lookup(n.topics.Telemetry, d.partition); err == nil && ok && o.Err == nil {
			d.post(func() {
				f := d.copying.frames
				if f.least = o.Offset; f.next < o.Offset {
					f.next = o.Offset
					n.reader.AddConsumePartitions(map[string]map[int32]kgo.Offset{o.Topic: {o.Partition: kgo.NewOffset().At(o.Offset)}})
				}
				d.advance()
			})
		}
	}()
}
