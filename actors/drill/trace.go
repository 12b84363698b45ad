package drill

import (
	"slices"
	"sync"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
	"lightsout/race"
)

// depthsMax bounds the samples of mailboxes: when it is reached, every second one is dropped, and the next ones are taken half as often.
const depthsMax = 2000

// commitsMax bounds the commits that are kept: when it is reached, each two become one with the longer latency.
const commitsMax = 100_000

// Trace is what happened when in a race, by the clock. Its methods may be called from any goroutine.
type Trace struct {
	mu    sync.Mutex
	began time.Time
	every time.Duration

	Commits []Commit
	Total   int // commits that were noted
	Depths  []Depths
}

// NewTrace begins a trace now.
func NewTrace() *Trace {
	t := &Trace{}
	t.Begin()
	return t
}

// Commit is a batch that became durable: when, how long after it was handed to the journal, and the tick in it, 0 if there is none.
type Commit struct {
	At, Latency time.Duration
	Tick        race.Tick
}

// Depths are how many messages waited for the fullest mailbox of each kind of actor.
type Depths struct {
	At  time.Duration
	Max map[string]int
}

// Begin starts the clock.
func (t *Trace) Begin() { t.began, t.every = time.Now(), 2*time.Millisecond }

// Journal notes commits.
func (t *Trace) journal(inner processor.Journal) processor.Journal { return tracedJournal{inner, t} }

type tracedJournal struct {
	processor.Journal
	t *Trace
}

// Append is part of processor.Journal.
func (j tracedJournal) Append(b *race.Batch, ready func(error)) {
	called, tick := time.Now(), race.Tick(0)
	if b.Frame != nil {
		tick = b.Frame.Tick
	}
	j.Journal.Append(b, func(err error) {
		if err == nil {
			j.t.Committed(called, tick)
		}
		ready(err)
	})
}

// Seen notes a tick that was seen from outside, where nothing is known of what it took.
func (t *Trace) Seen(tick race.Tick) { t.Committed(time.Now(), tick) }

// Committed notes that a batch became durable now that was handed over at called.
func (t *Trace) Committed(called time.Time, tick race.Tick) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Total++
	t.Commits = append(t.Commits, Commit{now.Sub(t.began), now.Sub(called), tick})
	if len(t.Commits) < commitsMax {
		return
	}
	for i := range commitsMax / 2 {
		a, b := t.Commits[2*i], t.Commits[2*i+1]
		t.Commits[i] = Commit{b.At, max(a.Latency, b.Latency), max(a.Tick, b.Tick)}
	}
	t.Commits = t.Commits[:commitsMax/2]
}

// Ended is a copy that no longer changes.
func (t *Trace) Ended() *Trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Trace{began: t.began, Commits: slices.Clone(t.Commits), Total: t.Total, Depths: t.Depths}
}

// watch samples the mailboxes until stop is called, which returns when it is done.
func (t *Trace) watch(s *supervise.System) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-time.After(t.every):
				t.sample(s)
			}
		}
	}()
	return func() {
		close(end)
		<-done
	}
}

func (t *Trace) sample(s *supervise.System) {
	d := Depths{At: time.Since(t.began), Max: map[string]int{}}
	for _, of := range s.Depths() {
		d.Max[of.Kind] = of.Max
	}
	t.Depths = append(t.Depths, d)
	if len(t.Depths) < depthsMax {
		return
	}
	for i := range depthsMax / 2 {
		t.Depths[i] = t.Depths[2*i]
	}
	t.Depths, t.every = t.Depths[:depthsMax/2], 2*t.every
}
