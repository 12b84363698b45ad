package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
)

// Exit codes, as docs/operating.md lists them.
const (
	exitFailed   = 1
	exitBadInput = 2
)

// gcPercent is how much garbage the heap may hold, in percent of what is in use; the runtime's default is 100. GOGC overrides it.
const gcPercent = 40

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	root := newRoot()
	if cmd, err := root.ExecuteContextC(ctx); err != nil {
		if logsJSON(cmd) {
			slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("lightsout ends", slog.String("command", cmd.CommandPath()), slog.Any("err", err))
		} else {
			fmt.Fprintln(os.Stderr, "lightsout: "+err.Error())
		}
		cancel()
		if errors.Is(err, cli.ErrBadInput) || usage(err) {
			os.Exit(exitBadInput)
		}
		os.Exit(exitFailed)
	}
}

// usage reports whether cobra refused the command line.
func usage(err error) bool {
	for _, begin := range []string{"unknown command", "unknown flag", "unknown shorthand", "required flag", "accepts "} {
		if strings.HasPrefix(err.Error(), begin) {
			return true
		}
	}
	return false
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lightsout",
		Short: "A real-time race event platform",
		Long: `Lights Out simulates races of thousands of cars or times real ones from the passings that decoders report, applies the
rulebook, keeps every sample and shows the race live.

Every flag can also be given as an environment variable (LIGHTSOUT_ADDR for --addr) or in a YAML
file (--config FILE); a flag overrides the environment, the environment the file.`,
		Example: `  lightsout serve --demo
  lightsout simulate --circuit harbour --cars 20 --laps 10 --seed 7
  lightsout time races/2022-17-singapore`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().String("config", "", "YAML file with settings, by the names of the flags")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.BadInput("%w (see %s --help)", err, cmd.CommandPath())
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Name() != "serve" && !signal.Ignored(syscall.SIGHUP) { // serve reads files again; of nohup it stays ignored
			ctx, _ := signal.NotifyContext(cmd.Context(), syscall.SIGHUP)
			cmd.SetContext(ctx)
		}
		return cli.LoadConfig(cmd)
	}
	root.AddCommand(newServe(), newSimulate(), newSweep(), newRerun(), newTime(), newDrill(), newReplay(), newExport(), newImport(), newCircuit(), newDB(), newKafka(), newBench(), newHealth(), newLicenses())
	return root
}
