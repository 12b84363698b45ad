package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// Limits of what is reported.
const (
	itemsMost = 20_000 // of one request
	textMost  = 100
	keyHeader = "Idempotency-Key"
	// roomWait is how long a request waits for room to be read before it is told to come again.
	roomWait = 2 * time.Second
)

// ingestsMax is how many bodies are unpacked and read at once: what they take in memory is bounded by it.
var ingestsMax = 2 * runtime.GOMAXPROCS(0)

// ingestedDTO answers who told something from outside.
type ingestedDTO struct {
	Accepted int      `json:"accepted"`
	Repeated int      `json:"repeated"`
	Rejected int      `json:"rejected"`
	FirstSeq race.Seq `json:"first_seq"`
	LastSeq  race.Seq `json:"last_seq"`
	// Replayed says that the idempotency key was known: this is what became of it then.
	Replayed bool         `json:"replayed"`
	Errors   []race.Fault `json:"errors"`
}

// item reads one object into a report.
type item func(f *fields, r *race.Roster, in *race.Report)

func (s *Server) takePassings(c *fiber.Ctx) error { return s.take(c, "passings", readPassing) }
func (s *Server) takeSamples(c *fiber.Ctx) error  { return s.take(c, "samples", readSample) }

// take reads one or many items, keeps the good ones and itemises the others.
func (s *Server) take(c *fiber.Ctx, name string, read item) error {
	id := raceID(c)
	roster, err := s.deps.Ingest.Roster(c.UserContext(), id)
	switch {
	case err != nil:
		return err
	case roster.Race.Kind == race.Simulation:
		return fmt.Errorf("race %s is simulated, its %s are its own: %w", id, name, race.ErrConflict)
	}
	in, answer, err := s.readReport(c, name, read, roster)
	if err != nil {
		return err
	}
	if in.Items() == 0 && len(answer.Errors) > 0 {
		return &race.InvalidError{Faults: answer.Errors}
	}
	taken, err := s.deps.Ingest.Ingest(c.UserContext(), id, in)
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

// readReport unpacks and reads a body while there is room for it.
func (s *Server) readReport(c *fiber.Ctx, name string, read item, roster *race.Roster) (*race.Report, ingestedDTO, error) {
	leave, err := s.enter(c.UserContext())
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	defer leave()
	key := strings.Clone(c.Get(keyHeader))
	if n := utf8.RuneCountInString(key); n > textMost {
		return nil, ingestedDTO{}, refuse(fiber.StatusBadRequest, fmt.Sprintf("the %s has %d characters: allowed are %d", keyHeader, n, textMost))
	}
	v, err := s.values(c)
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	items, err := itemsOf(v, name)
	if err != nil {
		return nil, ingestedDTO{}, err
	}
	in := &race.Report{Key: key}
	if key != "" {
		sum := sha256.Sum256(c.Request().Body())
		in.Hash = binary.BigEndian.Uint64(sum[:])
	}
	answer := ingestedDTO{Errors: []race.Fault{}}
	for i, v := range items {
		before := len(answer.Errors)
		f := objectOf(v, &i, &answer.Errors)
		records, samples := len(in.Records), len(in.Samples)
		read(f, roster, in)
		f.end()
		if len(answer.Errors)-before > f.lost { // what is wrong with it is said; it is not kept
			in.Records, in.Samples = in.Records[:records], in.Samples[:samples]
			answer.Rejected++
		}
	}
	return in, answer, nil
}

// enter waits for room to read a body, not for long.
func (s *Server) enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	return enter(ctx, s.ingesting)
}

// enter waits for room until the context ends.
func enter(ctx context.Context, room chan struct{}) (leave func(), err error) {
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%d requests are being read: %w", cap(room), race.ErrBusy)
	}
}

// itemsOf are the items of a body: one object, a list of them, or a list under a name.
func itemsOf(v any, name string) ([]any, error) {
	list, isList := v.([]any)
	if object, ok := v.(map[string]any); ok {
		if under, named := object[name]; named && len(object) == 1 {
			list, isList = under.([]any)
		} else {
			list, isList = []any{object}, true
		}
	}
	switch {
	case !isList:
		return nil, refuse(fiber.StatusBadRequest, fmt.Sprintf("the body is %s: expected an object, a list of objects, or {%q: [...]}", kindOf(v), name))
	case len(list) > itemsMost:
		return nil, refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d items: allowed are %d at once", len(list), itemsMost))
	}
	return list, nil
}

// readPassed is when a passing was. A date from before the start signal has no race time yet: it is kept, and judged with the signal.
func readPassed(f *fields, r *race.Roster) race.Micros {
	date, dated := f.date("date")
	if !dated || f.has("time_us") || r.StartedAt != 0 {
		return readTime(f, r)
	}
	at := r.SinceAnnounced(date.UnixNano())
	if at < -race.PreStartMax || at > race.PreStartMax {
		f.wrong("date", fmt.Sprintf("is %v after the race was announced", at), fmt.Sprintf("within %v of it, until the start signal is given", race.Micros(race.PreStartMax)))
	}
	return race.PreStartZero + at
}

// readTime is when something was as its record has it: as race time or as a date, counted from the start signal that was
// given first. What was before it is kept and judged.
func readTime(f *fields, r *race.Roster) race.Micros {
	at := race.Micros(f.number("time_us", -int64(race.TimeMax), int64(race.TimeMax), int64(race.NoTime)))
	date, dated := f.date("date")
	switch {
	case f.has("time_us") && f.has("date"):
		f.wrong("date", "is given beside time_us", "one of the two")
	case dated && r.StartedAt == 0:
		f.wrong("date", "cannot be counted from the start signal, which was not given yet", "time_us, or a start first")
	case dated:
		at = r.SinceStart(date.UnixNano())
		if at < -race.TimeMax || at > race.TimeMax {
			f.wrong("date", fmt.Sprintf("is %v after the start signal", at), fmt.Sprintf("within %v of it", race.TimeMax))
		}
	case !f.has("date"):
		f.need("time_us", "race time in microseconds, or date")
	}
	return at
}

// readCar is whose something is, by the number painted on it.
func readCar(f *fields, r *race.Roster) race.CarIdx {
	number := int(f.number("driver_number", 0, 1_000_000, -1))
	car, known := r.Numbers[number]
	if number >= 0 && !known {
		f.wrong("driver_number", fmt.Sprintf("is %d, which is not in this race", number), "the number of an entry")
	}
	if number < 0 || !known {
		return race.NoCar
	}
	return car
}

func readPassing(f *fields, r *race.Roster, in *race.Report) {
	p := race.Passing{
		Car: readCar(f, r), Line: int(f.number("line", 0, int64(len(r.Race.Lines)-1), 0)), InPit: f.flag("in_pit"),
	}
	f.lenient = true // no lap is lost for a speed
	p.SpeedKMH = max(0, f.measure("speed_kmh", scale{0, 1000, 1}))
	f.lenient = false
	src := race.Source{
		Decoder: f.text("decoder", textMost), Session: f.text("session", textMost), Sequence: f.count("sequence"),
		Transponder: f.text("transponder", textMost),
	}
	if !f.has("driver_number") && src.Transponder == "" {
		f.need("driver_number", "the number of an entry, or a transponder")
	}
	switch {
	case src.Decoder != "":
		f.need("sequence", "the decoder's own count, so that a repeat is recognised")
	case f.has("sequence") || src.Session != "":
		f.need("decoder", "the decoder whose session and sequence these are")
	}
	if src != (race.Source{}) {
		p.Source = &src
	}
	in.Records = append(in.Records, race.Record{Time: readPassed(f, r), Body: p})
}

// fieldMetres is how far from its origin a circuit's drawing may reach.
const fieldMetres = 1e6

// readSample reads what a car reports. A value that cannot be taken is named and lost by itself: the sample is kept
// without it, as long as anything is left of it.
func readSample(f *fields, r *race.Roster, in *race.Report) {
	f.need("driver_number", "the number of an entry")
	s := race.Sample{Car: readCar(f, r), Time: readTime(f, r)}
	f.lenient = true
	code := func(name string, low, high int64) int { return int(f.number(name, low, high, race.Unknown)) }
	percent, place := scale{0, 100, 1}, scale{-fieldMetres, fieldMetres, 10}
	s.SpeedDKMH, s.RPM = f.measure("speed", scale{0, 1000, 10}), f.measure("rpm", scale{0, 50_000, 1})
	s.Gear, s.DRS = code("n_gear", -1, 20), code("drs", 0, 255)
	s.Throttle, s.Brake = f.measure("throttle", percent), f.measure("brake", percent)
	s.XDM, s.YDM = f.measure("x", place), f.measure("y", place)
	if s.Empty() && f.of != nil {
		f.lenient = false
		f.wrong("", "reports nothing that can be kept", "one at least of speed, rpm, n_gear, throttle, brake, drs, x, y")
	}
	f.lenient = true // so is a field that is not known
	in.Samples = append(in.Samples, s)
}

// one reads a body that is a single object.
func (s *Server) one(c *fiber.Ctx, read func(f *fields)) error {
	leave, err := s.enter(c.UserContext())
	if err != nil {
		return err
	}
	defer leave()
	v, err := s.values(c)
	if err != nil {
		return err
	}
	var faults []race.Fault
	f := objectOf(v, nil, &faults)
	if read(f); f.of != nil {
		f.end()
	}
	if faults != nil {
		return &race.InvalidError{Faults: faults}
	}
	return nil
}
