package body

import (
	"strings"
	"testing"

	"lightsout/race"
)

func TestText_IsLimitedInCharactersInEveryScript(t *testing.T) {
	const maxChars = 100
	for _, letter := range []string{"a", "é", "م", "佐", "न", "🏁"} {
		for n, want := range map[int]bool{maxChars: true, maxChars + 1: false} {
			var faults []race.Fault
			name := strings.Repeat(letter, n)
			f := NewObject(map[string]any{"name": name}, nil, &faults)
			got := f.Text("name", maxChars)
			switch {
			case want && (got != name || faults != nil):
				t.Errorf("%d × %s is refused: %v", n, letter, faults)
			case !want && (got != "" || len(faults) != 1):
				t.Errorf("%d × %s is taken as %q, with %v", n, letter, got, faults)
			case !want && (faults[0].Message != "has 101 characters" || faults[0].Allowed != "a line of text of at most 100 characters"):
				t.Errorf("%d × %s is refused with %v", n, letter, faults[0])
			}
		}
	}
}

func TestClip_CutsBetweenLettersNotWithinThem(t *testing.T) {
	family := "👨\u200d👩\u200d👧"
	for _, c := range []struct{ text, want string }{
		{"x", `"x"`},
		{strings.Repeat("a", 60), `"` + strings.Repeat("a", 60) + `"`},
		{strings.Repeat("a", 61), `"` + strings.Repeat("a", 60) + `" …`},
		{strings.Repeat("é", 70), `"` + strings.Repeat("é", 60) + `" …`},
		{strings.Repeat("a", 59) + "e\u0301z", `"` + strings.Repeat("a", 59) + `" …`},
		{strings.Repeat("a", 58) + "e\u0301z", `"` + strings.Repeat("a", 58) + "e\u0301\" …"},
		{strings.Repeat(family, 13), `"` + strings.Repeat(family, 12) + `" …`},
		{"a" + strings.Repeat("\u0301", 1000), `"a` + strings.Repeat("\u0301", 59) + `" …`}, // longer than any letter
		{strings.Repeat("م", 61), "\u2068\"" + strings.Repeat("م", 60) + "\"\u2069 …"},
		{strings.Repeat("\xff", 61), `"` + strings.Repeat(`\xff`, 60) + `" …`},
	} {
		if got := Clip(c.text); got != c.want {
			t.Errorf("%q is shown as\n%q, expected\n%q", c.text, got, c.want)
		}
	}
}
