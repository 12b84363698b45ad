package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/racefile"
	"lightsout/race"
	"lightsout/race/circuit"
)

// Ending is added to the name of an output to name its manifest.
const Ending = ".manifest.json"

// format is the version of the manifest's fields.
const format = 1

// Manifest says how an output was made.
type Manifest struct {
	Format int `json:"manifest"`
	// Version is the program's, with its commit.
	Version string `json:"version"`
	// Command makes the race, without what was given of model and entries.
	Command string  `json:"command"`
	Seed    *uint64 `json:"seed,omitempty"` // missing of a sweep over seeds
	TickHz  int     `json:"tick_hz"`
	// CircuitHash is the SHA-256 of the circuit's text, SetupHash of what was given of model and entries, without it missing.
	CircuitHash string `json:"circuit_sha256"`
	SetupHash   string `json:"setup_sha256,omitempty"`
	// CircuitText is the circuit, unless it is built in.
	CircuitText string        `json:"circuit_text,omitempty"`
	ID          race.ID       `json:"id,omitempty"`
	Race        racefile.Tree `json:"race"`
	// Sweep is the sweep file, if the output is of a sweep. Race is what it varies.
	Sweep racefile.Tree `json:"sweep,omitempty"`
	// StateHash is that of the race's result; missing of a sweep.
	StateHash string `json:"state_hash,omitempty"`
	// Began is the date of the start signal in a log.
	Began *time.Time `json:"began,omitempty"`
	// Output is what was written; nil of what was printed.
	Output *Output `json:"output,omitempty"`
}

// Output is a file that was written.
type Output struct {
	Kind   string `json:"kind"` // log, db or data
	File   string `json:"file"`
	Bytes  int64  `json:"bytes,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of a db missing: it holds other races as well
}

// New makes the manifest of a race on its circuit.
func New(version string, id race.ID, o race.Order, c *circuit.Circuit) (*Manifest, error) {
	text, err := c.MarshalText()
	if err != nil {
		return nil, fmt.Errorf("write the circuit: %w", err)
	}
	o.Circuit = c.Key
	m := &Manifest{
		Format: format, Version: version, Command: command(id, o), Seed: &o.Seed, TickHz: o.TickHz, CircuitHash: hash(text), ID: id,
		Race: racefile.Of(o),
	}
	if o.Setup != "" {
		m.SetupHash = hash([]byte(o.Setup))
	}
	if own, err := circuit.Open(c.Key); err != nil {
		m.CircuitText = string(text)
	} else if of, err := own.MarshalText(); err != nil || !bytes.Equal(of, text) {
		m.CircuitText = string(text)
	}
	return m, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// command is the command line of an order.
func command(id race.ID, o race.Order) string {
	words := []string{"lightsout simulate", "--circuit", o.Circuit, fmt.Sprintf("--cars %d", o.Cars)}
	if o.Laps > 0 {
		words = append(words, fmt.Sprintf("--laps %d", o.Laps))
	}
	if o.DurationS > 0 {
		words = append(words, fmt.Sprintf("--duration %ds", o.DurationS))
	}
	words = append(words, fmt.Sprintf("--seed %d --tick-hz %d", o.Seed, o.TickHz))
	if id != "" {
		words = append(words, "--id "+string(id))
	}
	return strings.Join(words, " ")
}

// Circuit is the circuit of the manifest.
func (m *Manifest) Circuit() (*circuit.Circuit, error) {
	key, _ := m.Race["circuit"].(string)
	if m.CircuitText == "" {
		c, err := circuit.Open(key)
		if err != nil {
			return nil, circuit.Unknown(key, circuit.List())
		}
		text, err := c.MarshalText()
		if err != nil {
			return nil, fmt.Errorf("write the circuit: %w", err)
		}
		if hash(text) != m.CircuitHash {
			return nil, cli.BadInput("the circuit %s has changed since: its SHA-256 is %s, in the manifest %s", key, hash(text), m.CircuitHash)
		}
		return c, nil
	}
	c, err := circuit.FromText(key, m.CircuitText)
	if err != nil {
		return nil, cli.BadInput("circuit_text: %w", err)
	}
	return c, nil
}

// Read reads a manifest, or the one in a printed result.
func Read(path string) (*Manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	refused := func(err error) (*Manifest, error) {
		return nil, cli.BadInput("%s: %w: expected a manifest, or what simulate --json printed", path, err)
	}
	t, err := racefile.Decode(data)
	if err != nil {
		return refused(err)
	}
	if _, inner := t["manifest"].(map[string]any); inner {
		t = t["manifest"].(map[string]any)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return refused(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	m := &Manifest{}
	switch err := dec.Decode(m); {
	case err != nil:
		return refused(err)
	case m.Format != format:
		return refused(fmt.Errorf("manifest is %d, allowed is %d", m.Format, format))
	case m.Race == nil:
		return refused(fmt.Errorf("race is missing"))
	}
	return m, nil
}

// Write writes the manifest beside an output that is complete.
func (m *Manifest) Write(kind, file, beside string, whole bool) error {
	m.Output = &Output{Kind: kind, File: file}
	if whole {
		var err error
		if m.Output.Bytes, m.Output.SHA256, err = Sum(file); err != nil {
			return err
		}
	}
	return cli.WriteFile(beside, func(w io.Writer) error { return cli.WriteJSON(w, m) })
}

// Sum is the length and the SHA-256 of a file.
func Sum(file string) (int64, string, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", fmt.Errorf("read what was written: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return 0, "", fmt.Errorf("read what was written: %w", err)
	}
	return n, hex.EncodeToString(h.Sum(nil)), nil
}
