package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
)

// fileMax bounds the size of a file, because its whole text is in memory.
const fileMax = 256 << 20

// text reads a file as UTF-8 text. The file may have a byte order mark, be UTF-16, or otherwise Windows-1252, which contains
// all printable characters of Latin-1. Control characters other than tabs and line ends are refused.
func (r *reader) text(file string) (string, error) {
	data, err := readFile(r.dir, r.files.name(file))
	if err != nil {
		return "", err
	}
	if len(data) > fileMax {
		return "", &Error{file, 0, fmt.Sprintf("the file has more than %d MiB: that much is not read", fileMax>>20)}
	}
	text, err := r.decode(file, data)
	if err != nil {
		return "", err
	}
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text, checkText(file, text)
}

func readFile(dir fs.FS, name string) ([]byte, error) {
	f, err := dir.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// notText are the first bytes of files that are often mistaken for text files.
var notText = []struct{ begin, what string }{
	{"PK\x03\x04", "a zip file or a spreadsheet (.xlsx, .ods)"},
	{"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"},
	{"\x1f\x8b", "compressed by gzip"},
	{"\xff\xfe\x00\x00", "in UTF-32"},
	{"\x00\x00\xfe\xff", "in UTF-32"},
}

func (r *reader) decode(file string, data []byte) (string, error) {
	for _, n := range notText {
		if bytes.HasPrefix(data, []byte(n.begin)) {
			return "", &Error{file, 0, "the file is " + n.what + ": expected text, saved as UTF-8"}
		}
	}
	data, marked := bytes.CutPrefix(data, []byte("\xef\xbb\xbf"))
	if order, is := utf16Order(data); is && !marked {
		if len(data)%2 != 0 {
			return "", &Error{file, 0, "the file is in UTF-16 and has an odd number of bytes: it is cut off"}
		}
		return decoded(file, data, utf16.UTF16(order, utf16.UseBOM))
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	if line := brokenLine(data); marked || hasUTF8(data) {
		return "", &Error{file, line, "a byte is no UTF-8, and other characters of the file are: expected one encoding for the whole file"}
	}
	if n := file + " is not in UTF-8: it is read as Windows-1252 (Latin-1)"; !slices.Contains(r.notes, n) { // a file may be read twice
		r.note("%s", n)
	}
	return decoded(file, data, charmap.Windows1252)
}

func decoded(file string, data []byte, from encoding.Encoding) (string, error) {
	out, err := from.NewDecoder().Bytes(data)
	if err != nil {
		return "", &Error{file, 0, "the file cannot be read as text: " + err.Error()}
	}
	return string(out), nil
}

// utf16Order recognises UTF-16 by its mark, or by a zero in every other byte at the beginning, as in headers with Latin
// letters.
func utf16Order(data []byte) (utf16.Endianness, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16.LittleEndian, true
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16.BigEndian, true
	}
	begin := data[:min(len(data), 32)&^1]
	zeros := [2]int{}
	for i, b := range begin {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(begin) / 2
	switch {
	case half > 0 && zeros[0] == 0 && zeros[1] == half:
		return utf16.LittleEndian, true
	case half > 0 && zeros[1] == 0 && zeros[0] == half:
		return utf16.BigEndian, true
	}
	return utf16.LittleEndian, false
}

// brokenLine returns the line of the first byte that is not UTF-8.
func brokenLine(data []byte) int {
	at := 0
	for at < len(data) {
		c, n := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return 1 + bytes.Count(data[:at], []byte("\n"))
}

// hasUTF8 reports whether any character outside of ASCII is valid UTF-8.
func hasUTF8(data []byte) bool {
	for at := 0; at < len(data); {
		_, n := utf8.DecodeRune(data[at:])
		if n > 1 {
			return true
		}
		at += n
	}
	return false
}

// checkText refuses control characters.
func checkText(file, text string) error {
	at := strings.IndexFunc(text, func(c rune) bool {
		return c == utf8.RuneError || unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t'
	})
	if at < 0 {
		return nil
	}
	line := 1 + strings.Count(text[:at], "\n")
	c, _ := utf8.DecodeRuneInString(text[at:])
	what := fmt.Sprintf("has the control character U+%04X", c)
	if c == utf8.RuneError {
		what = "has a character that was lost when the file was written (U+FFFD)"
	}
	return &Error{file, line, what + fmt.Sprintf(" after %q: expected text", tail(text[:at]))}
}

// tail returns the end of a line, to show the place of a fault.
func tail(s string) string {
	s = s[strings.LastIndexByte(s, '\n')+1:]
	for len(s) > 20 {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return s
}
