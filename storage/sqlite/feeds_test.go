package sqlite_test

import (
	"path/filepath"
	"slices"
	"testing"

	"lightsout/race"
	"lightsout/storage/storagetest"
)

func TestFeeds_StartOverAtAnotherTarget(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	ctx := t.Context()
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	at := race.FeedCursor{Seq: 4}
	for _, step := range []struct {
		target  race.FeedTarget
		changed bool
		kept    race.FeedCursor
	}{
		{race.FeedTarget{Org: 1, Bucket: 1<<63 + 5}, false, at}, // it was not known before
		{race.FeedTarget{Org: 1, Bucket: 1<<63 + 5}, false, at},
		{race.FeedTarget{Org: 1, Bucket: 7}, true, race.FeedCursor{}},
		{race.FeedTarget{Org: 2, Bucket: 7}, true, race.FeedCursor{}},
	} {
		if err := s.MoveCursor(ctx, "a", "r", at); err != nil {
			t.Fatal(err)
		}
		changed, err := s.Retarget(ctx, "a", step.target)
		if err != nil || changed != step.changed {
			t.Errorf("%+v: changed %v, %v", step.target, changed, err)
		}
		if c, err := s.Cursor(ctx, "a", "r"); err != nil || c != step.kept {
			t.Errorf("%+v: the cursor is %+v, %v", step.target, c, err)
		}
		if err := s.RegisterFeed(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFeeds_EraseDeletedRaces(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	ctx := t.Context()
	if err := s.RegisterFeed(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0])
	if err := s.MoveCursor(ctx, "a", "r", race.FeedCursor{Seq: 4}); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	s.Delete("r", func(err error) { gone <- err })
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	storagetest.MustAppend(t, s, storagetest.Batches("r")[0]) // another race of its name
	if c, err := s.Cursor(ctx, "a", "r"); err != nil || c != (race.FeedCursor{}) {
		t.Errorf("the other race begins at %+v, %v", c, err)
	}
	if ids, err := s.Erasures(ctx, "a"); err != nil || !slices.Equal(ids, []race.ID{"r"}) {
		t.Errorf("to be erased are %v, %v", ids, err)
	}
	if err := s.Erased(ctx, "a", "r"); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Erasures(ctx, "a"); err != nil || len(ids) != 0 {
		t.Errorf("to be erased are still %v, %v", ids, err)
	}
	if ids, err := s.Unfed(ctx, "a"); err != nil || !slices.Equal(ids, []race.ID{"r"}) {
		t.Errorf("to be fed are %v, %v", ids, err)
	}
}
