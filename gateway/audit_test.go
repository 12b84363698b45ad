package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"lightsout/gateway"
	"lightsout/race"
)

func (h *house) KeepAudit(_ context.Context, e race.AuditEntry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.Seq = int64(len(h.trail) + 1)
	h.trail = append(h.trail, e)
	return nil
}

func (h *house) AuditTrail(_ context.Context, q race.AuditQuery) (out []race.AuditEntry, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range slices.Backward(h.trail) {
		if (q.Before == 0 || e.Seq < q.Before) && (q.Race == "" || e.Race == q.Race) && (q.Action == "" || e.Action == q.Action) && len(out) < q.Limit {
			out = append(out, e)
		}
	}
	return out, nil
}

// trailOf is the trail as the API shows it, oldest first: one line an entry.
func trailOf(t *testing.T, s *served, path string, headers ...string) (out []string) {
	t.Helper()
	code, _, text := s.ask(t, "GET", "/api/v1/audit"+path, "", headers...)
	var answer struct {
		Audit []struct {
			Action, Outcome, Detail      string
			Race, Author, Token, Address *string
			Status                       int
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || code != 200 {
		t.Fatalf("answered %d %s, %v", code, text, err)
	}
	show := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	for _, e := range slices.Backward(answer.Audit) {
		out = append(out, fmt.Sprintf("%s %s %s %s %s %s %d", e.Action, show(e.Race), show(e.Author), show(e.Token), show(e.Address), e.Outcome, e.Status))
	}
	return out
}

func TestAudit_SaysWhoOrderedWhatAndWhatBecameOfIt(t *testing.T) {
	s := mustServeExternal(t)
	s.ask(t, "POST", "/api/v1/races", `{"circuit":"kartwerk","cars":3,"laps":2}`)
	s.ask(t, "POST", "/api/v1/races", `{"cars":0}`)
	s.ask(t, "POST", "/api/v1/races/r1/pause", "")
	s.ask(t, "POST", "/api/v1/races/ext/flags", `{"flag":"red","author":"Race control"}`)
	s.ask(t, "POST", "/graphql", `{"query":"mutation { penalise(id: \"ext\", kind: \"time\", driverNumber: 7, amountMs: 5000, author: \"Stewards\", reason: \"cut\") { seq } }"}`)
	s.ask(t, "POST", passingsPath, `{"driver_number":7,"time_us":1}`) // a record of the race, not an order
	s.ask(t, "DELETE", "/api/v1/races/r1", "")
	s.ask(t, "GET", "/api/v1/races", "")
	want := []string{
		"race_created " + string(s.races[0].Race.ID) + " - - 127.0.0.1 done 201",
		"race_created - - - 127.0.0.1 refused 422",
		"race_paused r1 - - 127.0.0.1 refused 409",
		"flag ext Race control - 127.0.0.1 done 201",
		"penalty ext Stewards - 127.0.0.1 done 200",
		"race_deleted r1 - - 127.0.0.1 done 204",
	}
	if got := trailOf(t, s, ""); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := trailOf(t, s, "?race=r1&limit=1"); !slices.Equal(got, want[5:]) {
		t.Errorf("of one race: %q", got)
	}
	if got := trailOf(t, s, "?action=flag&before=5"); !slices.Equal(got, want[3:4]) {
		t.Errorf("of one action: %q", got)
	}
	if detail := s.trail[4].Detail; detail != "time, car 7, 5 s, cut" {
		t.Errorf("the detail of a penalty is %q", detail)
	}
	if code, _, text := s.ask(t, "GET", "/api/v1/audit?action=nothing", ""); code != 422 || !strings.Contains(text, "race_created") {
		t.Errorf("answered %d %s", code, text)
	}
}

func TestAudit_NeedsTheTokenAndKeepsThoseThatWereRefused(t *testing.T) {
	var log bytes.Buffer
	s := mustServeWith(t, func(c *gateway.Config) { c.Token, c.DrillToken = "right", "drill" },
		func(d *gateway.Deps) { d.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	if code, _, _ := s.ask(t, "GET", "/api/v1/audit", ""); code != 401 {
		t.Errorf("without a token it answered %d", code)
	}
	for range 3 {
		s.ask(t, "DELETE", "/api/v1/races/r1", "", "Authorization", "Bearer wrong")
	}
	s.ask(t, "DELETE", "/api/v1/races/r1", "", "Authorization", "Bearer drill")
	s.ask(t, "DELETE", "/api/v1/races/r1", "", "Authorization", "Bearer right")
	want := []string{
		"token_refused - - - 127.0.0.1 refused 401", // the first of three in a row
		"token_refused - - - 127.0.0.1 refused 401", // the second; the third would be one too many
		"token_refused - - drills 127.0.0.1 refused 403",
		"race_deleted r1 - server 127.0.0.1 done 204",
	}
	if got := trailOf(t, s, "", "Authorization", "Bearer right"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	lines := 0
	for line := range strings.Lines(log.String()) {
		var said map[string]any
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if said["action"] == "race_deleted" && said["race"] == "r1" && said["from"] == "127.0.0.1" && said["token"] == "server" {
			lines++
		}
	}
	if lines != 1 || strings.Contains(log.String(), "right") {
		t.Errorf("the log says\n%s", log.String())
	}
}
