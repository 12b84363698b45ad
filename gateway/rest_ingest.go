package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

// Limits of a report.
const (
	maxText   = 100
	keyHeader = "Idempotency-Key"
)

// maxBodies bounds how many bodies are in memory at once.
var maxBodies = 2 * runtime.GOMAXPROCS(0)

// ingestedDTO answers a report.
type ingestedDTO struct {
	Accepted int      `json:"accepted"`
	Repeated int      `json:"repeated"`
	Rejected int      `json:"rejected"`
	FirstSeq race.Seq `json:"first_seq"`
	LastSeq  race.Seq `json:"last_seq"`
	// Replayed means that the idempotency key was known: the answer is that of the first request.
	Replayed bool         `json:"replayed"`
	Errors   []race.Fault `json:"errors"`
}

func (s *Server) ingestPassings(c *fiber.Ctx) error { return s.ingest(c, "passings") }
func (s *Server) ingestSamples(c *fiber.Ctx) error  { return s.ingest(c, "samples") }

// ingest records one or many items. It keeps the good ones and lists the faults of the others.
func (s *Server) ingest(c *fiber.Ctx, name string) error {
	id := raceID(c)
	roster, err := s.deps.Ingest.Roster(c.UserContext(), id)
	switch {
	case err != nil:
		return err
	case roster.Race.Kind == race.Simulation:
		return simulatedError(id, name)
	}
	in, answer, err := s.readReport(c, name, roster)
	if err != nil {
		return err
	}
	if in.Items() == 0 && len(answer.Errors) > 0 {
		s.m.countItems(name, race.Ingested{}, answer.Rejected, nil, 0)
		return &race.InvalidError{Faults: answer.Errors}
	}
	taken, err := s.deps.Ingest.Ingest(c.UserContext(), id, in)
	s.m.countItems(name, taken, answer.Rejected, err, in.Items())
	if err != nil {
		return err
	}
	answer.Accepted, answer.Repeated = taken.Records+taken.Samples, taken.Repeated
	answer.FirstSeq, answer.LastSeq, answer.Replayed = taken.First, taken.Last, taken.Again
	if len(answer.Errors) > 0 {
		c.Status(fiber.StatusMultiStatus)
	}
	return c.JSON(answer)
}

// readKey reads the key that identifies a request; empty without one.
func readKey(c *fiber.Ctx) (string, error) {
	key := strings.Clone(c.Get(keyHeader))
	if n := utf8.RuneCountInString(key); n > maxText {
		return "", refuse(fiber.StatusBadRequest, fmt.Sprintf("the %s has %d characters: allowed are %d", keyHeader, n, maxText))
	}
	return key, nil
}

// readReport reads a body into a report, in a slot of its own.
func (s *Server) readReport(c *fiber.Ctx, name string, roster *race.Roster) (*race.Report, ingestedDTO, error) {
	leave, err := s.bodies.Enter(c.UserContext())
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	defer leave()
	key, err := readKey(c)
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	v, err := s.bodies.Values(c)
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	items, err := body.Items(v, name)
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	in := &race.Report{Key: key}
	if key != "" {
		sum := sha256.Sum256(c.Request().Body())
		in.Hash = binary.BigEndian.Uint64(sum[:])
	}
	faults, dropped := readItems(roster, itemsOf[name], items, in)
	return in, ingestedDTO{Errors: faults, Rejected: len(dropped)}, nil
}

// readPassingTime reads the time of a passing. A date before the start signal is given has no race time yet: the passing is kept,
// and judged once the signal is given.
func readPassingTime(f *body.Object, r *race.Roster) race.Micros {
	date, dated := f.Date("date")
	if !dated || f.Has("time_us") || r.StartedAt != 0 {
		return readTime(f, r)
	}
	at := r.SinceAnnounced(date.UnixNano())
	if at < -race.PreStartMax || at > race.PreStartMax {
		f.Wrong("date", fmt.Sprintf("is %v after the race was announced", at), fmt.Sprintf("within %v of it, until the start signal is given", race.Micros(race.PreStartMax)))
	}
	return race.PreStartZero + at
}

// readTime reads a time as records have it: race time, counted from the start signal that was given first, or a date. Times
// before the start signal are kept and judged.
func readTime(f *body.Object, r *race.Roster) race.Micros {
	at := race.Micros(f.Number("time_us", -int64(race.TimeMax), int64(race.TimeMax), int64(race.NoTime)))
	date, dated := f.Date("date")
	switch {
	case f.Has("time_us") && f.Has("date"):
		f.Wrong("date", "is given together with time_us", "one of the two")
	case dated && r.StartedAt == 0:
		f.Wrong("date", "cannot be counted from the start signal, which was not given yet", "time_us, or start the race first")
	case dated:
		at = r.SinceStart(date.UnixNano())
		if at < -race.TimeMax || at > race.TimeMax {
			f.Wrong("date", fmt.Sprintf("is %v after the start signal", at), fmt.Sprintf("within %v of it", race.TimeMax))
		}
	case !f.Has("date"):
		f.Need("time_us", "race time in microseconds, or date")
	}
	return at
}

// readCar reads a car by its number.
func readCar(f *body.Object, r *race.Roster) race.CarIdx {
	number := int(f.Number("driver_number", 0, 1_000_000, -1))
	car, known := r.Numbers[number]
	if number >= 0 && !known {
		f.Wrong("driver_number", fmt.Sprintf("is %d, which is not in this race", number), "the number of an entry")
	}
	if number < 0 || !known {
		return race.NoCar
	}
	return car
}

func readPassing(f *body.Object, r *race.Roster, in *race.Report) {
	p := race.Passing{
		Car: readCar(f, r), Line: int(f.Number("line", 0, int64(len(r.Race.Lines)-1), 0)), InPit: f.Flag("in_pit"),
	}
	f.Lenient(true) // a wrong speed does not cost the passing
	p.SpeedKMH = max(0, f.Measure("speed_kmh", body.Scale{High: 1000, Parts: 1}))
	f.Lenient(false)
	src := race.Source{
		Decoder: f.Text("decoder", maxText), Session: f.Text("session", maxText), Sequence: f.Count("sequence"),
		Transponder: f.Text("transponder", maxText),
	}
	if !f.Has("driver_number") && src.Transponder == "" {
		f.Need("driver_number", "the number of an entry, or a transponder")
	}
	switch {
	case src.Decoder != "":
		f.Need("sequence", "the decoder's own count, so that a repeat is recognised")
	case f.Has("sequence") || src.Session != "":
		f.Need("decoder", "the decoder whose session and sequence these are")
	}
	if src != (race.Source{}) {
		p.Source = &src
	}
	in.Records = append(in.Records, race.Record{Time: readPassingTime(f, r), Body: p})
}

// maxCoordinate bounds the coordinates of a circuit's drawing, in metres.
const maxCoordinate = 1e6

// readSample reads the telemetry of one car. A wrong value costs that value only, as long as another one is left.
func readSample(f *body.Object, r *race.Roster, in *race.Report) {
	f.Need("driver_number", "the number of an entry")
	s := race.Sample{Car: readCar(f, r), Time: readTime(f, r)}
	f.Lenient(true)
	code := func(name string, low, high int64) int { return int(f.Number(name, low, high, race.Unknown)) }
	percent, place := body.Scale{High: 100, Parts: 1}, body.Scale{Low: -maxCoordinate, High: maxCoordinate, Parts: 10}
	s.SpeedDKMH, s.RPM = f.Measure("speed", body.Scale{High: 1000, Parts: 10}), f.Measure("rpm", body.Scale{High: 50_000, Parts: 1})
	s.Gear, s.DRS = code("n_gear", -1, 20), code("drs", 0, 255)
	s.Throttle, s.Brake = f.Measure("throttle", percent), f.Measure("brake", percent)
	s.XDM, s.YDM = f.Measure("x", place), f.Measure("y", place)
	if s.Empty() && f.IsObject() {
		f.Lenient(false)
		f.Wrong("", "reports nothing that can be kept", "at least one of speed, rpm, n_gear, throttle, brake, drs, x, y")
	}
	f.Lenient(true) // neither does an unknown field cost the sample
	in.Samples = append(in.Samples, s)
}
