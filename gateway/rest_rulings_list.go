package gateway

import (
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// rulingDTO is a decision of race control or of the stewards.
type rulingDTO struct {
	Seq          race.Seq  `json:"seq"`
	TimeUS       int64     `json:"time_us"`
	RecordedAt   time.Time `json:"recorded_at"`
	Kind         string    `json:"kind"`
	DriverNumber *int      `json:"driver_number"`
	Detail       string    `json:"detail"`
	Author       string    `json:"author"`
	Reason       string    `json:"reason"`
	Of           *race.Seq `json:"of"`     // the record that it is about
	Undone       bool      `json:"undone"` // a later ruling took it back
	Undoable     bool      `json:"undoable"`
	Refused      *string   `json:"refused"` // why the rulebook refused it; it changed nothing then
}

func (s *Server) rulings(c *fiber.Ctx) error {
	list, err := s.rulingsOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"rulings": list})
}

func (s *Server) rulingsOf(c *fiber.Ctx, id race.ID) ([]rulingDTO, error) {
	roster, err := s.deps.Ingest.Roster(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	records, refused, err := s.deps.History.Rulings(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	undone := undoneBy(records, refused)
	out := []rulingDTO{}
	for i := range records {
		d := newRuling(&records[i], roster.Entries, roster.StartMoved)
		if why, is := refused[d.Seq]; is {
			d.Refused, d.Undoable = &why, false
		}
		if d.Undone = undone[d.Seq]; d.Undone {
			d.Undoable = false
		}
		out = append(out, d)
	}
	return out, nil
}

// text says in a line what a ruling is.
func (d rulingDTO) text() string {
	out := d.Kind
	if d.DriverNumber != nil {
		out += fmt.Sprintf(", car %d", *d.DriverNumber)
	}
	for _, more := range []string{d.Detail, d.Reason} {
		if more != "" {
			out += ", " + more
		}
	}
	return out
}

// undoneBy returns the records that a standing ruling took back.
func undoneBy(records []race.Record, refused map[race.Seq]string) map[race.Seq]bool {
	out := map[race.Seq]bool{}
	for i := len(records) - 1; i >= 0; i-- { // from the end: an undo follows what it undoes
		r := &records[i]
		if _, no := refused[r.Seq]; no || out[r.Seq] {
			continue
		}
		if u, ok := r.Body.(race.Undone); ok {
			out[u.Of] = true
		}
	}
	return out
}

func newRuling(r *race.Record, entries []race.Entry, moved race.Micros) rulingDTO {
	d := rulingDTO{
		Seq: r.Seq, TimeUS: int64(r.Time - moved), RecordedAt: time.Unix(0, r.RecordedAt).UTC(), Author: r.Author, Undoable: true,
	}
	car := race.NoCar
	switch b := r.Body.(type) {
	case race.FlagShown:
		d.Kind = b.Flag.String()
		if b.Sector > 0 {
			d.Detail = fmt.Sprintf("sector %d", b.Sector)
		}
	case race.Suspended:
		d.Kind, d.Detail = "red", "the race is suspended"
	case race.Resumed:
		d.Kind, d.Detail = "clear", "the race is resumed"
	case race.Abandoned:
		d.Kind, d.Detail = "abandoned", "not resumed: the result is counted back"
	case race.StartAborted:
		d.Kind, d.Detail = "start_aborted", "one lap less"
	case race.Started, race.Ended, race.Held, race.Released:
		d.Kind, d.Undoable = controlKind(b), false
	case race.CarRetired:
		d.Kind, car, d.Reason = "retired", b.Car, b.Reason
	case race.CarNotStarted:
		d.Kind, car, d.Reason = "did_not_start", b.Car, b.Reason
	case race.CarDisqualified:
		d.Kind, car, d.Reason = "disqualified", b.Car, b.Reason
	case race.Penalised:
		d.Kind, car, d.Reason = b.Kind.String(), b.Car, b.Reason
		if b.Amount > 0 {
			d.Detail = fmt.Sprintf("%v s", float64(b.Amount.Millis())/1000)
		}
	case race.PenaltyServed:
		d.Kind, car, d.Of = "served", b.Car, &b.Penalty
		d.Detail = fmt.Sprintf("the penalty of record %d", b.Penalty)
	case race.LapDeleted:
		d.Kind, car, d.Reason, d.Detail = "lap_deleted", b.Car, b.Reason, fmt.Sprintf("lap %d", b.Lap)
	default:
		car = describeCorrection(&d, b, moved)
	}
	if car >= 0 && int(car) < len(entries) {
		d.DriverNumber = &entries[car].Number
	}
	return d
}

func controlKind(b race.Body) string {
	return map[race.Body]string{race.Started{}: "start", race.Ended{}: "stop", race.Held{}: "pause", race.Released{}: "resume"}[b]
}

func describeCorrection(d *rulingDTO, b race.Body, moved race.Micros) race.CarIdx {
	switch b := b.(type) {
	case race.Corrected:
		d.Kind, d.Reason = b.Kind.String(), b.Reason
		switch {
		case b.Passing > 0:
			d.Of, d.Detail = &b.Passing, fmt.Sprintf("the passing of record %d", b.Passing)
			if b.Kind != race.CorrectMove {
				return race.NoCar
			}
		case b.Lap > 0:
			d.Detail = fmt.Sprintf("lap %d", b.Lap)
		default:
			d.Detail = fmt.Sprintf("line %d at %v", b.Line, b.At-moved)
		}
		return b.Car
	case race.TransponderAssigned:
		d.Kind, d.Reason, d.Detail = "assign", b.Reason, "transponder "+race.Isolated(b.Transponder)
		if b.From != 0 {
			d.Detail += fmt.Sprintf(" from %v on", b.From-moved)
		}
		return b.Car
	case race.DecoderSet:
		d.Kind, d.Reason = "offset", b.Reason
		d.Detail = fmt.Sprintf("decoder %s by %+.3f s", race.Isolated(b.Decoder), float64(b.Offset)/1e6)
		if b.Session != "" {
			d.Detail += ", session " + race.Isolated(b.Session)
		}
	case race.StartMoved:
		d.Kind, d.Reason = "start_moved", b.Reason
		d.Detail = fmt.Sprintf("the start signal by %+.3f s", float64(b.At)/1e6)
	case race.Undone:
		d.Kind, d.Reason, d.Of, d.Detail = "undo", b.Reason, &b.Of, fmt.Sprintf("record %d", b.Of)
	case race.ResultDeclared:
		d.Kind, d.Reason, d.Detail, d.Undoable = "result", b.Reason, "declared final", false
	default:
		d.Kind = strings.ToLower(fmt.Sprintf("%T", b))
	}
	return race.NoCar
}
