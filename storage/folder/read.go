package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"lightsout/race"
)

// Names of the files of a folder.
const (
	headFile     = "race.json"
	entriesFile  = "entries.csv"
	gridFile     = "grid.csv"
	linesFile    = "lines.csv"
	passingsFile = "passings.csv"
	controlFile  = "control.csv"
	lapsFile     = "laps.csv"
	resultsFile  = "results.csv"
	stopsFile    = "pitstops.csv"
)

// fileNames are all of them.
var fileNames = []string{headFile, entriesFile, gridFile, linesFile, passingsFile, controlFile, lapsFile, resultsFile, stopsFile}

// numberMax bounds a car's number and a row's number.
const numberMax = 1_000_000

// Race is the content of a folder: the records of the race in order, and notes on doubtful input.
type Race struct {
	Records []race.Record
	Notes   []string
}

// reader assembles a race.
type reader struct {
	dir          fs.FS
	files        listing
	id           race.ID
	head         head
	lines        []race.Line
	entries      []race.Entry
	slots        map[int]race.CarIdx
	transponders map[string]int // the car of each transponder
	listed       bool           // the entries are complete: other cars are faults
	notes        []string
	arrivals     []arrival // in the order of arrival
	orders       []order   // of race control, in the order of the file
	numbered     bool      // rows have the record numbers of the exported log

	laps        [][]lap      // by car, in order
	flagged     bool         // control.csv has the suspensions
	suspensions []suspension // suspensions of race.json, in order
	pits        map[pit]bool
	timed       []timed // records from laps and results, still to be sorted
}

// arrival is a report about the track or a car.
type arrival struct {
	at   race.Micros
	row  int   // of passings.csv; 0 means another file
	seq  int64 // in the exported log; 0 if there is none
	body race.Body
}

// Read reads the race in a folder; id becomes its ID. It returns Faults or a single Error if a file is wrong.
func Read(dir fs.FS, id race.ID) (*Race, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	r := &reader{
		dir: dir, files: files, id: id, slots: map[int]race.CarIdx{}, transponders: map[string]int{}, pits: map[pit]bool{},
		lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
	}
	steps := []func() error{
		r.readHead, r.readEntries, r.readLaps, r.readSuspensions, r.readResults, r.readStops, r.sortLaps, r.readControl,
	}
	if r.there(passingsFile) {
		for _, file := range []string{lapsFile, resultsFile, stopsFile} {
			if r.there(file) {
				r.note("%s is not read: %s is there", file, passingsFile)
			}
		}
		steps = []func() error{r.readHead, r.readEntries, r.readLines, r.readPassings, r.readControl}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.race()
}

func (r *reader) there(file string) bool {
	_, err := fs.Stat(r.dir, r.files.name(file))
	return !errors.Is(err, fs.ErrNotExist) // other errors are reported when the file is read
}

func (r *reader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// open reads an optional table: nil if the file is missing, or has no rows and may be empty.
func (r *reader) open(file string, mayBeEmpty bool, columns ...string) (*table, error) {
	text, err := r.text(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t, err := parseTable(file, text, columns...)
	switch {
	case err != nil:
		return nil, err
	case len(t.rows) > 0:
		return t, nil
	case mayBeEmpty:
		return nil, nil
	}
	return nil, &Error{file, 0, "the file has a header and no rows"}
}

// readEntries reads the cars of the race from entries.csv or grid.csv.
func (r *reader) readEntries() error {
	t, err := r.open(entriesFile, false, "number")
	if err != nil {
		return err
	}
	if t != nil {
		r.listed = true
		return t.all(r.readEntry)
	}
	t, err = r.open(gridFile, false, "position", "number")
	if err != nil {
		return err
	}
	if t == nil {
		r.note("%s is missing: the entries are taken from %s", gridFile, r.source())
		return nil
	}
	return t.each(func(row *row) error {
		e := entryOf(row)
		e.Grid, e.PitLaneStart = row.place("position")
		return r.enter(row, e)
	})
}

// source returns the file with the passings or laps.
func (r *reader) source() string {
	if r.there(passingsFile) {
		return passingsFile
	}
	return lapsFile
}

func (r *reader) readEntry(row *row) error {
	e := entryOf(row)
	e.Grid, e.PitLaneStart = row.place("grid")
	e.PitLaneStart = e.PitLaneStart || row.truth("pit_lane_start")
	e.Colour = colour(row)
	e.StartOffsetM = int(row.optional("start_offset_m", 0, offsetMaxM))
	e.Transponders = strings.Fields(row.text("transponders"))
	for _, t := range e.Transponders {
		if other, taken := r.transponders[t]; taken {
			row.fault("the transponder %q is car %d's: expected one car for each", t, other)
		}
		r.transponders[t] = e.Number
	}
	return r.enter(row, e)
}

// offsetMaxM bounds the distance of a start behind the finish line.
const offsetMaxM = 100_000

// place reads a place on the grid, or the pit lane.
func (r *row) place(column string) (grid int, pitLane bool) {
	if strings.EqualFold(r.text(column), "PL") {
		return 0, true
	}
	return int(r.optional(column, 1, race.CarsMax)), false
}

func entryOf(row *row) race.Entry {
	e := race.Entry{
		Number: int(row.number("number", 0, numberMax)), Code: row.text("code"), Name: row.name("driver"), Team: row.name("constructor"),
	}
	if e.Code == "" {
		e.Code = strconv.Itoa(e.Number)
	}
	return e
}

func (r *reader) enter(row *row, e race.Entry) error {
	if _, twice := r.slots[e.Number]; twice && row.err == nil {
		return row.wrong("car %d is there twice", e.Number)
	}
	if row.err != nil {
		return row.err
	}
	if len(r.entries) >= race.CarsMax {
		return row.wrong("more than %d cars", race.CarsMax)
	}
	r.slots[e.Number] = race.CarIdx(len(r.entries))
	r.entries = append(r.entries, e)
	r.laps = append(r.laps, nil)
	return nil
}

// car returns the slot of the car that a row names. If the entries are listed, the car must be one of them.
func (r *reader) car(row *row) race.CarIdx { return r.carOf(row, "number") }

// carOf returns the slot of the car that a column names.
func (r *reader) carOf(row *row, column string) race.CarIdx {
	number := int(row.number(column, 0, numberMax))
	idx, known := r.slots[number]
	if !known {
		row.fault("car %d is not among the entries: expected a number of %s", number, r.whence())
	}
	return idx
}

// carOrNew returns the slot of the car that a row names. If the entries are not complete, it enters the car.
func (r *reader) carOrNew(row *row) (race.CarIdx, error) {
	e := entryOf(row)
	if _, known := r.slots[e.Number]; !known && !r.listed && row.err == nil {
		if err := r.enter(row, e); err != nil {
			return 0, err
		}
	}
	return r.car(row), row.err
}

func (r *reader) whence() string {
	switch {
	case r.listed:
		return entriesFile
	case r.there(gridFile):
		return gridFile
	}
	return r.source()
}

// colour returns a team's colour as six hexadecimal digits; empty if there is none.
func colour(row *row) string {
	s := strings.ToLower(strings.TrimPrefix(row.text("colour"), "#"))
	if s != "" && (len(s) != 6 || strings.Trim(s, "0123456789abcdef") != "") {
		row.fault("colour is %q: expected six hexadecimal digits, rrggbb", row.text("colour"))
	}
	return s
}

// name returns the name of a driver or a team. Archives write names as slugs, in columns with slug in their name.
func (r *row) name(column string) string {
	if _, archive := r.t.columns[column]; archive {
		return titled(r.text(column))
	}
	return r.text(column)
}

// titled converts a slug to a name: max-verstappen becomes Max Verstappen. Other names are unchanged.
func titled(name string) string {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return name
		}
	}
	words := strings.Fields(strings.ReplaceAll(name, "-", " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}
