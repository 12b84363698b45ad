package drills

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/supervise"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

var _ gateway.Drills = (*Drills)(nil)

// drillsMax bounds the drills that are remembered.
const drillsMax = 100

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
	// Fed compares what was fed of a race with what is durable, and Annotate puts the phases of a drill on the boards. Both are nil without a
	// feed.
	Fed      func(ctx context.Context, id race.ID) ([]drill.Fed, error)
	Annotate func(id race.ID, state *race.DrillState)
}

// Drills strikes at races that run on a server, and judges them at their end.
type Drills struct {
	cfg   Config
	hooks *Hooks

	mu    sync.Mutex
	all   []*liveDrill // oldest first
	count int
	// forgotten are the strikes of drills that are not remembered any more.
	forgotten int
}

// New makes drills on installed hooks.
func New(cfg Config) *Drills { return &Drills{cfg: cfg, hooks: cfg.Hooks} }

// liveDrill is a drill on a race that runs.
type liveDrill struct {
	id       int
	race     race.ID
	scenario *drill.Scenario
	injector *drill.Injector
	made     *drill.Made
	audience *audience
	began    time.Time
	filledIn int64 // of the whole engine, at the start of the drill

	mu      sync.Mutex
	phase   race.DrillPhase
	text    string
	verdict *drill.Verdict
	run     drill.Run
	pace    drill.Pace
}

// judged reports whether the drill has its verdict, so that later notes are ignored. The lock is held.
func (l *liveDrill) judged() bool { return l.phase >= race.DrillPassed }

// committed notes a durable batch.
func (l *liveDrill) committed(b *race.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.judged() {
		return
	}
	now := time.Now()
	l.pace.Commit(&l.run, now)
	if b.Frame != nil {
		l.pace.Tick(&l.run, now)
	}
}

func (l *liveDrill) note(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.judged() {
		return
	}
	switch e := event.(type) {
	case supervise.Restarted:
		l.injector.Restarted(e)
		l.run.Restarts[e.Kind]++
	case supervise.SetAside:
		l.run.SetAside++
	case supervise.GivenUp:
		l.run.GivenUp = append(l.run.GivenUp, e.String())
	}
}

// Counts are the strikes so far, and the drills that are remembered by phase.
func (d *Drills) Counts() (strikes int, phases map[race.DrillPhase]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	strikes, phases = d.forgotten, map[race.DrillPhase]int{}
	for _, one := range d.all {
		state := one.state()
		strikes += state.Injected
		phases[state.Phase]++
	}
	return strikes, phases
}

// abort ends the strikes as soon as a condition of the scenario says so. It reports whether it did.
func (l *liveDrill) abort() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != race.DrillOn || l.run.Aborted != "" {
		return false
	}
	l.run.Aborted = l.injector.Abort(&l.run, &l.pace)
	if l.run.Aborted == "" {
		return false
	}
	l.injector.Disarm()
	l.phase, l.text = race.DrillJudging, l.run.Aborted+"; it is judged at the end of the race"
	return true
}

// Scenarios returns the library, without what strikes a race of its own alone.
func (d *Drills) Scenarios() (any, error) {
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	return slices.DeleteFunc(all, func(s *drill.Scenario) bool { return s.OnServer() != nil }), nil
}

// Start begins a drill on a simulated race that runs.
func (d *Drills) Start(ctx context.Context, id race.ID, spec []byte) (int, error) {
	s, err := scenarioOf(spec)
	if err != nil {
		return 0, err
	}
	summary, err := d.cfg.Store.Summary(ctx, id)
	switch {
	case err != nil:
		return 0, err
	case summary.Race.Kind != race.Simulation:
		return 0, fmt.Errorf("race %s is a real one, its cars are not ours to kill: %w", id, race.ErrConflict)
	case !d.cfg.Races.Running(id):
		return 0, fmt.Errorf("race %s is %v: %w", id, summary.Status, race.ErrConflict)
	case s.NeedsInflux() && d.cfg.Fed == nil:
		return 0, fmt.Errorf("the drill strikes the feed to InfluxDB, and this server has none (serve --influx-url): %w", race.ErrConflict)
	}
	info := summary.Race
	s.Race = drill.Race{Circuit: info.Circuit, Cars: info.Cars, Laps: info.Rules.Laps, Seed: info.Seed}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.hooks.of(id) != nil:
		return 0, fmt.Errorf("a drill is on in race %s already: %w", id, race.ErrConflict)
	case !d.cfg.Races.Running(id): // it has ended: nothing would judge the drill
		return 0, fmt.Errorf("race %s is over: %w", id, race.ErrConflict)
	}
	d.count++
	one := &liveDrill{
		id: d.count, race: id, scenario: s, began: time.Now().UTC(), run: drill.Run{Restarts: map[string]int64{}},
		pace: drill.PaceOf(info), filledIn: d.cfg.Counters.FilledIn(), injector: drill.NewInjector(s, drill.Members{Cars: info.Cars, Checkpoints: len(info.Lines), TickHz: info.TickHz}),
		made: drill.NewMade(false),
	}
	one.audience = watch(context.WithoutCancel(ctx), d.cfg.Screen, id, one.injector)
	one.injector.Surround(drill.Surroundings{Size: sizeOf, Join: one.audience.join})
	one.run.Weigh()
	d.all = append(d.all, one)
	for len(d.all) > drillsMax {
		d.forgotten += d.all[0].injector.Count()
		d.all = d.all[1:]
	}
	d.hooks.activate(id, one)
	d.hooks.touch(id)
	return one.id, nil
}

// Stop ends the strikes of a race's drill. It is judged at the end of the race all the same.
func (d *Drills) Stop(_ context.Context, id race.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.hooks.of(id)
	if one == nil {
		return fmt.Errorf("a drill in race %s: %w", id, race.ErrNotFound)
	}
	one.injector.Disarm()
	one.become(race.DrillJudging, "it was stopped, and is judged at the end of the race", nil)
	d.hooks.touch(id)
	return nil
}

// Forget forgets the drills of a race that was deleted.
func (d *Drills) Forget(id race.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.all {
		if one.race == id {
			one.audience.cancel()
			d.forgotten += one.injector.Count()
		}
	}
	d.all = slices.DeleteFunc(d.all, func(one *liveDrill) bool { return one.race == id })
	d.hooks.forget(id)
}

// List returns a race's drills, oldest first.
func (d *Drills) List(_ context.Context, id race.ID) ([]gateway.Drill, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []gateway.Drill{}
	for _, one := range d.all {
		if one.race == id {
			out = append(out, one.dto())
		}
	}
	return out, nil
}

func (l *liveDrill) dto() gateway.Drill {
	state := l.state()
	l.mu.Lock()
	defer l.mu.Unlock()
	out := gateway.Drill{
		ID: l.id, Name: l.scenario.Name, About: l.scenario.About, Phase: state.Phase.String(), Injected: state.Injected,
		Text: state.Text, StartedAt: l.began,
	}
	if l.verdict != nil {
		out.Verdict = l.verdict
	}
	return out
}

func (l *liveDrill) state() *race.DrillState {
	l.mu.Lock()
	defer l.mu.Unlock()
	injected := l.injector.Count()
	return &race.DrillState{Name: l.scenario.Name, Phase: l.phase, Injected: injected, Text: l.text}
}

func (l *liveDrill) become(phase race.DrillPhase, text string, v *drill.Verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase, l.text, l.verdict = phase, text, v
	if l.judged() { // everything else is only needed for the verdict
		l.run = drill.Run{}
		l.injector.Forget()
	}
}
