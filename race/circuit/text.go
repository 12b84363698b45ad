package circuit

import (
	"fmt"
	"strings"

	"lightsout/race"
)

// FromText reads the circuit of the text format that a race carries.
func FromText(key, text string) (*Circuit, error) {
	c, err := Parse(key, strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the circuit: %w", err)
	}
	return c, nil
}

// Unknown is the error for a key of no circuit; known are those that there are.
func Unknown(key string, known []string) error {
	return &race.InvalidError{Faults: []race.Fault{{
		Field: "circuit", Message: fmt.Sprintf("%q is unknown", key), Allowed: strings.Join(known, ", "),
	}}}
}
