package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// Names of the files of a folder.
const (
	lapsFile    = "laps.csv"
	gridFile    = "grid.csv"
	resultsFile = "results.csv"
	stopsFile   = "pitstops.csv"
	headFile    = "race.json"
)

// Limits of what a file may say.
const (
	numberMax = 1_000_000
	timeMaxMS = 7 * 24 * 3_600_000
)

// Race is what a folder holds: the records of the race in order, and what was found suspect on the way.
type Race struct {
	Records []race.Record
	Notes   []string
}

// head is what is taken from race.json.
type head struct {
	Year          int       `json:"year"`
	Name          string    `json:"name"`
	Laps          int       `json:"laps"`
	ScheduledLaps *int      `json:"scheduled_laps"`
	RedFlags      []redFlag `json:"red_flags"`
	LapsComplete  *bool     `json:"laps_complete"`
}

// redFlag is a suspension. Resumed is N where it was not; other letters say how it was.
type redFlag struct {
	Lap     string `json:"Lap"`
	Resumed string `json:"Resumed"`
}

// reader gathers a race.
type reader struct {
	dir     fs.FS
	id      race.ID
	head    head
	entries []race.Entry
	slots   map[int]race.CarIdx
	laps    [][]race.Micros // by car: the end of each lap
	lapNo   []int           // by car: the number of the last lap read
	timed   []timed         // records of the race, to be sorted
	notes   []string
	shift   shift
}

// shift moves what came after a suspension, whose length the laps leave out.
type shift struct {
	afterLap int
	from     race.Micros // when the race was suspended
	by       race.Micros
}

// timed is a record with its rank among those of the same time.
type timed struct {
	at   race.Micros
	rank int
	car  race.CarIdx
	body race.Body
}

// Ranks of records of the same instant.
const (
	rankPassing = iota
	rankStop
	rankRuling
	rankFlag
	rankPenalty
	rankEnd
)

// Read reads the race in a folder. The id names it.
func Read(dir fs.FS, id race.ID) (*Race, error) {
	r := &reader{dir: dir, id: id, slots: map[int]race.CarIdx{}}
	for _, step := range []func() error{r.readHead, r.readGrid, r.readLaps, r.readSuspension, r.readResults, r.readStops} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.race(), nil
}

func (r *reader) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *reader) readHead() error {
	data, err := fs.ReadFile(r.dir, headFile)
	if errors.Is(err, fs.ErrNotExist) {
		r.note("%s is missing: the distance is taken to be the most laps of a car", headFile)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", headFile, err)
	}
	if err := json.Unmarshal(data, &r.head); err != nil {
		line := 0
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			line = 1 + strings.Count(string(data[:syntax.Offset]), "\n")
		case errors.As(err, &kind):
			line = 1 + strings.Count(string(data[:kind.Offset]), "\n")
			return &Error{headFile, line, fmt.Sprintf("%s is a %s: expected %s", kind.Field, kind.Value, kind.Type)}
		}
		return &Error{headFile, line, "is no valid JSON: " + err.Error()}
	}
	if r.head.Laps < 0 || r.head.Laps > race.LapsMax {
		return &Error{headFile, 0, fmt.Sprintf("laps is %d: expected 0 to %d", r.head.Laps, race.LapsMax)}
	}
	return nil
}

func (r *reader) readGrid() error {
	t, err := readTable(r.dir, gridFile, "position", "number", "code")
	if errors.Is(err, fs.ErrNotExist) {
		r.note("%s is missing: the entries are taken from %s", gridFile, lapsFile)
		return nil
	}
	if err != nil {
		return err
	}
	return t.each(func(row *row) error {
		e := entryOf(row)
		if row.text("position") == "PL" {
			e.PitLaneStart = true
		} else {
			e.Grid = int(row.optional("position", 1, race.CarsMax))
		}
		if _, twice := r.slots[e.Number]; twice {
			return row.wrong("car %d is on the grid twice", e.Number)
		}
		return r.enter(row, e)
	})
}

func entryOf(row *row) race.Entry {
	return race.Entry{
		Number: int(row.number("number", 0, numberMax)), Code: row.text("code"),
		Name: titled(row.text("driver")), Team: titled(row.text("constructor")),
	}
}

func (r *reader) enter(row *row, e race.Entry) error {
	if row.err != nil {
		return row.err
	}
	if len(r.entries) >= race.CarsMax {
		return row.wrong("more than %d cars", race.CarsMax)
	}
	r.slots[e.Number] = race.CarIdx(len(r.entries))
	r.entries = append(r.entries, e)
	r.laps, r.lapNo = append(r.laps, nil), append(r.lapNo, 0)
	return nil
}

// titled makes a name of a slug: max-verstappen becomes Max Verstappen.
func titled(slug string) string {
	words := strings.Fields(strings.ReplaceAll(slug, "-", " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

func (r *reader) readLaps() error {
	t, err := readTable(r.dir, lapsFile, "number", "lap", "lap_time_ms", "elapsed_ms")
	if errors.Is(err, fs.ErrNotExist) {
		return &Error{lapsFile, 0, "is missing: a folder needs at least it"}
	}
	if err != nil {
		return err
	}
	return t.each(r.readLap)
}

func (r *reader) readLap(row *row) error {
	number := int(row.number("number", 0, numberMax))
	lap := int(row.number("lap", 1, race.LapsMax))
	duration := race.Micros(row.number("lap_time_ms", 1, timeMaxMS)) * race.Millisecond
	end := race.Micros(row.number("elapsed_ms", 1, timeMaxMS)) * race.Millisecond
	if row.err != nil {
		return row.err
	}
	car, known := r.slots[number]
	if !known {
		if err := r.enter(row, entryOf(row)); err != nil {
			return err
		}
		car = r.slots[number]
	}
	if expected := r.lapNo[car] + 1; lap != expected {
		if lap < expected || r.head.LapsComplete == nil || *r.head.LapsComplete {
			return row.wrong("lap %d of car %d is out of order: expected lap %d", lap, number, expected)
		}
		r.note("%s:%d: car %d: laps %d to %d are missing", lapsFile, row.t.lines[row.at], number, expected, lap-1)
	}
	before := race.Micros(0)
	if n := len(r.laps[car]); n > 0 {
		before = r.laps[car][n-1]
	}
	if end <= before {
		return row.wrong("car %d ends lap %d at %v, not after the lap before (%v)", number, lap, end, before)
	}
	if end-before != duration && lap == r.lapNo[car]+1 {
		r.note("%s:%d: car %d, lap %d: lap_time_ms is %v, the crossings are %v apart",
			lapsFile, row.t.lines[row.at], number, lap, duration, end-before)
	}
	r.lapNo[car] = lap
	r.laps[car] = append(r.laps[car], end)
	return nil
}

// readSuspension finds how long a red flag held the race: laps leave it out, the winner's official time does not.
func (r *reader) readSuspension() error {
	at := slices.IndexFunc(r.head.RedFlags, func(f redFlag) bool { return f.Resumed != "N" })
	if at < 0 {
		return nil
	}
	lap, err := strconv.Atoi(r.head.RedFlags[at].Lap)
	if err != nil {
		return &Error{headFile, 0, fmt.Sprintf("the red flag's Lap is %q: expected a number", r.head.RedFlags[at].Lap)}
	}
	t, err := readTable(r.dir, resultsFile, "number", "time_ms", "time_penalty_ms")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	winner := &row{t: t}
	car, known := r.slots[int(winner.number("number", 0, numberMax))]
	total := winner.optional("time_ms", 0, timeMaxMS) - winner.optional("time_penalty_ms", 0, timeMaxMS)
	if winner.err != nil || !known || len(r.laps[car]) == 0 {
		return winner.err
	}
	by := race.Micros(total)*race.Millisecond - r.laps[car][len(r.laps[car])-1]
	if by <= 0 {
		return nil
	}
	r.note("red flag in lap %d: the race was suspended for %v, which the laps leave out", lap, by)
	r.shift = shift{afterLap: lap, by: by}
	for _, ends := range r.laps {
		if len(ends) >= lap {
			r.shift.from = max(r.shift.from, ends[lap-1])
		}
	}
	for _, ends := range r.laps {
		for i := range ends {
			if ends[i] > r.shift.from {
				ends[i] += by
			}
		}
	}
	return nil
}
