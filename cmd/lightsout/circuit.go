package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/circuit"
)

func newCircuit() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "circuit",
		Short:   "List, draw and import circuits",
		Example: "  lightsout circuit list\n  lightsout circuit show harbour",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCircuitList(), newCircuitShow(), newCircuitImport())
	return cmd
}

// circuitJSON is a circuit in a list.
type circuitJSON struct {
	Key       string  `json:"key"`
	Name      string  `json:"name"`
	Character string  `json:"character"`
	LengthM   float64 `json:"length_m"`
	Lines     int     `json:"lines"`
}

func newCircuitList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the circuits that come with the program", Args: cobra.NoArgs,
		Example: "  lightsout circuit list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listCircuits(cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func listCircuits(w io.Writer, asJSON bool) error {
	list := []circuitJSON{}
	for _, key := range circuit.List() {
		c, err := circuit.Open(key)
		if err != nil {
			return fmt.Errorf("open %s: %w", key, err)
		}
		list = append(list, circuitJSON{c.Key, c.Name, c.Character, c.Length(), len(c.Lines)})
	}
	if asJSON {
		return cli.WriteJSON(w, map[string]any{"circuits": list})
	}
	t := cli.Table{}
	t.Row("Key", "Name", "Length", "Character")
	for _, c := range list {
		t.Row(c.Key, race.Isolated(c.Name), fmt.Sprintf("%.3f km", c.LengthM/1000), race.Isolated(c.Character))
	}
	return t.Write(w, cli.Left)
}

func newCircuitShow() *cobra.Command {
	var text bool
	cmd := &cobra.Command{
		Use: "show KEY|FILE", Short: "Draw a circuit, or print it in the text format", Args: cobra.ExactArgs(1),
		Example: "  lightsout circuit show harbour\n  lightsout circuit show harbour --text > mine.circuit",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cli.OpenCircuit(args[0])
			if err != nil {
				return cli.AsBadInput(err)
			}
			if text {
				return cli.WriteCircuit(cmd.OutOrStdout(), c)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s · %s · %.3f km · %d timing lines\n%s\n",
				race.Isolated(c.Name), race.Isolated(c.Character), c.Length()/1000, len(c.Lines), c.Draw(72, 24))
			return nil
		},
	}
	cmd.Flags().BoolVar(&text, "text", false, "print the circuit in the text format (race/circuit/FORMAT.md)")
	return cmd
}

func newCircuitImport() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Convert a GeoJSON outline or CSV of x,y,width into a circuit", Args: cobra.ExactArgs(1),
		Long: `Convert a GeoJSON outline (one closed LineString of longitude and latitude) or CSV with
x,y,width in metres, to the text format. Timing lines and pit lane get default places.`,
		Example: "  lightsout circuit import it-1953.geojson -o imola.circuit\n  lightsout simulate --circuit ./imola.circuit",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cli.ImportCircuit(args[0])
			if err != nil {
				return err
			}
			if output == "" {
				return cli.WriteCircuit(cmd.OutOrStdout(), c)
			}
			if err := cli.WriteFile(output, func(w io.Writer) error { return cli.WriteCircuit(w, c) }); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s, %.3f km, %d timing lines\n", output, race.Isolated(c.Name), c.Length()/1000, len(c.Lines))
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of standard output")
	return cmd
}
