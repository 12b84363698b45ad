package audit_test

import (
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/audit"
	"lightsout/race/timing"
)

// script returns a log of two cars on three lines, 10 ticks a second.
func script(kind race.Kind, bodies ...any) []race.Record {
	info := race.Race{
		ID: "r", Kind: kind, Cars: 2, TickHz: 10, Rules: race.Kart(2),
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}, {Kind: race.LineSector, Sector: 1}, {Kind: race.LineSector, Sector: 2}},
	}
	out := []race.Record{
		{Body: race.Announced{Race: info}}, {Body: race.Entered{Entry: race.Entry{Number: 7}}},
		{Body: race.Entered{Entry: race.Entry{Number: 9}}}, {Body: race.Started{}},
	}
	at := race.Micros(0)
	for _, b := range bodies {
		switch b := b.(type) {
		case race.Micros:
			at = b
		case race.Body:
			out = append(out, race.Record{Time: at, Body: b})
		}
	}
	for i := range out {
		out[i].Seq = race.Seq(i + 1)
	}
	return out
}

func find(records []race.Record, frames ...*race.Frame) string {
	a := audit.New()
	for step := range timing.Replay(timing.Records(records)) {
		a.Record(step)
	}
	for _, f := range frames {
		a.Frame(f)
	}
	return strings.Join(a.Findings(), "\n")
}

func pass(car race.CarIdx, line int) race.Passing { return race.Passing{Car: car, Line: line} }

func frame(tick race.Tick, at race.Micros, cars int) *race.Frame {
	return &race.Frame{Tick: tick, Time: at, LapFraction: make([]uint16, cars), State: make([]race.CarState, cars)}
}

func TestAudit_NamesTheContradictions(t *testing.T) {
	const s = race.Second
	lap := []any{10 * s, pass(0, 1), 20 * s, pass(0, 2), 30 * s, pass(0, 0)}
	for name, c := range map[string]struct {
		records []race.Record
		frames  []*race.Frame
		want    string // empty means sound
	}{
		"a lap":                        {records: script(race.Simulation, lap...)},
		"telemetry":                    {records: script(race.Simulation, lap...), frames: []*race.Frame{frame(1, s/10, 2), frame(2, 2*s/10, 2)}},
		"nothing":                      {want: "no record announces it"},
		"records without a head":       {records: script(race.Simulation)[1:], want: "no record announces it"},
		"a second head":                {records: append(script(race.Simulation), script(race.External)[0]), want: "record 1: it announces the race again, with kind external instead of simulation"},
		"too few cars":                 {records: script(race.Simulation)[:2], want: "it is announced with 2 cars, and 1 are entered"},
		"a line that is left out":      {records: script(race.Simulation, 10*s, pass(0, 1), 20*s, pass(0, 0)), want: "record 6: car 7 passes line 0, which does not follow line 1"},
		"a line that comes twice":      {records: script(race.Simulation, 10*s, pass(1, 1), 20*s, pass(1, 1)), want: "record 6: car 9 passes line 1, which does not follow line 1"},
		"a time that goes back":        {records: script(race.Simulation, 10*s, pass(0, 1), 9*s, pass(1, 1)), want: "record 6: Passing at 0:09.000, after a record of 0:10.000"},
		"a car that is none":           {records: script(race.Simulation, s, pass(2, 1), pass(-1, 1)), want: "records 5 to 6, the first: Passing, which the rulebook refuses: car slot 2 of 2"},
		"a line that is none":          {records: script(race.Simulation, s, pass(0, 3)), want: "record 5: Passing, which the rulebook refuses: "},
		"an end before the distance":   {records: script(race.Simulation, append(lap, race.Ended{})...), want: "record 8: the race of 2 laps ends after 1"},
		"a race that was stopped":      {records: script(race.Simulation, append(lap, race.Suspended{}, race.Abandoned{}, race.Ended{})...)},
		"a passing after the end":      {records: script(race.Simulation, s, race.Suspended{}, race.Abandoned{}, race.Ended{}, pass(0, 1)), want: "record 8: Passing after the end of the race, which is record 7"},
		"two ends":                     {records: script(race.Simulation, s, race.Suspended{}, race.Abandoned{}, race.Ended{}, race.Ended{}), want: "record 8: Ended after the end"},
		"a frame of another tick rate": {records: script(race.Simulation), frames: []*race.Frame{frame(4, s/5, 2)}, want: "tick 4: at 0:00.200, and 0:00.400 is due with 10 ticks a second"},
		"a tick twice":                 {records: script(race.Simulation), frames: []*race.Frame{frame(1, s/10, 2), frame(1, s/10, 2)}, want: "tick 1: at 0:00.100 after tick 1"},
		"a frame of too many cars":     {records: script(race.Simulation), frames: []*race.Frame{frame(1, s/10, 3)}, want: "tick 1: its telemetry is of cars 0 to 2, and 2 are entered"},
		"a frame after the end":        {records: script(race.Simulation, s, race.Suspended{}, race.Abandoned{}, race.Ended{}), frames: []*race.Frame{frame(11, 11*s/10, 2)}, want: "tick 11: telemetry after the end of the race at 0:01.000"},
		"real cars may do anything": {records: script(race.External, 10*s, pass(0, 1), pass(0, 1), 5*s, pass(1, 0), pass(-1, 2), pass(5, 9), race.Ended{}, pass(0, 2), race.Ended{}),
			frames: []*race.Frame{frame(4, s/5, 2)}},
	} {
		got := find(c.records, c.frames...)
		if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: found %q, expected %q", name, got, c.want)
		}
	}
}

func TestAudit_SummarisesManyFindings(t *testing.T) {
	var bodies []any
	for i := range 100 {
		at := race.Micros(i+1) * 10 * race.Second
		bodies = append(bodies, at, pass(0, 1))
		if i%3 > 0 {
			bodies = append(bodies, race.FlagShown{Flag: race.FlagYellow}, race.FlagShown{})
		}
	}
	got := find(script(race.Simulation, bodies...))
	if n := strings.Count(got, "\n"); n != 3 || !strings.Contains(got, "more like that of record 6") {
		t.Errorf("%d lines: %s", n+1, got)
	}
}
