package folder

import (
	"slices"

	"lightsout/race"
)

// readLines takes the timing lines; without the file there is the finish line alone.
func (r *reader) readLines() error {
	t, err := r.open(linesFile, false, "kind")
	if t == nil {
		return err
	}
	r.lines = nil
	return t.all(func(row *row) error {
		kind, err := race.ParseLineKind(row.text("kind"))
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

// readPassings takes the hits in the order of the file, which is that of their arrival.
func (r *reader) readPassings() error {
	t, err := r.open(passingsFile, false)
	if err != nil {
		return err
	}
	for _, either := range [][2]string{{"time_us", "time_ms"}, {"number", "transponder"}} {
		if !t.has(either[0]) && !t.has(either[1]) {
			return &Error{passingsFile, 1, "a column is missing: expected " + either[0] + " or " + either[1]}
		}
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

// speedMaxKMH bounds what a speed trap may show.
const speedMaxKMH = 1000

func (r *reader) readPassing(row *row) error {
	at := row.micros("time_us", "time_ms", -race.TimeMax, race.TimeMax)
	p := race.Passing{
		Car: race.NoCar, Line: int(row.optional("line", 0, int64(len(r.lines)-1))), InPit: row.truth("in_pit"),
		SpeedKMH: int(row.optional("speed_kmh", 0, speedMaxKMH)), Source: row.source(),
	}
	switch {
	case row.text("number") != "":
		p.Car = r.car(row)
	case row.text("transponder") == "":
		row.fault("the hit is nobody's: expected a number or a transponder")
	}
	if row.err == nil {
		r.arrivals = append(r.arrivals, arrival{at, row.line(), p})
	}
	return row.err
}

// source is where a hit comes from; nil where nothing is said of it. A decoder that does not number its hits has them
// numbered by their rows: no two are the same.
func (r *row) source() *race.Source {
	s := race.Source{Decoder: r.text("decoder"), Session: r.text("session"), Transponder: r.text("transponder")}
	if s.Decoder != "" {
		s.Sequence = uint64(r.line())
		if r.t.has("sequence") {
			s.Sequence = uint64(r.number("sequence", 0, 1<<62))
		}
	}
	if s == (race.Source{}) {
		return nil
	}
	return &s
}
