package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// EntriesLoad is how many batches one process takes through the log beside a bare franz-go loop that moves the same bytes.
// Figures are medians of rounds; a ratio is the median of those of each round.
type EntriesLoad struct {
	Partitions int32   `json:"partitions"`
	Races      int     `json:"races"`
	Batches    int     `json:"batches"` // of a round
	Rounds     int     `json:"rounds"`
	FrameBytes float64 `json:"bytes_per_frame"` // before compression
	EntryBytes float64 `json:"bytes_per_entry"`
	// From the submission of a batch until it was read back and counts; for the bare loop until its bytes were.
	NodePerSecond    float64 `json:"batches_per_second"`
	RecordsPerSecond float64 `json:"records_per_second"`
	BarePerSecond    float64 `json:"bare_batches_per_second"`
	RateToBare       float64 `json:"rate_to_bare"`
	// CPU of the process for each batch.
	NodeCPU   float64 `json:"cpu_us_per_batch"`
	BareCPU   float64 `json:"bare_cpu_us_per_batch"`
	CPUToBare float64 `json:"cpu_to_bare"`
}

// The load of entries: so many races, each with so many batches in flight, so often.
const (
	entriesRaces    = 24
	entriesInFlight = 64
	entriesRounds   = 5   // at most one for each second of KafkaConfig
	entriesPerSec   = 100 // batches of a race for each second of KafkaConfig
)

// spent is what a round took.
type spent struct {
	batches, records int
	wall, cpu        time.Duration
}

func (s spent) rate() float64  { return float64(s.batches) / s.wall.Seconds() }
func (s spent) cpuUS() float64 { return float64(s.cpu.Microseconds()) / float64(s.batches) }

func (b *kafkaBench) entries(ctx context.Context, report *KafkaReport) error {
	info, batches, err := realTicks(ctx, benchCars, 600)
	if err != nil {
		return err
	}
	rounds := min(entriesRounds, b.cfg.Seconds)
	for _, partitions := range []int32{1, 12} {
		load := EntriesLoad{Partitions: partitions, Races: entriesRaces, Rounds: rounds}
		var node, bare, nodeCPU, bareCPU, records, rates, cpus []float64
		for round := range rounds {
			fmt.Fprintf(b.status, "entries through %d partitions, round %d of %d\n", partitions, round+1, rounds)
			n, prefix, err := b.nodeRound(ctx, partitions, info, batches)
			if err != nil {
				return err
			}
			loop, err := b.bareRound(ctx, partitions, prefix, &load)
			if err != nil {
				return err
			}
			load.Batches = n.batches
			node, bare = append(node, n.rate()), append(bare, loop.rate())
			nodeCPU, bareCPU = append(nodeCPU, n.cpuUS()), append(bareCPU, loop.cpuUS())
			records = append(records, float64(n.records)/n.wall.Seconds())
			rates, cpus = append(rates, n.rate()/loop.rate()), append(cpus, n.cpuUS()/loop.cpuUS())
		}
		load.NodePerSecond, load.BarePerSecond, load.RecordsPerSecond = median(node), median(bare), median(records)
		load.NodeCPU, load.BareCPU = median(nodeCPU), median(bareCPU)
		load.RateToBare, load.CPUToBare = median(rates), median(cpus)
		report.Entries = append(report.Entries, load)
	}
	return nil
}

// nodeRound takes batches through a node in the role of a simulator. Its topics stay, for the bare loop to read.
func (b *kafkaBench) nodeRound(ctx context.Context, partitions int32, info race.Race, batches []*race.Batch) (_ spent, _ string, err error) {
	prefix, remove, err := b.topics(ctx, partitions)
	if err != nil {
		return spent{}, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	cfg := b.cfg.Kafka
	cfg.Prefix = prefix
	s := &replayed{info: info, batches: batches, each: uint64(max(10, entriesPerSec*b.cfg.Seconds)), races: map[race.ID]*replayedRace{}}
	s.done.Add(entriesRaces)
	if s.node, err = kafka.Join(ctx, kafka.NodeConfig{Config: cfg, Simulations: s}); err != nil {
		return spent{}, "", err
	}
	s.link = s.node.Simulated()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.node.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	for s.node.Waits() != nil {
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return spent{}, "", err
		}
	}
	for i := range entriesRaces {
		of := info
		of.ID = race.ID(fmt.Sprint("bench-", i))
		if _, err := s.node.Order(ctx, &transport.Command{
			ID: "create " + string(of.ID), Race: of.ID, Role: transport.Simulator, Create: &transport.Create{Race: of, Start: true},
		}); err != nil {
			return spent{}, "", err
		}
	}
	began, cpu := time.Now(), ownCPU()
	s.start()
	if err := s.wait(ctx); err != nil {
		return spent{}, "", err
	}
	out := spent{wall: time.Since(began), cpu: ownCPU() - cpu}
	out.batches, out.records = s.moved()
	return out, prefix, nil
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// realTicks returns the first batches of a simulated race, as its actors make them.
func realTicks(ctx context.Context, cars, ticks int) (race.Race, []*race.Batch, error) {
	c, err := circuit.Open("meridian")
	if err != nil {
		return race.Race{}, nil, fmt.Errorf("open a circuit: %w", err)
	}
	head, model, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: cars, Laps: race.LapsMax, Seed: 7, TickHz: 10}, "bench", c)
	if err != nil {
		return race.Race{}, nil, err
	}
	j := &keptJournal{nullJournal: nullJournal{memory.New()}, most: ticks}
	_, err = timedRace(ctx, head, model, ticks+50, j, false)
	return head, j.batches, errors.Join(err, j.Close())
}

// keptJournal keeps the first batches. It is called by one recorder, and read when that has ended.
type keptJournal struct {
	nullJournal
	most    int
	batches []*race.Batch
}

// Append keeps a batch.
func (j *keptJournal) Append(b *race.Batch, ready func(error)) {
	if len(j.batches) < j.most {
		kept := *b
		kept.Records = slices.Clone(b.Records)
		j.batches = append(j.batches, &kept)
	}
	j.nullJournal.Append(b, ready)
}
