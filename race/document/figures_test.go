package document_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/document"
)

// paper is a document of an input, in every format.
type paper struct {
	csv  []map[string]string
	json struct {
		Race   map[string]any
		Result map[string]any
		Notes  []string
		Rows   []map[string]any
	}
	html string
}

func mustPaper(t *testing.T, name string, in *document.Input) (p paper) {
	t.Helper()
	d, err := document.Make(name, in)
	if err != nil {
		t.Fatal(err)
	}
	write := func(format string) []byte {
		var b bytes.Buffer
		if err := d.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	rows, err := csv.NewReader(bytes.NewReader(write("csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		one := map[string]string{}
		for i, name := range rows[0] {
			one[name] = row[i]
		}
		p.csv = append(p.csv, one)
	}
	if err := json.Unmarshal(write("json"), &p.json); err != nil {
		t.Fatal(err)
	}
	p.html = string(write("html"))
	return p
}

// held checks that a page contains every text of has and none of never.
func (p *paper) held(t *testing.T, has, never []string) {
	t.Helper()
	for _, text := range has {
		if !strings.Contains(p.html, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	for _, text := range never {
		if strings.Contains(p.html, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

// declaredLate is a race of 1:35:21 whose result was declared 3:36:59.963 after the start signal.
func declaredLate() *document.Input {
	in := small()
	in.Race.Rules, in.Distance = race.F1(57), 57
	in.Result.Time = 3*race.Hour + 36*race.Minute + 59_963*race.Millisecond
	in.Result.Entries = []race.Classified{
		{Position: 1, Car: 0, Laps: 57, DurationMS: 5_721_000, BestLapMS: 90_012, BestLap: 3},
		{Position: 2, Car: 1, Laps: 57, DurationMS: 5_726_000, GapMS: 5_000, IntervalMS: 5_000, PenaltyMS: 5_000, BestLapMS: 93_000, BestLap: 3},
		{Position: 3, Car: 2, Laps: 56, Status: race.StatusRetired, DurationMS: -1, GapMS: -1, GapLaps: 1, IntervalMS: -1, BestLapMS: 140_000, BestLap: 1},
	}
	return in
}

func TestRaceTime_IsTheWinnersTimeNotTheTimeOfTheDeclaration(t *testing.T) {
	for _, name := range document.Names() {
		p := mustPaper(t, name, declaredLate())
		p.held(t, []string{"<dt>Race time</dt><dd><bdi>1:35:21.000</bdi></dd>", "<dt>Average speed</dt><dd><bdi>82.998 km/h</bdi></dd>"},
			[]string{"3:36:59"})
		if got := p.json.Race["duration_ms"]; got != 5_721_000.0 {
			t.Errorf("%s: the race took %v ms", name, got)
		}
		if _, there := p.json.Result["time_us"]; there {
			t.Errorf("%s: the time of a record is shown as the race time", name)
		}
	}
}

func TestClassification_HasDateCircuitDistanceAndSpeedInEveryFormat(t *testing.T) {
	p := mustPaper(t, "classification", declaredLate())
	p.held(t, []string{
		"<span>24 November 2026, 16:00 UTC</span>", "<span>Meridian Park, 2.314 km</span>", "<span>57 laps, 131.898 km</span>",
		`<th class="n" scope="col">km/h</th>`, `<td class="n">82.998</td>`, `<td class="n">82.926</td>`,
	}, nil)
	for field, want := range map[string]any{
		"date": "2026-11-24T16:00:00Z", "circuit": "meridian", "circuit_name": "Meridian Park", "circuit_length_m": 2314.0, "laps": 57.0,
		"distance_m": 131_898.0, "average_speed_kmh": 82.998,
	} {
		if got := p.json.Race[field]; got != want {
			t.Errorf("%s is %v in JSON, expected %v", field, got, want)
		}
	}
	for i, want := range []map[string]string{ // 57 × 2,314 m in 1:35:21 and in 1:35:26; no race time, no speed
		{"average_speed_kmh": "82.998", "distance_m": "131898", "duration_ms": "5721000"},
		{"average_speed_kmh": "82.926", "distance_m": "131898", "duration_ms": "5726000"},
		{"average_speed_kmh": "", "distance_m": "129584", "duration_ms": ""},
	} {
		want["race"], want["date"], want["circuit_name"] = "Grand Prix of <Nowhere>", "2026-11-24T16:00:00Z", "Meridian Park"
		want["circuit_length_m"], want["race_laps"], want["race_distance_m"] = "2314", "57", "131898"
		for column, value := range want {
			if got := p.csv[i][column]; got != value {
				t.Errorf("row %d: %s is %q in CSV, expected %q", i, column, got, value)
			}
		}
	}
	if p.json.Rows[2]["average_speed_kmh"] != nil || p.json.Rows[1]["average_speed_kmh"] != 82.926 {
		t.Errorf("average speeds in JSON: %v", p.json.Rows)
	}
}

func TestFigures_UnknownOnesAreOmitted(t *testing.T) {
	for name, change := range map[string]func(in *document.Input){
		"no circuit":                  func(in *document.Input) { in.Race.Circuit, in.Race.CircuitText = "", "" },
		"a circuit of lines alone":    func(in *document.Input) { in.Race.CircuitText = "" },
		"a circuit that is damaged":   func(in *document.Input) { in.Race.CircuitText = meridian[:60] },
		"a circuit of another format": func(in *document.Input) { in.Race.CircuitText = "{}" },
	} {
		t.Run(name, func(t *testing.T) {
			in := declaredLate()
			in.Started, in.Published = "", ""
			change(in)
			p := mustPaper(t, "classification", in)
			p.held(t, []string{"<span>57 laps</span>", "1:35:21.000"}, []string{" km", "km/h", "UTC", "Average speed", ">0.000<", "1970"})
			for _, field := range []string{"date", "circuit_name", "circuit_length_m", "distance_m", "average_speed_kmh"} {
				if got, there := p.json.Race[field]; got != nil || !there {
					t.Errorf("%s is %v in JSON, expected null", field, got)
				}
			}
			for i := range p.csv {
				for _, column := range []string{"average_speed_kmh", "distance_m", "date", "circuit_name", "circuit_length_m", "race_distance_m"} {
					if got := p.csv[i][column]; got != "" {
						t.Errorf("row %d: %s is %q in CSV", i, column, got)
					}
				}
			}
		})
	}
	t.Run("a race by time before its flag", func(t *testing.T) {
		in := declaredLate()
		in.Race.Rules, in.Distance, in.Result.Version = race.Endurance(2*race.Hour), 0, 0
		p := mustPaper(t, "classification", in)
		p.held(t, []string{"<span>2:00:00</span>", "Unofficial classification"}, []string{"0 laps", "Race time", "Average speed"})
		if p.json.Race["laps"] != nil || p.json.Race["distance_m"] != nil || p.json.Race["duration_ms"] != nil {
			t.Errorf("the race in JSON is %v", p.json.Race)
		}
	})
	t.Run("a result without a winner", func(t *testing.T) {
		in := declaredLate()
		in.Result.Entries = in.Result.Entries[2:]
		in.Result.Entries[0].Position, in.Result.Entries[0].Status = 0, race.StatusNotClassified
		p := mustPaper(t, "classification", in)
		p.held(t, nil, []string{"Race time", "Average speed"})
	})
}

func TestDistance_IsTheRacesNotTheRules(t *testing.T) {
	in := declaredLate()
	in.Race.Rules, in.Distance = race.F1(53), 51
	p := mustPaper(t, "lap_chart", in)
	p.held(t, []string{"<span>51 laps, 118.014 km</span>"}, []string{"53 laps"})
	if p.json.Race["laps"] != 51.0 {
		t.Errorf("JSON has %v laps", p.json.Race["laps"])
	}
}

func TestStatus_IsShownInWordsDuringTheRace(t *testing.T) {
	in := small()
	in.Result = race.Version{Classification: race.Classification{Entries: []race.Classified{
		{Position: 1, Car: 0, Laps: 3, DurationMS: 274_012, BestLapMS: -1},
		{Position: 2, Car: 1, Laps: 3, Status: race.StatusRunning, DurationMS: 281_000, GapMS: 6_988, IntervalMS: 6_988, BestLapMS: -1},
		{Position: 3, Car: 2, Laps: 3, Status: race.StatusStopped, DurationMS: 282_000, GapMS: 7_988, IntervalMS: 1_000, BestLapMS: -1},
		{Car: 3, Laps: 1, Status: race.StatusNotRunning, DurationMS: -1, GapMS: -1, IntervalMS: -1, BestLapMS: -1},
	}}}
	in.Entries = append(in.Entries, race.Entry{Number: 6, Code: "WAI"})
	in.Result.Entries = append(in.Result.Entries, race.Classified{Car: 4, Status: race.StatusWaiting, DurationMS: -1, GapMS: -1, IntervalMS: -1, BestLapMS: -1})
	p := mustPaper(t, "classification", in)
	var words, positions []string
	for i := range p.csv {
		words, positions = append(words, p.csv[i]["status"]), append(positions, p.csv[i]["position"])
	}
	if want := []string{"finished", "running", "stopped", "not_running", "waiting"}; !slices.Equal(words, want) {
		t.Errorf("CSV has %v", words)
	}
	if want := []string{"1", "2", "3", "", ""}; !slices.Equal(positions, want) {
		t.Errorf("the positions are %q", positions)
	}
	p.held(t, []string{
		`<th class="t" scope="col">Status</th>`, ">finished<", ">running<", ">stopped<", ">not running<", ">waiting<",
		`<td class="n"></td><td class="n">5</td>`, // a cell without a position is blank
	}, []string{"not_running", "Not classified", "Did not start"})
	of := mustPaper(t, "classification", small())
	of.held(t, nil, []string{`scope="col">Status</th>`}) // in a result the position, the gap or the heading implies it
}
