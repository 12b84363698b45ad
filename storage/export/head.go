package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"lightsout/race"
)

// headFile contains name and rules of the race; it accompanies the tables.
const headFile = "race.json"

// Files returns the names of all files of a folder.
func Files(f Format) []string {
	names := []string{headFile}
	for _, t := range Tables() {
		names = append(names, t+"."+f.String())
	}
	return names
}

// Head writes the race's name and rules.
func (e *Export) Head(w io.Writer) error {
	head := e.summary.Race
	text, err := json.MarshalIndent(struct {
		ID      race.ID      `json:"id"`
		Name    string       `json:"name"`
		Kind    string       `json:"kind"`
		Circuit string       `json:"circuit"`
		Rules   race.RuleSet `json:"rules"`
	}{head.ID, head.Name, head.Kind.String(), head.Circuit, head.Rules}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", headFile, err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", headFile, err)
	}
	e.wrote()
	return nil
}

var linesTable = &table[race.Line]{
	name: "lines", about: "timing lines in driving order, the finish line first",
	columns: []column[race.Line]{
		{Column{Name: "kind", About: "finish, sector, mini, speed_trap, pit_entry or pit_exit", Type: Text}, func(_ *Export, r *race.Line) cell { return text(r.Kind.String()) }},
		{Column{Name: "sector", About: "the sector that ends there, 1 to 3", Type: Small, Optional: true}, func(_ *Export, r *race.Line) cell { return above(r.Sector, 0) }},
		{Column{Name: "permyriad", About: "its place, in ten thousandths of the lap", Type: Small}, func(_ *Export, r *race.Line) cell { return whole(r.Permyriad) }},
	},
	rows: func(_ context.Context, e *Export, emit func(*race.Line) error, _ func() error) error {
		return all(e.summary.Race.Lines, emit)
	},
}
