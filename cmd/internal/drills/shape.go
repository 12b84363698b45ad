package drills

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lightsout/race"
)

// The fields of a scenario that is ordered by the API are looked at before they are read as YAML, which takes a number for its digits, a null for what
// was left out, and rounds what does not fit.

const (
	faultsMax = 100
	nameMax   = 100 // characters
	aboutMax  = 500
)

// shaped refuses what is not of its type, or too long.
func shaped(fields map[string]json.RawMessage) error {
	refuse := func(name, message, allowed string) error {
		return &race.InvalidError{Faults: []race.Fault{{Field: name, Message: message, Allowed: allowed}}}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if hasNull(fields[name]) {
			return refuse(name, "is null, or has a null in it", "a value; what is left out has its default")
		}
	}
	for _, text := range []struct {
		name string
		most int
	}{{"name", nameMax}, {"about", aboutMax}} {
		if raw := fields[text.name]; raw != nil && !isText(raw, text.most) {
			return refuse(text.name, fmt.Sprintf("is %.60s", raw), fmt.Sprintf("a text of up to %d characters, without control characters", text.most))
		}
	}
	var faults []json.RawMessage
	if raw := fields["faults"]; raw != nil && json.Unmarshal(raw, &faults) == nil && len(faults) > faultsMax {
		return refuse("faults", fmt.Sprintf("are %d", len(faults)), fmt.Sprintf("up to %d", faultsMax))
	}
	if raw := fields["seed"]; raw != nil && !isSeed(raw) {
		return refuse("seed", fmt.Sprintf("is %.60s", raw), "a whole number from 0 to 18446744073709551615")
	}
	if raw := fields["most"]; raw != nil && json.Unmarshal(raw, new(float64)) != nil {
		return refuse("most", fmt.Sprintf("is %.60s", raw), "a number from 0 to 1")
	}
	return invariantsAreTexts(fields["invariants"])
}

func isText(raw json.RawMessage, most int) bool {
	text := ""
	return json.Unmarshal(raw, &text) == nil && utf8.RuneCountInString(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// isSeed reports whether a number is one of 64 bits; YAML would round a larger one.
func isSeed(text json.RawMessage) bool {
	n, _, err := big.ParseFloat(string(text), 10, 256, big.ToNearestEven)
	return err == nil && n.IsInt() && n.Sign() >= 0 && n.Cmp(new(big.Float).SetUint64(math.MaxUint64)) <= 0
}

// hasNull reports whether a value is null or has one in it, which YAML would take for something that was left out.
func hasNull(raw json.RawMessage) bool {
	var v any
	return json.Unmarshal(raw, &v) == nil && isNull(v)
}

func isNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, isNull)
	case map[string]any:
		for _, of := range v {
			if isNull(of) {
				return true
			}
		}
	}
	return false
}

// invariantsAreTexts refuses other values, which YAML would take for the text that they are written as.
func invariantsAreTexts(raw json.RawMessage) error {
	var texts []*string
	if raw == nil || json.Unmarshal(raw, &texts) == nil && !slices.Contains(texts, nil) {
		return nil
	}
	return &race.InvalidError{Faults: []race.Fault{{Field: "invariants", Message: "are not texts alone", Allowed: `a list of expressions, such as ["restarts.car < 10"]`}}}
}
