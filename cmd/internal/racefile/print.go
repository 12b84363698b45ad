package racefile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
)

// Print writes a race file of an order, every field with its value and what it means. Read back it orders the same race.
func Print(w io.Writer, o race.Order, c *circuit.Circuit) error {
	setup, err := drive.ParseSetup(o.Setup, o.Cars)
	if err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	_, model, err := drive.NewRace(o, "print", c)
	if err != nil {
		return fmt.Errorf("set up the race: %w", err)
	}
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "# A race of Lights Out, for lightsout simulate --race FILE and lightsout sweep; as JSON it is the body of POST /api/v1/races.\n",
		"# A field that is left out has its default. Lap times and their parts are of a lap of 90 s, wear and fuel of one of 5.3 km; other\n",
		"# circuits are scaled.\n\n")
	values := map[string]any{
		"name": o.Name, "circuit": o.Circuit, "cars": o.Cars, "laps": o.Laps, "duration_s": o.DurationS, "seed": o.Seed,
		"tick_hz": o.TickHz, "speed": o.Speed, "telemetry_every": o.TelemetryEvery,
	}
	for _, f := range fields {
		v, err := json.Marshal(values[f.name]) // which is YAML
		if err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		fmt.Fprintf(b, "%s: %s # %s; %s\n", f.name, v, f.doc, f.allowed)
	}
	printModel(b, setup)
	printEntries(b, setup, model.Entries())
	if err := b.Flush(); err != nil {
		return fmt.Errorf("print the race: %w", err)
	}
	return nil
}

// printModel prints the parameters by group, each with its meaning, range and source.
func printModel(b *bufio.Writer, setup *drive.Setup) {
	fmt.Fprint(b, "\nmodel:\n")
	var open []string
	for _, p := range drive.Parameters() {
		names := strings.Split(p.Path, ".")
		groups, name := names[:len(names)-1], names[len(names)-1]
		for i, group := range groups {
			if i >= len(open) || !slices.Equal(open[:i+1], groups[:i+1]) {
				fmt.Fprintf(b, "%s%s:\n", strings.Repeat("  ", i+1), group)
			}
		}
		open = groups
		v := p.Value(setup)
		fmt.Fprintf(b, "%s%s: %s # %s; %s; %s", strings.Repeat("  ", len(names)), name, p.Show(v), p.Doc, p.Range(), p.Source)
		if v != p.Default {
			fmt.Fprintf(b, "; default %s", p.Show(p.Default))
		}
		fmt.Fprintln(b)
	}
}

// printEntries prints who races, one entry a line, and what may be given of each.
func printEntries(b *bufio.Writer, setup *drive.Setup, entries []race.Entry) {
	fmt.Fprint(b, "\n# An entry of each car. What is null is drawn from the seed. Fields:\n")
	for _, f := range drive.EntryFields {
		fmt.Fprintf(b, "#   %s: %s; %s\n", f[0], f[2], f[1])
	}
	fmt.Fprint(b, "entries:\n")
	for i := range entries {
		e := &entries[i]
		given := setup.EntryFields(i)
		values := map[string]any{
			"driver_number": e.Number, "name_acronym": e.Code, "full_name": e.Name, "team_name": e.Team, "team_colour": e.Colour,
			"pit_lane_start": e.PitLaneStart,
		}
		for i, f := range drive.EntryFields {
			v, known := values[f[0]]
			if !known {
				v = given[f[0]]
			}
			text, err := json.Marshal(v)
			if err != nil {
				panic(err) // numbers, texts and lists of them
			}
			fmt.Fprintf(b, "%s%s: %s", []string{"  - {", ", "}[min(i, 1)], f[0], text)
		}
		fmt.Fprint(b, "}\n")
	}
}

// Schema is the JSON schema of a race file.
func Schema() map[string]any {
	properties := map[string]any{"model": drive.ModelSchema(), "entries": drive.EntriesSchema()}
	for _, f := range fields {
		one := map[string]any{"description": f.doc + "; " + f.allowed}
		for k, v := range f.schema {
			one[k] = v
		}
		var def any
		if json.Unmarshal([]byte(f.def), &def) != nil {
			def = f.def
		}
		one["default"] = def
		properties[f.name] = one
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A race of Lights Out", "type": "object",
		"properties": properties, "additionalProperties": false,
	}
}
