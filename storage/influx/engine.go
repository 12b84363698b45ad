package influx

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"lightsout/race"
)

// Engine is the state of the platform at one moment. Its times are wall-clock times, and none of it is in a log.
type Engine struct {
	Actors []Actors
	// Commits are the batches made durable since the last Engine, with their latency from a batch's arrival until it was durable.
	Commits     int64
	DurableMean time.Duration
	DurableMax  time.Duration
	Spectators  Spectators
}

// Spectators are the counters of all spectators of the process. Reach is the latency since the last Engine, from a batch's
// arrival until its facts were written to a spectator.
type Spectators struct {
	Connected, Messages, Bytes, Snapshots, Cut int64
	ReachMean, ReachMax                        time.Duration
}

// Actors are the counters of the actors of one kind.
type Actors struct {
	Kind                                              string
	Alive, Restarts, SetAside, MailboxMax, MailboxP99 int64
}

// EngineSource returns the current state; it is polled every few seconds.
type EngineSource interface{ Engine() Engine }

// DrillPhase is the start or the outcome of a drill.
type DrillPhase struct {
	Race        race.ID
	Name, Phase string
}

// maxRing bounds the entries kept during an outage: one hour at a poll every five seconds. Older entries are dropped, because
// only dashboards read them.
const maxRing = 720

// ring keeps lines of the engine series until they are acknowledged.
type ring struct {
	mu      sync.Mutex
	waiting [][]byte
}

func (r *ring) add(lines []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting = append(r.waiting, lines); len(r.waiting) > maxRing {
		r.waiting = r.waiting[len(r.waiting)-maxRing:]
	}
}

// oldest returns the oldest lines that fit into a batch, and the last entry among them; nil if the ring is empty.
func (r *ring) oldest(bytes int) (lines, last []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.waiting {
		if last != nil && len(lines)+len(one) > bytes {
			break
		}
		lines, last = append(lines, one...), one
	}
	return lines, last
}

// drop removes the entries up to last, which were sent, unless the ring has dropped them meanwhile.
func (r *ring) drop(last []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.waiting {
		if &r.waiting[i][0] == &last[0] {
			r.waiting = r.waiting[i+1:]
			return
		}
	}
}

// Watch polls the engine every few seconds until the Feed is closed.
func (f *Feed) Watch(s EngineSource) {
	if f.cfg.EngineEvery <= 0 {
		return
	}
	f.ended.Go(func() { f.watch(f.flow.ctx, s) })
}

// Annotate adds a drill to the dashboards.
func (f *Feed) Annotate(m DrillPhase) {
	b := appendTag(appendTag([]byte("engine"), "instance", f.cfg.Instance), "kind", "drill")
	b = appendTag(b, "race", string(m.Race))
	b = append(b, ' ')
	b = appendText(b, "event", "drill")
	b = appendText(b, "name", m.Name)
	b = appendText(b, "phase", m.Phase)
	f.ring.add(appendTime(b, time.Now().UnixNano()))
}

func (f *Feed) watch(ctx context.Context, s EngineSource) {
	tick := time.NewTicker(f.cfg.EngineEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		state, now := s.Engine(), time.Now()
		f.ring.add(appendEngine(nil, span{f.cfg.Instance, last, now}, &state, f.Stats()))
		last = now
		f.sendEngine()
	}
}

// sendEngine makes one attempt; the next poll retries what was not accepted.
func (f *Feed) sendEngine() {
	for {
		lines, last := f.ring.oldest(f.cfg.BatchBytes)
		if last == nil {
			return
		}
		why := f.send.write(lines)
		switch judge(why) {
		case later:
			return
		case refused:
			f.stats.rejected.Add(1)
			f.cfg.Log.Error("InfluxDB refused the engine series", slog.String("reason", f.client.reason(why)))
		case taken:
		}
		f.ring.drop(last)
	}
}

// span is what a process has done between two polls of its engine.
type span struct {
	instance string
	from, to time.Time
}

func appendEngine(b []byte, of span, e *Engine, s Stats) []byte {
	ns := of.to.UnixNano()
	kind := func(name string) {
		b = append(appendTag(appendTag(append(b, "engine"...), "instance", of.instance), "kind", name), ' ')
	}
	for i := range e.Actors {
		a := &e.Actors[i]
		kind(a.Kind)
		b = appendInt(b, "alive", a.Alive)
		b = appendInt(b, "restarts", a.Restarts)
		b = appendInt(b, "set_aside", a.SetAside)
		b = appendInt(b, "mailbox_max", a.MailboxMax)
		b = appendInt(b, "mailbox_p99", a.MailboxP99)
		b = appendTime(b, ns)
	}
	kind("log")
	b = appendFloat(b, "commits_per_second", float64(e.Commits)/of.to.Sub(of.from).Seconds())
	b = appendFloat(b, "durable_mean_ms", float64(e.DurableMean)/float64(time.Millisecond))
	b = appendFloat(b, "durable_max_ms", float64(e.DurableMax)/float64(time.Millisecond))
	b = appendTime(b, ns)
	kind("spectators")
	b = appendInt(b, "connected", e.Spectators.Connected)
	b = appendInt(b, "messages", e.Spectators.Messages)
	b = appendInt(b, "bytes", e.Spectators.Bytes)
	b = appendInt(b, "snapshots", e.Spectators.Snapshots)
	b = appendInt(b, "cut", e.Spectators.Cut)
	b = appendFloat(b, "reach_mean_ms", float64(e.Spectators.ReachMean)/float64(time.Millisecond))
	b = appendFloat(b, "reach_max_ms", float64(e.Spectators.ReachMax)/float64(time.Millisecond))
	b = appendTime(b, ns)
	kind("influx")
	b = appendFloat(b, "lag_seconds", s.Lag.Seconds())
	b = appendInt(b, "lag_records", s.LagRecords)
	b = appendInt(b, "lag_frames", s.LagFrames)
	b = appendInt(b, "points_written", s.PointsWritten)
	b = appendInt(b, "points_rejected", s.PointsRejected)
	b = appendInt(b, "retries", s.Retries)
	b = appendInt(b, "in_flight", s.InFlight)
	return appendTime(b, ns)
}
