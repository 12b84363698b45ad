package drills

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

// keptDrill is a drill as the store keeps it.
type keptDrill struct {
	gateway.Drill
	Scenario *drill.Scenario `json:"scenario"`
	// Retired are the cars that drills of its race took out up to then: a race that goes on after the server's death was made without them.
	Retired []drill.Retirement `json:"retired,omitempty"`
}

// keeper knows what was kept of a drill. Its lock is held while something is kept, so that nothing older replaces it.
type keeper struct {
	mu      sync.Mutex
	data    []byte
	strikes int
}

func readKept(d sqlite.KeptDrill) (out keptDrill, err error) {
	dec := json.NewDecoder(bytes.NewReader(d.Data))
	dec.UseNumber() // seeds have 64 bits
	if err := dec.Decode(&out); err != nil {
		return out, fmt.Errorf("read drill %d: %w", d.Number, err)
	}
	return out, nil
}

// Recall finds the drills that earlier processes began. Those without a verdict were interrupted.
func (d *Drills) Recall(ctx context.Context) error {
	all, err := d.cfg.Store.Drills(ctx, "", true)
	if err != nil {
		return fmt.Errorf("look for drills: %w", err)
	}
	for _, of := range all {
		d.count = max(d.count, of.Number)
		if of.Race == "" {
			o, err := readStanding(of)
			if err != nil {
				return err
			}
			d.orders = append(d.orders, o)
			continue
		}
		was, err := readKept(of)
		if err != nil {
			return err
		}
		switch was.Phase {
		case race.DrillOn.String():
			was.Text = fmt.Sprintf("the server ended while it was on: %d strikes are known", was.Injected)
		case race.DrillJudging.String():
			was.Text = "the server ended before its verdict"
		default:
			continue
		}
		was.Phase, was.Folder = race.DrillInterrupted.String(), true
		d.interrupted++
		data, err := json.Marshal(was)
		if err != nil {
			return fmt.Errorf("write drill %d: %w", of.Number, err)
		}
		of.Data = data
		if err := d.cfg.Store.KeepDrill(ctx, of); err != nil {
			return err
		}
	}
	return nil
}

// earlier are the drills of a race that the store keeps and this process has not begun, oldest first.
func (d *Drills) earlier(ctx context.Context, id race.ID) (out []keptDrill, err error) {
	all, err := d.cfg.Store.Drills(ctx, id, false)
	if err != nil {
		return nil, fmt.Errorf("read the drills of race %s: %w", id, err)
	}
	live := map[int]bool{}
	d.mu.Lock()
	for _, one := range d.all {
		live[one.id] = true
	}
	d.mu.Unlock()
	for _, of := range all {
		if live[of.Number] {
			continue
		}
		was, err := readKept(of)
		if err != nil {
			return nil, err
		}
		out = append(out, was)
	}
	return out, nil
}

// List returns a race's drills, oldest first.
func (d *Drills) List(ctx context.Context, id race.ID) ([]gateway.Drill, error) {
	before, err := d.earlier(ctx, id)
	if err != nil {
		return nil, err
	}
	out := []gateway.Drill{}
	for i := range before {
		out = append(out, before[i].Drill)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.all {
		if one.in.id == id {
			out = append(out, one.dto())
		}
	}
	return out, nil
}

// keepEvery is how often the drills that are not judged are kept.
const keepEvery = 500 * time.Millisecond

// Keep keeps what drills have struck until the context ends.
func (d *Drills) Keep(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		for _, of := range *d.hooks.active.Load() {
			for _, one := range of {
				err = errors.Join(err, d.keep(ctx, one))
			}
		}
		if err != nil && !failing && ctx.Err() == nil {
			d.cfg.Log.Warn("drills cannot be kept; it is tried again", slog.Any("err", err))
		}
		failing = err != nil
	}
}

// keep keeps a drill as it is now, and the strikes since it was kept before. It does nothing if its race is gone.
func (d *Drills) keep(ctx context.Context, one *liveDrill) error {
	k := &one.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	data, err := json.Marshal(keptDrill{one.dto(), one.scenario, one.in.made.Retired()})
	if err != nil {
		return fmt.Errorf("write drill %d: %w", one.id, err)
	}
	if err := d.keepStrikes(ctx, one); err != nil { // after they were counted, so that no strike is counted and not kept
		return err
	}
	if bytes.Equal(data, k.data) {
		return nil
	}
	if err := d.cfg.Store.KeepDrill(ctx, sqlite.KeptDrill{Number: one.id, Race: one.in.id, Data: data}); err != nil {
		return unlessGone(err)
	}
	k.data = data
	return nil
}

// keepStrikes is called with the lock of what is kept.
func (d *Drills) keepStrikes(ctx context.Context, one *liveDrill) error {
	struck := one.injector.StruckSince(one.kept.strikes)
	if len(struck) == 0 {
		return nil
	}
	var lines bytes.Buffer
	if err := writeStrikes(&lines, struck, one.injector.Began()); err != nil {
		return err
	}
	if err := d.cfg.Store.KeepDrillPart(ctx, one.in.id, one.id, strikesFile, lines.Bytes()); err != nil {
		return unlessGone(err)
	}
	one.kept.strikes += len(struck)
	return nil
}

// unlessGone is the error of keeping something of a race, unless the race was deleted.
func unlessGone(err error) error {
	if errors.Is(err, race.ErrNotFound) {
		return nil
	}
	return err
}
