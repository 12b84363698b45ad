package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// tickLate is a tick's length: one that takes longer by the clock is late.
const tickLate = 100 * time.Millisecond

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
	last time.Time
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
	o.run.Records = append(o.run.Records, b.Records...)
	if b.Frame == nil {
		return
	}
	now := time.Now()
	if took := now.Sub(o.last); !o.last.IsZero() {
		o.run.Longest = max(o.run.Longest, took)
		if took > tickLate {
			o.run.Late++
		}
	}
	o.run.Ticks++
	o.last = now
}

// drillRun runs a race with everything behind it, the SQLite file included; in is nil for the undisturbed one.
func drillRun(ctx context.Context, order race.Order, in *drill.Injector) (*drillRace, error) {
	c, err := openCircuit(order.Circuit)
	if err != nil {
		return nil, err
	}
	head, model, err := newRace(order, "drill", c)
	if err != nil {
		return nil, err
	}
	return drillHead(ctx, head, model, in)
}

func drillHead(ctx context.Context, head race.Race, model *drive.Model, in *drill.Injector) (_ *drillRace, err error) {
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(dir, "drill.db"), transport.Codec{}, log)
	if err != nil {
		return nil, fmt.Errorf("open a store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	out := &drillRace{lines: len(head.Lines)}
	seen := &observed{Journal: store, run: &out.Run}
	watch := newWatcher()
	with := parts{journal: seen, spectators: watch, observer: watch, log: log}
	if in != nil {
		with.journal = in.Journal(seen)
		with.fault, with.meddle, with.link = in.Strike, in.Meddle, in.Link
		with.notice = seen.notice
	}
	p, err := newPlatform(with)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stopPlatform(ctx, p)) }()
	if err := p.start(simulator.StartRace{Head: head, Model: model, Start: true}); err != nil {
		return nil, err
	}
	select {
	case <-watch.over:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if _, _, out.Result, err = watch.result(); err != nil {
		return nil, err
	}
	out.FilledIn, out.Restarts = p.stats.FilledIn(), map[string]int64{}
	for _, n := range p.system.Counts() {
		out.Restarts[n.Kind] = n.Restarts
	}
	return out, nil
}

// notice takes the facts of supervision.
func (o *observed) notice(event any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e := event.(type) {
	case supervise.Restarted:
		o.run.Recoveries = append(o.run.Recoveries, e.Took)
	case supervise.SetAside:
		o.run.SetAside++
	}
}
