package racefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
	"lightsout/race/drive"
)

// field is a field of the race itself.
type field struct {
	name, def, allowed, doc string
	schema                  map[string]any
}

// fields are those of a race file, in the order in which they are printed.
var fields = []field{
	{"name", `""`, "100 characters at most", "what the race is called; empty: as the circuit", text()},
	{"circuit", "meridian", "a key of lightsout circuit list; on the command line also a file", "where it is held", text()},
	{"cars", "20", "1 to 100000", "cars; without it as many as entries", whole(1, race.CarsMax)},
	{"laps", "10", "1 to 10000, or 0 with a duration", "distance", whole(0, race.LapsMax)},
	{"duration_s", "0", "0 to 604800 s", "the race ends at the leader's next crossing of the line; 0: no limit; with laps: what comes first", whole(0, int64(race.TimeMax/race.Second))},
	{"seed", "1", "0 to 18446744073709551615", "seed of everything that chance decides", map[string]any{"type": "integer", "minimum": 0}},
	{"tick_hz", "10", "1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 40, 50, 64, 80 or 100", "steps of the simulation in a second of race time", map[string]any{"enum": []int{1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 40, 50, 64, 80, 100}}},
	{"speed", "0", "0 (as fast as possible) to 10000", "times real time", map[string]any{"type": "number", "minimum": 0, "maximum": race.SpeedMax}},
	{"telemetry_every", "0", "0 (as the server is set) to 10000", "one of so many frames goes to InfluxDB", whole(0, race.TelemetryEveryMax)},
}

func whole(low, high int64) map[string]any {
	return map[string]any{"type": "integer", "minimum": low, "maximum": high}
}

func text() map[string]any { return map[string]any{"type": "string", "maxLength": 100} }

// Order is the race that a file orders. Fields that are missing have the defaults of lightsout simulate. The error is a *race.InvalidError.
func (t Tree) Order() (race.Order, error) {
	o := race.Order{Circuit: "meridian", Cars: 20, Laps: 10, Seed: 1, TickHz: 10}
	r := reader{tree: t}
	entries, _ := t["entries"].([]any)
	if len(entries) > 0 {
		o.Cars = len(entries)
	}
	o.DurationS = r.whole("duration_s", 0)
	if o.DurationS > 0 {
		o.Laps = 0
	}
	o.Name, o.Circuit = r.text("name", o.Name), r.text("circuit", o.Circuit)
	o.Cars, o.Laps = r.whole("cars", o.Cars), r.whole("laps", o.Laps)
	o.TickHz, o.TelemetryEvery = r.whole("tick_hz", o.TickHz), r.whole("telemetry_every", 0)
	o.Seed, o.Speed = r.seed("seed", o.Seed), r.number("speed", 0)
	for _, key := range slices.Sorted(maps.Keys(t)) {
		known := slices.ContainsFunc(fields, func(f field) bool { return f.name == key })
		if !known && !slices.Contains([]string{"model", "entries"}, key) {
			r.wrong(key, "is unknown", strings.Join(Names(), ", "))
		}
	}
	var invalid *race.InvalidError
	if errors.As(o.Validate(), &invalid) {
		for _, f := range invalid.Faults {
			if !slices.ContainsFunc(r.faults, func(was race.Fault) bool { return was.Field == f.Field }) {
				r.faults = append(r.faults, f)
			}
		}
	}
	setup, faults := drive.ReadSetup(t["model"], t["entries"], o.Cars)
	if r.faults = append(r.faults, faults...); r.faults != nil {
		return o, &race.InvalidError{Faults: r.faults}
	}
	o.Setup = setup.Text()
	return o, nil
}

// Names lists the fields of a race file.
func Names() (names []string) {
	for _, f := range fields {
		names = append(names, f.name)
	}
	return append(names, "model", "entries")
}

// reader reads the fields of the race itself.
type reader struct {
	tree   Tree
	faults []race.Fault
}

func (r *reader) wrong(name, message, allowed string) {
	r.faults = append(r.faults, race.Fault{Field: name, Message: message, Allowed: allowed})
}

func (r *reader) refuse(name string, v any) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	r.wrong(name, fmt.Sprintf("is %v", v), fields[i].allowed)
}

func (r *reader) text(name, def string) string {
	v := r.tree[name]
	if v == nil {
		return def
	}
	s, ok := v.(string)
	if !ok {
		r.refuse(name, v)
	}
	return s
}

func (r *reader) whole(name string, def int) int {
	switch v := r.tree[name].(type) {
	case nil:
		return def
	case int:
		return v
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
	}
	r.refuse(name, r.tree[name])
	return def
}

func (r *reader) seed(name string, def uint64) uint64 {
	switch v := r.tree[name].(type) {
	case nil:
		return def
	case uint64:
		return v
	case json.Number:
		if n, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return n
		}
	}
	r.refuse(name, r.tree[name])
	return def
}

func (r *reader) number(name string, def float64) float64 {
	switch v := r.tree[name].(type) {
	case nil:
		return def
	case float64:
		return v
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return n
		}
	}
	r.refuse(name, r.tree[name])
	return def
}

// Of is the race file of an order, without the speed, which is no part of a race that is over.
func Of(o race.Order) Tree {
	t := Tree{
		"circuit": o.Circuit, "cars": o.Cars, "laps": o.Laps, "duration_s": o.DurationS, "seed": o.Seed, "tick_hz": o.TickHz,
	}
	if o.Name != "" {
		t["name"] = o.Name
	}
	if o.TelemetryEvery > 0 {
		t["telemetry_every"] = o.TelemetryEvery
	}
	if o.Setup != "" {
		if given, err := Decode([]byte(o.Setup)); err == nil { // it is JSON
			for _, key := range []string{"model", "entries"} {
				if given[key] != nil {
					t[key] = given[key]
				}
			}
		}
	}
	return t
}
