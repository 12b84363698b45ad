package transport

import (
	"math"

	"lightsout/race"
)

// ruled writes a ruling of race control.
func (w *writer) ruled(b race.Body) {
	switch b := b.(type) {
	case race.PenaltyServed:
		w.int(int64(b.Car))
		w.uint(uint64(b.Penalty))
	case race.LapDeleted:
		w.int(int64(b.Car))
		w.int(int64(b.Lap))
		w.str(b.Reason)
		if b.Passing != 0 {
			w.uint(uint64(b.Passing))
		}
	case race.Corrected:
		w.int(int64(b.Kind))
		w.uint(uint64(b.Passing))
		w.int(int64(b.Car))
		w.int(int64(b.Line))
		w.int(int64(b.At))
		w.int(int64(b.Lap))
		w.str(b.Reason)
	case race.TransponderAssigned:
		w.str(b.Transponder)
		w.ruling(b.Car, b.Reason)
		if b.From != 0 {
			w.int(int64(b.From))
		}
	case race.DecoderSet:
		w.str(b.Decoder)
		w.int(int64(b.Offset))
		w.str(b.Reason)
		if b.Session != "" {
			w.str(b.Session)
		}
	case race.StartMoved:
		w.int(int64(b.At))
		w.str(b.Reason)
	case race.Undone:
		w.uint(uint64(b.Of))
		w.str(b.Reason)
	case race.ResultDeclared:
		w.str(b.Reason)
	default: // its shape has no items, or body wrote them
	}
}

func (w *writer) ruling(car race.CarIdx, reason string) {
	w.int(int64(car))
	w.str(reason)
}

// ruling reads a ruling of race control; nil for an unknown kind.
func (r *reader) ruling(kind int64, items int) race.Body {
	switch kind {
	case recordServed:
		return race.PenaltyServed{Car: r.car(), Penalty: race.Seq(r.uint("penalty"))}
	case recordLapDeleted:
		b := race.LapDeleted{Car: r.car(), Lap: int(r.intIn("lap", 0, race.LapsMax)), Reason: r.str("reason")}
		if items > 3 {
			b.Passing = race.Seq(r.intIn("passing", 1, math.MaxInt64))
		}
		return b
	case recordCorrected:
		return race.Corrected{
			Kind: enum[race.CorrectionKind](r, "correction", 5), Passing: race.Seq(r.uint("passing")), Car: r.car(),
			Line: int(r.intIn("line", 0, race.LinesMax)), At: race.Micros(r.int("at")),
			Lap: int(r.intIn("lap", 0, race.LapsMax)), Reason: r.str("reason"),
		}
	case recordAssigned:
		b := race.TransponderAssigned{Transponder: r.str("transponder"), Car: r.car(), Reason: r.str("reason")}
		b.From = r.lastTime(items > 3, "from")
		return b
	case recordDecoder:
		b := race.DecoderSet{Decoder: r.str("decoder"), Offset: race.Micros(r.int("offset")), Reason: r.str("reason")}
		if items > 3 {
			if b.Session = r.str("session"); b.Session == "" {
				r.fail("session is empty: allowed is a name, or none")
			}
		}
		return b
	case recordUndone:
		return race.Undone{Of: race.Seq(r.uint("of")), Reason: r.str("reason")}
	case recordDeclared:
		return race.ResultDeclared{Reason: r.str("reason")}
	case recordStartMoved:
		return race.StartMoved{At: race.Micros(r.int("at")), Reason: r.str("reason")}
	}
	return nil
}
