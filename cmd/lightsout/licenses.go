package main

import (
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"
)

// licenses is written by go tool task licenses.
//
//go:embed licenses.txt
var licenses string

func newLicenses() *cobra.Command {
	return &cobra.Command{
		Use:   "licenses",
		Short: "Print the licences of Lights Out and of all that the binary contains",
		Long: `Print the licence of Lights Out, a list of the Go modules, front-end packages and fonts that the binary contains, and
the texts of their licences.`,
		Example: `  lightsout licenses | less`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := fmt.Fprint(cmd.OutOrStdout(), licenses); err != nil {
				return fmt.Errorf("print the licences: %w", err)
			}
			return nil
		},
	}
}
