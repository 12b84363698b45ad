package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
)

// over appends a race of 30 s that ended the given time ago and sets its status to over.
func over(t *testing.T, s *sqlite.Store, id race.ID, ago time.Duration) { overOf(t, s, id, ago, 64) }

func overOf(t *testing.T, s *sqlite.Store, id race.ID, ago time.Duration, cars int) {
	t.Helper()
	field := storagetest.Field{ID: id, Cars: cars}
	for _, b := range field.Batches(300) {
		storagetest.MustAppend(t, s, b)
	}
	at := time.Now().Add(-ago).UnixNano()
	storagetest.MustAppend(t, s, &race.Batch{
		Race: id, Count: 302, Records: []race.Record{{Seq: 2, RecordedAt: at, Body: race.Ended{}}},
		Samples: []race.Sample{{Car: 1, Time: 5, SpeedDKMH: 7}},
	})
	lap := race.LapCompleted{Lap: race.Lap{Car: 1, Number: 1, DurationMS: 5}}
	s.AppendFacts(id, []race.Facts{{Seq: 2, Facts: []race.Fact{lap, race.SessionStatusChanged{Session: race.SessionStatus{Status: race.Over}}}}})
	storagetest.MustLoad(t, s, id)
}

func mustRetain(t *testing.T, s *sqlite.Store, r sqlite.Retention) sqlite.Retained {
	t.Helper()
	got, err := s.Retain(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// left returns the number of ticks, samples and laps of a race.
func left(t *testing.T, s *sqlite.Store, id race.ID) [3]int {
	t.Helper()
	ctx := context.Background()
	ticks := 0
	err := s.Frames(ctx, id, 0, 1<<40, func(*race.Frame) error { ticks++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	samples, err := s.Samples(ctx, id, race.NoCar, 0, race.TimeMax, 10)
	if err != nil {
		t.Fatal(err)
	}
	laps, err := s.Laps(ctx, id, race.NoCar)
	if err != nil {
		t.Fatal(err)
	}
	return [3]int{ticks, len(samples), len(laps)}
}

func TestRetain_DeletesTelemetryByAgeAndKeepsTheRest(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	over(t, s, "old", 50*time.Hour)
	over(t, s, "new", 2*time.Hour)
	for _, b := range (storagetest.Field{ID: "runs", Cars: 3}).Batches(150) { // its records are of 1970
		storagetest.MustAppend(t, s, b)
	}
	got := mustRetain(t, s, sqlite.Retention{Telemetry: 48 * time.Hour})
	if diff := cmp.Diff([]race.ID{"old"}, got.Telemetry); diff != "" || len(got.Races) > 0 || got.After >= got.Before {
		t.Errorf("%+v", got)
	}
	for id, want := range map[race.ID][3]int{"old": {0, 0, 1}, "new": {300, 1, 1}, "runs": {150, 0, 0}} {
		if got := left(t, s, id); got != want {
			t.Errorf("%s has %v left, expected %v", id, got, want)
		}
	}
	if n := len(storagetest.MustRead(t, s, "old", 0, 10)); n != 2 {
		t.Errorf("%d records", n)
	}
	if got := mustRetain(t, s, sqlite.Retention{Telemetry: 48 * time.Hour}); len(got.Telemetry) > 0 {
		t.Errorf("again: %+v", got)
	}
	got = mustRetain(t, s, sqlite.Retention{Races: 24 * time.Hour})
	if diff := cmp.Diff([]race.ID{"old"}, got.Races); diff != "" {
		t.Errorf("%+v", got)
	}
	if all, err := s.Summaries(context.Background()); err != nil || len(all) != 2 {
		t.Errorf("%d races, %v", len(all), err)
	}
}

func TestRetain_DeletesTheOldestTelemetryUntilTheRestFits(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	var with []int64
	for i, id := range []race.ID{"b", "c", "a"} {
		over(t, s, id, time.Duration(10-i)*time.Hour)
		with = append(with, mustRetain(t, s, sqlite.Retention{}).Before)
	}
	got := mustRetain(t, s, sqlite.Retention{SizeBytes: with[1]})
	if diff := cmp.Diff([]race.ID{"b"}, got.Telemetry); diff != "" || got.After > with[1] {
		t.Errorf("%+v of %v", got, with)
	}
	got = mustRetain(t, s, sqlite.Retention{SizeBytes: 1})
	if diff := cmp.Diff([]race.ID{"c", "a"}, got.Telemetry); diff != "" {
		t.Errorf("%+v", got)
	}
}

func TestRetain_WaitsForFeeds(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	over(t, s, "r", time.Hour)
	ctx := context.Background()
	all := sqlite.Retention{Telemetry: time.Second, SizeBytes: 1}
	if err := s.RegisterFeed(ctx, "slow"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []race.FeedCursor{{}, {Seq: 2, Tick: 299, Count: 302}, {Seq: 2, Tick: 300, Count: 301}} {
		if err := s.MoveCursor(ctx, "slow", "r", c); err != nil {
			t.Fatal(err)
		}
		got := mustRetain(t, s, all)
		if diff := cmp.Diff([]race.ID{"r"}, got.Waiting); diff != "" || len(got.Telemetry) > 0 || left(t, s, "r") != [3]int{300, 1, 1} {
			t.Errorf("at %+v: %+v", c, got)
		}
	}
	if err := s.MoveCursor(ctx, "slow", "r", race.FeedCursor{Seq: 1, Tick: 300, Count: 302}); err != nil {
		t.Fatal(err)
	}
	if got := mustRetain(t, s, sqlite.Retention{Races: time.Second}); len(got.Waiting) != 1 || len(got.Races) > 0 {
		t.Errorf("the log is not fed yet: %+v", got)
	}
	if got := mustRetain(t, s, all); len(got.Waiting) > 0 || left(t, s, "r") != [3]int{0, 0, 1} {
		t.Errorf("fed: %+v", got)
	}
	over(t, s, "asked", time.Hour)
	all.Unfed = true
	if got := mustRetain(t, s, all); len(got.Telemetry) != 1 {
		t.Errorf("with Unfed: %+v", got)
	}
}

func TestLimit_MakesRacesWaitUntilSpaceIsFreed(t *testing.T) {
	ctx := context.Background()
	for how, free := range map[string]func(s *sqlite.Store) error{
		"raised": func(s *sqlite.Store) error { return s.Limit(ctx, 0) },
		"freed": func(s *sqlite.Store) error {
			_, err := s.Retain(ctx, sqlite.Retention{Telemetry: time.Minute})
			return err
		},
	} {
		t.Run(how, func(t *testing.T) {
			s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
			defer mustClose(t, s)
			overOf(t, s, "old", time.Hour, 500)
			if err := s.Limit(ctx, 1); err != nil { // the current size: there is space for ticks but not for blocks
				t.Fatal(err)
			}
			field := storagetest.Field{ID: "runs", Cars: 500}
			written := make(chan error, 1)
			go func() {
				answer := make(chan error, 1)
				for _, b := range field.Batches(350) { // one by one, so that ticks are stored before their blocks
					s.Append(b, func(err error) { answer <- err })
					if err := <-answer; err != nil {
						written <- err
						return
					}
				}
				written <- nil
			}()
			deadline := time.After(20 * time.Second)
			for s.Failing() == nil {
				select {
				case <-deadline:
					t.Fatal("the limit stopped nothing")
				case err := <-written:
					t.Fatalf("the limit stopped nothing: %v", err)
				case <-time.After(time.Millisecond):
				}
			}
			if err := s.Failing(); !strings.Contains(err.Error(), "disk is full") {
				t.Errorf("it fails with %v", err)
			}
			if got := left(t, s, "old"); got[0] != 300 {
				t.Errorf("the stored data cannot be read: %v", got)
			}
			if err := free(s); err != nil {
				t.Fatal(err)
			}
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if got := left(t, s, "runs"); got[0] != 350 {
				t.Errorf("%d ticks", got[0])
			}
		})
	}
}

func TestAppend_RefusesBatchesOfADeletedRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	over(t, s, "r", time.Hour)
	if got := mustRetain(t, s, sqlite.Retention{Races: time.Second}); len(got.Races) != 1 {
		t.Fatalf("%+v", got)
	}
	late := (storagetest.Field{ID: "r", Cars: 64}).Batches(301)[301]
	late.Records = []race.Record{{Seq: 3, Body: race.Held{}}}
	late.Samples = []race.Sample{{Car: 1, Time: 9, SpeedDKMH: 7}}
	answer := make(chan error, 1)
	s.Append(late, func(err error) { answer <- err })
	if err := <-answer; !errors.Is(err, race.ErrNotFound) {
		t.Errorf("the answer is %v", err)
	}
	over(t, s, "r", time.Minute) // another race with that ID
	storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: 303, Records: []race.Record{{Seq: 3, Body: race.Held{}}}})
	if got := left(t, s, "r"); got != [3]int{300, 1, 1} {
		t.Errorf("it has %v", got)
	}
	mustClose(t, s)
}
