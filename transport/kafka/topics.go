package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
)

// Topics are the names of the topics.
type Topics struct {
	Commands  string // orders, rulings, passings and samples, for the owner of a race
	Log       string // records: what happened in each race
	Telemetry string // frames
	State     string // fields and timing snapshots: the newest of each race
	Facts     string // what follows from the records, for other people's programs
	Dead      string // commands that nobody can read, with the reason
}

// TopicsOf returns the topics that begin with a prefix.
func TopicsOf(prefix string) Topics {
	return Topics{
		Commands: prefix + ".commands", Log: prefix + ".log", Telemetry: prefix + ".telemetry",
		State: prefix + ".state", Facts: prefix + ".facts", Dead: prefix + ".dead",
	}
}

// All lists the topics, the log first.
func (t Topics) All() []string {
	return []string{t.Log, t.Commands, t.Telemetry, t.State, t.Facts, t.Dead}
}

// Partition returns the partition of a race, the same in every topic. partitions is the count that each topic has, at least 1. It is the one
// that Java clients choose by the key, and librdkafka with partitioner=murmur2_random.
func Partition(id race.ID, partitions int32) int32 {
	p := partitioners.Get().(*partitioner)
	defer partitioners.Put(p)
	p.record.Key = append(p.record.Key[:0], id...)
	return int32(p.of.Partition(&p.record, int(partitions)))
}

// partitioner is that of the library, with a record for it to look at.
type partitioner struct {
	of     kgo.TopicPartitioner
	record kgo.Record
}

// partitioners are not for concurrent use, and each has a source of chance, which takes 10 us to make.
var partitioners = sync.Pool{New: func() any { return &partitioner{of: kgo.StickyKeyPartitioner(nil).ForTopic("")} }}

// Settings of the topics.
type Settings struct {
	// Partitions of each topic; 0 means PartitionsDefault. Where topics exist, new ones get as many as those have.
	Partitions int32
	// Replication is the number of copies of each partition; 0 means 3, or as many as there are brokers if they are fewer.
	Replication int16
	// TelemetryRetention is how long frames are kept.
	TelemetryRetention time.Duration
}

// Limits of Settings, and what is taken if none are given.
const (
	PartitionsDefault = 12
	partitionsMax     = 10_000
	replicationMax    = 100
	replicationWanted = 3
	day               = 24 * time.Hour
)

// DefaultSettings returns the settings for a cluster of any size.
func DefaultSettings() Settings { return Settings{TelemetryRetention: 7 * day} }

// Validate returns all faults of the Settings.
func (s Settings) Validate() error {
	var faults []error
	if s.Partitions < 0 || s.Partitions > partitionsMax {
		faults = append(faults, fmt.Errorf("%d partitions: allowed are 1 to %d, or 0 for the default", s.Partitions, partitionsMax))
	}
	if s.Replication < 0 || s.Replication > replicationMax {
		faults = append(faults, fmt.Errorf("replication is %d: allowed are 1 to %d, or 0 for the default", s.Replication, replicationMax))
	}
	if s.TelemetryRetention < time.Minute {
		faults = append(faults, fmt.Errorf("telemetry is kept for %v: allowed is at least 1m", s.TelemetryRetention))
	}
	return errors.Join(faults...)
}

// replication is what a cluster of so many brokers gets.
func (s Settings) replication(brokers int) int16 {
	if s.Replication > 0 {
		return s.Replication
	}
	return int16(max(1, min(replicationWanted, brokers)))
}

// setting is one that Init gives to a topic. Check demands it only where another value would break something.
type setting struct {
	name, value string
	wrong       func(is string) bool // nil means that an operator may choose
}

func not(want string) func(string) bool { return func(is string) bool { return is != want } }

// settings of a topic, given its replication.
func (s Settings) settings(t Topics, topic string, replication int16) []setting {
	insync := leastInSync(replication)
	out := []setting{
		{"message.timestamp.type", "LogAppendTime", not("LogAppendTime")}, // the brokers' clocks, not those of producers
		{"max.message.bytes", strconv.Itoa(MessageBytesMax), func(is string) bool { n, err := strconv.Atoi(is); return err != nil || n < MessageBytesMax }},
		{"min.insync.replicas", strconv.Itoa(insync), func(is string) bool {
			n, err := strconv.Atoi(is)
			return err != nil || n < insync || n > max(1, int(replication)-1) // as many as there are copies: one broker away, and writers wait
		}},
		// A replica that lags never becomes the leader: what it lacks would be lost.
		{"unclean.leader.election.enable", "false", func(is string) bool { return is == "true" }},
	}
	retain := func(d time.Duration) setting {
		return setting{"retention.ms", strconv.FormatInt(d.Milliseconds(), 10), nil}
	}
	switch topic {
	case t.State:
		return append(out, setting{"cleanup.policy", "compact", not("compact")},
			// The active segment is never compacted: with small ones there is little to read at a takeover.
			setting{"segment.ms", "60000", nil}, setting{"segment.bytes", strconv.Itoa(64 << 20), nil}, setting{"min.cleanable.dirty.ratio", "0.1", nil})
	case t.Log: // the races: for ever, however large
		out = append(out, setting{"retention.ms", "-1", not("-1")}, setting{"retention.bytes", "-1", not("-1")})
	case t.Telemetry:
		out = append(out, retain(s.TelemetryRetention))
	case t.Dead:
		out = append(out, retain(30*day))
	default:
		out = append(out, retain(7*day))
	}
	return append(out, setting{"cleanup.policy", "delete", not("delete")})
}

// leastInSync is how many copies must have a message before it counts as written.
func leastInSync(replication int16) int {
	if replication >= 3 {
		return 2
	}
	return 1
}

// Report says what Init found and made.
type Report struct {
	Brokers     int      `json:"brokers"`
	Partitions  int32    `json:"partitions"`
	Replication int16    `json:"replication"`
	Created     []string `json:"created"`
	Existing    []string `json:"existing"`
	Faults      []Fault  `json:"faults"` // of existing topics, which Init does not change
}

// Init creates the missing topics. It changes no existing one: what is wrong with those is in the report.
func Init(ctx context.Context, client *kgo.Client, prefix string, s Settings) (*Report, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	found, err := inspect(ctx, client, prefix)
	if err != nil {
		return nil, err
	}
	partitions, _ := found.partitions(s)
	report := &Report{
		Brokers: found.brokers, Partitions: partitions, Replication: s.replication(found.brokers),
		Created: []string{}, Existing: []string{}, Faults: []Fault{},
	}
	admin := kadm.NewClient(client)
	for _, topic := range found.names.All() {
		if found.topics[topic] != nil {
			report.Existing = append(report.Existing, topic)
			continue
		}
		config := map[string]*string{}
		for _, w := range s.settings(found.names, topic, report.Replication) {
			config[w.name] = &w.value
		}
		made, err := admin.CreateTopic(ctx, report.Partitions, report.Replication, config, topic)
		switch {
		case errors.Is(err, kerr.TopicAlreadyExists): // another init was faster
			report.Existing = append(report.Existing, topic)
		case err != nil && made.ErrMessage != "":
			return report, fmt.Errorf("create %s with %d partitions and replication %d: %w %s", topic, report.Partitions, report.Replication, err, made.ErrMessage)
		case err != nil:
			return report, fmt.Errorf("create %s: %w", topic, err)
		default:
			report.Created = append(report.Created, topic)
		}
	}
	if found, err = visible(ctx, client, prefix); err != nil {
		return report, err
	}
	report.Faults = found.faults(s)
	return report, nil
}

// visible waits until the brokers know all topics, which takes a moment after they were created.
func visible(ctx context.Context, client *kgo.Client, prefix string) (*cluster, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := inspect(ctx, client, prefix)
		if err != nil || !slices.ContainsFunc(found.names.All(), func(topic string) bool { return found.topics[topic] == nil }) {
			return found, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the new topics: %w", ctx.Err())
		}
	}
}
