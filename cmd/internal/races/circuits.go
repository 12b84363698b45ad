package races

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"lightsout/gateway"
	"lightsout/race/circuit"
	"lightsout/storage/sqlite"
)

var _ gateway.Circuits = (*Circuits)(nil)

// Circuits are those that come with the program and those that were imported.
type Circuits struct {
	store *sqlite.Store
	log   *slog.Logger
	share func(key, text string) // nil without other servers
}

// Learn stores a circuit that was imported at another server. One of that key that is here stays.
func (s *Circuits) Learn(key, text string) {
	if _, err := circuit.FromText(key, text); err != nil {
		s.log.Error("a circuit of another server cannot be read", slog.String("circuit", key), slog.Any("err", err))
		return
	}
	known := false
	if err := s.store.Circuits(context.Background(), func(one, _ string) error { known = known || one == key; return nil }); err == nil && known {
		return
	}
	s.store.AddCircuit(key, text, func(err error) {
		if err != nil && !errors.Is(err, sqlite.ErrCircuitTaken) {
			s.log.Error("a circuit of another server is not stored", slog.String("circuit", key), slog.Any("err", err))
		}
	})
}

// AddCircuit stores an imported circuit.
func (s *Circuits) AddCircuit(_ context.Context, c *circuit.Circuit) error {
	text, err := c.MarshalText()
	if err != nil {
		return fmt.Errorf("write the circuit: %w", err)
	}
	done := make(chan error, 1)
	s.store.AddCircuit(c.Key, string(text), func(err error) { done <- err })
	if err := <-done; err != nil {
		return err
	}
	if s.share != nil {
		s.share(c.Key, string(text))
	}
	return nil
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
