package race_test

import (
	"testing"

	"lightsout/race"
)

func TestIsolated_IsolatesRightToLeftTextAndLeavesOtherTextUnchanged(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"Jörg Müller", "Jörg Müller"},
		{"e\u0301tienne 佐藤 नमस्ते ก็ 👨‍👩‍👧", "e\u0301tienne 佐藤 नमस्ते ก็ 👨‍👩‍👧"},
		{"יוסי כהן", "\u2068יוסי כהן\u2069"},
		{"محمد بن سليم", "\u2068محمد بن سليم\u2069"},
		{"Team محمد 7", "\u2068Team محمد 7\u2069"},
		{"ߒߞߏ", "\u2068ߒߞߏ\u2069"},     // N'Ko
		{"𞤀𞤣𞤤𞤢𞤥", "\u2068𞤀𞤣𞤤𞤢𞤥\u2069"}, // Adlam
		{"abc\u202etxt", "\u2068abctxt\u2069"},
		{"שלום\u2069 7", "\u2068שלום 7\u2069"},
	} {
		if got := race.Isolated(c.text); got != c.want {
			t.Errorf("%q is isolated as %q, expected %q", c.text, got, c.want)
		}
	}
}

func TestQuoted_EscapesInvisibleCharactersAndKeepsEveryScriptReadable(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `""`},
		{"a \"b\" \\ c\n", `"a \"b\" \\ c\n"`},
		{"\xff\x00\u202e", `"\xff\x00\u202e"`},
		{"佐藤\u3000琢磨 👨\u200d👩\u200d👧 नमस्\u200dते", "\"佐藤\u3000琢磨 👨\u200d👩\u200d👧 नमस्\u200dते\""},
		{"می\u200cخواهم", "\u2068\"می\u200cخواهم\"\u2069"},
	} {
		if got := race.Quoted(c.text); got != c.want {
			t.Errorf("%q is quoted as %q, expected %q", c.text, got, c.want)
		}
	}
}
