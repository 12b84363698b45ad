package drills

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// FindScenario makes a scenario of single faults, finds one in the library by name, or reads one from a file.
func FindScenario(name string, faults []string) (*drill.Scenario, error) {
	if len(faults) > 0 {
		return byHand(faults)
	}
	if strings.ContainsAny(name, "./\\") {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, cli.BadInput("%w", err)
		}
		s, err := drill.Parse(name, data)
		if err != nil {
			return nil, cli.BadInput("%w", err)
		}
		return s, nil
	}
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	at := slices.IndexFunc(all, func(s *drill.Scenario) bool { return s.Name == name })
	if at < 0 {
		names := make([]string, len(all))
		for i, s := range all {
			names[i] = s.Name
		}
		return nil, cli.BadInput("the scenario %q is unknown: allowed are %s, or a YAML file", name, strings.Join(names, ", "))
	}
	return all[at], nil
}

// byHand makes a scenario of single faults.
func byHand(faults []string) (*drill.Scenario, error) {
	var out *drill.Scenario
	for i, fault := range faults {
		text := "{name: by-hand, about: Made of flags., faults: [{" + strings.Trim(fault, "{} ") + "}]}"
		s, err := drill.Parse(fmt.Sprintf("--fault %q", fault), []byte(text))
		switch {
		case err != nil:
			return nil, cli.BadInput("%w", err)
		case i == 0:
			out = s
		default:
			out.Faults = append(out.Faults, s.Faults...)
		}
	}
	return out, nil
}

// scenarioFor reads {"scenario": NAME} or a scenario, in JSON as in YAML.
func (d *Drills) scenarioFor(spec []byte) (*drill.Scenario, error) {
	s, err := scenarioOf(spec)
	switch {
	case err != nil:
		return nil, err
	case s.NeedsInflux() && d.cfg.Fed == nil:
		return nil, fmt.Errorf("the drill strikes the feed to InfluxDB, and this server has none (serve --influx-url): %w", race.ErrConflict)
	}
	return s, nil
}

// scenarioOf reads {"scenario": NAME} or a scenario, in JSON as in YAML.
func scenarioOf(spec []byte) (*drill.Scenario, error) {
	var named struct{ Scenario string }
	invalid := func(field string, err error) error {
		return &race.InvalidError{Faults: []race.Fault{{Field: field, Message: err.Error(), Allowed: "a scenario of GET /api/v1/drills, or name, seed and faults"}}}
	}
	if json.Unmarshal(spec, &named) == nil && named.Scenario != "" {
		all, err := drill.Library()
		if err != nil {
			return nil, fmt.Errorf("open the library: %w", err)
		}
		at := slices.IndexFunc(all, func(s *drill.Scenario) bool { return s.Name == named.Scenario })
		if at < 0 {
			return nil, invalid("scenario", fmt.Errorf("%q is unknown", named.Scenario))
		}
		return all[at], nil
	}
	s, err := drill.Parse("drill", spec)
	if err != nil {
		return nil, invalid("faults", err)
	}
	return s, nil
}
