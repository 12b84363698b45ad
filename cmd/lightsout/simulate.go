package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// stopTimeout bounds how long the actors may take to end.
const stopTimeout = 30 * time.Second

// simulateFlags are what simulate is asked.
type simulateFlags struct {
	order    race.Order
	id       string
	db, log  string
	asJSON   bool
	progress bool
}

func newSimulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a race without a server and print its classification",
		Long: `Run a race without a server, as fast as possible or at --speed times real time, and print its
classification. The same circuit, cars, laps and seed give the same result, to the bit.`,
		Example: `  lightsout simulate --circuit harbour --cars 20 --laps 57 --seed 7
  lightsout simulate --circuit speedway --cars 2000 --laps 5 --json --log race.lolog`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.progress = f.progress && term.IsTerminal(int(os.Stderr.Fd()))
			return asBadInput(simulate(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	orderFlags(cmd, &f.order)
	cmd.Flags().Float64Var(&f.order.Speed, "speed", 0, "times real time; 0 is as fast as possible")
	cmd.Flags().StringVar(&f.id, "id", "", "name of the race in the log; made of circuit, cars, laps and seed if not given")
	cmd.Flags().StringVar(&f.db, "db", "", "keep the race in this SQLite file")
	cmd.Flags().StringVar(&f.log, "log", "", "keep the race's log in this file, for time and replay")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the classification as JSON")
	cmd.Flags().BoolVar(&f.progress, "progress", true, "show progress on a terminal")
	return cmd
}

// orderFlags are the flags that say what race to simulate.
func orderFlags(cmd *cobra.Command, o *race.Order) {
	cmd.Flags().StringVar(&o.Circuit, "circuit", "", "key of a circuit (see lightsout circuit list) or a circuit file")
	cmd.Flags().IntVar(&o.Cars, "cars", 20, "cars, 1 to 100000")
	cmd.Flags().IntVar(&o.Laps, "laps", 10, "laps, 1 to 10000")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of everything that chance decides")
	cmd.Flags().IntVar(&o.TickHz, "tick-hz", 10, "ticks in a second of race time, a divisor of 1000000 up to 100")
	_ = cmd.MarkFlagRequired("circuit") // the flag was defined above
}

func simulate(ctx context.Context, f simulateFlags, out, status io.Writer) (err error) {
	c, err := openCircuit(f.order.Circuit)
	if err != nil {
		return err
	}
	id := race.ID(f.id)
	if id == "" {
		id = race.ID(fmt.Sprintf("%s-%dx%d-%d", c.Key, f.order.Cars, f.order.Laps, f.order.Seed))
	}
	head, model, err := newRace(f.order, id, c)
	if err != nil {
		return err
	}
	log := warnings(status)
	journal, done, err := openJournal(f, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	watch := newWatcher()
	p, err := newPlatform(parts{journal: journal, spectators: watch, observer: watch, log: log})
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, p.stop(stopping))
	}()
	if err := p.start(simulator.StartRace{Head: head, Model: model, Start: true}); err != nil {
		return err
	}
	if err := waitFor(ctx, watch, f.progress, status); err != nil {
		return err
	}
	run, entries, result, err := watch.result()
	if err != nil {
		return err
	}
	if f.asJSON {
		return printResultJSON(out, run, entries, result)
	}
	return printResultTable(out, run, entries, result)
}

// openJournal gives the journal that was asked for, and how to close it.
func openJournal(f simulateFlags, log *slog.Logger) (processor.Journal, func() error, error) {
	var journal processor.Journal
	var closers []func() error
	if f.db != "" {
		store, err := sqlite.Open(f.db, transport.Codec{}, log)
		if err != nil {
			return nil, nil, badInput("%w", err)
		}
		journal, closers = store, append(closers, store.Close)
	} else {
		store := memory.New()
		journal, closers = store, append(closers, store.Close)
	}
	if f.log != "" {
		tee, err := newLogTee(journal, f.log)
		if err != nil {
			return nil, nil, errors.Join(badInput("%w", err), closers[0]())
		}
		journal, closers = tee, append(closers, tee.close)
	}
	return journal, func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}, nil
}

// waitFor waits for the end of the race and shows how far it is.
func waitFor(ctx context.Context, w *watcher, show bool, status io.Writer) error {
	began := time.Now()
	var bar *progressbar.ProgressBar
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.over:
			if bar != nil {
				_ = bar.Finish() // only drawing
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("interrupted in lap %d", w.progress().lap)
		case <-tick.C:
		}
		if !show {
			continue
		}
		p := w.progress()
		if bar == nil && p.laps > 0 {
			bar = newBar(status, int64(p.laps), progressbar.OptionSetPredictTime(false))
		}
		if bar != nil {
			bar.Describe(fmt.Sprintf("lap %d/%d  leader %s  %.0f× real time", p.lap, p.laps, p.leader,
				float64(p.now)/float64(time.Since(began).Microseconds())))
			_ = bar.Set(max(0, p.lap-1)) // only drawing
		}
	}
}

// logTee is a journal that writes a log file beside another journal.
type logTee struct {
	processor.Journal
	file *os.File
	w    *transport.LogWriter
}

func newLogTee(inner processor.Journal, path string) (*logTee, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create the log: %w", err)
	}
	return &logTee{Journal: inner, file: file, w: transport.NewLogWriter(file)}, nil
}

// Append writes what the other journal has committed, in the order of its answers.
func (t *logTee) Append(b *race.Batch, ready func(error)) {
	t.Journal.Append(b, func(err error) {
		if err == nil {
			for i := range b.Records {
				_ = t.w.Record(&b.Records[i]) // Close says what was wrong
			}
			if b.Frame != nil {
				_ = t.w.Frame(b.Frame)
			}
		}
		ready(err)
	})
}

func (t *logTee) close() error {
	err := errors.Join(t.w.Close(), t.file.Sync(), t.file.Close())
	if err != nil {
		return fmt.Errorf("close %s: %w", t.file.Name(), err)
	}
	return nil
}
