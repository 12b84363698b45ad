package gateway_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/race/trace"
)

func TestCompare_ComparesTwoLapsByDistance(t *testing.T) {
	s := mustTrace(t)
	s.laps[2].DurationMS, s.laps[2].EndMS = 89_500, 179_500
	code, _, body := s.ask(t, "GET", "/api/v1/races/r1/compare?a=7:1&b=7:2&step=25", "")
	var got struct {
		Length   float64   `json:"length_m"`
		Distance []float64 `json:"distance"`
		Delta    []int64   `json:"delta_ms"`
		A, B     struct {
			Number   int       `json:"driver_number"`
			Duration int64     `json:"lap_duration_ms"`
			From     string    `json:"distance_from"`
			Speed    []float64 `json:"speed"`
			Brake    []float64 `json:"brake"`
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 {
		t.Fatalf("%d %v %.300s", code, err, body)
	}
	n := len(got.Distance)
	if got.Delta[n-1] != -500 || got.Distance[n-1] != got.Length || got.Distance[1] != 25 || len(got.A.Speed) != n {
		t.Errorf("%d points up to %v of %v m, delta %d at the end", n, got.Distance[n-1], got.Length, got.Delta[n-1])
	}
	if got.A.Brake != nil || got.A.From != "lap_fraction" || got.B.Duration != 89_500 || !strings.Contains(body, `"brake":null`) {
		t.Errorf("%+v", got.A)
	}
	for query, want := range map[string]int{
		"a=7:1&b=9:3": 404, "a=7:1": 422, "a=7:1&b=8:1": 422, "a=7:0&b=7:1": 422, "a=7:1&b=7:1&step=0": 422, "a=7:1&b=7:1&step=NaN": 422,
	} {
		if code, kind, body := s.ask(t, "GET", "/api/v1/races/r1/compare?"+query, ""); code != want || kind != "application/problem+json" {
			t.Errorf("%s: %d %s %.200s", query, code, kind, body)
		}
	}
	s.tracing = func(race.TraceQuery) (*race.Trace, error) { return &race.Trace{}, nil }
	if code, _, body := s.ask(t, "GET", "/api/v1/races/r1/compare?a=7:1&b=7:2", ""); code != 404 || !strings.Contains(body, "no telemetry") {
		t.Errorf("without telemetry: %d %s", code, body)
	}
}

func TestGraphQL_AnswersTelemetryAndComparisonsLikeREST(t *testing.T) {
	s := mustTrace(t)
	code, _, body := s.ask(t, "POST", "/graphql", `{"query":"{ race(id: \"r1\") { telemetry(cars: [7], laps: \"1\", every: \"30s\", channels: [\"speed\", \"brake\", \"rpm\", \"date\"]) { driverNumber samples timeMs speed brake rpm date distance } compare(a: \"7:1\", b: \"9:1\", step: 500) { lengthM deltaMs a { driverNumber timeMs speed brake nGear } b { lapDurationMs } } } }"}`)
	for _, want := range []string{
		`"driverNumber":7`, `"samples":901`, `"timeMs":[0,30000,60000,90000]`, `"speed":[100,-1.5,299.5,100]`, `"brake":[null,null,null,null]`,
		`"rpm":null`, `"distance":null`, `"2026-11-18T11:06:40.000Z"`, `"lapDurationMs":90000`, `"brake":null`,
	} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%q is not in %d %s", want, code, body)
		}
	}
	_, _, body = s.ask(t, "POST", "/graphql", `{"query":"{ race(id: \"r1\") { telemetry(points: 6000) { samples } } }"}`)
	if !strings.Contains(body, "24 to 5000") || !strings.Contains(body, "INVALID") {
		t.Errorf("too many points: %s", body)
	}
}

func TestOpenAPI_DescribesTheColumnsOfTelemetry(t *testing.T) {
	s := mustTrace(t)
	_, _, text := s.ask(t, "GET", "/api/v1/openapi.json", "")
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	_, _, body := s.ask(t, "GET", "/api/v1/races/r1/telemetry?cars=7&points=50&channels=date,"+strings.Join(trace.Names(), ","), "")
	var answer struct{ Cars []map[string]any }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	keys := func(m map[string]any) (out []string) {
		for k := range m {
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(keys(doc.Components.Schemas["Telemetry"].Properties), keys(answer.Cars[0])); diff != "" {
		t.Error(diff)
	}
}
