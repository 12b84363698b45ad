package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport/kafka"
)

// KafkaLoads are the loads of the Kafka benchmark, in the order in which they are measured.
var KafkaLoads = []string{"entries", "races", "field", "latency", "spectators", "takeover"}

// KafkaConfig says what is measured, and around which Kafka.
type KafkaConfig struct {
	Program   string       // starts the roles
	Kafka     kafka.Config // its prefix begins those of the loads
	Args      []string     // more flags of each role: how to log in at Kafka
	BrokerPID int          // of the broker, if it runs on this machine; 0: unknown
	Loads     []string
	Races     []int // of 20 cars, at 10 Hz
	FieldCars int
	Seconds   int // of each measurement
}

// KafkaReport is the result of Kafka. A load that was not asked for is empty.
type KafkaReport struct {
	Processors int              `json:"processors"`
	Load       string           `json:"load_average_before"` // of the machine, over 1, 5 and 15 minutes
	Entries    []EntriesLoad    `json:"entries"`
	Races      []RacesLoad      `json:"races"`
	Field      *RacesLoad       `json:"field"`
	Latency    []LatencyLoad    `json:"latency"`
	Spectators []SpectatorsLoad `json:"spectators"`
	Takeovers  []Takeover       `json:"takeovers"`
}

// kafkaBench measures one load after the other.
type kafkaBench struct {
	cfg    KafkaConfig
	status io.Writer
	opts   []kgo.Opt
	client *kgo.Client
	admin  *kadm.Client
	run    string // in the prefixes of topics: two benchmarks do not meet
	loads  int
}

// Kafka measures the log in Kafka: entries through one process, and processes in roles.
func Kafka(ctx context.Context, cfg KafkaConfig, status io.Writer) (_ *KafkaReport, err error) {
	b := &kafkaBench{cfg: cfg, status: status, run: fmt.Sprint(time.Now().UnixNano())}
	if b.opts, err = cfg.Kafka.Options(); err != nil {
		return nil, err
	}
	if b.client, err = kgo.NewClient(b.opts...); err != nil {
		return nil, fmt.Errorf("set up a client of Kafka: %w", err)
	}
	defer b.client.Close()
	b.admin = kadm.NewClient(b.client)
	report := &KafkaReport{
		Processors: runtime.GOMAXPROCS(0), Load: loadAverage(),
		Entries: []EntriesLoad{}, Races: []RacesLoad{}, Latency: []LatencyLoad{}, Spectators: []SpectatorsLoad{}, Takeovers: []Takeover{},
	}
	measures := map[string]func(context.Context, *KafkaReport) error{
		"entries": b.entries, "races": b.races, "field": b.field, "latency": b.latency, "spectators": b.spectators, "takeover": b.takeover,
	}
	for _, load := range KafkaLoads {
		if slices.Contains(cfg.Loads, load) {
			if err := measures[load](ctx, report); err != nil {
				return nil, fmt.Errorf("%s: %w", load, err)
			}
		}
	}
	return report, nil
}

// topics makes the topics of one load. remove deletes them.
func (b *kafkaBench) topics(ctx context.Context, partitions int32) (prefix string, remove func() error, err error) {
	b.loads++
	prefix = fmt.Sprintf("%s-bench-%s-%d", b.cfg.Kafka.Prefix, b.run, b.loads)
	settings := kafka.DefaultSettings()
	settings.Partitions = partitions
	remove = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWait)
		defer cancel()
		if _, err := b.admin.DeleteTopics(ctx, kafka.TopicsOf(prefix).All()...); err != nil {
			return fmt.Errorf("delete the topics %s.*: %w", prefix, err)
		}
		return nil
	}
	if _, err := kafka.Init(ctx, b.client, prefix, settings); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return prefix, remove, nil
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// percentile of sorted durations, in ms.
func percentileMS(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(share*float64(len(sorted)-1))].Microseconds()) / 1000
}
