package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

// createExternal makes a race whose records are reported.
func (s *Server) createExternal(c *fiber.Ctx, v any) (raceDTO, error) {
	var faults []race.Fault
	f := body.NewObject(v, nil, &faults)
	f.OneOf("kind", raceKinds, false)
	info := race.Race{Name: f.NeedText("name", maxText, "what the race is called")}
	if err := s.readPlace(c, f, &info); err != nil {
		return raceDTO{}, err
	}
	info.Rules = readRules(f)
	entries := readEntries(f)
	start := f.Flag("start")
	f.End()
	if faults != nil {
		return raceDTO{}, &race.InvalidError{Faults: faults}
	}
	key, err := readKey(c)
	if err != nil {
		return raceDTO{}, err
	}
	noteOf(c).detail = fmt.Sprintf("%q: external, %d cars", info.Name, len(entries))
	created, err := s.deps.Races.Open(c.UserContext(), info, entries, key)
	if err == nil && start && created.Status == race.Waiting {
		created, err = s.deps.Races.Control(c.UserContext(), created.Race.ID, race.ControlStart, race.Now)
	}
	return newRaceDTO(created), err
}

// readPlace reads where a race is held: a circuit, timing lines, or neither for a single finish line.
func (s *Server) readPlace(c *fiber.Ctx, f *body.Object, info *race.Race) error {
	key, lines := f.Text("circuit", maxText), f.List("lines")
	switch {
	case key != "" && lines != nil:
		f.Wrong("lines", "are given together with a circuit", "one of the two")
	case key != "":
		one, err := s.findCircuit(c.UserContext(), key)
		if errors.Is(err, race.ErrNotFound) {
			f.Wrong("circuit", err.Error(), "a key of GET /api/v1/circuits")
			return nil
		}
		if err != nil {
			return err
		}
		text, err := one.MarshalText()
		if err != nil {
			return fmt.Errorf("write the circuit: %w", err)
		}
		info.Circuit, info.CircuitText, info.Lines = one.Key, string(text), one.Lines
	case lines == nil:
		info.Lines = []race.Line{{Kind: race.LineFinish, Sector: 3}}
	default:
		info.Lines = readLines(f, lines)
	}
	return nil
}

func readLines(f *body.Object, lines []any) []race.Line {
	var out []race.Line
	if len(lines) < 1 || len(lines) > race.LinesMax {
		f.Wrong("lines", fmt.Sprintf("are %d", len(lines)), fmt.Sprintf("1 to %d, in driving order, the finish line first", race.LinesMax))
		return nil
	}
	kinds := []string{"finish", "sector", "mini", "speed_trap", "pit_entry", "pit_exit"}
	for i, v := range lines {
		one := f.Child(v, &i)
		kind, _ := race.ParseLineKind(one.OneOf("kind", kinds, true)) // OneOf returns a known kind
		l := race.Line{
			Kind: kind, Sector: int(one.Number("sector", 0, 3, 0)), Permyriad: int(one.Number("permyriad", 0, 9_999, 0)),
		}
		if (kind == race.LineFinish) != (i == 0) {
			one.Wrong("kind", "is "+kind.String(), "finish for the first line alone")
		}
		if i == 0 && l.Sector == 0 {
			l.Sector = 3
		}
		one.End()
		out = append(out, l)
	}
	return out
}

// readRules reads a preset by its name, and the fields that override it.
func readRules(f *body.Object) race.RuleSet {
	v, given := f.Get("rules")
	if !given {
		f.Need("rules", `an object such as {"name": "f1", "laps": 57}`)
		return race.RuleSet{}
	}
	one := f.Child(v, nil)
	if !one.IsObject() {
		return race.RuleSet{}
	}
	name := one.OneOf("name", race.Presets, false)
	rules, _ := race.Preset(name, 0, 0) // OneOf returns a known name
	data, err := json.Marshal(one.Fields())
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		err = dec.Decode(&rules)
	}
	if err == nil {
		err = rules.Validate()
	}
	if err != nil {
		one.Wrong("rules", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", "; "), "json: "), "the fields of RuleSet in /api/v1/openapi.json")
	}
	return rules
}

func readEntries(f *body.Object) []race.Entry {
	list := f.List("entries")
	if len(list) < 1 || len(list) > race.CarsMax {
		f.Wrong("entries", fmt.Sprintf("are %d", len(list)), fmt.Sprintf("1 to %d", race.CarsMax))
		return nil
	}
	out := make([]race.Entry, 0, len(list))
	numbers, boxes := map[int]bool{}, map[string]bool{}
	for i, v := range list {
		one := f.Child(v, &i)
		e := readEntry(one, boxes)
		if one.Has("driver_number") && numbers[e.Number] {
			one.Wrong("driver_number", fmt.Sprintf("is %d, as another entry's", e.Number), "a number of its own for each entry")
		}
		numbers[e.Number] = true
		out = append(out, e)
	}
	return out
}

// defaultColour is grey.
const defaultColour = "8a8d91"

func readEntry(f *body.Object, boxes map[string]bool) race.Entry {
	f.Need("driver_number", "the number painted on the car")
	e := race.Entry{
		Number: int(f.Number("driver_number", 0, 1_000_000, 0)), Code: f.Text("name_acronym", 8), Name: f.Text("full_name", maxText),
		Team: f.Text("team_name", maxText), Colour: strings.ToLower(strings.TrimPrefix(f.Text("team_colour", 7), "#")),
		Grid: int(f.Number("grid_position", 0, race.CarsMax, 0)), PitLaneStart: f.Flag("pit_lane_start"),
		StartOffsetM: int(f.Number("start_offset_m", 0, 100_000, 0)),
	}
	if e.Code == "" {
		e.Code = fmt.Sprint(e.Number)
	}
	if e.Colour == "" {
		e.Colour = defaultColour
	} else if len(e.Colour) != 6 || strings.Trim(e.Colour, "0123456789abcdef") != "" {
		f.Wrong("team_colour", fmt.Sprintf("is %s", body.Clip(e.Colour)), "six hexadecimal digits, rrggbb")
	}
	for _, v := range f.List("transponders") {
		name, ok := v.(string)
		switch {
		case !ok || name == "" || body.TextFault(name, maxText) != "" || strings.ContainsFunc(name, unicode.IsSpace):
			f.Wrong("transponders", fmt.Sprintf("has %s", body.Clip(fmt.Sprint(v))), fmt.Sprintf("names without spaces, %d characters at most", maxText))
		case boxes[name]:
			f.Wrong("transponders", fmt.Sprintf("has %s, which another entry has", body.Clip(name)), "a transponder of its own for each entry")
		default:
			boxes[name] = true
			e.Transponders = append(e.Transponders, name)
		}
	}
	f.End()
	return e
}
