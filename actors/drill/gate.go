package drill

import (
	"sync"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
)

// gate lets calls through in their order; while it is closed they wait, and their callers do not.
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

// close holds what comes from now on for a while.
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

// closed says that it is.
func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until)
}

// InfluxAway says that InfluxDB is to be taken for away.
func (in *Injector) InfluxAway() bool { return in.influx.closed() }

// Journal is a journal whose store may be slow or full.
func (in *Injector) Journal(inner processor.Journal) processor.Journal {
	return gatedJournal{inner, &in.store}
}

type gatedJournal struct {
	inner processor.Journal
	g     *gate
}

func (j gatedJournal) Append(b *race.Batch, ready func(error)) {
	j.g.do(func() { j.inner.Append(b, ready) })
}

func (j gatedJournal) AppendFacts(id race.ID, facts []race.Facts) {
	j.g.do(func() { j.inner.AppendFacts(id, facts) })
}

func (j gatedJournal) Load(id race.ID, ready func(race.Position, error)) {
	j.g.do(func() { j.inner.Load(id, ready) })
}

func (j gatedJournal) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	j.g.do(func() { j.inner.Read(id, after, limit, ready) })
}

// Link is a link that may be cut.
func (in *Injector) Link(inner simulator.Link) simulator.Link { return gatedLink{inner, &in.link} }

type gatedLink struct {
	inner simulator.Link
	g     *gate
}

func (l gatedLink) Submit(b *race.Batch, ack func(race.Ack)) {
	l.g.do(func() { l.inner.Submit(b, ack) })
}
