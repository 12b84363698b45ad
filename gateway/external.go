package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// raceKinds are the kinds of race that can be asked for; the first where none is named.
var raceKinds = []string{race.Simulation.String(), race.External.String()}

// createRace makes a simulated race, or one whose records are reported.
func (s *Server) createRace(c *fiber.Ctx) error {
	var made raceDTO
	v, err := s.bodyValue(c)
	if err != nil {
		return err
	}
	if object, ok := v.(map[string]any); ok && object["kind"] == race.External.String() {
		made, err = s.createExternal(c, v)
	} else {
		made, err = s.createSimulated(c, v)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/races/"+string(made.ID)))
	return c.Status(fiber.StatusCreated).JSON(made)
}

// bodyValue reads a body within the bounds of memory.
func (s *Server) bodyValue(c *fiber.Ctx) (any, error) {
	leave, err := s.enter(c.UserContext())
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.values(c)
}

func (s *Server) createSimulated(c *fiber.Ctx, v any) (raceDTO, error) {
	var faults []race.Fault
	f := objectOf(v, nil, &faults)
	f.oneOf("kind", raceKinds, false)
	o := defaultOrder()
	o.Name, o.Circuit = f.text("name", textMost), f.text("circuit", textMost)
	o.Cars, o.Laps = int(f.number("cars", 1, race.CarsMax, int64(o.Cars))), int(f.number("laps", 1, race.LapsMax, int64(o.Laps)))
	o.Speed = f.float("speed", 0, race.SpeedMax, o.Speed)
	o.TickHz = int(f.number("tick_hz", 1, 100, int64(o.TickHz)))
	o.TelemetryEvery = int(f.number("telemetry_every", 0, race.TelemetryEveryMax, 0))
	if f.has("seed") {
		o.Seed = f.count("seed")
	}
	if f.has("start") {
		o.Start = f.flag("start")
	}
	f.read = append(f.read, "seed", "start")
	if f.end(); f.of == nil {
		return raceDTO{}, &race.InvalidError{Faults: faults}
	}
	return s.create(c, o, faults)
}

// createExternal reads the head and the entries of a race that is reported.
func (s *Server) createExternal(c *fiber.Ctx, v any) (raceDTO, error) {
	var faults []race.Fault
	f := objectOf(v, nil, &faults)
	f.oneOf("kind", raceKinds, false)
	head := race.Race{Name: f.needText("name", textMost, "what the race is called")}
	if err := s.readPlace(c, f, &head); err != nil {
		return raceDTO{}, err
	}
	head.Rules = readRules(f)
	entries := readEntries(f)
	start := f.flag("start")
	f.end()
	if faults != nil {
		return raceDTO{}, &race.InvalidError{Faults: faults}
	}
	made, err := s.deps.Races.Open(c.UserContext(), head, entries)
	if err == nil && start {
		made, err = s.deps.Races.Control(c.UserContext(), made.Race.ID, race.ControlStart, race.Now)
	}
	return newRaceDTO(made), err
}

// readPlace reads where a race is held: a circuit, or just its timing lines, or one line.
func (s *Server) readPlace(c *fiber.Ctx, f *fields, head *race.Race) error {
	key, lines := f.text("circuit", textMost), f.list("lines")
	switch {
	case key != "" && lines != nil:
		f.wrong("lines", "are given beside a circuit", "one of the two")
	case key != "":
		one, err := s.findCircuit(c.UserContext(), key)
		if errors.Is(err, race.ErrNotFound) {
			f.wrong("circuit", err.Error(), "a key of GET /api/v1/circuits")
			return nil
		}
		if err != nil {
			return err
		}
		text, err := one.MarshalText()
		if err != nil {
			return fmt.Errorf("write the circuit: %w", err)
		}
		head.Circuit, head.CircuitText, head.Lines = one.Key, string(text), one.Lines
	case lines == nil:
		head.Lines = []race.Line{{Kind: race.LineFinish, Sector: 3}}
	default:
		head.Lines = readLines(f, lines)
	}
	return nil
}

func readLines(f *fields, lines []any) []race.Line {
	var out []race.Line
	if len(lines) < 1 || len(lines) > race.LinesMax {
		f.wrong("lines", fmt.Sprintf("are %d", len(lines)), fmt.Sprintf("1 to %d, in driving order, the finish line first", race.LinesMax))
		return nil
	}
	kinds := []string{"finish", "sector", "mini", "speed_trap", "pit_entry", "pit_exit"}
	for i, v := range lines {
		one := objectOf(v, &i, f.faults)
		kind, _ := race.ParseLineKind(one.oneOf("kind", kinds, true)) // oneOf gives a known one
		l := race.Line{
			Kind: kind, Sector: int(one.number("sector", 0, 3, 0)), Permyriad: int(one.number("permyriad", 0, 9_999, 0)),
		}
		if (kind == race.LineFinish) != (i == 0) {
			one.wrong("kind", "is "+kind.String(), "finish for the first line alone")
		}
		if i == 0 && l.Sector == 0 {
			l.Sector = 3
		}
		one.end()
		out = append(out, l)
	}
	return out
}

// readRules reads a preset by its name, and over it whatever fields are given.
func readRules(f *fields) race.RuleSet {
	v, given := f.get("rules")
	if !given {
		f.need("rules", `an object such as {"name": "f1", "laps": 57}`)
		return race.RuleSet{}
	}
	one := objectOf(v, nil, f.faults)
	if one.of == nil {
		return race.RuleSet{}
	}
	name := one.oneOf("name", race.Presets, false)
	rules, _ := race.Preset(name, 0, 0) // oneOf gives a known one
	data, err := json.Marshal(one.of)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		err = dec.Decode(&rules)
	}
	if err == nil {
		err = rules.Validate()
	}
	if err != nil {
		one.wrong("rules", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", "; "), "json: "), "the fields of RuleSet in /api/v1/openapi.json")
	}
	return rules
}

func readEntries(f *fields) []race.Entry {
	list := f.list("entries")
	if len(list) < 1 || len(list) > race.CarsMax {
		f.wrong("entries", fmt.Sprintf("are %d", len(list)), fmt.Sprintf("1 to %d", race.CarsMax))
		return nil
	}
	out := make([]race.Entry, 0, len(list))
	numbers, boxes := map[int]bool{}, map[string]bool{}
	for i, v := range list {
		one := objectOf(v, &i, f.faults)
		e := readEntry(one, boxes)
		if one.has("driver_number") && numbers[e.Number] {
			one.wrong("driver_number", fmt.Sprintf("is %d, as another entry's", e.Number), "a number of its own for each entry")
		}
		numbers[e.Number] = true
		out = append(out, e)
	}
	return out
}

// colourDefault is grey: an entry without a colour is drawn in it.
const colourDefault = "8a8d91"

func readEntry(f *fields, boxes map[string]bool) race.Entry {
	f.need("driver_number", "the number painted on the car")
	e := race.Entry{
		Number: int(f.number("driver_number", 0, 1_000_000, 0)), Code: f.text("name_acronym", 8), Name: f.text("full_name", textMost),
		Team: f.text("team_name", textMost), Colour: strings.ToLower(strings.TrimPrefix(f.text("team_colour", 7), "#")),
		Grid: int(f.number("grid_position", 0, race.CarsMax, 0)), PitLaneStart: f.flag("pit_lane_start"),
		StartOffsetM: int(f.number("start_offset_m", 0, 100_000, 0)),
	}
	if e.Code == "" {
		e.Code = fmt.Sprint(e.Number)
	}
	if e.Colour == "" {
		e.Colour = colourDefault
	} else if len(e.Colour) != 6 || strings.Trim(e.Colour, "0123456789abcdef") != "" {
		f.wrong("team_colour", fmt.Sprintf("is %s", clip(e.Colour)), "six hexadecimal digits, rrggbb")
	}
	for _, v := range f.list("transponders") {
		name, ok := v.(string)
		switch {
		case !ok || name == "" || textFault(name, textMost) != "" || strings.ContainsFunc(name, unicode.IsSpace):
			f.wrong("transponders", fmt.Sprintf("has %s", clip(fmt.Sprint(v))), fmt.Sprintf("names without spaces, %d characters at most", textMost))
		case boxes[name]:
			f.wrong("transponders", fmt.Sprintf("has %s, which another entry has", clip(name)), "a transponder of its own for each entry")
		default:
			boxes[name] = true
			e.Transponders = append(e.Transponders, name)
		}
	}
	f.end()
	return e
}
