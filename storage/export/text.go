package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// textSink writes rows as lines. Missing values are empty in CSV and null in JSON Lines.
type textSink struct {
	w       *bufio.Writer
	columns []Column
	line    []byte
	json    bool
	heads   []string // the text before each value of a line
}

const bufferSize = 1 << 16

// newCSV writes the header: RFC 4180 with plain line feeds.
func newCSV(w io.Writer, columns []Column) (*textSink, error) {
	s := &textSink{w: bufio.NewWriterSize(w, bufferSize), columns: columns}
	for i, c := range columns {
		s.heads = append(s.heads, ",")
		if i == 0 {
			s.heads[i] = ""
		}
		s.line = append(append(s.line, s.heads[i]...), c.Name...)
	}
	return s, s.flushLine()
}

// newJSONL returns a sink that writes one object per line, its keys in the order of the columns.
func newJSONL(w io.Writer, columns []Column) *textSink {
	s := &textSink{w: bufio.NewWriterSize(w, bufferSize), columns: columns, json: true}
	for i, c := range columns {
		begin := ","
		if i == 0 {
			begin = "{"
		}
		s.heads = append(s.heads, begin+strconv.Quote(c.Name)+":")
	}
	return s
}

func (s *textSink) flushLine() error {
	s.line = append(s.line, '\n')
	_, err := s.w.Write(s.line)
	s.line = s.line[:0]
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (s *textSink) row(cells []cell) error {
	for i := range cells {
		s.line = append(s.line, s.heads[i]...)
		s.value(s.columns[i].Type, &cells[i])
	}
	if s.json {
		s.line = append(s.line, '}')
	}
	return s.flushLine()
}

func (s *textSink) value(t Type, c *cell) {
	if c.missing {
		if s.json {
			s.line = append(s.line, "null"...)
		}
		return
	}
	switch t {
	case Small, Whole:
		s.line = strconv.AppendInt(s.line, c.whole, 10)
	case Count:
		s.line = strconv.AppendUint(s.line, uint64(c.whole), 10)
	case Real:
		s.line = strconv.AppendFloat(s.line, c.real, 'f', -1, 64)
	case Truth:
		s.line = strconv.AppendBool(s.line, c.whole != 0)
	case Instant:
		s.quote()
		s.line = time.UnixMicro(c.whole).UTC().AppendFormat(s.line, "2006-01-02T15:04:05.000000Z")
		s.quote()
	case Text:
		s.text(c.text)
	}
}

func (s *textSink) quote() {
	if s.json {
		s.line = append(s.line, '"')
	}
}

func (s *textSink) text(v string) {
	switch {
	case s.json:
		quoted, err := json.Marshal(v)
		if err != nil { // encoding a text cannot fail
			quoted = []byte("null")
		}
		s.line = append(s.line, quoted...)
	case strings.ContainsAny(v, ",\"\r\n") || strings.TrimSpace(v) != v:
		s.line = append(s.line, '"')
		s.line = append(s.line, strings.ReplaceAll(v, `"`, `""`)...)
		s.line = append(s.line, '"')
	default:
		s.line = append(s.line, v...)
	}
}

func (s *textSink) stretch() error { return nil }

func (s *textSink) end() error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
