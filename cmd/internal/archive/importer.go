package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// importWindow bounds the batches in flight to the disk; importRecords bounds the records of a batch.
const (
	importWindow  = 32
	importRecords = 1000
)

// importer makes a race of its log: the same records, telemetry and samples; it derives the rest. It is the race's only producer. Until all of
// it is stored, the race is marked as failed, so that an import which a crash cut off is not taken for complete.
type importer struct {
	store   *sqlite.Store
	id      race.ID // empty means the id in the log
	state   *timing.State
	batch   race.Batch
	seq     race.Seq
	cars    int
	session *race.SessionStatus
	// facts belong to the open batch. pending, those before, are stored when newer ones exist: the last ones complete the race.
	facts, pending []race.Facts
	last           race.Facts // of the newest record
	made           bool       // a part of it is in the store
	room           chan error
	spared         func() // ends the protection from retention
	notes          []string
}

// ImportLog reads a log file and stores its race, under another id if one is given. Either the whole race is stored, or nothing of it. Errors
// are *race.InvalidError, race.ErrConflict, or internal.
func ImportLog(ctx context.Context, store *sqlite.Store, log io.Reader, id race.ID) (race.Summary, []string, error) {
	if id != "" {
		if err := id.Validate(); err != nil {
			return race.Summary{}, nil, err
		}
	}
	i := &importer{store: store, id: id, state: timing.New(), room: make(chan error, importWindow), spared: func() {}}
	for range importWindow {
		i.room <- nil
	}
	defer func() { i.spared() }()
	err := i.read(ctx, log)
	if err == nil {
		err = i.finish(ctx)
	}
	if err != nil {
		return race.Summary{}, nil, errors.Join(err, i.giveUp())
	}
	s, err := store.Summary(ctx, i.id)
	return s, i.notes, err
}

func (i *importer) read(ctx context.Context, log io.Reader) error {
	r, err := transport.NewLogReader(log)
	if err != nil {
		return notALog(err)
	}
	for {
		m, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && i.made:
			return nil
		case errors.Is(err, io.EOF):
			return wrongLog("it announces no race")
		case err != nil:
			return notALog(err)
		}
		switch m := m.(type) {
		case *race.Record:
			err = i.record(ctx, m)
		case *race.Frame:
			err = i.frame(ctx, m)
		case []race.Sample:
			err = i.samples(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

// notALog says what is wrong with the file, and passes other errors on.
func notALog(err error) error {
	if errors.Is(err, transport.ErrNotALog) || errors.Is(err, transport.ErrCut) || errors.Is(err, transport.ErrDamaged) ||
		errors.Is(err, transport.ErrMalformed) {
		return wrongLog("%v", err)
	}
	return fmt.Errorf("read the log: %w", err)
}

func wrongLog(format string, args ...any) error {
	return &race.InvalidError{Faults: []race.Fault{{
		Field: "log", Message: fmt.Sprintf(format, args...), Allowed: "a whole log of one race, as lightsout export --format log writes it",
	}}}
}

func (i *importer) record(ctx context.Context, r *race.Record) error {
	if r.Seq != i.seq+1 {
		return wrongLog("record %d where %d was expected", r.Seq, i.seq+1)
	}
	i.seq = r.Seq
	info, announces := r.Body.(race.Announced)
	switch {
	case announces != (r.Seq == 1):
		return wrongLog("record %d is a %T: the first record, and no other, announces the race", r.Seq, r.Body)
	case announces:
		if err := i.announce(ctx, &info); err != nil {
			return err
		}
		r.Body = info
	}
	if _, enters := r.Body.(race.Entered); enters {
		i.cars++
	}
	i.apply(r)
	i.batch.Records = append(i.batch.Records, *r)
	if announces {
		return i.open(ctx, &info.Race)
	}
	if len(i.batch.Records) >= importRecords {
		return i.flush(ctx)
	}
	return nil
}

// announce settles the id of the race.
func (i *importer) announce(ctx context.Context, info *race.Announced) error {
	if i.id == "" {
		i.id = info.Race.ID
	}
	if i.id.Validate() != nil {
		return wrongLog("the race is called %q", i.id)
	}
	info.Race.ID, i.batch.Race = i.id, i.id
	return i.free(ctx, &info.Race)
}

// free refuses the id of an existing race.
func (i *importer) free(ctx context.Context, info *race.Race) error {
	if err := CheckFree(ctx, i.store, info); err != nil {
		return fmt.Errorf("%w: choose another id", err)
	}
	return nil
}

// apply folds a record.
func (i *importer) apply(r *race.Record) {
	facts, _ := i.state.Fold(r, true) // the log may have refused records; what several records moved is emitted with flush
	for _, f := range facts.Facts {
		if h, ok := f.(race.SessionStatusChanged); ok {
			i.session = &h.Session
		}
	}
	if len(facts.Facts) > 0 {
		i.facts = append(i.facts, facts)
	}
	i.last = facts
}

// open makes the race and waits, for another race of that id may have been made meanwhile.
func (i *importer) open(ctx context.Context, info *race.Race) error {
	if err := i.flush(ctx); err != nil {
		return err
	}
	if err := i.drain(); err != nil {
		if taken := i.free(ctx, info); taken != nil {
			return taken
		}
		return err
	}
	i.made, i.spared = true, i.store.Spare(i.id)
	i.store.SetStatus(i.id, race.Failed, nil)
	return nil
}

func (i *importer) frame(ctx context.Context, f *race.Frame) error {
	if f.Lap == nil || f.First < 0 || int(f.First)+f.Cars() > max(i.cars, 1) {
		return wrongLog("the frame of tick %d is not of the cars that were entered", f.Tick)
	}
	i.batch.Frame = f
	return i.flush(ctx)
}

func (i *importer) samples(ctx context.Context, list []race.Sample) error {
	if at := slices.IndexFunc(list, func(s race.Sample) bool { return int(s.Car) >= i.cars }); at >= 0 {
		return wrongLog("a sample is of car %d: %d were entered", list[at].Car, i.cars)
	}
	i.batch.Samples = list
	return i.flush(ctx)
}

// flush hands the batch to the store when a place is free.
func (i *importer) flush(ctx context.Context) error {
	select {
	case err := <-i.room:
		if err != nil {
			i.room <- nil
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	b := i.batch
	b.Count++
	i.batch = race.Batch{Race: b.Race, Count: b.Count}
	i.store.Append(&b, func(err error) { i.room <- err })
	if rest := i.state.Rest(); len(rest) > 0 {
		i.facts = append(i.facts, race.Facts{Seq: i.last.Seq, Time: i.last.Time, Facts: rest})
	}
	if len(i.facts) > 0 {
		if len(i.pending) > 0 {
			i.store.AppendFacts(i.id, i.pending)
		}
		i.pending, i.facts = i.facts, nil
	}
	return nil
}

// drain waits until all batches are on disk.
func (i *importer) drain() (first error) {
	for range importWindow {
		if err := <-i.room; err != nil && first == nil {
			first = err
		}
	}
	for range importWindow {
		i.room <- nil
	}
	return first
}

// finish stores the last facts, and the status of the race with them.
func (i *importer) finish(ctx context.Context) error {
	if err := i.flush(ctx); err != nil {
		return err
	}
	if err := i.drain(); err != nil {
		return err
	}
	if len(i.pending) == 0 || i.pending[len(i.pending)-1].Seq != i.seq {
		i.pending = append(i.pending, race.Facts{Seq: i.seq})
	}
	last := &i.pending[len(i.pending)-1]
	if i.session != nil { // until now the race was marked as failed
		last.Facts = append(last.Facts, race.SessionStatusChanged{Session: *i.session})
	}
	i.store.SetStatus(i.id, race.Waiting, nil)
	i.store.AppendFacts(i.id, i.pending)
	if i.state.Race().Kind == race.Simulation && (i.session == nil || i.session.Status != race.Over) {
		i.store.SetStatus(i.id, race.Failed, nil)
		i.notes = append(i.notes, "the log ends before the race does, and its simulation cannot go on here: the race is kept as failed")
	}
	settled := make(chan error, 1)
	i.store.Settle(func(err error) { settled <- err })
	return <-settled
}

// Discard deletes what was made.
func (i *importer) giveUp() error {
	if !i.made {
		return nil
	}
	_ = i.drain() // the error is known
	deleted := make(chan error, 1)
	i.store.Delete(i.id, func(err error) { deleted <- err })
	return <-deleted
}
