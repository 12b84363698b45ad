package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"lightsout/race"
)

func TestSpace_IsThatOfTheFileItsQuotaAndItsDisk(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	before, err := s.Space(t.Context())
	if err != nil || before.Used <= 0 || before.Quota != 0 || before.DiskFree == 0 {
		t.Fatalf("%+v %v", before, err)
	}
	overOf(t, s, "old", time.Hour, 500)
	if err := s.Limit(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	after, err := s.Space(t.Context())
	if err != nil || after.Used <= before.Used || after.File+after.WAL <= before.File+before.WAL || after.Quota != 1<<30 {
		t.Errorf("before %+v, after %+v %v", before, after, err)
	}
}

func TestCensus_CountsRacesByStatus(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	overOf(t, s, "one", time.Hour, 2)
	overOf(t, s, "two", time.Hour, 2)
	got, err := s.Census(t.Context())
	if err != nil || got[race.Over] != 2 || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
}
