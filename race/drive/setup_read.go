package drive

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lightsout/race"
)

// ReadSetup reads what is given of a race of so many cars: model and entries as decoded from JSON or YAML, numbers as json.Number or Go's
// own. A value of null counts as not given. The setup is nil if nothing differs from the defaults. The faults name field, value and what
// is allowed.
func ReadSetup(model, entries any, cars int) (*Setup, []race.Fault) {
	r := &setupReader{setup: &Setup{params: defaults}, cars: cars}
	r.group("model", "", model)
	r.entries(entries)
	s := r.setup
	if r.faults != nil {
		return nil, r.faults
	}
	s.trim(cars)
	if s.empty() {
		return nil, nil
	}
	if n := len(s.Text()); n > SetupBytesMax {
		r.wrong("entries", fmt.Sprintf("are %d bytes of text with the model", n), fmt.Sprintf("up to %d", SetupBytesMax))
	}
	return s, r.faults
}

// ParseSetup reads what Text wrote.
func ParseSetup(text string, cars int) (*Setup, error) {
	if text == "" {
		return nil, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v struct{ Model, Entries any }
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("read the setup: %w", err)
	}
	s, faults := ReadSetup(v.Model, v.Entries, cars)
	if faults != nil {
		return nil, &race.InvalidError{Faults: faults}
	}
	return s, nil
}

type setupReader struct {
	setup  *Setup
	cars   int
	faults []race.Fault
	index  *int // of the entry
}

func (r *setupReader) wrong(field, message, allowed string) {
	r.faults = append(r.faults, race.Fault{Index: r.index, Field: field, Message: message, Allowed: allowed})
}

// group reads the parameters below a path; name is what the field is called.
func (r *setupReader) group(name, path string, v any) {
	if v == nil {
		return
	}
	fields, ok := v.(map[string]any)
	if !ok {
		r.wrong(name, "is "+shown(v), "an object with "+strings.Join(below(path), ", "))
		return
	}
	for _, key := range sorted(fields) {
		at := strings.TrimPrefix(path+"."+key, ".")
		if i := slices.IndexFunc(parameters, func(p Parameter) bool { return p.Path == at }); i >= 0 {
			r.parameter(&parameters[i], name+"."+key, fields[key])
		} else if known := below(at); len(known) > 0 {
			r.group(name+"."+key, at, fields[key])
		} else {
			r.wrong(name+"."+key, "is unknown", strings.Join(below(path), ", "))
		}
	}
}

// below lists the names of the groups and parameters directly below a path.
func below(path string) (names []string) {
	for i := range parameters {
		rest := parameters[i].Path
		if path != "" {
			var is bool
			if rest, is = strings.CutPrefix(rest, path+"."); !is {
				continue
			}
		}
		name, _, _ := strings.Cut(rest, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func sorted(fields map[string]any) []string {
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Range is what is allowed, in words.
func (p *Parameter) Range() string {
	if p.Unit == "1" || p.Unit == "0 or 1" {
		return fmt.Sprintf("%s to %s", p.Show(p.Min), p.Show(p.Max))
	}
	if p.Unit == "one in" {
		return fmt.Sprintf("one in %s to one in %s", p.Show(p.Min), p.Show(p.Max))
	}
	return fmt.Sprintf("%s to %s %s", p.Show(p.Min), p.Show(p.Max), p.Unit)
}

func (r *setupReader) parameter(p *Parameter, name string, v any) {
	if v == nil {
		return
	}
	n, ok := scaled(v, p.Digits)
	switch {
	case !ok || n < p.Min || n > p.Max:
		allowed := p.Range()
		if p.Digits > 0 {
			allowed += fmt.Sprintf(", %d decimals at most", p.Digits)
		} else {
			allowed += ", whole"
		}
		r.wrong(name, "is "+shown(v), allowed)
	default:
		*p.at(&r.setup.params) = n
	}
}

// scaled reads a decimal number as a whole number of 10^-digits.
func scaled(v any, digits int) (int64, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		text = strconv.FormatFloat(float64(v), 'f', -1, 32)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		text = fmt.Sprint(v)
	default:
		return 0, false
	}
	// The size is checked first: an exact number with a great exponent would take all memory.
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e15 || f != 0 && math.Abs(f) < 1e-15 || len(text) > 40 {
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	if !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	return exact.Num().Int64(), true
}

// shown is a value as a message quotes it.
func shown(v any) string {
	text := fmt.Sprintf("%v", v)
	switch v.(type) {
	case string:
		text = strconv.Quote(text)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	if utf8.RuneCountInString(text) > 60 {
		text = string([]rune(text)[:60]) + "…"
	}
	return text
}

func (r *setupReader) entries(v any) {
	if v == nil {
		return
	}
	list, ok := v.([]any)
	if !ok || len(list) > r.cars {
		said := "is " + shown(v)
		if ok {
			said = fmt.Sprintf("are %d for %d cars", len(list), r.cars)
		}
		r.wrong("entries", said, "a list of one entry for each car, or fewer: the others are drawn")
		return
	}
	numbers, grid := map[int]bool{}, map[int]bool{}
	for i, v := range list {
		r.index = &i
		e := r.entry(v)
		r.once("driver_number", numbers, e.Number)
		r.once("grid_position", grid, e.Grid)
		r.setup.Entries = append(r.setup.Entries, e)
	}
	r.index = nil
}

// once refuses what another entry has.
func (r *setupReader) once(field string, taken map[int]bool, v *int) {
	if v == nil {
		return
	}
	if taken[*v] {
		r.wrong(field, fmt.Sprintf("is %d, as another entry's", *v), "one of its own for each entry")
	}
	taken[*v] = true
}

// EntryFields are the fields of an entry in the order in which they are printed: name, what is allowed, what it is.
var EntryFields = [][3]string{
	{"driver_number", "0 to 1000000", "the number painted on the car"},
	{"name_acronym", "8 characters at most", "short name"},
	{"full_name", "100 characters at most", "the driver"},
	{"team_name", "100 characters at most", "the team; the pace of a car and the pit box follow from the entry's place in the list"},
	{"team_colour", "six hexadecimal digits, rrggbb", "of the team"},
	{"grid_position", "1 to the number of cars", "place on the grid; null: the places that are left, by a qualifying draw"},
	{"pit_lane_start", "true or false", "starts from the pit lane"},
	{"pace_s", "0 to 60 s, 6 decimals at most", "pace behind the best car, on a lap of 90 s; null: drawn"},
	{"compounds", "1 to 50 of soft, medium, hard", "the tyres of the stints; null: drawn"},
	{"pit_laps", "0 to 49 laps, 1 to 10000, each later than the one before", "the laps at whose end the car stops; null: planned by the model"},
	{"fails_on_lap", "0 to 10000", "the lap on which the car breaks down; 0: never; null: drawn"},
}

const (
	paceMaxUS = 60_000_000
	stintsMax = 50
)

func (r *setupReader) entry(v any) (e EntrySetup) {
	fields, ok := v.(map[string]any)
	if !ok {
		r.wrong("entries", "has "+shown(v), "objects with fields")
		return e
	}
	for _, key := range sorted(fields) {
		v := fields[key]
		i := slices.IndexFunc(EntryFields, func(f [3]string) bool { return f[0] == key })
		switch {
		case i < 0:
			names := make([]string, len(EntryFields))
			for i := range EntryFields {
				names[i] = EntryFields[i][0]
			}
			r.wrong(key, "is unknown", strings.Join(names, ", "))
		case v != nil && !e.read(key, v, r.cars):
			r.wrong(key, "is "+shown(v), EntryFields[i][1])
		}
	}
	if e.PitLaps != nil && e.Compounds != nil && len(e.Compounds) != len(e.PitLaps)+1 {
		r.wrong("compounds", fmt.Sprintf("are %d with %d pit_laps", len(e.Compounds), len(e.PitLaps)), "one more than pit_laps")
	}
	return e
}

// read reads a field of an entry.
func (e *EntrySetup) read(key string, v any, cars int) bool {
	switch key {
	case "driver_number":
		return readInt(&e.Number, v, 0, 1_000_000)
	case "grid_position":
		return readInt(&e.Grid, v, 1, int64(cars))
	case "fails_on_lap":
		return readInt(&e.FailsOnLap, v, 0, race.LapsMax)
	case "name_acronym":
		return readText(&e.Code, v, 8)
	case "full_name":
		return readText(&e.Name, v, 100)
	case "team_name":
		return readText(&e.Team, v, 100)
	case "team_colour":
		if !readText(&e.Colour, v, 7) {
			return false
		}
		colour := strings.ToLower(strings.TrimPrefix(*e.Colour, "#"))
		e.Colour = &colour
		return len(colour) == 6 && strings.Trim(colour, "0123456789abcdef") == ""
	case "pit_lane_start":
		is, ok := v.(bool)
		e.PitLaneStart = &is
		return ok
	case "pace_s":
		us, ok := scaled(v, paceDigits)
		e.PaceUS = &us
		return ok && us >= 0 && us <= paceMaxUS
	case "compounds":
		return e.readCompounds(v)
	default:
		return e.readPitLaps(v)
	}
}

func (e *EntrySetup) readCompounds(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) < 1 || len(list) > stintsMax {
		return false
	}
	for _, v := range list {
		name, _ := v.(string)
		c, err := race.ParseCompound(name)
		if err != nil || c < race.Soft || c > race.Hard {
			return false
		}
		e.Compounds = append(e.Compounds, c)
	}
	return true
}

func (e *EntrySetup) readPitLaps(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) >= stintsMax {
		return false
	}
	e.PitLaps = []int{}
	for _, v := range list {
		lap, ok := scaled(v, 0)
		if n := len(e.PitLaps); !ok || lap < 1 || lap > race.LapsMax || n > 0 && int(lap) <= e.PitLaps[n-1] {
			return false
		}
		e.PitLaps = append(e.PitLaps, int(lap))
	}
	return true
}

func readInt(to **int, v any, low, high int64) bool {
	n, ok := scaled(v, 0)
	is := int(n)
	*to = &is
	return ok && n >= low && n <= high
}

func readText(to **string, v any, maxChars int) bool {
	text, ok := v.(string)
	*to = &text
	return ok && text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxChars &&
		!strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) || c == utf8.RuneError })
}
