package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lightsout/race/circuit"
)

// OpenCircuit opens a built-in circuit by its key, or reads one from a file.
func OpenCircuit(key string) (*circuit.Circuit, error) {
	if strings.ContainsAny(key, "./\\") {
		return readCircuit(key)
	}
	c, err := circuit.Open(key)
	if err != nil {
		return nil, circuit.Unknown(key, circuit.List())
	}
	return c, nil
}

// carLengthM is the length of a car, that of a Formula 1 car of 2022.
const carLengthM = 5.5

// Crowded says that a field does not fit on a circuit, even if its cars stand bumper to bumper; empty if it fits. Such a race shows what
// the machine can do.
func Crowded(cars int, c *circuit.Circuit) string {
	if float64(cars)*carLengthM <= c.Length() {
		return ""
	}
	each := float64(cars) / c.Length()
	digits := 0
	if each < 10 {
		digits = 1
	}
	return fmt.Sprintf("%d cars on %.2f km are %.*f a metre: a load for the machine, without physical meaning as a race",
		cars, c.Length()/1000, digits, each)
}

// readCircuit reads a circuit file: the text format, or an outline to import.
func readCircuit(path string) (*circuit.Circuit, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".geojson", ".json", ".csv":
		return ImportCircuit(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, BadInput("%w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	c, err := circuit.Parse(path, f)
	if err != nil {
		return nil, BadInput("%w", err)
	}
	return c, nil
}

// ImportCircuit reads an outline: GeoJSON, or CSV of x, y and width.
func ImportCircuit(path string) (*circuit.Circuit, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, BadInput("%w", err)
	}
	var c *circuit.Circuit
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".geojson", ".json":
		c, err = circuit.ImportGeoJSON(path, data)
	case ".csv":
		c, err = circuit.ImportCSV(path, strings.NewReader(string(data)))
	default:
		return nil, BadInput("%s: the ending %q is unknown: allowed are .geojson, .json and .csv", path, ext)
	}
	if err != nil {
		return nil, BadInput("%w", err)
	}
	return c, nil
}

// WriteCircuit writes a circuit in the text format.
func WriteCircuit(w io.Writer, c *circuit.Circuit) error {
	text, err := c.MarshalText()
	if err != nil {
		return fmt.Errorf("write the circuit: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write the circuit: %w", err)
	}
	return nil
}
