package body

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lightsout/race"
)

// unknownField is the message of a fault.
const unknownField = "is not a known field"

// Object reads one object of a body field by field, from JSON and msgpack alike. It collects faults with the object's index, the
// field and what is allowed, so that the good items of a list are kept beside bad ones; validators of whole documents do not do that.
type Object struct {
	fields map[string]any // nil if the value is no object
	index  *int
	faults *[]race.Fault
	known  []string // fields that were read
	// While lenient, a fault costs its field only, and the object is kept without it. lost counts such faults.
	lenient bool
	lost    int
}

// NewObject wraps a value that should be an object. index is its place in a list, or nil.
func NewObject(v any, index *int, faults *[]race.Fault) *Object {
	o := &Object{index: index, faults: faults}
	fields, ok := v.(map[string]any)
	if !ok {
		o.Wrong("", "is "+kindOf(v), "an object with fields")
	}
	o.fields = fields
	return o
}

// Child wraps a value within the object. Its faults are added to the object's.
func (o *Object) Child(v any, index *int) *Object { return NewObject(v, index, o.faults) }

// IsObject reports whether the value is an object.
func (o *Object) IsObject() bool { return o.fields != nil }

// Fields are the object's fields. They are borrowed.
func (o *Object) Fields() map[string]any { return o.fields }

// Lenient says whether the faults that follow cost the object or only their field.
func (o *Object) Lenient(on bool) { o.lenient = on }

// Lost is how many fields were lost to faults while the object was lenient.
func (o *Object) Lost() int { return o.lost }

// Wrong adds a fault.
func (o *Object) Wrong(field, message, allowed string) {
	if o.lenient {
		o.lost++
	}
	*o.faults = append(*o.faults, race.Fault{Index: o.index, Field: field, Message: message, Allowed: allowed})
}

// Get returns a field's value. A field that is null counts as missing.
func (o *Object) Get(name string) (any, bool) {
	o.Know(name)
	v, ok := o.fields[name]
	return v, ok && v != nil
}

// Know makes End accept fields that no other method reads.
func (o *Object) Know(names ...string) { o.known = append(o.known, names...) }

// Has reports whether a field is there and not null.
func (o *Object) Has(name string) bool { return o.fields[name] != nil }

// Need adds a fault if a field is missing.
func (o *Object) Need(name, allowed string) {
	if o.fields != nil && !o.Has(name) {
		o.Wrong(name, "is missing", allowed)
	}
}

// Number is a whole number from low to high, or fallback if it is missing.
func (o *Object) Number(name string, low, high, fallback int64) int64 {
	v, ok := o.Get(name)
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
		o.Wrong(name, "is "+shown(v), fmt.Sprintf("a whole number from %d to %d", low, high))
		return fallback
	}
	return whole
}

// Count is a number from 0 to 2^64-1, or 0 if it is missing.
func (o *Object) Count(name string) uint64 {
	v, ok := o.Get(name)
	if !ok {
		return 0
	}
	if n, isNumber := v.(json.Number); isNumber {
		if c, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
			return c
		}
		v = n.String()
	}
	o.Wrong(name, "is "+Clip(fmt.Sprint(v)), "a whole number from 0 to 2^64-1")
	return 0
}

// Float is a number from low to high, or fallback if it is missing.
func (o *Object) Float(name string, low, high, fallback float64) float64 {
	v, ok := o.Get(name)
	if !ok {
		return fallback
	}
	n, isNumber := v.(json.Number)
	x, err := strconv.ParseFloat(n.String(), 64)
	if !isNumber || err != nil || math.IsNaN(x) || x < low || x > high {
		o.Wrong(name, "is "+Clip(fmt.Sprint(v)), fmt.Sprintf("a number from %v to %v", low, high))
		return fallback
	}
	return x
}

// Scale is the range of a measured value, and its resolution in parts of one.
type Scale struct {
	Low, High float64
	Parts     float64
}

// Measure is a measured value in parts of one, rounded to the nearest, halves away from zero. It is race.Unknown if the field is
// missing or wrong.
func (o *Object) Measure(name string, s Scale) int {
	v, ok := o.Get(name)
	if !ok {
		return race.Unknown
	}
	n, isNumber := v.(json.Number)
	x, err := strconv.ParseFloat(n.String(), 64)
	if !isNumber || err != nil || x < s.Low || x > s.High {
		o.Wrong(name, "is "+shown(v), fmt.Sprintf("a number from %.0f to %.0f", s.Low, s.High))
		return race.Unknown
	}
	return int(math.Round(x * s.Parts))
}

// Text is a line of text of at most maxChars characters, trimmed; empty if the field is missing or wrong.
func (o *Object) Text(name string, maxChars int) string {
	v, ok := o.Get(name)
	if !ok {
		return ""
	}
	s, isText := v.(string)
	wrong := TextFault(s, maxChars)
	if !isText {
		wrong = "is " + kindOf(v)
	}
	if wrong != "" {
		o.Wrong(name, wrong, TextAllowed(maxChars))
		return ""
	}
	return strings.TrimSpace(s)
}

// NeedText is Text, with a fault if the field is missing or blank.
func (o *Object) NeedText(name string, maxChars int, allowed string) string {
	before := len(*o.faults)
	s := o.Text(name, maxChars)
	if o.Need(name, allowed); s == "" && len(*o.faults) == before && o.fields != nil {
		o.Wrong(name, "is empty", allowed)
	}
	return s
}

// Flag is a boolean, false if it is missing.
func (o *Object) Flag(name string) bool {
	v, ok := o.Get(name)
	if !ok {
		return false
	}
	b, isBool := v.(bool)
	if !isBool {
		o.Wrong(name, "is "+kindOf(v), "true or false")
	}
	return b
}

// OneOf is one of some words. The first is the default unless the field is needed.
func (o *Object) OneOf(name string, words []string, need bool) string {
	v, ok := o.Get(name)
	if !ok {
		if need {
			o.Need(name, strings.Join(words, ", "))
		}
		return words[0]
	}
	s, _ := v.(string)
	if !slices.Contains(words, s) {
		o.Wrong(name, "is "+Clip(fmt.Sprint(v)), strings.Join(words, ", "))
		return words[0]
	}
	return s
}

// Date is an instant in RFC 3339. It returns false if the field is missing or wrong.
func (o *Object) Date(name string) (time.Time, bool) {
	v, ok := o.Get(name)
	if !ok {
		return time.Time{}, false
	}
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		o.Wrong(name, "is "+Clip(fmt.Sprint(v)), "an instant such as 2026-05-24T13:03:12.345Z")
		return time.Time{}, false
	}
	return t.UTC(), true
}

// List is a list, nil if it is missing.
func (o *Object) List(name string) []any {
	v, ok := o.Get(name)
	if !ok {
		return nil
	}
	l, isList := v.([]any)
	if !isList {
		o.Wrong(name, "is "+kindOf(v), "a list")
	}
	return l
}

// End adds a fault for each field that was not read, such as a misspelt one.
func (o *Object) End() {
	if len(o.fields) == 0 {
		return
	}
	var unknown []string
	for name := range o.fields {
		if !slices.Contains(o.known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		o.Wrong(Short(name), unknownField, strings.Join(o.known, ", "))
	}
}
