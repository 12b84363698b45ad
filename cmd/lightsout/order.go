package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/racefile"
	"lightsout/race"
)

// orderFlags are the flags of the race to simulate.
type orderFlags struct {
	file           string
	circuit        string
	cars, laps, hz int
	duration       time.Duration
	seed           uint64
	speed          float64
}

func (f *orderFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "race", "", "race file (YAML or JSON) with the order, the model's figures and the entries; flags override it")
	cmd.Flags().StringVar(&f.circuit, "circuit", "meridian", "key of a circuit (see lightsout circuit list) or a circuit file")
	cmd.Flags().IntVar(&f.cars, "cars", 20, "cars, 1 to 100000")
	cmd.Flags().IntVar(&f.laps, "laps", 10, "laps, 1 to 10000")
	cmd.Flags().DurationVar(&f.duration, "duration", 0, "race time after which the race ends at the leader's next crossing of the line, such as 2h; with --laps what comes first")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of everything that chance decides")
	cmd.Flags().IntVar(&f.hz, "tick-hz", 10, "ticks in a second of race time, a divisor of 1000000 up to 100")
	cmd.Flags().Float64Var(&f.speed, "speed", 0, "times real time; 0 is as fast as possible")
}

// tree is the race file with the flags that were given.
func (f *orderFlags) tree(cmd *cobra.Command) (racefile.Tree, error) {
	t := racefile.Tree{}
	if f.file != "" {
		var err error
		if t, err = racefile.Read(f.file); err != nil {
			return nil, err
		}
	}
	if f.duration%time.Second != 0 || f.duration < 0 {
		return nil, cli.BadInput("--duration is %v: allowed are whole seconds from 0 (no limit) to %d s", f.duration, race.TimeMax/race.Second)
	}
	for _, one := range []struct {
		flag, field string
		value       any
	}{
		{"circuit", "circuit", f.circuit}, {"cars", "cars", f.cars}, {"laps", "laps", f.laps}, {"seed", "seed", f.seed},
		{"tick-hz", "tick_hz", f.hz}, {"speed", "speed", f.speed}, {"duration", "duration_s", int(f.duration / time.Second)},
	} {
		if cmd.Flags().Changed(one.flag) {
			t[one.field] = one.value
		}
	}
	return t, nil
}

// order is the race to simulate.
func (f *orderFlags) order(cmd *cobra.Command) (race.Order, error) {
	t, err := f.tree(cmd)
	if err != nil {
		return race.Order{}, err
	}
	return orderOf(f.file, t)
}

func orderOf(file string, t racefile.Tree) (race.Order, error) {
	o, err := t.Order()
	switch {
	case err == nil:
		return o, nil
	case file != "":
		return o, cli.BadInput("%s: %w", file, err)
	default:
		return o, cli.AsBadInput(err)
	}
}

// printRaceFile prints the race file of an order.
func printRaceFile(cmd *cobra.Command, o race.Order) error {
	c, err := cli.OpenCircuit(o.Circuit)
	if err != nil {
		return err
	}
	return cli.AsBadInput(racefile.Print(cmd.OutOrStdout(), o, c))
}

// printRaceSchema prints the JSON schema of race files.
func printRaceSchema(cmd *cobra.Command) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(racefile.Schema()); err != nil {
		return fmt.Errorf("print the schema: %w", err)
	}
	return nil
}
