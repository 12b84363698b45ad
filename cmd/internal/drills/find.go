package drills

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
)

// Everything names all scenarios of the library.
const Everything = "all"

// Several reports whether a name may stand for several scenarios.
func Several(name string) bool { return name == Everything || strings.ContainsAny(name, "*?[") }

// FindScenarios finds scenarios by names, patterns and files, each once. Those that need InfluxDB are left out of what "all" and patterns
// stand for where there is none.
func FindScenarios(names []string, influx bool) (found []*drill.Scenario, leftOut []string, err error) {
	from := map[string]string{} // where a scenario of a name is from
	for _, name := range names {
		some, err := match(name)
		if err != nil {
			return nil, nil, err
		}
		for _, one := range some {
			s := one.scenario
			switch source, is := from[s.Name]; {
			case is && source == one.source:
			case is:
				return nil, nil, cli.BadInput("two scenarios have the name %s, of %s and of %s: a name may be there once", s.Name, source, one.source)
			case Several(name) && s.NeedsInflux() && !influx:
				from[s.Name] = one.source
				leftOut = append(leftOut, s.Name)
			default:
				from[s.Name] = one.source
				found = append(found, s)
			}
		}
	}
	if len(found) == 0 {
		return nil, nil, cli.BadInput("nothing is left to run: %s need InfluxDB, say which with --influx-url", strings.Join(leftOut, ", "))
	}
	return found, leftOut, nil
}

// sourced is a scenario and where it is from.
type sourced struct {
	scenario *drill.Scenario
	source   string
}

const fromLibrary = "the library"

// match finds what a name, a pattern or a file stands for.
func match(name string) ([]sourced, error) {
	isFile := strings.ContainsAny(name, "./\\")
	switch {
	case Several(name) && isFile:
		return matchFiles(name)
	case Several(name):
		return matchLibrary(name)
	case isFile:
		return readFile(name)
	}
	s, err := FindScenario(name, nil)
	return []sourced{{s, fromLibrary}}, err
}

func readFile(file string) ([]sourced, error) {
	s, err := FindScenario(file, nil)
	return []sourced{{s, filepath.Clean(file)}}, err
}

func matchFiles(pattern string) (out []sourced, err error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, cli.BadInput("%q is the name of no file", pattern)
	}
	for _, file := range files {
		one, err := readFile(file)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

func matchLibrary(pattern string) (out []sourced, err error) {
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
		is, err := path.Match(pattern, s.Name)
		if err != nil {
			return nil, cli.BadInput("%q is no pattern: allowed are *, ? and [a-z] in names of lightsout drill list", pattern)
		}
		if is || pattern == Everything {
			out = append(out, sourced{s, fromLibrary})
		}
	}
	if out == nil {
		return nil, cli.BadInput("no scenario is called %q: there are %s", pattern, strings.Join(names, ", "))
	}
	return out, nil
}
