package kafka

import (
	"fmt"
	"log/slog"
	"sync"

	"lightsout/transport"
)

// progress is how far the folds and the copy of a process have come.
type progress struct {
	mu       sync.Mutex
	of       []partitionProgress
	missing  int // partitions that have not caught up
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

// until sets how far a partition must come.
func (p *progress) until(partition int32, offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := &p.of[partition]
	one.until, one.known = offset, true
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

// waits is nil once every partition was read to where it ended at the beginning.
func (p *progress) waits() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missing == 0 {
		return nil
	}
	var have, want int64
	for i := range p.of {
		have, want = have+min(p.of[i].applied, p.of[i].until), want+p.of[i].until
	}
	return fmt.Errorf("the log is being read: %d of %d entries", have, want)
}
