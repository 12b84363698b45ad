package engine

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"lightsout/actors/simulator"
	"lightsout/race"
)

// standsAfter is how long a race that runs may be without a durable tick, beyond the pace that it was ordered with, before it stands still.
const standsAfter = 3 * time.Second

// Standing is a simulated race that runs and has no durable tick for a while: it died too often, or its log takes nothing.
type Standing struct {
	ID  race.ID
	For time.Duration
}

// pulses are when the simulated races of a process last had a durable tick.
type pulses struct {
	mu    sync.Mutex
	races map[race.ID]*pulse
}

type pulse struct {
	count uint64        // newest batch that was submitted
	acked uint64        // newest that is durable
	due   time.Duration // from one tick to the next
	runs  bool
	last  time.Time
}

func newPulses() *pulses { return &pulses{races: map[race.ID]*pulse{}} }

func (p *pulses) begin(info *race.Race, runs bool) {
	due := time.Duration(0)
	if info.Speed > 0 && info.TickHz > 0 {
		due = time.Duration(float64(time.Second) / float64(info.TickHz) / info.Speed)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.races[info.ID] == nil {
		p.races[info.ID] = &pulse{due: due, runs: runs, last: time.Now()}
	}
}

func (p *pulses) end(id race.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.races, id)
}

// submitted notes what a batch does to its race.
func (p *pulses) submitted(b *race.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.races[b.Race]
	if one == nil || b.Count <= one.count {
		return
	}
	one.count = b.Count
	one.runs = one.runs || b.Tick // it went on where an earlier process left it
	for i := range b.Inputs {
		if c := b.Inputs[i].Control; c != nil {
			one.runs, one.last = *c == race.ControlStart || *c == race.ControlResume, time.Now()
		}
	}
}

func (p *pulses) durable(id race.ID, count uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.races[id]; one != nil && count > one.acked {
		one.acked, one.last = count, time.Now()
	}
}

// link notes what goes to a link.
func (p *pulses) link(to simulator.Link) simulator.Link { return watchedLink{to, p} }

type watchedLink struct {
	simulator.Link
	pulses *pulses
}

// Submit is part of simulator.Link.
func (l watchedLink) Submit(b *race.Batch, ack func(race.Ack)) {
	l.pulses.submitted(b)
	id := b.Race
	l.Link.Submit(b, func(a race.Ack) {
		l.pulses.durable(id, a.Count)
		ack(a)
	})
}

// observer notes the ends of races.
func (p *pulses) observer(to simulator.Observer) simulator.Observer { return watchedEnds{to, p} }

type watchedEnds struct {
	simulator.Observer
	pulses *pulses
}

// RaceOver is part of simulator.Observer.
func (w watchedEnds) RaceOver(id race.ID) {
	w.pulses.end(id)
	w.Observer.RaceOver(id)
}

// RaceFailed is part of simulator.Observer.
func (w watchedEnds) RaceFailed(id race.ID, reason string) {
	w.pulses.end(id)
	w.Observer.RaceFailed(id, reason)
}

// stands is for how long a race has stood still; 0 if it does not.
func (p *pulse) stands(now time.Time) time.Duration {
	if still := now.Sub(p.last); p.runs && still > standsAfter+2*p.due {
		return still
	}
	return 0
}

// StandsFor is for how long a race has stood still; 0 if it does not, or is not simulated here.
func (e *Engine) StandsFor(id race.ID) time.Duration {
	e.pulses.mu.Lock()
	defer e.pulses.mu.Unlock()
	if one := e.pulses.races[id]; one != nil {
		return one.stands(time.Now())
	}
	return 0
}

// Standing lists the simulated races of this process that stand still, those for longest first.
func (e *Engine) Standing() (out []Standing) {
	p := e.pulses
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for id, one := range p.races {
		if still := one.stands(now); still > 0 {
			out = append(out, Standing{id, still})
		}
	}
	slices.SortFunc(out, func(a, b Standing) int { return cmp.Or(cmp.Compare(b.For, a.For), cmp.Compare(a.ID, b.ID)) })
	return out
}
