package folder

import (
	"slices"

	"lightsout/race"
)

// readLines reads the timing lines; without the file there is only the finish line.
func (r *reader) readLines() error {
	t, err := r.open(linesFile, false, "kind")
	if t == nil {
		return err
	}
	r.lines = nil
	return t.all(func(row *row) error {
		kind, err := race.ParseLineKind(row.words("kind"))
		if err != nil {
			row.fault("%v", err)
		}
		l := race.Line{
			Kind: kind, Sector: int(row.optional("sector", 0, 3)), Permyriad: int(row.optional("permyriad", 0, 9999)),
		}
		if (len(r.lines) == 0) != (kind == race.LineFinish) {
			row.fault("kind is %q: expected the finish line first, and once", row.text("kind"))
		}
		if len(r.lines) == race.LinesMax {
			row.fault("more than %d timing lines", race.LinesMax)
		}
		r.lines = append(r.lines, l)
		return row.err
	})
}

// readPassings reads the passings in the order of the file, which is the order of arrival.
func (r *reader) readPassings() error {
	t, err := r.open(passingsFile, false)
	if err != nil {
		return err
	}
	switch {
	case t == nil:
		return nil
	case !t.has("time") && !t.has("told"):
		return t.missing("time")
	case !t.has("number") && !t.has("transponder"):
		return t.missing("number", "transponder")
	}
	if len(r.head.RedFlags) > 0 {
		r.note("red_flags of %s are not read: %s is there; say in %s when the race was suspended (red, clear)", headFile, passingsFile, controlFile)
	}
	if len(r.entries) == 0 {
		if err := r.enterAll(t); err != nil {
			return err
		}
	}
	return t.all(r.readPassing)
}

// enterAll enters the cars of a race without entries, by number.
func (r *reader) enterAll(t *table) error {
	seen := map[int]*row{}
	var numbers []int
	err := t.all(func(row *row) error {
		if row.text("number") == "" {
			return nil
		}
		n := int(row.number("number", 0, numberMax))
		if seen[n] == nil && row.err == nil {
			seen[n], numbers = row, append(numbers, n)
		}
		return row.err
	})
	if err != nil {
		return err
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if err := r.enter(seen[n], entryOf(seen[n])); err != nil {
			return err
		}
	}
	if len(numbers) == 0 {
		return &Error{passingsFile, 0, "names no car by its number: expected " + entriesFile + ", which says whose the transponders are"}
	}
	return nil
}

// speedMaxKMH is the highest speed accepted at a speed trap.
const speedMaxKMH = 1000

func (r *reader) readPassing(row *row) error {
	at, reported := row.time("told", -race.TimeMax)
	number := "told_number"
	if !row.t.has("told") {
		at, reported, number = row.needTime("time", -race.TimeMax), true, "number"
	}
	if !reported { // a marshal inserted it, with a row of control.csv
		return row.err
	}
	p := race.Passing{
		Car: race.NoCar, Line: int(row.optional("line", 0, int64(len(r.lines)-1))), InPit: row.truth("in_pit"),
		SpeedKMH: int(row.rounded("speed_kmh", speedMaxKMH)), Source: row.source(),
	}
	switch {
	case row.text(number) != "":
		p.Car = r.carOf(row, number)
	case row.text("transponder") == "" && row.t.has("told"):
		r.note("%s:%d: the passing has no car: the rules refused it when it was reported, and it is skipped", passingsFile, row.line())
		return row.err
	case row.text("transponder") == "":
		row.fault("the passing has no car: expected a number or a transponder")
	}
	if row.err == nil {
		r.arrivals = append(r.arrivals, arrival{at: at, row: row.line(), seq: row.seq(), body: p})
	}
	return row.err
}

// seq returns the number of the row's record in the exported log; 0 if there is none.
func (r *row) seq() int64 { return r.optional("seq", 1, 1<<53) }

// source returns the source of a passing; nil if there is none. The passings of a decoder without a sequence are numbered by
// row: no two are the same.
func (r *row) source() *race.Source {
	s := race.Source{Decoder: r.text("decoder"), Session: r.text("session"), Transponder: r.text("transponder")}
	if s.Decoder != "" {
		s.Sequence = uint64(r.line())
		if r.t.has("sequence") {
			s.Sequence = r.count("sequence")
		}
	}
	if s == (race.Source{}) {
		return nil
	}
	return &s
}
