package drive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// SetupBytesMax bounds what was given of a setup, as text.
const SetupBytesMax = 1 << 20

// Setup is what was given of a race's model and entries. A nil Setup means that nothing was: all figures have their defaults, and
// people, teams, pace, grid and strategy are drawn.
type Setup struct {
	params params
	// Entries are by CarIdx; cars beyond them are drawn.
	Entries []EntrySetup
}

// EntrySetup is what was given of a car. Whatever is nil is invented or drawn from the seed.
type EntrySetup struct {
	Number                   *int
	Code, Name, Team, Colour *string
	Grid                     *int
	PitLaneStart             *bool
	// PaceUS is how far the car is behind the best, on a lap of 90 s.
	PaceUS *int64
	// Compounds are those of its stints; PitLaps are the laps at whose end it stops, in order.
	Compounds []race.Compound
	PitLaps   []int
	// FailsOnLap is the lap on which it breaks down; 0 means never.
	FailsOnLap *int
}

// Text writes what was given, and differs from the default, as JSON: the same for the same setup; empty if nothing was given.
func (s *Setup) Text() string {
	if s == nil {
		return ""
	}
	out := map[string]any{}
	if model := s.model(); len(model) > 0 {
		out["model"] = model
	}
	if len(s.Entries) > 0 {
		list := make([]any, len(s.Entries))
		for i := range s.Entries {
			list[i] = s.Entries[i].fields()
		}
		out["entries"] = list
	}
	if len(out) == 0 {
		return ""
	}
	text, err := json.Marshal(out) // sorts the names
	if err != nil {
		panic(err) // it is numbers and text
	}
	return string(text)
}

// model has the parameters that differ from their defaults, by group.
func (s *Setup) model() map[string]any {
	out := map[string]any{}
	for i := range parameters {
		p := &parameters[i]
		v := *p.at(&s.params)
		if v == p.Default {
			continue
		}
		group := out
		names := strings.Split(p.Path, ".")
		for _, name := range names[:len(names)-1] {
			if group[name] == nil {
				group[name] = map[string]any{}
			}
			group = group[name].(map[string]any)
		}
		group[names[len(names)-1]] = json.Number(p.Show(v))
	}
	return out
}

// Show writes a value of the parameter in its unit.
func (p *Parameter) Show(v int64) string { return decimal(v, p.Digits) }

// decimal writes v times ten to the power of minus digits, v being 0 or more.
func decimal(v int64, digits int) string {
	text := fmt.Sprintf("%0*d", digits+1, v)
	whole, part := text[:len(text)-digits], strings.TrimRight(text[len(text)-digits:], "0")
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// paceDigits are the decimals of pace_s.
const paceDigits = 6

func (e *EntrySetup) fields() map[string]any {
	out := map[string]any{}
	text := func(name string, v *string) {
		if v != nil {
			out[name] = *v
		}
	}
	number := func(name string, v *int) {
		if v != nil {
			out[name] = *v
		}
	}
	number("driver_number", e.Number)
	text("name_acronym", e.Code)
	text("full_name", e.Name)
	text("team_name", e.Team)
	text("team_colour", e.Colour)
	number("grid_position", e.Grid)
	number("fails_on_lap", e.FailsOnLap)
	if e.PitLaneStart != nil {
		out["pit_lane_start"] = *e.PitLaneStart
	}
	if e.PaceUS != nil {
		out["pace_s"] = json.Number(decimal(*e.PaceUS, paceDigits))
	}
	if e.PitLaps != nil {
		out["pit_laps"] = e.PitLaps
	}
	if e.Compounds != nil {
		names := make([]string, len(e.Compounds))
		for i, c := range e.Compounds {
			names[i] = c.String()
		}
		out["compounds"] = names
	}
	return out
}

// apply lays what was given over the invented entries. An invented number that was given to another car becomes the next free one.
func (s *Setup) apply(entries []race.Entry) {
	taken := map[int]bool{}
	for i := range s.Entries {
		if n := s.Entries[i].Number; n != nil {
			taken[*n] = true
		}
	}
	for i := range entries {
		e := &entries[i]
		var given EntrySetup
		if i < len(s.Entries) {
			given = s.Entries[i]
		}
		given.apply(e)
		if given.Number != nil || len(taken) == 0 {
			continue
		}
		for taken[e.Number] {
			e.Number++
		}
		taken[e.Number] = true
	}
}

func (e *EntrySetup) apply(to *race.Entry) {
	for _, one := range []struct {
		given *string
		to    *string
	}{{e.Name, &to.Name}, {e.Team, &to.Team}, {e.Colour, &to.Colour}} {
		if one.given != nil {
			*one.to = *one.given
		}
	}
	if e.Number != nil {
		to.Number = *e.Number
	}
	switch {
	case e.Code != nil:
		to.Code = *e.Code
	case e.Name != nil:
		to.Code = codeOf(*e.Name, to.Number)
	}
	if e.Grid != nil {
		to.Grid = *e.Grid
	}
	if e.PitLaneStart != nil {
		to.PitLaneStart = *e.PitLaneStart
	}
}

// codeOf makes a short name: three letters of the surname, else the number.
func codeOf(name string, number int) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return strconv.Itoa(number)
	}
	letters := []rune(strings.ToUpper(words[len(words)-1]))
	return string(letters[:min(3, len(letters))])
}

// trim drops what was given of entries and is what would be invented.
func (s *Setup) trim(cars int) {
	invented := invent(cars)
	ownNumbers := true // otherwise an invented number may move
	for i := range s.Entries {
		n := s.Entries[i].Number
		ownNumbers = ownNumbers && (n == nil || *n == invented[i].Number)
	}
	for i := range s.Entries {
		e, was := &s.Entries[i], &invented[i]
		code := was.Code
		if drop(&e.Name, was.Name); e.Name != nil {
			code = codeOf(*e.Name, was.Number)
		}
		drop(&e.Code, code)
		drop(&e.Team, was.Team)
		drop(&e.Colour, was.Colour)
		if ownNumbers {
			drop(&e.Number, was.Number)
		}
		drop(&e.PitLaneStart, false)
	}
	empty := func(e EntrySetup) bool { return len(e.fields()) == 0 }
	for len(s.Entries) > 0 && empty(s.Entries[len(s.Entries)-1]) {
		s.Entries = s.Entries[:len(s.Entries)-1]
	}
	s.Entries = slices.Clip(s.Entries)
}

func drop[T comparable](v **T, invented T) {
	if *v != nil && **v == invented {
		*v = nil
	}
}

// empty reports whether nothing was given.
func (s *Setup) empty() bool { return len(s.Entries) == 0 && s.params == defaults }
