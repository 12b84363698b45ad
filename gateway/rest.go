package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

// passingsMost is how many passings one answer has at the most.
const passingsMost = 10_000

func (s *Server) restRoutes(api fiber.Router) {
	api.Get("/races", s.listRaces)
	api.Post("/races", takes(s.createRace))
	api.Post("/races/import", s.importRace)
	api.Use("/races/import", func(c *fiber.Ctx) error { // it is no race, and none can have that id
		if plainPath(c) != "/api/v1/races/import" {
			return c.Next()
		}
		return s.unrouted(c)
	})
	api.Get("/races/:id", takes(s.getRace))
	api.Delete("/races/:id", takes(s.deleteRace))
	for _, what := range []race.Control{race.ControlStart, race.ControlPause, race.ControlResume, race.ControlStop} {
		api.Post("/races/:id/"+what.String(), takes(func(c *fiber.Ctx) error { return s.control(c, what) }))
	}
	api.Get("/races/:id/entries", takes(s.entries))
	api.Get("/races/:id/classification", takes(s.classification))
	api.Get("/races/:id/laps", s.laps)
	api.Get("/races/:id/events", takes(s.events))
	api.Get("/races/:id/passings", s.passings)
	api.Post("/races/:id/passings", takes(s.takePassings))
	api.Get("/races/:id/telemetry", s.telemetry)
	api.Get("/races/:id/compare", s.compare)
	api.Post("/races/:id/telemetry", takes(s.takeSamples))
	api.Post("/races/:id/flags", takes(s.flags))
	api.Post("/races/:id/penalties", takes(s.penalties))
	api.Post("/races/:id/corrections", takes(s.corrections))
	api.Get("/races/:id/rulings", takes(s.rulings))
	api.Post("/races/:id/result", takes(s.declareResult))
	api.Get("/races/:id/results", takes(s.results))
	api.Get("/races/:id/results/diff", s.diff)
	api.Get("/races/:id/results/:version", takes(s.result))
	api.Get("/races/:id/decoders", takes(s.decoders))
	api.Get("/races/:id/documents/:file", s.document)
	api.Get("/races/:id/export", s.export)
	api.Get("/races/:id/circuit", takes(s.raceCircuit))
	api.Get("/races/:id/drills", takes(s.listDrills))
	api.Post("/races/:id/drills", takes(s.startDrill))
	api.Delete("/races/:id/drills", takes(s.stopDrill))
	api.Get("/drills", takes(s.scenarios))
	api.Get("/actors", s.actors)
	api.Get("/circuits", takes(s.circuits))
	api.Post("/circuits", s.addCircuit)
	api.Get("/circuits/:key", takes(s.circuit))
	api.Get("/openapi.json", takes(s.openAPI))
	api.Use(s.unrouted)
}

func raceID(c *fiber.Ctx) race.ID { return race.ID(strings.Clone(c.Params("id"))) }

// query reads query parameters and refuses those that nobody knows, and one that is given twice: it is not known which one is meant.
func query(c *fiber.Ctx, known ...string) (map[string]string, error) {
	allowed := "none"
	if len(known) > 0 {
		allowed = strings.Join(known, ", ")
	}
	given, err := url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return nil, refuse(fiber.StatusBadRequest, "the query cannot be read: "+err.Error())
	}
	out := map[string]string{}
	var wrong faults
	for name, values := range given {
		switch out[name] = values[0]; {
		case !slices.Contains(known, name):
			wrong.add(body.Short(name), "is no parameter of this", allowed)
		case values[0] == "": // nothing stands for a default, nor for all
			wrong.add(name, "is empty", "a value, or leave it out")
		case len(values) > 1:
			wrong.add(name, fmt.Sprintf("is given %d times", len(values)), "one value")
		}
	}
	slices.SortFunc(wrong, func(a, b race.Fault) int { return strings.Compare(a.Field, b.Field) })
	return out, wrong.err()
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
		return nil, err
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
	// TelemetryEvery writes every so many frames to stores beside the log; 0: as the server is set.
	TelemetryEvery int  `json:"telemetry_every"`
	Start          bool `json:"start"`
}

func defaultOrder() orderDTO {
	return orderDTO{Cars: 20, Laps: 10, Seed: 1, Speed: 1, TickHz: 10, Start: true}
}

func (o orderDTO) order() race.Order {
	return race.Order{
		Name: o.Name, Circuit: o.Circuit, Cars: o.Cars, Laps: o.Laps, Seed: o.Seed, Speed: o.Speed, TickHz: o.TickHz,
		TelemetryEvery: o.TelemetryEvery,
	}
}

// create checks an order and has the race made; faults are what was found wrong before. A circuit is one of ours or an
// imported one: files are for the command line.
func (s *Server) create(c *fiber.Ctx, o orderDTO, faults []race.Fault) (raceDTO, error) {
	said := func(field string) bool {
		return slices.ContainsFunc(faults, func(f race.Fault) bool { return f.Field == field })
	}
	if _, err := s.findCircuit(c.UserContext(), o.Circuit); o.Circuit != "" && errors.Is(err, race.ErrNotFound) {
		faults = append(faults, race.Fault{Field: "circuit", Message: err.Error(), Allowed: "a key of GET /api/v1/circuits"})
	} else if o.Circuit != "" && err != nil {
		return raceDTO{}, err
	}
	var invalid *race.InvalidError
	if errors.As(o.order().Validate(), &invalid) {
		for _, f := range invalid.Faults {
			if !said(f.Field) {
				faults = append(faults, f)
			}
		}
	}
	if len(faults) > 0 {
		return raceDTO{}, &race.InvalidError{Faults: faults}
	}
	made, err := s.deps.Races.Create(c.UserContext(), o.order(), o.Start)
	return newRaceDTO(made), err
}

func (s *Server) getRace(c *fiber.Ctx) error {
	r, err := s.deps.History.Summary(c.UserContext(), raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(raceDetailDTO{newRaceDTO(r), newLines(r.Race.Lines), r.Race.Rules})
}

func (s *Server) deleteRace(c *fiber.Ctx) error {
	if err := s.deps.Races.Delete(c.UserContext(), raceID(c)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) control(c *fiber.Ctx, what race.Control) error {
	when := race.Now
	if len(c.Request().Body()) > 0 {
		if err := s.bodies.Object(c, func(f *body.Object) { when = readMoment(f, what) }); err != nil {
			return err
		}
	}
	r, err := s.deps.Races.Control(c.UserContext(), raceID(c), what, when)
	if err != nil {
		return err
	}
	return c.JSON(newRaceDTO(r))
}

// Bounds of the date of a start signal.
const (
	startAhead = time.Minute
	startBack  = 7 * 24 * time.Hour
)

// readMoment reads when a real race was started (a date) or stopped (a date, or race time).
func readMoment(f *body.Object, what race.Control) race.Moment {
	when := race.Now
	date, dated := f.Date("date")
	timed := f.Has("time_us")
	if timed {
		when.Time = race.Micros(f.Number("time_us", 0, int64(race.TimeMax), int64(race.NoTime)))
	}
	if dated {
		when.Date = date.UnixNano()
	}
	now := time.Now()
	switch {
	case (dated || timed) && what != race.ControlStart && what != race.ControlStop:
		f.Wrong("date", "is given with "+what.String(), "a date or race time for start and stop alone")
	case timed && dated:
		f.Wrong("date", "is given beside time_us", "one of the two")
	case timed && what == race.ControlStart:
		f.Wrong("time_us", "is given with start", "the start signal is race time 0: a date")
	case dated && what == race.ControlStart && (date.After(now.Add(startAhead)) || date.Before(now.Add(-startBack))):
		f.Wrong("date", "is "+date.UTC().Format(time.RFC3339Nano), fmt.Sprintf("from %v back to %v ahead", startBack, startAhead))
	}
	return when
}

// entriesOf are read once for a request: they do not change. What is answered is something else.
func (s *Server) entriesOf(c *fiber.Ctx, id race.ID) ([]race.Entry, error) {
	ctx := c.UserContext()
	return s.entriesIn(race.Within(ctx, race.BudgetOf(ctx).Aside()), c, id)
}

func (s *Server) entriesIn(ctx context.Context, c *fiber.Ctx, id race.ID) ([]race.Entry, error) {
	if kept, ok := c.Locals(entriesKey{id}).([]race.Entry); ok {
		return kept, nil
	}
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	c.Locals(entriesKey{id}, roster.Entries)
	return roster.Entries, nil
}

// entriesKey is where the entries of a race are kept for a request.
type entriesKey struct{ id race.ID }

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
	d, err := s.versionOf(c, raceID(c), 0)
	if err != nil {
		return err
	}
	return c.JSON(d)
}

// lapsMost is how many laps an answer is made of: it is made in memory.
const lapsMost = 200_000

// lapFilter says which laps are asked for.
type lapFilter struct {
	cars     []race.CarIdx // nil: all
	from, to int64
	position int64 // 0: whatever it was
}

func (s *Server) laps(c *fiber.Ctx) error {
	params, err := query(c, "driver_number", "cars", "position", "from_lap", "to_lap")
	if err != nil {
		return err
	}
	entries, err := s.entriesOf(c, raceID(c))
	if err != nil {
		return err
	}
	var f lapFilter
	driver, err := number(params, "driver_number", 0, 1_000_000, -1)
	if err != nil {
		return err
	}
	if f.position, err = number(params, "position", 1, race.CarsMax, 0); err != nil {
		return err
	}
	if f.from, err = number(params, "from_lap", 1, race.LapsMax, 1); err != nil {
		return err
	}
	if f.to, err = number(params, "to_lap", 1, race.LapsMax, race.LapsMax); err != nil {
		return err
	}
	if text := params["cars"]; text != "" {
		var wrong faults
		if f.cars = readCars(text, race.NewRoster(race.Summary{}, entries, 0), tracedMost, &wrong); wrong != nil {
			return wrong.err()
		}
	}
	if driver >= 0 {
		car, err := carOf(raceID(c), entries, driver)
		if err != nil {
			return err
		}
		f.cars = append(f.cars, car)
	}
	c.SetUserContext(race.Within(c.UserContext(), race.NewBudget(0, lapsMost*race.RowCost)))
	list, err := s.lapsOf(c, raceID(c), entries, f)
	if errors.Is(err, race.ErrTooMuch) {
		return fmt.Errorf("%w: the race has more than %d laps, ask for those of one driver_number, or for the table laps of its export", err, lapsMost)
	}
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"laps": list})
}

// carOf finds a car by its number.
func carOf(id race.ID, entries []race.Entry, driver int64) (race.CarIdx, error) {
	at := slices.IndexFunc(entries, func(e race.Entry) bool { return int64(e.Number) == driver })
	if at < 0 {
		return race.NoCar, fmt.Errorf("car %d in race %s: %w", driver, id, race.ErrNotFound)
	}
	return race.CarIdx(at), nil
}

// lapsOf are the laps that are asked for, by end time.
func (s *Server) lapsOf(c *fiber.Ctx, id race.ID, entries []race.Entry, f lapFilter) ([]lapDTO, error) {
	ask := race.LapQuery{Car: race.NoCar, From: int(f.from), To: int(f.to), Position: int(f.position)}
	if len(f.cars) == 1 {
		ask.Car = f.cars[0]
	}
	laps, err := s.deps.History.LapsOf(c.UserContext(), id, ask)
	if err != nil {
		return nil, err
	}
	out := make([]lapDTO, 0, len(laps))
	for _, l := range laps {
		if len(f.cars) == 0 || slices.Contains(f.cars, l.Car) {
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
		return nil, err
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
			Field: "verdict", Message: fmt.Sprintf("is %q", text), Allowed: "accepted, duplicate, suspect, rejected, estimated, after_the_end",
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
		return nil, err
	}
	out := []passingDTO{}
	for _, p := range rows {
		out = append(out, newPassing(p, entries))
	}
	return out, nil
}
