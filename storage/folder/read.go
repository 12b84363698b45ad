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

// numberMax bounds the number of a car, and of a row.
const numberMax = 1_000_000

// Race is what a folder holds: the records of the race in order, and what was found suspect on the way.
type Race struct {
	Records []race.Record
	Notes   []string
}

// reader gathers a race.
type reader struct {
	dir      fs.FS
	files    listing
	id       race.ID
	head     head
	lines    []race.Line
	entries  []race.Entry
	slots    map[int]race.CarIdx
	boxes    map[string]int // whose a transponder is
	listed   bool           // the entries are: no other car is in the race
	notes    []string
	arrivals []arrival // in the order in which they came
	orders   []order   // of race control, in the order of the file
	numbered bool      // rows have the numbers of the log that they were exported from

	laps    [][]lap    // by car, in order
	flagged bool       // control.csv says when the race was suspended
	stands  []standing // suspensions that race.json tells of, in order
	pits    map[pit]bool
	timed   []timed // what follows from laps and results, to be sorted
}

// arrival is what happened on the track, or to a car, as it was told.
type arrival struct {
	at   race.Micros
	row  int   // of passings.csv; 0: of another file
	seq  int64 // of the log that it was exported from; 0: none
	body race.Body
}

// Read reads the race in a folder. The id names it. What is wrong with a file is Faults, or a single Error.
func Read(dir fs.FS, id race.ID) (*Race, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	r := &reader{
		dir: dir, files: files, id: id, slots: map[int]race.CarIdx{}, boxes: map[string]int{}, pits: map[pit]bool{},
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
	return !errors.Is(err, fs.ErrNotExist) // what else is wrong is said when it is read
}

func (r *reader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// open reads a table that need not be there: nil then, also where it has no rows and may have none.
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

// readEntries takes who takes part from entries.csv, or from grid.csv.
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

// source is the file that the race itself is in.
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
		if other, taken := r.boxes[t]; taken {
			row.fault("the transponder %q is car %d's: expected one car for each", t, other)
		}
		r.boxes[t] = e.Number
	}
	return r.enter(row, e)
}

// offsetMaxM bounds how far behind the finish line a car may start.
const offsetMaxM = 100_000

// place is a place on the grid, or the pit lane.
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

// car is the slot of the car that a row names. Where the entries are listed it is one of them.
func (r *reader) car(row *row) race.CarIdx { return r.carOf(row, "number") }

// carOf is the slot of the car that a column names.
func (r *reader) carOf(row *row, column string) race.CarIdx {
	number := int(row.number(column, 0, numberMax))
	idx, known := r.slots[number]
	if !known {
		row.fault("car %d is not among the entries: expected a number of %s", number, r.whence())
	}
	return idx
}

// carOrNew is the slot of the car that a row names. Where the entries are not listed in full it enters itself.
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

// colour of a team, as six hexadecimal digits; empty where none is given.
func colour(row *row) string {
	s := strings.ToLower(strings.TrimPrefix(row.text("colour"), "#"))
	if s != "" && (len(s) != 6 || strings.Trim(s, "0123456789abcdef") != "") {
		row.fault("colour is %q: expected six hexadecimal digits, rrggbb", row.text("colour"))
	}
	return s
}

// name is the name of a driver or a team. Archives have them as slugs, in columns that are called so.
func (r *row) name(column string) string {
	if _, archive := r.t.columns[column]; archive {
		return titled(r.text(column))
	}
	return r.text(column)
}

// titled makes a name of a slug: max-verstappen becomes Max Verstappen. Other names stay as they are.
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
