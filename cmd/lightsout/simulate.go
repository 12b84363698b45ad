package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lightsout/actors/engine"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/drive"
)

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
classification. The same circuit, cars, laps and seed give the same result, to the bit.

With --db the race is kept. One that was interrupted goes on where it was when the same is ordered again; of one that is
over the classification is printed, and nothing is simulated. An order that differs from the race that has its id is refused.
The file of --log is written when the race is over: until then what has its name stays as it is.`,
		Example: `  lightsout simulate --circuit harbour --cars 20 --laps 57 --seed 7
  lightsout simulate --circuit speedway --cars 2000 --laps 5 --json --log race.lolog
  lightsout simulate --circuit meridian --laps 57 --seed 7 --db season.db --id round-7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.progress = f.progress && term.IsTerminal(int(os.Stderr.Fd()))
			return cli.AsBadInput(simulate(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr()))
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
	c, err := cli.OpenCircuit(f.order.Circuit)
	if err != nil {
		return err
	}
	id := race.ID(f.id)
	if id == "" {
		id = race.ID(fmt.Sprintf("%s-%dx%d-%d", c.Key, f.order.Cars, f.order.Laps, f.order.Seed))
	}
	if err := id.Validate(); err != nil {
		return err
	}
	head, model, err := drive.NewRace(f.order, id, c)
	if err != nil {
		return err
	}
	s, err := openSimulation(f, status)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	begin, err := s.look(ctx, head)
	if err != nil {
		return err
	}
	var r *outcome
	if begin.over {
		fmt.Fprintf(status, "race %s is already there in %s: nothing was simulated\n", id, f.db)
		r, err = s.kept(ctx, id)
	} else {
		r, err = s.race(ctx, begin, model)
	}
	if err != nil {
		return err
	}
	if err := s.writeLog(ctx, id); err != nil {
		return err
	}
	if f.asJSON {
		return printResultJSON(out, r.head, r.entries, r.result)
	}
	return printResultTable(out, r.head, r.entries, r.result)
}

// waitFor waits for the end of the race and shows how far it has come.
func waitFor(ctx context.Context, w *engine.Watcher, show bool, status io.Writer) error {
	began := time.Now()
	var bar *progressbar.ProgressBar
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.Over():
			if bar != nil {
				_ = bar.Finish() // only drawing
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("interrupted in lap %d", w.Progress().Lap)
		case <-tick.C:
		}
		if !show {
			continue
		}
		p := w.Progress()
		if bar == nil && p.Laps > 0 {
			bar = cli.NewBar(status, int64(p.Laps), progressbar.OptionSetPredictTime(false))
		}
		if bar != nil {
			bar.Describe(fmt.Sprintf("lap %d/%d  leader %s  %.0f× real time", p.Lap, p.Laps, p.Leader,
				float64(p.Now)/float64(time.Since(began).Microseconds())))
			_ = bar.Set(max(0, p.Lap-1)) // only drawing
		}
	}
}
