package races

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"lightsout/race"
)

// deleteWait bounds how long an answer waits for a deletion.
const deleteWait = 5 * time.Second

// deletion is a race that is being deleted.
type deletion struct {
	done chan struct{}
	err  error
}

// Delete deletes a race, whether it runs or not. A deletion that takes long goes on after ctx has ended or deleteWait has passed, and
// Delete returns race.ErrUnderway; a second Delete waits for the first.
func (r *Races) Delete(ctx context.Context, id race.ID) error {
	of, err := r.store.Summary(ctx, id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	d := r.deleting[id]
	if d == nil {
		d = &deletion{done: make(chan struct{})}
		r.deleting[id] = d
		go func() {
			d.err = r.runner.Delete(context.WithoutCancel(ctx), of.Race)
			r.mu.Lock()
			delete(r.deleting, id)
			r.mu.Unlock()
			close(d.done)
		}()
	}
	r.mu.Unlock()
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
	case <-time.After(deleteWait):
	}
	return fmt.Errorf("race %s is being deleted: %w", id, race.ErrUnderway)
}

// Remove does what a deletion does in this process: it ends the race's actors and pictures, and deletes the race in the store. A race that is
// not there is no error.
func (r *Races) Remove(ctx context.Context, id race.ID) error {
	of, err := r.store.Summary(ctx, id)
	switch {
	case errors.Is(err, race.ErrNotFound):
		of.Race.ID = id // there may still be actors and pictures
	case err != nil:
		return err
	}
	if err := r.remove(ctx, of.Race); !errors.Is(err, race.ErrNotFound) {
		return err
	}
	return nil
}

func (r *Races) remove(ctx context.Context, info race.Race) error {
	id := info.ID
	if r.Running(id) {
		if err := UntilDone(func() error { return r.engine.Drop(id) }); err != nil {
			return err
		}
		r.register.end(id)
	}
	if err := UntilDone(func() error { return r.forget(ctx, id) }); err != nil {
		return err
	}
	if err := r.store.GiveUpTelemetry(ctx, id); err != nil { // most of the data: other races wait only for the rest
		return err
	}
	deleted := make(chan error, 1)
	r.store.Delete(id, func(err error) { deleted <- err })
	err := <-deleted
	returnMemory(info)
	return err
}

// UntilDone repeats a call that returns race.ErrUnderway.
func UntilDone(ask func() error) error {
	for {
		if err := ask(); !errors.Is(err, race.ErrUnderway) {
			return err
		}
	}
}

// forget ends the actors and pictures of a race that is gone.
func (r *Races) forget(ctx context.Context, id race.ID) error {
	if err := r.engine.Forget(ctx, id); err != nil {
		return err
	}
	r.screen.Close(id)
	r.ingest.Forget(id)
	for _, f := range r.gone {
		f(id)
	}
	return nil
}

// largeField is the number of cars from which freed memory is returned to the system at once.
const largeField = 1000

// rest has a large race wait for its start at the cost of its entries: its Timekeeper reads them again then.
func (r *Races) rest(ctx context.Context, info race.Race) error {
	if info.Cars < largeField {
		return nil
	}
	err := UntilDone(func() error { return r.engine.Forget(context.WithoutCancel(ctx), info.ID) })
	r.screen.Rest(info.ID)
	returnMemory(info)
	return err
}

// returnMemory returns freed memory to the system after work on large races. It runs in the background, for it collects garbage.
func returnMemory(races ...race.Race) {
	if slices.ContainsFunc(races, func(r race.Race) bool { return r.Cars >= largeField }) {
		go debug.FreeOSMemory()
	}
}
