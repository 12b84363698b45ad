package race_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"lightsout/race"
)

func TestPresets_AreValidByLapsAndByTime(t *testing.T) {
	for _, name := range race.Presets {
		r, err := race.Preset(name, 50, 0)
		if err != nil || r.Validate() != nil || r.Name != name || r.Laps != 50 {
			t.Errorf("%s by laps: %+v, %v, %v", name, r, err, r.Validate())
		}
		r, err = race.Preset(name, 0, race.Hour)
		if err != nil || r.Validate() != nil || r.WindowLimit != race.Hour {
			t.Errorf("%s by time: %+v, %v, %v", name, r, err, r.Validate())
		}
	}
	if _, err := race.Preset("rally", 1, 0); err == nil || !strings.Contains(err.Error(), "f1, endurance, kart") {
		t.Errorf("an unknown preset: %v", err)
	}
}

// TestPresets_HaveTheNumbersOfTheRulebook pins the figures that the design takes from the rulebooks.
func TestPresets_HaveTheNumbersOfTheRulebook(t *testing.T) {
	want := race.RuleSet{
		Name: "f1", Laps: 57, RunningLimit: 2 * race.Hour, WindowLimit: 3 * race.Hour, Precision: race.Millisecond,
		ClassifiedPermille: 900, DeadTime: 3 * race.Second, MinLap: 15 * race.Second,
		DriveThrough: 20 * race.Second, StopAndGo: 30 * race.Second,
	}
	if got := race.F1(57); got != want {
		t.Errorf("f1: %+v, expected %+v", got, want)
	}
	if e := race.Endurance(6 * race.Hour); e.WindowLimit != 6*race.Hour || e.RunningLimit != 0 || e.ClassifiedPermille != 700 || !e.MustFinish {
		t.Errorf("endurance: %+v", e)
	}
	if k := race.Kart(12); k.ClassifiedPermille != 0 || k.RunningLimit != 0 || k.DriveThrough != 10*race.Second || k.StopAndGo != 20*race.Second {
		t.Errorf("kart: %+v", k)
	}
}

func TestRuleSet_ValidateNamesEveryFieldOutOfRange(t *testing.T) {
	fields := reflect.TypeFor[race.RuleSet]()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if field.Type.Kind() != reflect.Int && field.Type.Kind() != reflect.Int64 {
			continue // neither a string nor a bool has a range
		}
		for _, bad := range []int64{-1, 1 << 60} {
			r := race.F1(10)
			reflect.ValueOf(&r).Elem().Field(i).SetInt(bad)
			name := field.Tag.Get("json")
			if err := r.Validate(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s is %d: allowed is", name, bad)) {
				t.Errorf("%s of %d: %v", name, bad, err)
			}
		}
	}
	none := race.Kart(0)
	if none.Validate() == nil {
		t.Error("a race without laps or time is allowed")
	}
}

func TestRuleSet_SurvivesJSONWithEveryField(t *testing.T) {
	r := race.Endurance(race.Hour)
	r.Laps, r.RunningLimit = 3, race.Minute
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again race.RuleSet
	if err := json.Unmarshal(text, &again); err != nil || again != r {
		t.Errorf("%s became %+v: %v", text, again, err)
	}
}
