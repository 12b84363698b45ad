package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"lightsout/race"
	"lightsout/transport/kafka"
)

// RacesLoad is what simulated races cost the processes of each role.
type RacesLoad struct {
	Races   int     `json:"races"`
	Cars    int     `json:"cars"`
	Wanted  float64 `json:"ticks_per_second_wanted"` // of all races; 0: as fast as possible
	Seconds float64 `json:"seconds"`
	// Ticks are batches that count, as the gateway folded them.
	Ticks float64 `json:"ticks_per_second"`
	Kept  float64 `json:"share_of_real_time"`
	// Lag is how many entries the gateway had folded and not applied, at the begin and at the end.
	LagBegin float64     `json:"lag_begin"`
	LagEnd   float64     `json:"lag_end"`
	Roles    []RoleUse   `json:"roles"`
	Topics   []TopicFlow `json:"topics"`
}

// RoleUse is what a process used.
type RoleUse struct {
	Role     string  `json:"role"`
	Cores    float64 `json:"cores"`
	PerTick  float64 `json:"cpu_us_per_tick"` // of all races' ticks
	MemoryMB float64 `json:"memory_mb"`
}

// TopicFlow is what a topic took in: bytes on the brokers' disks, of all copies.
type TopicFlow struct {
	Topic    string  `json:"topic"`
	Messages float64 `json:"messages_per_second"`
	Bytes    float64 `json:"bytes_per_second"`
}

// settle is how long races run before they are measured, at most.
const settle = 5 * time.Second

// settle waits until races have begun to run.
func (b *kafkaBench) settle(ctx context.Context) error {
	return sleep(ctx, min(settle, time.Duration(b.cfg.Seconds)*time.Second))
}

// tickHz is the rate of the races of the benchmark.
const tickHz = 10

func (b *kafkaBench) races(ctx context.Context, report *KafkaReport) error {
	for _, n := range b.cfg.Races {
		load := RacesLoad{Races: n, Cars: benchCars, Wanted: float64(n) * tickHz}
		if err := b.runRaces(ctx, &load, 1); err != nil {
			return err
		}
		report.Races = append(report.Races, load)
	}
	return nil
}

func (b *kafkaBench) field(ctx context.Context, report *KafkaReport) error {
	report.Field = &RacesLoad{Races: 1, Cars: b.cfg.FieldCars}
	return b.runRaces(ctx, report.Field, 0)
}

// runRaces runs races at a speed with two simulators, two processors and a gateway.
func (b *kafkaBench) runRaces(ctx context.Context, load *RacesLoad, speed float64) error {
	fmt.Fprintf(b.status, "%d races of %d cars\n", load.Races, load.Cars)
	return b.with(ctx, []string{"simulator", "simulator", "processor", "processor", "gateway"}, func(f *fleet) error {
		if _, err := f.order(ctx, load.Races, load.Cars, speed); err != nil {
			return err
		}
		if err := b.settle(ctx); err != nil {
			return err
		}
		return load.measure(ctx, f)
	})
}

// order orders simulated races at the gateway, some at a time, which begin at once.
func (f *fleet) order(ctx context.Context, races, cars int, speed float64) ([]race.ID, error) {
	ids := make([]race.ID, races)
	errs := make([]error, races)
	var next atomic.Int64
	var clients sync.WaitGroup
	for range min(8, races) {
		clients.Go(func() {
			for i := int(next.Add(1)) - 1; i < races; i = int(next.Add(1)) - 1 {
				var made struct{ ID race.ID }
				body, err := json.Marshal(race.Order{
					Name: fmt.Sprint("Benchmark ", i), Circuit: "meridian", Cars: cars, Laps: race.LapsMax, Seed: uint64(i), Speed: speed, TickHz: tickHz,
				})
				if err == nil {
					err = f.of("gateway").ask(ctx, http.MethodPost, "/api/v1/races", body, &made)
				}
				ids[i], errs[i] = made.ID, err
			}
		})
	}
	clients.Wait()
	return ids, errors.Join(errs...)
}

// reading is what is read at the begin and at the end of a measurement.
type reading struct {
	at          time.Time
	folded, lag float64
	cpu         []time.Duration
	messages    map[string]int64
	bytes       map[string]int64
}

func (f *fleet) read(ctx context.Context) (r reading, err error) {
	g := f.of("gateway")
	if r.folded, err = g.metric(ctx, "lightsout_log_folded_offset"); err != nil {
		return r, err
	}
	r.at = time.Now()
	for _, pid := range f.pids() {
		r.cpu = append(r.cpu, cpuOf(pid))
	}
	if r.lag, err = g.metric(ctx, "lightsout_log_copy_lag_entries"); err != nil {
		return r, err
	}
	r.messages, r.bytes, err = f.bench.sizes(ctx, f.prefix)
	return r, err
}

// pids are those of the processes, and of the broker if it is known.
func (f *fleet) pids() (out []int) {
	for _, p := range f.all {
		out = append(out, p.cmd.Process.Pid)
	}
	if pid := f.bench.cfg.BrokerPID; pid > 0 {
		out = append(out, pid)
	}
	return out
}

// sizes are how many messages and bytes the topics of a prefix have.
func (b *kafkaBench) sizes(ctx context.Context, prefix string) (messages, bytes map[string]int64, err error) {
	names := kafka.TopicsOf(prefix).All()
	messages, bytes = map[string]int64{}, map[string]int64{}
	ends, err := b.admin.ListEndOffsets(ctx, names...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask Kafka where topics end: %w", err)
	}
	ends.Each(func(o kadm.ListedOffset) { messages[o.Topic] += o.Offset })
	dirs, err := b.admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask Kafka how large topics are: %w", err)
	}
	dirs.Each(func(d kadm.DescribedLogDir) {
		d.Topics.Each(func(p kadm.DescribedLogDirPartition) { bytes[p.Topic] += p.Size })
	})
	return messages, bytes, nil
}

// measure measures what runs.
func (l *RacesLoad) measure(ctx context.Context, f *fleet) error {
	before, err := f.read(ctx)
	if err != nil {
		return err
	}
	if err := sleep(ctx, time.Duration(f.bench.cfg.Seconds)*time.Second); err != nil {
		return err
	}
	after, err := f.read(ctx)
	if err != nil {
		return err
	}
	l.Seconds = after.at.Sub(before.at).Seconds()
	l.Ticks = (after.folded - before.folded) / l.Seconds
	if l.Wanted > 0 {
		l.Kept = l.Ticks / l.Wanted
	}
	l.LagBegin, l.LagEnd = before.lag, after.lag
	for i, pid := range f.pids() {
		use := RoleUse{Role: "broker", MemoryMB: memoryOf(pid), Cores: (after.cpu[i] - before.cpu[i]).Seconds() / l.Seconds}
		if i < len(f.all) {
			use.Role = f.all[i].role
		}
		use.PerTick = use.Cores * 1e6 / max(1, l.Ticks)
		l.Roles = append(l.Roles, use)
	}
	for _, topic := range kafka.TopicsOf(f.prefix).All() {
		flow := TopicFlow{Topic: topic[len(f.prefix)+1:]}
		flow.Messages = float64(after.messages[topic]-before.messages[topic]) / l.Seconds
		flow.Bytes = float64(after.bytes[topic]-before.bytes[topic]) / l.Seconds
		l.Topics = append(l.Topics, flow)
	}
	return nil
}
