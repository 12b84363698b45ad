package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport"
	"lightsout/transport/kafka"
)

// bareRace is a race's messages as a node wrote them: a frame and an entry for each batch.
type bareRace struct {
	partition       int32
	frames, entries [][]byte
	next, back      int // sent; read back
}

// bareLoop produces and consumes with franz-go alone, with the options of a node: a frame, then its entry once the frame is durable, and so
// many batches in flight. It decodes nothing.
type bareLoop struct {
	client *kgo.Client
	topics kafka.Topics
	races  map[string]*bareRace
	failed atomic.Pointer[error]
}

// bareRound moves what a node has moved under a prefix, through topics of its own. It deletes the topics of both.
func (b *kafkaBench) bareRound(ctx context.Context, partitions int32, from string, load *EntriesLoad) (_ spent, err error) {
	races, err := b.readRound(ctx, kafka.TopicsOf(from), partitions)
	if _, deleted := b.admin.DeleteTopics(ctx, kafka.TopicsOf(from).All()...); deleted != nil || err != nil {
		return spent{}, errors.Join(err, deleted)
	}
	load.measure(races)
	prefix, remove, err := b.topics(ctx, partitions)
	if err != nil {
		return spent{}, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	l := &bareLoop{topics: kafka.TopicsOf(prefix), races: races}
	if l.client, err = kgo.NewClient(b.opts...); err != nil {
		return spent{}, fmt.Errorf("set up a client of Kafka: %w", err)
	}
	defer l.client.Close()
	reader, err := b.readerOf(partitions, l.topics.Log)
	if err != nil {
		return spent{}, err
	}
	defer reader.Close()
	if err := l.warmUp(ctx, reader, partitions); err != nil {
		return spent{}, err
	}
	return l.run(ctx, reader)
}

// readerOf reads topics from their beginning, with the options of a node.
func (b *kafkaBench) readerOf(partitions int32, topics ...string) (*kgo.Client, error) {
	at := map[string]map[int32]kgo.Offset{}
	for _, t := range topics {
		at[t] = map[int32]kgo.Offset{}
		for p := range partitions {
			at[t][p] = kgo.NewOffset().At(0)
		}
	}
	reader, err := kgo.NewClient(append(b.opts[:len(b.opts):len(b.opts)], kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.ConsumePartitions(at))...)
	if err != nil {
		return nil, fmt.Errorf("set up a client of Kafka: %w", err)
	}
	return reader, nil
}

// readRound reads what a node has written: each batch that has a frame.
func (b *kafkaBench) readRound(ctx context.Context, topics kafka.Topics, partitions int32) (map[string]*bareRace, error) {
	ends, err := b.admin.ListEndOffsets(ctx, topics.Log, topics.Telemetry)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask Kafka where topics end: %w", err)
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	reader, err := b.readerOf(partitions, topics.Log, topics.Telemetry)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	races := map[string]*bareRace{}
	for left > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return nil, fmt.Errorf("read back: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			one := races[string(r.Key)]
			if one == nil {
				one = &bareRace{partition: r.Partition}
				races[string(r.Key)] = one
			}
			if r.Topic == topics.Telemetry {
				one.frames = append(one.frames, r.Value)
			} else if e, err := (transport.Codec{}).DecodeEntry(r.Value); err == nil && e.Telemetry >= 0 {
				one.entries = append(one.entries, r.Value)
			}
		})
	}
	for id, one := range races {
		if len(one.entries) != len(one.frames) {
			return nil, fmt.Errorf("race %s has %d entries with a frame and %d frames", id, len(one.entries), len(one.frames))
		}
		if len(one.entries) == 0 { // claims
			delete(races, id)
		}
	}
	return races, nil
}

// measure notes how large messages are.
func (l *EntriesLoad) measure(races map[string]*bareRace) {
	frames, entries, n := 0, 0, 0
	for _, r := range races {
		for i := range r.frames {
			frames, entries, n = frames+len(r.frames[i]), entries+len(r.entries[i]), n+1
		}
	}
	l.FrameBytes, l.EntryBytes = float64(frames)/float64(max(1, n)), float64(entries)/float64(max(1, n))
}

// warmUp moves a message through each partition, for a node has moved its claims and the first batches when its clock starts.
func (l *bareLoop) warmUp(ctx context.Context, reader *kgo.Client, partitions int32) error {
	for _, topic := range []string{l.topics.Telemetry, l.topics.Log} {
		for p := range partitions {
			r := &kgo.Record{Topic: topic, Partition: p, Value: []byte("warm")}
			if err := l.client.ProduceSync(ctx, r).FirstErr(); err != nil {
				return fmt.Errorf("produce: %w", err)
			}
		}
	}
	for left := int(partitions); left > 0; {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("read back: %w", err)
		}
		left -= fetches.NumRecords()
	}
	return nil
}

// run sends everything, and returns once it was read back. The goroutine that reads is the one that sends.
func (l *bareLoop) run(ctx context.Context, reader *kgo.Client) (spent, error) {
	left, out := 0, spent{}
	for _, r := range l.races {
		left += len(r.entries)
	}
	out.batches = left
	began, cpu := time.Now(), ownCPU()
	for id, r := range l.races {
		l.send(ctx, id, r)
	}
	for left > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return out, fmt.Errorf("read back: %w", err)
		}
		if err := l.failed.Load(); err != nil {
			return out, fmt.Errorf("produce: %w", *err)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			left--
			r := l.races[string(rec.Key)]
			r.back++
			l.send(ctx, string(rec.Key), r)
		})
	}
	out.wall, out.cpu = time.Since(began), ownCPU()-cpu
	return out, nil
}

// send sends what may be in flight.
func (l *bareLoop) send(ctx context.Context, id string, r *bareRace) {
	for r.next < len(r.entries) && r.next-r.back < entriesInFlight {
		frame, entry := r.frames[r.next], r.entries[r.next]
		r.next++
		l.produce(ctx, l.topics.Telemetry, r.partition, id, frame, func() { l.produce(ctx, l.topics.Log, r.partition, id, entry, nil) })
	}
}

func (l *bareLoop) produce(ctx context.Context, topic string, partition int32, key string, value []byte, then func()) {
	l.client.Produce(ctx, &kgo.Record{Topic: topic, Partition: partition, Key: []byte(key), Value: value}, func(_ *kgo.Record, err error) {
		switch {
		case err != nil:
			l.failed.Store(&err)
		case then != nil:
			then()
		}
	})
}
