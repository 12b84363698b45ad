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

// Isolated is a name or a reason as it stands in an English sentence. Text that is written from right to left is put into
// an isolate, or it would take the numbers and brackets beside it into its own order. Text without such letters stays as it
// is. A cell of a table needs none: it has nothing beside it.
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

// Quoted is text of any script in quotation marks, for a sentence about it. What cannot be seen is escaped, but for the
// joiners and spaces that some scripts are written with, which strconv.Quote escapes as well.
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

// turns says that a character is written from right to left, or has others written so. Source: the ranges that
// DerivedBidiClass.txt of Unicode 16 gives to R and AL, assigned or not.
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

// directs says that a character is an embedding, an override, an isolate, or the end of one.
func directs(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
