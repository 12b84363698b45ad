package circuit

import (
	"fmt"
	"strings"
)

// FromText reads a circuit of the text format that a race carries.
func FromText(key, text string) (*Circuit, error) {
	c, err := Parse(key, strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the circuit: %w", err)
	}
	return c, nil
}
