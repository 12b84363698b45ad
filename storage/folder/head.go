package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// head is the content of race.json.
type head struct {
	Year          int             `json:"year"`
	Name          string          `json:"name"`
	Laps          int             `json:"laps"`
	ScheduledLaps *int            `json:"scheduled_laps"`
	RedFlags      []redFlag       `json:"red_flags"`
	LapsComplete  *bool           `json:"laps_complete"`
	Rules         json.RawMessage `json:"rules"`
}

// redFlag is a red flag in the leader's lap. Resumed is false if the race was not resumed: in the file N, no or false; any
// other value says how it was resumed.
type redFlag struct {
	Lap     flagLap `json:"Lap"`
	Resumed resumed `json:"Resumed"`
}

// redFlagsMax bounds the red flags of a race.
const redFlagsMax = 100

// flagLap is a lap, as a number or as text; 0 if it is neither.
type flagLap int

// UnmarshalJSON reads the lap.
func (l *flagLap) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.Trim(string(data), `"`)), 64)
	if err == nil && v == math.Trunc(v) && v >= 1 && v <= race.LapsMax {
		*l = flagLap(v)
	}
	return nil
}

// resumed reports whether a race was resumed.
type resumed bool

// UnmarshalJSON reads how it was resumed, or that it was not.
func (r *resumed) UnmarshalJSON(data []byte) error {
	word := strings.ToLower(strings.TrimSpace(strings.Trim(string(data), `"`)))
	*r = word != "n" && word != "no" && word != "false"
	return nil
}

// UnmarshalJSON reads a red flag. The race was resumed unless the file says otherwise.
func (f *redFlag) UnmarshalJSON(data []byte) error {
	type plain redFlag
	one := plain{Resumed: true}
	err := json.Unmarshal(data, &one)
	*f = redFlag(one)
	return err
}

func (r *reader) readHead() error {
	text, err := r.text(headFile)
	if errors.Is(err, fs.ErrNotExist) {
		r.note("%s is missing: the distance is taken to be the most laps of a car", headFile)
		return nil
	}
	if err != nil {
		return err
	}
	data := []byte(text)
	if err := json.Unmarshal(data, &r.head); err != nil {
		return headError(data, err)
	}
	if n := len(r.head.RedFlags); n > redFlagsMax {
		return &Error{headFile, 0, fmt.Sprintf("%d red_flags: expected %d at most", n, redFlagsMax)}
	}
	for i, f := range r.head.RedFlags {
		if f.Lap == 0 {
			return &Error{headFile, 0, fmt.Sprintf("red_flags[%d] has no lap in Lap: expected a whole number from 1 to %d", i, race.LapsMax)}
		}
	}
	for _, laps := range []int{r.head.Laps, r.head.scheduled()} {
		if laps < 0 || laps > race.LapsMax {
			return &Error{headFile, 0, fmt.Sprintf("laps is %d: expected 0 to %d", laps, race.LapsMax)}
		}
	}
	return nil
}

// headError returns the fault in race.json with its line.
func headError(data []byte, err error) error {
	lineAt := func(offset int64) int { return 1 + strings.Count(string(data[:min(offset, int64(len(data)))]), "\n") }
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return &Error{headFile, lineAt(syntax.Offset), "is no valid JSON: " + err.Error()}
	case errors.As(err, &kind):
		return &Error{headFile, lineAt(kind.Offset), fmt.Sprintf("%s is a %s: expected %s", kind.Field, kind.Value, kind.Type)}
	}
	return &Error{headFile, 0, "is no valid JSON: " + err.Error()}
}

// scheduled returns the distance in the file; 0 if there is none.
func (h *head) scheduled() int {
	if h.ScheduledLaps != nil {
		return *h.ScheduledLaps
	}
	return h.Laps
}

// rules returns the rules of race.json: a preset by name, with any field overridden. The default preset is F1.
func (r *reader) rules() (race.RuleSet, error) {
	if r.head.Rules == nil {
		return race.F1(r.lapsOr(nil)), nil
	}
	wrong := func(format string, args ...any) (race.RuleSet, error) {
		return race.RuleSet{}, &Error{headFile, 0, "rules: " + fmt.Sprintf(format, args...)}
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(r.head.Rules, &given); err != nil {
		return wrong("expected an object of the fields %s", strings.Join(ruleNames(), ", "))
	}
	for _, name := range sortedKeys(given) {
		if !slices.Contains(ruleNames(), name) {
			return wrong("%q is unknown: expected %s", name, strings.Join(ruleNames(), ", "))
		}
	}
	named := struct {
		Name string `json:"name"`
	}{Name: "f1"}
	if err := json.Unmarshal(r.head.Rules, &named); err != nil {
		return wrong("name is no text: expected %s", strings.Join(race.Presets, ", "))
	}
	laps := 0
	if named.Name != "endurance" { // endurance is run by time, unless the file says otherwise
		laps = r.lapsOr(given["laps"])
	}
	rules, err := race.Preset(named.Name, laps, 0)
	if err != nil {
		return wrong("%v", err)
	}
	if err := json.Unmarshal(r.head.Rules, &rules); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return wrong("%s is a %s: expected %s", kind.Field, kind.Value, kind.Type)
		}
		return wrong("%v", err)
	}
	if err := rules.Validate(); err != nil {
		return wrong("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return rules, nil
}

// lapsOr returns the distance in the file if the rules have none.
func (r *reader) lapsOr(given json.RawMessage) int {
	switch laps := r.head.scheduled(); {
	case given != nil:
		return 0
	case laps > 0:
		return laps
	}
	return r.distance()
}

// ruleNames returns the JSON names of a rule set's fields.
func ruleNames() (names []string) {
	t := reflect.TypeFor[race.RuleSet]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("json"))
	}
	return names
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
