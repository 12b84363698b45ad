package drive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lightsout/race"
)

func mustSetup(t testing.TB, text string, cars int) *Setup {
	t.Helper()
	s, err := ParseSetup(text, cars)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func setupModel(t testing.TB, cars, laps int, text string) *Model {
	t.Helper()
	m, err := NewModel(Config{Circuit: mustOpen(t, "kartwerk"), Cars: cars, Laps: laps, Seed: 7, Setup: mustSetup(t, text, cars)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSetup_OfTheDefaultsIsTheRaceWithoutOne(t *testing.T) {
	m := mustModel(t, "kartwerk", 8, 4, 7)
	if bare := setupModel(t, 8, 4, ""); bare.fingerprint != m.fingerprint {
		t.Error("an empty setup changes the race")
	}
	var entries []string
	for _, e := range m.Entries() {
		entries = append(entries, fmt.Sprintf(`{"driver_number":%d,"name_acronym":%q,"full_name":%q,"team_name":%q,"team_colour":%q,"pit_lane_start":false,"pace_s":null}`,
			e.Number, e.Code, e.Name, e.Team, e.Colour))
	}
	given := setupOf(t, fmt.Sprintf(`{"model":%s,"entries":[%s]}`, defaultsText(t), strings.Join(entries, ",")), 8)
	if text := given.Text(); text != "" {
		t.Errorf("the defaults as a setup are %s", text)
	}
}

// setupOf reads a setup as a client writes it.
func setupOf(t testing.TB, text string, cars int) *Setup {
	t.Helper()
	var v struct{ Model, Entries any }
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	s, faults := ReadSetup(v.Model, v.Entries, cars)
	if faults != nil {
		t.Fatal(faults)
	}
	return s
}

// defaultsText is the model with every parameter at its default.
func defaultsText(t testing.TB) string {
	t.Helper()
	moved := &Setup{params: defaults}
	for i := range parameters {
		*parameters[i].at(&moved.params)++
	}
	var v struct {
		Model map[string]any `json:"model"`
	}
	if err := json.Unmarshal([]byte(moved.Text()), &v); err != nil {
		t.Fatal(err)
	}
	for i := range parameters {
		at := v.Model
		names := strings.Split(parameters[i].Path, ".")
		for _, name := range names[:len(names)-1] {
			at = at[name].(map[string]any)
		}
		at[names[len(names)-1]] = json.Number(parameters[i].Show(parameters[i].Default))
	}
	text, err := json.Marshal(v.Model)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSetup_EachParameterIsReadWithinItsBoundsAlone(t *testing.T) {
	for _, p := range Parameters() {
		if p.Default < p.Min || p.Default > p.Max || p.Min >= p.Max || p.Doc == "" || p.Unit == "" || p.Source == "" {
			t.Errorf("%s: %+v", p.Path, p)
		}
		read := func(v string) (*Setup, []race.Fault) {
			var value any = json.Number(v)
			names := strings.Split(p.Path, ".")
			for _, name := range slices.Backward(names) {
				value = map[string]any{name: value}
			}
			return ReadSetup(value, nil, 2)
		}
		for _, v := range []int64{p.Min, p.Max} {
			s, faults := read(p.Show(v))
			if faults != nil || p.Value(s) != v {
				t.Errorf("%s = %s: %v", p.Path, p.Show(v), faults)
			}
			if again := mustSetup(t, s.Text(), 2); again.Text() != s.Text() {
				t.Errorf("%s comes back as %s", s.Text(), again.Text())
			}
		}
		for _, v := range []string{p.Show(p.Max + 1), "-1", "1e400", "1e-300"} {
			_, faults := read(v)
			if len(faults) != 1 || faults[0].Field != "model."+p.Path || !strings.Contains(faults[0].Message, v) || faults[0].Allowed == "" {
				t.Errorf("%s = %s: faults %v", p.Path, v, faults)
			}
		}
	}
}

func TestSetup_ARaceWithAnyParametersEndsAndGoesOnFromEachSnapshot(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := &Setup{params: defaults}
		for range rapid.IntRange(1, 12).Draw(r, "parameters") {
			p := parameters[rapid.IntRange(0, len(parameters)-1).Draw(r, "parameter")]
			*p.at(&s.params) = rapid.SampledFrom([]int64{p.Min, p.Max, rapid.Int64Range(p.Min, p.Max).Draw(r, "value")}).Draw(r, p.Path)
		}
		cfg := Config{Circuit: mustOpen(t, "kartwerk"), Cars: 6, Laps: 3, Seed: rapid.Uint64().Draw(r, "seed"), Setup: s, TickHz: 2}
		m, err := NewModel(cfg)
		if err != nil {
			r.Fatal(err)
		}
		f := m.Grid()
		for ticks := 0; !m.Done(f) && ticks < 3_000; ticks++ {
			f, _ = tick(m, f, nil)
			if ticks%50 == 0 {
				b, _ := f.AppendBinary(nil)
				if again, err := m.DecodeField(b); err != nil || again.Hash() != f.Hash() {
					r.Fatalf("tick %d of %s: %v", f.Tick, s.Text(), err)
				}
			}
		}
	})
}

func TestSetup_GivesEntriesTheirPlacePaceAndStrategy(t *testing.T) {
	m := setupModel(t, 4, 12, `{"entries":[{"grid_position":4,"pace_s":0,"full_name":"Ada Lovelace","driver_number":44,"pit_laps":[3,7],
		"compounds":["hard","soft","medium"],"fails_on_lap":0},{"pace_s":20},{"grid_position":1,"pace_s":9.5,"fails_on_lap":0,"pit_laps":[]},{"fails_on_lap":2}]}`)
	e := m.Entries()
	if e[0].Name != "Ada Lovelace" || e[0].Code != "LOV" || e[0].Number != 44 || e[0].Grid != 4 || e[2].Grid != 1 {
		t.Errorf("entries are %+v", e)
	}
	seen, numbers := map[int]bool{}, map[int]bool{}
	for _, one := range e {
		seen[one.Grid], numbers[one.Number] = true, true
	}
	if len(seen) != 4 || len(numbers) != 4 || !seen[2] || !seen[3] {
		t.Errorf("places %v, numbers %v", seen, numbers)
	}
	s := drive(t, m, nil)
	if s.final.Winner != 0 {
		t.Errorf("car %d won, the fastest from the back is 0", s.final.Winner)
	}
	var tyres []race.Compound
	var stops []race.Micros
	for _, rec := range s.records {
		if b, ok := rec.Body.(race.TyresFitted); ok && b.Car == 0 {
			tyres = append(tyres, b.Compound)
			stops = append(stops, rec.Time)
		}
	}
	if !slices.Equal(tyres, []race.Compound{race.Hard, race.Soft, race.Medium}) {
		t.Errorf("car 0 ran %v at %v", tyres, stops)
	}
	if r := s.final.Rows[3]; r.State != race.Retired || r.Lap != 2 || s.final.Rows[2].Stops != 0 {
		t.Errorf("car 3 ended %v on lap %d, car 2 stopped %d times", r.State, r.Lap, s.final.Rows[2].Stops)
	}
}

func TestSetup_NamesWhatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"model":{"tyres":{"sofft":{}}}}`:                      "model.tyres.sofft: is unknown (allowed: soft, medium, hard",
		`{"model":{"pace":3}}`:                                  "model.pace: is 3 (allowed: an object",
		`{"model":{"pace":{"noise_s":"much"}}}`:                 `model.pace.noise_s: is "much" (allowed: 0 to 10 s, 6 decimals at most)`,
		`{"model":{"traffic":{"chase_s":1.5}}}`:                 "model.traffic.chase_s: is 1.5 (allowed: 1 to 600 s, whole)",
		`{"entries":[{},{},{}]}`:                                "entries: are 3 for 2 cars",
		`{"entries":[{"driver_number":7},{"driver_number":7}]}`: "driver_number: is 7, as another entry's",
		`{"entries":[{"grid_position":3}]}`:                     "grid_position: is 3 (allowed: 1 to the number of cars)",
		`{"entries":[{"compounds":["soft"],"pit_laps":[3]}]}`:   "compounds: are 1 with 1 pit_laps (allowed: one more than pit_laps)",
		`{"entries":[{"pit_laps":[5,5]}]}`:                      "pit_laps: is a list",
		`{"entries":[{"team_colour":"red"}]}`:                   `team_colour: is "red"`,
		`{"entries":[{"full_name":"a\u0000b"}]}`:                "full_name: is",
		`{"entries":[{"wheels":4}]}`:                            "wheels: is unknown (allowed: driver_number,",
	} {
		_, err := ParseSetup(text, 2)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestDuration_EndsTheRaceAtTheLeadersNextCrossing(t *testing.T) {
	for seed := range uint64(5) {
		limit := 200 * race.Second
		m, err := NewModel(Config{Circuit: mustOpen(t, "kartwerk"), Cars: 8, Duration: limit, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		s := drive(t, m, nil)
		f := s.final
		if f.ChequeredAt < limit || f.ChequeredAt > limit+2*m.BestLap() {
			t.Errorf("seed %d: the flag was shown at %v, the limit is %v", seed, f.ChequeredAt, limit)
		}
		for _, x := range s.crossings {
			if x.Line == 0 && x.Car == f.Winner && x.Time >= limit && x.Time < f.ChequeredAt {
				t.Errorf("seed %d: the winner crossed at %v already", seed, x.Time)
			}
		}
	}
}
