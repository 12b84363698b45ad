package drills

import (
	"context"
	"slices"
	"time"

	"lightsout/race"
)

// opsEvery is how often spectators see what happens to a race's actors.
const opsEvery = 500 * time.Millisecond

// Show shows spectators what happens to actors, and ends drills that are over, until the context ends.
func (d *Drills) Show(ctx context.Context) {
	tick := time.NewTicker(opsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.end(ctx)
		for id, ops := range d.news() {
			d.cfg.Screen.Operate(id, ops)
			if d.cfg.Annotate != nil && ops.Drill != nil {
				d.cfg.Annotate(id, ops.Drill)
			}
		}
	}
}

// end ends drills whose scenario has come to its end, or says that they must be stopped.
func (d *Drills) end(ctx context.Context) {
	for id := range *d.hooks.active.Load() {
		one := d.hooks.newest(id)
		if one == nil {
			continue
		}
		filledIn := d.cfg.Counters.FilledIn()
		if one.abort(filledIn) || one.injector.Over() && one.finish("its faults are over", filledIn) {
			d.hooks.touch(id)
			go d.early(ctx, one)
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
		if one.in.id == id {
			return one
		}
	}
	return nil
}
