package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// doors says what each room may import of ours.
var doors = map[string][]string{
	"race":               {},
	"race/circuit":       {"race"},
	"race/drive":         {"race", "race/circuit"},
	"race/timing":        {"race"},
	"race/history":       {"race", "race/timing"},
	"race/document":      {"race", "race/circuit", "race/history"},
	"race/trace":         {"race"},
	"race/audit":         {"race", "race/circuit", "race/timing"},
	"race/timing/oracle": {"race"},
	"actors/supervise":   {},
	"actors/simulator":   {"race", "race/circuit", "race/drive", "race/timing", "actors/supervise"},
	"actors/drill": {
		"race", "race/circuit", "race/drive", "race/timing", "actors/supervise", "actors/simulator", "actors/processor",
	},
	"actors/processor":    {"race", "race/circuit", "race/drive", "race/timing", "actors/supervise"},
	"actors/engine":       {"race", "actors/supervise", "actors/simulator", "actors/processor"},
	"transport":           {"race", "race/trace"},
	"storage":             {"race"},
	"storage/sqlite":      {"race"},
	"storage/influx":      {"race"},
	"storage/memory":      {"race"},
	"storage/folder":      {"race"},
	"storage/export":      {"race"},
	"storage/storagetest": {"race"},
	"storage/grafana":     {},
	"gateway":             {"race", "race/circuit", "race/document", "race/drive", "race/timing", "race/trace"},
	"ui":                  {},
	"cmd/internal/cli":    {"race", "race/circuit"},
	"cmd/internal/archive": {
		"cmd/internal/cli", "race", "race/circuit", "race/timing", "race/history", "race/audit", "gateway", "storage/sqlite", "storage/export",
		"storage/folder", "transport",
	},
	"cmd/lightsout": nil, // everything
}

// homes says in which rooms a technology lives.
var homes = map[string][]string{
	"github.com/anthdm/hollywood":         {"actors/supervise", "actors/simulator", "actors/processor", "actors/drill", "actors/engine", "cmd/lightsout"},
	"github.com/gofiber":                  {"gateway"},
	"github.com/graphql-go":               {"gateway"},
	"github.com/vmihailenco/msgpack":      {"transport"},
	"modernc.org/sqlite":                  {"storage/sqlite"},
	"github.com/influxdata":               {"storage/influx"},
	"github.com/grafana":                  {"storage/grafana"},
	"github.com/parquet-go":               {"storage/export"},
	"golang.org/x/text":                   {"storage/folder"},
	"github.com/prometheus/client_golang": {"gateway", "cmd/lightsout"},
}

func TestRooms_ImportOnlyThroughTheirDoors(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "lightsout/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		room := strings.TrimPrefix(words[0], "lightsout/")
		if strings.HasPrefix(room, "ui/node_modules") {
			continue
		}
		allowed, known := doors[room]
		if !known {
			t.Errorf("the room %s is in no table: say what it may import", room)
			continue
		}
		seen++
		for _, path := range words[1:] {
			if ours, is := strings.CutPrefix(path, "lightsout/"); is && allowed != nil && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s: allowed are %v", room, ours, allowed)
			}
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
	if seen != len(doors) {
		t.Errorf("%d rooms were seen, %d are in the table", seen, len(doors))
	}
}
