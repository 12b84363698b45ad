package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"lightsout/race"
)

// fields reads one object that was sent, field by field: JSON and msgpack alike. What is wrong is gathered with the
// object's index, the field and what is allowed. Ours, because good items of a list are kept beside bad ones, which no
// validator of whole documents does.
type fields struct {
	of     map[string]any
	index  *int
	faults *[]race.Fault
	read   []string
	// While lenient, what is wrong loses its field alone, and the object is kept without it. lost counts such faults.
	lenient bool
	lost    int
}

// objectOf wraps what should be an object.
func objectOf(v any, index *int, faults *[]race.Fault) *fields {
	f := &fields{index: index, faults: faults}
	of, ok := v.(map[string]any)
	if !ok {
		f.wrong("", "is "+kindOf(v), "an object with fields")
	}
	f.of = of
	return f
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return "a boolean"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

func (f *fields) wrong(field, message, allowed string) {
	if f.lenient {
		f.lost++
	}
	*f.faults = append(*f.faults, race.Fault{Index: f.index, Field: field, Message: message, Allowed: allowed})
}

// get gives a field that is there; null is not.
func (f *fields) get(name string) (any, bool) {
	f.read = append(f.read, name)
	v, ok := f.of[name]
	return v, ok && v != nil
}

// has says whether a field is there.
func (f *fields) has(name string) bool { return f.of[name] != nil }

// need notes that a field is missing.
func (f *fields) need(name, allowed string) {
	if f.of != nil && !f.has(name) {
		f.wrong(name, "is missing", allowed)
	}
}

// number is a whole number from low to high; missing, it is fallback.
func (f *fields) number(name string, low, high, fallback int64) int64 {
	v, ok := f.get(name)
	if !ok {
		return fallback
	}
	n, _ := v.(json.Number)
	whole, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		if x, failed := strconv.ParseFloat(n.String(), 64); failed == nil && x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
			whole, err = int64(x), nil
		}
	}
	if err != nil || whole < low || whole > high {
		f.wrong(name, "is "+said(v), fmt.Sprintf("a whole number from %d to %d", low, high))
		return fallback
	}
	return whole
}

// count is a number from 0 to 2^64-1.
func (f *fields) count(name string) uint64 {
	v, ok := f.get(name)
	if !ok {
		return 0
	}
	if n, isNumber := v.(json.Number); isNumber {
		if c, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
			return c
		}
		v = n.String()
	}
	f.wrong(name, fmt.Sprintf("is %s", clip(fmt.Sprint(v))), "a whole number from 0 to 2^64-1")
	return 0
}

// float is a number from low to high; missing, it is fallback.
func (f *fields) float(name string, low, high, fallback float64) float64 {
	v, ok := f.get(name)
	if !ok {
		return fallback
	}
	n, isNumber := v.(json.Number)
	x, err := strconv.ParseFloat(n.String(), 64)
	if !isNumber || err != nil || math.IsNaN(x) || x < low || x > high {
		f.wrong(name, fmt.Sprintf("is %s", clip(fmt.Sprint(v))), fmt.Sprintf("a number from %v to %v", low, high))
		return fallback
	}
	return x
}

// scale is what is allowed of a measured value, and how finely it is kept: in parts of one.
type scale struct {
	low, high float64
	parts     float64
}

// measure is a measured value in parts of one, rounded to the nearest, halves away from zero; race.Unknown where it is missing
// or cannot be taken.
func (f *fields) measure(name string, s scale) int {
	v, ok := f.get(name)
	if !ok {
		return race.Unknown
	}
	n, isNumber := v.(json.Number)
	x, err := strconv.ParseFloat(n.String(), 64)
	if !isNumber || err != nil || x < s.low || x > s.high {
		f.wrong(name, "is "+said(v), fmt.Sprintf("a number from %.0f to %.0f", s.low, s.high))
		return race.Unknown
	}
	return int(math.Round(x * s.parts))
}

// text is a line of text, most characters long at the most.
func (f *fields) text(name string, most int) string {
	v, ok := f.get(name)
	if !ok {
		return ""
	}
	s, isText := v.(string)
	wrong := textFault(s, most)
	if !isText {
		wrong = "is " + kindOf(v)
	}
	if wrong != "" {
		f.wrong(name, wrong, textAllowed(most))
		return ""
	}
	return strings.TrimSpace(s)
}

// needText is a line of text that is there and says something.
func (f *fields) needText(name string, most int, allowed string) string {
	before := len(*f.faults)
	s := f.text(name, most)
	if f.need(name, allowed); s == "" && len(*f.faults) == before && f.of != nil {
		f.wrong(name, "is empty", allowed)
	}
	return s
}

// textFault says what is wrong with a line of text; empty: nothing. Characters are code points, as maxLength of OpenAPI
// counts them: a limit of bytes would allow a name in Arabic half of what it allows one in Latin.
func textFault(s string, most int) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n > most:
		return fmt.Sprintf("has %d characters", n)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "has characters that cannot be printed"
	}
	return ""
}

func textAllowed(most int) string {
	return fmt.Sprintf("a line of text of at most %d characters", most)
}

func (f *fields) flag(name string) bool {
	v, ok := f.get(name)
	if !ok {
		return false
	}
	b, isBool := v.(bool)
	if !isBool {
		f.wrong(name, "is "+kindOf(v), "true or false")
	}
	return b
}

// oneOf is one of a few words; the first where it is missing and need is false.
func (f *fields) oneOf(name string, words []string, need bool) string {
	v, ok := f.get(name)
	if !ok {
		if need {
			f.need(name, strings.Join(words, ", "))
		}
		return words[0]
	}
	s, _ := v.(string)
	if !slices.Contains(words, s) {
		f.wrong(name, fmt.Sprintf("is %s", clip(fmt.Sprintf("%v", v))), strings.Join(words, ", "))
		return words[0]
	}
	return s
}

// date is an instant in RFC 3339; false where it is missing or wrong.
func (f *fields) date(name string) (time.Time, bool) {
	v, ok := f.get(name)
	if !ok {
		return time.Time{}, false
	}
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		f.wrong(name, fmt.Sprintf("is %s", clip(fmt.Sprint(v))), "an instant such as 2026-05-24T13:03:12.345Z")
		return time.Time{}, false
	}
	return t.UTC(), true
}

// list is a list of objects.
func (f *fields) list(name string) []any {
	v, ok := f.get(name)
	if !ok {
		return nil
	}
	l, isList := v.([]any)
	if !isList {
		f.wrong(name, "is "+kindOf(v), "a list")
	}
	return l
}

// end refuses fields that nobody asked for: a slip of the pen would be passed over otherwise.
func (f *fields) end() {
	if len(f.of) == 0 {
		return
	}
	var unknown []string
	for name := range f.of {
		if !slices.Contains(f.read, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		f.wrong(short(name), "is no field of this", strings.Join(f.read, ", "))
	}
}

// clip quotes wrong input, and keeps it short.
func clip(s string) string {
	kept := short(s)
	quoted := race.Quoted(kept)
	if len(kept) < len(s) {
		quoted += " …"
	}
	return quoted
}

// shortMost is how many characters of wrong input are shown.
const shortMost = 60

// short is the beginning of a text. It is cut between what a reader takes for letters, each of which may be of many
// characters.
func short(s string) string {
	end, n := len(s), 0 // of one character more than is shown: it says whether the last one is whole
	for at := range s {
		if n > shortMost {
			end = at
			break
		}
		n++
	}
	if n <= shortMost {
		return s
	}
	kept, letters := 0, uniseg.NewGraphemes(s[:end])
	for characters := 0; letters.Next(); {
		if characters += len(letters.Runes()); characters > shortMost {
			break
		}
		_, kept = letters.Positions()
	}
	if kept == 0 { // one letter of that many characters is none
		_, last := utf8.DecodeLastRuneInString(s[:end])
		return s[:end-last]
	}
	return s[:kept]
}

// said is what stands where a number was expected.
func said(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()[:min(len(v.String()), 60)]
	case float64: // NaN or infinite
		return fmt.Sprint(v)
	}
	return kindOf(v)
}
