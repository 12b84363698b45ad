package drill

import (
	"sync"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
)

// gate passes calls on in their order; while it is closed they queue, and their callers do not wait.
type gate struct {
	mu      sync.Mutex
	until   time.Time
	waiting []func()
}

func (g *gate) do(call func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) > 0 || time.Now().Before(g.until) {
		g.waiting = append(g.waiting, call)
		return
	}
	call()
}

// close queues all calls for a duration.
func (g *gate) close(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = time.Now().Add(d)
	time.AfterFunc(d, g.open)
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.until) { // it was closed again meanwhile
		return
	}
	for _, call := range g.waiting {
		call()
	}
	g.waiting = nil
}

// closed reports whether calls queue.
func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until)
}

// InfluxAway reports whether a fault keeps InfluxDB away.
func (in *Injector) InfluxAway() bool { return in.influx.closed() }

// Journal wraps a journal so that its store can be slow or full.
func (in *Injector) Journal(inner processor.Journal) processor.Journal {
	return gatedJournal{inner, &in.store, in.meter}
}

type gatedJournal struct {
	inner processor.Journal
	g     *gate
	m     *meter
}

func (j gatedJournal) Append(b *race.Batch, ready func(error)) {
	called := time.Now()
	j.g.do(func() {
		j.inner.Append(b, func(err error) {
			if err == nil {
				j.m.progress("recorder", int64(b.Count), called)
				j.m.progress("store", -1, called)
			}
			ready(err)
		})
	})
}

func (j gatedJournal) AppendFacts(id race.ID, facts []race.Facts) {
	if n := len(facts); n > 0 {
		j.m.progress("timekeeper", int64(facts[n-1].Seq), time.Now())
	}
	j.g.do(func() { j.inner.AppendFacts(id, facts) })
}

func (j gatedJournal) Load(id race.ID, ready func(race.Position, error)) {
	j.g.do(func() { j.inner.Load(id, ready) })
}

func (j gatedJournal) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	j.g.do(func() { j.inner.Read(id, after, limit, ready) })
}

// Link wraps a link so that it can be cut.
func (in *Injector) Link(inner simulator.Link) simulator.Link {
	return gatedLink{inner, &in.link, in.meter}
}

type gatedLink struct {
	inner simulator.Link
	g     *gate
	m     *meter
}

func (l gatedLink) Submit(b *race.Batch, ack func(race.Ack)) {
	called := time.Now()
	if b.Tick {
		l.m.progress("race", int64(b.Count), called)
	}
	l.g.do(func() {
		l.inner.Submit(b, ack)
		l.m.progress("link", -1, called)
	})
}
