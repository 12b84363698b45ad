package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// NodeConfig says what a process does at the shared log. Simulations makes it a simulator, Reports a processor, which needs a Copy.
type NodeConfig struct {
	Config
	// Instance names this process among the members of its groups for ever, so that a quick restart moves no race; empty means no name.
	Instance    string
	Simulations Simulations
	Reports     Reports
	Copy        Copy
	// Told is called with what Tell of any process said, from any goroutine: all that is kept at the start, then what is new. It may be nil.
	Told  func(key string, data []byte)
	Facts Facts // nil or what a processor publishes
}

// Node is a process at the shared log. It folds all partitions, and writes those that Kafka gives it.
type Node struct {
	cfg     NodeConfig
	log     *slog.Logger
	id      uint64
	topics  Topics
	begun   time.Time
	topicID string // of the log

	client   *kgo.Client // writes and asks
	others   *kgo.Client // writes what other programs read
	admin    *kadm.Client
	reader   *kgo.Client                    // log, telemetry and fields
	orderly  map[transport.Role]*kgo.Client // commands, by role
	groups   map[transport.Role]*group
	desks    []*desk
	progress progress
	done     chan struct{}
	ending   context.Context //nolint:containedctx // of what is produced: it ends with the node
	end      context.CancelFunc

	void        [verdicts]atomic.Int64
	activations atomic.Int64
	outage      outage
	brokenMu    sync.Mutex
	broken      map[race.ID]error // races that this process has to simulate and cannot
}

// Join makes the node of a process. Run starts it.
func Join(ctx context.Context, cfg NodeConfig) (*Node, error) {
	opts, err := cfg.Options()
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, log: cfg.Log, topics: TopicsOf(cfg.Prefix), done: make(chan struct{}), orderly: map[transport.Role]*kgo.Client{}, broken: map[race.ID]error{},
		id:    rand.Uint64(), //nolint:forbidigo // it tells processes apart
		begun: time.Now(),    //nolint:forbidigo // an edge
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.ending, n.end = context.WithCancel(context.WithoutCancel(ctx))
	if n.client, err = kgo.NewClient(opts...); err != nil {
		return nil, fmt.Errorf("set up a client of Kafka: %w", err)
	}
	n.admin = kadm.NewClient(n.client)
	partitions, err := n.partitions(ctx)
	if err != nil {
		n.client.Close()
		return nil, err
	}
	if err := n.open(opts); err != nil {
		n.client.Close()
		return nil, err
	}
	n.groups = map[transport.Role]*group{}
	for _, role := range n.roles() {
		n.groups[role] = newGroup(n, role)
	}
	if err := n.follow(ctx, partitions); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// follow makes the desks, where the copy has followed the log to.
func (n *Node) follow(ctx context.Context, partitions int32) error {
	if err := n.askTopicID(ctx); err != nil {
		return err
	}
	marks, err := n.marks(ctx)
	if err != nil {
		return err
	}
	published, err := n.published(ctx)
	if err != nil {
		return err
	}
	var kept map[int32][]*checkpoint
	if n.cfg.Simulations != nil && (n.cfg.Copy == nil || len(marks) > 0) {
		if kept, err = n.readCheckpoints(ctx); err != nil {
			return err
		}
	}
	for p := range partitions {
		n.desks = append(n.desks, newDesk(n, p, marks[p], published[p], kept[p]))
	}
	n.progress.init(int(partitions))
	return nil
}

// open makes the clients that read, and the one whose messages other programs read.
func (n *Node) open(opts []kgo.Opt) (err error) {
	// Clients of Kafka read gzip with nothing added; most need a library for LZ4.
	writing := append(opts[:len(opts):len(opts)], kgo.ProducerBatchCompression(kgo.GzipCompression()))
	if n.others, err = kgo.NewClient(writing...); err != nil {
		return fmt.Errorf("set up a client of Kafka: %w", err)
	}
	reading := append(opts[:len(opts):len(opts)], kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	if n.reader, err = kgo.NewClient(reading...); err != nil {
		return fmt.Errorf("set up a client of Kafka: %w", err)
	}
	for _, role := range n.roles() {
		if n.orderly[role], err = kgo.NewClient(reading...); err != nil {
			return fmt.Errorf("set up a client of Kafka: %w", err)
		}
	}
	return nil
}

// roles are those in which this process writes.
func (n *Node) roles() (out []transport.Role) {
	if n.cfg.Simulations != nil {
		out = append(out, transport.Simulator)
	}
	if n.cfg.Reports != nil {
		out = append(out, transport.Processor)
	}
	return out
}

// partitions is how many each topic has.
func (n *Node) partitions(ctx context.Context) (int32, error) {
	found, err := inspect(ctx, n.client, n.cfg.Prefix)
	if err != nil {
		return 0, err
	}
	var wrong []error
	for _, f := range found.faults(DefaultSettings()) {
		if f.Is == missing || f.Setting == "partitions" {
			wrong = append(wrong, fmt.Errorf("%s: %s is %s, should be %s; to mend it: %s", f.Topic, f.Setting, f.Is, f.Should, f.Mend))
		}
	}
	partitions, _ := found.partitions(Settings{})
	return partitions, errors.Join(wrong...)
}

// now is a clock that does not go back.
func (n *Node) now() time.Duration { return time.Since(n.begun) } //nolint:forbidigo // an edge

// Waits returns what keeps the node from being ready, or nil: until it has read the log, and has once written what its groups gave it. Later
// it is only behind or without a partition for a while, as the metrics say.
func (n *Node) Waits() error {
	if err := n.progress.waits(n.now()); err != nil {
		return err
	}
	for _, role := range n.roles() {
		if err := n.groups[role].waits(); err != nil {
			return err
		}
	}
	n.brokenMu.Lock()
	defer n.brokenMu.Unlock()
	var all []error
	for id, err := range n.broken {
		all = append(all, fmt.Errorf("this process cannot go on with race %s: %w", id, err))
	}
	return errors.Join(all...)
}

// cannot notes a race that this process has to simulate and cannot.
func (n *Node) cannot(id race.ID, err error) {
	n.log.Error("this process cannot go on with a race: one of another version may", slog.String("race", string(id)), slog.Any("err", err))
	n.brokenMu.Lock()
	defer n.brokenMu.Unlock()
	n.broken[id] = err
}

// Simulated is where the batches of simulations go.
func (n *Node) Simulated() *Link { return &Link{n, transport.Simulator} }

// Reported is where the batches go that follow from reports.
func (n *Node) Reported() *Link { return &Link{n, transport.Processor} }

// Link takes batches to the shared log.
type Link struct {
	node *Node
	role transport.Role
}

// Submit takes a race's batch. Ack is called once it was read back and, for a report, once this process's copy has it.
func (l *Link) Submit(b *race.Batch, ack func(race.Ack)) {
	d := l.node.desk(b.Race)
	m, wrong := draftOf(b)
	d.post(func() {
		if s := d.seat(l.role); s != nil {
			s.submit(m, wrong, ack)
		}
	})
}

// Tell keeps data under a key for every process; nil forgets it. of chooses the partition.
func (n *Node) Tell(of race.ID, key string, data []byte) {
	n.produce(n.topics.State, n.desk(of).partition, key, data, nil)
}

// Failed says that a simulation of this process cannot go on.
func (n *Node) Failed(id race.ID, reason string) {
	d := n.desk(id)
	d.post(func() {
		if s := d.seat(transport.Simulator); s != nil && s.runs[id] != nil {
			s.failed(id, reason)
		}
	})
}

func (n *Node) desk(id race.ID) *desk { return n.desks[Partition(id, int32(len(n.desks)))] }

// Owns reports whether this process writes the partition of a race in a role.
func (n *Node) Owns(role transport.Role, id race.ID) bool {
	g := n.groups[role]
	return g != nil && g.has(Partition(id, int32(len(n.desks))))
}

// belongs returns an error for a command in another partition than that of its race.
func (n *Node) belongs(id race.ID, partition int32) error {
	if want := Partition(id, int32(len(n.desks))); want != partition {
		return fmt.Errorf("race %s belongs to partition %d: use the key of the race and the partitioner murmur2", id, want)
	}
	return nil
}

// Run reads and writes until ctx ends, and leaves its groups then.
func (n *Node) Run(ctx context.Context) error {
	defer n.close()
	var working sync.WaitGroup
	if err := n.startReading(ctx); err != nil {
		return err
	}
	for _, d := range n.desks {
		working.Go(d.run)
	}
	defer func() { // what waits for a Kafka that is away is given up
		giveUp := time.AfterFunc(readBackWait, n.end)
		defer giveUp.Stop()
		working.Wait()
	}()
	defer close(n.done)
	defer n.lastMarks()
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go n.look(reading)
	failed := make(chan error, 4)
	go n.read(reading, n.reader, n.deliver, failed)
	if n.cfg.Facts != nil {
		go n.followPublished(reading)
	}
	for role, client := range n.orderly {
		go n.read(reading, client, n.deliverCommands(role), failed)
	}
	if done, err := n.catchUp(ctx, failed); done || err != nil {
		return err
	}
	n.tellMissing()
	for _, role := range n.roles() {
		if err := n.groups[role].join(); err != nil {
			return err
		}
		defer n.groups[role].leave()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// lastMarks keeps how far the copy has come.
func (n *Node) lastMarks() {
	for _, d := range n.desks {
		ask(d, func() bool { d.lastMark(); return true })
	}
}

func (n *Node) close() {
	n.end()
	for _, c := range n.orderly {
		c.Close()
	}
	n.reader.Close()
	n.others.Close()
	n.client.Close()
}

func (n *Node) counted(v Verdict) {
	if v != Counts {
		n.void[v].Add(1)
	}
}
