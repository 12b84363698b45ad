package drill

import (
	"sync"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
	"lightsout/race"
)

// depthsMax bounds the samples of mailboxes: when it is reached, every second one is dropped, and the next ones are taken half as often.
const depthsMax = 2000

// Trace is what happened when in a race, by the clock. Its methods may be called from any goroutine.
type Trace struct {
	mu    sync.Mutex
	began time.Time
	every time.Duration

	Commits []Commit
	Depths  []Depths
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
			j.t.committed(called, tick)
		}
		ready(err)
	})
}

// Seen notes a tick that was seen from outside, where nothing is known of what it took.
func (t *Trace) Seen(tick race.Tick) { t.committed(time.Now(), tick) }

func (t *Trace) committed(called time.Time, tick race.Tick) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Commits = append(t.Commits, Commit{now.Sub(t.began), now.Sub(called), tick})
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
