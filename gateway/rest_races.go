package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
	"lightsout/race/drive"
)

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

// orderDTO orders a simulated race. Missing fields have defaults.
type orderDTO struct {
	Name      string  `json:"name"`
	Circuit   string  `json:"circuit"`
	Cars      int     `json:"cars"`
	Laps      int     `json:"laps"`
	DurationS int     `json:"duration_s"`
	Seed      uint64  `json:"seed"`
	Speed     float64 `json:"speed"`
	TickHz    int     `json:"tick_hz"`
	// TelemetryEvery is the interval, in frames, of telemetry in stores other than the log. 0 means the server's setting.
	TelemetryEvery int  `json:"telemetry_every"`
	Start          bool `json:"start"`
	// Setup is what was given of model and entries.
	Setup *drive.Setup `json:"-"`
}

func defaultOrder() orderDTO {
	return orderDTO{Cars: 20, Laps: 10, Seed: 1, Speed: 1, TickHz: 10, Start: true}
}

func (o orderDTO) order() race.Order {
	return race.Order{
		Name: o.Name, Circuit: o.Circuit, Cars: o.Cars, Laps: o.Laps, Seed: o.Seed, Speed: o.Speed, TickHz: o.TickHz,
		DurationS: o.DurationS, TelemetryEvery: o.TelemetryEvery, Setup: o.Setup.Text(),
	}
}

// create validates an order and has the race made. faults are those that were found before. A circuit is built in or imported;
// the command line alone reads files.
func (s *Server) create(c *fiber.Ctx, o orderDTO, faults []race.Fault) (raceDTO, error) {
	said := func(field string) bool {
		return slices.ContainsFunc(faults, func(f race.Fault) bool { return f.Field == field })
	}
	_, err := s.findCircuit(c.UserContext(), o.Circuit)
	if o.Circuit != "" && errors.Is(err, race.ErrNotFound) {
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
	order := o.order()
	if order.Key, err = readKey(c); err != nil {
		return raceDTO{}, err
	}
	noteOf(c).detail = fmt.Sprintf("%q: %d cars on %s", order.Name, order.Cars, order.Circuit)
	created, err := s.deps.Races.Create(c.UserContext(), order, o.Start)
	return newRaceDTO(created), err
}

func (s *Server) getRace(c *fiber.Ctx) error {
	r, err := s.deps.History.Summary(c.UserContext(), raceID(c))
	if err != nil {
		return err
	}
	d := raceDetailDTO{raceDTO: newRaceDTO(r), Lines: newLines(r.Race.Lines), Rules: r.Race.Rules}
	if r.Race.Setup != "" {
		d.Setup = json.RawMessage(r.Race.Setup)
	}
	return c.JSON(d)
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

// Limits of the date of a start signal.
const (
	startAhead = time.Minute
	startBack  = 7 * 24 * time.Hour
)

// readMoment reads when an external race was started (a date) or stopped (a date or race time).
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
		f.Wrong("date", "is given together with time_us", "one of the two")
	case timed && what == race.ControlStart:
		f.Wrong("time_us", "is given with start", "the start signal is race time 0: a date")
	case dated && what == race.ControlStart && (date.After(now.Add(startAhead)) || date.Before(now.Add(-startBack))):
		f.Wrong("date", "is "+date.UTC().Format(time.RFC3339Nano), fmt.Sprintf("from %v back to %v ahead", startBack, startAhead))
	}
	return when
}

// createRace makes a simulated race, or an external one.
func (s *Server) createRace(c *fiber.Ctx) error {
	var created raceDTO
	v, err := s.bodies.Value(c)
	if err != nil {
		return err
	}
	if object, ok := v.(map[string]any); ok && object["kind"] == race.External.String() {
		created, err = s.createExternal(c, v)
	} else {
		created, err = s.createSimulated(c, v)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/races/"+string(created.ID)))
	return c.Status(fiber.StatusCreated).JSON(created)
}

func (s *Server) createSimulated(c *fiber.Ctx, v any) (raceDTO, error) {
	var faults []race.Fault
	f := body.NewObject(v, nil, &faults)
	f.OneOf("kind", raceKinds, false)
	o := defaultOrder()
	o.Name, o.Circuit = f.Text("name", maxText), f.Text("circuit", maxText)
	model, _ := f.Get("model")
	entries, _ := f.Get("entries")
	if list, ok := entries.([]any); ok && len(list) > 0 && len(list) <= race.CarsMax {
		o.Cars = len(list)
	}
	o.DurationS = int(f.Number("duration_s", 0, int64(race.TimeMax/race.Second), 0))
	leastLaps := int64(1)
	if o.DurationS > 0 {
		o.Laps, leastLaps = 0, 0
	}
	o.Cars, o.Laps = int(f.Number("cars", 1, race.CarsMax, int64(o.Cars))), int(f.Number("laps", leastLaps, race.LapsMax, int64(o.Laps)))
	o.Speed = f.Float("speed", 0, race.SpeedMax, o.Speed)
	o.TickHz = int(f.Number("tick_hz", 1, 100, int64(o.TickHz)))
	o.TelemetryEvery = int(f.Number("telemetry_every", 0, race.TelemetryEveryMax, 0))
	if f.Has("seed") {
		o.Seed = f.Count("seed")
	}
	if f.Has("start") {
		o.Start = f.Flag("start")
	}
	f.Know("seed", "start")
	if f.End(); !f.IsObject() {
		return raceDTO{}, &race.InvalidError{Faults: faults}
	}
	setup, wrong := drive.ReadSetup(model, entries, o.Cars)
	o.Setup = setup
	return s.create(c, o, append(faults, wrong...))
}

// raceKinds are the kinds of race that a client can make. The first is the default.
var raceKinds = []string{race.Simulation.String(), race.External.String()}
