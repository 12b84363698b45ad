package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"lightsout/race"
	"lightsout/storage/sqlite"
)

// TestReaders_RefuseTooExpensiveQueriesBeforeReading: a query that exceeds its budget costs one count and no more.
func TestReaders_RefuseTooExpensiveQueriesBeforeReading(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "x.db"))
	defer mustClose(t, s)
	records := []race.Record{{Seq: 1, Body: race.Announced{Race: race.Race{ID: "r", Cars: 10}}}}
	facts := race.Facts{Seq: 31}
	for car := range race.CarIdx(10) {
		records = append(records, race.Record{Seq: race.Seq(2 + car), Body: race.Entered{Entry: race.Entry{Number: int(car) + 1}}})
	}
	for n := range 20 {
		lap := race.Lap{Car: race.CarIdx(n % 10), Number: 1 + n/10, EndMS: int64(100 - n), Position: 1 + n%10}
		facts.Facts = append(facts.Facts, race.LapCompleted{Lap: lap}, race.EventHappened{Event: race.Event{Of: race.Seq(n)}})
		records = append(records, race.Record{Seq: race.Seq(12 + n), Body: race.Passing{Car: lap.Car, Source: &race.Source{Decoder: "d"}}})
	}
	s.Append(&race.Batch{Race: "r", Count: 1, Records: records}, func(error) {})
	s.AppendFacts("r", []race.Facts{facts})
	settle(t, s)
	all := race.LapQuery{Car: race.NoCar, To: race.LapsMax}
	for name, test := range map[string]struct {
		cost int
		read func(ctx context.Context) error
	}{
		"entries":          {10 * race.RowCost, func(ctx context.Context) error { _, err := s.Entries(ctx, "r"); return err }},
		"laps":             {20 * race.RowCost, func(ctx context.Context) error { _, err := s.LapsOf(ctx, "r", all); return err }},
		"laps of a car":    {2 * race.RowCost, func(ctx context.Context) error { _, err := s.Laps(ctx, "r", 3); return err }},
		"laps of leaders":  {20*3 + 2*race.RowCost, func(ctx context.Context) error { q := all; q.Position = 1; _, err := s.LapsOf(ctx, "r", q); return err }},
		"events":           {20 * race.RowCost, func(ctx context.Context) error { _, err := s.Events(ctx, "r"); return err }},
		"passings":         {7 * 50, func(ctx context.Context) error { _, err := s.Passings(ctx, "r", 0, 7, -1); return err }},
		"passings of none": {0, func(ctx context.Context) error { _, err := s.Passings(ctx, "r", 31, 7, -1); return err }},
		"rulings":          {11 * 150, func(ctx context.Context) error { _, _, err := s.Rulings(ctx, "r"); return err }},
		"decoders": {20 * 8, func(ctx context.Context) error {
			return s.DecoderReports(ctx, "r", func(string, race.Micros, int64) {})
		}},
	} {
		if err := test.read(race.Within(context.Background(), race.NewBudget(0, test.cost))); err != nil {
			t.Errorf("%s: with exactly its cost: %v", name, err)
		}
		if test.cost == 0 {
			continue
		}
		poor := race.NewBudget(0, test.cost-1)
		if err := test.read(race.Within(context.Background(), poor)); !errors.Is(err, race.ErrTooMuch) || poor.WorkLeft() > 0 {
			t.Errorf("%s: with a smaller budget: %v, %d is left", name, err, poor.WorkLeft())
		}
	}
}

func TestSummaries_DistinguishRacesThatReuseAnID(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "x.db"))
	defer mustClose(t, s)
	for _, name := range []string{"first", "second"} {
		s.Append(&race.Batch{Race: "r", Count: 1, Records: []race.Record{{Seq: 1, Body: race.Announced{Race: race.Race{ID: "r", Name: name, Cars: 1}}}}}, func(error) {})
		settle(t, s)
		for range 2 { // first read, then cached
			if list, err := s.Summaries(context.Background()); err != nil || len(list) != 1 || list[0].Race.Name != name {
				t.Errorf("%v, %v: expected the %s", list, err, name)
			}
		}
		s.Delete("r", func(error) {})
		settle(t, s)
	}
	if list, err := s.Summaries(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("%v, %v: expected none", list, err)
	}
}

func settle(t *testing.T, s *sqlite.Store) {
	t.Helper()
	done := make(chan error, 1)
	s.Settle(func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestFacts_TheLastVerdictOfAPassingCounts: verdicts are written in bulk, in another order than they arrive.
func TestFacts_TheLastVerdictOfAPassingCounts(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "x.db"))
	defer mustClose(t, s)
	const passings = 100
	records := []race.Record{{Seq: 1, Body: race.Announced{Race: race.Race{ID: "r", Cars: 1}}}}
	facts := race.Facts{Seq: passings + 1}
	for n := range race.Seq(passings) {
		records = append(records, race.Record{Seq: 2 + n, Body: race.Passing{}})
	}
	for _, verdict := range []race.Verdict{race.Duplicate, race.AfterTheEnd} {
		for n := range race.Seq(passings) {
			facts.Facts = append(facts.Facts, race.PassingJudged{Seq: passings + 1 - n, Verdict: verdict, Split: race.NoTime})
		}
	}
	s.Append(&race.Batch{Race: "r", Count: 1, Records: records}, func(error) {})
	s.AppendFacts("r", []race.Facts{facts})
	settle(t, s)
	for verdict, want := range map[race.Verdict]int{race.Duplicate: 0, race.AfterTheEnd: passings} {
		if list, err := s.Passings(context.Background(), "r", 0, 1000, int(verdict)); err != nil || len(list) != want {
			t.Errorf("%v: %d, %v; expected %d", verdict, len(list), err, want)
		}
	}
}
