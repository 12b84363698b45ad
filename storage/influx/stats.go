package influx

import (
	"sync"
	"sync/atomic"
	"time"
)

// counters are what a Feed counts while it works.
type counters struct {
	written, rejected, batches, retries, erased, flying atomic.Int64

	mu     sync.Mutex
	ailing string // why nothing is taken; empty: all is well
	since  time.Time
	lag    lag // when it was last asked
}

func (c *counters) setLag(l lag) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag = l
}

// ail notes why nothing is taken; true where that is news.
func (c *counters) ail(why string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	news := c.ailing == ""
	if news {
		c.since = time.Now()
	}
	c.ailing = why
	return news
}

func (c *counters) heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ailing = ""
}

// Stats is how a Feed is doing.
type Stats struct {
	// PointsWritten are acknowledged, PointsRejected made dead letters; Erased counts calls that took old points away.
	PointsWritten, PointsRejected, Batches, Retries, Erased int64
	InFlight                                                int64
	// LagRecords and LagFrames of all races were not fed; Lag is the age of the oldest of what was not.
	LagRecords, LagFrames int64
	Lag                   time.Duration
	// Outage is why nothing is taken, since Since; empty: all is well.
	Outage string
	Since  time.Time
}

// Stats tells how the Feed is doing.
func (f *Feed) Stats() Stats {
	c := &f.stats
	s := Stats{
		PointsWritten: c.written.Load(), PointsRejected: c.rejected.Load(), Batches: c.batches.Load(), Retries: c.retries.Load(),
		Erased: c.erased.Load(), InFlight: c.flying.Load(),
	}
	now := time.Now()
	c.mu.Lock()
	s.Outage, s.Since, s.LagRecords, s.LagFrames = c.ailing, c.since, c.lag.records, c.lag.frames
	if c.lag.oldest > 0 {
		s.Lag = max(0, now.Sub(time.Unix(0, c.lag.oldest)))
	}
	c.mu.Unlock()
	s.Lag = max(s.Lag, f.flow.waiting(now))
	return s
}
