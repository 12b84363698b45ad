package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport"
)

// Times of a group. A process that is gone is missed after the session; 6 s and the metadata of the others are less than 10 s.
const (
	sessionTimeout = 6 * time.Second
	heartbeatEvery = 500 * time.Millisecond
	readBackWait   = time.Second // of what was sent, before a partition is given away
	groupWait      = 10 * time.Second
)

// group is this process's membership in a group: Kafka says which partitions it writes in a role.
type group struct {
	node   *Node
	role   transport.Role
	name   string
	client *kgo.Client

	mu      sync.Mutex
	mine    map[int32]bool
	active  map[int32]bool // whose claim is in force
	settled bool           // all of its partitions were active once
}

func newGroup(n *Node, role transport.Role) *group {
	return &group{node: n, role: role, name: n.cfg.Group(role.String() + "s"), mine: map[int32]bool{}, active: map[int32]bool{}}
}

// claimed says whether the claim to a partition is in force.
func (g *group) claimed(partition int32, is bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if is {
		g.active[partition] = true
	} else {
		delete(g.active, partition)
	}
}

// waits is nil once this process was a member and all partitions that it got were active.
func (g *group) waits() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.settled {
		return nil
	}
	if g.client == nil {
		return fmt.Errorf("this %s has not joined the group %s yet", g.role, g.name)
	}
	if _, generation := g.client.GroupMetadata(); generation < 1 {
		return fmt.Errorf("this %s waits for Kafka to give it partitions in the group %s", g.role, g.name)
	}
	for p := range g.mine {
		if !g.active[p] {
			return fmt.Errorf("this %s claims its partitions: %d of %d are its own", g.role, len(g.active), len(g.mine))
		}
	}
	g.settled = true
	return nil
}

// join joins the group.
func (g *group) join() error {
	n := g.node
	opts, err := n.cfg.Options()
	if err != nil {
		return err
	}
	opts = append(opts,
		kgo.ConsumerGroup(g.name), kgo.ConsumeTopics(n.topics.Commands), kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(sessionTimeout), kgo.HeartbeatInterval(heartbeatEvery), kgo.RebalanceTimeout(groupWait),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { g.assigned(got[n.topics.Commands]) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
			g.revoked(lost[n.topics.Commands], true)
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
			g.revoked(lost[n.topics.Commands], false)
		}),
	)
	if n.cfg.Instance != "" {
		opts = append(opts, kgo.InstanceID(n.cfg.Instance))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("join the group %s: %w", g.name, err)
	}
	g.mu.Lock()
	g.client = client
	g.mu.Unlock()
	client.PauseFetchTopics(n.topics.Commands) // it is a member alone: who reads begins at the claim
	go func() {
		for { // errors of the group come as fetches
			fetches := client.PollFetches(n.ending)
			if n.ending.Err() != nil || fetches.IsClientClosed() {
				return
			}
			fetches.EachError(func(_ string, _ int32, err error) {
				n.log.Warn("the group does not take this process", slog.String("group", g.name), slog.Any("err", err))
			})
		}
	}()
	return nil
}

func (g *group) has(partition int32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mine[partition]
}

func (g *group) assigned(partitions []int32) {
	g.tell("Kafka gives partitions to this process", partitions)
	for _, p := range partitions {
		g.set(p, true)
		d := g.node.desks[p]
		d.post(func() { d.seat(g.role).assign() })
	}
}

func (g *group) tell(what string, partitions []int32) {
	if len(partitions) > 0 {
		g.node.log.Info(what, slog.String("role", g.role.String()), slog.Any("partitions", slices.Sorted(slices.Values(partitions)))) //nolint:sloglint // one of three
	}
}

func (g *group) set(partition int32, mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if mine {
		g.mine[partition] = true
	} else {
		delete(g.mine, partition)
	}
}

// revoked gives partitions away. Where there is time, what was sent is read back first, and Kafka is told which commands were done.
func (g *group) revoked(partitions []int32, orderly bool) {
	if orderly {
		g.tell("Kafka takes partitions from this process", partitions)
	} else {
		g.tell("this process has lost partitions", partitions)
	}
	done := make(map[int32]kgo.EpochOffset, len(partitions))
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, p := range partitions {
		g.set(p, false)
		all.Go(func() {
			if orderly {
				g.settle(p)
			}
			d := g.node.desks[p]
			if at, ok := ask(d, d.seat(g.role).revoke); ok && at >= 0 {
				mu.Lock()
				defer mu.Unlock()
				done[p] = kgo.EpochOffset{Epoch: -1, Offset: at}
			}
		})
	}
	all.Wait()
	if orderly && g.role == transport.Processor && g.node.cfg.Facts != nil {
		g.node.leavePublished(partitions)
	}
	if orderly && len(done) > 0 {
		ctx, cancel := context.WithTimeout(g.node.ending, readBackWait)
		defer cancel()
		g.client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{g.node.topics.Commands: done}, nil)
	}
}

// settle waits until what was sent to a partition was read back.
func (g *group) settle(partition int32) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(readBackWait)
	defer end.Stop()
	for !g.at(partition, (*seat).leave) {
		select {
		case <-tick.C:
		case <-end.C:
			return
		}
	}
}

// at asks a seat, at its desk. Without an answer it is true.
func (g *group) at(partition int32, question func(*seat) bool) bool {
	d := g.node.desks[partition]
	is, ok := ask(d, func() bool { return question(d.seat(g.role)) })
	return is || !ok
}

// leave leaves the group, so that the others need not wait for the end of the session.
func (g *group) leave() {
	g.client.LeaveGroup() // calls revoked
	if g.node.cfg.Instance != "" {
		ctx, cancel := context.WithTimeout(context.Background(), groupWait)
		defer cancel()
		_, _ = g.node.admin.LeaveGroup(ctx, kadm.LeaveGroup(g.name).InstanceIDs(g.node.cfg.Instance)) // else the session ends
	}
	g.client.Close()
}

// committed is from where commands of a partition are read: the oldest that may lack a receipt.
func (n *Node) committed(role transport.Role, partition int32) (at int64, err error) {
	err = patiently(n.ending, func(ctx context.Context) error {
		starts, err := n.admin.ListStartOffsets(ctx, n.topics.Commands)
		if err != nil {
			return err
		}
		start, ok := starts.Lookup(n.topics.Commands, partition)
		if !ok || start.Err != nil {
			return start.Err
		}
		all, err := n.admin.FetchOffsetsForTopics(ctx, n.groups[role].name, n.topics.Commands)
		if err != nil {
			return err
		}
		done, _ := all.Lookup(n.topics.Commands, partition)
		at = max(start.Offset, done.At)
		return done.Err
	})
	if err != nil {
		return 0, fmt.Errorf("ask Kafka which commands were done: %w", err)
	}
	return at, nil
}

// askAgain is the pause before Kafka is asked again.
const askAgain = 200 * time.Millisecond

// patiently asks Kafka until it answers: a group has no coordinator for a moment after a start.
func patiently(ctx context.Context, ask func(context.Context) error) error {
	for {
		asking, cancel := context.WithTimeout(ctx, groupWait)
		err := ask(asking)
		cancel()
		if err == nil || ctx.Err() != nil || !kerr.IsRetriable(err) && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(askAgain): //nolint:forbidigo // an edge
		}
	}
}

// commit says which commands were done. It does not wait: after a takeover before it arrives, some are read again and found done.
func (g *group) commit(partition int32, at int64) {
	g.mu.Lock()
	client := g.client
	g.mu.Unlock()
	client.CommitOffsets(g.node.ending, map[string]map[int32]kgo.EpochOffset{g.node.topics.Commands: {partition: {Epoch: -1, Offset: at}}}, nil)
}
