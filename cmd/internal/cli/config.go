package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// EnvPrefix begins the names of environment variables: LIGHTSOUT_ADDR is --addr.
const EnvPrefix = "LIGHTSOUT"

// LoadConfig sets the flags that were not given from the environment, then from the YAML file. The flags parse the values, so that a wrong one
// gets the same message wherever it comes from.
func LoadConfig(cmd *cobra.Command) error {
	v := viper.New()
	v.SetEnvPrefix(EnvPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	v.AutomaticEnv()
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return fmt.Errorf("read --config: %w", err)
	}
	if file == "" {
		file = v.GetString("config")
	}
	if file != "" {
		v.SetConfigFile(file)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return BadInput("%s: no such file", file)
			}
			return BadInput("%s: %w", file, err)
		}
		if err := knownKeys(cmd.Root(), v.AllKeys(), file); err != nil {
			return err
		}
	}
	var faults []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "config" || f.Name == "help" || !v.IsSet(f.Name) {
			return
		}
		slice, many := f.Value.(pflag.SliceValue)
		if _, list := v.Get(f.Name).([]any); many && list { // from the file
			faults = append(faults, slice.Replace(v.GetStringSlice(f.Name)))
			f.Changed = true
			return
		}
		if err := cmd.Flags().Set(f.Name, fmt.Sprint(v.Get(f.Name))); err != nil {
			faults = append(faults, BadInput("%s_%s or the file's %q: %w",
				EnvPrefix, strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")), f.Name, err))
		}
	})
	return errors.Join(faults...)
}

// FileOrEnv is the content of the file that a flag names; without one, that of a variable of the environment.
func FileOrEnv(flag, file, env string) (string, error) {
	if file == "" {
		return os.Getenv(env), nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", BadInput("--%s: %w", flag, err)
	}
	return string(data), nil
}

// knownKeys refuses settings that no command has, such as misspelt ones.
func knownKeys(root *cobra.Command, keys []string, file string) error {
	known := flagsOf(root)
	for _, k := range keys {
		if !slices.Contains(known, k) {
			slices.Sort(known)
			return BadInput("%s: unknown setting %q: allowed are %s", file, k, strings.Join(slices.Compact(known), ", "))
		}
	}
	return nil
}

// flagsOf lists the flags of a command and of those below it.
func flagsOf(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	for _, below := range cmd.Commands() {
		names = append(names, flagsOf(below)...)
	}
	return names
}
