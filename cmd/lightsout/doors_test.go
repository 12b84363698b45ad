package main

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// doors says what each room imports of ours: no more and no less.
var doors = map[string][]string{
	"race":                        {},
	"race/audit":                  {"race", "race/circuit", "race/timing"},
	"race/batch":                  {"race", "race/drive", "race/timing"},
	"race/circuit":                {"race"},
	"race/document":               {"race", "race/circuit", "race/history", "race/view"},
	"race/drive":                  {"race", "race/circuit"},
	"race/history":                {"race", "race/timing"},
	"race/sabotage":               {},
	"race/timing":                 {"race"},
	"race/timing/internal/oracle": {"race"}, "race/timing/timingtest": {"race", "race/timing/internal/oracle"},
	"race/trace":       {"race"},
	"race/view":        {"race"},
	"actors/drill":     {"actors/engine", "actors/processor", "actors/simulator", "actors/supervise", "race", "race/timing"},
	"actors/engine":    {"actors/processor", "actors/simulator", "actors/supervise", "race", "race/sabotage"},
	"actors/processor": {"actors/supervise", "race", "race/sabotage", "race/timing"},
	"actors/simulator": {"actors/supervise", "race", "race/drive", "race/sabotage"},
	"actors/supervise": {"race/sabotage"},
	"transport":        {"race", "race/trace"},
	"transport/kafka":  {"race", "transport", "transport/login"}, "transport/kafka/kafkatest": {}, "transport/login": {},
	"storage":               {},
	"storage/export":        {"race"},
	"storage/folder":        {"race"},
	"storage/grafana":       {},
	"storage/influx":        {"race", "race/sabotage", "transport/login"},
	"storage/memory":        {"race"},
	"storage/sqlite":        {"race", "race/sabotage"},
	"storage/storagetest":   {"race"},
	"gateway":               {"gateway/body", "gateway/live", "race", "race/circuit", "race/document", "race/drive", "race/trace", "race/view"},
	"gateway/body":          {"race"},
	"gateway/live":          {"race", "race/sabotage"},
	"gateway/live/livetest": {"race", "transport"},
	"ui":                    {},
	"cmd/internal/cli":      {"race", "race/circuit"},
	"cmd/internal/feed": {
		"actors/drill", "actors/processor", "actors/supervise", "cmd/internal/cli", "gateway", "gateway/live", "race", "race/circuit",
		"race/timing", "storage/influx", "storage/sqlite", "transport/login",
	},
	"cmd/internal/archive": {
		"cmd/internal/cli", "gateway", "race", "race/audit", "race/circuit", "race/history", "race/timing", "storage/export",
		"storage/folder", "storage/sqlite", "transport",
	},
	"cmd/internal/simulation": {
		"actors/engine", "actors/processor", "actors/simulator", "cmd/internal/archive", "cmd/internal/cli", "race", "race/circuit", "race/drive",
		"storage/memory", "storage/sqlite", "transport",
	},
	"cmd/internal/manifest": {"cmd/internal/cli", "cmd/internal/racefile", "race", "race/circuit"},
	"cmd/internal/racefile": {"cmd/internal/cli", "race", "race/circuit", "race/drive"},
	"cmd/internal/races": {
		"actors/engine", "actors/processor", "actors/simulator", "cmd/internal/archive", "gateway", "gateway/live", "race",
		"race/circuit", "race/drive", "storage/folder", "storage/sqlite",
	},
	"cmd/internal/sweep": {
		"cmd/internal/cli", "cmd/internal/manifest", "cmd/internal/racefile", "cmd/internal/simulation", "race", "race/batch",
		"race/circuit", "race/drive", "storage/export",
	},
	"cmd/internal/drills": {
		"actors/drill", "actors/engine", "actors/processor", "actors/simulator", "actors/supervise", "cmd/internal/archive",
		"cmd/internal/cli", "cmd/internal/feed", "gateway", "gateway/live", "race", "race/drive", "storage/sqlite", "transport",
	},
	"cmd/internal/cluster": {
		"actors/engine", "actors/processor", "actors/simulator", "cmd/internal/races", "gateway", "race", "race/drive", "race/view",
		"transport", "transport/kafka",
	},
	"cmd/internal/clusterdrill": {"actors/drill", "cmd/internal/drills", "race", "race/timing", "race/view", "transport"},
	"cmd/internal/traces":       {"actors/processor", "gateway", "race"},
	"cmd/internal/server": {
		"actors/engine", "actors/processor", "actors/supervise", "cmd/internal/archive", "cmd/internal/cli", "cmd/internal/cluster",
		"cmd/internal/drills", "cmd/internal/feed", "cmd/internal/races", "cmd/internal/traces", "gateway", "gateway/body", "gateway/live", "race",
		"storage/memory", "storage/sqlite", "transport", "transport/kafka", "ui",
	},
	"cmd/internal/bench": {
		"actors/engine", "actors/processor", "actors/simulator", "actors/supervise", "cmd/internal/cli", "cmd/internal/races",
		"cmd/internal/server", "race", "race/circuit", "race/drive", "race/timing", "storage/memory", "storage/sqlite", "transport",
		"transport/kafka",
	},
	"cmd/lightsout": {
		"actors/drill", "cmd/internal/archive", "cmd/internal/bench", "cmd/internal/cli", "cmd/internal/cluster", "cmd/internal/clusterdrill",
		"cmd/internal/drills", "cmd/internal/feed", "cmd/internal/manifest", "cmd/internal/racefile", "cmd/internal/races", "cmd/internal/server", "cmd/internal/simulation", "cmd/internal/sweep", "race", "race/circuit", "race/document", "race/history",
		"race/timing", "race/view", "storage/export", "storage/influx", "storage/sqlite", "transport",
		"transport/kafka", "transport/login",
	},
}

// homes says in which rooms a technology lives.
var homes = map[string][]string{
	"github.com/anthdm/hollywood": {
		"actors/drill", "actors/engine", "actors/processor", "actors/simulator", "actors/supervise", "cmd/internal/bench",
	},
	"github.com/gofiber":                  {"gateway", "gateway/body", "gateway/live"},
	"github.com/graphql-go":               {"gateway"},
	"github.com/vmihailenco/msgpack":      {"transport"},
	"github.com/twmb/franz-go":            {"cmd/internal/bench", "cmd/lightsout", "transport/kafka", "transport/kafka/kafkatest"},
	"modernc.org/sqlite":                  {"storage/sqlite"},
	"github.com/influxdata":               {"storage/influx"},
	"github.com/grafana":                  {"storage/grafana"},
	"github.com/parquet-go":               {"storage/export"},
	"golang.org/x/text":                   {"storage/folder"},
	"github.com/prometheus/client_golang": {"cmd/internal/feed", "cmd/internal/server", "gateway", "gateway/live"},
	"go.opentelemetry.io":                 {"cmd/internal/traces"},
	"github.com/spf13/cobra":              {"cmd/internal/cli", "cmd/lightsout"},
	"k8s.io":                              {}, // tests alone: they hold deploy/kubernetes to its types
	"sigs.k8s.io":                         {},
}

// ours are the imports of each room as they are, and all of them.
func ours(t *testing.T) (imports, all map[string][]string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "lightsout/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	imports, all = map[string][]string{}, map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		room := strings.TrimPrefix(words[0], "lightsout/")
		if strings.HasPrefix(room, "ui/node_modules") {
			continue
		}
		imports[room], all[room] = []string{}, words[1:]
		for _, path := range words[1:] {
			if one, is := strings.CutPrefix(path, "lightsout/"); is {
				imports[room] = append(imports[room], one)
			}
		}
	}
	return imports, all
}

func TestRooms_ImportOnlyThroughTheirDoors(t *testing.T) {
	imports, all := ours(t)
	for _, room := range slices.Sorted(maps.Keys(imports)) {
		allowed, known := doors[room]
		if !known {
			t.Errorf("the room %s is not in the table: say what it may import", room)
		}
		for _, path := range imports[room] {
			if !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s: allowed are %v", room, path, allowed)
			}
		}
		for _, path := range allowed {
			if !slices.Contains(imports[room], path) {
				t.Errorf("%s may import %s and does not: take it out of the table", room, path)
			}
		}
		for _, path := range all[room] {
			for technology, rooms := range homes {
				if strings.HasPrefix(path, technology) && !slices.Contains(rooms, room) {
					t.Errorf("%s imports %s, which lives in %v", room, path, rooms)
				}
			}
			if strings.HasPrefix(room, "race") && strings.Contains(strings.Split(path, "/")[0], ".") {
				t.Errorf("%s imports %s: the sport is pure", room, path)
			}
		}
	}
	if len(imports) != len(doors) {
		t.Errorf("there are %d rooms, and %d in the table", len(imports), len(doors))
	}
}
