package racefile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"lightsout/cmd/internal/racefile"
	"lightsout/race"
	"lightsout/race/circuit"
)

func TestPrint_IsValidInputOfTheSameRace(t *testing.T) {
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"the defaults": `circuit: kartwerk`,
		"by time":      "circuit: kartwerk\nduration_s: 600\ncars: 3\ntick_hz: 20",
		"with a setup": "circuit: kartwerk\nmodel: {pace: {noise_s: 0.5}, tyres: {soft: {life_km: 20}}}\nentries:\n- {full_name: 'Ada: Lovelace # 1', pace_s: 0.25, compounds: [soft, hard], pit_laps: [4]}\n- {}\n",
	} {
		tree, err := racefile.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o, err := tree.Order()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := racefile.Print(&b, o, c); err != nil {
			t.Fatal(err)
		}
		if tree, err = racefile.Decode(b.Bytes()); err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, b.String())
		}
		again, err := tree.Order()
		if err != nil || again != o {
			t.Errorf("%s: ordered %+v, read back %+v, %v", name, o, again, err)
		}
	}
}

func TestOrder_RefusesAFieldByItsNameValueAndRange(t *testing.T) {
	for text, want := range map[string]string{
		"cars: many":                    "cars: is many (allowed: 1 to 100000)",
		"cars: 0":                       "cars: ",
		"laps: 1e3":                     "laps: is 1e3 (allowed: 1 to 10000",
		"laps: 0":                       "laps: is 0 (allowed: 1 to 10000, or 0 with a duration)",
		"duration_s: 604801":            "duration_s: is 604801 (allowed: 0 (no limit) to 604800)",
		"tick_hz: 3":                    "tick_hz: is 3",
		"seed: -1":                      "seed: is -1",
		"lapps: 3":                      "lapps: is unknown (allowed: name, circuit,",
		"model: {pace: {race_s: .inf}}": "model.pace.race_s: is",
		"entries: [{}, {}]\ncars: 1":    "entries: are 2 for 1 cars",
	} {
		tree, err := racefile.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var invalid *race.InvalidError
		if _, err = tree.Order(); !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"- 1": "allowed is an object", "a: 1\na: 2": "is there twice", "a: &x 1\nb: *x": "aliases", "a: [": "did not find",
	} {
		if _, err := racefile.Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestTree_SetChangesAFieldAndLeavesTheOriginal(t *testing.T) {
	tree, err := racefile.Decode([]byte("entries: [{pace_s: 1}, {}]\nlaps: 3"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := tree.Set("entries.0.pace_s", json.Number("2"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err = out.Set("model.pace.noise_s", json.Number("0.1")); err != nil {
		t.Fatal(err)
	}
	if tree.Get("entries.0.pace_s") != json.Number("1") || out.Get("entries.0.pace_s") != json.Number("2") || out.Get("model.pace.noise_s") != json.Number("0.1") {
		t.Errorf("%v became %v", tree, out)
	}
	for _, path := range []string{"entries.2.pace_s", "laps.a"} {
		if _, err := tree.Set(path, json.Number("1")); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestSchema_HasEveryFieldOfTheFile(t *testing.T) {
	properties := racefile.Schema()["properties"].(map[string]any)
	for _, name := range racefile.Names() {
		if properties[name] == nil {
			t.Errorf("%s is not in the schema", name)
		}
	}
	if len(properties) != len(racefile.Names()) {
		t.Errorf("the schema has %d fields, the file %d", len(properties), len(racefile.Names()))
	}
}
