package drills

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/feed"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// Bounds limit a race that is run for a drill, and say what it is run under.
type Bounds struct {
	Patience time.Duration   // how long the race may stand still
	Ticks    int             // how many it may take; 0 means any number
	Faults   *drill.Injector // nil for the undisturbed race
	Feed     feed.Config     // the InfluxDB that the race under faults is fed to
	Trace    *drill.Trace    // nil notes nothing
}

// StartOf is the start of the race that an order asks for; the default id is "drill".
func StartOf(order race.Order, id race.ID) (simulator.StartRace, error) {
	c, err := cli.OpenCircuit(order.Circuit)
	if err != nil {
		return simulator.StartRace{}, err
	}
	info, model, err := drive.NewRace(order, cmp.Or(id, "drill"), c)
	return simulator.StartRace{Info: info, Model: model, Start: true}, err
}

// Trial is a drill of a race of its own.
type Trial struct {
	Scenario *drill.Scenario
	Patience time.Duration
	Feed     feed.Config
	// Strikes are made again, and no others; without any, chance decides.
	Strikes []drill.Injected
	Status  io.Writer
	// Out is a folder for all that the drill leaves; empty means none.
	Out     string
	Version string // of the program, for the folder

	undisturbed *drill.Run // of an earlier comparison
}

// Compare runs the race of a scenario undisturbed and then under its faults, and judges it.
func (t *Trial) Compare(ctx context.Context) (*drill.Verdict, error) {
	s, patience, status := t.Scenario, t.Patience, t.Status
	id := race.ID("")
	switch {
	case t.Feed.Given():
		id = race.ID(fmt.Sprintf("drill-%d", time.Now().UnixNano())) // others are drilled into the same bucket
	case s.NeedsInflux():
		return nil, cli.BadInput("the scenario %s strikes the feed to InfluxDB: say which with --influx-url", s.Name)
	}
	start, err := StartOf(s.Race.Order(), id)
	if err != nil {
		return nil, err
	}
	in, err := t.arm(drill.Members{Cars: s.Race.Cars, Checkpoints: len(start.Info.Lines)})
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	var left *leavings
	if t.Out != "" {
		left = &leavings{began: time.Now()}
	}
	if t.undisturbed == nil {
		fmt.Fprintf(status, "%s: the race undisturbed\n", s.Name)
		if t.undisturbed, err = Run(ctx, start, Bounds{Patience: patience, Trace: left.of(false)}); err != nil {
			return nil, err
		}
	}
	undisturbed := t.undisturbed
	fmt.Fprintf(status, "%s: the race with faults\n", s.Name)
	drilled, err := t.underFaults(ctx, start, in, undisturbed, left)
	if err != nil {
		return nil, err
	}
	if len(drilled.Retired) > 0 {
		fmt.Fprintf(status, "%s: the race undisturbed, without the cars that the faults took out\n", s.Name)
		start.Script = drill.Without(drilled.Retired)
		if undisturbed, err = Run(ctx, start, Bounds{Patience: patience, Trace: left.of(false)}); err != nil {
			return nil, err
		}
	}
	v := drill.Judge(s, in, undisturbed, drilled)
	if left != nil {
		left.info, left.verdict, left.strikes, left.clock = &start.Info, v, in.Struck(), in.Began()
		left.logs = [2][]race.Record{undisturbed.Records, drilled.Records}
		if err := left.write(t.Out, t.Version); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// underFaults runs the race under faults: in this process, or in one that is struck as well.
func (t *Trial) underFaults(ctx context.Context, start simulator.StartRace, in *drill.Injector, undisturbed *drill.Run, left *leavings) (*drill.Run, error) {
	trace := left.of(true)
	if t.Scenario.StrikesServer() {
		return t.runOutside(ctx, in, undisturbed, trace)
	}
	return Run(ctx, start, Bounds{Patience: t.Patience, Ticks: 2*undisturbed.Ticks + 1000, Faults: in, Feed: t.Feed, Trace: trace})
}

func (t *Trial) arm(m drill.Members) (*drill.Injector, error) {
	if len(t.Strikes) > 0 {
		return drill.NewReplay(t.Scenario, m, t.Strikes)
	}
	return drill.NewInjector(t.Scenario, m), nil
}

// Run runs a race with a store of its own on disk. The records are those in the file at the end, not those that were acknowledged, and the
// store is asked about the race as any reader would. Two spectators follow a race under faults.
func Run(ctx context.Context, start simulator.StartRace, b Bounds) (_ *drill.Run, err error) {
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	log := slog.New(slog.DiscardHandler)
	store, err := openStore(filepath.Join(dir, "drill.db"), b.Faults, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	trial := drill.Trial{Start: start, Journal: store, Faults: b.Faults, Patience: b.Patience, Ticks: b.Ticks, Trace: b.Trace}
	var seen *audience
	if b.Faults != nil {
		hub := live.NewHub(transport.Codec{}, nil)
		hub.SendEvery(trialPace)
		trial.Spectators = hub
		seen = watch(ctx, hub, start.Info.ID, b.Faults.Reading)
		defer seen.leave()
		b.Faults.Surround(drill.Surroundings{Size: sizeOf, Join: seen.join})
	}
	if b.Faults != nil && b.Feed.Given() {
		b.Feed.Influx.Wrap = feed.Away(b.Faults.InfluxAway)
		to, err := feed.Open(ctx, b.Feed, store, log)
		if err != nil {
			return nil, err
		}
		defer to.Close()
		trial.Feed, trial.Fed = to.Actor(), to.Fed
	}
	out, err := trial.Run(ctx)
	if err != nil {
		return nil, err
	}
	if seen != nil {
		out.Spectators = seen.end(ctx, out.Ended == "")
	}
	if out.Records, err = archive.AllRecords(ctx, store, start.Info.ID); err != nil {
		return nil, err
	}
	out.Answers, err = drill.Ask(ctx, store, &start.Info)
	if err != nil && ctx.Err() == nil && b.Faults != nil { // the verdict says what faults broke
		out.Answers, out.Ended = &drill.Answers{}, cmp.Or(out.Ended, err.Error())
		return out, nil
	}
	return out, err
}

// openStore opens a store on a disk that faults may strike.
func openStore(file string, faults *drill.Injector, log *slog.Logger) (*sqlite.Store, error) {
	var store *sqlite.Store
	var err error
	if faults == nil {
		store, err = sqlite.Open(file, transport.Codec{}, log)
	} else {
		store, err = sqlite.OpenOn(faults.Disk(), file, transport.Codec{}, log)
	}
	if err != nil {
		return nil, fmt.Errorf("open a store: %w", err)
	}
	return store, nil
}

// sizeOf is how many bytes a batch has in the coding of the wire.
func sizeOf(b *race.Batch) (n int) {
	for i := range b.Records {
		if data, err := (transport.Codec{}).Record(&b.Records[i]); err == nil {
			n += len(data)
		}
	}
	if b.Frame != nil {
		if data, err := (transport.Codec{}).Frame(b.Frame); err == nil {
			n += len(data)
		}
	}
	return n
}
