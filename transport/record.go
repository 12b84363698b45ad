package transport

import (
	"fmt"

	"lightsout/race"
)

// Kinds of record.
const (
	recordAnnounced    = 1
	recordEntered      = 2
	recordStarted      = 3
	recordPassing      = 4
	recordTyres        = 5
	recordFlag         = 6
	recordSuspended    = 7
	recordResumed      = 8
	recordAbandoned    = 9
	recordRetired      = 10
	recordNotStarted   = 11
	recordDisqualified = 12
	recordPenalty      = 13
	recordStartAborted = 14
	recordEnded        = 15
	recordHeld         = 16
	recordReleased     = 17
	recordServed       = 18
	recordLapDeleted   = 19
	recordCorrected    = 20
	recordAssigned     = 21
	recordDecoder      = 22
	recordUndone       = 23
	recordDeclared     = 24
	recordStartMoved   = 25
)

// Record is one entry of the log as a message.
func (Codec) Record(rec *race.Record) ([]byte, error) {
	w := newWriter()
	_, items := recordShape(rec.Body)
	w.head(typeRecord, recordItems+items)
	w.record(rec)
	return w.done("record")
}

// recordItems are the items of every record; those of its body follow.
const recordItems = 5

// record writes a record's items into an array that was opened.
func (w *writer) record(rec *race.Record) {
	kind, _ := recordShape(rec.Body)
	w.uint(uint64(rec.Seq))
	w.int(int64(rec.Time))
	w.int(rec.RecordedAt)
	w.int(int64(kind))
	w.str(rec.Author)
	w.body(rec.Body)
}

// innerRecord writes a record as an array within a message: the items of a record message after its type.
func (w *writer) innerRecord(rec *race.Record) {
	_, items := recordShape(rec.Body)
	w.array(recordItems + items)
	w.record(rec)
}

// recordShape is the kind of a body and its number of items.
func recordShape(b race.Body) (kind, items int) {
	switch b := b.(type) {
	case race.Announced:
		return recordAnnounced, 1
	case race.Entered:
		return recordEntered, 1
	case race.Started:
		return recordStarted, given(b.After != 0)
	case race.Passing:
		return recordPassing, 5
	case race.TyresFitted:
		if b.PitLane != 0 {
			return recordTyres, 5
		}
		return recordTyres, 4
	case race.FlagShown:
		return recordFlag, 2
	case race.Suspended:
		return recordSuspended, 0
	case race.Resumed:
		return recordResumed, 0
	case race.Abandoned:
		return recordAbandoned, 1
	case race.CarRetired:
		return recordRetired, 2
	case race.CarNotStarted:
		return recordNotStarted, 2
	case race.CarDisqualified:
		return recordDisqualified, 2
	case race.Penalised:
		return recordPenalty, 4
	case race.PenaltyServed:
		return recordServed, 2
	case race.LapDeleted:
		return recordLapDeleted, 3 + given(b.Passing != 0)
	case race.Corrected:
		return recordCorrected, 7
	case race.TransponderAssigned:
		return recordAssigned, 3 + given(b.From != 0)
	case race.DecoderSet:
		return recordDecoder, 3 + given(b.Session != "")
	case race.Undone:
		return recordUndone, 2
	case race.ResultDeclared:
		return recordDeclared, 1
	case race.StartMoved:
		return recordStartMoved, 2
	case race.StartAborted:
		return recordStartAborted, 0
	case race.Ended:
		return recordEnded, 0
	case race.Held:
		return recordHeld, 0
	case race.Released:
		return recordReleased, 0
	}
	panic(fmt.Sprintf("transport: a record of %T has no shape", b)) // sealed: a new body must be listed
}

// given counts a trailing item that is left out if it has no value, so that older logs keep their bytes.
func given(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (w *writer) body(b race.Body) {
	switch b := b.(type) {
	case race.Announced:
		w.announced(&b.Race)
	case race.Entered:
		w.entry(&b.Entry)
	case race.Passing:
		w.int(int64(b.Car))
		w.int(int64(b.Line))
		w.bool(b.InPit)
		w.int(int64(b.SpeedKMH))
		w.source(b.Source)
	case race.TyresFitted:
		w.int(int64(b.Car))
		w.int(int64(b.Compound))
		w.int(int64(b.AgeLaps))
		w.int(int64(b.Stationary))
		if b.PitLane != 0 {
			w.int(int64(b.PitLane))
		}
	case race.FlagShown:
		w.flag(b)
	case race.Abandoned:
		w.int(int64(b.Lap))
	case race.CarRetired:
		w.ruling(b.Car, b.Reason)
	case race.CarNotStarted:
		w.ruling(b.Car, b.Reason)
	case race.CarDisqualified:
		w.ruling(b.Car, b.Reason)
	case race.Penalised:
		w.int(int64(b.Car))
		w.int(int64(b.Amount))
		w.str(b.Reason)
		w.int(int64(b.Kind))
	case race.Started:
		if b.After != 0 {
			w.int(int64(b.After))
		}
	case race.Suspended, race.Resumed, race.StartAborted, race.Ended,
		race.Held, race.Released:
	default:
		w.ruled(b)
	}
}

func (w *writer) flag(f race.FlagShown) {
	w.int(int64(f.Flag))
	w.int(int64(f.Sector))
}

// source is nil or the source of a passing.
func (w *writer) source(src *race.Source) {
	if src == nil {
		w.null()
		return
	}
	w.array(4)
	w.str(src.Decoder)
	w.str(src.Session)
	w.uint(src.Sequence)
	w.str(src.Transponder)
}

// record reads a record message and returns how many of its items it knew.
func (r *reader) record(n int) (*race.Record, int) {
	r.want(n, recordItems+2)
	rec, kind := r.recordHead()
	return rec, 2 + r.recordBody(rec, kind, n-2)
}

// innerRecord reads what innerRecord writes.
func (r *reader) innerRecord() *race.Record {
	n := r.array("record", recordItems, recordItems+64)
	rec, kind := r.recordHead()
	r.rest(n - r.recordBody(rec, kind, n))
	return rec
}

// recordHead reads all of a record but its body, of which it returns the kind.
func (r *reader) recordHead() (rec *race.Record, kind int64) {
	rec = &race.Record{
		Seq: race.Seq(r.uint("seq")), Time: race.Micros(r.int("time_us")), RecordedAt: r.int("recorded_at_ns"),
	}
	kind = r.int("kind")
	rec.Author = r.str("author")
	return rec, kind
}

// recordBody reads the body of a record of n items and returns how many of them are known.
func (r *reader) recordBody(rec *race.Record, kind int64, n int) int {
	if r.err != nil {
		return n
	}
	if rec.Body = r.body(kind, n-recordItems); rec.Body == nil {
		r.fail("unknown kind of record %d", kind)
		return n
	}
	_, items := recordShape(rec.Body)
	return recordItems + items
}

// lastTime is a trailing time that may be missing.
func (r *reader) lastTime(given bool, name string) race.Micros {
	if !given {
		return 0
	}
	t := race.Micros(r.int(name))
	if t == 0 {
		r.fail("%s is 0: allowed is any other time, or none", name)
	}
	return t
}

func (r *reader) body(kind int64, items int) race.Body {
	least := map[int64]int{
		recordAnnounced: 1, recordEntered: 1, recordPassing: 5, recordTyres: 4, recordFlag: 2, recordAbandoned: 1,
		recordRetired: 2, recordNotStarted: 2, recordDisqualified: 2, recordPenalty: 4,
		recordServed: 2, recordLapDeleted: 3, recordCorrected: 7, recordAssigned: 3, recordDecoder: 3, recordUndone: 2,
		recordDeclared: 1, recordStartMoved: 2,
	}[kind]
	if items < least {
		r.fail("record of kind %d has %d items, needs %d", kind, items, least)
		return race.Ended{}
	}
	switch kind {
	case recordAnnounced:
		return race.Announced{Race: r.announced()}
	case recordEntered:
		return race.Entered{Entry: r.entry()}
	case recordStarted:
		return race.Started{After: r.lastTime(items > 0, "after")}
	case recordPassing:
		return race.Passing{
			Car: r.car(), Line: int(r.intIn("line", 0, race.LinesMax)),
			InPit: r.bool("in_pit"), SpeedKMH: int(r.int("speed")), Source: r.source(),
		}
	case recordTyres:
		return race.TyresFitted{
			Car: r.car(), Compound: enum[race.Compound](r, "compound", 4), AgeLaps: int(r.int("age")),
			Stationary: race.Micros(r.int("stationary")), PitLane: r.lastTime(items > least, "pit_lane"),
		}
	case recordFlag:
		return r.flag()
	case recordSuspended:
		return race.Suspended{}
	case recordResumed:
		return race.Resumed{}
	case recordAbandoned:
		return race.Abandoned{Lap: int(r.intIn("lap", 0, race.LapsMax))}
	case recordRetired:
		return race.CarRetired{Car: r.car(), Reason: r.str("reason")}
	case recordNotStarted:
		return race.CarNotStarted{Car: r.car(), Reason: r.str("reason")}
	case recordDisqualified:
		return race.CarDisqualified{Car: r.car(), Reason: r.str("reason")}
	case recordPenalty:
		return race.Penalised{
			Car: r.car(), Amount: race.Micros(r.int("amount")), Reason: r.str("reason"),
			Kind: enum[race.PenaltyKind](r, "penalty", 3),
		}
	case recordStartAborted:
		return race.StartAborted{}
	case recordEnded:
		return race.Ended{}
	case recordHeld:
		return race.Held{}
	case recordReleased:
		return race.Released{}
	}
	return r.ruling(kind, items)
}

func (r *reader) flag() race.FlagShown {
	return race.FlagShown{Flag: enum[race.FlagState](r, "flag", 6), Sector: int(r.intIn("sector", 0, 100))}
}

func (r *reader) source() *race.Source {
	if r.null("source") {
		return nil
	}
	src := &race.Source{}
	r.tuple("source", 4, func() {
		src.Decoder, src.Session = r.str("decoder"), r.str("session")
		src.Sequence, src.Transponder = r.uint("sequence"), r.str("transponder")
	})
	return src
}

// DecodeRecord reads a record message. The data is borrowed.
func (Codec) DecodeRecord(data []byte) (*race.Record, error) {
	return decodeAs[*race.Record](data, "a record")
}
