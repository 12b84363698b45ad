package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// tickLoad is what a load of the tick benchmark has cost.
type tickLoad struct {
	Cars  int `json:"cars"`
	Ticks int `json:"ticks"`
	// Nanoseconds of each car and tick: the physics in a plain loop, as actors, and as actors with the whole way to
	// the log: journal, rulebook, SQLite.
	LoopNS   float64 `json:"loop_ns_per_car_and_tick"`
	ActorsNS float64 `json:"actors_ns_per_car_and_tick"`
	LogNS    float64 `json:"log_ns_per_car_and_tick"`
	// Ratios to the plain loop of the same run.
	ActorsToLoop float64 `json:"actors_to_loop"`
	LogToLoop    float64 `json:"log_to_loop"`
	// RealTime is how many times faster than the clock the race runs with the log on.
	RealTime float64 `json:"real_time_factor_with_log"`
}

// tickReport is what bench tick prints.
type tickReport struct {
	Processors int        `json:"processors"`
	Circuit    string     `json:"circuit"`
	TickHz     int        `json:"tick_hz"`
	Loads      []tickLoad `json:"loads"`
}

func newBench() *cobra.Command {
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure the standard loads", Args: cobra.NoArgs,
		Example: "  lightsout bench tick\n  lightsout bench tick --cars 20,2000 --json\n  lightsout bench timing",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBenchTick(), newBenchTiming())
	return cmd
}

func newBenchTick() *cobra.Command {
	var sizes []int
	var rows int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "tick", Short: "Measure a tick: plain loop, actors, actors with the log",
		Long: `Measure what a car and tick costs: the same physics in a plain loop, as actors whose batches go nowhere,
and as actors with everything behind them (journal, rulebook, SQLite file). All three run one after the other
in one process, so that their ratios hold when the machine's speed drifts.`,
		Example: "  lightsout bench tick\n  GOMAXPROCS=1 lightsout bench tick --cars 2000 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, n := range sizes {
				if n < 1 || n > race.CarsMax {
					return badInput("--cars has %d: allowed are 1 to %d", n, race.CarsMax)
				}
			}
			if rows < 1 {
				return badInput("--rows is %d: allowed are 1 and more", rows)
			}
			return benchTick(cmd.Context(), sizes, rows, asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().IntSliceVar(&sizes, "cars", []int{20, 1000, 10_000}, "field sizes")
	cmd.Flags().IntVar(&rows, "rows", 500_000, "cars × ticks of each measurement")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func benchTick(ctx context.Context, sizes []int, rows int, asJSON bool, out, status io.Writer) error {
	c, err := circuit.Open("meridian")
	if err != nil {
		return fmt.Errorf("open a circuit: %w", err)
	}
	report := tickReport{Processors: runtime.GOMAXPROCS(0), Circuit: c.Key, TickHz: 10}
	for _, cars := range sizes {
		fmt.Fprintf(status, "measuring %d cars\n", cars)
		load, err := benchLoad(ctx, c, cars, max(20, rows/cars))
		if err != nil {
			return err
		}
		report.Loads = append(report.Loads, load)
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	}
	fmt.Fprintf(out, "%d processors, %s at %d ticks/s; ns for each car and tick\n", report.Processors, c.Name, report.TickHz)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cars\tticks\tloop\tactors\twith log\tactors/loop\tlog/loop\t× real time with log\t")
	for _, l := range report.Loads {
		fmt.Fprintf(t, "%d\t%d\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.0f\t\n",
			l.Cars, l.Ticks, l.LoopNS, l.ActorsNS, l.LogNS, l.ActorsToLoop, l.LogToLoop, l.RealTime)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func benchLoad(ctx context.Context, c *circuit.Circuit, cars, ticks int) (tickLoad, error) {
	order := race.Order{Circuit: c.Key, Cars: cars, Laps: race.LapsMax, Seed: 7, TickHz: 10}
	head, model, err := newRace(order, "bench", c)
	if err != nil {
		return tickLoad{}, err
	}
	load := tickLoad{Cars: cars, Ticks: ticks}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(cars) / float64(ticks) }
	load.LoopNS = each(plainLoop(model, ticks))
	none := memory.New()
	took, err := timedRace(ctx, head, model, ticks, nullJournal{none})
	if err := errors.Join(err, none.Close()); err != nil {
		return load, err
	}
	load.ActorsNS = each(took)
	dir, err := os.MkdirTemp("", "lightsout-bench-")
	if err != nil {
		return load, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	store, err := sqlite.Open(filepath.Join(dir, "bench.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return load, fmt.Errorf("open the log: %w", err)
	}
	took, err = timedRace(ctx, head, model, ticks, store)
	if err := errors.Join(err, store.Close()); err != nil {
		return load, err
	}
	load.LogNS = each(took)
	load.ActorsToLoop, load.LogToLoop = load.ActorsNS/load.LoopNS, load.LogNS/load.LoopNS
	load.RealTime = float64(ticks) / 10 / took.Seconds()
	return load, nil
}

// plainLoop does a race's physics without actors.
func plainLoop(m *drive.Model, ticks int) time.Duration {
	began := time.Now()
	field := m.Grid()
	var crossings []drive.Crossing
	for range ticks {
		rows := make([]drive.Row, len(field.Rows))
		crossings = crossings[:0]
		for i := range rows {
			rows[i], crossings = m.Next(field, nil, race.CarIdx(i), crossings)
		}
		next := m.Close(field, nil, rows, crossings)
		m.Frame(next)
		field = next
	}
	return time.Since(began)
}

// timedRace runs a race through the actors until a tick is acknowledged.
func timedRace(ctx context.Context, head race.Race, m *drive.Model, ticks int, journal processor.Journal) (time.Duration, error) {
	w := &tickWatcher{until: race.Tick(ticks), reached: make(chan struct{})}
	p, err := newPlatform(parts{journal: journal, spectators: w, observer: w, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := p.start(simulator.StartRace{Head: head, Model: m, Start: true}); err != nil {
		return 0, err
	}
	select {
	case <-w.reached:
	case <-ctx.Done():
	}
	took := time.Since(began)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return took, errors.Join(ctx.Err(), p.stop(stopping))
}

// tickWatcher waits for a tick to be shown, which is after it is durable.
type tickWatcher struct {
	until   race.Tick
	reached chan struct{}
	done    bool
}

// Open is part of processor.Spectators.
func (w *tickWatcher) Open(race.Race, []race.Entry) {}

// Publish is part of processor.Spectators.
func (w *tickWatcher) Publish(race.ID, []race.Facts) {}

// Picture is called by one publisher, one after the other.
func (w *tickWatcher) Picture(_ race.ID, f *race.Frame) {
	if f.Tick >= w.until && !w.done {
		w.done = true
		close(w.reached)
	}
}

// RaceOver is part of simulator.Observer.
func (w *tickWatcher) RaceOver(race.ID) {}

// RaceFailed is part of simulator.Observer.
func (w *tickWatcher) RaceFailed(race.ID, string) {}

// nullJournal acknowledges and forgets: what is measured with it is the actors alone.
type nullJournal struct{ *memory.Store }

// Append answers at once.
func (nullJournal) Append(b *race.Batch, ready func(error)) {
	b.Records = nil // nothing to fold
	ready(nil)
}
