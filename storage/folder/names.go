package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
)

// otherNames are the names of columns in other sources, by the name used here: OpenF1 and FastF1, this program's exports,
// timing houses.
var otherNames = map[string][]string{
	"number":       {"driver_number", "car_number", "start_number", "no", "nr"},
	"told_number":  {"told_driver_number"},
	"code":         {"name_acronym", "driver_code", "acronym"},
	"driver":       {"full_name", "driver_name", "name"},
	"constructor":  {"team_name", "team"},
	"colour":       {"team_colour", "team_color"},
	"grid":         {"grid_position"},
	"transponders": {"transponder"},
	"position":     {"pos"},
	"lap":          {"lap_number", "lap_no"},
	"lap_time":     {"lap_duration", "lap_tm"},
	"elapsed":      {"end", "race_time", "total_time", "total_tm"},
	"speed_kmh":    {"speed"},
}

// times are the columns with a time, by their names without a unit; unitsOf maps the endings to units. Without an ending a
// time is in seconds, or written like 1:23.456.
var (
	timeColumns = []string{"time", "lap_time", "elapsed", "at", "pit_lane", "stationary", "time_penalty", "told"}
	timeEndings = []string{"_us", "_ms", "_s", ""}
)

// isColumn contains all known names of columns: each may occur once in a file.
var isColumn = func() map[string]bool {
	known := map[string]bool{}
	for _, c := range timeColumns {
		for _, name := range timeNames(c) {
			known[name] = true
		}
	}
	for column := range otherNames {
		for _, name := range namesOf(column) {
			known[name] = true
		}
	}
	for _, name := range []string{
		"kind", "sector", "permyriad", "line", "in_pit", "decoder", "session", "sequence", "seq", "value", "of_row", "of_seq",
		"reason", "author", "reason_retired", "start_offset_m", "pit_lane_start", "compound", "age_laps",
	} {
		known[name] = true
	}
	return known
}()

// plainName normalises a column's name to small letters, digits and underscores. "Lap Time (ms)" becomes lap_time_ms.
func plainName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	return strings.Join(words, "_")
}

// namesOf returns all names of a column, its own first.
func namesOf(column string) []string { return append([]string{column}, otherNames[column]...) }

// timeNames returns all names of a column with a time.
func timeNames(column string) (names []string) {
	for _, ending := range timeEndings {
		for _, name := range namesOf(column) {
			names = append(names, name+ending)
		}
	}
	return names
}

// listing maps the files of a folder from small letters to their real names; nil if the folder cannot be listed.
type listing map[string]string

func list(dir fs.FS) (listing, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			return nil, nil // a folder that cannot be listed is not an error
		}
		return nil, fmt.Errorf("list the folder: %w", err)
	}
	names := listing{}
	for _, e := range entries {
		plain := strings.ToLower(e.Name())
		if other, twice := names[plain]; twice && slices.Contains(fileNames, plain) {
			return nil, &Error{e.Name(), 0, fmt.Sprintf("%s is there as well: expected one of them", other)}
		}
		names[plain] = e.Name()
	}
	return names, nil
}

// name returns the real name of a file in the folder.
func (l listing) name(file string) string {
	if name, ok := l[file]; ok {
		return name
	}
	return file
}
