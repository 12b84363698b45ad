package race

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks of the bidirectional algorithm. Source: Unicode Standard Annex #9, section 2.
const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"

	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
)

// Isolated returns a name or a reason for use in an English sentence. Right-to-left text is put into an isolate, because it
// would reorder the numbers and brackets beside it. Other text is returned unchanged. A table cell needs no isolate: nothing
// stands beside it.
func Isolated(text string) string {
	if !strings.ContainsFunc(text, turns) {
		return text
	}
	plain := strings.Map(func(r rune) rune {
		if directs(r) { // it could end the isolate early
			return -1
		}
		return r
	}, text)
	return firstStrongIsolate + plain + popIsolate
}

// Quoted returns text of any script in quotation marks, for use in a sentence. Invisible characters are escaped, except the
// joiners and spaces that some scripts need, which strconv.Quote would escape.
func Quoted(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == zeroWidthJoiner, r == zeroWidthNonJoiner, unicode.Is(unicode.Zs, r):
			b.WriteRune(r)
		default:
			quoted := strconv.Quote(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return Isolated(`"` + b.String() + `"`)
}

// turns reports whether r is written from right to left or makes others be. Source: the ranges that DerivedBidiClass.txt of
// Unicode 16 gives to R and AL, assigned or not.
func turns(r rune) bool {
	switch {
	case r < 0x0590:
		return false
	case r <= 0x08FF, r >= 0xFB1D && r <= 0xFDFF, r >= 0xFE70 && r <= 0xFEFE, r >= 0x10800 && r <= 0x10FFF,
		r >= 0x1E800 && r <= 0x1EFFF, r == 0x200F:
		return true
	}
	return directs(r)
}

// directs reports whether r is an embedding, an override, an isolate, or the end of one.
func directs(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
