package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// drillBounds say when a race of a drill has failed: it stood still for so long, or was still on after so many ticks
// (0: no matter how many).
type drillBounds struct {
	patience time.Duration
	ticks    int
	// influx is what the race under faults is fed to; nil: nothing.
	influx *influxFlags
	// id of the race; empty: drill.
	id race.ID
}

// drillPatience is how long a race may stand still where nothing else is said.
const drillPatience = 20 * time.Second

// pace holds a race's ticks against the clock: one that comes over a tick's length later than it was due is late.
type pace struct {
	due, late time.Duration // after the tick before
	last      time.Time
}

func paceOf(head race.Race) pace {
	length := time.Second / time.Duration(max(1, head.TickHz))
	p := pace{late: length}
	if head.Speed > 0 {
		p.due = time.Duration(float64(length) / head.Speed)
	}
	return p
}

func (p *pace) tick(run *drill.Run, now time.Time) {
	if took := now.Sub(p.last); !p.last.IsZero() {
		run.Longest = max(run.Longest, took)
		if took > p.due+p.late {
			run.Late++
		}
	}
	run.Ticks++
	p.last = now
}

// drillRace is a race of a drill, and how many timing lines it has.
type drillRace struct {
	drill.Run
	lines int
}

// observed is a journal that notes what was committed, and when.
type observed struct {
	processor.Journal
	mu   sync.Mutex
	run  *drill.Run
	pace pace
	// closed says that nothing is noted any more.
	closed bool
}

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
	if b.Frame == nil {
		return
	}
	o.pace.tick(o.run, time.Now())
}

// drillRun runs a race with everything behind it, the SQLite file included; in is nil for the undisturbed one.
func drillRun(ctx context.Context, order race.Order, in *drill.Injector, bounds drillBounds) (*drillRace, error) {
	c, err := cli.OpenCircuit(order.Circuit)
	if err != nil {
		return nil, err
	}
	head, model, err := drive.NewRace(order, cmp.Or(bounds.id, "drill"), c)
	if err != nil {
		return nil, err
	}
	return drillHead(ctx, head, model, in, bounds)
}

// drillHead runs a race of which head and model are known, on a SQLite file of its own.
func drillHead(
	ctx context.Context, head race.Race, model *drive.Model, in *drill.Injector, bounds drillBounds,
) (_ *drillRace, err error) {
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	store, err := sqlite.Open(filepath.Join(dir, "drill.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("open a store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	out, err := drillStore(ctx, store, head, model, in, bounds)
	if err != nil {
		return nil, err
	}
	out.Records, err = archive.AllRecords(ctx, store, head.ID) // what was acknowledged is one thing, what is there counts
	return out, err
}

// drillStore runs a race on a store, and feeds it to InfluxDB under faults where that is asked for.
func drillStore(
	ctx context.Context, store *sqlite.Store, head race.Race, model *drive.Model, in *drill.Injector, bounds drillBounds,
) (*drillRace, error) {
	start := simulator.StartRace{Head: head, Model: model, Start: true}
	if in == nil || bounds.influx == nil {
		return drillOn(ctx, store, start, in, bounds, nil)
	}
	bounds.influx.cfg.Wrap = func(next http.RoundTripper) http.RoundTripper { return awayTransport{next, in.InfluxAway} }
	feed, err := bounds.influx.open(ctx, store, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer closeFeed(feed)
	return drillOn(ctx, store, start, in, bounds, feed)
}

// drillOn runs a race on a journal, and feeds it where there is a feed. One that goes beyond its bounds has ended.
func drillOn(
	ctx context.Context, journal processor.Journal, start simulator.StartRace, in *drill.Injector, bounds drillBounds, feed *influxFeed,
) (_ *drillRace, err error) {
	out := &drillRace{lines: len(start.Head.Lines)}
	seen := &observed{Journal: journal, run: &out.Run, pace: paceOf(start.Head)}
	watch := engine.NewWatcher()
	with := engine.Config{Journal: seen, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler), Feed: feedOf(feed)}
	if in != nil {
		with.Journal = in.Journal(seen)
		with.Fault, with.Meddle, with.Link = in.Strike, in.Meddle, in.Link
		with.Notice = seen.notice
	}
	p, err := engine.New(with)
	if err != nil {
		return nil, err
	}
	err = seen.race(ctx, p, start, watch, bounds)
	if err == nil && feed != nil {
		out.Fed, err = feed.fed(ctx, start.Head.ID)
	}
	err = errors.Join(err, p.Stop(ctx))
	seen.close()
	if err != nil && (in == nil || ctx.Err() != nil) {
		return nil, err
	}
	if err != nil && out.Ended == "" { // what the faults broke is for the verdict
		out.Ended = err.Error()
	}
	out.FilledIn, out.Restarts = p.FilledIn(), map[string]int64{}
	for _, n := range p.System().Counts() {
		out.Restarts[n.Kind] = n.Restarts
	}
	return out, nil
}

// race runs a race to its end, or beyond its bounds.
func (o *observed) race(ctx context.Context, p *engine.Engine, start simulator.StartRace, w *engine.Watcher, bounds drillBounds) error {
	if err := p.Start(start); err != nil {
		return err
	}
	ended, err := o.wait(ctx, w, bounds)
	if err != nil || !ended {
		return err
	}
	_, _, result, err := w.Result()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.run.Result = result
	return err
}

// close ends the notes: actors that hang may come back, and the run is somebody else's then.
func (o *observed) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// wait waits for the end of the race, and reports false where it has stood still for too long.
func (o *observed) wait(ctx context.Context, w *engine.Watcher, bounds drillBounds) (ended bool, err error) {
	look := time.NewTicker(bounds.patience / 10)
	defer look.Stop()
	seen, since := -1, time.Now()
	for {
		select {
		case <-w.Over():
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-look.C:
		}
		o.mu.Lock()
		ticks := o.run.Ticks
		if ticks != seen {
			seen, since = ticks, time.Now()
		}
		switch {
		case time.Since(since) > bounds.patience:
			o.run.Ended = fmt.Sprintf("it stood still for %v after tick %d", bounds.patience, ticks)
		case bounds.ticks > 0 && ticks > bounds.ticks:
			o.run.Ended = fmt.Sprintf("it was still on after %d ticks", ticks)
		}
		still := o.run.Ended != ""
		o.mu.Unlock()
		if still {
			return false, nil
		}
	}
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
		o.run.Recoveries = append(o.run.Recoveries, e.Took)
	case supervise.SetAside:
		o.run.SetAside++
	}
}
