package drive

import (
	"encoding/json"
	"strings"

	"lightsout/race"
)

// Value is a parameter's value in a setup, which may be nil.
func (p *Parameter) Value(s *Setup) int64 {
	if s == nil {
		return p.Default
	}
	return *p.at(&s.params)
}

// EntryFields are what was given of a car, by the names of the fields; s may be nil.
func (s *Setup) EntryFields(car int) map[string]any {
	if s == nil || car >= len(s.Entries) {
		return nil
	}
	return s.Entries[car].fields()
}

// ModelSchema is the JSON schema of the model: each parameter with its unit, range, default and source.
func ModelSchema() map[string]any {
	root := object("figures of the model; what is left out has its default")
	for i := range parameters {
		p := &parameters[i]
		at := root
		names := strings.Split(p.Path, ".")
		for _, name := range names[:len(names)-1] {
			of := at["properties"].(map[string]any)
			if of[name] == nil {
				of[name] = object("figures of " + name)
			}
			at = of[name].(map[string]any)
		}
		kind := "number"
		if p.Digits == 0 {
			kind = "integer"
		}
		at["properties"].(map[string]any)[names[len(names)-1]] = map[string]any{
			"type": []string{kind, "null"}, "minimum": json.Number(p.Show(p.Min)), "maximum": json.Number(p.Show(p.Max)),
			"default": json.Number(p.Show(p.Default)), "description": p.Doc + "; unit: " + p.Unit + "; source: " + p.Source,
		}
	}
	return root
}

func object(about string) map[string]any {
	return map[string]any{
		"type": []string{"object", "null"}, "description": about, "properties": map[string]any{}, "additionalProperties": false,
	}
}

// EntriesSchema is the JSON schema of the entries.
func EntriesSchema() map[string]any {
	whole := func(low, high int) map[string]any {
		return map[string]any{"type": []string{"integer", "null"}, "minimum": low, "maximum": high}
	}
	text := func(most int) map[string]any {
		return map[string]any{
			"type": []string{"string", "null"}, "minLength": 1, "maxLength": most, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\ufffd]*$",
		}
	}
	of := map[string]map[string]any{
		"driver_number": whole(0, 1_000_000), "name_acronym": text(8), "full_name": text(100), "team_name": text(100),
		"team_colour":   {"type": []string{"string", "null"}, "pattern": "^#?[0-9a-fA-F]{6}$"},
		"grid_position": whole(1, race.CarsMax), "pit_lane_start": {"type": []string{"boolean", "null"}},
		"pace_s": {"type": []string{"number", "null"}, "minimum": 0, "maximum": paceMaxUS / 1_000_000},
		"compounds": {"type": []string{"array", "null"}, "minItems": 1, "maxItems": stintsMax,
			"items": map[string]any{"type": "string", "enum": []string{"soft", "medium", "hard"}}},
		"pit_laps":     {"type": []string{"array", "null"}, "maxItems": stintsMax - 1, "items": map[string]any{"type": "integer", "minimum": 1, "maximum": race.LapsMax}},
		"fails_on_lap": whole(0, race.LapsMax),
	}
	properties := map[string]any{}
	for _, f := range EntryFields {
		of[f[0]]["description"] = f[2] + "; " + f[1]
		properties[f[0]] = of[f[0]]
	}
	return map[string]any{
		"type": []string{"array", "null"}, "maxItems": race.CarsMax, "description": "the cars, in order; cars without an entry are drawn",
		"items": map[string]any{"type": "object", "properties": properties, "additionalProperties": false},
	}
}
