package drills

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/race/drive"
)

// strikesShown is how many strikes a verdict on a server lists.
const strikesShown = 20

// Ended judges the drill of a race in the background; failure says why the race failed, and is empty if it did not.
func (d *Drills) Ended(id race.ID, failure string) { go d.over(context.Background(), id, failure) }

func (d *Drills) over(ctx context.Context, id race.ID, failure string) {
	d.mu.Lock()
	one := d.hooks.of(id)
	if one != nil {
		one.become(race.DrillJudging, "the race undisturbed is run beside it", nil)
		d.hooks.activate(id, nil)
		d.hooks.touch(id)
	}
	d.mu.Unlock()
	if one == nil {
		return
	}
	defer one.audience.leave()
	var v *drill.Verdict
	var err error
	if failure == "" {
		v, err = d.judge(ctx, one)
	}
	if v != nil {
		v.Strikes = slices.Clone(v.Strikes[:min(strikesShown, len(v.Strikes))])
	}
	switch {
	case failure != "":
		one.become(race.DrillFailed, "the race failed: "+failure, nil)
	case err != nil:
		one.become(race.DrillFailed, "it cannot be judged: "+err.Error(), nil)
	case v.Passed:
		one.become(race.DrillPassed, "the faults changed nothing but the restart counters", v)
	default:
		one.become(race.DrillFailed, strings.Join(v.Broken, "; "), v)
	}
	d.hooks.touch(id)
}

// noted copies the notes on the race.
func (l *liveDrill) noted() *drill.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.run
	run.Weighed()
	run.Restarts = maps.Clone(run.Restarts)
	return &run
}

// errRuled says that the undisturbed race cannot be run, because race control has ruled.
var errRuled = errors.New("race control ruled on the race, so it cannot be run again undisturbed")

func (d *Drills) judge(ctx context.Context, one *liveDrill) (*drill.Verdict, error) {
	if _, err := archive.Settled(ctx, d.cfg.Store, one.race); err != nil {
		return nil, err
	}
	run := one.noted()
	run.FilledIn = d.cfg.Counters.FilledIn() - one.filledIn // exact if no other race ran
	var err error
	if run.Records, err = archive.AllRecords(ctx, d.cfg.Store, one.race); err != nil {
		return nil, err
	}
	if len(run.Records) == 0 {
		return nil, fmt.Errorf("race %s: %w", one.race, race.ErrNotFound)
	}
	opening, ok := run.Records[0].Body.(race.Announced)
	if !ok {
		return nil, fmt.Errorf("the log of race %s begins with a %T", one.race, run.Records[0].Body)
	}
	for i := range run.Records {
		if r := &run.Records[i]; r.Author != "" || r.Body == (race.Held{}) || r.Body == (race.Abandoned{}) {
			return nil, errRuled
		}
	}
	if run.Result, err = d.cfg.Store.Classification(ctx, one.race); err != nil && !errors.Is(err, race.ErrNotFound) { // the verdict says that it is missing
		return nil, err
	}
	model, err := drive.ModelOf(opening.Race)
	if err != nil {
		return nil, err
	}
	info := opening.Race
	info.Speed = 0
	run.Retired = one.made.Retired()
	undisturbed, err := Run(ctx, simulator.StartRace{Info: info, Model: model, Start: true}, Bounds{Patience: drill.Patience, Retired: run.Retired})
	if err != nil {
		return nil, err
	}
	undisturbed.Records[0].Body = opening // only its speed differs
	undisturbed.Reference = undisturbed.Reference.Announced(run.Records)
	if run.Answers, err = drill.Ask(ctx, d.cfg.Store, &info); err != nil {
		return nil, err
	}
	run.Spectators = one.audience.end(ctx, true)
	if d.cfg.Fed != nil {
		if run.Fed, err = d.cfg.Fed(ctx, one.race); err != nil {
			return nil, err
		}
	}
	return drill.Judge(one.scenario, one.injector, undisturbed, run), nil
}

// opsEvery is how often spectators see what happens to a race's actors.
const opsEvery = 500 * time.Millisecond

// Show shows spectators what happens to actors until the context ends.
func (d *Drills) Show(ctx context.Context) {
	tick := time.NewTicker(opsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.abort()
		for id, ops := range d.news() {
			d.cfg.Screen.Operate(id, ops)
			if d.cfg.Annotate != nil && ops.Drill != nil {
				d.cfg.Annotate(id, ops.Drill)
			}
		}
	}
}

// abort stops drills whose scenario says so.
func (d *Drills) abort() {
	for id, one := range *d.hooks.active.Load() {
		if one.abort() {
			d.hooks.touch(id)
		}
	}
}

// news is what was not shown yet.
func (d *Drills) news() map[race.ID]*race.Ops {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hooks.mu.Lock()
	defer d.hooks.mu.Unlock()
	out := map[race.ID]*race.Ops{}
	for id, o := range d.hooks.ops {
		last := d.last(id)
		on := last != nil && last.state().Phase == race.DrillOn
		if !o.dirty && !on {
			if last == nil && !d.cfg.Races.Running(id) {
				delete(d.hooks.ops, id)
			}
			continue
		}
		ops := &race.Ops{Restarts: o.restarts, Recent: o.recent}
		if last != nil {
			ops.Drill = last.state()
		}
		o.recent, o.dirty = nil, false
		out[id] = ops
	}
	return out
}

// last is a race's newest drill, or nil.
func (d *Drills) last(id race.ID) *liveDrill {
	for _, one := range slices.Backward(d.all) {
		if one.race == id {
			return one
		}
	}
	return nil
}
