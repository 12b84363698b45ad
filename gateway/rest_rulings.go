package gateway

import (
	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

const maxReason = 500

// Words of race control in the API. A red flag suspends the race and clear resumes it; abandoned ends a suspended race.
var (
	flagWords       = []string{"clear", "yellow", "safety_car", "virtual_safety_car", "red", "abandoned", "start_aborted"}
	penaltyWords    = []string{"time", "drive_through", "stop_and_go", "served", "lap_deleted", "retired", "did_not_start", "disqualified"}
	correctionWords = []string{"accept", "reject", "move", "insert", "split", "assign", "offset", "start", "undo"}
)

// ruledDTO answers a ruling that is durable.
type ruledDTO struct {
	Seq    race.Seq `json:"seq"` // of its record; 0 if it changed nothing
	TimeUS int64    `json:"time_us"`
}

// ruling reads a ruling of one kind. It returns nil if there was a fault.
type ruling func(f *body.Object, r *race.Roster) race.Body

func (s *Server) flags(c *fiber.Ctx) error       { return s.rule(c, readFlag) }
func (s *Server) penalties(c *fiber.Ctx) error   { return s.rule(c, readPenalty) }
func (s *Server) corrections(c *fiber.Ctx) error { return s.rule(c, readCorrection) }

func (s *Server) declareResult(c *fiber.Ctx) error {
	return s.rule(c, func(f *body.Object, _ *race.Roster) race.Body {
		return race.ResultDeclared{Reason: f.Text("reason", maxReason)}
	})
}

// rule reads a ruling and records it.
func (s *Server) rule(c *fiber.Ctx, read ruling) error {
	id := raceID(c)
	roster, err := s.deps.Ingest.Roster(c.UserContext(), id)
	if err != nil {
		return err
	}
	var rec race.Record
	err = s.bodies.Object(c, func(f *body.Object) { rec = readRuling(f, roster, read) })
	if err != nil {
		return err
	}
	ruled, err := s.record(c, id, roster, rec)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(ruled)
}

// record records a ruling. A clear flag resumes a race that is suspended.
func (s *Server) record(c *fiber.Ctx, id race.ID, roster *race.Roster, rec race.Record) (ruledDTO, error) {
	ctx, n := c.UserContext(), noteOf(c)
	n.author, n.detail = rec.Author, newRuling(&rec, roster.Entries, roster.StartMoved).text()
	if rec.Body == (race.FlagShown{Flag: race.FlagClear}) {
		records, refused, err := s.deps.History.Rulings(ctx, id)
		if err != nil {
			return ruledDTO{}, err
		}
		if suspended(records, refused) {
			rec.Body = race.Resumed{}
		}
	}
	ruled, err := s.deps.Ingest.Rule(ctx, id, rec)
	return ruledDTO{ruled.Seq, int64(ruled.At)}, err
}

// suspended reports whether the last red flag stands.
func suspended(records []race.Record, refused map[race.Seq]string) (red bool) {
	undone := undoneBy(records, refused)
	for _, r := range records {
		if _, no := refused[r.Seq]; no || undone[r.Seq] {
			continue
		}
		switch r.Body.(type) {
		case race.Suspended:
			red = true
		case race.Resumed:
			red = false
		default: // does not suspend or resume
		}
	}
	return red
}

// readRuling reads the author and time of a ruling, and the ruling itself.
func readRuling(f *body.Object, r *race.Roster, read ruling) race.Record {
	rec := race.Record{Author: f.NeedText("author", maxText, "the name of who decided it"), Time: race.NoTime}
	if f.Has("time_us") || f.Has("date") {
		if rec.Time = readTime(f, r); f.Has("time_us") && rec.Time != race.NoTime {
			rec.Time += r.StartMoved
		}
	}
	f.Know("time_us", "date")
	rec.Body = read(f, r)
	if b, ok := rec.Body.(race.TransponderAssigned); ok { // valid from the ruling's time on, if it has one
		if all := f.Flag("all"); !all && rec.Time != race.NoTime {
			b.From = rec.Time
		}
		rec.Body = b
	}
	return rec
}

func readDeclaration(f *body.Object, _ *race.Roster) race.Body {
	return race.ResultDeclared{Reason: f.Text("reason", maxReason)}
}

func readFlag(f *body.Object, _ *race.Roster) race.Body {
	what := f.OneOf("flag", flagWords, true)
	sector := int(f.Number("sector", 1, 3, 0))
	f.Text("reason", maxReason) // a flag keeps no reason; clients may send one all the same
	if sector > 0 && what != "yellow" && what != "clear" {
		f.Wrong("sector", "is given with "+what, "a sector with yellow and clear alone")
	}
	switch what {
	case "red":
		return race.Suspended{}
	case "abandoned":
		return race.Abandoned{Lap: int(f.Number("lap", 1, race.LapsMax, 0))}
	case "start_aborted":
		return race.StartAborted{}
	}
	flag, err := race.ParseFlag(what)
	if err != nil {
		return nil // OneOf has added the fault
	}
	return race.FlagShown{Flag: flag, Sector: sector}
}

func readPenalty(f *body.Object, r *race.Roster) race.Body {
	what := f.OneOf("kind", penaltyWords, true)
	f.Need("driver_number", "the number of an entry")
	car := readCar(f, r)
	reason := needReason(f)
	switch what {
	case "served":
		return race.PenaltyServed{Car: car, Penalty: needSeq(f, "the seq of the penalty")}
	case "lap_deleted":
		f.Need("lap", "the number of a completed lap")
		return race.LapDeleted{
			Car: car, Lap: int(f.Number("lap", 1, race.LapsMax, 1)), Passing: race.Seq(f.Number("passing", 1, 1<<53, 0)), Reason: reason,
		}
	case "retired":
		return race.CarRetired{Car: car, Reason: reason}
	case "did_not_start":
		return race.CarNotStarted{Car: car, Reason: reason}
	case "disqualified":
		return race.CarDisqualified{Car: car, Reason: reason}
	}
	kind, err := race.ParsePenalty(what)
	if err != nil {
		return nil // OneOf has added the fault
	}
	if kind == race.PenaltyTime {
		f.Need("amount_ms", "milliseconds that are added to the race time")
	}
	amount := race.Micros(f.Number("amount_ms", 1, int64(race.Hour/race.Millisecond), 0)) * race.Millisecond
	return race.Penalised{Car: car, Kind: kind, Amount: amount, Reason: reason}
}

func readCorrection(f *body.Object, r *race.Roster) race.Body {
	what := f.OneOf("kind", correctionWords, true)
	reason := needReason(f)
	switch what {
	case "undo":
		return race.Undone{Of: needSeq(f, "the seq of a ruling"), Reason: reason}
	case "assign":
		return race.TransponderAssigned{Transponder: f.NeedText("transponder", maxText, "the name of a transponder"), Car: needCar(f, r), Reason: reason}
	case "offset":
		f.Need("offset_us", "microseconds to add to its times")
		limit := int64(race.TimeMax)
		return race.DecoderSet{
			Decoder: f.NeedText("decoder", maxText, "the name of a decoder"), Session: f.Text("session", maxText),
			Offset: race.Micros(f.Number("offset_us", -limit, limit, 0)), Reason: reason,
		}
	case "start":
		return race.StartMoved{At: readStart(f, r), Reason: reason}
	}
	kind, err := race.ParseCorrection(what)
	if err != nil {
		return nil // OneOf has added the fault
	}
	b := race.Corrected{Kind: kind, Reason: reason}
	switch kind {
	case race.CorrectAccept, race.CorrectReject:
		b.Passing = needSeq(f, "the seq of a passing")
	case race.CorrectMove:
		b.Passing, b.Car = needSeq(f, "the seq of a passing"), needCar(f, r)
	case race.CorrectInsert:
		f.Need("at_us", "the race time of the passing, in microseconds")
		b.Car, b.Line = needCar(f, r), int(f.Number("line", 0, int64(len(r.Race.Lines)-1), 0))
		b.At = race.Micros(f.Number("at_us", 0, int64(race.TimeMax), 0)) + r.StartMoved
	case race.CorrectSplit:
		b.Car, b.Lap = needCar(f, r), int(f.Number("lap", 1, race.LapsMax, 0))
		if b.At = race.Micros(f.Number("at_us", 1, int64(race.TimeMax), 0)); b.At != 0 {
			b.At += r.StartMoved
		}
		if b.Lap == 0 && b.At == 0 {
			f.Need("at_us", "when the line was crossed, or the lap that is split in the middle")
		}
	}
	return b
}

// readStart reads when the start signal was really given: a date, or race time as it is counted now.
func readStart(f *body.Object, r *race.Roster) race.Micros {
	date, dated := f.Date("started_at")
	at := race.Micros(f.Number("at_us", -int64(race.TimeMax), int64(race.TimeMax), 0)) + r.StartMoved
	switch {
	case f.Has("at_us") && f.Has("started_at"):
		f.Wrong("started_at", "is given together with at_us", "one of the two")
	case dated && r.StartedAt == 0:
		f.Wrong("started_at", "cannot be compared with the start signal, which was not given yet", "start the race first")
	case dated:
		at = r.SinceStart(date.UnixNano())
	case !f.Has("at_us") && !f.Has("started_at"):
		f.Need("at_us", "when the start signal was given, in microseconds of race time, or started_at")
	}
	return at
}

func needReason(f *body.Object) string {
	return f.NeedText("reason", maxReason, "why, in a line")
}

func needCar(f *body.Object, r *race.Roster) race.CarIdx {
	f.Need("driver_number", "the number of an entry")
	return readCar(f, r)
}

func needSeq(f *body.Object, what string) race.Seq {
	f.Need("of", what)
	return race.Seq(f.Number("of", 1, 1<<53, 0))
}
