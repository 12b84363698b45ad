package race_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"lightsout/race"
)

// notCompared are the fields that do not change the log beyond its first record.
var notCompared = map[string]bool{"ID": true, "Name": true, "Speed": true, "TelemetryEvery": true}

func info() race.Race {
	return race.Race{
		ID: "r", Name: "A race", Circuit: "oval", CircuitText: "circuit oval\nwidth 12\n", Cars: 20, Seed: 7, TickHz: 10, Speed: 1,
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}, Rules: race.F1(3),
	}
}

// change sets a field to another value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	default:
		t.Fatalf("no way to change a field of kind %v: add a case", v.Kind())
	}
}

func TestDifferences_NameEveryFieldThatChangesTheLog(t *testing.T) {
	kept := info()
	if d := kept.Differences(&kept); d != nil {
		t.Errorf("equal race infos differ: %v", d)
	}
	fields := reflect.TypeFor[race.Race]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if name == "Rules" {
			continue // compared field by field below
		}
		ordered := info()
		change(t, reflect.ValueOf(&ordered).Elem().Field(i))
		if d := kept.Differences(&ordered); (len(d) != 1) != notCompared[name] {
			t.Errorf("%s changed: the differences are %v", name, d)
		}
	}
	rules := reflect.TypeFor[race.RuleSet]()
	for i := range rules.NumField() {
		ordered := info()
		change(t, reflect.ValueOf(&ordered.Rules).Elem().Field(i))
		if d := kept.Differences(&ordered); len(d) != 1 {
			t.Errorf("the rules' %s changed: the differences are %v", rules.Field(i).Name, d)
		}
	}
}

func TestTakenError_NamesStoredAndOrderedValues(t *testing.T) {
	kept, ordered := info(), info()
	ordered.TickHz, ordered.Rules.Laps, ordered.CircuitText = 20, 5, "circuit oval\n"
	err := fmt.Errorf("x.db: %w", &race.TakenError{ID: "r", Differences: kept.Differences(&ordered)})
	want := `x.db: race r is there already with the circuit's content (line 2) "width 12", ordered is nothing; ` +
		"tick_hz 10, ordered is 20; laps 3, ordered is 5"
	if err.Error() != want || !errors.Is(err, race.ErrConflict) {
		t.Errorf("got %v", err)
	}
}
