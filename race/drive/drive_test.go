package drive

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/circuit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func mustOpen(t testing.TB, key string) *circuit.Circuit {
	t.Helper()
	c, err := circuit.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustModel(t testing.TB, key string, cars, laps int, seed uint64) *Model {
	t.Helper()
	m, err := NewModel(Config{Circuit: mustOpen(t, key), Cars: cars, Laps: laps, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tick computes one tick in index order.
func tick(m *Model, f *Field, in *Inputs) (*Field, []Crossing) {
	rows := make([]Row, len(f.Rows))
	var crossings []Crossing
	for i := range rows {
		rows[i], crossings = m.Next(f, in, race.CarIdx(i), crossings)
	}
	return m.Close(f, in, rows, crossings), crossings
}

// story is the outcome of a whole race.
type story struct {
	final     *Field
	crossings []Crossing
	records   []race.Record
	chases    int
}

func drive(t testing.TB, m *Model, each func(prev, next *Field)) story {
	t.Helper()
	s := story{final: m.Grid()}
	for limit := 0; !m.Done(s.final); limit++ {
		if limit > 2_000_000 {
			t.Fatal("the race does not end")
		}
		next, crossings := tick(m, s.final, nil)
		s.crossings = append(s.crossings, crossings...)
		s.records = append(s.records, m.Events(s.final, next)...)
		for i := range next.Rows {
			if next.Rows[i].Chase != race.NoCar && s.final.Rows[i].Chase == race.NoCar {
				s.chases++
			}
		}
		if each != nil {
			each(s.final, next)
		}
		s.final = next
	}
	return s
}

// laps returns the times between each car's crossings of the finish line, the first from the start.
func (s story) laps(car race.CarIdx) []race.Micros {
	var laps []race.Micros
	last, begun := race.Micros(0), false
	for _, x := range s.crossings {
		if x.Car != car || x.Line != 0 {
			continue
		}
		if begun {
			laps = append(laps, x.Time-last)
			last = x.Time
		}
		begun = true // the first crossing completes no lap
	}
	return laps
}

func TestRace_DependsOnTheSeedAlone(t *testing.T) {
	hash := func(seed uint64) uint64 { return drive(t, mustModel(t, "kartwerk", 8, 4, seed), nil).final.Hash() }
	if a, b := hash(7), hash(7); a != b {
		t.Errorf("seed 7 gives %x and %x", a, b)
	}
	if hash(7) == hash(8) {
		t.Error("seeds 7 and 8 give the same race")
	}
}

func TestRace_HasTheGoldenHashAtEachLap(t *testing.T) {
	var b strings.Builder
	for _, key := range circuit.List() {
		laps := 2
		if key == "meridian" {
			laps = 20 // enough for stops and retirements
		}
		m := mustModel(t, key, 20, laps, 7)
		lap := int32(-1)
		drive(t, m, func(_, next *Field) {
			if next.Leader != race.NoCar && next.Rows[next.Leader].Lap > lap {
				lap = next.Rows[next.Leader].Lap
				fmt.Fprintf(&b, "%s lap %d tick %d %016x\n", key, lap, next.Tick, next.Hash())
			}
		})
	}
	const file = "testdata/hashes.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("the races differ from %s; if that is intended, run go test ./race/drive -update", file)
	}
}

func TestNext_DoesNotDependOnOrderOrRepetition(t *testing.T) {
	m := mustModel(t, "harbour", 20, 3, 11)
	r := rand.New(rand.NewPCG(1, 2))
	for f := m.Grid(); !m.Done(f); {
		want, crossings := tick(m, f, nil)
		rows := make([]Row, len(f.Rows))
		var again []Crossing
		for _, i := range r.Perm(len(rows)) {
			m.Next(f, nil, race.CarIdx(i), nil) // an attempt whose row is discarded
			rows[i], again = m.Next(f, nil, race.CarIdx(i), again)
		}
		slices.SortFunc(crossings, Compare)
		slices.SortFunc(again, Compare)
		next := m.Close(f, nil, rows, again)
		if next.Hash() != want.Hash() || !slices.Equal(crossings, again) {
			t.Fatalf("tick %d depends on the order", next.Tick)
		}
		f = next
	}
}

func TestConfig_ValidateNamesEveryFault(t *testing.T) {
	err := Config{Cars: -1, Laps: race.LapsMax + 1, TickHz: 7}.Validate()
	if err == nil {
		t.Fatal("the configuration is accepted")
	}
	for _, word := range []string{"circuit", "cars is -1", "laps is 10001", "tick_hz is 7"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is missing in: %v", word, err)
		}
	}
	if _, err := NewModel(Config{Circuit: mustOpen(t, "velora"), Cars: 3, Laps: 1, Entries: make([]race.Entry, 2)}); err == nil {
		t.Error("two entries for three cars are accepted")
	}
}

func TestRace_OneOrTwoCarsFinishOnEveryCircuitAtEveryTickRate(t *testing.T) {
	for _, key := range circuit.List() {
		for _, hz := range []int{1, 10, 50} {
			for cars := 1; cars <= 2; cars++ {
				m, err := NewModel(Config{Circuit: mustOpen(t, key), Cars: cars, Laps: 2, Seed: 3, TickHz: hz})
				if err != nil {
					t.Fatal(err)
				}
				s := drive(t, m, nil)
				for i := range cars {
					if r := s.final.Rows[i]; r.State != race.Finished || r.Lap != 3 {
						t.Errorf("%s at %d Hz, car %d of %d: %v on lap %d", key, hz, i, cars, r.State, r.Lap)
					}
				}
				if best := m.BestLap(); s.laps(0)[0] < best*19/20 || s.laps(0)[0] > best*3/2 {
					t.Errorf("%s at %d Hz: a lap of %v, the best is %v", key, hz, s.laps(0)[0], best)
				}
			}
		}
	}
}

func TestEntries_HaveUniqueNamesAndCodesAndLegibleColours(t *testing.T) {
	m := mustModel(t, "velora", 2_000, 1, 1)
	codes, numbers, names := map[string]bool{}, map[int]bool{}, map[string]bool{}
	for i, e := range m.Entries() {
		if codes[e.Code] || numbers[e.Number] || names[e.Name] || len(e.Code) != 3 || e.Team == "" {
			t.Fatalf("entry %d is not unique: %+v", i, e)
		}
		codes[e.Code], numbers[e.Number], names[e.Name] = true, true, true
		if e.Grid < 1 || e.Grid > 2_000 || e.StartOffsetM < 1 {
			t.Fatalf("entry %d starts at %+v", i, e)
		}
		var r, g, b int
		if _, err := fmt.Sscanf(e.Colour, "%02x%02x%02x", &r, &g, &b); err != nil {
			t.Fatal(e.Colour, err)
		}
		if lum := (30*r + 59*g + 11*b) / 100; lum < 85 || lum > 145 {
			t.Errorf("%s of %s has lightness %d: not legible on dark and on light", e.Colour, e.Team, lum)
		}
	}
	small := map[int]bool{}
	for _, e := range mustModel(t, "velora", 99, 1, 1).Entries() {
		if small[e.Number] || e.Number < 1 || e.Number > 99 {
			t.Errorf("number %d", e.Number)
		}
		small[e.Number] = true
	}
}

func TestEntries_FromTheConfigKeepTheirGridAndPitLaneStart(t *testing.T) {
	entries := []race.Entry{{Number: 1, Grid: 2}, {Number: 2, Grid: 1}, {Number: 3, PitLaneStart: true}, {Number: 4}}
	m, err := NewModel(Config{Circuit: mustOpen(t, "velora"), Laps: 2, Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Entries(); got[1].StartOffsetM >= got[0].StartOffsetM || got[0].StartOffsetM >= got[3].StartOffsetM {
		t.Errorf("offsets: %+v", got)
	}
	s := drive(t, m, nil)
	lines := []race.LineKind{}
	for _, x := range s.crossings {
		if x.Car == 2 && len(lines) < 2 {
			if !x.InPit {
				t.Errorf("it starts over the track: %+v", x)
			}
			lines = append(lines, m.Circuit().Lines[x.Line].Kind)
		}
	}
	if !slices.Equal(lines, []race.LineKind{race.LineFinish, race.LinePitExit}) {
		t.Errorf("the car from the pit lane crosses %v first", lines)
	}
	if s.final.Rows[2].State != race.Finished || s.final.Rows[2].Lap != 3 {
		t.Errorf("%+v", s.final.Rows[2])
	}
}
