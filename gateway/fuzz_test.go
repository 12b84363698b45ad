package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"lightsout/gateway/body"
	"lightsout/race"
	"lightsout/race/trace"
)

// FuzzItems reads any JSON as items, rulings and races. It never panics, and what it accepts is within bounds.
func FuzzItems(f *testing.F) {
	for _, seed := range []string{
		`[{"driver_number":1,"time_us":5,"decoder":"d","sequence":18446744073709551615,"line":0,"in_pit":true}]`,
		`{"passings":[{"transponder":"X","date":"2026-11-18T11:06:41Z"}]}`,
		`{"driver_number":1,"time_us":5,"speed":300.0,"x":-1e6,"y":1e999,"drs":null}`,
		`{"kind":"insert","driver_number":1,"at_us":1e3,"author":"A","reason":"r"}`,
		`{"flag":"yellow","sector":2,"author":"A"}`, `{"kind":"time","amount_ms":-1}`,
		`{"kind":"external","name":"x","rules":{"name":"kart","laps":3},"entries":[{"driver_number":1,"transponders":["A"]}],"lines":[{"kind":"finish"}]}`,
	} {
		f.Add([]byte(seed))
	}
	roster := race.NewRoster(race.Summary{Race: race.Race{Lines: []race.Line{{}, {}}}}, []race.Entry{{Number: 1}, {Number: 2}}, 1_795_000_000_000_000_000)
	f.Fuzz(func(t *testing.T, data []byte) {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) != nil {
			return
		}
		items, err := body.Items(v, "passings")
		if err != nil {
			return
		}
		for _, item := range items {
			for _, read := range []readItem{readPassing, readSample} {
				var faults []race.Fault
				var in race.Report
				read(body.NewObject(item, nil, &faults), roster, &in)
				if faults == nil {
					within(t, &in)
				}
			}
			for _, read := range []ruling{readFlag, readPenalty, readCorrection, readDeclaration} {
				var faults []race.Fault
				if rec := readRuling(body.NewObject(item, nil, &faults), roster, read); faults == nil && (rec.Body == nil || rec.Author == "") {
					t.Errorf("a ruling without an author or a body: %+v", rec)
				}
			}
			var faults []race.Fault
			one := body.NewObject(item, nil, &faults)
			rules, entries := readRules(one), readEntries(one)
			if lines := one.List("lines"); lines != nil {
				readLines(one, lines)
			}
			if faults == nil && (rules.Validate() != nil || len(entries) == 0) {
				t.Errorf("rules %+v and %d entries were taken", rules, len(entries))
			}
		}
	})
}

// readItem is item, whose name the loop hides.
type readItem = item

func within(t *testing.T, in *race.Report) {
	t.Helper()
	for _, r := range in.Records {
		b, _ := r.Body.(race.Passing)
		if r.Time < 0 || r.Time > race.TimeMax || b.Line < 0 || b.Line > 1 || b.Car > 1 || b.Car == race.NoCar && b.Source == nil {
			t.Errorf("a passing out of bounds: %+v", r)
		}
	}
	for _, v := range in.Samples {
		if v.Time < 0 || v.Car < 0 || v.Car > 1 || v.SpeedDKMH > 10_000 || v.Throttle > 100 {
			t.Errorf("a sample out of bounds: %+v", v)
		}
	}
}

// FuzzTelemetryAsk parses any telemetry parameters. What it accepts is within bounds.
func FuzzTelemetryAsk(f *testing.F) {
	f.Add("1,44", "speed,date", "12-14", "1m", "2026-05-24T13:03:12Z", "500ms", "100")
	f.Add("", "", "", "", "", "", "")
	roster := race.NewRoster(race.Summary{}, []race.Entry{{Number: 1}, {Number: 44}}, 1)
	f.Fuzz(func(t *testing.T, cars, channels, laps, from, to, every, points string) {
		params := map[string]string{}
		for i, v := range []string{cars, channels, laps, from, to, every, points} {
			if v != "" {
				params[telemetryParams[i]] = v
			}
		}
		ask, err := readTelemetryQuery(params, roster, maxTracedCars, maxPoints)
		var invalid *race.InvalidError
		if err != nil {
			if !errors.As(err, &invalid) {
				t.Fatalf("not a fault of the client: %v", err)
			}
			return
		}
		if len(ask.cars) > len(roster.Entries) || ask.points < trace.PointsMin || ask.points > maxPoints || ask.every < 0 ||
			ask.lastLap < ask.firstLap || ask.from < 0 || ask.to > race.TimeMax || ask.firstLap < 0 || ask.lastLap > race.LapsMax {
			t.Fatalf("out of bounds: %+v", ask)
		}
	})
}
