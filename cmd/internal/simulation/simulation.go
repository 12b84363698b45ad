package simulation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// Options are the options of a simulation.
type Options struct {
	Order   race.Order
	ID      string // empty means one made of circuit, cars, laps and seed
	DB, Log string // files; empty means that the race is not kept, or no log written
	// Circuit is that of the order; nil means that the order's circuit is opened.
	Circuit *circuit.Circuit
	// Began is the date of the start signal, UTC; zero means now. Records of a race that runs as fast as possible are dated by its race
	// time from there, so that its log is the same whenever it is made.
	Began    time.Time
	Progress bool // draw a bar
	// Journal wraps the journal; it may be nil.
	Journal func(processor.Journal) processor.Journal
}

// Outcome is a classification and the race and cars that it is of.
type Outcome struct {
	Race    race.Summary
	Entries []race.Entry
	Result  race.Classification
	Circuit *circuit.Circuit
	Began   time.Time
}

// Run runs a race to its end, or continues an interrupted one. For a race that is over it returns the outcome.
func Run(ctx context.Context, o Options, status io.Writer) (_ *Outcome, err error) {
	c := o.Circuit
	if c == nil {
		if c, err = cli.OpenCircuit(o.Order.Circuit); err != nil {
			return nil, err
		}
	}
	id := race.ID(o.ID)
	if id == "" {
		id = IDOf(c.Key, o.Order)
	}
	if err := id.Validate(); err != nil {
		return nil, err
	}
	info, model, err := drive.NewRace(o.Order, id, c)
	if err != nil {
		return nil, err
	}
	if crowded := cli.Crowded(o.Order.Cars, c); crowded != "" {
		fmt.Fprintln(status, crowded)
	}
	s, err := open(o, status)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	begin, err := s.look(ctx, info)
	if err != nil {
		return nil, err
	}
	if begin.began.IsZero() {
		begin.began = o.Began
	}
	if begin.began.IsZero() {
		begin.began = time.Now().UTC()
	}
	var out *Outcome
	if begin.over {
		fmt.Fprintf(status, "race %s is already there in %s: nothing was simulated\n", id, o.DB)
		out, err = s.kept(ctx, id)
	} else {
		out, err = s.race(ctx, begin, model)
	}
	if err != nil {
		return nil, err
	}
	out.Circuit, out.Began = c, begin.began
	return out, s.writeLog(ctx, id)
}

// IDOf makes the id of an order. What was given of model and entries is in it as a hash, so that variants of a race may be kept together.
func IDOf(circuit string, o race.Order) race.ID {
	id := fmt.Sprintf("%s-%dx%d", circuit, o.Cars, o.Laps)
	if o.DurationS > 0 {
		id += fmt.Sprintf("-%ds", o.DurationS)
	}
	id += fmt.Sprintf("-%d", o.Seed)
	if o.Setup != "" {
		h := fnv.New32a()
		_, _ = h.Write([]byte(o.Setup)) // it does not fail
		id += fmt.Sprintf("-%08x", h.Sum32())
	}
	return race.ID(id)
}

// simulation is a race without a server: its store, and the log that is written.
type simulation struct {
	options Options
	status  io.Writer
	log     *slog.Logger
	journal processor.Journal
	store   *sqlite.Store // nil if the race is kept in memory
	closers []func() error
}

// open opens the store. A log is written from a store on disk, so without a DB it gets a temporary one.
func open(o Options, status io.Writer) (*simulation, error) {
	s := &simulation{options: o, status: status, log: cli.Warnings(status)}
	if o.Log != "" {
		if cli.SameFile(o.DB, o.Log) {
			return nil, cli.BadInput("--log and --db are one file: %s", o.Log)
		}
		if err := cli.MayWrite(o.Log); err != nil { // so that a fault shows before the race and not after it
			return nil, fmt.Errorf("--log: %w", err)
		}
	}
	path := o.DB
	switch {
	case path == "" && o.Log == "":
		store := memory.New()
		s.journal = store
		s.later(store.Close)
		return s, nil
	case path == "":
		dir, err := os.MkdirTemp("", "lightsout-simulate-")
		if err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		s.later(func() error { return os.RemoveAll(dir) })
		path = filepath.Join(dir, "race.db")
	}
	store, err := sqlite.Open(path, transport.Codec{}, s.log)
	if err != nil {
		return nil, errors.Join(cli.BadInput("%w", err), s.close())
	}
	s.journal, s.store = store, store
	s.later(store.Close)
	return s, nil
}

// later registers what close does, last first.
func (s *simulation) later(do func() error) { s.closers = append([]func() error{do}, s.closers...) }

func (s *simulation) close() error {
	var errs []error
	for _, do := range s.closers {
		errs = append(errs, do())
	}
	return errors.Join(errs...)
}

// beginning is where a race begins: on the grid, where an earlier process left it, or nowhere because it is over.
type beginning struct {
	info race.Race
	from *race.Position // nil means on the grid
	lap  int
	over bool
	// began is the date of the start signal.
	began time.Time
}

// look looks for the race in the store. It refuses another race of the same id.
func (s *simulation) look(ctx context.Context, info race.Race) (beginning, error) {
	if s.store == nil {
		return beginning{info: info}, nil
	}
	kept, err := s.store.Summary(ctx, info.ID)
	switch {
	case errors.Is(err, race.ErrNotFound):
		return beginning{info: info}, nil
	case err != nil:
		return beginning{}, err
	}
	if d := kept.Race.Differences(&info); len(d) > 0 {
		return beginning{}, cli.BadInput("%s: %w: use another --id or --db", s.options.DB, &race.TakenError{ID: info.ID, Differences: d})
	}
	b := beginning{info: kept.Race, lap: kept.LeaderLap, began: time.Unix(0, kept.CreatedAt).UTC()}
	b.info.Speed = info.Speed
	switch kept.Status {
	case race.Over:
		b.over = true
		return b, nil
	case race.Failed:
		return b, cli.BadInput("%s: race %s is there as failed and cannot go on: use another --id or --db", s.options.DB, info.ID)
	default: // it waits, runs or is paused: it continues
	}
	from, err := archive.Position(s.store, info.ID)
	if err == nil && from.Snapshot == nil {
		err = cli.BadInput("%s: race %s has lost what its simulation needs to go on: use another --id or --db", s.options.DB, info.ID)
	}
	b.from = &from
	return b, err
}

// kept is the outcome of a race that is over.
func (s *simulation) kept(ctx context.Context, id race.ID) (*Outcome, error) {
	kept, err := s.store.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	entries, err := s.store.Entries(ctx, id)
	if err != nil {
		return nil, err
	}
	result, err := archive.Standings(ctx, s.store, id)
	return &Outcome{Race: kept, Entries: entries, Result: result}, err
}

// race runs the race to its end.
func (s *simulation) race(ctx context.Context, b beginning, model *drive.Model) (_ *Outcome, err error) {
	watch := engine.NewWatcher()
	if b.info.Speed == 0 {
		s.journal = &dated{s.journal, b.began.UnixNano()}
	}
	if s.options.Journal != nil {
		s.journal = s.options.Journal(s.journal)
	}
	e, err := engine.New(engine.Config{Journal: s.journal, Spectators: watch, Observer: watch, Log: s.log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Stop(ctx)) }()
	if b.from != nil {
		fmt.Fprintf(s.status, "race %s goes on in lap %d\n", b.info.ID, b.lap)
		e.Recover(b.info.ID)
	}
	err = e.Start(simulator.StartRace{Info: b.info, Model: model, Start: true, From: b.from})
	if err != nil && !errors.Is(err, race.ErrUnderway) { // announcing a large field may take longer than an answer is waited for
		return nil, err
	}
	if err := waitFor(ctx, watch, model.Expected(), s.options.Progress, s.status); err != nil {
		if s.options.DB != "" && ctx.Err() != nil {
			err = fmt.Errorf("%w: the same order goes on from there", err)
		}
		return nil, err
	}
	info, entries, result, err := watch.Result()
	return &Outcome{Race: info, Entries: entries, Result: result}, err
}

// dated dates the records of a race by its race time.
type dated struct {
	processor.Journal
	began int64 // UTC nanoseconds
}

// Append dates the records of a batch.
func (d *dated) Append(b *race.Batch, ready func(error)) {
	for i := range b.Records {
		if r := &b.Records[i]; r.RecordedAt == 0 {
			r.RecordedAt = d.began + int64(max(0, r.Time))*1000
		}
	}
	d.Journal.Append(b, ready)
}

// writeLog writes the race's log if one is wanted.
func (s *simulation) writeLog(ctx context.Context, id race.ID) error {
	if s.options.Log == "" {
		return nil
	}
	e, err := archive.NewExport(ctx, s.store, id)
	if err != nil {
		return err
	}
	err = cli.WriteFile(s.options.Log, func(w io.Writer) error { return e.Log(ctx, transport.NewLogWriter(w)) })
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}
