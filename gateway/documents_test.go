package gateway_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/circuit"
)

// raceInDocument is the race in a JSON document.
type raceInDocument struct {
	Race struct {
		Date        *string
		CircuitName *string  `json:"circuit_name"`
		LengthM     *int64   `json:"circuit_length_m"`
		DistanceM   *int64   `json:"distance_m"`
		DurationMS  *int64   `json:"duration_ms"`
		SpeedKMH    *float64 `json:"average_speed_kmh"`
		Laps        *int
	}
	Rows []map[string]any
}

func (s *served) mustDocument(t *testing.T, id, name string) (d raceInDocument) {
	t.Helper()
	code, _, body := s.ask(t, "GET", "/api/v1/races/"+id+"/documents/"+name+".json", "")
	if err := json.Unmarshal([]byte(body), &d); code != 200 || err != nil {
		t.Fatalf("%d %v %s", code, err, body)
	}
	return d
}

func TestDocuments_ShowDistanceAndDateOfTheRace(t *testing.T) {
	s := mustServe(t, nil)
	one, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	text, err := one.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	s.races[0].Race.CircuitText, s.races[0].Laps = string(text), 2 // of 3: a start was aborted
	d := s.mustDocument(t, "r1", "classification")
	r := d.Race
	if r.Date == nil || *r.Date != "2026-11-18T11:06:40Z" || r.CircuitName == nil || *r.CircuitName != one.Name || r.LengthM == nil || *r.LengthM != 1177 {
		t.Errorf("the race is %+v", r)
	}
	if r.Laps == nil || *r.Laps != 2 || r.DistanceM == nil || *r.DistanceM != 2354 || r.DurationMS == nil || *r.DurationMS != 270_000 {
		t.Errorf("the distance is %+v", r)
	}
	if r.SpeedKMH == nil || *r.SpeedKMH != 47.08 || d.Rows[0]["average_speed_kmh"] != 47.08 || d.Rows[1]["average_speed_kmh"] != nil {
		t.Errorf("3 × 1,177 m in 270 s are %v km/h; %v", r.SpeedKMH, d.Rows)
	}
}

func TestDocuments_LeaveOutAnUnknownStart(t *testing.T) {
	s := mustServe(t, nil)
	s.races[0].Race.Kind = race.External // announced and started in one commit, as the import of an archive does
	s.races[0].Laps = 0
	r := s.mustDocument(t, "r1", "classification").Race
	if r.Date != nil || r.CircuitName != nil || r.LengthM != nil || r.DistanceM != nil || r.SpeedKMH != nil || r.Laps != nil {
		t.Errorf("the race is %+v", r)
	}
	_, _, page := s.ask(t, "GET", "/api/v1/races/r1/documents/classification.html", "")
	for _, never := range []string{" km", "2026", "0 laps", "Average speed"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
}

func TestDocuments_TimeRulingsFromTheCorrectedStartSignal(t *testing.T) {
	s := mustServe(t, nil)
	s.external.moved = -20 * race.Second
	s.external.rulings = []race.Record{{Time: race.Minute, Author: "Stewards", Body: race.Penalised{Car: 0, Amount: race.Second}}}
	d := s.mustDocument(t, "r1", "penalties")
	if got := d.Rows[0]["time_ms"]; got != 80_000.0 {
		t.Errorf("the penalty was given at %v ms", got)
	}
	if *d.Race.Date != "2026-11-18T11:06:20Z" {
		t.Errorf("the race was started at %s", *d.Race.Date)
	}
}

func TestLimits_CountCharactersNotBytesOfNamesAndKeys(t *testing.T) {
	s := mustServeExternal(t)
	name, long := strings.Repeat("م", 100), strings.Repeat("م", 101)
	entry := func(name string) string {
		return `{"kind":"external","name":"` + name + `","rules":{"name":"kart","laps":3},"entries":[{"driver_number":7,"full_name":"` + name +
			`","team_name":"` + name + `","name_acronym":"` + name[:16] + `","transponders":["` + name + `"]}]}`
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/races", entry(name)); code != 201 {
		t.Errorf("names of 100 characters: %d %s", code, body)
	} else if e := s.external.opened[0]; e.Name != name || e.Team != name || e.Code != name[:16] || e.Transponders[0] != name {
		t.Errorf("the entry is %+v", e)
	}
	code, _, body := s.ask(t, "POST", "/api/v1/races", entry(long))
	if code != 422 || strings.Count(body, `"message":"has 101 characters","allowed":"a line of text of at most 100 characters"`) != 3 ||
		!strings.Contains(body, `"names without spaces, 100 characters at most"`) {
		t.Errorf("names of 101 characters: %d %s", code, body)
	}
	for text, want := range map[string]int{name: 200, long: 400} {
		if code, _, body := s.ask(t, "POST", passingsPath, `{"driver_number":7,"time_us":1}`, "Idempotency-Key", text); code != want {
			t.Errorf("a key of %d characters: %d %s", len(text)/2, code, body)
		}
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"laps.csv\"\r\n\r\nx\r\n--b--\r\n"
	for text, want := range map[string]int{name: 201, long: 422, "a\x01b": 422} {
		code, _, body := s.ask(t, "POST", "/api/v1/races/import?name="+url.QueryEscape(text), form, "Content-Type", `multipart/form-data; boundary="b"`)
		if code != want || want == 422 && !strings.Contains(body, "a line of text of at most 100 characters") {
			t.Errorf("an import named %.20q: %d %s", text, code, body)
		}
	}
}
