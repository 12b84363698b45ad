package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/server"
	"lightsout/race"
)

func newReplay() *cobra.Command {
	f := newServerFlags()
	var speed float64
	cmd := &cobra.Command{
		Use: "replay PATH", Short: "Replay a recorded race in the browser", Args: cobra.ExactArgs(1),
		Long: `Replay a recorded race, from a log file (simulate --log) or a folder of CSV, at --speed times real time, in a server that
times and shows it as if it happened now. Without --db nothing is kept.`,
		Example: `  lightsout replay races/2022-17-singapore --speed 30
  lightsout replay race.lolog --speed 10 --addr 127.0.0.1:9000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if speed < 0 || speed > race.SpeedMax {
				return cli.BadInput("--speed is %v: allowed is 0 (as fast as possible) to %d", speed, race.SpeedMax)
			}
			log, err := f.log(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return replay(cmd.Context(), args[0], speed, f.Config, log, f.status(cmd.ErrOrStderr()))
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.DB, "db", "", "keep the race in this SQLite file")
	cmd.Flags().Float64Var(&speed, "speed", 1, "times real time; 0 is as fast as possible")
	return cmd
}

// replay serves a recorded race, from a temporary file if no other is given.
func replay(ctx context.Context, path string, speed float64, cfg server.Config, log *slog.Logger, status io.Writer) error {
	steps, err := archive.Steps(path, func(s string) { fmt.Fprintln(status, "note: "+s) })
	if err != nil {
		return err
	}
	if cfg.DB == "" {
		dir, err := os.MkdirTemp("", "lightsout-replay-")
		if err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		cfg.DB = filepath.Join(dir, "replay.db")
	}
	return server.Run(ctx, cfg, log, status, func(ctx context.Context, all *races.Races) error {
		err := all.Replay(ctx, string(archive.IDOf(path)), speed, steps, func(id race.ID) {
			fmt.Fprintf(status, "replaying at %v times real time: http://%s/race/%s\n", speed, cfg.Gateway.Addr, id)
		})
		if err == nil {
			fmt.Fprintln(status, "the replay is over; the server goes on until it is interrupted")
		}
		return err
	})
}
