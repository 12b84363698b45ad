package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func mustOpen(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t testing.TB, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStore_FulfilsTheJournalContract(t *testing.T) {
	storagetest.Contract(t, func(t *testing.T) storagetest.Journal {
		return mustOpen(t, filepath.Join(t.TempDir(), "odd name?#%.db"))
	})
}

func TestStore_FulfilsTheFeedContract(t *testing.T) {
	storagetest.FeedsContract(t, func(t *testing.T) (storagetest.Journal, storagetest.Feeds) {
		s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
		t.Cleanup(func() { mustClose(t, s) })
		return s, s
	})
}

func TestStore_FulfilsTheTelemetryContract(t *testing.T) {
	storagetest.Telemetry(t, func(t *testing.T) (storagetest.Journal, storagetest.Frames, storagetest.Traces) {
		s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
		t.Cleanup(func() { mustClose(t, s) })
		return s, s, s
	})
}

func frames(t *testing.T, s *sqlite.Store, from, to race.Tick) []*race.Frame {
	t.Helper()
	var out []*race.Frame
	err := s.Frames(context.Background(), "r", from, to, func(f *race.Frame) error { out = append(out, f); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStore_ReturnsDurableDataAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	batches := storagetest.Batches("r")
	for _, b := range batches[:3] {
		storagetest.MustAppend(t, s, b)
	}
	result := race.Classification{Version: 1, Status: race.Final, StateHash: "h", Entries: []race.Classified{
		{Position: 1, Car: 0, Laps: 2, DurationMS: 100, BestLapMS: 50, BestLap: 1},
		{Car: 1, Status: race.StatusNotClassified, DurationMS: -1, GapMS: -1, IntervalMS: -1, BestLapMS: -1, Reason: "engine"},
	}}
	lap := race.Lap{Car: 1, Number: 1, DurationMS: 90_000, SectorsMS: [3]int64{1, 2, 3}, EndMS: 90_000, Position: 2, PitIn: true, Mark: race.SessionBest}
	event := race.Event{Kind: race.EventRetired, Car: 1, Lap: 2, TimeMS: 5, Text: "engine"}
	facts := []race.Facts{
		{Seq: 5, Facts: []race.Fact{race.LapCompleted{Lap: lap}, race.SessionStatusChanged{Session: race.SessionStatus{Status: race.Underway, LeaderLap: 2}}}},
		{Seq: 6, Facts: []race.Fact{race.EventHappened{Event: event}, race.ResultPublished{Classification: result}}},
	}
	s.AppendFacts("r", facts)
	s.AppendFacts("r", facts) // published again by a restarted Timekeeper
	mustClose(t, s)

	s = mustOpen(t, path)
	defer mustClose(t, s)
	if p := storagetest.MustLoad(t, s, "r"); p.Seq != 6 || p.Count != 3 || p.Facts != 6 || string(p.Snapshot) != "after 3" {
		t.Errorf("position %+v", p)
	}
	storagetest.MustAppend(t, s, batches[3])
	ctx := context.Background()
	all, err := s.Summaries(ctx)
	if err != nil || len(all) != 1 || all[0].Winner != "AAA" || all[0].LeaderLap != 2 || all[0].Race.Seed != 1<<64-1 {
		t.Errorf("summaries %+v, %v", all, err)
	}
	laps, err := s.Laps(ctx, "r", race.NoCar)
	if diff := cmp.Diff([]race.Lap{lap}, laps); diff != "" || err != nil {
		t.Errorf("laps: %v %s", err, diff)
	}
	events, err := s.Events(ctx, "r")
	if diff := cmp.Diff([]race.Event{event}, events); diff != "" || err != nil {
		t.Errorf("events: %v %s", err, diff)
	}
	got, err := s.Classification(ctx, "r")
	if diff := cmp.Diff(result, got); diff != "" || err != nil {
		t.Errorf("classification: %v %s", err, diff)
	}
	passings, err := s.Passings(ctx, "r", 0, 10, -1)
	if err != nil || len(passings) != 2 || !passings[1].Passing.InPit || passings[1].Passing.SpeedKMH != 80 {
		t.Errorf("passings %+v, %v", passings, err)
	}
	if got := frames(t, s, 0, 100); len(got) != 3 || got[0].Tick != 2 || got[2].Tick != 4 {
		t.Errorf("%d frames", len(got))
	} else if diff := cmp.Diff(batches[3].Frame, got[2]); diff != "" {
		t.Error(diff)
	}
}

func TestTelemetry_IsUnchangedByBlocksCommitsAndRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	field := storagetest.Field{ID: "r", Cars: 40}
	var want []*race.Frame
	for tick := race.Tick(1); tick <= 220; tick++ {
		want = append(want, field.Frame(tick))
		storagetest.MustAppend(t, s, field.Tick(tick))
		if tick == 130 { // in the middle of a block
			mustClose(t, s)
			s = mustOpen(t, path)
		}
	}
	storagetest.SameFrames(t, want, frames(t, s, 1, 1000))
	storagetest.SameFrames(t, want[94:105], frames(t, s, 95, 105))
	mustClose(t, s)
}

func TestDelete_RemovesAllRowsOfARace(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	for _, b := range storagetest.Batches("r") {
		storagetest.MustAppend(t, s, b)
	}
	deleted := make(chan error, 1)
	s.Delete("r", func(err error) { deleted <- err })
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Summary(context.Background(), "r"); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("summary: %v", err)
	}
	if len(storagetest.MustRead(t, s, "r", 0, 10)) != 0 || len(frames(t, s, 0, 100)) != 0 {
		t.Error("some rows are left")
	}
	s.Delete("r", func(err error) { deleted <- err })
	if err := <-deleted; !errors.Is(err, race.ErrNotFound) {
		t.Errorf("deleting again: %v", err)
	}
}

func TestOpen_NamesTheFaultOfAFile(t *testing.T) {
	dir := t.TempDir()
	notADatabase := filepath.Join(dir, "text.db")
	if err := os.WriteFile(notADatabase, []byte("this is not a database, but a text of some length, as is easy to see"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{notADatabase, dir, filepath.Join(dir, "none", "x.db")} {
		if s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler)); err == nil {
			mustClose(t, s)
			t.Errorf("%s was opened", path)
		} else {
			t.Log(err)
		}
	}
}

func TestAppend_RefusedBatchDoesNotAffectOthersInItsCommit(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	good, bad := storagetest.Batches("good"), storagetest.Batches("bad")
	storagetest.MustAppend(t, s, bad[0])
	answers := make(chan string, 10)
	for i, b := range append([]*race.Batch{bad[0]}, good...) {
		s.Append(b, func(err error) { answers <- fmt.Sprint(i, err == nil) })
	}
	seen := map[string]bool{}
	for range 5 {
		seen[<-answers] = true
	}
	for i := range 5 {
		if want := fmt.Sprint(i, i > 0); !seen[want] {
			t.Errorf("%s is missing in %v", want, seen)
		}
	}
	if n := len(storagetest.MustRead(t, s, "good", 0, 100)); n != 8 {
		t.Errorf("%d records of the good race, expected 8", n)
	}
}

func TestStore_KeepsVerdictsResultVersionsAndSourcesOfPassings(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	batches := storagetest.Batches("r")
	storagetest.MustAppend(t, s, batches[0])
	last := batches[0].Records[len(batches[0].Records)-1].Seq
	src := &race.Source{Decoder: "main", Session: "a", Sequence: 7, Transponder: "T-1"}
	records := []race.Record{
		{Seq: last + 1, Time: 90 * race.Second, Body: race.Passing{Car: race.NoCar, Source: src}},
		{Seq: last + 2, Time: 91 * race.Second, Author: "Ada", Body: race.Corrected{Kind: race.CorrectInsert, Car: 1, At: race.Minute}},
	}
	storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: 2, Records: records})
	v1 := race.Classification{Version: 1, StateHash: "h1", Entries: []race.Classified{{Position: 1, Car: 0, Laps: 2}}}
	v2 := race.Classification{
		Version: 2, Status: race.Amended, Author: "Ada", Reason: "late", StateHash: "h2", Entries: []race.Classified{{Position: 1, Car: 1, Laps: 2}},
	}
	s.AppendFacts("r", []race.Facts{
		{Seq: last + 1, Facts: []race.Fact{
			race.PassingJudged{Seq: last + 1, Car: race.NoCar, Time: 90 * race.Second, Verdict: race.Suspect, Reason: "nobody's", Split: race.Second},
			race.LapCompleted{Lap: race.Lap{Car: 1, Number: 1}}, race.LapCompleted{Lap: race.Lap{Car: 1, Number: 2, Deleted: true}},
			race.ResultPublished{Classification: v1},
		}},
		{Seq: last + 2, Facts: []race.Fact{
			race.PassingJudged{Seq: last + 2, Car: 1, Time: race.Minute, Verdict: race.Estimated, Split: race.NoTime},
			race.LapsWithdrawn{Car: 1, Laps: 1}, race.ResultPublished{Classification: v2},
		}},
	})
	storagetest.MustLoad(t, s, "r") // after everything appended before
	ctx := context.Background()
	read, err := s.Records(ctx, "r", last, 10)
	for i := range read {
		read[i].RecordedAt = 0
	}
	if diff := cmp.Diff(records, read, cmpopts.IgnoreFields(race.Record{}, "RecordedAt")); diff != "" || err != nil {
		t.Errorf("records: %v %s", err, diff)
	}
	suspects, err := s.Passings(ctx, "r", 0, 10, int(race.Suspect))
	if err != nil || len(suspects) != 1 || suspects[0].Reason != "nobody's" || suspects[0].Split != race.Second || *suspects[0].Passing.Source != *src {
		t.Errorf("suspects %+v, %v", suspects, err)
	}
	inserted, err := s.Passings(ctx, "r", 0, 10, int(race.Estimated))
	if err != nil || len(inserted) != 1 || inserted[0].Time != race.Minute || inserted[0].Passing.Car != 1 {
		t.Errorf("inserted %+v, %v", inserted, err)
	}
	if laps, err := s.Laps(ctx, "r", 1); err != nil || len(laps) != 1 {
		t.Errorf("laps %+v, %v", laps, err)
	}
	versions, err := s.Versions(ctx, "r")
	if err != nil || len(versions) != 2 || versions[1].Reason != "late" || versions[1].Seq != last+2 || versions[1].RecordedAt == 0 {
		t.Errorf("versions %+v, %v", versions, err)
	}
	for version, want := range map[int]race.Classification{0: v2, 1: v1, 2: v2} {
		if got, err := s.Version(ctx, "r", version); cmp.Diff(want, got) != "" || err != nil {
			t.Errorf("version %d: %v %s", version, err, cmp.Diff(want, got))
		}
	}
	if _, err := s.Version(ctx, "r", 3); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("version 3: %v", err)
	}
}

func TestAppend_ClosesTelemetryBlocksIfARulingFollowsTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	for _, b := range (storagetest.Field{ID: "r", Cars: 3}).Batches(130) {
		storagetest.MustAppend(t, s, b)
	}
	storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: 132, Records: []race.Record{
		{Seq: 2, Body: race.Ended{}}, {Seq: 3, Body: race.CarDisqualified{Car: 1, Reason: "fuel"}}, // in one batch, as an import does
	}})
	mustClose(t, s)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var frames, blocks int
	err = db.QueryRow("SELECT (SELECT count(*) FROM frames), (SELECT count(*) FROM telemetry)").Scan(&frames, &blocks)
	if err != nil || frames != 0 || blocks != 2 {
		t.Errorf("%d ticks are in no block, and there are %d blocks: %v", frames, blocks, err)
	}
}

func TestStill_DoesNotSeeLaterCommits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	defer mustClose(t, s)
	batches := storagetest.Batches("r")
	storagetest.MustAppend(t, s, batches[0])
	reading, err := sqlite.OpenForReading(path, transport.Codec{})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, reading)
	ctx := context.Background()
	still, done, err := reading.Still(ctx)
	if err != nil {
		t.Fatal(err)
	}
	count := func(of *sqlite.Store) (records, frames int) {
		t.Helper()
		list, err := of.Records(ctx, "r", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		err = of.Frames(ctx, "r", 0, 100, func(*race.Frame) error { frames++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return len(list), frames
	}
	before, _ := count(still)
	for _, b := range batches[1:] {
		storagetest.MustAppend(t, s, b)
	}
	if records, frames := count(still); records != before || frames != 0 {
		t.Errorf("%d records and %d frames, %d records before", records, frames, before)
	}
	done()
	if records, frames := count(reading); records != before+4 || frames != 3 {
		t.Errorf("afterwards %d records and %d frames, %d records before", records, frames, before)
	}
}
