package drills

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

var _ gateway.Drills = (*Drills)(nil)

// Limits of drills on a server.
const (
	drillsMax       = 100 // that are remembered in memory after their verdict
	drillsOfRaceMax = 50
)

// Races are the races of a server, as far as drills know them.
type Races interface {
	Running(id race.ID) bool
}

// Counters are the engine's counters.
type Counters interface {
	// FilledIn counts passings that were lost with a checkpoint's state, of all races.
	FilledIn() int64
}

// Screen shows spectators what happens to the actors of a race.
type Screen interface {
	Push
	Operate(id race.ID, ops *race.Ops)
}

// Config joins drills to the races of a server.
type Config struct {
	Hooks    *Hooks
	Races    Races
	Counters Counters
	Store    *sqlite.Store
	Screen   Screen
	Log      *slog.Logger
	Version  string // of the program, for folders
	// Fed compares what was fed of a race with what is durable, and Annotate puts the phases of a drill on the boards. Both are nil without a
	// feed.
	Fed      func(ctx context.Context, id race.ID) ([]drill.Fed, error)
	Annotate func(id race.ID, state *race.DrillState)
}

// Drills strikes at races that run on a server, and judges them when faults are over and at the end of the race.
type Drills struct {
	cfg   Config
	hooks *Hooks
	// judging is held while a race is run undisturbed: one at a time, for it takes the processors from the races that run.
	judging sync.Mutex

	mu    sync.Mutex
	all   []*liveDrill // oldest first
	count int          // the newest number
	// forgotten are the strikes of drills that are not remembered any more; interrupted counts the drills that earlier processes left.
	forgotten, interrupted int
	orders                 []*standing // for races to come, oldest first
}

// New makes drills on installed hooks. Recall must be called before the first request.
func New(cfg Config) *Drills { return &Drills{cfg: cfg, hooks: cfg.Hooks} }

// Counts are the strikes so far, and the drills that are remembered by phase.
func (d *Drills) Counts() (strikes int, phases map[race.DrillPhase]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	strikes, phases = d.forgotten, map[race.DrillPhase]int{race.DrillInterrupted: d.interrupted}
	for _, one := range d.all {
		state := one.state()
		strikes += state.Injected
		phases[state.Phase]++
	}
	return strikes, phases
}

// Scenarios returns the library, without what strikes a race of its own alone.
func (d *Drills) Scenarios() (any, error) {
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	return slices.DeleteFunc(all, func(s *drill.Scenario) bool { return s.OnServer() != nil }), nil
}

// Start begins a drill on a simulated race that runs. It returns when that is durable.
func (d *Drills) Start(ctx context.Context, id race.ID, spec []byte) (gateway.DrillStarted, error) {
	return d.start(ctx, id, spec, 0)
}

// start begins a drill, by an order for races to come or by none (0).
func (d *Drills) start(ctx context.Context, id race.ID, spec []byte, order int) (out gateway.DrillStarted, err error) {
	s, err := d.scenarioFor(spec)
	if err != nil {
		return out, err
	}
	summary, err := d.cfg.Store.Summary(ctx, id)
	switch {
	case err != nil:
		return out, err
	case summary.Race.Kind != race.Simulation:
		return out, fmt.Errorf("race %s is a real one, its cars are not ours to kill: %w", id, race.ErrConflict)
	case !d.cfg.Races.Running(id):
		return out, fmt.Errorf("race %s is %v: %w", id, summary.Status, race.ErrConflict)
	}
	before, err := d.earlier(ctx, id)
	if err != nil {
		return out, err
	}
	one, err := d.begin(ctx, &summary.Race, plan{s, order, before})
	if err != nil {
		return out, err
	}
	end, err := archive.Position(d.cfg.Store, id)
	if err == nil {
		one.in.located(end.Seq)
		err = d.keep(ctx, one) // it would be unknown after the next start
	}
	if err != nil {
		d.giveUp(one)
		return out, err
	}
	return gateway.DrillStarted{ID: one.id, Notes: concerns(s)}, nil
}

// concerns says what a drill strikes beside its race.
func concerns(s *drill.Scenario) (notes []string) {
	if s.NeedsInflux() {
		notes = append(notes, "faults of the feed and of InfluxDB concern all races of this server")
	}
	if slices.ContainsFunc(s.Faults, func(f drill.Fault) bool { return f.CPU != "" || f.Memory != "" }) {
		notes = append(notes, "processors and memory that are taken concern all races of this server")
	}
	return notes
}

// plan is a drill that is to begin.
type plan struct {
	scenario *drill.Scenario
	order    int         // for races to come; 0: none
	before   []keptDrill // drills of the race that earlier processes began
}

// begin puts a drill into force.
func (d *Drills) begin(ctx context.Context, info *race.Race, p plan) (*liveDrill, error) {
	id, s, before := info.ID, p.scenario, p.before
	s.Race = drill.Race{Circuit: info.Circuit, Cars: info.Cars, Laps: info.Rules.Laps, Seed: info.Seed}
	d.mu.Lock()
	defer d.mu.Unlock()
	of, newest := d.hooks.of(id), d.hooks.newest(id)
	switch {
	case newest != nil && newest.state().Phase == race.DrillOn:
		return nil, fmt.Errorf("drill %d, %s, is on in race %s: another one is allowed when it is over; DELETE /api/v1/races/%s/drills stops it: %w",
			newest.id, newest.scenario.Name, id, id, race.ErrConflict)
	case len(of)+len(before) >= drillsOfRaceMax:
		return nil, fmt.Errorf("race %s has had %d drills: allowed are %d of a race: %w", id, len(of)+len(before), drillsOfRaceMax, race.ErrConflict)
	case !d.cfg.Races.Running(id): // it has ended: nothing would judge the drill
		return nil, fmt.Errorf("race %s is over: %w", id, race.ErrConflict)
	}
	in := &drilledRace{id: id, made: d.hooks.madeOf(id)}
	if newest != nil {
		in = newest.in
	} else {
		for i := range before {
			in.made.Retire(before[i].Retired)
		}
		in.audience = watch(context.WithoutCancel(ctx), d.cfg.Screen, id, func(n uint64, size int) time.Duration { return d.hooks.reading(id, n, size) })
	}
	d.count++
	one := &liveDrill{
		id: d.count, order: p.order, in: in, scenario: s, began: time.Now().UTC(), run: drill.Run{Restarts: map[string]int64{}}, trace: drill.NewTrace(),
		pace: drill.PaceOf(*info), filledIn: d.cfg.Counters.FilledIn(), injector: drill.NewInjector(s, drill.Members{Cars: info.Cars, Checkpoints: len(info.Lines), TickHz: info.TickHz}),
	}
	if at := s.Begins(); at > 0 {
		one.text = fmt.Sprintf("its faults begin at %v of the race", at)
	}
	one.injector.Surround(drill.Surroundings{Size: sizeOf, Join: in.audience.join})
	one.run.Weigh()
	d.remember(one)
	d.hooks.activate(id, append(slices.Clone(of), one))
	d.hooks.touch(id)
	return one, nil
}

// remember is called with the lock held. It forgets the oldest drills that have their verdicts, which are kept in the store.
func (d *Drills) remember(one *liveDrill) {
	d.all = append(d.all, one)
	for i := 0; i < len(d.all) && len(d.all) > drillsMax; {
		if d.all[i].state().Phase < race.DrillPassed {
			i++
			continue
		}
		d.forgotten += d.all[i].injector.Count()
		d.all = slices.Delete(d.all, i, i+1)
	}
}

// giveUp ends a drill that could not be kept.
func (d *Drills) giveUp(one *liveDrill) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one.become(race.DrillFailed, "it could not be kept", nil)
	of := slices.DeleteFunc(slices.Clone(d.hooks.of(one.in.id)), func(other *liveDrill) bool { return other == one })
	if d.hooks.activate(one.in.id, of); len(of) == 0 {
		one.in.audience.cancel()
	}
	d.all = slices.DeleteFunc(d.all, func(other *liveDrill) bool { return other == one })
	d.forgotten += one.injector.Count()
}

// Stop ends the strikes of a race's drill, 0 means of the one that is on. The race up to now is judged, and the whole race at its end.
func (d *Drills) Stop(_ context.Context, id race.ID, number int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.hooks.newest(id)
	if one == nil || number > 0 && one.id != number || !one.finish("it was stopped", d.cfg.Counters.FilledIn()) {
		return fmt.Errorf("a drill that is on in race %s: %w", id, race.ErrNotFound)
	}
	d.hooks.touch(id)
	go d.early(context.Background(), one)
	return nil
}

// Forget forgets the drills of a race that was deleted.
func (d *Drills) Forget(id race.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.all {
		if one.in.id == id {
			one.in.audience.cancel()
			d.forgotten += one.injector.Count()
		}
	}
	d.all = slices.DeleteFunc(d.all, func(one *liveDrill) bool { return one.in.id == id })
	d.hooks.activate(id, nil)
	d.hooks.forget(id)
}
