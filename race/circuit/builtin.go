package circuit

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
)

//go:embed builtin/*.circuit
var builtin embed.FS

// List returns the keys of the built-in circuits, in alphabetical order.
func List() []string {
	entries, err := builtin.ReadDir("builtin")
	if err != nil {
		panic(err) // embedded
	}
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = strings.TrimSuffix(e.Name(), ".circuit")
	}
	return keys
}

// Open returns a built-in circuit. It wraps ErrUnknown and names the allowed keys if there is none with the key.
func Open(key string) (*Circuit, error) {
	text, err := builtin.ReadFile("builtin/" + key + ".circuit")
	if err != nil || !keyPattern.MatchString(key) {
		return nil, fmt.Errorf("%w %q: allowed are %s", ErrUnknown, key, strings.Join(List(), ", "))
	}
	return Parse(key+".circuit", bytes.NewReader(text))
}
