package races

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/folder"
	"lightsout/storage/sqlite"
)

var (
	_ gateway.Races      = (*Races)(nil)
	_ simulator.Observer = (*Races)(nil)
)

// Screen is where spectators follow races.
type Screen interface {
	processor.Spectators
	// Rest frees the memory of a race that waits for its start.
	Rest(id race.ID)
	// Close ends the pictures of a race that was deleted.
	Close(id race.ID)
}

// Config joins races to their store and their spectators.
type Config struct {
	Store  *sqlite.Store
	Screen Screen
	Log    *slog.Logger
	// Engine needs a Journal only if it is not the Store, and an Observer only if it is not the Races; New sets Spectators and Log.
	Engine  engine.Config
	CarsMax int
	// Runner carries out what is ordered; nil means the Engine. A Runner of its own has races simulated elsewhere: whoever applies the log
	// to this process's copy calls Began, RaceOver, RaceFailed and Remove.
	Runner Runner
	// Waits returns what else keeps the process from being ready, or nil; nil means nothing else.
	Waits func() error
	// ShareCircuit tells other servers of an imported circuit; nil without others.
	ShareCircuit func(key, text string)
}

// Races makes, controls and deletes the races of a server.
type Races struct {
	store    *sqlite.Store
	engine   *engine.Engine
	runner   Runner
	waits    func() error
	screen   Screen
	log      *slog.Logger
	register *register
	circuits *Circuits
	ingest   *Ingest

	ended []func(id race.ID, failure string)
	gone  []func(id race.ID)
	made  []func(ctx context.Context, info *race.Race)

	mu       sync.Mutex
	deleting map[race.ID]*deletion
}

// New starts the engine of a server.
func New(cfg Config) (*Races, error) {
	r := &Races{
		store: cfg.Store, runner: cfg.Runner, waits: cfg.Waits, screen: cfg.Screen, log: cfg.Log, circuits: &Circuits{cfg.Store, cfg.Log, cfg.ShareCircuit}, deleting: map[race.ID]*deletion{},
		register: &register{carsMax: cfg.CarsMax, awaited: cfg.Store.CarsAwaited, over: map[race.ID]chan struct{}{}},
	}
	if r.runner == nil {
		r.runner = local{r}
	}
	cfg.Engine.Spectators, cfg.Engine.Log = cfg.Screen, cfg.Log
	if cfg.Engine.Observer == nil {
		cfg.Engine.Observer = r
	}
	if cfg.Engine.Journal == nil {
		cfg.Engine.Journal = cfg.Store
	}
	var err error
	if r.engine, err = engine.New(cfg.Engine); err != nil {
		return nil, err
	}
	r.ingest = &Ingest{store: r.store, runner: r.runner, running: r.register.running, rosters: map[race.ID]*race.Roster{}}
	return r, nil
}

// Engine is the engine that runs the races.
func (r *Races) Engine() *engine.Engine { return r.engine }

// Ingest accepts reports of the races.
func (r *Races) Ingest() *Ingest { return r.ingest }

// Circuits are those on which races can be simulated.
func (r *Races) Circuits() *Circuits { return r.circuits }

// OnEnd registers f for the ends of simulations; failure says why one failed, and is empty if it did not. Call OnEnd before the first race.
func (r *Races) OnEnd(f func(id race.ID, failure string)) { r.ended = append(r.ended, f) }

// OnGone registers f for deleted races. Call OnGone before the first race.
func (r *Races) OnGone(f func(id race.ID)) { r.gone = append(r.gone, f) }

// OnMade registers f for simulations that were made, here and not by an earlier process. Call OnMade before the first race.
func (r *Races) OnMade(f func(ctx context.Context, info *race.Race)) { r.made = append(r.made, f) }

// Running reports whether a simulation runs.
func (r *Races) Running(id race.ID) bool { return r.register.running(id) != nil }

// Create makes a simulated race and, if asked, starts it. It returns when the race is durable.
func (r *Races) Create(ctx context.Context, o race.Order, start bool) (race.Summary, error) {
	c, err := r.circuits.open(ctx, o.Circuit)
	if err != nil {
		return race.Summary{}, err
	}
	info, model, err := drive.NewRace(o, idOf(c.Key, o.Key), c)
	if err != nil {
		return race.Summary{}, err
	}
	if was, made, err := r.before(ctx, &info, nil, o.Key); made || err != nil {
		return was, err
	}
	if err := archive.CheckFree(ctx, r.store, &info); err != nil {
		return race.Summary{}, err
	}
	release, err := r.register.reserve(ctx, info.Cars)
	if err != nil {
		return race.Summary{}, err
	}
	defer release()
	if err := r.runner.Start(ctx, simulator.StartRace{Info: info, Model: model, Start: start}); err != nil {
		return race.Summary{}, err
	}
	if was, _, err := r.before(ctx, &info, nil, o.Key); err != nil { // another server was faster
		return was, err
	}
	made, err := archive.Settled(ctx, r.store, info.ID)
	if err != nil {
		return made, err
	}
	for _, f := range r.made {
		f(ctx, &made.Race)
	}
	if start {
		return made, nil
	}
	return made, r.rest(ctx, made.Race)
}

// Open makes a race of real cars. It returns when race and entries are durable.
func (r *Races) Open(ctx context.Context, info race.Race, entries []race.Entry, key string) (race.Summary, error) {
	info.ID, info.Kind, info.Cars = idOf(cmp.Or(info.Circuit, "race"), key), race.External, len(entries)
	if was, made, err := r.before(ctx, &info, entries, key); made || err != nil {
		return was, err
	}
	release, err := r.register.reserve(ctx, info.Cars)
	if err != nil {
		return race.Summary{}, err
	}
	defer release()
	in := race.Report{New: true, Records: []race.Record{{Body: race.Announced{Race: info}}}}
	for _, e := range entries {
		in.Records = append(in.Records, race.Record{Body: race.Entered{Entry: e}})
	}
	taken, err := r.runner.Ingest(ctx, info.ID, &in)
	if err != nil {
		return race.Summary{}, err
	}
	if was, _, err := r.before(ctx, &info, entries, key); err != nil { // another server was faster
		return was, err
	}
	if len(taken.Refused) > 0 { // faults that the gateway cannot know
		err := fmt.Errorf("%w: %s", race.ErrConflict, taken.Refused[0].Reason)
		return race.Summary{}, errors.Join(err, r.Delete(ctx, info.ID))
	}
	made, err := archive.Settled(ctx, r.store, info.ID)
	if err != nil {
		return made, err
	}
	return made, r.rest(ctx, info)
}

// importAtOnce is how many records of an imported race go to the log together.
const importAtOnce = 5000

// Import makes a race of a folder of CSV. It also returns what was found suspect.
func (r *Races) Import(ctx context.Context, dir fs.FS, name string) (race.Summary, []string, error) {
	read, err := folder.Read(dir, "import")
	if err != nil {
		return race.Summary{}, nil, invalidFolder(err)
	}
	id := newID("import")
	for i := range read.Records {
		if info, ok := read.Records[i].Body.(race.Announced); ok {
			if info.Race.ID = id; name != "" {
				info.Race.Name = name
			}
			read.Records[i].Body = info
		}
		read.Records[i].Seq = 0
	}
	isNew := true
	for part := range slices.Chunk(read.Records, importAtOnce) {
		if _, err := r.runner.Ingest(ctx, id, &race.Report{New: isNew, Records: part}); err != nil {
			if gone := r.Delete(context.WithoutCancel(ctx), id); gone != nil && !errors.Is(gone, race.ErrNotFound) {
				err = errors.Join(err, gone) // a part of it is stored
			}
			return race.Summary{}, nil, fmt.Errorf("import: %w", err)
		}
		isNew = false
	}
	s, err := archive.Settled(ctx, r.store, id)
	r.log.Info("race imported", slog.String("race", string(id)), slog.Int("records", len(read.Records)))
	return s, read.Notes, err
}

// invalidFolder names the faults of a folder by file and line.
func invalidFolder(err error) error {
	var invalid race.InvalidError
	for _, wrong := range archive.FolderFaults(err) {
		field := wrong.File
		if wrong.Line > 0 {
			field = fmt.Sprintf("%s:%d", wrong.File, wrong.Line)
		}
		invalid.Faults = append(invalid.Faults, race.Fault{Field: field, Message: wrong.Message})
	}
	if invalid.Faults != nil {
		return &invalid
	}
	return fmt.Errorf("import: %w", err)
}

// Replay plays a recorded race in this process's engine, at speed times real time, as if it happened now; began is called with its id.
func (r *Races) Replay(ctx context.Context, key string, speed float64, steps []archive.Step, began func(race.ID)) error {
	id := newID(key)
	r.Began(id)
	began(id)
	if err := archive.NewReplayer(id, speed, r.engine.Submit).Play(ctx, steps); err != nil {
		return err
	}
	r.RaceOver(id)
	return nil
}

// Control starts, pauses, resumes or stops a race. It returns when that is durable.
func (r *Races) Control(ctx context.Context, id race.ID, what race.Control, when race.Moment) (race.Summary, error) {
	before, err := r.store.Summary(ctx, id)
	switch {
	case err != nil:
		return before, err
	case before.Race.Kind == race.External:
		return r.ingest.control(ctx, before, what, when)
	case when != race.Now:
		return before, fmt.Errorf("a simulated race can %v only now, without a date or time: %w", what, race.ErrConflict)
	}
	if !r.Running(id) {
		return before, fmt.Errorf("race %s is %v: %w", id, before.Status, race.ErrConflict)
	}
	if err := r.runner.Control(ctx, id, what); err != nil {
		return before, err
	}
	return archive.Settled(ctx, r.store, id)
}

// Began registers a simulation that runs, here or in another process. A second call for a race that runs does nothing.
func (r *Races) Began(id race.ID) { r.register.begin(id) }

// RaceOver retires a race's actors. From now on the store answers for the race.
func (r *Races) RaceOver(id race.ID) {
	r.engine.Retire(id)
	r.over(id, "")
	r.log.Info("race over", slog.String("race", string(id)))
}

// RaceFailed marks a race that cannot continue.
func (r *Races) RaceFailed(id race.ID, reason string) {
	r.log.Error("race failed", slog.String("race", string(id)), slog.String("reason", reason))
	r.store.SetStatus(id, race.Failed, func(error) {})
	r.over(id, reason)
}

func (r *Races) over(id race.ID, failure string) {
	r.register.end(id)
	for _, f := range r.ended {
		f(id, failure)
	}
}

// lateFor is how long an actor without replacement may be busy with a message before the server is not ready.
const lateFor = time.Second

// Ready returns what keeps the server from serving, or nil.
func (r *Races) Ready(context.Context) error {
	if err := r.store.Failing(); err != nil {
		return fmt.Errorf("the log cannot be written, races wait: %w", err)
	}
	for _, late := range r.engine.System().Late() {
		if !late.Replaced && late.For > lateFor {
			return fmt.Errorf("%s %s has been busy with one message for %v", late.Kind, late.ID, late.For.Round(time.Millisecond))
		}
	}
	if r.waits == nil {
		return nil
	}
	return r.waits()
}
