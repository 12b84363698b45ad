package circuit

import (
	"fmt"
	"strings"

	"lightsout/race"
)

// FromText parses the circuit text of a race.
func FromText(key, text string) (*Circuit, error) {
	c, err := Parse(key, strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the circuit: %w", err)
	}
	return c, nil
}

// Unknown returns the error for an unknown key; known are the existing ones.
func Unknown(key string, known []string) error {
	return &race.InvalidError{Faults: []race.Fault{{
		Field: "circuit", Message: fmt.Sprintf("%q is unknown", key), Allowed: strings.Join(known, ", "),
	}}}
}
