package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/clusterdrill"
)

func newDrillList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the scenarios that ship with the program", Args: cobra.NoArgs,
		Example: "  lightsout drill list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := drill.Library()
			if err != nil {
				return fmt.Errorf("open the library: %w", err)
			}
			of, err := clusterdrill.Library()
			if err != nil {
				return fmt.Errorf("open the library: %w", err)
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]any{"scenarios": all, "cluster": of})
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "Name\tRace\tWhat happens")
			for _, s := range all {
				fmt.Fprintf(t, "%s\t%d cars, %d laps of %s\t%s\n", s.Name, s.Race.Cars, s.Race.Laps, s.Race.Circuit, s.About)
			}
			fmt.Fprintln(t, "\nWith --cluster\t\t")
			for _, s := range of {
				fmt.Fprintf(t, "%s\t%d races of %d cars, %d laps of %s\t%s\n", s.Name, s.Races, s.Cars, s.Laps, s.Circuit, s.About)
			}
			return cli.Flush(t)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}
