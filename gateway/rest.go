package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
	"lightsout/race/circuit"
)

// passingsMost is how many passings one answer has at the most.
const passingsMost = 10_000

func (s *Server) restRoutes(api fiber.Router) {
	api.Get("/races", s.listRaces)
	api.Post("/races", s.createRace)
	api.Get("/races/:id", s.getRace)
	api.Delete("/races/:id", s.deleteRace)
	for _, what := range []race.Control{race.ControlStart, race.ControlPause, race.ControlResume, race.ControlStop} {
		api.Post("/races/:id/"+what.String(), func(c *fiber.Ctx) error { return s.control(c, what) })
	}
	api.Get("/races/:id/entries", s.entries)
	api.Get("/races/:id/classification", s.classification)
	api.Get("/races/:id/laps", s.laps)
	api.Get("/races/:id/events", s.events)
	api.Get("/races/:id/passings", s.passings)
	api.Get("/races/:id/circuit", s.raceCircuit)
	api.Get("/circuits", s.circuits)
	api.Get("/circuits/:key", s.circuit)
	api.Get("/openapi.json", s.openAPI)
	api.Use(func(*fiber.Ctx) error {
		return refuse(fiber.StatusNotFound, "no such route: the routes are described at /api/v1/openapi.json")
	})
}

func raceID(c *fiber.Ctx) race.ID { return race.ID(strings.Clone(c.Params("id"))) }

// query reads query parameters and refuses those that nobody knows.
func query(c *fiber.Ctx, known ...string) (map[string]string, error) {
	out := map[string]string{}
	var faults []race.Fault
	for k, v := range c.Queries() {
		if !slices.Contains(known, k) {
			allowed := "none"
			if len(known) > 0 {
				allowed = strings.Join(known, ", ")
			}
			faults = append(faults, race.Fault{Field: strings.Clone(k), Message: "is no parameter of this", Allowed: allowed})
		}
		out[strings.Clone(k)] = strings.Clone(v)
	}
	if faults != nil {
		slices.SortFunc(faults, func(a, b race.Fault) int { return strings.Compare(a.Field, b.Field) })
		return nil, &race.InvalidError{Faults: faults}
	}
	return out, nil
}

// number reads a parameter that is a whole number from low to high; missing, it is fallback.
func number(params map[string]string, name string, low, high, fallback int64) (int64, error) {
	text, given := params[name]
	if !given {
		return fallback, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < low || v > high {
		return 0, &race.InvalidError{Faults: []race.Fault{{
			Field: name, Message: fmt.Sprintf("is %q", text), Allowed: fmt.Sprintf("a whole number from %d to %d", low, high),
		}}}
	}
	return v, nil
}

// body reads a JSON body strictly.
func body(c *fiber.Ctx, into any) error {
	kind := strings.TrimSpace(strings.Split(c.Get(fiber.HeaderContentType), ";")[0])
	if kind != fiber.MIMEApplicationJSON {
		return refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf("the content type is %q: expected application/json", kind))
	}
	dec := json.NewDecoder(bytes.NewReader(c.Body()))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var syntax *json.SyntaxError
	var kindOf *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return refuse(fiber.StatusBadRequest, "something follows the JSON object")
		}
		return nil
	case errors.As(err, &syntax):
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("the body is no valid JSON at byte %d: %v", syntax.Offset, syntax))
	case errors.As(err, &kindOf):
		return &race.InvalidError{Faults: []race.Fault{{
			Field: kindOf.Field, Message: "is a " + kindOf.Value, Allowed: kindOf.Type.String(),
		}}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(fiber.StatusBadRequest, "the body is cut off or empty: expected a JSON object")
	}
	if field, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return &race.InvalidError{Faults: []race.Fault{{Field: strings.Trim(field, `"`), Message: "is no field of this"}}}
	}
	return refuse(fiber.StatusBadRequest, "the body cannot be read: "+err.Error())
}

func (s *Server) listRaces(c *fiber.Ctx) error {
	params, err := query(c, "status")
	if err != nil {
		return err
	}
	list, err := s.races(c, params["status"])
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"races": list})
}

func (s *Server) races(c *fiber.Ctx, status string) ([]raceDTO, error) {
	if status != "" {
		if _, err := race.ParseStatus(status); err != nil {
			return nil, &race.InvalidError{Faults: []race.Fault{{
				Field: "status", Message: fmt.Sprintf("is %q", status), Allowed: "waiting, running, paused, finished, failed",
			}}}
		}
	}
	all, err := s.deps.History.Summaries(c.UserContext())
	if err != nil {
		return nil, err //nolint:wrapcheck // its kind decides
	}
	list := []raceDTO{}
	for _, r := range all {
		if status == "" || r.Status.String() == status {
			list = append(list, newRaceDTO(r))
		}
	}
	return list, nil
}

// orderDTO is a race to be made; what is not given has a default.
type orderDTO struct {
	Name    string  `json:"name"`
	Circuit string  `json:"circuit"`
	Cars    int     `json:"cars"`
	Laps    int     `json:"laps"`
	Seed    uint64  `json:"seed"`
	Speed   float64 `json:"speed"`
	TickHz  int     `json:"tick_hz"`
	Start   bool    `json:"start"`
}

func defaultOrder() orderDTO {
	return orderDTO{Cars: 20, Laps: 10, Seed: 1, Speed: 1, TickHz: 10, Start: true}
}

func (o orderDTO) order() race.Order {
	return race.Order{Name: o.Name, Circuit: o.Circuit, Cars: o.Cars, Laps: o.Laps, Seed: o.Seed, Speed: o.Speed, TickHz: o.TickHz}
}

// create checks an order and has the race made. A circuit is one of ours: files are for the command line.
func (s *Server) create(c *fiber.Ctx, o orderDTO) (raceDTO, error) {
	var invalid *race.InvalidError
	err := o.order().Validate()
	if err != nil && !errors.As(err, &invalid) {
		return raceDTO{}, err
	}
	if o.Circuit != "" && !slices.Contains(circuit.List(), o.Circuit) {
		if invalid == nil {
			invalid = &race.InvalidError{}
		}
		invalid.Faults = append(invalid.Faults, race.Fault{
			Field: "circuit", Message: fmt.Sprintf("%q is unknown", o.Circuit), Allowed: strings.Join(circuit.List(), ", "),
		})
	}
	if invalid != nil {
		return raceDTO{}, invalid
	}
	made, err := s.deps.Races.Create(c.UserContext(), o.order(), o.Start)
	return newRaceDTO(made), err
}

func (s *Server) createRace(c *fiber.Ctx) error {
	o := defaultOrder()
	if err := body(c, &o); err != nil {
		return err
	}
	made, err := s.create(c, o)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/races/"+string(made.ID))
	return c.Status(fiber.StatusCreated).JSON(made)
}

func (s *Server) getRace(c *fiber.Ctx) error {
	r, err := s.deps.History.Summary(c.UserContext(), raceID(c))
	if err != nil {
		return err //nolint:wrapcheck // its kind decides
	}
	return c.JSON(raceDetailDTO{newRaceDTO(r), newLines(r.Race.Lines), r.Race.Rules})
}

func (s *Server) deleteRace(c *fiber.Ctx) error {
	if err := s.deps.Races.Delete(c.UserContext(), raceID(c)); err != nil {
		return err //nolint:wrapcheck // its kind decides
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) control(c *fiber.Ctx, what race.Control) error {
	r, err := s.deps.Races.Control(c.UserContext(), raceID(c), what)
	if err != nil {
		return err //nolint:wrapcheck // its kind decides
	}
	return c.JSON(newRaceDTO(r))
}

func (s *Server) entriesOf(c *fiber.Ctx, id race.ID) ([]race.Entry, error) {
	return s.deps.History.Entries(c.UserContext(), id) //nolint:wrapcheck // its kind decides
}

func (s *Server) entries(c *fiber.Ctx) error {
	list, err := s.entriesOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"entries": some(list)})
}

// some is a list that is [] and not null when it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Server) classification(c *fiber.Ctx) error {
	d, err := s.classificationOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(d)
}

func (s *Server) classificationOf(c *fiber.Ctx, id race.ID) (classificationDTO, error) {
	r, err := s.deps.History.Summary(c.UserContext(), id)
	if err != nil {
		return classificationDTO{}, err //nolint:wrapcheck // its kind decides
	}
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return classificationDTO{}, err
	}
	result, err := s.deps.History.Classification(c.UserContext(), id)
	if err != nil {
		return classificationDTO{}, err //nolint:wrapcheck // its kind decides
	}
	d := classificationDTO{
		Race:  raceHeadDTO{id, r.Race.Name, r.Race.Circuit, r.Race.Rules.Laps},
		Final: result.Final(), Version: result.Version, Status: result.Status.String(), StateHash: result.StateHash, Classification: []classifiedDTO{},
	}
	for _, e := range result.Entries {
		d.Classification = append(d.Classification, newClassified(e, entries[e.Car]))
	}
	return d, nil
}

func (s *Server) laps(c *fiber.Ctx) error {
	params, err := query(c, "driver_number", "from_lap", "to_lap")
	if err != nil {
		return err
	}
	driver, err := number(params, "driver_number", 0, 1_000_000, -1)
	if err != nil {
		return err
	}
	from, err := number(params, "from_lap", 1, race.LapsMax, 1)
	if err != nil {
		return err
	}
	to, err := number(params, "to_lap", 1, race.LapsMax, race.LapsMax)
	if err != nil {
		return err
	}
	list, err := s.lapsOf(c, raceID(c), driver, from, to)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"laps": list})
}

// lapsOf are the laps of one car by its number, or of all with -1.
func (s *Server) lapsOf(c *fiber.Ctx, id race.ID, driver, from, to int64) ([]lapDTO, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	car := race.NoCar
	if driver >= 0 {
		at := slices.IndexFunc(entries, func(e race.Entry) bool { return int64(e.Number) == driver })
		if at < 0 {
			return nil, fmt.Errorf("car %d in race %s: %w", driver, id, race.ErrNotFound)
		}
		car = race.CarIdx(at)
	}
	laps, err := s.deps.History.Laps(c.UserContext(), id, car)
	if err != nil {
		return nil, err //nolint:wrapcheck // its kind decides
	}
	out := []lapDTO{}
	for _, l := range laps {
		if int64(l.Number) >= from && int64(l.Number) <= to {
			out = append(out, newLap(l, entries[l.Car]))
		}
	}
	return out, nil
}

func (s *Server) events(c *fiber.Ctx) error {
	list, err := s.eventsOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"events": list})
}

func (s *Server) eventsOf(c *fiber.Ctx, id race.ID) ([]eventDTO, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	events, err := s.deps.History.Events(c.UserContext(), id)
	if err != nil {
		return nil, err //nolint:wrapcheck // its kind decides
	}
	out := []eventDTO{}
	for _, e := range events {
		out = append(out, newEvent(e, entries))
	}
	return out, nil
}

func (s *Server) passings(c *fiber.Ctx) error {
	params, err := query(c, "after", "limit", "verdict")
	if err != nil {
		return err
	}
	verdict, err := verdictOf(params["verdict"])
	if err != nil {
		return err
	}
	after, err := number(params, "after", 0, 1<<62, 0)
	if err != nil {
		return err
	}
	limit, err := number(params, "limit", 1, passingsMost, 1000)
	if err != nil {
		return err
	}
	list, err := s.passingsOf(c, raceID(c), race.Seq(after), int(limit), verdict)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"passings": list})
}

// verdictOf reads the verdict that is asked for; -1 for all.
func verdictOf(text string) (int, error) {
	if text == "" {
		return -1, nil
	}
	v, err := race.ParseVerdict(text)
	if err != nil {
		return 0, &race.InvalidError{Faults: []race.Fault{{
			Field: "verdict", Message: fmt.Sprintf("is %q", text), Allowed: "accepted, duplicate, suspect, rejected, estimated",
		}}}
	}
	return int(v), nil
}

func (s *Server) passingsOf(c *fiber.Ctx, id race.ID, after race.Seq, limit, verdict int) ([]passingDTO, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.deps.History.Passings(c.UserContext(), id, after, limit, verdict)
	if err != nil {
		return nil, err //nolint:wrapcheck // its kind decides
	}
	out := []passingDTO{}
	for _, p := range rows {
		out = append(out, newPassing(p, entries))
	}
	return out, nil
}

func (s *Server) circuits(c *fiber.Ctx) error {
	list, err := allCircuits()
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"circuits": list})
}

func allCircuits() ([]circuitDTO, error) {
	list := []circuitDTO{}
	for _, key := range circuit.List() {
		one, err := circuit.Open(key)
		if err != nil {
			return nil, fmt.Errorf("open circuit %s: %w", key, err)
		}
		list = append(list, newCircuitDTO(one))
	}
	return list, nil
}

func circuitOf(key string) (circuitDetailDTO, error) {
	if !slices.Contains(circuit.List(), key) {
		return circuitDetailDTO{}, fmt.Errorf("circuit %q (known are %s): %w", key, strings.Join(circuit.List(), ", "), race.ErrNotFound)
	}
	one, err := circuit.Open(key)
	if err != nil {
		return circuitDetailDTO{}, fmt.Errorf("open circuit %s: %w", key, err)
	}
	return newCircuitDetail(one), nil
}

func (s *Server) circuit(c *fiber.Ctx) error {
	d, err := circuitOf(strings.Clone(c.Params("key")))
	if err != nil {
		return err
	}
	return c.JSON(d)
}

// raceCircuit is the circuit as it was when the race was announced.
func (s *Server) raceCircuit(c *fiber.Ctx) error {
	r, err := s.deps.History.Summary(c.UserContext(), raceID(c))
	if err != nil {
		return err //nolint:wrapcheck // its kind decides
	}
	if r.Race.CircuitText == "" {
		return fmt.Errorf("the outline of race %s, of which only the timing lines are known: %w", r.Race.ID, race.ErrNotFound)
	}
	one, err := circuit.Parse(r.Race.Circuit, strings.NewReader(r.Race.CircuitText))
	if err != nil {
		return fmt.Errorf("read the circuit of race %s: %w", r.Race.ID, err)
	}
	return c.JSON(newCircuitDetail(one))
}
