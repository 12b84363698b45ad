package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A broker is asked for a sign of life; without one for a while there is an outage.
const (
	signEvery   = 2 * time.Second
	signWait    = 3 * time.Second
	outageAfter = 5 * time.Second
)

// outage is how long no broker has answered.
type outage struct {
	mu    sync.Mutex
	err   error
	since time.Time
}

func (o *outage) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil && o.err == nil {
		o.since = time.Now() //nolint:forbidigo // an edge
	}
	o.err = err
}

// Outage is why the log cannot be read and written now, or empty.
func (n *Node) Outage() string {
	n.outage.mu.Lock()
	defer n.outage.mu.Unlock()
	if n.outage.err == nil {
		return ""
	}
	lasts := time.Since(n.outage.since) //nolint:forbidigo // an edge
	if lasts < outageAfter {
		return ""
	}
	return fmt.Sprintf("Kafka has not answered for %v, races wait: %v", lasts.Round(time.Second), n.outage.err)
}

// look asks for signs of life until ctx ends. Nothing else tells: reads and writes wait for as long as it takes.
func (n *Node) look(ctx context.Context) {
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, signWait)
		err := n.client.Ping(asking)
		cancel()
		if ctx.Err() != nil {
			return
		}
		n.outage.note(err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
