package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// simulation is a race that simulate runs: what keeps it, and the log that is written of it.
type simulation struct {
	flags   simulateFlags
	status  io.Writer
	log     *slog.Logger
	journal processor.Journal
	store   *sqlite.Store // nil where the race is kept in memory
	closers []func() error
}

// openSimulation opens what the flags ask for. A log is written of what a store has kept, so that where no --db is given it
// gets one that does not last.
func openSimulation(f simulateFlags, status io.Writer) (*simulation, error) {
	s := &simulation{flags: f, status: status, log: cli.Warnings(status)}
	if f.log != "" {
		if cli.SameFile(f.db, f.log) {
			return nil, cli.BadInput("--log and --db are one file: %s", f.log)
		}
		if err := cli.MayWrite(f.log); err != nil { // to be known before the race and not after it
			return nil, fmt.Errorf("--log: %w", err)
		}
	}
	path := f.db
	switch {
	case path == "" && f.log == "":
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

// later has something done when the simulation closes, before what was opened earlier is closed.
func (s *simulation) later(do func() error) { s.closers = append([]func() error{do}, s.closers...) }

func (s *simulation) close() error {
	var errs []error
	for _, do := range s.closers {
		errs = append(errs, do())
	}
	return errors.Join(errs...)
}

// beginning is where a race begins: on the grid, where an earlier process left it, or not at all, since it is over.
type beginning struct {
	head race.Race
	from *race.Position // nil: on the grid
	lap  int
	over bool
}

// look looks whether the race is kept already. Another race of its id is refused.
func (s *simulation) look(ctx context.Context, head race.Race) (beginning, error) {
	if s.store == nil {
		return beginning{head: head}, nil
	}
	kept, err := s.store.Summary(ctx, head.ID)
	switch {
	case errors.Is(err, race.ErrNotFound):
		return beginning{head: head}, nil
	case err != nil:
		return beginning{}, err
	}
	if d := kept.Race.Differences(&head); len(d) > 0 {
		return beginning{}, cli.BadInput("%s: %w: use another --id or --db", s.flags.db, &race.TakenError{ID: head.ID, Differences: d})
	}
	b := beginning{head: kept.Race, lap: kept.LeaderLap}
	b.head.Speed = head.Speed
	switch kept.Status {
	case race.Over:
		b.over = true
		return b, nil
	case race.Failed:
		return b, cli.BadInput("%s: race %s is there as failed and cannot go on: use another --id or --db", s.flags.db, head.ID)
	default: // it waits for its start, runs or is paused: it goes on
	}
	from, err := archive.Position(s.store, head.ID)
	if err == nil && from.Snapshot == nil {
		err = cli.BadInput("%s: race %s has lost what its simulation needs to go on: use another --id or --db", s.flags.db, head.ID)
	}
	b.from = &from
	return b, err
}

// outcome is the classification of a race, and of whom.
type outcome struct {
	head    race.Summary
	entries []race.Entry
	result  race.Classification
}

// kept is the outcome of a race that is over.
func (s *simulation) kept(ctx context.Context, id race.ID) (*outcome, error) {
	kept, err := s.store.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	entries, err := s.store.Entries(ctx, id)
	if err != nil {
		return nil, err
	}
	result, err := archive.Standings(ctx, s.store, id)
	return &outcome{kept, entries, result}, err
}

// race runs the race to its end.
func (s *simulation) race(ctx context.Context, b beginning, model *drive.Model) (_ *outcome, err error) {
	watch := engine.NewWatcher()
	p, err := engine.New(engine.Config{Journal: s.journal, Spectators: watch, Observer: watch, Log: s.log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop(ctx)) }()
	if b.from != nil {
		fmt.Fprintf(s.status, "race %s goes on in lap %d\n", b.head.ID, b.lap)
		p.Recover(b.head.ID)
	}
	if err := p.Start(simulator.StartRace{Head: b.head, Model: model, Start: true, From: b.from}); err != nil {
		return nil, err
	}
	if err := waitFor(ctx, watch, s.flags.progress, s.status); err != nil {
		if s.flags.db != "" && ctx.Err() != nil {
			err = fmt.Errorf("%w: the same order goes on from there", err)
		}
		return nil, err
	}
	head, entries, result, err := watch.Result()
	return &outcome{head, entries, result}, err
}

// writeLog writes the log of the race that is kept, if it is asked for.
func (s *simulation) writeLog(ctx context.Context, id race.ID) error {
	if s.flags.log == "" {
		return nil
	}
	e, err := archive.NewExport(ctx, s.store, id)
	if err != nil {
		return err
	}
	err = cli.WriteFile(s.flags.log, func(w io.Writer) error { return e.Log(ctx, transport.NewLogWriter(w)) })
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}
