package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/storagetest"
)

func TestSamples_AreStoredOnceWithAnyChannels(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	u := race.Unknown
	var want []race.Sample
	for car := range race.CarIdx(2) {
		for n := range 50 { // more than one statement inserts
			want = append(want, race.Sample{
				Car: car, Time: race.Micros(n), SpeedDKMH: n, RPM: 100 * n, Gear: -1, Throttle: 100, Brake: 0, DRS: u, XDM: -15, YDM: u,
			})
		}
	}
	for count := range uint64(2) { // reported twice
		storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: count + 2, Samples: want})
	}
	ctx := context.Background()
	got, err := s.Samples(ctx, "r", race.NoCar, 0, race.TimeMax, 1000)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	got, err = s.Samples(ctx, "r", 1, 10, 12, 2)
	if diff := cmp.Diff(want[60:62], got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := s.Samples(ctx, "none", 1, 10, 12, 2); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	deleted := make(chan error, 1)
	s.Delete("r", func(err error) { deleted <- err })
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	if got, err := s.Samples(ctx, "r", race.NoCar, 0, race.TimeMax, 1000); err != nil || len(got) > 0 {
		t.Errorf("a deleted race left %d samples, %v", len(got), err)
	}
}

func TestStops_ReturnsTheRecordsOfFittedTyres(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	want := []race.Record{{Seq: 100, Time: 7, RecordedAt: 1, Body: race.TyresFitted{Car: 1, PitLane: race.Second}}}
	storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: 2, Records: []race.Record{
		{Seq: 99, RecordedAt: 1, Body: race.Passing{}}, want[0], {Seq: 101, RecordedAt: 1, Body: race.Suspended{}},
	}})
	got, err := s.Stops(context.Background(), "r")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestRulings_ReturnsTheRecordsOfRaceControlAndTheirRefusals(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	at := func(seq race.Seq, b race.Body) race.Record {
		return race.Record{Seq: seq, RecordedAt: 1, Author: "A", Body: b}
	}
	ruled := []race.Record{at(5, race.Penalised{Car: 1, Amount: 5, Reason: "r"}), at(6, race.Undone{Of: 99, Reason: "r"})}
	passing := race.Passing{Source: &race.Source{Decoder: "main", Sequence: 1}}
	storagetest.MustAppend(t, s, &race.Batch{Race: "r", Count: 2, Records: append(ruled, at(7, passing))})
	s.AppendFacts("r", []race.Facts{{Seq: 6, Facts: []race.Fact{race.RecordRefused{Seq: 6, Reason: "no ruling"}}}})
	storagetest.MustLoad(t, s, "r") // after everything appended before
	got, refused, err := s.Rulings(context.Background(), "r")
	want := append([]race.Record{{Seq: 4, Time: 1000, RecordedAt: 1, Body: race.Started{}}}, ruled...)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if diff := cmp.Diff(map[race.Seq]string{6: "no ruling"}, refused); diff != "" {
		t.Error(diff)
	}
	heard := 0
	err = s.DecoderReports(context.Background(), "r", func(decoder string, _ race.Micros, recordedAt int64) {
		if heard++; decoder != "main" || recordedAt != 1 {
			t.Errorf("passing reported by %s at %d", decoder, recordedAt)
		}
	})
	if err != nil || heard != 1 {
		t.Errorf("heard %d, %v", heard, err)
	}
	if newest, err := s.Newest(context.Background(), "r"); err != nil || newest != 1000 {
		t.Errorf("the newest is %v, %v", newest, err)
	}
}

func TestCircuits_AreStoredOncePerKey(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	for _, test := range []struct {
		key  string
		want error
	}{{"b", nil}, {"a", nil}, {"b", race.ErrConflict}} {
		done := make(chan error, 1)
		s.AddCircuit(test.key, "text of "+test.key, func(err error) { done <- err })
		if err := <-done; !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, expected %v", test.key, err, test.want)
		}
	}
	var got []string
	err := s.Circuits(context.Background(), func(key, text string) error { got = append(got, key, text); return nil })
	if diff := cmp.Diff([]string{"a", "text of a", "b", "text of b"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
