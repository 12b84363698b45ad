package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

//go:embed testdata/version2.sql
var version2 string

//go:embed testdata/version3.sql
var version3 string

//go:embed testdata/version4.sql
var version4 string

//go:embed testdata/version5.sql
var version5 string

//go:embed testdata/version6.sql
var version6 string

//go:embed testdata/version7.sql
var version7 string

// statement is a query and its arguments.
type statement struct {
	query string
	args  []any
}

// mustMake creates a file of an older version.
func mustMake(t *testing.T, path string, steps ...statement) {
	t.Helper()
	old, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if _, err := old.Exec(step.query, step.args...); err != nil {
			t.Fatalf("%s: %v", step.query, err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustBody(t *testing.T, r race.Record) []byte {
	t.Helper()
	body, err := transport.Codec{}.Record(&r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func oldHead(t *testing.T, kind race.Kind) []byte {
	return mustBody(t, race.Record{Seq: 1, RecordedAt: 5, Body: race.Announced{Race: race.Race{
		ID: "old", Name: "Old", Kind: kind, Cars: 1, TickHz: 10, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
	}}})
}

func TestOpen_MigratesAnOlderFileAndKeepsItsContents(t *testing.T) {
	for version, schema := range map[string]string{"2": version2, "3": version3} {
		t.Run("version "+version, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "old.db")
			info := oldHead(t, race.External)
			mustMake(t, path, statement{schema, nil}, statement{"PRAGMA user_version = " + version, nil},
				statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, head, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,?,1,1)", []any{info}},
				statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
				statement{"INSERT INTO snapshots VALUES ('old',1,?)", []any{mustZip(t, []byte("the field as it was"))}})
			for range 2 { // the second time it is up to date
				s := mustOpen(t, path)
				got, err := s.Summary(context.Background(), "old")
				if err != nil || got.Race.Name != "Old" {
					t.Errorf("got %+v, %v", got, err)
				}
				mustClose(t, s)
			}
			s := mustOpen(t, path)
			defer mustClose(t, s)
			loaded := make(chan race.Position, 1)
			s.Load("old", func(p race.Position, err error) { loaded <- p })
			if p := <-loaded; string(p.Snapshot) != "the field as it was" {
				t.Errorf("the snapshot is %q", p.Snapshot)
			}
			storagetest.MustAppend(t, s, &race.Batch{Race: "old", Count: 2, Records: []race.Record{
				{Seq: 2, RecordedAt: 77, Body: race.Started{}},
			}, Samples: []race.Sample{{Car: 0, Time: 9}}})
			if r, err := s.Roster(context.Background(), "old"); err != nil || r.StartedAt != 77 {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func TestOpen_FeedsTheSamplesOfAVersion3File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.External)
	mustMake(t, path, statement{version3, nil}, statement{"PRAGMA user_version = 3", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, head, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,?,1,9)", []any{info}},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
		statement{`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20999)
			INSERT INTO samples (race, car, time_us, speed_kmh) SELECT 'old', i % 3, i, 100 FROM n`, nil})
	s := mustOpen(t, path)
	defer mustClose(t, s)
	ctx := context.Background()
	if unfed, err := s.Unfed(ctx, "f"); err != nil || len(unfed) != 1 {
		t.Errorf("unfed %v, %v", unfed, err)
	}
	seen, after := 0, uint64(0)
	for {
		list, last, err := s.SamplesAfter(ctx, "old", after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		if len(list) > 20_000 {
			t.Errorf("%d samples at once", len(list))
		}
		seen, after = seen+len(list), last
	}
	if end, err := s.FeedEnd(ctx, "old"); err != nil || seen != 21_000 || end.Count != after || after > 9 {
		t.Errorf("%d samples up to batch %d; the end is %+v, %v", seen, after, end, err)
	}
}

func TestOpen_ReadsTheSpeedsOfAVersion4FileInTenths(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.External)
	mustMake(t, path, statement{version4, nil}, statement{"PRAGMA user_version = 4", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,1,9)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
		statement{"INSERT INTO samples (race, car, time_us, speed_kmh, rpm, count) VALUES ('old',0,1,100,7000,9), ('old',0,2,101,NULL,9), ('old',0,3,NULL,7100,9)", nil})
	s := mustOpen(t, path)
	defer mustClose(t, s)
	storagetest.MustAppend(t, s, &race.Batch{Race: "old", Count: 10, Samples: []race.Sample{
		{Time: 2, SpeedDKMH: 1017, RPM: race.Unknown, Gear: race.Unknown}, {Time: 3, SpeedDKMH: 1029, RPM: race.Unknown, Gear: race.Unknown},
	}})
	got, err := s.Trace(context.Background(), race.TraceQuery{Race: "old", To: race.Hour, Channels: []race.Channel{race.ChannelSpeed, race.ChannelRPM}})
	want := &race.Trace{Time: []race.Micros{1, 2, 3}}
	want.Values[race.ChannelSpeed], want.Values[race.ChannelRPM] = []int32{1000, 1017, 1029}, []int32{7000, race.Unknown, 7100}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestOpen_AddsMarksToAVersion6File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	mustMake(t, path, statement{version6, nil}, statement{"PRAGMA user_version = 6", nil})
	s := mustOpen(t, path)
	kept := make(chan error, 2)
	for _, data := range []string{"one", "two"} {
		s.KeepMark("log/0", []byte(data), func(err error) { kept <- err })
		if err := <-kept; err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	s = mustOpen(t, path)
	defer mustClose(t, s)
	if marks, err := s.Marks(context.Background()); err != nil || len(marks) != 1 || string(marks["log/0"]) != "two" {
		t.Errorf("%q, %v", marks, err)
	}
}

func TestOpen_AddsTheRulingsIndexAndApplicationIDToAVersion5File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.External)
	ruling := mustBody(t, race.Record{Seq: 3, Body: race.Suspended{}})
	mustMake(t, path, statement{version5, nil}, statement{"PRAGMA user_version = 5", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,3,2)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?), ('old',3,0,5,?)", []any{info, ruling}},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, car, line, in_pit, speed_kmh) VALUES ('old',2,0,5,0,0,0,0)", nil})
	s := mustOpen(t, path)
	defer mustClose(t, s)
	rulings, _, err := s.Rulings(context.Background(), "old")
	if err != nil || len(rulings) != 1 || rulings[0].Seq != 3 {
		t.Errorf("%+v, %v", rulings, err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var id int
	var plan string
	var n1, n2, n3 any
	if err := db.QueryRow("PRAGMA application_id").Scan(&id); err != nil || id != 0x4c4f7574 {
		t.Errorf("application_id %x, %v", id, err)
	}
	if err := db.QueryRow("EXPLAIN QUERY PLAN SELECT body FROM records INDEXED BY records_told WHERE race = 'old' AND body IS NOT NULL ORDER BY seq").Scan(&n1, &n2, &n3, &plan); err != nil ||
		!strings.Contains(plan, "records_told") {
		t.Errorf("rulings are found by %q, %v", plan, err)
	}
}

func TestOpen_RefusesAnotherApplicationsFileAndLeavesItUnchanged(t *testing.T) {
	for name, steps := range map[string][]statement{
		"by its id":        {{"CREATE TABLE races (id)", nil}, {"CREATE TABLE records (race)", nil}, {"PRAGMA application_id = 252006673", nil}},
		"by its tables":    {{"CREATE TABLE notes (text)", nil}},
		"by some of them":  {{"CREATE TABLE races (id)", nil}, {"CREATE TABLE notes (text)", nil}, {"PRAGMA user_version = 6", nil}},
		"of an old number": {{"CREATE TABLE notes (text)", nil}, {"PRAGMA user_version = 4", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			mustMake(t, path, steps...)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler)); !errors.Is(err, sqlite.ErrForeign) {
				t.Errorf("opened to be written: %v", err)
			}
			if _, err := sqlite.OpenForReading(path, transport.Codec{}); !errors.Is(err, sqlite.ErrForeign) {
				t.Errorf("opened to be read: %v", err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var mode string
			if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "delete" {
				t.Errorf("its journal is %q now, %v", mode, err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("it has changed: %v", err)
			}
		})
	}
}

func TestOpen_RefusesAFileThatIsOpenForWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	s := mustOpen(t, path)
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := sqlite.Open(name, transport.Codec{}, slog.New(slog.DiscardHandler))
		if !errors.Is(err, sqlite.ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
			t.Errorf("%s is opened twice: %v", name, err)
		}
	}
	reading, err := sqlite.OpenForReading(path, transport.Codec{})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, reading)
	mustClose(t, s)
	mustClose(t, mustOpen(t, link))
	if left, err := filepath.Glob(filepath.Join(dir, "*.lock")); err != nil || left != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSalvage_SavesTheSamplesOfAVersion4File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.External)
	entered := mustBody(t, race.Record{Seq: 2, Body: race.Entered{Entry: race.Entry{Number: 7}}})
	mustMake(t, path, statement{version4, nil}, statement{"PRAGMA user_version = 4", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, last_count, samples_count) VALUES ('old','Old','external','',1,3,0,5,2,9,9)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?), ('old',2,0,5,?)", []any{info, entered}},
		statement{"INSERT INTO samples (race, car, time_us, speed_kmh, count) VALUES ('old',0,1,100,9)", nil})
	fresh := filepath.Join(t.TempDir(), "new.db")
	saved, err := sqlite.Salvage(context.Background(), path, fresh, transport.Codec{}, func(string) {})
	if err != nil || len(saved.Lost) > 0 {
		t.Fatalf("%v, lost %v", err, saved)
	}
	s := mustOpen(t, fresh)
	defer mustClose(t, s)
	got, err := s.Samples(context.Background(), "old", 0, 0, race.Hour, 9)
	if err != nil || len(got) != 1 || got[0].SpeedDKMH != 1000 {
		t.Errorf("%v, %+v", err, got)
	}
}

// block1 encodes a telemetry block as version 3 did.
func block1(t *testing.T, frames []*race.Frame) []byte {
	t.Helper()
	raw := binary.AppendUvarint([]byte{1}, uint64(len(frames)))
	raw = binary.AppendUvarint(raw, uint64(frames[0].Cars()))
	raw = binary.AppendVarint(raw, 0)
	raw = binary.AppendVarint(raw, int64(frames[0].Tick))
	for _, f := range frames {
		raw = binary.AppendVarint(raw, int64(f.Time))
	}
	for _, get := range []func(f *race.Frame, i int) int64{
		func(f *race.Frame, i int) int64 { return int64(f.LapFraction[i]) }, func(f *race.Frame, i int) int64 { return int64(f.State[i]) },
		func(f *race.Frame, i int) int64 { return int64(f.Lap[i]) }, func(f *race.Frame, i int) int64 { return int64(f.SpeedDKMH[i]) },
		func(f *race.Frame, i int) int64 { return int64(f.RPM50[i]) }, func(f *race.Frame, i int) int64 { return int64(f.Throttle[i]) },
		func(f *race.Frame, i int) int64 { return int64(f.Brake[i]) }, func(f *race.Frame, i int) int64 { return int64(f.GearDRS[i]) },
	} {
		for i := range frames[0].Cars() {
			var last, step int64
			for _, f := range frames {
				v := get(f, i)
				raw = binary.AppendVarint(raw, v-last-step)
				last, step = v, v-last
			}
		}
	}
	return mustZip(t, raw)
}

func mustZip(t *testing.T, raw []byte) []byte {
	t.Helper()
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return zip.EncodeAll(raw, nil)
}

func TestOpen_ReadsAndContinuesTheTelemetryOfAVersion3File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	field := storagetest.Field{ID: "old", Cars: 70}
	info := mustBody(t, field.Info().Records[0])
	steps := []statement{
		{version3, nil}, {"PRAGMA user_version = 3", nil},
		{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, head, last_seq, last_count) VALUES ('old','Old','simulation','',70,3,1,5,?,1,231)", []any{info}},
		{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
	}
	var all []*race.Frame
	for tick := race.Tick(1); tick <= 330; tick++ {
		all = append(all, field.Frame(tick))
	}
	keep := func(frames []*race.Frame) {
		steps = append(steps, statement{
			"INSERT INTO telemetry VALUES ('old',?,?,?)", []any{int64(frames[0].Tick), int64(frames[len(frames)-1].Tick), block1(t, frames)},
		})
	}
	keep(all[:100])
	keep(all[100:200])
	for i := 200; i < 230; i++ { // frames of the block that was not full
		keep(all[i : i+1])
	}
	mustMake(t, path, steps...)
	s := mustOpen(t, path)
	defer mustClose(t, s)
	ctx := context.Background()
	check := func(last race.Tick) {
		t.Helper()
		var got []*race.Frame
		err := s.Frames(ctx, "old", 0, 1000, func(f *race.Frame) error { got = append(got, f); return nil })
		if err != nil {
			t.Error(err)
		}
		storagetest.SameFrames(t, all[:last], got)
		for _, car := range []race.CarIdx{0, 31, 32, 69} {
			q := race.TraceQuery{Race: "old", Car: car, From: field.At(95), To: field.At(320)}
			trace, err := s.Trace(ctx, q)
			if diff := cmp.Diff(field.Trace(q, last), trace); err != nil || diff != "" {
				t.Errorf("car %d: %v %s", car, err, diff)
			}
		}
	}
	check(230)
	if end, err := s.FeedEnd(ctx, "old"); err != nil || end.Tick != 230 {
		t.Errorf("the end is %+v, %v", end, err)
	}
	for tick := race.Tick(231); tick <= 330; tick++ { // the old and the new frames share a block
		storagetest.MustAppend(t, s, field.Tick(tick))
	}
	check(330)
}

// TestOpen_RecomputesPositionsAndMarksOfAVersion4File opens a file in which positions and marks depended on the order of
// arrival.
func TestOpen_RecomputesPositionsAndMarksOfAVersion4File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.External)
	lap := func(car, number, duration, end, position, mark int) statement {
		return statement{`INSERT INTO laps VALUES ('old',?,?,?,0,0,0,?,?,0,0,0,0,0,?,0)`, []any{car, number, duration, end, position, mark}}
	}
	mustMake(t, path, statement{version4, nil}, statement{"PRAGMA user_version = 4", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, facts_seq) VALUES ('old','Old','external','',2,3,3,5,9,9)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
		lap(0, 1, 61_000, 61_000, 1, 3), lap(1, 1, 60_000, 60_000, 1, 3), lap(0, 2, 59_000, 120_000, 1, 3), lap(1, 2, 61_000, 121_000, 2, 1),
		statement{"INSERT INTO events VALUES ('old',4,2,'fastest_lap',7,0,3,120000,59000,'')", nil},
		statement{"INSERT INTO events VALUES ('old',9,0,'result',12,0,2,130000,0,'')", nil})
	s := mustOpen(t, path)
	defer mustClose(t, s)
	laps, err := s.Laps(context.Background(), "old", race.NoCar)
	if err != nil {
		t.Fatal(err)
	}
	type placed struct {
		car           race.CarIdx
		lap, position int
		mark          race.Mark
	}
	var got []placed
	for _, l := range laps {
		got = append(got, placed{l.Car, l.Number, l.Position, l.Mark})
	}
	want := []placed{{1, 1, 1, race.PersonalBest}, {0, 1, 2, race.Slower}, {0, 2, 1, race.SessionBest}, {1, 2, 2, race.Slower}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(placed{})); diff != "" {
		t.Error(diff)
	}
	events, err := s.Events(context.Background(), "old")
	if err != nil || len(events) != 2 || events[0].Of != 4 || events[1].Of != 0 {
		t.Errorf("%+v %v", events, err)
	}
	if lagging, err := s.Lagging(context.Background()); err != nil || len(lagging) != 1 {
		t.Errorf("races to recompute: %v %v", lagging, err)
	}
}
