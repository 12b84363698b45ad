package races

import (
	"context"
	"fmt"
	"slices"

	"lightsout/gateway"
	"lightsout/race/circuit"
	"lightsout/storage/sqlite"
)

var _ gateway.Circuits = (*Circuits)(nil)

// Circuits are those that come with the program and those that were imported.
type Circuits struct{ store *sqlite.Store }

// AddCircuit stores an imported circuit.
func (s *Circuits) AddCircuit(_ context.Context, c *circuit.Circuit) error {
	text, err := c.MarshalText()
	if err != nil {
		return fmt.Errorf("write the circuit: %w", err)
	}
	done := make(chan error, 1)
	s.store.AddCircuit(c.Key, string(text), func(err error) { done <- err })
	return <-done
}

// Imported returns the imported circuits.
func (s *Circuits) Imported(ctx context.Context) ([]*circuit.Circuit, error) {
	var out []*circuit.Circuit
	err := s.store.Circuits(ctx, func(key, text string) error {
		c, err := circuit.FromText(key, text)
		out = append(out, c)
		return err
	})
	return out, err
}

// open finds a circuit by its key.
func (s *Circuits) open(ctx context.Context, key string) (*circuit.Circuit, error) {
	known := circuit.List()
	if slices.Contains(known, key) {
		return circuit.Open(key)
	}
	imported, err := s.Imported(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range imported {
		if c.Key == key {
			return c, nil
		}
		known = append(known, c.Key)
	}
	return nil, circuit.Unknown(key, known)
}
