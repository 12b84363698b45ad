package document_test

import (
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/document"
)

// Names in right-to-left, combining and wide scripts.
const (
	hebrew   = "יוסי כהן 7"
	arabic   = "محمد (الثاني)"
	combined = "E\u0301tienne Nu\u0303n\u0303ez"
	wide     = "佐藤 琢磨 👨‍👩‍👧"
)

func named() *document.Input {
	in := small()
	in.Race.Name = arabic
	for i, name := range []string{hebrew, arabic, combined, wide} {
		in.Entries[i].Name, in.Entries[i].Team, in.Entries[i].Code = name, name, string([]rune(name)[:3])
	}
	in.Result.Author, in.Result.Reason = hebrew, arabic
	for i := range in.Rulings {
		in.Rulings[i].Author = arabic
	}
	in.Race.CircuitText = strings.Replace(meridian, "Meridian Park", hebrew, 1)
	return in
}

func TestNames_OfAnyScriptAreUnchangedInTheCellsOfEveryFormat(t *testing.T) {
	p := mustPaper(t, "classification", named())
	for i, name := range []string{hebrew, arabic, combined, wide} {
		if p.csv[i]["full_name"] != name || p.csv[i]["team_name"] != name || p.json.Rows[i]["full_name"] != name {
			t.Errorf("%q is %q in CSV and %q in JSON", name, p.csv[i]["full_name"], p.json.Rows[i]["full_name"])
		}
		p.held(t, []string{"<bdi>" + name + "</bdi>"}, nil)
	}
	if p.csv[0]["race"] != arabic || p.json.Race["name"] != arabic || p.json.Race["circuit_name"] != hebrew || p.json.Result["author"] != hebrew {
		t.Errorf("the head is %v, %v in JSON and %v in CSV", p.json.Race, p.json.Result, p.csv[0])
	}
}

func TestNames_RightToLeftOnesAreIsolatedInSentences(t *testing.T) {
	isolated := func(name string) string { return "\u2068" + name + "\u2069" }
	p := mustPaper(t, "classification", named())
	if want := "Fastest lap: 7 " + isolated(hebrew) + ", 1:30.012 on lap 3."; p.json.Notes[0] != want {
		t.Errorf("the note is %q, expected %q", p.json.Notes[0], want)
	}
	p.held(t, []string{
		"<p>Fastest lap: 7 " + isolated(hebrew) + ", 1:30.012 on lap 3.</p>", "<title>Amended classification · " + isolated(arabic) + "</title>",
		"<h1><bdi>" + arabic + "</bdi></h1>", "<span>" + isolated(hebrew) + ", 2.314 km</span>", "<dd><bdi>" + arabic + "</bdi></dd>",
	}, nil)
	analysis := mustPaper(t, "lap_analysis", named())
	analysis.held(t, []string{"7  " + isolated(hebrew) + "<", "44  " + isolated(arabic) + "<", "100  " + combined + "<"}, nil)
	settled := mustPaper(t, "penalties", named())
	settled.held(t, []string{isolated(arabic) + ": weighed again"}, nil)
	in := named()
	in.Entries[0].Name = combined // long, but a left-to-right name needs no isolate
	if note := mustPaper(t, "classification", in).json.Notes[0]; note != "Fastest lap: 7 "+combined+", 1:30.012 on lap 3." {
		t.Errorf("a left-to-right name is written %q", note)
	}
}

func TestPageFooter_HasTheCompleteName(t *testing.T) {
	p := mustPaper(t, "lap_chart", named())
	from := strings.Index(p.html, `content: "`)
	foot, _, _ := strings.Cut(p.html[from+len(`content: "`):], `"; font`)
	if from < 0 || strings.ContainsAny(foot, "<>") || !strings.Contains(foot, "محمد") || !strings.HasSuffix(foot, " · Lap chart · version 3") {
		t.Errorf("the foot is %q", foot)
	}
}

func TestPenalties_AfterTheEndBelongToTheCarsLastLap(t *testing.T) {
	in := small()
	late := func(seq race.Seq, body race.Body) race.Record {
		return race.Record{Seq: seq, Time: race.Hour, Author: "Stewards", Body: body}
	}
	in.Rulings = []race.Record{
		late(50, race.Penalised{Car: 0, Amount: race.Second}),
		late(51, race.Penalised{Car: 2, Amount: race.Second}), // a lap down
		late(52, race.CarDisqualified{Car: 1}), late(53, race.Undone{Of: 52}),
		{Seq: 54, Time: 200 * race.Second, Body: race.Penalised{Car: 1, Amount: race.Second}}, // in lap 3
		late(55, race.LapDeleted{Car: 1, Lap: 1, Passing: 7}),                                 // now its second lap
	}
	in.Events = []race.Event{{Kind: race.EventPenalty, Of: 50, Car: 0, Lap: 3, TimeMS: 3_600_000}}
	in.Laps[4].Passing = 7
	p := mustPaper(t, "penalties", in)
	for i, want := range []string{"3", "2", "3", "3", "2"} {
		if got := p.csv[i]["lap"]; got != want {
			t.Errorf("row %d, %s, is of lap %s, expected %s", i, p.csv[i]["kind"], got, want)
		}
	}
}

func TestLapChart_AgreesWithTheAnalysisWithinAMillisecond(t *testing.T) {
	in := &document.Input{Entries: []race.Entry{{Number: 7}, {Number: 8}, {Number: 9}}, Laps: []race.Lap{
		{Car: 0, Number: 1, DurationMS: 90_000, EndMS: 90_000, Position: 3}, // 90.000.900
		{Car: 1, Number: 1, DurationMS: 90_000, EndMS: 90_000, Position: 1}, // 90.000.100
		{Car: 2, Number: 1, DurationMS: 90_000, EndMS: 90_000, Position: 1}, // a dead heat
	}}
	chart, analysis := mustPaper(t, "lap_chart", in), mustPaper(t, "lap_analysis", in)
	if row := chart.csv[0]; row["position_1"] != "8" || row["position_2"] != "9" || row["position_3"] != "7" {
		t.Errorf("the chart has %v", row)
	}
	for i, want := range []string{"3", "1", "1"} {
		if got := analysis.csv[i]["position"]; got != want {
			t.Errorf("the analysis has car %s at %s", analysis.csv[i]["driver_number"], got)
		}
	}
}
