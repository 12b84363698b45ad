package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
)

// examples are programs of others, with the libraries that they need.
type examples struct {
	t        *testing.T
	roles    *roles
	dir, npm string
	env      []string
}

// mustExamples installs the libraries, into a folder of the test.
func mustExamples(t *testing.T) *examples {
	t.Helper()
	dir := t.TempDir()
	e := &examples{t: t, dir: dir, npm: filepath.Join(dir, "npm"), env: append(os.Environ(), "PYTHONPATH="+filepath.Join(dir, "pip"), "PYTHONDONTWRITEBYTECODE=1")}
	if err := os.CopyFS(e.npm, os.DirFS("../../transport/kafka/examples")); err != nil {
		t.Fatal(err)
	}
	for _, install := range [][]string{
		{"python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", filepath.Join(dir, "pip"), "kafka-python==3.0.12"},
		{"npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=optional", "--prefix", e.npm, "@platformatic/kafka@1.35.0"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, install[0], install[1:]...).CombinedOutput()
		cancel()
		if err != nil {
			t.Skipf("SKIPPED: a library cannot be installed: %s: %v\n%.500s", strings.Join(install, " "), err, out)
		}
	}
	return e
}

// run runs an example with the brokers and the prefix, and more arguments. It returns the lines that it prints.
func (e *examples) run(command, name string, args ...string) []string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, append([]string{filepath.Join(e.npm, name), strings.Join(e.roles.brokers, ","), e.roles.prefix}, args...)...)
	cmd.Env = e.env
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		e.t.Fatalf("%s: %v\n%s\n%s", name, errors.Join(err, ctx.Err()), out, said.Bytes())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// validate holds messages to the schema, with the validator that the library for Node brings.
func (e *examples) validate(messages []string) {
	e.t.Helper()
	program := filepath.Join(e.npm, "validate.mjs")
	if err := os.WriteFile(program, []byte(`import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
const ajv = new Ajv.default({ allowUnionTypes: true });
const fits = ajv.compile(JSON.parse(readFileSync(process.argv[2], "utf8")));
for (const line of readFileSync(0, "utf8").trim().split("\n"))
  if (!fits(JSON.parse(line))) console.log(line, ajv.errorsText(fits.errors));
`), 0o600); err != nil {
		e.t.Fatal(err)
	}
	cmd := exec.CommandContext(e.t.Context(), "node", program, filepath.Join(e.npm, "facts.schema.json"))
	cmd.Stdin = strings.NewReader(strings.Join(messages, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		e.t.Errorf("messages do not fit their schema: %v\n%.3000s", err, out)
	}
}

func TestKafkaExamples_CarsReportARaceThatStandingsShow(t *testing.T) {
	long(t)
	t.Parallel()
	r := mustRoles(t)
	e := mustExamples(t)
	e.roles = r
	server := r.start("simulator,processor,gateway", "--facts-format", "json")
	r.shares("processors", 1)
	const laps = 5
	id, _ := server.post("/api/v1/races", fmt.Sprintf(`{"kind":"external","name":"Club race","start":true,"rules":{"name":"kart","laps":%d},
		"entries":[{"driver_number":7},{"driver_number":8},{"driver_number":9}]}`, laps))["id"].(string)
	server.post("/api/v1/races/"+id+"/flags", `{"flag":"yellow","time_us":40000000,"author":"Race control"}`)
	e.run("python3", "cars.py", id, fmt.Sprint(laps), "7", "8", "9", "99")

	var passings passingList
	r.await("the passings are not in the race", func() bool {
		server.get("/api/v1/races/"+id+"/passings", &passings)
		return len(passings.Passings) == 3*laps
	})
	reasons, _ := r.letters(100)
	for name, reason := range reasons {
		if reason != "driver_number: is 99, which is not in this race (allowed: the number of an entry)" {
			t.Errorf("dead letter %s: %s", name, reason)
		}
	}
	var telemetry struct{ Cars []struct{ Speed []float64 } }
	r.await("the samples are not in the race", func() bool {
		server.get("/api/v1/races/"+id+"/telemetry?cars=7,8,9", &telemetry)
		return len(telemetry.Cars) == 3 && len(telemetry.Cars[2].Speed) > 100
	})
	server.post("/api/v1/races/"+id+"/stop", `{}`)
	server.post("/api/v1/races/"+id+"/result", `{"reason":"checked","author":"Stewards"}`)

	want := expected(server, id)
	python, node := e.run("python3", "standings.py", id), e.run("node", "standings.mjs", id)
	if diff := cmp.Diff(python, node); diff != "" {
		t.Errorf("Python and Node print other lines:\n%s", diff)
	}
	printed := map[string]bool{}
	for _, line := range python {
		printed[line] = true
	}
	for _, line := range want {
		if !printed[line] {
			t.Errorf("%q was not printed:\n%s", line, strings.Join(python, "\n"))
		}
	}
	e.validate(r.factTexts(race.ID(id)))
}

// expected are lines that the standings of a race must have printed, made of what its server answers.
func expected(server *process, id string) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, id+" "+fmt.Sprintf(format, args...)) }
	var laps struct {
		Laps []struct {
			DriverNumber int `json:"driver_number"`
			Number       int `json:"lap_number"`
			DurationMS   int `json:"lap_duration_ms"`
			Position     int `json:"position"`
		} `json:"laps"`
	}
	server.get("/api/v1/races/"+id+"/laps", &laps)
	for _, l := range laps.Laps {
		say("lap %d of car %d: %d ms, position %d", l.Number, l.DriverNumber, l.DurationMS, l.Position)
	}
	var result struct {
		Version        int
		Status         string
		Classification []struct {
			Position     int
			DriverNumber int `json:"driver_number"`
		}
	}
	server.get("/api/v1/races/"+id+"/classification", &result)
	var places, order []string
	for _, c := range result.Classification {
		places, order = append(places, fmt.Sprintf("%d:%d", c.Position, c.DriverNumber)), append(order, fmt.Sprint(c.DriverNumber))
	}
	say("flag yellow at 40000 ms")
	say("order %s", strings.Join(order, " "))
	say("result %d (%s) %s", result.Version, result.Status, strings.Join(places, " "))
	return lines
}

// factTexts are the messages of a race's facts, up to its result.
func (r *roles) factTexts(id race.ID) (out []string) {
	r.t.Helper()
	starts, err := r.admin.ListStartOffsets(r.t.Context(), r.topics.Facts)
	if err != nil {
		r.t.Fatal(err)
	}
	got := r.readFacts(fromOffsets(r, starts), func(p *publishedFacts) bool { return p.results[id] })
	for _, text := range got.texts {
		out = append(out, text)
	}
	return out
}
