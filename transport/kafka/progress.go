package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lightsout/transport"
)

// progress is how far the folds and the copy of a process have come.
type progress struct {
	mu       sync.Mutex
	of       []partitionProgress
	had      int64 // entries at the beginning
	missing  int   // partitions that have not caught up
	caughtUp chan struct{}
}

type partitionProgress struct {
	folded, applied int64
	until           int64 // where the log ended when the process began
	known, caught   bool
}

func (p *progress) init(partitions int) {
	p.of, p.missing, p.caughtUp = make([]partitionProgress, partitions), partitions, make(chan struct{})
}

// until sets from where a partition is read, and how far it must come.
func (p *progress) until(partition int32, from, offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := &p.of[partition]
	one.until, one.known = offset, true
	p.had += min(from, offset)
	p.look(one)
}

func (p *progress) note(partition int32, folded, applied int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := &p.of[partition]
	one.folded, one.applied = folded, applied
	p.look(one)
}

func (p *progress) look(one *partitionProgress) {
	if one.known && !one.caught && one.applied >= one.until {
		one.caught = true
		if p.missing--; p.missing == 0 {
			close(p.caughtUp)
		}
	}
}

// tellEvery is how often it is told how far the log was read.
const tellEvery = 5 * time.Second

// catchUp waits until the log was read to where it ended at the beginning. done says that ctx ended before.
func (n *Node) catchUp(ctx context.Context, failed <-chan error) (done bool, err error) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-n.progress.caughtUp:
			return false, nil
		case err := <-failed:
			return true, err
		case <-ctx.Done():
			return true, nil
		case <-tick.C:
			n.log.Info("not ready yet", slog.Any("why", n.progress.waits(n.now())))
		}
	}
}

// tellMissing says which roles nobody has had at this log yet: what they do waits for them.
func (n *Node) tellMissing() {
	for _, role := range []transport.Role{transport.Simulator, transport.Processor} {
		if n.groups[role] != nil {
			continue
		}
		claimed := false
		for _, d := range n.desks {
			is, _ := ask(d, func() bool { return d.fold.Claim(role).Epoch > 0 })
			claimed = claimed || is
		}
		if !claimed {
			n.log.Warn("nobody has this role at the log yet: orders wait until a process is started with it", slog.String("role", role.String()))
		}
	}
}

// waits is nil once every partition was read to where it ended at the beginning. now is the time since the node was made.
func (p *progress) waits(now time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missing == 0 {
		return nil
	}
	var have, want int64
	for i := range p.of {
		have, want = have+min(p.of[i].applied, p.of[i].until), want+p.of[i].until
	}
	read := have - p.had
	rate := float64(read) / max(now.Seconds(), 0.001)
	text := fmt.Sprintf("the log is being read: %d of %d entries, %.0f a second", have, want, rate)
	if rate >= 1 {
		text += fmt.Sprintf(", %v to go", time.Duration(float64(want-have)/rate*float64(time.Second)).Round(time.Second))
	}
	return errors.New(text)
}
