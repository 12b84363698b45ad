package folder

import (
	"slices"
	"strings"

	"lightsout/race"
)

// order is a row of control.csv.
type order struct {
	at     race.Micros
	row    int
	kind   string
	author string
	// of is the row that it is about: of control.csv, or with a passing of passings.csv; 0: none.
	of      int
	passing bool
	// body is the record; it needs the record of the row that it is about.
	body func(of race.Seq) race.Body
}

// Kinds of a row by what must be told of them. Flags that suspend and resume are made when the rows are in order.
var (
	flagKinds    = []string{"clear", "yellow", "safety_car", "virtual_safety_car", "red", "abandoned", "start_aborted"}
	penaltyKinds = []string{
		"time", "drive_through", "stop_and_go", "served", "lap_deleted", "retired", "did_not_start", "disqualified",
	}
	correctionKinds = []string{"accept", "reject", "move", "insert", "split", "assign", "offset", "undo"}
	lifeKinds       = []string{"start", "end", "result"}
)

// readControl takes what race control, stewards and marshals ordered.
func (r *reader) readControl() error {
	t, err := r.open(controlFile, true, "kind")
	if t == nil {
		return err
	}
	if !t.has("time_ms") && !t.has("time_us") {
		return &Error{controlFile, 1, "a column is missing: expected time_us or time_ms"}
	}
	rows := map[int]string{} // kinds, by row
	for i := range t.rows {
		one := &row{t: t, at: i}
		rows[one.line()] = one.text("kind")
	}
	return t.all(func(row *row) error {
		o := order{
			at: row.micros("time_us", "time_ms", -race.TimeMax, race.TimeMax), row: row.line(), kind: row.text("kind"),
			author: row.text("author"),
		}
		r.fill(row, &o)
		if row.err == nil && o.of > 0 && !o.passing {
			if of, there := rows[o.of]; !there || o.of == o.row || of == "start" || of == "end" || of == "result" {
				row.fault("of_row is %d: expected the row of what it is about in %s", o.of, controlFile)
			}
		}
		r.orders = append(r.orders, o)
		return row.err
	})
}

// fill works out what a row orders.
func (r *reader) fill(row *row, o *order) {
	switch {
	case slices.Contains(flagKinds, o.kind):
		r.fillFlag(row, o)
	case slices.Contains(penaltyKinds, o.kind):
		r.fillPenalty(row, o)
	case slices.Contains(correctionKinds, o.kind):
		r.fillCorrection(row, o)
	default:
		row.oneOf("kind", slices.Concat(flagKinds, penaltyKinds, correctionKinds, lifeKinds)...)
		if o.kind == "start" && o.at != 0 {
			row.fault("the start is at %v: race time begins with it, expected 0", o.at)
		}
		reason := row.text("reason")
		o.body = is(map[string]race.Body{
			"start": race.Started{}, "end": race.Ended{}, "result": race.ResultDeclared{Reason: reason},
		}[o.kind])
	}
}

// is makes a record that needs no other.
func is(b race.Body) func(race.Seq) race.Body { return func(race.Seq) race.Body { return b } }

func (r *reader) fillFlag(row *row, o *order) {
	switch o.kind {
	case "abandoned":
		o.body = is(race.Abandoned{Lap: int(row.optional("value", 0, race.LapsMax))})
	case "start_aborted":
		o.body = is(race.StartAborted{})
	default:
		flag, err := race.ParseFlag(o.kind)
		if err != nil {
			row.fault("%v", err)
		}
		o.body = is(race.FlagShown{Flag: flag, Sector: int(row.optional("value", 0, 3))})
	}
}

func (r *reader) fillPenalty(row *row, o *order) {
	car, reason := r.car(row), row.text("reason")
	switch o.kind {
	case "served":
		o.of = int(row.number("of_row", 2, numberMax))
		o.body = func(of race.Seq) race.Body { return race.PenaltyServed{Car: car, Penalty: of} }
	case "lap_deleted":
		o.body = is(race.LapDeleted{Car: car, Lap: int(row.number("value", 1, race.LapsMax)), Reason: reason})
	case "retired":
		o.body = is(race.CarRetired{Car: car, Reason: reason})
	case "did_not_start":
		o.body = is(race.CarNotStarted{Car: car, Reason: reason})
	case "disqualified":
		o.body = is(race.CarDisqualified{Car: car, Reason: reason})
	default:
		kind, err := race.ParsePenalty(o.kind)
		if err != nil {
			row.fault("%v", err)
		}
		p := race.Penalised{Car: car, Kind: kind, Reason: reason}
		if kind == race.PenaltyTime || row.text("value") != "" { // else what the rules say
			p.Amount = race.Micros(row.number("value", 1, timeMaxMS)) * race.Millisecond
		}
		o.body = is(p)
	}
}

func (r *reader) fillCorrection(row *row, o *order) {
	reason := row.text("reason")
	switch o.kind {
	case "undo":
		o.of = int(row.number("of_row", 2, numberMax))
		o.body = func(of race.Seq) race.Body { return race.Undone{Of: of, Reason: reason} }
	case "assign":
		o.body = is(race.TransponderAssigned{Car: r.car(row), Transponder: row.word("transponder"), Reason: reason})
	case "offset":
		offset := race.Micros(row.number("value", int64(-race.TimeMax), int64(race.TimeMax)))
		o.body = is(race.DecoderSet{Decoder: row.word("decoder"), Offset: offset, Reason: reason})
	default:
		kind, err := race.ParseCorrection(o.kind)
		if err != nil {
			row.fault("%v", err)
		}
		r.fillCorrected(row, o, race.Corrected{Kind: kind, Reason: reason})
	}
}

func (r *reader) fillCorrected(row *row, o *order, c race.Corrected) {
	switch c.Kind {
	case race.CorrectInsert, race.CorrectSplit:
		c.Car = r.car(row)
		said := row.text("at_us") != "" || row.text("at_ms") != ""
		if said || c.Kind == race.CorrectInsert {
			c.At = row.micros("at_us", "at_ms", 0, race.TimeMax)
		}
		if c.Kind == race.CorrectInsert {
			c.Line = int(row.optional("value", 0, int64(len(r.lines)-1)))
		} else if row.text("value") != "" || !said {
			c.Lap = int(row.number("value", 1, race.LapsMax))
		}
		o.body = is(c)
		return
	case race.CorrectMove:
		c.Car = r.car(row)
	case race.CorrectAccept, race.CorrectReject:
	}
	o.passing, o.of = true, int(row.number("of_row", 2, numberMax))
	if row.err == nil && !slices.ContainsFunc(r.arrivals, func(a arrival) bool { return a.row == o.of }) {
		row.fault("of_row is %d: expected the row of a hit in %s", o.of, passingsFile)
	}
	o.body = func(of race.Seq) race.Body { c.Passing = of; return c }
}

// word is a field that must not be empty.
func (r *row) word(column string) string {
	s := r.text(column)
	if strings.TrimSpace(s) == "" {
		r.fault("%s is empty: expected a name", column)
	}
	return s
}
