package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/simulation"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// mustChecked runs db check and gives what it found.
func mustChecked(t *testing.T, db string) archive.Checked {
	t.Helper()
	out, _, err := command(t, "db", "check", db, "--json")
	var got archive.Checked
	if failed := json.Unmarshal([]byte(out), &got); failed != nil {
		t.Fatal(failed, err)
	}
	if (err == nil) != got.Sound || got.Sound != (len(got.Flaws) == 0) || errors.Is(err, cli.ErrBadInput) {
		t.Errorf("%+v ends with %v", got, err)
	}
	return got
}

func mustBeSound(t *testing.T, db string) (notes []sqlite.Flaw) {
	t.Helper()
	got := mustChecked(t, db)
	if !got.Sound {
		t.Errorf("%s has flaws: %+v", db, got.Flaws)
	}
	return got.Notes
}

func mustNameFlaw(t *testing.T, db, want string) {
	t.Helper()
	got := mustChecked(t, db)
	if !slices.ContainsFunc(got.Flaws, func(f sqlite.Flaw) bool { return strings.Contains(f.Text, want) }) {
		t.Errorf("%q is not among %+v", want, got.Flaws)
	}
}

// mustMix makes a file with the race of one run up to a time, and from there on that of another one, as it came about where
// the second run's first batches were taken for repeats.
func mustMix(t *testing.T, first, second kept, until race.Micros) string {
	t.Helper()
	var log bytes.Buffer
	w := transport.NewLogWriter(&log)
	seq, ticks := race.Seq(0), race.Tick(0)
	write := func(run kept, from, to race.Micros) {
		for _, r := range run.Records {
			_, info := r.Body.(race.Announced)
			if _, entry := r.Body.(race.Entered); r.Time < from || r.Time >= to || from > 0 && (info || entry) {
				continue
			}
			seq++
			r.Seq = seq
			_ = w.Record(&r)
		}
		for _, f := range run.Frames {
			if f.Tick > ticks && f.Time >= from && f.Time < to {
				ticks = f.Tick
				_ = w.Frame(f)
			}
		}
	}
	write(first, 0, until)
	write(second, min(until, first.Records[len(first.Records)-1].Time), 1<<60)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mixed.db")
	store := mustOpenStore(t, path)
	if _, _, err := archive.ImportLog(t.Context(), store, &log, ""); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDBCheck_NamesALogMixedFromTwoRuns(t *testing.T) {
	long(t)
	run := func(more ...string) kept {
		return mustReadAll(t, mustOpenStore(t, mustRaceFile(t, append([]string{"--cars", "20"}, more...)...)), "kart")
	}
	plain := run()
	end := plain.Records[len(plain.Records)-1].Time
	mustBeSound(t, mustMix(t, plain, plain, end/2)) // cut and put together again it is the same race
	for name, c := range map[string]struct {
		other kept
		until race.Micros
		want  string
	}{
		"another distance, after the end":  {run("--laps", "5"), end + 1, "after the end of the race, which is record "},
		"another tick rate, after the end": {run("--tick-hz", "20", "--laps", "5"), end + 1, "is due with 10 ticks a second"},
		"another seed":                     {run("--seed", "8"), end / 2, "which does not follow line"},
		"another seed, by telemetry":       {run("--seed", "8"), end / 2, "m further than a tick before"},
		"a shorter distance":               {run("--laps", "2"), end / 3, "the race of 3 laps ends after 2"},
		"a longer distance":                {run("--laps", "5"), end / 3, "after it took the chequered flag"},
		"fewer cars":                       {run("--cars", "15"), end / 2, "cars 15 to 19, ticks"},
		"more cars":                        {run("--cars", "25"), end / 2, "unknown car"},
		"another circuit":                  {run("--circuit", "harbour"), end / 2, "which does not follow line"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "more cars" { // an import refuses their telemetry
				c.other.Frames = nil
			}
			mustNameFlaw(t, mustMix(t, plain, c.other, c.until), c.want)
		})
	}
}

// mustChange makes a copy of a file and changes it.
func mustChange(t *testing.T, db string, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changed.db")
	if err := os.WriteFile(path, mustReadFile(t, db), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if res, err := file.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		} else if n, err := res.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s changes nothing: %v", s, err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDBCheck_NamesRowsThatDifferFromTheLog(t *testing.T) {
	db := mustRaceFile(t, "--cars", "40")
	mustBeSound(t, db)
	running := filepath.Join(t.TempDir(), "running.db")
	mustInterrupt(t, simulation.Options{Order: race.Order{Circuit: "kartwerk", Cars: 6, Laps: 3, Seed: 7, TickHz: 10}, ID: "kart", DB: running}, 350)
	mustBeSound(t, running)
	for want, statements := range map[string][]string{
		"records 100 to 101 are missing":                       {"DELETE FROM records WHERE seq IN (100, 101)"},
		"are missing":                                          {"DELETE FROM records WHERE seq > 1000"},
		"and the list of races counts 500":                     {"UPDATE races SET last_seq = 500, facts_seq = 500"},
		"it announces the race again":                          {"UPDATE records SET body = (SELECT body FROM records WHERE seq = 1) WHERE seq = 50"},
		"its body is that of record 1":                         {"UPDATE records SET body = (SELECT body FROM records WHERE seq = 1) WHERE seq = 50"},
		"record 40 cannot be read: it is of 0:00.007":          {"UPDATE records SET time_us = 7000 WHERE seq = 40"},
		"its cars is 41 in the list of races":                  {"UPDATE races SET cars = 41"},
		"its cars is 9000000000000 in the list of races":       {"UPDATE races SET cars = 9000000000000"},
		"its cars is -1 in the list of races":                  {"UPDATE races SET cars = -1"},
		"its kind is external in the list of races":            {"UPDATE races SET kind = 'external'"},
		"the table of entries has 39 cars":                     {"DELETE FROM entries WHERE car = 39"},
		"no record of a start was written":                     {"UPDATE races SET started_at = 77"},
		"its status is 9":                                      {"UPDATE races SET status = 9"},
		"is kept up to record 999999":                          {"UPDATE races SET facts_seq = 999999"},
		"it is not in the list of races, but":                  {"UPDATE races SET id = 'other'"},
		"telemetry of cars 0 to 31, ticks 101 to 200: it is m": {"DELETE FROM telemetry WHERE first_car = 0 AND first_tick = 101"},
		"cars 32 to 39, ticks 1 to 100: it is of other cars":   {"UPDATE telemetry SET data = (SELECT data FROM telemetry WHERE first_car = 0 AND first_tick = 1) WHERE first_car = 32 AND first_tick = 1"},
		"the race has 40 cars and goes to tick 200":            {"UPDATE races SET last_tick = 200"},
		"cars 0 to 39, tick 150: it is there twice":            {"INSERT INTO frames SELECT id, 150, x'" + frameOfTick(t, 150, 40) + "' FROM races"},
		"a verdict is of record 99999":                         {"INSERT INTO verdicts VALUES ('kart', 99999, 0, 0, 0, 1, 'x', NULL)"},
		"a refusal is of record 99999":                         {"INSERT INTO refusals VALUES ('kart', 99999, 'x')"},
		"an event is of record 99999":                          {"INSERT INTO events VALUES ('kart', 'flag', 99999, -1, 1, 1, 1, 1, '')"},
		"a result is of record 99999":                          {"UPDATE results SET seq = 99999"},
		"version 3 of its result does not follow":              {"INSERT INTO results SELECT race, 3, seq, status, author, reason, state_hash FROM results"},
		"version 1 of its result does not have each car once":  {"UPDATE classifications SET car = 0 WHERE place = 5"},
		"a place is of version 2 of its result":                {"INSERT INTO classifications SELECT race, 2, place, position, car, laps, status, duration_ms, gap_ms, gap_laps, interval_ms, penalty_ms, best_lap_ms, best_lap, reason FROM classifications"},
		"the winner in the list of races is not":               {"UPDATE races SET winner = 'XXX'"},
		"are not one after the other":                          {"DELETE FROM laps WHERE car = 3 AND lap_number = 2"},
		"119 laps are kept, and 120 follow":                    {"DELETE FROM laps WHERE car = 3 AND lap_number = 3"},
		"lap 2 of car":                                         {"UPDATE laps SET lap_duration_ms = 1 WHERE car = 3 AND lap_number = 2"},
		"place 1 of its result is kept as car":                 {"UPDATE classifications SET duration_ms = 1 WHERE place = 0"},
		"the state hash of version 1":                          {"UPDATE results SET state_hash = 'abc'"},
		"a sample is of the car in slot 40":                    {"INSERT INTO samples (race, car, time_us) VALUES ('kart', 40, 1)"},
		"a sample is of batch 7":                               {"INSERT INTO samples (race, car, time_us, count) VALUES ('kart', 1, 1, 7)"},
		"a request is of batch 99999":                          {"INSERT INTO requests VALUES ('kart', 99999, 'k', 1, 1, 1, 0, 0)"},
		"a feed has come to record 99999":                      {"INSERT INTO feeds VALUES ('f', 'kart', 99999, 0, 0)"},
		"its snapshot is of batch 99999":                       {"UPDATE snapshots SET count = 99999"},
		"it is not over and cannot go on":                      {"DELETE FROM snapshots"},
	} {
		t.Run(want, func(t *testing.T) {
			from := db
			if strings.Contains(want, "cannot go on") {
				from = running
			}
			mustNameFlaw(t, mustChange(t, from, statements...), want)
		})
	}
}

// frameOfTick is a frame as the table frames has them, in hexadecimal: version, ticks, cars, first car, tick, time, planes.
func frameOfTick(t *testing.T, tick, cars int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frames.db")
	store := mustOpenStore(t, path)
	field := storagetest.Field{ID: "kart", Cars: cars}
	storagetest.MustAppend(t, store, field.Info())
	storagetest.MustAppend(t, store, &race.Batch{Race: "kart", Count: 2, Frame: field.Frame(race.Tick(tick))})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var data string
	if err := file.QueryRow("SELECT hex(data) FROM frames").Scan(&data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDBCheck_FindsNothingWrongWithASoundFile(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, db string){
		"races of each circuit": func(t *testing.T, db string) {
			for _, c := range []string{"granite", "speedway", "velora"} {
				if _, _, err := command(t, kartOrder(db, "--circuit", c, "--id", c, "--laps", "2")...); err != nil {
					t.Fatal(err)
				}
			}
		},
		"a slow tick": func(t *testing.T, db string) {
			if _, _, err := command(t, kartOrder(db, "--tick-hz", "1", "--cars", "30")...); err != nil {
				t.Fatal(err)
			}
		},
		"real cars, with hits of every doubtful kind and rulings": func(t *testing.T, db string) {
			mustImport(t, mustOpenStore(t, db), externalLog(t), "")
		},
		"a log that was cut at a record": func(t *testing.T, db string) {
			mustReplay(t, db, mustLog(t, mustOpenStore(t, mustRaceFile(t)), "kart"), 300)
		},
		"a race whose last record has no consequence": func(t *testing.T, db string) {
			serveFor(t, db, func(ctx context.Context, all *races.Races) (race.ID, error) {
				made, err := all.Open(ctx, race.Race{Name: "Quiet", Rules: race.Kart(5), Lines: []race.Line{{Sector: 3}}}, []race.Entry{{Number: 1}}, "")
				if err == nil {
					_, err = all.Ingest().Rule(ctx, made.Race.ID, race.Record{Author: "Ada", Time: 5, Body: race.TransponderAssigned{Transponder: "spare"}})
				}
				return made.Race.ID, err
			})
		},
		"telemetry that retention has begun to give up": func(t *testing.T, db string) {
			from := mustChange(t, mustRaceFile(t, "--cars", "40"), "DELETE FROM telemetry WHERE first_car = 0 OR first_tick < 401")
			if err := os.WriteFile(db, mustReadFile(t, from), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "races.db")
			make(t, db)
			if notes := mustBeSound(t, db); len(notes) > 0 {
				t.Errorf("it is said: %v", notes)
			}
		})
	}
}

// mustReplay plays the first so many steps of a log into a file, as replay does until it is interrupted.
func mustReplay(t *testing.T, db string, log []byte, steps int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "race.lolog")
	if err := os.WriteFile(path, log, 0o600); err != nil {
		t.Fatal(err)
	}
	recorded, err := archive.Steps(path, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	serveFor(t, db, func(ctx context.Context, all *races.Races) (race.ID, error) {
		return "replay", archive.NewReplayer("replay", 0, all.Engine().Submit).Play(ctx, recorded[:steps])
	})
}

func TestDBCheck_NotesFactsThatACrashLeftOut(t *testing.T) {
	db := filepath.Join(t.TempDir(), "races.db")
	store := mustOpenStore(t, db)
	storagetest.MustKeepExternalRace(t, store) // durable, and the process died before anything was made of it
	mustBeSound(t, db)
	out, said, err := command(t, "db", "check", db)
	if err != nil || out != db+" is sound\n" || !strings.Contains(said, "note: race external: what follows from its last records is not kept yet") {
		t.Errorf("%v, %q, beside it %q", err, out, said)
	}
}

func TestDBCheck_PrintsALineForEachFlawAndFails(t *testing.T) {
	db := mustChange(t, mustRaceFile(t), "UPDATE races SET winner = 'XXX'", "DELETE FROM records WHERE seq = 50")
	out, said, err := command(t, "db", "check", db)
	want := "race kart: records 50 to 50 are missing\n"
	if err == nil || errors.Is(err, cli.ErrBadInput) || !strings.Contains(out, want) || !strings.Contains(out, "race kart: the winner in the list") || said != "" {
		t.Errorf("%v, beside it %q:\n%s", err, said, out)
	}
}
