package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"lightsout/race"
)

// Facts make messages for other people's programs. Their methods may block.
type Facts interface {
	// Messages are those of the facts of one record, in order.
	Messages(id race.ID, f *race.Facts) ([][]byte, error)
	// Again computes facts again, of records after a sequence number, in batches that end with the records ends.
	Again(id race.ID, after race.Seq, ends []race.Seq) ([]race.Facts, error)
}

// PublishFacts takes what follows from records that the copy has: all of a batch at once, and at least an element without facts for its last
// record. The facts are borrowed and never change.
func (n *Node) PublishFacts(id race.ID, facts []race.Facts) {
	if n.cfg.Facts != nil && len(facts) > 0 {
		d := n.desk(id)
		d.post(func() { d.publishing.take(id, facts) })
	}
}

// The cursors of what was published are offsets of a group without members: those of the log, by partition. Kafka shows its lag.
func (n *Node) factsGroup() string { return n.cfg.Group("facts") }

// followPublished keeps the cursors of other processors up to date until ctx ends.
func (n *Node) followPublished(ctx context.Context) {
	tick := time.NewTicker(cursorEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		at, err := n.published(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.Warn("how far facts were published is not known", slog.Any("err", err))
		}
		for partition, cursor := range at {
			d := n.desks[partition]
			d.post(func() { d.publishing.passed(cursor) })
		}
	}
}

// published is how far facts were published, by partition.
func (n *Node) published(ctx context.Context) (map[int32]int64, error) {
	if n.cfg.Facts == nil {
		return nil, nil // nothing is published here
	}
	var all kadm.OffsetResponses
	if err := patiently(ctx, func(ctx context.Context) (err error) {
		if all, err = n.admin.FetchOffsetsForTopics(ctx, n.factsGroup(), n.topics.Log); err == nil {
			err = all.Error()
		}
		return err
	}); err != nil {
		return nil, fmt.Errorf("ask Kafka which facts were published: %w", err)
	}
	at := map[int32]int64{}
	all.Each(func(o kadm.OffsetResponse) { at[o.Partition] = max(0, o.At) })
	return at, nil
}

// commitPublished tells Kafka how far facts were published. If it does not arrive, some are published again after a takeover.
func (n *Node) commitPublished(cursors map[int32]int64) {
	ctx, cancel := context.WithTimeout(n.ending, readBackWait)
	defer cancel()
	of := kadm.Offsets{}
	for p, at := range cursors {
		of.AddOffset(n.topics.Log, p, at, -1)
	}
	answers, err := n.admin.CommitOffsets(ctx, n.factsGroup(), of)
	if err == nil {
		err = answers.Error()
	}
	switch {
	case err == nil:
		for p, at := range cursors {
			n.desks[p].post(func() { n.desks[p].publishing.passed(at) })
		}
	case n.ending.Err() == nil:
		n.log.Warn("how far facts were published was not stored", slog.Any("err", err))
	}
}

// leavePublished stores the cursors of partitions that are given away.
func (n *Node) leavePublished(partitions []int32) {
	cursors := map[int32]int64{}
	for _, p := range partitions {
		if at, ok := ask(n.desks[p], n.desks[p].publishing.cursor); ok {
			cursors[p] = at
		}
	}
	if len(cursors) > 0 {
		n.commitPublished(cursors)
	}
}
