package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/cmd/internal/simulation"
	"lightsout/cmd/internal/sweep"
	"lightsout/race/circuit"
)

// errOtherwise means that a rerun came out otherwise.
var errOtherwise = errors.New("it came out otherwise")

func newRerun() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "rerun MANIFEST",
		Short: "Make an output again from its manifest and compare the bytes",
		Long: `Make an output again from its manifest: the file FILE.manifest.json beside it, or what simulate --json printed.

A log or a data set is made again, compared with the SHA-256 of the first one, and kept if --out names a file. A result that was printed is
printed again. Exit code 1 means that it came out otherwise, which another version of the program can be the reason for.`,
		Example: `  lightsout rerun race.lolog.manifest.json
  lightsout rerun race.lolog.manifest.json --out again.lolog`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := manifest.Read(args[0])
			if err != nil {
				return err
			}
			if v := buildVersion(); v != m.Version {
				fmt.Fprintf(cmd.ErrOrStderr(), "made by %s, this is %s\n", m.Version, v)
			}
			return rerun(cmd.Context(), m, out, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write; default: printed if it was printed, otherwise only compared")
	return cmd
}

func rerun(ctx context.Context, m *manifest.Manifest, out string, stdout, status io.Writer) (err error) {
	c, err := m.Circuit()
	if err != nil {
		return err
	}
	if m.Sweep != nil {
		return rerunSweep(ctx, m, out, c, status)
	}
	kind := "result"
	if m.Output != nil {
		kind = m.Output.Kind
	}
	o, err := orderOf("", m.Race)
	if err != nil {
		return err
	}
	path := out
	if path == "" && kind != "result" {
		dir, err := os.MkdirTemp("", "lightsout-rerun-")
		if err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		path = filepath.Join(dir, "again")
	}
	options := simulation.Options{Order: o, ID: string(m.ID), Circuit: c}
	if m.Began != nil {
		options.Began = *m.Began
	}
	switch kind {
	case "log":
		options.Log = path
	case "db":
		options.DB = path
	}
	done, err := simulation.Run(ctx, options, status)
	if err != nil {
		return cli.AsBadInput(err)
	}
	if done.Result.StateHash != m.StateHash {
		return fmt.Errorf("%w: the state's hash is %s, in the manifest %s", errOtherwise, done.Result.StateHash, m.StateHash)
	}
	if kind != "result" {
		return compare(m.Output, path, status)
	}
	r := resultOf(done.Race, done.Entries, done.Result)
	r.Manifest = m
	if out == "" {
		return cli.WriteJSON(stdout, r)
	}
	return cli.WriteFile(out, func(w io.Writer) error { return cli.WriteJSON(w, r) })
}

// rerunSweep makes a data set again.
func rerunSweep(ctx context.Context, m *manifest.Manifest, out string, c *circuit.Circuit, status io.Writer) error {
	plan, err := sweep.PlanOf(m.Sweep)
	if err != nil {
		return cli.BadInput("the manifest's sweep: %w", err)
	}
	if m.Output == nil {
		return cli.BadInput("the manifest of a sweep is beside its data set, and this one has no output")
	}
	dir, err := os.MkdirTemp("", "lightsout-rerun-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	ending := filepath.Ext(m.Output.File)
	o := sweep.Options{
		Plan: plan, Sweep: m.Sweep, Jobs: runtime.NumCPU(), Circuit: c, Version: buildVersion(), Progress: cli.Bar(status, "races"),
		Out: filepath.Join(dir, "results"+ending),
	}
	path := &o.Out
	if m.Output.Kind == "laps" {
		o.Laps, path = filepath.Join(dir, "laps"+ending), &o.Laps
	}
	if out != "" {
		*path = out
	}
	if _, err := sweep.Run(ctx, o, status); err != nil {
		return cli.AsBadInput(err)
	}
	return compare(m.Output, *path, status)
}

// compare compares a file with the output of a manifest.
func compare(was *manifest.Output, path string, status io.Writer) error {
	if was.SHA256 == "" {
		fmt.Fprintln(status, "the same race: its state has the same hash")
		return nil
	}
	n, sum, err := manifest.Sum(path)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if n != was.Bytes || sum != was.SHA256 {
		return fmt.Errorf("%w: %d bytes with the SHA-256 %s, in the manifest %d with %s", errOtherwise, n, sum, was.Bytes, was.SHA256)
	}
	fmt.Fprintf(status, "the same %d bytes: SHA-256 %s\n", n, sum)
	return nil
}
