package folder

import (
	"slices"

	"lightsout/race"
)

// order is a row of control.csv.
type order struct {
	at     race.Micros
	row    int
	kind   string
	author string
	// seq is the number of its record in the exported log; 0 if there is none.
	seq int64
	// of is the row that it refers to, in control.csv or, with passing, in passings.csv; 0 if none. ofSeq refers to a record
	// instead.
	of      int
	ofSeq   int64
	passing bool
	// whole is set if a flag is shown to the whole circuit.
	whole bool
	// body returns the record; of is the record of the row that it refers to.
	body func(of race.Seq) race.Body
}

// Kinds of rows by the columns that they need. A red flag becomes a suspension, and the clear flag after it a resumption, when
// the rows are in order.
var (
	flagKinds = []string{
		"clear", "yellow", "safety_car", "virtual_safety_car", "red", "chequered", "suspended", "resumed", "abandoned", "start_aborted",
		"held", "released",
	}
	penaltyKinds = []string{
		"time", "drive_through", "stop_and_go", "served", "lap_deleted", "retired", "did_not_start", "disqualified", "tyres",
	}
	correctionKinds = []string{"accept", "reject", "move", "insert", "split", "assign", "offset", "start_moved", "undo"}
	lifeKinds       = []string{"start", "end", "result"}
)

// timeless are the records without any field.
var timeless = map[string]race.Body{
	"suspended": race.Suspended{}, "resumed": race.Resumed{}, "start_aborted": race.StartAborted{}, "held": race.Held{},
	"released": race.Released{}, "start": race.Started{}, "end": race.Ended{},
}

// readControl reads the orders of race control, stewards and marshals.
func (r *reader) readControl() error {
	t, err := r.open(controlFile, true, "kind")
	if t == nil {
		return err
	}
	if !t.has("time") {
		return t.missing("time")
	}
	rows := map[int]string{} // the kind of each row
	for i := range t.rows {
		one := &row{t: t, at: i}
		rows[one.line()] = one.words("kind")
	}
	return t.all(func(row *row) error {
		o := order{
			at: row.needTime("time", -race.TimeMax), row: row.line(), kind: row.words("kind"), author: row.text("author"),
			seq: row.seq(),
		}
		r.fill(row, &o)
		if row.err == nil && o.of > 0 && !o.passing {
			if of, there := rows[o.of]; !there || o.of == o.row || slices.Contains(lifeKinds, of) {
				row.fault("of_row is %d: expected the row of what it is about in %s", o.of, controlFile)
			}
		}
		r.orders = append(r.orders, o)
		return row.err
	})
}

// fill reads the order of a row.
func (r *reader) fill(row *row, o *order) {
	if body, ok := timeless[o.kind]; ok {
		o.body = is(body)
	}
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
		if o.kind == "result" {
			o.body = is(race.ResultDeclared{Reason: row.text("reason")})
		}
	}
}

// is returns a body that refers to no other record.
func is(b race.Body) func(race.Seq) race.Body { return func(race.Seq) race.Body { return b } }

func (r *reader) fillFlag(row *row, o *order) {
	switch {
	case o.body != nil:
	case o.kind == "abandoned":
		o.body = is(race.Abandoned{Lap: int(row.optional("value", 0, race.LapsMax))})
	default:
		flag, err := race.ParseFlag(o.kind)
		if err != nil {
			row.fault("%v", err)
		}
		sector := int(row.optional("value", 0, 3))
		o.body, o.whole = is(race.FlagShown{Flag: flag, Sector: sector}), sector == 0
	}
}

func (r *reader) fillPenalty(row *row, o *order) {
	car, reason := r.car(row), row.text("reason")
	switch o.kind {
	case "served":
		r.fillOf(row, o)
		o.body = func(of race.Seq) race.Body { return race.PenaltyServed{Car: car, Penalty: of} }
	case "lap_deleted":
		r.fillLapDeleted(row, o, race.LapDeleted{Car: car, Reason: reason})
	case "tyres":
		o.body = is(row.tyres(car))
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
		if kind == race.PenaltyTime || row.text("value") != "" { // otherwise the rules' amount
			p.Amount = row.valueTime(race.Millisecond, 1, race.TimeMax)
		}
		o.body = is(p)
	}
}

// fillLapDeleted reads the lap, by number or by the passing that ended it.
func (r *reader) fillLapDeleted(row *row, o *order, b race.LapDeleted) {
	named := row.text("of_seq") != "" || row.text("of_row") != ""
	if row.text("value") != "" || !named {
		b.Lap = int(row.number("value", 1, race.LapsMax))
	}
	if named {
		o.passing = true
		r.fillOf(row, o)
		r.needPassing(row, o)
	}
	o.body = func(of race.Seq) race.Body { b.Passing = of; return b }
}

func (r *reader) fillCorrection(row *row, o *order) {
	reason := row.text("reason")
	switch o.kind {
	case "undo":
		r.fillOf(row, o)
		o.body = func(of race.Seq) race.Body { return race.Undone{Of: of, Reason: reason} }
	case "assign":
		b := race.TransponderAssigned{Car: r.car(row), Transponder: row.word("transponder"), Reason: reason}
		b.From, _ = row.time("at", -race.TimeMax)
		o.body = is(b)
	case "offset":
		offset := row.valueTime(1, -race.TimeMax, race.TimeMax)
		o.body = is(race.DecoderSet{Decoder: row.word("decoder"), Session: row.text("session"), Offset: offset, Reason: reason})
	case "start_moved":
		o.body = is(race.StartMoved{At: row.needTime("at", -race.TimeMax), Reason: reason})
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
	case race.CorrectInsert:
		c.Car, c.At, c.Line = r.car(row), row.needTime("at", 0), int(row.optional("value", 0, int64(len(r.lines)-1)))
		o.body = is(c)
		return
	case race.CorrectSplit:
		at, said := row.time("at", 0)
		if c.Car, c.At = r.car(row), at; row.text("value") != "" || !said {
			c.Lap = int(row.number("value", 1, race.LapsMax))
		}
		o.body = is(c)
		return
	case race.CorrectMove:
		c.Car = r.car(row)
	case race.CorrectAccept, race.CorrectReject:
	}
	o.passing = true
	r.fillOf(row, o)
	r.needPassing(row, o)
	o.body = func(of race.Seq) race.Body { c.Passing = of; return c }
}

// needPassing checks that a ruling refers to a row of passings.csv.
func (r *reader) needPassing(row *row, o *order) {
	if row.err == nil && o.of > 0 && !slices.ContainsFunc(r.arrivals, func(a arrival) bool { return a.row == o.of }) {
		row.fault("of_row is %d: expected the row of a passing in %s", o.of, passingsFile)
	}
}

// fillOf reads the reference of a row: a row of a file, or a record of the exported log.
func (r *reader) fillOf(row *row, o *order) {
	if row.text("of_seq") != "" {
		o.ofSeq = row.number("of_seq", 1, 1<<53)
		return
	}
	o.of = int(row.number("of_row", 2, numberMax))
}

// valueTime reads value as a time.
func (r *row) valueTime(unit, low, high race.Micros) race.Micros {
	s := r.text("value")
	v, err := parseTime(s, unit)
	switch {
	case err != nil:
		r.fault("value is %q: %v", s, err)
	case v < low || v > high:
		r.fault("value is %q, which is %v: expected %v to %v", s, v, low, high)
	}
	return v
}

// tyres reads the fitted tyres.
func (r *row) tyres(car race.CarIdx) race.TyresFitted {
	b := race.TyresFitted{Car: car, AgeLaps: int(r.optional("age_laps", 0, race.LapsMax))}
	if s := r.words("compound"); s != "" {
		compound, err := race.ParseCompound(s)
		if err != nil {
			r.fault("%v", err)
		}
		b.Compound = compound
	}
	b.Stationary, _ = r.time("stationary", 0)
	b.PitLane, _ = r.time("pit_lane", 0)
	return b
}
