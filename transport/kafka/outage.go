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

// lasts is for how long, and why; 0 if it is no outage.
func (o *outage) lasts() (time.Duration, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return 0, nil
	}
	if d := time.Since(o.since); d >= outageAfter { //nolint:forbidigo // an edge
		return d, o.err
	}
	return 0, nil
}

// Outage is why the log cannot be read and written now, or empty.
func (n *Node) Outage() string {
	if d, err := n.outage.lasts(); d > 0 {
		return fmt.Sprintf("Kafka has not answered for %v, races wait: %v", d.Round(time.Second), err)
	}
	return ""
}

// Behind is for how long the log could not be read, 0 if it can.
func (n *Node) Behind() time.Duration {
	d, _ := n.outage.lasts()
	return d
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
