package sqlite_test

import (
	"context"
	"database/sql"
	_ "embed"
	"path/filepath"
	"testing"

	"lightsout/race"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

//go:embed testdata/version2.sql
var version2 string

//go:embed testdata/version3.sql
var version3 string

// statement is a query and its arguments.
type statement struct {
	query string
	args  []any
}

// mustMake makes a file of an older version.
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

func TestOpen_BringsAnOlderFileUpToDateAndKeepsWhatIsInIt(t *testing.T) {
	for version, schema := range map[string]string{"2": version2, "3": version3} {
		t.Run("version "+version, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "old.db")
			head := oldHead(t, race.External)
			mustMake(t, path, statement{schema, nil}, statement{"PRAGMA user_version = " + version, nil},
				statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, head, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,?,1,1)", []any{head}},
				statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{head}})
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
			storagetest.MustAppend(t, s, &race.Batch{Race: "old", Count: 2, Records: []race.Record{
				{Seq: 2, RecordedAt: 77, Body: race.Started{}},
			}, Samples: []race.Sample{{Car: 0, Time: 9}}})
			if r, err := s.Roster(context.Background(), "old"); err != nil || r.StartedAt != 77 {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func TestOpen_OfVersion3TellsAFeedOfTheSamplesThatWereThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	head := oldHead(t, race.External)
	mustMake(t, path, statement{version3, nil}, statement{"PRAGMA user_version = 3", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, head, last_seq, last_count) VALUES ('old','Old','external','',1,3,0,5,?,1,9)", []any{head}},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{head}},
		statement{`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 44999)
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
	if end, err := s.FeedEnd(ctx, "old"); err != nil || seen != 45_000 || end.Count != after || after > 9 {
		t.Errorf("%d samples up to batch %d; the end is %+v, %v", seen, after, end, err)
	}
}
