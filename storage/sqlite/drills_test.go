package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
)

func TestOpen_AddsDrillsToAVersion7File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.Simulation)
	mustMake(t, path, statement{version7, nil}, statement{"PRAGMA user_version = 7", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, last_count) VALUES ('old','Old','simulation','',1,3,1,5,1,9)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}})
	s := mustOpen(t, path)
	ctx := context.Background()
	for _, d := range []sqlite.KeptDrill{{1, "old", []byte(`{"on":1}`)}, {2, "", []byte(`{"all":1}`)}, {1, "old", []byte(`{"on":0}`)}} {
		if err := s.KeepDrill(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	s = mustOpen(t, path)
	defer mustClose(t, s)
	all, err := s.Drills(ctx, "", true)
	if diff := cmp.Diff([]sqlite.KeptDrill{{1, "old", []byte(`{"on":0}`)}, {2, "", []byte(`{"all":1}`)}}, all); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// A third page of the list of tables would lie behind the data of a vacuumed file.
func TestSchema_FitsIntoTwoPagesSoThatSalvageFindsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	mustClose(t, mustOpen(t, path))
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var leaves int
	if _, err := db.Exec("VACUUM"); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow("SELECT count(*) FROM dbstat WHERE name = 'sqlite_schema' AND pagetype = 'leaf'").Scan(&leaves); err != nil || leaves != 2 {
		t.Errorf("%d pages, %v", leaves, err)
	}
}

func TestDrills_GoWithTheirRace(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	ctx := context.Background()
	storagetest.MustAppend(t, s, (storagetest.Field{ID: "gone", Cars: 2}).Info())
	if err := s.KeepDrill(ctx, sqlite.KeptDrill{Number: 1, Race: "gone", Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"one ", "two"} {
		if err := s.KeepDrillPart(ctx, "gone", 1, "folder.zip", []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := s.WriteDrillFile(ctx, "gone", 1, "folder.zip", &file); err != nil || file.String() != "one two" {
		t.Errorf("%q, %v", file.String(), err)
	}
	deleted := make(chan error, 1)
	s.Delete("gone", func(err error) { deleted <- err })
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	if left, err := s.Drills(ctx, "", true); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	for what, err := range map[string]error{
		"a file":  s.WriteDrillFile(ctx, "gone", 1, "folder.zip", &file),
		"a drill": s.KeepDrill(ctx, sqlite.KeptDrill{Number: 1, Race: "gone", Data: []byte("{}")}),
		"a part":  s.KeepDrillPart(ctx, "gone", 1, "folder.zip", []byte("three")),
	} {
		if !errors.Is(err, race.ErrNotFound) {
			t.Errorf("%s of a race that is gone: %v", what, err)
		}
	}
}
