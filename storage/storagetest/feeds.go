package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
)

// Feeds is the part of a store that feeds use.
type Feeds interface {
	RegisterFeed(ctx context.Context, feed string) error
	DropFeed(ctx context.Context, feed string) error
	Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error)
	MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error
	FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error)
	Unfed(ctx context.Context, feed string) ([]race.ID, error)
	DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error
	Rejected(ctx context.Context, feed string, id race.ID, limit int) ([]race.FeedReject, error)
	SamplesAfter(ctx context.Context, id race.ID, count uint64, limit int) ([]race.Sample, uint64, error)
}

// FeedsContract tests every store with feeds. open returns an empty one and closes it after the test.
func FeedsContract(t *testing.T, open func(t *testing.T) (Journal, Feeds)) {
	for name, test := range map[string]func(*testing.T, Journal, Feeds){
		"a cursor is where it was moved to":                                      movesCursors,
		"races that are not fed are listed, oldest first":                        tellsUnfed,
		"dead letters are stored once and returned newest first":                 keepsDeadLetters,
		"samples are returned in whole batches, merged, with their newest batch": givesSamples,
		"a dropped feed starts over":                                             dropsFeeds,
		"an unknown race is not found":                                           knowsNoRace,
	} {
		t.Run(name, func(t *testing.T) {
			j, f := open(t)
			test(t, j, f)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func movesCursors(t *testing.T, j Journal, f Feeds) {
	ctx := context.Background()
	MustAppend(t, j, Batches("r")[0])
	for _, want := range []race.FeedCursor{{}, {Seq: 3, Tick: 2, Count: 1}, {Seq: 4, Tick: 1, Count: 9}} {
		if want != (race.FeedCursor{}) {
			must(t, f.MoveCursor(ctx, "a", "r", want))
		}
		got, err := f.Cursor(ctx, "a", "r")
		if err != nil || got != want {
			t.Errorf("got %+v, %v, expected %+v", got, err, want)
		}
	}
	if got, err := f.Cursor(ctx, "b", "r"); err != nil || got != (race.FeedCursor{}) {
		t.Errorf("another feed's cursor moved: %+v, %v", got, err)
	}
}

func tellsUnfed(t *testing.T, j Journal, f Feeds) {
	ctx := context.Background()
	unfed := func(want ...race.ID) {
		t.Helper()
		got, err := f.Unfed(ctx, "a")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	must(t, f.RegisterFeed(ctx, "a"))
	unfed()
	for i, id := range []race.ID{"z", "b"} { // in the order of creation
		batches := Batches(id)
		for n := range batches[0].Records {
			batches[0].Records[n].RecordedAt = int64(i + 1)
		}
		for _, b := range batches {
			MustAppend(t, j, b)
		}
	}
	MustAppend(t, j, &race.Batch{Race: "b", Count: 5, Samples: []race.Sample{{Car: 1, Time: 2}}})
	unfed("z", "b")
	end, err := f.FeedEnd(ctx, "z")
	if want := (race.FeedCursor{Seq: 8, Tick: 4}); err != nil || end != want {
		t.Errorf("the end is %+v, %v, expected %+v", end, err, want)
	}
	must(t, f.MoveCursor(ctx, "a", "z", end))
	unfed("b")
	end, err = f.FeedEnd(ctx, "b")
	if err != nil || end.Count != 5 {
		t.Errorf("the end is %+v, %v", end, err)
	}
	for _, behind := range []race.FeedCursor{{Seq: 7, Tick: 4, Count: 5}, {Seq: 8, Tick: 3, Count: 5}, {Seq: 8, Tick: 4, Count: 4}} {
		must(t, f.MoveCursor(ctx, "a", "b", behind))
		unfed("b")
	}
	must(t, f.MoveCursor(ctx, "a", "b", end))
	unfed()
}

func keepsDeadLetters(t *testing.T, j Journal, f Feeds) {
	ctx := context.Background()
	MustAppend(t, j, Batches("r")[0])
	for _, p := range []string{"one", "two", "one"} {
		must(t, f.DeadLetter(ctx, "a", "r", p, "reason of "+p))
	}
	got, err := f.Rejected(ctx, "a", "r", 10)
	if err != nil || len(got) != 2 || got[0].Point != "one" || got[1].Reason != "reason of two" || got[0].At < got[1].At {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err = f.Rejected(ctx, "a", "r", 1); err != nil || len(got) != 1 || got[0].Point != "one" {
		t.Errorf("of one: %+v, %v", got, err)
	}
	if got, err = f.Rejected(ctx, "b", "r", 10); err != nil || len(got) != 0 {
		t.Errorf("of another feed: %+v, %v", got, err)
	}
}

func givesSamples(t *testing.T, j Journal, f Feeds) {
	ctx := context.Background()
	MustAppend(t, j, Batches("r")[0])
	sample := func(car race.CarIdx, at race.Micros, speed int) race.Sample {
		return race.Sample{Car: car, Time: at, SpeedDKMH: speed, RPM: race.Unknown}
	}
	for count := uint64(2); count < 8; count++ {
		b := &race.Batch{Race: "r", Count: count}
		if count != 4 {
			b.Samples = []race.Sample{sample(0, race.Micros(count), 1), sample(1, race.Micros(count), 1)}
		}
		if count == 7 {
			b.Samples = append(b.Samples, sample(0, 2, 99), race.Sample{Time: 2, SpeedDKMH: race.Unknown, RPM: race.Unknown, Gear: 7}) // reported again
		}
		MustAppend(t, j, b)
	}
	var got []string
	for after := uint64(0); ; {
		list, last, err := f.SamplesAfter(ctx, "r", after, 3)
		must(t, err)
		if len(list) == 0 {
			if last != after {
				t.Errorf("after the end, the last is %d", last)
			}
			break
		}
		for _, s := range list {
			got = append(got, fmt.Sprint(last, ":", s.Car, "@", int64(s.Time), "=", s.SpeedDKMH, " gear ", s.Gear))
			if s.RPM != race.Unknown {
				t.Errorf("rpm %d", s.RPM)
			}
		}
		after = last
	}
	want := []string{
		"3:1@2=1 gear 0", "3:0@3=1 gear 0", "3:1@3=1 gear 0", "6:0@5=1 gear 0", "6:1@5=1 gear 0", "6:0@6=1 gear 0", "6:1@6=1 gear 0",
		"7:0@2=99 gear 7", "7:0@7=1 gear 0", "7:1@7=1 gear 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func dropsFeeds(t *testing.T, j Journal, f Feeds) {
	ctx := context.Background()
	MustAppend(t, j, Batches("r")[0])
	must(t, f.MoveCursor(ctx, "a", "r", race.FeedCursor{Seq: 4}))
	must(t, f.DeadLetter(ctx, "a", "r", "p", "q"))
	must(t, f.DropFeed(ctx, "a"))
	if c, err := f.Cursor(ctx, "a", "r"); err != nil || c != (race.FeedCursor{}) {
		t.Errorf("cursor %+v, %v", c, err)
	}
	if l, err := f.Rejected(ctx, "a", "r", 9); err != nil || len(l) != 0 {
		t.Errorf("dead letters: %v, %v", l, err)
	}
}

func knowsNoRace(t *testing.T, _ Journal, f Feeds) {
	ctx := context.Background()
	_, end := f.FeedEnd(ctx, "none")
	_, _, samples := f.SamplesAfter(ctx, "none", 0, 10)
	for what, err := range map[string]error{
		"moving a cursor": f.MoveCursor(ctx, "a", "none", race.FeedCursor{Seq: 1}), "adding a dead letter": f.DeadLetter(ctx, "a", "none", "p", "r"),
		"the end": end, "samples": samples,
	} {
		if !errors.Is(err, race.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
