package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
)

// TickLoad is the cost of one load of the tick benchmark.
type TickLoad struct {
	Cars  int `json:"cars"`
	Ticks int `json:"ticks"`
	// Nanoseconds per car and tick: the physics in a plain loop, as actors, and as actors on hollywood's own processes.
	LoopNS      float64 `json:"loop_ns_per_car_and_tick"`
	ActorsNS    float64 `json:"actors_ns_per_car_and_tick"`
	HollywoodNS float64 `json:"hollywood_ns_per_car_and_tick"`
	// ActorsToLoop is the ratio to the plain loop of the same run.
	ActorsToLoop float64 `json:"actors_to_loop"`
	// HollywoodToActors is the cost of hollywood's processes relative to ours; OverheadRatio leaves out the physics of the loop.
	HollywoodToActors float64 `json:"hollywood_to_actors"`
	OverheadRatio     float64 `json:"hollywood_to_actors_without_physics"`
	// IdleBytes is the memory of an idle actor without its own state.
	IdleBytes float64 `json:"bytes_per_idle_actor"`
}

// TickReport is the result of Tick.
type TickReport struct {
	Processors  int        `json:"processors"`
	Circuit     string     `json:"circuit"`
	CircuitName string     `json:"-"`
	TickHz      int        `json:"tick_hz"`
	Loads       []TickLoad `json:"loads"`
	// Races are whole races of the same fields; nil if none were run.
	Races *RacesReport `json:"races,omitempty"`
}

// Tick measures what a car and tick costs for fields of several sizes; rows are the cars × ticks of each measurement.
func Tick(ctx context.Context, sizes []int, rows int, status io.Writer) (*TickReport, error) {
	c, err := circuit.Open("meridian")
	if err != nil {
		return nil, fmt.Errorf("open a circuit: %w", err)
	}
	report := &TickReport{Processors: runtime.GOMAXPROCS(0), Circuit: c.Key, CircuitName: c.Name, TickHz: 10}
	for _, cars := range sizes {
		fmt.Fprintf(status, "measuring %d cars\n", cars)
		load, err := measureTick(ctx, c, cars, max(20, rows/cars))
		if err != nil {
			return nil, err
		}
		report.Loads = append(report.Loads, load)
	}
	return report, nil
}

// Print prints the report as a table.
func (r *TickReport) Print(out io.Writer) error {
	if len(r.Loads) == 0 {
		return r.Races.Print(out)
	}
	fmt.Fprintf(out, "%d processors, %s at %d ticks/s; ns for each car and tick\n", r.Processors, r.CircuitName, r.TickHz)
	t := table(out)
	fmt.Fprintln(t, "cars\tticks\tloop\tactors\thollywood\tactors/loop\thollywood/actors\twithout physics\tbytes/idle actor\t")
	for _, l := range r.Loads {
		fmt.Fprintf(t, "%d\t%d\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.0f\t\n", l.Cars, l.Ticks, l.LoopNS, l.ActorsNS,
			l.HollywoodNS, l.ActorsToLoop, l.HollywoodToActors, l.OverheadRatio, l.IdleBytes)
	}
	if err := cli.Flush(t); err != nil || r.Races == nil {
		return err
	}
	fmt.Fprintln(out)
	return r.Races.Print(out)
}

func measureTick(ctx context.Context, c *circuit.Circuit, cars, ticks int) (TickLoad, error) {
	order := race.Order{Circuit: c.Key, Cars: cars, Laps: race.LapsMax, Seed: 7, TickHz: 10}
	head, model, err := drive.NewRace(order, "bench", c)
	if err != nil {
		return TickLoad{}, err
	}
	load := TickLoad{Cars: cars, Ticks: ticks}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(cars) / float64(ticks) }
	load.LoopNS = each(plainLoop(model, ticks))
	none := memory.New()
	took, err := timedRace(ctx, head, model, ticks, nullJournal{none}, false)
	if err != nil {
		return load, errors.Join(err, none.Close())
	}
	load.ActorsNS = each(took)
	took, err = timedRace(ctx, head, model, ticks, nullJournal{none}, true)
	if err := errors.Join(err, none.Close()); err != nil {
		return load, err
	}
	load.HollywoodNS = each(took)
	load.HollywoodToActors = load.HollywoodNS / load.ActorsNS
	load.OverheadRatio = (load.HollywoodNS - load.LoopNS) / max(1, load.ActorsNS-load.LoopNS)
	load.ActorsToLoop = load.ActorsNS / load.LoopNS
	load.IdleBytes, err = idleBytes(ctx, cars)
	return load, err
}

// idle is an actor without state.
type idle struct{}

func (idle) Receive(supervise.Context) {}

// idleBytes measures the memory of an actor that does nothing: cell, mailbox, PID, its place among its siblings.
func idleBytes(ctx context.Context, actors int) (float64, error) {
	system, err := supervise.NewSystem(supervise.Config{})
	if err != nil {
		return 0, fmt.Errorf("start the actors: %w", err)
	}
	memory := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	spec := func(i int) supervise.Spec {
		return supervise.Spec{Kind: "car", ID: strconv.Itoa(i), MailboxHint: 1, Producer: func() supervise.Actor { return idle{} }}
	}
	before := memory()
	ready := make(chan struct{})
	system.Spawn(supervise.Spec{Kind: "race", ID: "1", Producer: func() supervise.Actor { return brood{actors, spec, ready} }})
	<-ready
	after := memory()
	if err := system.Stop(ctx); err != nil {
		return 0, fmt.Errorf("stop the actors: %w", err)
	}
	return float64(int64(after-before)) / float64(actors), nil
}

// brood is the parent of idle actors.
type brood struct {
	actors int
	spec   func(int) supervise.Spec
	ready  chan struct{}
}

func (b brood) Receive(c supervise.Context) {
	if _, ok := c.Message().(actor.Started); ok {
		for i := range b.actors {
			c.Spawn(b.spec(i))
		}
		close(b.ready)
	}
}

// plainLoop computes a race's physics without actors.
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

// timedRace runs a race through the actors and returns the time of so many ticks after the first, until they are acknowledged.
func timedRace(
	ctx context.Context, head race.Race, m *drive.Model, ticks int, journal processor.Journal, hollywood bool,
) (time.Duration, error) {
	w := &tickWatcher{ticks: race.Tick(ticks), reached: make(chan time.Duration, 1)}
	p, err := engine.New(engine.Config{Journal: journal, Spectators: w, Observer: w, Log: slog.New(slog.DiscardHandler), Hollywood: hollywood})
	if err != nil {
		return 0, err
	}
	if err := p.Start(simulator.StartRace{Info: head, Model: m, Start: true}); err != nil {
		return 0, err
	}
	var took time.Duration
	select {
	case took = <-w.reached:
	case <-ctx.Done():
	}
	return took, errors.Join(ctx.Err(), p.Stop(ctx))
}

// tickWatcher waits for ticks to be shown, which happens after they are durable.
type tickWatcher struct {
	ticks   race.Tick
	first   race.Tick // the first that was shown, and when
	began   time.Time
	reached chan time.Duration
	done    bool
}

// Open is part of processor.Spectators.
func (w *tickWatcher) Open(race.Race, []race.Entry) {}

// Publish is part of processor.Spectators.
func (w *tickWatcher) Publish(race.ID, []race.Facts) {}

// Picture is called by one publisher, never concurrently.
func (w *tickWatcher) Picture(_ race.ID, f *race.Frame) {
	switch {
	case w.began.IsZero():
		w.first, w.began = f.Tick, time.Now()
	case f.Tick >= w.first+w.ticks && !w.done:
		w.done = true
		w.reached <- time.Since(w.began)
	}
}

// RaceOver is part of simulator.Observer.
func (w *tickWatcher) RaceOver(race.ID) {}

// RaceFailed is part of simulator.Observer.
func (w *tickWatcher) RaceFailed(race.ID, string) {}

// nullJournal acknowledges and forgets, so that only the actors are measured.
type nullJournal struct{ *memory.Store }

// Append answers at once.
func (nullJournal) Append(b *race.Batch, ready func(error)) {
	b.Records = nil // nothing to fold
	ready(nil)
}
