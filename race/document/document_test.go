package document_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/document"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is a name with special characters of HTML, CSV and JSON.
const hostile = `<b>"Jörg", Müller`

// meridian is a circuit of two straights of 1 km and two half circles of 50 m: 2,314.159 m.
const meridian = `circuit meridian
name Meridian Park
straight 1000
left 180 r 50
straight 1000
left 180 r 50
close
finish 0
sector 0.3 0.6
pit entry 0.95 exit 0.05 limit 60
`

// small is a race of four cars over three laps with everything that a document can show.
func small() *document.Input {
	lap := func(car race.CarIdx, n, position int, end, s1, s2, s3 int64) race.Lap {
		return race.Lap{Car: car, Number: n, DurationMS: s1 + s2 + s3, SectorsMS: [3]int64{s1, s2, s3}, EndMS: end, Position: position, Tyre: race.Soft}
	}
	laps := []race.Lap{
		lap(0, 1, 1, 93_500, 31_000, 32_000, 30_500), lap(0, 2, 2, 184_000, 30_000, 31_000, 29_500), lap(0, 3, 1, 274_012, 30_012, 31_000, 29_000),
		lap(1, 1, 2, 94_000, 31_500, 32_000, 30_500), lap(1, 2, 1, 183_000, 29_000, 31_000, 29_000), lap(1, 3, 2, 276_000, 31_000, 32_000, 30_000),
		lap(2, 1, 3, 140_000, 45_000, 50_000, 45_000), lap(2, 2, 3, 280_000, 0, 95_000, 45_000),
	}
	laps[4].Deleted, laps[3].PitIn, laps[4].PitOut, laps[6].Flag = true, true, true, race.FlagSafetyCar
	order := []race.Classified{
		{Position: 1, Car: 0, Laps: 3, DurationMS: 274_012, BestLapMS: 90_012, BestLap: 3},
		{Position: 2, Car: 1, Laps: 3, DurationMS: 281_000, GapMS: 6_988, IntervalMS: 6_988, PenaltyMS: 5_000, BestLapMS: 93_000, BestLap: 3},
		{Position: 3, Car: 2, Laps: 2, DurationMS: 280_000, GapMS: -1, GapLaps: 1, IntervalMS: -1, BestLapMS: 140_000, BestLap: 1},
		{Car: 3, Status: race.StatusDidNotStart, DurationMS: -1, GapMS: -1, IntervalMS: -1, BestLapMS: -1, Reason: "@HOME"},
	}
	ruled := func(seq race.Seq, author string, body race.Body) race.Record {
		return race.Record{Seq: seq, Time: race.Micros(seq) * race.Second, Author: author, Body: body}
	}
	return &document.Input{
		Race:     race.Race{ID: "small", Name: "Grand Prix of <Nowhere>", Kind: race.External, Circuit: "meridian", CircuitText: meridian, Rules: race.F1(3)},
		Distance: 3, Started: "2026-11-24T16:00:00Z",
		Entries: []race.Entry{
			{Number: 7, Code: "JMU", Name: hostile, Team: "=1+2", Grid: 2},
			{Number: 44, Code: "-44", Name: "Ana Silva", Team: "Blue & White", Grid: 1},
			{Number: 100, Code: "LAP", Name: "+Lapped", Team: "Tail", PitLaneStart: true},
			{Number: 5, Code: "DNS"},
		},
		Result: race.Version{
			Classification: race.Classification{
				Version: 3, Status: race.Amended, Author: "Steward \"1\"", Reason: "5 s for </style><script>alert(1)</script>",
				Entries: order, StateHash: "0123456789abcdef",
			},
			Seq: 99, Time: 400 * race.Second,
		},
		Published: "2026-11-24T18:03:59.5Z",
		Laps:      laps,
		Events: []race.Event{
			{Kind: race.EventPitIn, Car: 1, Lap: 1, TimeMS: 92_000}, {Kind: race.EventTyres, Car: 1, Lap: 2, TimeMS: 97_000, Value: 2_400, Text: "hard"},
			{Kind: race.EventPitOut, Car: 1, Lap: 2, TimeMS: 115_500}, {Kind: race.EventTyres, Car: 2, Lap: 2, TimeMS: 140_000, Text: "unknown"},
			{Kind: race.EventLeader, Car: 1, Lap: 2, TimeMS: 183_000},
		},
		Rulings: []race.Record{
			ruled(20, "clerk", race.FlagShown{Flag: race.FlagSafetyCar}),
			ruled(30, "Steward A", race.Penalised{Car: 1, Amount: 5 * race.Second, Reason: "=HYPERLINK(\"http://x\")"}),
			ruled(31, "Steward A", race.Penalised{Car: 0, Kind: race.PenaltyDriveThrough, Reason: "jump start"}),
			ruled(32, "Steward A", race.Penalised{Car: 2, Kind: race.PenaltyStopAndGo, Reason: "unsafe release"}),
			ruled(33, "Steward B", race.PenaltyServed{Car: 0, Penalty: 31}),
			ruled(34, "Steward B", race.LapDeleted{Car: 1, Lap: 2, Reason: "track limits, turn 4"}),
			ruled(35, "Steward B", race.CarDisqualified{Car: 2, Reason: "underweight"}),
			ruled(36, "Court", race.Undone{Of: 35, Reason: "weighed again"}),
			ruled(37, "Court", race.Undone{Of: 30, Reason: "in error"}),
			ruled(38, "Court", race.Undone{Of: 37, Reason: "it was none"}),
		},
	}
}

func TestPitStops_TakeTheTimeFromTheTyresIfThePitLaneHasNoLines(t *testing.T) {
	in := small()
	in.Stops = []race.Record{
		{Time: 140 * race.Second, Body: race.TyresFitted{Car: 2, PitLane: 24_500 * race.Millisecond}},
		{Time: 97 * race.Second, Body: race.TyresFitted{Car: 1, PitLane: race.Hour}}, // the pit lines give its time
	}
	d, err := document.Make("pit_stops", in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := d.Write(&out, "csv"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{",92000,23500,2400,hard,23500", ",140000,24500,,,24500"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestDocuments_EqualTheirGoldenFiles(t *testing.T) {
	for _, name := range document.Names() {
		d, err := document.Make(name, small())
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range document.Formats() {
			var got bytes.Buffer
			if err := d.Write(&got, format); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+"."+format)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s differs; if that is intended, run with -update:\n%s", file, got.String())
			}
		}
	}
}

func TestMake_UnknownNamesListTheKnownOnes(t *testing.T) {
	_, err := document.Make("results", small())
	if !errors.Is(err, document.ErrUnknown) || !strings.Contains(err.Error(), "classification, lap_chart, lap_analysis, best_sectors, pit_stops, penalties") {
		t.Errorf("document: %v", err)
	}
	d, err := document.Make("penalties", small())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(&bytes.Buffer{}, "pdf"); !errors.Is(err, document.ErrUnknown) || !strings.Contains(err.Error(), "csv, json, html") {
		t.Errorf("format: %v", err)
	}
}

// written returns a document of the small race in a format.
func written(t *testing.T, name, format string) string {
	t.Helper()
	d, err := document.Make(name, small())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := d.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV_KeepsTextAndEscapesFormulas(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(written(t, "classification", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, c := range []struct {
		row          int
		column, want string
	}{
		{1, "full_name", hostile}, {1, "team_name", "'=1+2"}, {2, "name_acronym", "'-44"}, {3, "full_name", "'+Lapped"},
		{4, "reason", "'@HOME"}, {2, "gap_ms", "6988"}, {3, "gap_laps", "1"}, {3, "gap_ms", ""}, {4, "position", ""},
	} {
		if got := rows[c.row][column[c.column]]; got != c.want {
			t.Errorf("row %d, %s: %q, expected %q", c.row, c.column, got, c.want)
		}
	}
	if text := written(t, "penalties", "csv"); !strings.Contains(text, `"'=HYPERLINK(""http://x"")"`) {
		t.Errorf("a formula as a reason is not escaped:\n%s", text)
	}
}

func TestHTML_EscapesAllUserInput(t *testing.T) {
	for _, name := range document.Names() {
		page := written(t, name, "html")
		for _, never := range []string{"<b>", "<script", "<Nowhere>", "ZgotmplZ", "onclick"} {
			if strings.Contains(page, never) {
				t.Errorf("%s holds %q", name, never)
			}
		}
		if strings.Count(page, "</style>") != 1 {
			t.Errorf("user input ends the style of %s", name)
		}
	}
	if page := written(t, "classification", "html"); !strings.Contains(page, "&lt;b&gt;&#34;Jörg&#34;, Müller") {
		t.Error("the name is missing on the page")
	}
}

func TestJSON_HasRowsByColumnNameAndTheVersion(t *testing.T) {
	var got struct {
		Title   string
		Columns []struct {
			Name, Kind string
			Unit       *string
		}
		Result struct {
			Version        int
			Status, Author string
		}
		Rows []map[string]any
	}
	if err := json.Unmarshal([]byte(written(t, "classification", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Title != "Amended classification" || got.Result.Version != 3 || got.Result.Status != "amended" || got.Result.Author != `Steward "1"` {
		t.Errorf("%+v", got)
	}
	if r := got.Rows[0]; r["full_name"] != hostile || r["duration_ms"] != 274012.0 || r["gap_ms"] != 0.0 || r["penalty_ms"] != 0.0 {
		t.Errorf("first row %v", r)
	}
	for _, c := range got.Columns {
		if strings.HasSuffix(c.Name, "_ms") != (c.Unit != nil && *c.Unit == "ms") {
			t.Errorf("the unit of %s is %v", c.Name, c.Unit)
		}
	}
}

func TestEmptyRace_HasEmptyDocuments(t *testing.T) {
	for _, name := range document.Names() {
		d, err := document.Make(name, &document.Input{Race: race.Race{ID: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range document.Formats() {
			if err := d.Write(&bytes.Buffer{}, format); err != nil {
				t.Errorf("%s as %s: %v", name, format, err)
			}
		}
		if len(d.Rows) != 0 {
			t.Errorf("%s of an empty race has %d rows", name, len(d.Rows))
		}
	}
}

func TestWideChart_IsSplitIntoTablesThatRepeatTheLapColumn(t *testing.T) {
	in := &document.Input{Race: race.Race{ID: "x"}}
	for i := range 60 {
		in.Entries = append(in.Entries, race.Entry{Number: i + 1, Grid: i + 1})
		in.Laps = append(in.Laps, race.Lap{Car: race.CarIdx(i), Number: 1, EndMS: int64(1000 - i), DurationMS: 1, Position: 60 - i})
	}
	d, err := document.Make("lap_chart", in)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := d.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), ">Lap</th>"); n != 3 {
		t.Errorf("%d tables, expected 3", n)
	}
	if d.Rows[1].Cells[1].Number != 60 {
		t.Errorf("the first of lap 1 is %d", d.Rows[1].Cells[1].Number)
	}
}
