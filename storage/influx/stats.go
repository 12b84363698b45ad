package influx

import (
	"sync"
	"sync/atomic"
	"time"
)

// counters are the counters of a Feed.
type counters struct {
	written, rejected, expired, batches, retries, erased, flying atomic.Int64
	unsure                                                       atomic.Bool // whether the bucket is the one that was fed

	mu     sync.Mutex
	ailing string // the reason of the current outage; empty if there is none
	since  time.Time
	lag    lag // as last measured
}

func (c *counters) setLag(l lag) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag = l
}

// ail records an outage; it returns true if the outage is new.
func (c *counters) ail(why string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	news := c.ailing == ""
	if news {
		c.since = time.Now()
		c.unsure.Store(true)
	}
	c.ailing = why
	return news
}

func (c *counters) heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ailing = ""
}

// Stats are the figures of a Feed.
type Stats struct {
	// PointsWritten counts acknowledged points, PointsRejected dead letters, PointsExpired what is older than the bucket keeps, Erased calls that
	// deleted old points.
	PointsWritten, PointsRejected, PointsExpired, Batches, Retries, Erased int64
	InFlight                                                               int64
	// LagRecords and LagFrames count what is not fed of all races; Lag is the age of its oldest record.
	LagRecords, LagFrames int64
	Lag                   time.Duration
	// Outage is the reason of the outage since Since; empty if there is none.
	Outage string
	Since  time.Time
}

// Stats returns the current figures.
func (f *Feed) Stats() Stats {
	c := &f.stats
	s := Stats{
		PointsWritten: c.written.Load(), PointsRejected: c.rejected.Load(), PointsExpired: c.expired.Load(), Batches: c.batches.Load(), Retries: c.retries.Load(),
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
