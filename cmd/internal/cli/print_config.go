package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// notSettings are flags that say nothing about how a command runs.
var notSettings = []string{"config", "help", "print-config"}

// PrintConfig prints a command's settings as they are in force, as a YAML file that --config takes. What is empty is a comment, and so are the
// secrets that are named.
func PrintConfig(w io.Writer, cmd *cobra.Command, secrets ...string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# Settings of %s. A flag goes before the environment, the environment before this file.\n", cmd.CommandPath())
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(notSettings, f.Name) || f.Hidden {
			return
		}
		line, err := yaml.Marshal(map[string]any{f.Name: settingOf(f)})
		if failed == nil && err != nil {
			failed = fmt.Errorf("print --%s: %w", f.Name, err)
		}
		mark := ""
		if slices.Contains(secrets, f.Name) || f.Value.String() == "" || f.Value.String() == "[]" {
			line, mark = []byte(f.Name+":\n"), "# "
		}
		fmt.Fprintf(&out, "\n# %s (%s_%s)\n%s%s", f.Usage, EnvPrefix, strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")), mark, line)
	})
	if failed != nil {
		return failed
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// settingOf is a flag's value as YAML has it.
func settingOf(f *pflag.Flag) any {
	if many, is := f.Value.(pflag.SliceValue); is {
		return many.GetSlice()
	}
	text := f.Value.String()
	var plain any
	if f.Value.Type() != "string" && yaml.Unmarshal([]byte(text), &plain) == nil {
		return plain
	}
	return text
}
