package body

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"lightsout/race"
)

// maxShown is how many characters of wrong input a message shows.
const maxShown = 60

// TextFault says what is wrong with a line of text, or "". Characters are code points, as in maxLength of OpenAPI: a limit in bytes
// would allow an Arabic name half the length of a Latin one.
func TextFault(s string, maxChars int) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n > maxChars:
		return fmt.Sprintf("has %d characters", n)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return "has characters that cannot be printed"
	}
	return ""
}

// TextAllowed is what TextFault allows.
func TextAllowed(maxChars int) string {
	return fmt.Sprintf("a line of text of at most %d characters", maxChars)
}

// Clip quotes the beginning of wrong input.
func Clip(s string) string {
	kept := Short(s)
	quoted := race.Quoted(kept)
	if len(kept) < len(s) {
		quoted += " …"
	}
	return quoted
}

// Short is the beginning of a text. It cuts between grapheme clusters, what a reader takes for letters, each of which may have many
// code points.
func Short(s string) string {
	end, n := len(s), 0 // end is one character beyond the limit: that character tells whether the last cluster is complete
	for at := range s {
		if n > maxShown {
			end = at
			break
		}
		n++
	}
	if n <= maxShown {
		return s
	}
	kept, clusters := 0, uniseg.NewGraphemes(s[:end])
	for characters := 0; clusters.Next(); {
		if characters += len(clusters.Runes()); characters > maxShown {
			break
		}
		_, kept = clusters.Positions()
	}
	if kept == 0 { // the first cluster is longer than the limit
		_, last := utf8.DecodeLastRuneInString(s[:end])
		return s[:end-last]
	}
	return s[:kept]
}

// shown is the value that stands where a number was expected.
func shown(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()[:min(len(v.String()), maxShown)]
	case float64: // NaN or infinite
		return fmt.Sprint(v)
	}
	return kindOf(v)
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
