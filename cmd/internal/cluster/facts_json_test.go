package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
)

// everyFact has one of each kind.
func everyFact(lines int) *race.Facts {
	result := race.Classification{Version: 1, Entries: make([]race.Classified, lines)}
	return &race.Facts{Seq: 12, Facts: []race.Fact{
		race.RowChanged{Row: race.Row{Car: 1, Laps: 3, LastMS: 61_234}}, race.OrderChanged{From: 0, Cars: []race.CarIdx{1, 0}},
		race.LapCompleted{Lap: race.Lap{Car: 1, Number: 3, DurationMS: 61_234}}, race.LapsWithdrawn{Car: 1, Laps: 2},
		race.PassingJudged{Seq: 11, Car: race.NoCar, Time: race.NoTime, Split: race.NoTime, Verdict: race.Suspect},
		race.RecordRefused{Seq: 10, Reason: "too late"}, race.EventHappened{Event: race.Event{Kind: race.EventFlag, Value: int64(race.FlagRed), Car: race.NoCar}},
		race.EventWithdrawn{Event: race.EventName{Kind: race.EventPenalty, Car: 0}}, race.SessionStatusChanged{}, race.ResultPublished{Classification: result},
	}}
}

var twoEntries = []race.Entry{{Number: 7, Code: "SEV"}, {Number: 8, Code: "EIG"}}

func TestFactsJSON_HasTheFieldsOfItsSchema(t *testing.T) {
	text, err := os.ReadFile("../../../transport/kafka/examples/facts.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
			Required   []string       `json:"required"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	messages, err := factsJSON("kart", twoEntries, everyFact(2))
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{"classified"}
	for i, m := range messages {
		var fields map[string]any
		if err := json.Unmarshal(m, &fields); err != nil {
			t.Fatal(err)
		}
		kind := fmt.Sprint(fields["type"])
		seen = append(seen, kind)
		want := schema.Defs[kind]
		got := slices.Sorted(maps.Keys(fields))
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want.Properties)), got); diff != "" || len(want.Required) != len(got) {
			t.Errorf("the schema of %s has other fields (%d are required):\n%s", kind, len(want.Required), diff)
		}
		if fields["index"] != float64(i) || fields["seq"] != 12.0 || fields["race"] != "kart" {
			t.Errorf("message %d: %s", i, m)
		}
	}
	slices.Sort(seen)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Defs)), seen); diff != "" {
		t.Errorf("the schema has other types:\n%s", diff)
	}
}

func TestFactsJSON_NamesCarsByTheirNumbers(t *testing.T) {
	messages, err := factsJSON("kart", twoEntries, everyFact(0))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`"driver_number":8,"name_acronym":"EIG"`, `"from":1,"driver_numbers":[8,7]`, `"driver_number":8,"lap_number":3`, `"driver_number":8,"laps":2`,
		`"driver_number":null`, `"record":10`, `"flag":"red"`, `"driver_number":7`, `"status":"`, `"lines":0`,
	} {
		if text := string(messages[i]); !strings.Contains(text, want) {
			t.Errorf("message %d has no %s: %s", i, want, text)
		}
	}
}

func TestFactsJSON_ALongResultComesInSeveralMessages(t *testing.T) {
	of := everyFact(2*linesMax + 1)
	of.Facts = of.Facts[len(of.Facts)-1:]
	messages, err := factsJSON("kart", twoEntries, of)
	if err != nil || len(messages) != 3 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	next := 1
	for i, m := range messages {
		var part resultFact
		if err := json.Unmarshal(m, &part); err != nil {
			t.Fatal(err)
		}
		if part.Index != i || part.From != next || part.Lines != 2*linesMax+1 {
			t.Errorf("part %d has index %d and lines from %d of %d", i, part.Index, part.From, part.Lines)
		}
		next += len(part.Classification)
	}
	if next != 2*linesMax+2 {
		t.Errorf("%d lines came", next-1)
	}
}
