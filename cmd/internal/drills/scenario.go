package drills

import (
	"encoding/json"
	"errors"
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

// scenarioFor reads a drill that this server can run.
func (d *Drills) scenarioFor(spec []byte) (*drill.Scenario, error) {
	s, err := scenarioOf(spec)
	switch {
	case err != nil:
		return nil, err
	case s.OnServer() != nil:
		return nil, invalid("faults", s.OnServer())
	case s.NeedsInflux() && d.cfg.Fed == nil:
		return nil, fmt.Errorf("the drill strikes the feed to InfluxDB, and this server has none (serve --influx-url): %w", race.ErrConflict)
	}
	return s, nil
}

// invalid is a fault of an order.
func invalid(field string, err error) error {
	return &race.InvalidError{Faults: []race.Fault{{Field: field, Message: err.Error(), Allowed: "a scenario of GET /api/v1/drills, or name, seed and faults"}}}
}

// scenarioOf reads {"scenario": NAME} or a scenario, in JSON. Either may say at which race time its faults begin.
func scenarioOf(spec []byte) (*drill.Scenario, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(spec, &fields); err != nil {
		return nil, invalid("faults", fmt.Errorf("the drill cannot be read: %w", err))
	}
	var at drill.Duration
	if text, is := fields["at"]; is && string(text) != "null" {
		if err := json.Unmarshal(text, &at); err != nil || at.Micros() > race.TimeMax {
			return nil, &race.InvalidError{Faults: []race.Fault{{Field: "at", Message: fmt.Sprintf("is %s", text), Allowed: `a race time such as "5m" or "90s", up to 7 days`}}}
		}
	}
	delete(fields, "at")
	if err := shaped(fields); err != nil {
		return nil, err
	}
	s, err := named(fields)
	if s == nil && err == nil {
		var rest []byte
		if rest, err = json.Marshal(fields); err == nil {
			s, err = drill.Parse("drill", rest)
		}
		if err != nil {
			err = invalid("faults", err)
		}
	}
	if err != nil || at == 0 {
		return s, err
	}
	return s.Begin(at), nil
}

// named finds the scenario that an order names; nil if it names none.
func named(fields map[string]json.RawMessage) (*drill.Scenario, error) {
	text, is := fields["scenario"]
	if !is {
		return nil, nil
	}
	var name string
	if err := json.Unmarshal(text, &name); err != nil || len(fields) > 1 {
		return nil, invalid("scenario", errors.New("a scenario is named by a text, and nothing but at beside it"))
	}
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	at := slices.IndexFunc(all, func(s *drill.Scenario) bool { return s.Name == name })
	if at < 0 {
		return nil, invalid("scenario", fmt.Errorf("%q is unknown", name))
	}
	return all[at], nil
}
