package drive

import (
	"fmt"

	"lightsout/race"
	"lightsout/race/circuit"
)

// NewRace returns the race info and the model of an ordered race.
func NewRace(o race.Order, id race.ID, c *circuit.Circuit) (race.Race, *Model, error) {
	if err := o.Validate(); err != nil {
		return race.Race{}, nil, err
	}
	if o.TickHz == 0 {
		o.TickHz = 10
	}
	setup, err := ParseSetup(o.Setup, o.Cars)
	if err != nil {
		return race.Race{}, nil, err
	}
	duration := race.Micros(o.DurationS) * race.Second
	model, err := NewModel(Config{
		Circuit: c, Cars: o.Cars, Laps: o.Laps, Duration: duration, Seed: o.Seed, TickHz: o.TickHz, Setup: setup,
	})
	if err != nil { // a fault of the order
		return race.Race{}, nil, &race.InvalidError{Faults: []race.Fault{{Field: "order", Message: err.Error()}}}
	}
	text, err := c.MarshalText()
	if err != nil {
		return race.Race{}, nil, fmt.Errorf("write the circuit: %w", err)
	}
	if o.Name == "" {
		o.Name = c.Name
	}
	rules := race.Endurance(duration)
	if o.Laps > 0 {
		rules = race.F1(o.Laps)
		rules.RunningLimit, rules.WindowLimit = 0, duration // without a duration it always covers its distance
	}
	return race.Race{
		ID: id, Name: o.Name, Kind: race.Simulation, Circuit: c.Key, CircuitText: string(text), Lines: c.Lines,
		Rules: rules, Cars: o.Cars, Seed: o.Seed, TickHz: o.TickHz, Speed: o.Speed, TelemetryEvery: o.TelemetryEvery, Setup: setup.Text(),
	}, model, nil
}

// ModelOf returns the model of a race that was announced before, from its race info alone.
func ModelOf(info race.Race) (*Model, error) {
	c, err := circuit.FromText(info.Circuit, info.CircuitText)
	if err != nil {
		return nil, err
	}
	setup, err := ParseSetup(info.Setup, info.Cars)
	if err != nil {
		return nil, fmt.Errorf("set up the race: %w", err)
	}
	model, err := NewModel(Config{
		Circuit: c, Cars: info.Cars, Laps: info.Rules.Laps, Duration: info.Rules.WindowLimit, Seed: info.Seed, TickHz: info.TickHz,
		Setup: setup,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the race: %w", err)
	}
	return model, nil
}
