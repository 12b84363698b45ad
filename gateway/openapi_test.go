package gateway

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lightsout/race/drive"
	"lightsout/race/view"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"lightsout/race"
)

func TestOpenAPI_DescribesEveryRouteAndNoOther(t *testing.T) {
	s, err := New(DefaultConfig(), Deps{Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(openAPIDocument, &doc); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, methods := range doc.Paths {
		for m := range methods {
			described = append(described, strings.ToUpper(m)+" "+path)
		}
	}
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range s.app.GetRoutes(true) {
		path, ours := strings.CutPrefix(r.Path, "/api/v1")
		if ours && r.Method != "HEAD" && path != "" {
			served = append(served, r.Method+" "+param.ReplaceAllString(path, "{$1}"))
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described\n%q\nserved\n%q", described, served)
	}
}

// described is what the tests read of an operation.
type described struct {
	OperationID string                `json:"operationId"`
	Tags        []string              `json:"tags"`
	Summary     string                `json:"summary"`
	Security    []map[string][]string `json:"security"`
	Parameters  []struct {
		Ref     string          `json:"$ref"`
		Name    string          `json:"name"`
		In      string          `json:"in"`
		About   string          `json:"description"`
		Example json.RawMessage `json:"example"`
	} `json:"parameters"`
	Responses map[string]any `json:"responses"`
}

func TestOpenAPI_EachOperationHasASummaryAndItsSecurity(t *testing.T) {
	var doc struct {
		Tags  []struct{ Name, Description string }
		Paths map[string]map[string]described
	}
	if err := json.Unmarshal(openAPIDocument, &doc); err != nil {
		t.Fatal(err)
	}
	tags, ids := map[string]bool{}, map[string]bool{}
	for _, tag := range doc.Tags {
		tags[tag.Name] = tag.Description != ""
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			name := method + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || len(op.Tags) != 1 || !tags[op.Tags[0]] {
				t.Errorf("%s: id %q, tags %q, summary %q", name, op.OperationID, op.Tags, op.Summary)
			}
			ids[op.OperationID] = true
			_, asked := op.Responses["401"]
			if changes := method != "get" || path == "/audit"; op.Security == nil || len(op.Security) > 0 != changes || asked != changes {
				t.Errorf("%s: security is %v, 401 is described: %v", name, op.Security, asked)
			}
			for _, p := range op.Parameters {
				if p.Ref == "" && (p.About == "" || p.Example == nil) {
					t.Errorf("%s: %s has no description or no example", name, p.Name)
				}
			}
		}
	}
}

func TestOpenAPI_DescribesEveryFieldOfEveryAnswer(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPIDocument, &doc); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Race": raceDTO{}, "RaceDetail": raceDetailDTO{}, "Line": lineDTO{}, "RuleSet": race.RuleSet{},
		"Entry": race.Entry{}, "Classified": view.Classified{}, "Classification": classificationDTO{}, "Lap": view.Lap{},
		"Event": view.Event{}, "Passing": view.Passing{}, "Circuit": circuitDTO{}, "CircuitDetail": circuitDetailDTO{},
		"Problem": Problem{}, "Fault": race.Fault{}, "Taken": ingestedDTO{}, "Comparison": comparisonDTO{}, "Profile": profileDTO{}, "Ruled": ruledDTO{}, "Ruling": rulingDTO{},
		"Version": versionDTO{}, "Change": changeDTO{}, "Difference": diffDTO{}, "Decoder": decoderDTO{}, "Imported": importedDTO{},
		"Actor": ActorNode{}, "ActorGroup": ActorGroup{}, "Drill": Drill{},
		"AuditEntry": auditDTO{}, "EarlyVerdict": EarlyVerdict{}, "DrillStarted": DrillStarted{}, "DrillOrder": DrillOrder{},
	} {
		want := fieldNames(reflect.TypeOf(v))
		var got []string
		for p := range doc.Components.Schemas[name].Properties {
			got = append(got, p)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: described are %q, sent are %q", name, got, want)
		}
	}
}

func fieldNames(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, fieldNames(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func TestOpenAPI_DescribesTheModelAndEntriesThatCanBeGiven(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(openAPIDocument, &doc); err != nil {
		t.Fatal(err)
	}
	for name, schema := range map[string]any{"Model": drive.ModelSchema(), "SetupEntries": drive.EntriesSchema()} {
		text, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, doc.Components.Schemas[name]); d != "" {
			t.Errorf("%s is not what lightsout simulate --print-schema prints:\n%s", name, d)
		}
	}
}
