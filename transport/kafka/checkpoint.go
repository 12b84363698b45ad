package kafka

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// When a simulator keeps a checkpoint: what came after it is read again at a start.
const (
	checkpointEvery   = 5 * time.Minute
	checkpointEntries = 1000 // fewer are read in a moment
)

// checkpointPrefix begins the keys of checkpoints, one for each slot. There are two: the newest may be newer than the copy of who starts.
const (
	checkpointPrefix = "fold/"
	checkpointSlots  = 2
)

// checkpoint is the fold of a partition at an offset, with how the races were made that are simulated there. A simulator goes on from it
// instead of reading the log from its beginning. It follows from the log alone: whoever wrote it, it is the same.
type checkpoint struct {
	mark
	Running map[race.ID]*runningRace `json:"running"`
	slot    int
}

// runningRace is a history without its fields, which are in the topic beside it.
type runningRace struct {
	Announced []byte      `json:"announced"` // transport.Content
	Made      []madeBatch `json:"made"`
	Broken    string      `json:"broken,omitempty"`
}

type madeBatch struct {
	Count uint64 `json:"count"`
	Hash  uint64 `json:"hash"`
	Body  []byte `json:"body"` // transport.Content
}

// checkpoints are those that a desk writes.
type checkpoints struct {
	at       time.Duration // of the newest
	next     int64
	slot     int
	underway bool
}

// keepCheckpoint writes where the fold is, if that is worth it.
func (d *desk) keepCheckpoint(now time.Duration, leaving bool) {
	k := &d.checkpoints
	if k.underway || d.fold.Next()-k.next < checkpointEntries || !leaving && now-k.at < checkpointEvery {
		return
	}
	k.at, k.next = now, d.fold.Next()
	data, err := d.encodeCheckpoint()
	if err == nil && len(data) > bodyBytesMax {
		err = fmt.Errorf("it has %d bytes: allowed are %d", len(data), bodyBytesMax)
	}
	if err != nil {
		d.node.log.Error("a checkpoint cannot be kept: starts read the log from an older one", slog.Int("partition", int(d.partition)), slog.Any("err", err))
		return
	}
	k.underway = true
	d.node.produce(d.node.topics.State, d.partition, fmt.Sprint(checkpointPrefix, k.slot), data, func(int64, error) {
		d.post(func() { k.underway = false }) // one that did not arrive costs time at a start
	})
	k.slot = (k.slot + 1) % checkpointSlots
}

func (d *desk) encodeCheckpoint() ([]byte, error) {
	c := checkpoint{mark: *d.fold.mark(), Running: map[race.ID]*runningRace{}}
	c.Topic = d.node.topicID
	for id, h := range d.past.races {
		r, err := h.running()
		if err != nil {
			return nil, fmt.Errorf("race %s: %w", id, err)
		}
		c.Running[id] = r
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer w.Close() //nolint:errcheck // it writes nowhere
	return w.EncodeAll(data, nil), nil
}

func (h *history) running() (*runningRace, error) {
	r := &runningRace{}
	if h.broken != nil {
		r.Broken = h.broken.Error()
	}
	var err error
	if r.Announced, err = (transport.Codec{}).Content(&transport.Content{Records: []race.Record{{Body: race.Announced{Race: h.info}}}}); err != nil {
		return nil, err
	}
	for _, m := range h.made {
		body, err := transport.Codec{}.Content(&transport.Content{Tick: m.Tick, Taken: m.Taken, Inputs: m.Inputs})
		if err != nil {
			return nil, err
		}
		r.Made = append(r.Made, madeBatch{m.Count, m.Hash, body})
	}
	return r, nil
}

// history is what running was made of.
func (r *runningRace) history() (*history, error) {
	h := &history{}
	if r.Broken != "" {
		h.broken = fmt.Errorf("%s", r.Broken)
	}
	c, err := transport.Codec{}.DecodeMade(r.Announced)
	if err != nil {
		return nil, err
	}
	if len(c.Records) == 1 {
		if b, ok := c.Records[0].Body.(race.Announced); ok {
			h.info = b.Race
		}
	}
	for _, m := range r.Made {
		c, err := transport.Codec{}.DecodeMade(m.Body)
		if err != nil {
			return nil, err
		}
		h.made = append(h.made, race.Made{Count: m.Count, Hash: m.Hash, Tick: c.Tick, Taken: c.Taken, Inputs: c.Inputs})
	}
	return h, nil
}

func decodeCheckpoint(data []byte) (*checkpoint, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if data, err = r.DecodeAll(data, nil); err != nil {
		return nil, err
	}
	c := &checkpoint{}
	return c, json.Unmarshal(data, c)
}

// restore goes on from the newest checkpoint that is not above an offset.
func (d *desk) restore(all []*checkpoint, most int64) {
	var best *checkpoint
	for _, c := range all {
		if c.Next <= most && (best == nil || c.Next > best.Next) {
			best = c
		}
	}
	if best == nil {
		return
	}
	past := newPast()
	for id, r := range best.Running {
		h, err := r.history()
		if err != nil {
			d.node.log.Warn("a checkpoint cannot be used: the log is read from its beginning", slog.Int("partition", int(d.partition)),
				slog.String("race", string(id)), slog.Any("err", err))
			return
		}
		past.races[id] = h
	}
	d.past = past
	d.fold.restore(&best.mark)
	d.checkpoints.next, d.checkpoints.slot = best.Next, (best.slot+1)%checkpointSlots
}

// readWait is how long nothing may come of a topic before it is taken to be read: what is behind its last message may be compacted away.
const readWait = 3 * time.Second

// readCheckpoints reads the checkpoints of this log, by partition.
func (n *Node) readCheckpoints(ctx context.Context) (map[int32][]*checkpoint, error) {
	var starts, ends kadm.ListedOffsets
	if err := patiently(ctx, func(ctx context.Context) (err error) {
		if starts, err = n.admin.ListStartOffsets(ctx, n.topics.State); err == nil {
			if ends, err = n.admin.ListEndOffsets(ctx, n.topics.State); err == nil {
				err = ends.Error()
			}
		}
		return err
	}); err != nil {
		return nil, fmt.Errorf("ask Kafka for checkpoints: %w", err)
	}
	from, left := map[int32]kgo.Offset{}, map[int32]int64{}
	starts.Each(func(o kadm.ListedOffset) {
		if end, ok := ends.Lookup(o.Topic, o.Partition); ok && o.Offset < end.Offset {
			from[o.Partition], left[o.Partition] = kgo.NewOffset().At(o.Offset), end.Offset
		}
	})
	found := map[int32]map[string][]byte{}
	err := n.readUntil(ctx, n.topics.State, from, left, func(r *kgo.Record) {
		if strings.HasPrefix(string(r.Key), checkpointPrefix) {
			if found[r.Partition] == nil {
				found[r.Partition] = map[string][]byte{}
			}
			found[r.Partition][string(r.Key)] = r.Value
		}
	})
	out := map[int32][]*checkpoint{}
	for p, slots := range found {
		out[p] = n.usable(p, slots)
	}
	return out, err
}

// usable are the checkpoints of this log that can be read, by key.
func (n *Node) usable(partition int32, slots map[string][]byte) (out []*checkpoint) {
	for slot := range checkpointSlots {
		data := slots[fmt.Sprint(checkpointPrefix, slot)]
		if data == nil {
			continue
		}
		c, err := decodeCheckpoint(data)
		if err != nil {
			n.log.Warn("a checkpoint cannot be read: another one is used", slog.Int("partition", int(partition)), slog.Any("err", err))
			continue
		}
		if c.slot = slot; c.Version == markVersion && c.Topic == n.topicID {
			out = append(out, c)
		}
	}
	return out
}

// readUntil reads partitions of a topic up to the offsets that are left.
func (n *Node) readUntil(ctx context.Context, topic string, from map[int32]kgo.Offset, left map[int32]int64, each func(*kgo.Record)) error {
	if len(from) == 0 {
		return nil
	}
	opts, err := n.cfg.Options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))...)
	if err != nil {
		return fmt.Errorf("set up a client of Kafka: %w", err)
	}
	defer client.Close()
	for len(left) > 0 {
		waiting, cancel := context.WithTimeout(ctx, readWait)
		fetches := client.PollFetches(waiting)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fetches.Empty() {
			return nil
		}
		fetches.EachRecord(func(r *kgo.Record) {
			each(r)
			if end, is := left[r.Partition]; is && r.Offset >= end-1 {
				delete(left, r.Partition)
			}
		})
	}
	return nil
}
