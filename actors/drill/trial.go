package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
)

// lookEvery is how often the bounds of a race are looked at.
const lookEvery = 20 * time.Millisecond

// Patience is how long a race may stand still by default.
const Patience = 20 * time.Second

// Trial is a race that is run for a drill: once undisturbed, once under faults.
type Trial struct {
	Start   simulator.StartRace
	Journal processor.Journal
	Faults  *Injector // nil for the undisturbed race
	// Feed is driven beside the race, and Fed compares what it has fed at the end of the race. Both may be nil.
	Feed processor.Feed
	Fed  func(ctx context.Context, id race.ID) ([]Fed, error)
	// Spectators are shown the race beside those that every trial has. Nil means nobody.
	Spectators processor.Spectators
	// Patience is how long the race may stand still, Ticks how many ticks it may take; 0 means any number.
	Patience time.Duration
	Ticks    int
	// Trace notes what happened when; nil notes nothing.
	Trace *Trace
}

// Run runs the race to its end, or until it has gone beyond its bounds. What faults break is in the Run; an error means that there
// is nothing to judge. The records in the Run are those that the journal acknowledged.
func (t *Trial) Run(ctx context.Context) (*Run, error) {
	out := &Run{Whole: true}
	collect()
	out.Weigh()
	seen := &observed{Journal: t.Journal, run: out, pace: PaceOf(t.Start.Info), faults: t.Faults}
	watch := engine.NewWatcher()
	made := NewMade(t.Faults == nil)
	cfg := engine.Config{Journal: seen, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), Feed: t.Feed, Link: made.Link}
	if t.Spectators != nil {
		cfg.Spectators = both{t.Spectators, watch}
	}
	if in := t.Faults; in != nil {
		cfg.Journal = in.Journal(seen)
		cfg.Fault, cfg.Intercept, cfg.Notice = in.Strike, in.Intercept, seen.notice
		cfg.Link = func(l simulator.Link) simulator.Link { return made.Link(in.Link(l)) }
	}
	if t.Trace != nil {
		t.Trace.Begin()
		cfg.Journal = t.Trace.journal(cfg.Journal)
	}
	if t.Faults != nil {
		t.Faults.Begin()
	}
	e, err := engine.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("set up the trial: %w", err)
	}
	if t.Trace != nil {
		defer t.Trace.watch(e.System())()
	}
	err = seen.race(ctx, e, t, watch)
	collect()
	out.Weighed()
	if err == nil && t.Fed != nil {
		out.Fed, err = t.Fed(ctx, t.Start.Info.ID)
	}
	err = errors.Join(err, e.Stop(ctx))
	seen.close()
	if err != nil && (t.Faults == nil || ctx.Err() != nil) {
		return nil, err
	}
	if err != nil && out.Ended == "" { // the verdict says what faults broke
		out.Ended = err.Error()
	}
	if out.Retired = made.Retired(); t.Faults == nil {
		out.Reference = made.Reference()
	}
	out.FilledIn, out.Restarts = e.FilledIn(), map[string]int64{}
	for _, n := range e.System().Counts() {
		out.Restarts[n.Kind] = n.Restarts
	}
	return out, nil
}

// both shows a race to two. The second is shown everything after the first, so that the first has seen all that the second has.
type both struct{ first, second processor.Spectators }

// Open is part of processor.Spectators.
func (b both) Open(info race.Race, entries []race.Entry) {
	b.first.Open(info, entries)
	b.second.Open(info, entries)
}

// Publish is part of processor.Spectators.
func (b both) Publish(id race.ID, facts []race.Facts) {
	b.first.Publish(id, facts)
	b.second.Publish(id, facts)
}

// Picture is part of processor.Spectators.
func (b both) Picture(id race.ID, frame *race.Frame) {
	b.first.Picture(id, frame)
	b.second.Picture(id, frame)
}

// observed is a journal that notes what was committed, and when.
type observed struct {
	processor.Journal
	mu     sync.Mutex
	run    *Run
	pace   Pace
	closed bool // nothing more is noted
	faults *Injector
	// seen is the newest tick that was seen by looking, and since when.
	seen  int
	since time.Time
}

// Append is part of processor.Journal.
func (o *observed) Append(b *race.Batch, ready func(error)) {
	o.Journal.Append(b, func(err error) {
		if err == nil {
			o.committed(b)
		}
		ready(err)
	})
}

func (o *observed) committed(b *race.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.run.Records = append(o.run.Records, b.Records...)
	now := time.Now()
	o.pace.Commit(o.run, now)
	if b.Frame != nil {
		o.pace.Tick(o.run, now)
	}
}

// race runs the race to its end, or beyond its bounds.
func (o *observed) race(ctx context.Context, e *engine.Engine, t *Trial, w *engine.Watcher) error {
	started := make(chan error, 1)
	go func() { started <- e.Start(t.Start) }() // it may be struck before that is durable
	ended, err := o.wait(ctx, w, t, started)
	if err != nil || !ended {
		return err
	}
	standing, err := e.Classification(ctx, t.Start.Info.ID)
	if err == nil {
		o.run.Standing = &standing
	}
	_, _, result, err := w.Result()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.run.Result = result
	return err
}

// wait waits for the end of the race. It reports false for a race that went beyond its bounds.
func (o *observed) wait(ctx context.Context, w *engine.Watcher, t *Trial, started <-chan error) (ended bool, err error) {
	look := time.NewTicker(min(lookEvery, t.Patience/10))
	defer look.Stop()
	for {
		select {
		case <-w.Over():
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case err := <-started:
			if err != nil {
				return false, fmt.Errorf("start the race: %w", err)
			}
			started = nil
		case <-look.C:
		}
		if o.beyond(t) {
			return false, nil
		}
	}
}

// beyond looks whether the race went beyond its bounds.
func (o *observed) beyond(t *Trial) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	ticks, now := o.run.Ticks, time.Now()
	if o.since.IsZero() || ticks != o.seen {
		o.seen, o.since = ticks, now
	}
	if t.Faults != nil {
		o.run.Aborted = t.Faults.Abort(o.run, &o.pace)
	}
	switch {
	case o.run.Aborted != "":
		o.run.Ended = o.run.Aborted
	case now.Sub(o.since) > t.Patience:
		o.run.Ended = fmt.Sprintf("it stood still for %v after tick %d", t.Patience, ticks)
	case t.Ticks > 0 && ticks > t.Ticks:
		o.run.Ended = fmt.Sprintf("it was still on after %d ticks", ticks)
	default:
		return false
	}
	o.pace.Still(o.run, now)
	return true
}

// notice takes the facts of supervision.
func (o *observed) notice(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	switch e := event.(type) {
	case supervise.Restarted:
		if o.faults != nil {
			o.faults.Restarted(e)
		}
	case supervise.SetAside:
		o.run.SetAside++
	case supervise.GivenUp:
		o.run.GivenUp = append(o.run.GivenUp, e.String())
	}
}

// close ends the notes: hung actors may return while the run is being judged.
func (o *observed) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}
