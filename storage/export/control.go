package export

import (
	"context"
	"fmt"
	"strconv"

	"lightsout/race"
)

// ruled is a record other than a passing, as a row: an action of race control, stewards, marshals or mechanics.
type ruled struct {
	*race.Record
	kind        string
	car         race.CarIdx
	value       string // by kind
	of          race.Seq
	at          race.Micros // NoTime means none
	transponder string
	decoder     string
	session     string // of the decoder
	tyres       race.TyresFitted
	fitted      bool
	reason      string
}

var controlTable = &table[ruled]{
	name: "control", about: "the orders of race control, stewards and marshals, and the fitted tyres, without records that the rules refused",
	columns: []column[ruled]{
		{Column{Name: "seq", About: "of the record", Type: Whole}, func(_ *Export, r *ruled) cell { return whole(r.Seq) }},
		{Column{Name: "time_us", Unit: "us", About: "race time", Type: Whole}, func(_ *Export, r *ruled) cell { return whole(r.Time) }},
		{Column{Name: "kind", About: "see storage/folder/README.md", Type: Text}, func(_ *Export, r *ruled) cell { return text(r.kind) }},
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *ruled) cell { return number(e.entry(r.car)) }},
		{Column{Name: "value", About: "by kind: a sector, a lap, a line, milliseconds of a penalty, microseconds of an offset", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.value) }},
		{Column{Name: "of_seq", About: "the record that it refers to", Type: Whole, Optional: true}, func(_ *Export, r *ruled) cell { return above(int64(r.of), 0) }},
		{Column{Name: "at_us", Unit: "us", About: "race time of an inserted passing, from which a transponder belongs to a car, or to which the start is moved", Type: Whole, Optional: true}, func(_ *Export, r *ruled) cell {
			return cell{whole: int64(r.at), missing: r.at == race.NoTime}
		}},
		{Column{Name: "transponder", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.transponder) }},
		{Column{Name: "decoder", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.decoder) }},
		{Column{Name: "session", About: "of the decoder; empty means all sessions without an offset of their own", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.session) }},
		{Column{Name: "compound", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell {
			return cell{text: r.tyres.Compound.String(), missing: !r.fitted}
		}},
		{Column{Name: "age_laps", Unit: "laps", Type: Small, Optional: true}, func(_ *Export, r *ruled) cell {
			return cell{whole: int64(r.tyres.AgeLaps), missing: !r.fitted}
		}},
		{Column{Name: "stationary_us", Unit: "us", Type: Whole, Optional: true}, func(_ *Export, r *ruled) cell { return above(int64(r.tyres.Stationary), 0) }},
		{Column{Name: "pit_lane_us", Unit: "us", About: "from the entry to the exit", Type: Whole, Optional: true}, func(_ *Export, r *ruled) cell { return above(int64(r.tyres.PitLane), 0) }},
		{Column{Name: "reason", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.reason) }},
		{Column{Name: "author", Type: Text, Optional: true}, func(_ *Export, r *ruled) cell { return word(r.Author) }},
		{Column{Name: "recorded_at", Type: Instant, Optional: true}, func(_ *Export, r *ruled) cell { return moment(r.RecordedAt) }},
	},
	rows: controlRows,
}

func controlRows(ctx context.Context, e *Export, emit func(*ruled) error, stretch func() error) error {
	_, refused, err := e.src.Rulings(ctx, e.id)
	if err != nil {
		return err
	}
	for after := race.Seq(0); after < e.end.Seq; {
		page, err := e.src.Records(ctx, e.id, after, int(min(recordsPage, e.end.Seq-after)))
		if err != nil {
			return fmt.Errorf("read the log of race %s: %w", e.id, err)
		}
		if len(page) == 0 {
			return fmt.Errorf("the log of race %s ends after record %d, %d were expected: %w", e.id, after, e.end.Seq, race.ErrNotFound)
		}
		for i := range page {
			if _, no := refused[page[i].Seq]; no {
				continue
			}
			if r, is := ruledOf(&page[i]); is {
				if err := emit(&r); err != nil {
					return err
				}
			}
		}
		after = page[len(page)-1].Seq
		if err := stretch(); err != nil {
			return err
		}
	}
	return nil
}

// ruledOf returns a record as a row; false for the race info, the entries and passings, which are in other tables.
func ruledOf(rec *race.Record) (ruled, bool) {
	r := ruled{Record: rec, car: race.NoCar, at: race.NoTime}
	switch b := rec.Body.(type) {
	case race.Announced, race.Entered, race.Passing:
		return r, false
	case race.Started:
		r.kind = "start"
	case race.Ended:
		r.kind = "end"
	case race.ResultDeclared:
		r.kind, r.reason = "result", b.Reason
	case race.FlagShown:
		r.kind, r.value = b.Flag.String(), positive(b.Sector)
	case race.Suspended:
		r.kind = "suspended"
	case race.Resumed:
		r.kind = "resumed"
	case race.Abandoned:
		r.kind, r.value = "abandoned", positive(b.Lap)
	case race.StartAborted:
		r.kind = "start_aborted"
	case race.Held:
		r.kind = "held"
	case race.Released:
		r.kind = "released"
	case race.TyresFitted:
		r.kind, r.car, r.tyres, r.fitted = "tyres", b.Car, b, true
	default:
		r.ofCar(b)
	}
	return r, true
}

// ofCar fills in a ruling on a car, a passing or another ruling.
func (r *ruled) ofCar(b race.Body) {
	switch b := b.(type) {
	case race.CarRetired:
		r.kind, r.car, r.reason = "retired", b.Car, b.Reason
	case race.CarNotStarted:
		r.kind, r.car, r.reason = "did_not_start", b.Car, b.Reason
	case race.CarDisqualified:
		r.kind, r.car, r.reason = "disqualified", b.Car, b.Reason
	case race.Penalised:
		r.kind, r.car, r.value, r.reason = b.Kind.String(), b.Car, penaltyText(b.Amount), b.Reason
	case race.PenaltyServed:
		r.kind, r.car, r.of = "served", b.Car, b.Penalty
	case race.LapDeleted:
		r.kind, r.car, r.value, r.of, r.reason = "lap_deleted", b.Car, positive(b.Lap), b.Passing, b.Reason
	case race.TransponderAssigned:
		r.kind, r.car, r.transponder, r.reason = "assign", b.Car, b.Transponder, b.Reason
		if b.From != 0 {
			r.at = b.From
		}
	case race.DecoderSet:
		r.kind, r.decoder, r.session, r.value, r.reason = "offset", b.Decoder, b.Session, strconv.FormatInt(int64(b.Offset), 10), b.Reason
	case race.StartMoved:
		r.kind, r.at, r.reason = "start_moved", b.At, b.Reason
	case race.Undone:
		r.kind, r.of, r.reason = "undo", b.Of, b.Reason
	case race.Corrected:
		r.corrected(&b)
	default: // handled by ruledOf
	}
}

func (r *ruled) corrected(b *race.Corrected) {
	r.kind, r.reason = b.Kind.String(), b.Reason
	switch b.Kind {
	case race.CorrectInsert:
		r.car, r.at, r.value = b.Car, b.At, strconv.Itoa(b.Line)
	case race.CorrectSplit:
		r.car, r.value = b.Car, positive(b.Lap)
		if b.At != 0 {
			r.at = b.At
		}
	case race.CorrectMove:
		r.of, r.car = b.Passing, b.Car
	case race.CorrectAccept, race.CorrectReject:
		r.of = b.Passing
	}
}

// positive formats a number; empty for 0.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// penaltyText formats a penalty in milliseconds, or as minutes and seconds if it is not whole, so that a reader cannot mistake
// decimals for thousands.
func penaltyText(t race.Micros) string {
	switch {
	case t == 0:
		return ""
	case t%race.Millisecond == 0:
		return strconv.FormatInt(t.Millis(), 10)
	}
	return fmt.Sprintf("%d:%02d.%06d", t/race.Minute, t/race.Second%60, t%race.Second)
}
