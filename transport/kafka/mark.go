package kafka

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"lightsout/race"
	"lightsout/transport"
)

// markEvery is how often a copy keeps how far it has followed a partition. What came after that is read again after a restart.
const markEvery = 30 * time.Second

// markVersion is that of the rules of the fold: a mark of others is not used.
const markVersion = 1

// mark is how far a copy has followed a partition, and the fold there.
type mark struct {
	Version   int                      `json:"version"`
	Topic     string                   `json:"topic"` // id of the log's topic: another one is another log
	Next      int64                    `json:"next"`
	Telemetry int64                    `json:"telemetry"` // offset from which telemetry is needed
	Claims    map[transport.Role]Claim `json:"claims"`
	Races     map[race.ID]*State       `json:"races"`
	Receipts  []transport.Receipt      `json:"receipts"` // oldest first
}

// mark is the fold as a mark.
func (f *Fold) mark() *mark {
	m := &mark{Version: markVersion, Next: f.next, Claims: f.claims, Races: f.races}
	for _, id := range f.order {
		m.Receipts = append(m.Receipts, f.receipts[id])
	}
	return m
}

// restore continues where a mark was made.
func (f *Fold) restore(m *mark) {
	f.next = m.Next
	for role, claim := range m.Claims {
		f.claims[role] = claim
	}
	for id, state := range m.Races {
		f.races[id] = state
	}
	for _, r := range m.Receipts {
		f.receipt(r)
	}
}

// marks are those of the copy that are of this log, by partition.
func (n *Node) marks(ctx context.Context) (map[int32]*mark, error) {
	if n.cfg.Copy == nil {
		return nil, nil // no copy, no marks
	}
	kept, err := n.cfg.Copy.Marks()
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	out := map[int32]*mark{}
	for partition, data := range kept {
		m := &mark{}
		if err := json.Unmarshal(data, m); err != nil {
			return nil, fmt.Errorf("read how far the copy has followed partition %d: %w", partition, err)
		}
		if m.Topic != n.topicID {
			return nil, fmt.Errorf("the copy follows another log: %s was made anew, or --db is the file of another cluster: allowed is a file of this one, or a new one", n.topics.Log)
		}
		if m.Version == markVersion {
			out[partition] = m
		}
	}
	ends, err := n.admin.ListEndOffsets(ctx, n.topics.Log)
	if err != nil {
		return nil, fmt.Errorf("ask Kafka where the log ends: %w", err)
	}
	for partition, m := range out {
		if o, ok := ends.Lookup(n.topics.Log, partition); !ok || o.Err == nil && o.Offset < m.Next {
			return nil, fmt.Errorf("partition %d of %s ends at offset %d, and the copy has followed it to %d: Kafka has lost a part of the log", partition, n.topics.Log, o.Offset, m.Next)
		}
	}
	return out, nil
}

// askTopicID asks for the id of the log's topic.
func (n *Node) askTopicID(ctx context.Context) error {
	all, err := n.admin.ListTopics(ctx, n.topics.Log)
	if err != nil {
		return fmt.Errorf("ask Kafka for %s: %w", n.topics.Log, err)
	}
	id := all[n.topics.Log].ID
	if id == (kadm.TopicID{}) {
		return fmt.Errorf("ask Kafka for %s: it has no id", n.topics.Log)
	}
	n.topicID = id.String()
	return nil
}

// keeper keeps marks of a partition.
type keeper struct {
	at    time.Duration // when the newest was made
	next  int64         // of the newest
	due   []byte        // it waits until the copy has followed
	dueAt int64
}

// make makes a mark now and then.
func (d *desk) makeMark(now time.Duration) {
	k := &d.keeper
	if d.copying == nil || k.due != nil || now-k.at < markEvery || d.fold.Next() == k.next {
		return
	}
	k.at = now
	k.due, k.dueAt = d.encodeMark(), d.fold.Next()
}

func (d *desk) encodeMark() []byte {
	m := d.fold.mark()
	m.Topic, m.Telemetry = d.node.topicID, d.copying.frames.needed()
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // it is text and numbers
	}
	return data
}

// keepMark keeps a mark that the copy has followed to. It is stored after what was handed over before.
func (d *desk) keepMark(applied int64) {
	if k := &d.keeper; k.due != nil && applied >= k.dueAt && d.published(k.dueAt) {
		d.node.cfg.Copy.KeepMark(d.partition, k.due)
		k.next, k.due = k.dueAt, nil
	}
}

// lastMark keeps where the copy ends.
func (d *desk) lastMark() {
	if d.copying != nil && d.appliedTo() == d.fold.Next() && d.fold.Next() > d.keeper.next && d.published(d.fold.Next()) {
		d.node.cfg.Copy.KeepMark(d.partition, d.encodeMark())
	}
}
