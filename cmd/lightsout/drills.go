package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/gateway"
	"lightsout/race"
)

var _ gateway.Drills = (*drills)(nil)

// Limits of what is kept of drills, and how often spectators are told what happens to a race's actors.
const (
	drillsKept = 100
	recentMost = 100
	opsEvery   = 500 * time.Millisecond
)

// drills strikes at races that run on this server, and judges them at their end. Its hooks are called from the actors.
type drills struct {
	app *app
	log *slog.Logger

	feed   *influxFeed                            // nil: nothing is fed
	mark   func(race.ID, *race.DrillState)        // told with spectators; nil: nobody else is
	active atomic.Pointer[map[race.ID]*liveDrill] // replaced whole

	mu    sync.Mutex
	all   []*liveDrill // oldest first
	count int
	ops   map[race.ID]*raceOps
}

// liveDrill is a drill on a race that runs.
type liveDrill struct {
	id       int
	race     race.ID
	scenario *drill.Scenario
	injector *drill.Injector
	began    time.Time
	filledIn int64 // of the whole system when it began

	mu      sync.Mutex
	phase   race.DrillPhase
	text    string
	verdict *drill.Verdict
	run     drill.Run
	pace    pace
}

// raceOps is what happened to a race's actors, and how much of it was told.
type raceOps struct {
	restarts int64
	recent   []race.Restart
	dirty    bool
}

func newDrills(log *slog.Logger) *drills {
	d := &drills{log: log, ops: map[race.ID]*raceOps{}}
	d.active.Store(&map[race.ID]*liveDrill{})
	return d
}

// raceOfPID is the race that an actor belongs to: its path is ROOT/1/KIND/RACE/…; empty for the roots.
func raceOfPID(path string) race.ID {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 4 {
		return ""
	}
	return race.ID(parts[3])
}

// strike is the fault of the whole system: it asks the drills that are on.
func (d *drills) strike(at supervise.Strike) (stall time.Duration) {
	active := *d.active.Load()
	if len(active) == 0 {
		return 0
	}
	id := raceOfPID(at.PID.ID)
	if id == "" { // a root serves all races
		for _, one := range active {
			stall = max(stall, one.injector.Strike(at))
		}
		return stall
	}
	if one := active[id]; one != nil {
		return one.injector.Strike(at)
	}
	return 0
}

func (d *drills) meddle(at supervise.Strike) supervise.Action {
	active := *d.active.Load()
	if len(active) == 0 {
		return supervise.Pass
	}
	if one := active[raceOfPID(at.PID.ID)]; one != nil {
		return one.injector.Meddle(at)
	}
	return supervise.Pass
}

// notice takes the facts of supervision.
func (d *drills) notice(event any) {
	var path string
	var restart *race.Restart
	switch e := event.(type) {
	case supervise.Restarted:
		path = e.PID.ID
		restart = &race.Restart{Kind: e.Kind, Car: race.NoCar, Reason: fmt.Sprint(e.Reason), TookUS: e.Took.Microseconds()}
		if n, err := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:]); e.Kind == "car" && err == nil {
			restart.Car = race.CarIdx(n)
		}
	case supervise.SetAside:
		path = e.PID.ID
	}
	id := raceOfPID(path)
	for of, one := range *d.active.Load() {
		if id == of || id == "" { // a root serves all races
			one.note(event)
		}
	}
	if restart == nil || id == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.opsOf(id)
	o.restarts++
	o.recent = append(o.recent, *restart)
	if len(o.recent) > recentMost {
		o.recent = o.recent[len(o.recent)-recentMost:]
	}
	o.dirty = true
}

// judged says that the drill has its verdict: whoever took it for one that is on comes too late. Its lock is held.
func (l *liveDrill) judged() bool { return l.phase >= race.DrillPassed }

func (l *liveDrill) committed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.judged() {
		l.pace.tick(&l.run, time.Now())
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
		l.run.Recoveries = append(l.run.Recoveries, e.Took)
		l.run.Restarts[e.Kind]++
	case supervise.SetAside:
		l.run.SetAside++
	}
}

func (d *drills) opsOf(id race.ID) *raceOps {
	o := d.ops[id]
	if o == nil {
		o = &raceOps{}
		d.ops[id] = o
	}
	return o
}

// Journal and link of a platform whose races may be drilled: a drill may close their gates.
type (
	drilledJournal struct {
		processor.Journal
		d *drills
	}
	drilledLink struct {
		simulator.Link
		d *drills
	}
)

// of is the journal of a race. All calls for a race go the same way: they must not overtake each other at a gate.
func (j drilledJournal) of(id race.ID) processor.Journal {
	if one := (*j.d.active.Load())[id]; one != nil {
		return one.injector.Journal(j.Journal)
	}
	return j.Journal
}

func (j drilledJournal) Append(b *race.Batch, ready func(error)) {
	told := ready
	if one := (*j.d.active.Load())[b.Race]; one != nil && b.Frame != nil {
		told = func(err error) {
			if err == nil {
				one.committed()
			}
			ready(err)
		}
	}
	j.of(b.Race).Append(b, told)
}

func (j drilledJournal) AppendFacts(id race.ID, facts []race.Facts) { j.of(id).AppendFacts(id, facts) }

func (j drilledJournal) Load(id race.ID, ready func(race.Position, error)) { j.of(id).Load(id, ready) }

func (j drilledJournal) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	j.of(id).Read(id, after, limit, ready)
}

func (l drilledLink) Submit(b *race.Batch, ack func(race.Ack)) {
	if one := (*l.d.active.Load())[b.Race]; one != nil {
		one.injector.Link(l.Link).Submit(b, ack)
		return
	}
	l.Link.Submit(b, ack)
}

// betweenInflux stands between the feed and InfluxDB.
func (d *drills) betweenInflux(next http.RoundTripper) http.RoundTripper {
	return awayTransport{next, func() bool {
		for _, one := range *d.active.Load() {
			if one.injector.InfluxAway() {
				return true
			}
		}
		return false
	}}
}

// activate makes a drill strike, or with nil none at that race.
func (d *drills) activate(id race.ID, one *liveDrill) {
	next := maps.Clone(*d.active.Load())
	if one == nil {
		delete(next, id)
	} else {
		next[id] = one
	}
	d.active.Store(&next)
}

// Scenarios are those of the library.
func (d *drills) Scenarios() (any, error) {
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	return all, nil
}

// Start begins a drill on a simulated race that runs.
func (d *drills) Start(ctx context.Context, id race.ID, spec []byte) (int, error) {
	s, err := scenarioOf(spec)
	if err != nil {
		return 0, err
	}
	summary, err := d.app.Summary(ctx, id)
	switch {
	case err != nil:
		return 0, err
	case summary.Race.Kind != race.Simulation:
		return 0, fmt.Errorf("race %s is a real one, its cars are not ours to kill: %w", id, race.ErrConflict)
	case d.app.running(id) == nil:
		return 0, fmt.Errorf("race %s is %v: %w", id, summary.Status, race.ErrConflict)
	case s.NeedsInflux() && d.feed == nil:
		return 0, fmt.Errorf("the drill strikes the feed to InfluxDB, and this server has none (serve --influx-url): %w", race.ErrConflict)
	}
	head := summary.Race
	s.Race = drill.Race{Circuit: head.Circuit, Cars: head.Cars, Laps: head.Rules.Laps, Seed: head.Seed}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case (*d.active.Load())[id] != nil:
		return 0, fmt.Errorf("a drill is on in race %s already: %w", id, race.ErrConflict)
	case d.app.running(id) == nil: // it has ended meanwhile: nobody would come to judge
		return 0, fmt.Errorf("race %s is over: %w", id, race.ErrConflict)
	}
	d.count++
	one := &liveDrill{
		id: d.count, race: id, scenario: s, began: time.Now().UTC(), run: drill.Run{Restarts: map[string]int64{}},
		pace: paceOf(head), filledIn: d.app.platform.FilledIn(), injector: drill.NewInjector(s, drill.Members{Cars: head.Cars, Checkpoints: len(head.Lines), TickHz: head.TickHz}),
	}
	d.all = append(d.all, one)
	if len(d.all) > drillsKept {
		d.all = d.all[len(d.all)-drillsKept:]
	}
	d.activate(id, one)
	d.opsOf(id).dirty = true
	return one.id, nil
}

// scenarioOf reads {"scenario": NAME} or a scenario, in JSON as in YAML.
func scenarioOf(spec []byte) (*drill.Scenario, error) {
	var named struct{ Scenario string }
	invalid := func(field string, err error) error {
		return &race.InvalidError{Faults: []race.Fault{{Field: field, Message: err.Error(), Allowed: "a scenario of GET /api/v1/drills, or name, seed and faults"}}}
	}
	if json.Unmarshal(spec, &named) == nil && named.Scenario != "" {
		all, err := drill.Library()
		if err != nil {
			return nil, fmt.Errorf("open the library: %w", err)
		}
		at := slices.IndexFunc(all, func(s *drill.Scenario) bool { return s.Name == named.Scenario })
		if at < 0 {
			return nil, invalid("scenario", fmt.Errorf("%q is unknown", named.Scenario))
		}
		return all[at], nil
	}
	s, err := drill.Parse("drill", spec)
	if err != nil {
		return nil, invalid("faults", err)
	}
	return s, nil
}

// Stop lets a race's drill strike no more; it is judged at the end of the race all the same.
func (d *drills) Stop(_ context.Context, id race.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := (*d.active.Load())[id]
	if one == nil {
		return fmt.Errorf("a drill in race %s: %w", id, race.ErrNotFound)
	}
	one.injector.Disarm()
	one.become(race.DrillJudging, "it was stopped, and is judged at the end of the race", nil)
	d.opsOf(id).dirty = true
	return nil
}

// forget gives up what is known of a race that was deleted.
func (d *drills) forget(id race.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = slices.DeleteFunc(d.all, func(one *liveDrill) bool { return one.race == id })
	delete(d.ops, id)
}

// List are a race's drills, oldest first.
func (d *drills) List(_ context.Context, id race.ID) ([]gateway.Drill, error) {
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
	if l.judged() { // what it was judged by is the whole race
		l.run = drill.Run{}
		l.injector.Forget()
	}
}
