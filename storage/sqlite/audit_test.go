package sqlite_test

import (
	"context"
	"database/sql"
	_ "embed"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/sqlite"
)

//go:embed testdata/version8.sql
var version8 string

// actionsOf are the actions of a part of the trail, newest first.
func actionsOf(t *testing.T, s *sqlite.Store, q race.AuditQuery) (out []string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	trail, err := s.AuditTrail(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trail {
		out = append(out, e.Action)
	}
	return out
}

func TestOpen_AddsTheAuditTrailToAVersion8File(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	info := oldHead(t, race.Simulation)
	mustMake(t, path, statement{version8, nil}, statement{"PRAGMA user_version = 8", nil},
		statement{"INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at, last_seq, last_count) VALUES ('old','Old','simulation','',1,3,1,5,1,9)", nil},
		statement{"INSERT INTO records (race, seq, time_us, recorded_at, body) VALUES ('old',1,0,5,?)", []any{info}},
		statement{`INSERT INTO drills VALUES (3, 'old', '{"on":1}')`, nil})
	s := mustOpen(t, path)
	want := race.AuditEntry{
		Seq: 1, At: 7, Action: "flag", Race: "old", Author: "Race control", Token: "server", Address: "192.0.2.7", Status: 201, Detail: "red",
	}
	given := want
	given.Seq = 0
	if err := s.KeepAudit(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = mustOpen(t, path) // durable
	defer mustClose(t, s)
	got, err := s.AuditTrail(t.Context(), race.AuditQuery{Limit: 10})
	if diff := cmp.Diff([]race.AuditEntry{want}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if drills, err := s.Drills(t.Context(), "", true); err != nil || len(drills) != 1 {
		t.Errorf("%v %v", drills, err)
	}
	if _, err := s.Summary(t.Context(), "old"); err != nil {
		t.Error(err)
	}
}

func TestAuditTrail_IsAskedByRaceActionAndPlaceAndOutlivesItsRace(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	overOf(t, s, "a", time.Hour, 2)
	for i, e := range []race.AuditEntry{
		{Action: "race_created", Race: "a"}, {Action: "race_created", Race: "b"}, {Action: "race_started", Race: "a"}, {Action: "race_deleted", Race: "a"},
	} {
		e.At = int64(i)
		if err := s.KeepAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	deleted := make(chan error, 1)
	s.Delete("a", func(err error) { deleted <- err })
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    race.AuditQuery
		want []string
	}{
		{race.AuditQuery{}, []string{"race_deleted", "race_started", "race_created", "race_created"}},
		{race.AuditQuery{Limit: 2}, []string{"race_deleted", "race_started"}},
		{race.AuditQuery{Before: 3}, []string{"race_created", "race_created"}},
		{race.AuditQuery{Race: "a"}, []string{"race_deleted", "race_started", "race_created"}},
		{race.AuditQuery{Race: "a", Action: "race_created"}, []string{"race_created"}},
		{race.AuditQuery{Race: "none"}, nil},
	} {
		if diff := cmp.Diff(c.want, actionsOf(t, s, c.q)); diff != "" {
			t.Errorf("%+v: %s", c.q, diff)
		}
	}
}

func TestRetain_BoundsTheAuditTrailByAge(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	for _, e := range []struct {
		action string
		age    time.Duration
	}{{"old", 4 * time.Hour}, {"old", 3 * time.Hour}, {"new", time.Hour}} {
		if err := s.KeepAudit(t.Context(), race.AuditEntry{Action: e.action, At: time.Now().Add(-e.age).UnixNano()}); err != nil {
			t.Fatal(err)
		}
	}
	mustRetain(t, s, sqlite.Retention{})
	if got := actionsOf(t, s, race.AuditQuery{}); len(got) != 3 {
		t.Errorf("without an age %q are left", got)
	}
	mustRetain(t, s, sqlite.Retention{Audit: 2 * time.Hour})
	if diff := cmp.Diff([]string{"new"}, actionsOf(t, s, race.AuditQuery{})); diff != "" {
		t.Error(diff)
	}
}

func TestAuditTrail_NewestEntriesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	mustClose(t, mustOpen(t, path))
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`INSERT INTO audit WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, i, '{"action":"old"}' FROM n`, race.AuditKept)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, path)
	defer mustClose(t, s)
	if err := s.KeepAudit(t.Context(), race.AuditEntry{Action: "new"}); err != nil {
		t.Fatal(err)
	}
	trail, err := s.AuditTrail(t.Context(), race.AuditQuery{Limit: 2 * race.AuditKept})
	if err != nil || len(trail) != race.AuditKept || trail[0].Action != "new" || trail[len(trail)-1].Seq != 2 {
		t.Errorf("%d entries are left, %v", len(trail), err)
	}
}

func TestSalvage_SavesTheAuditTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	if err := s.KeepAudit(t.Context(), race.AuditEntry{Action: "race_deleted", Race: "gone"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	_, saved := salvage(t, path)
	if diff := cmp.Diff([]string{"race_deleted"}, actionsOf(t, saved, race.AuditQuery{})); diff != "" {
		t.Error(diff)
	}
}
