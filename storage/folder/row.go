package folder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// index returns the index of a column; -1 if the table has it under none of its names.
func (t *table) index(names []string) int {
	for _, name := range names {
		if i, ok := t.columns[name]; ok {
			return i
		}
	}
	return -1
}

// has reports whether the table has a column, under any of its names and, for a time, in any unit.
func (t *table) has(column string) bool {
	if slices.Contains(timeColumns, column) {
		return t.index(timeNames(column)) >= 0
	}
	return t.index(namesOf(column)) >= 0
}

// line returns the row's line in its file; the header is line 1.
func (r *row) line() int { return r.t.lines[r.at] }

func (r *row) wrong(format string, args ...any) error {
	return &Error{r.t.file, r.line(), fmt.Sprintf(format, args...)}
}

// fault keeps the first fault of the row.
func (r *row) fault(format string, args ...any) {
	if r.err == nil {
		r.err = r.wrong(format, args...)
	}
}

// text returns a field; empty if the table has no such column.
func (r *row) text(column string) string {
	i := r.t.index(namesOf(column))
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(r.t.rows[r.at][i])
}

// words returns a field that holds one of a few words, normalised to small letters and underscores.
func (r *row) words(column string) string { return plainName(r.text(column)) }

// oneOf checks that a field is one of the given words.
func (r *row) oneOf(column string, words ...string) {
	if !slices.Contains(words, r.words(column)) {
		r.fault("%s is %q: expected one of %s", column, r.text(column), strings.Join(words, ", "))
	}
}

// word returns a field that must not be empty.
func (r *row) word(column string) string {
	s := r.text(column)
	if s == "" {
		r.fault("%s is empty: expected a name", column)
	}
	return s
}

// number returns a whole number from low to high. A fraction of zero is accepted, because tables with empty fields often have
// it.
func (r *row) number(column string, low, high int64) int64 {
	s := r.text(column)
	whole := s
	if at := strings.IndexAny(s, ".,"); at > 0 && strings.Trim(s[at+1:], "0") == "" && len(s)-at-1 != thousands {
		whole = s[:at]
	}
	v, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || v < low || v > high {
		r.fault("%s is %q: expected a whole number from %d to %d", column, s, low, high)
		return low
	}
	return v
}

// count returns a whole number of 64 bits, for a decoder's sequence.
func (r *row) count(column string) uint64 {
	s := r.text(column)
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		r.fault("%s is %q: expected a whole number from 0 to 2^64-1", column, s)
	}
	return v
}

// optional returns a number, or 0 if the field is empty.
func (r *row) optional(column string, low, high int64) int64 {
	if r.text(column) == "" {
		return 0
	}
	return r.number(column, low, high)
}

// rounded returns a number from 0 to high, rounded to the nearest whole number; 0 if the field is empty.
func (r *row) rounded(column string, high int64) int64 {
	s := r.text(column)
	if s == "" {
		return 0
	}
	v, err := decimal(s, 10)
	if err != nil || v < 0 || v > 10*high {
		r.fault("%s is %q: expected a number from 0 to %d", column, s, high)
		return 0
	}
	return (v + 5) / 10
}

// time returns a time of at least low; false if the field is empty or the column is missing. The unit is in the column's name.
func (r *row) time(column string, low race.Micros) (race.Micros, bool) {
	for _, name := range timeNames(column) {
		i, ok := r.t.columns[name]
		if !ok {
			continue
		}
		s := strings.TrimSpace(r.t.rows[r.at][i])
		if s == "" {
			continue
		}
		unit := race.Second
		switch {
		case strings.HasSuffix(name, "_us"):
			unit = 1
		case strings.HasSuffix(name, "_ms"):
			unit = race.Millisecond
		}
		v, err := parseTime(s, unit)
		switch {
		case err != nil:
			r.fault("%s is %q: %v", name, s, err)
		case v < low || v > race.TimeMax:
			r.fault("%s is %q, which is %v: expected %v to %v", name, s, v, low, race.TimeMax)
		}
		return v, true
	}
	return 0, false
}

// needTime returns a required time of at least low.
func (r *row) needTime(column string, low race.Micros) race.Micros {
	v, ok := r.time(column, low)
	if !ok {
		r.fault("%s is empty: expected a time", column)
	}
	return v
}

// truth returns a bool; empty means false.
func (r *row) truth(column string) bool {
	switch r.words(column) {
	case "true", "t", "1", "yes", "y", "x":
		return true
	case "", "false", "f", "0", "no", "n":
	default:
		r.fault("%s is %q: expected true or false", column, r.text(column))
	}
	return false
}
