package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"lightsout/actors/engine"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
)

var (
	_ gateway.Races      = (*app)(nil)
	_ gateway.History    = (*app)(nil)
	_ gateway.Boards     = (*app)(nil)
	_ simulator.Observer = (*app)(nil)
)

// app runs races for the gateway: it joins what runs now with what is kept.
type app struct {
	*sqlite.Store // History, but for what is newer than the store
	platform      *engine.Engine
	drills        *drills
	hub           *gateway.Hub
	log           *slog.Logger

	mu                  sync.Mutex
	ordinal             int
	over                map[race.ID]chan struct{} // of the simulations that run, closed at their end
	rosters             map[race.ID]*race.Roster  // of races that are told of from outside
	deleting            map[race.ID]*deletion
	carsMax, carsMaking int // of races that are not over; of those, being made
}

func newApp(store *sqlite.Store, hub *gateway.Hub, log *slog.Logger) *app {
	return &app{Store: store, hub: hub, log: log, over: map[race.ID]chan struct{}{}, rosters: map[race.ID]*race.Roster{}, deleting: map[race.ID]*deletion{}, carsMax: carsMaxDefault}
}

// Create makes a race and, if asked, starts it. It answers when the race is durable.
func (a *app) Create(ctx context.Context, o race.Order, start bool) (race.Summary, error) {
	c, err := a.openCircuit(ctx, o.Circuit)
	if err != nil {
		return race.Summary{}, err
	}
	head, model, err := drive.NewRace(o, a.newID(c.Key), c)
	if err != nil {
		return race.Summary{}, err
	}
	if err := archive.CheckFree(ctx, a.Store, &head); err != nil {
		return race.Summary{}, err
	}
	made, err := a.room(ctx, head.Cars)
	if err != nil {
		return race.Summary{}, err
	}
	defer made()
	a.begin(head.ID)
	if err := a.platform.Start(simulator.StartRace{Head: head, Model: model, Start: start}); err != nil {
		a.end(head.ID)
		return race.Summary{}, err
	}
	of, err := archive.Settled(ctx, a.Store, head.ID)
	if err != nil || start {
		return of, err
	}
	return of, a.rest(ctx, of.Race)
}

// room takes room for the cars of a race that is being made, or says that there is none.
func (a *app) room(ctx context.Context, cars int) (made func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	there, err := a.CarsAwaited(ctx)
	if err != nil {
		return nil, err
	}
	if left := a.carsMax - there - a.carsMaking; cars > left {
		return nil, &race.InvalidError{Faults: []race.Fault{{
			Field: "cars", Message: fmt.Sprintf("is %d, and races that are not over have %d", cars, there+a.carsMaking),
			Allowed: fmt.Sprintf("%d more, or until one is over or deleted (--max-cars %d)", max(0, left), a.carsMax),
		}}}
	}
	a.carsMaking += cars
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.carsMaking -= cars
	}, nil
}

// carsMaxDefault bounds the cars of all races that are not over.
const carsMaxDefault = 200_000

// rest lets a large race wait for its start at the cost of its entries: who times it reads them again then.
func (a *app) rest(ctx context.Context, head race.Race) error {
	if head.Cars < largeField {
		return nil
	}
	err := a.platform.Forget(ctx, head.ID)
	a.hub.Rest(head.ID)
	returnMemory(head)
	return err
}

// largeField is the number of cars from which a race's freed memory is returned to the system at once.
const largeField = 1000

// returnMemory returns freed memory to the system after work on a large race. It collects garbage, so it runs beside that work.
func returnMemory(races ...race.Race) {
	if slices.ContainsFunc(races, func(r race.Race) bool { return r.Cars >= largeField }) {
		go debug.FreeOSMemory()
	}
}

// newID names a race by its circuit and the moment, so that names sort by time and are unique.
func (a *app) newID(key string) race.ID {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ordinal++
	now := time.Now().UTC()
	return race.ID(fmt.Sprintf("%s-%s-%s", key, now.Format("20060102-150405"),
		strconv.FormatInt(now.UnixMilli()%1000*100+int64(a.ordinal%100), 36)))
}

func (a *app) begin(id race.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over[id] = make(chan struct{})
}

// end notes that a race runs no longer.
func (a *app) end(id race.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if done := a.over[id]; done != nil {
		close(done)
		delete(a.over, id)
	}
}

// running is closed when the race ends; nil where it does not run.
func (a *app) running(id race.ID) chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.over[id]
}

// RaceOver retires a race's actors: from now on the store answers for it.
func (a *app) RaceOver(id race.ID) {
	a.platform.Retire(id)
	a.end(id)
	if a.drills != nil {
		go a.drills.over(context.Background(), id, "")
	}
	a.log.Info("race over", slog.String("race", string(id)))
}

// RaceFailed marks a race that cannot go on.
func (a *app) RaceFailed(id race.ID, reason string) {
	a.log.Error("race failed", slog.String("race", string(id)), slog.String("reason", reason))
	a.SetStatus(id, race.Failed, func(error) {})
	a.end(id)
	if a.drills != nil {
		go a.drills.over(context.Background(), id, reason)
	}
}

// Control starts, pauses, resumes or stops a race. It answers when that is durable.
func (a *app) Control(ctx context.Context, id race.ID, what race.Control, when race.Moment) (race.Summary, error) {
	before, err := a.Summary(ctx, id)
	switch {
	case err != nil:
		return before, err
	case before.Race.Kind == race.External:
		return a.controlOutside(ctx, before, what, when)
	case when != race.Now:
		return before, fmt.Errorf("a simulated race is told to %v now, not at another time: %w", what, race.ErrConflict)
	}
	if a.running(id) == nil {
		return before, fmt.Errorf("race %s is %v: %w", id, before.Status, race.ErrConflict)
	}
	if err := a.platform.Control(id, what); err != nil {
		return before, err
	}
	return archive.Settled(ctx, a.Store, id)
}

// Delete takes a race away, whether it runs or not. What takes long goes on when nobody waits any longer, and a second one waits for
// the first.
func (a *app) Delete(ctx context.Context, id race.ID) error {
	of, err := a.Summary(ctx, id)
	if err != nil {
		return err
	}
	a.mu.Lock()
	d := a.deleting[id]
	if d == nil {
		d = &deletion{done: make(chan struct{})}
		a.deleting[id] = d
		go func() {
			d.err = a.delete(context.WithoutCancel(ctx), of.Race)
			a.mu.Lock()
			delete(a.deleting, id)
			a.mu.Unlock()
			close(d.done)
		}()
	}
	a.mu.Unlock()
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
	case <-time.After(deleteWait):
	}
	return fmt.Errorf("race %s is being deleted: %w", id, race.ErrUnderway)
}

// deleteWait is how long an answer may wait for a race to be gone.
const deleteWait = 5 * time.Second

// deletion is a race that is being taken away.
type deletion struct {
	done chan struct{}
	err  error
}

func (a *app) delete(ctx context.Context, head race.Race) error {
	id := head.ID
	if a.running(id) != nil {
		if err := whileUnderway(func() error { return a.platform.Drop(id) }); err != nil {
			return err
		}
		a.end(id)
	}
	if err := whileUnderway(func() error { return a.forget(ctx, id) }); err != nil {
		return err
	}
	if err := a.GiveUpTelemetry(ctx, id); err != nil { // by far the most of it, so that no other race waits for the rest
		return err
	}
	deleted := make(chan error, 1)
	a.Store.Delete(id, func(err error) { deleted <- err })
	err := <-deleted
	returnMemory(head)
	return err
}

// whileUnderway asks again until the work is done.
func whileUnderway(ask func() error) error {
	for {
		if err := ask(); !errors.Is(err, race.ErrUnderway) {
			return err
		}
	}
}

// lateFor is how long an actor that cannot be replaced may take over a message before the platform is not ready.
const lateFor = time.Second

// Ready says what keeps the platform from serving.
func (a *app) Ready(context.Context) error {
	if err := a.Failing(); err != nil {
		return fmt.Errorf("the log cannot be written, races wait: %w", err)
	}
	for _, late := range a.platform.System().Late() {
		if !late.Replaced && late.For > lateFor {
			return fmt.Errorf("%s %s has been busy with one message for %v", late.Kind, late.ID, late.For.Round(time.Millisecond))
		}
	}
	return nil
}

// Classification is the result, or the order so far while the race runs.
func (a *app) Classification(ctx context.Context, id race.ID) (race.Classification, error) {
	c, err := a.platform.Classification(ctx, id)
	if !errors.Is(err, race.ErrNotFound) {
		return c, err
	}
	return archive.Standings(ctx, a.Store, id)
}

// Board works out the tower of a race that is not on the hub.
func (a *app) Board(ctx context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error) {
	if _, err := a.Summary(ctx, id); err != nil {
		return race.Race{}, nil, race.Board{}, err
	}
	state, board, err := archive.Fold(ctx, a.Store, id)
	if err != nil {
		return race.Race{}, nil, race.Board{}, err
	}
	return state.Race(), state.Entries(), *board, nil
}

// leftovers are what an earlier process left undone.
type leftovers struct {
	lagging    []race.ID // facts are missing: of records that were durable and not told of yet
	unfinished []race.Summary
}

// left looks for what an earlier process left undone, before anybody else can begin something.
func (a *app) left(ctx context.Context) (l leftovers, err error) {
	if l.lagging, err = a.Lagging(ctx); err != nil {
		return l, fmt.Errorf("look for facts that are missing: %w", err)
	}
	if l.unfinished, err = a.Unfinished(ctx); err != nil {
		return l, fmt.Errorf("look for unfinished races: %w", err)
	}
	return l, nil
}

// resume goes on with what an earlier process left undone.
func (a *app) resume(ctx context.Context, l leftovers) error {
	if err := archive.CatchUp(ctx, a.Store, l.lagging, a.log); err != nil {
		return err
	}
	var waiting []race.Race
	for _, s := range l.unfinished {
		if _, err := a.Summary(ctx, s.Race.ID); errors.Is(err, race.ErrNotFound) { // deleted meanwhile
			continue
		}
		if err := a.resumeRace(s); err != nil {
			a.RaceFailed(s.Race.ID, err.Error())
			continue
		}
		if s.Status == race.Waiting {
			waiting = append(waiting, s.Race)
		}
		a.log.Info("race goes on", slog.String("race", string(s.Race.ID)), slog.Int("lap", s.LeaderLap))
	}
	returnMemory(waiting...)
	return nil
}

func (a *app) resumeRace(s race.Summary) error {
	model, err := drive.ModelOf(s.Race)
	if err != nil {
		return err
	}
	from, err := archive.Position(a.Store, s.Race.ID)
	if err != nil {
		return err
	}
	a.begin(s.Race.ID)
	if s.Status != race.Waiting { // one that waits needs nobody to time it yet
		a.platform.Recover(s.Race.ID)
	}
	return a.platform.Start(simulator.StartRace{Head: s.Race, Model: model, From: &from})
}
