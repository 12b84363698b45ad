package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lightsout/cmd/internal/cli"
)

// The flags that mean something in each form of a drill. A name that ends in "-" stands for all that begin so.
var (
	actorFlags       = []string{"fault", "seed", "circuit", "cars", "laps", "replay", "shrink", "out", "influx-"}
	manyFlags        = []string{"fault", "seed", "seeds", "jobs", "circuit", "cars", "laps", "out", "influx-"}
	processFlags     = []string{"process", "kills", "seed", "circuit", "cars", "laps", "out"}
	clusterFlagNames = []string{"cluster", "keep", "kafka", "kafka-"}
	everyForm        = []string{"json", "junit", "patience", "help"}
)

// onlyFlags refuses flags that mean nothing in a form.
func onlyFlags(cmd *cobra.Command, form string, names []string) (err error) {
	means := func(name string) bool {
		return slices.ContainsFunc(append(names, everyForm...), func(n string) bool {
			return n == name || strings.HasSuffix(n, "-") && strings.HasPrefix(name, n)
		})
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && cmd.InheritedFlags().Lookup(f.Name) == nil && !means(f.Name) {
			err = cli.BadInput("--%s is given and means nothing for %s: allowed are --%s", f.Name, form, strings.ReplaceAll(strings.Join(append(names, everyForm...), ", --"), "-,", "-…,"))
		}
	})
	return err
}
