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
	slow    []slowCall // in their order
	free    time.Time  // when all that is under way has been sent
}

// slowCall is a call that is under way.
type slowCall struct {
	at   time.Time
	call func()
}

// later passes a call on after a while, and behind those that are under way. Sending it takes the line for a while, and the next waits for that.
func (g *gate) later(d, sending time.Duration, call func()) {
	g.mu.Lock()
	if d <= 0 && sending <= 0 && len(g.slow) == 0 {
		g.mu.Unlock()
		g.do(call)
		return
	}
	now := time.Now()
	if g.free.Before(now) {
		g.free = now
	}
	g.free = g.free.Add(sending)
	g.slow = append(g.slow, slowCall{g.free.Add(d), call})
	first := len(g.slow) == 1
	g.mu.Unlock()
	if first {
		go g.deliver()
	}
}

// deliver passes on what is under way, until nothing is.
func (g *gate) deliver() {
	for {
		g.mu.Lock()
		next := g.slow[0]
		g.mu.Unlock()
		<-time.After(time.Until(next.at))
		g.do(next.call)
		g.mu.Lock()
		g.slow = g.slow[1:]
		left := len(g.slow)
		g.mu.Unlock()
		if left == 0 {
			return
		}
	}
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
				j.m.progress("disk", -1, called)
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
	return gatedLink{inner, in}
}

type gatedLink struct {
	inner simulator.Link
	in    *Injector
}

func (l gatedLink) Submit(b *race.Batch, ack func(race.Ack)) {
	called, m := time.Now(), l.in.meter
	if b.Tick {
		m.progress("race", int64(b.Count), called)
	}
	d, sending := l.in.lag("link", b.Count, func() int { return l.in.around.Size(b) })
	l.in.link.later(d, sending, func() {
		l.inner.Submit(b, ack)
		m.progress("link", -1, called)
	})
}
