package feed

import (
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// told is what other processes told, and what was told to them.
type told map[race.ID]race.Fed

func (s told) KeepFed(id race.ID, c race.Fed)  { s["kept "+id] = c }
func (s told) ForgetFed(id race.ID)            { delete(s, id) }
func (s told) Fed(id race.ID) (race.Fed, bool) { c, is := s[id]; return c, is }

func TestFeed_GoesOnWhereAnotherProcessHasFed(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, id := range []race.ID{"whole", "half", "behind", "elsewhere", "own"} {
		mustKeep(t, store, id)
	}
	end, err := store.FeedEnd(t.Context(), "whole")
	if err != nil {
		t.Fatal(err)
	}
	half, more := end, end
	half.Seq, more.Seq = end.Seq/2, end.Seq+1
	const bucket = 7
	shared := told{"whole": {FeedCursor: end, Bucket: bucket}, "half": {FeedCursor: half}, "behind": {FeedCursor: more, Bucket: bucket}, "elsewhere": {FeedCursor: end, Bucket: bucket + 1}}
	log := ownRaces{store, func(race.ID) bool { return true }, shared, new(atomic.Uint64)}
	if changed, err := log.Retarget(t.Context(), influx.FeedName, race.FeedTarget{Org: 1, Bucket: bucket}); changed || err != nil {
		t.Fatal(changed, err)
	}
	left, err := log.Unfed(t.Context(), influx.FeedName)
	slices.Sort(left)
	if want := []race.ID{"elsewhere", "half", "own"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("to be fed are %v, %v, expected %v", left, err, want)
	}
	if c, err := log.Cursor(t.Context(), influx.FeedName, "half"); err != nil || c != half {
		t.Errorf("half is at %+v, not %+v: %v", c, half, err)
	}
	if _, waits := shared["behind"]; !waits {
		t.Error("what this copy does not have yet was taken for fed")
	}
	if err := log.MoveCursor(t.Context(), influx.FeedName, "own", end); err != nil || shared["kept own"] != (race.Fed{FeedCursor: end, Bucket: bucket}) {
		t.Errorf("%+v, %v", shared, err)
	}
}

func TestFeed_ErasesDeletedRacesThatAreItsOwn(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.RegisterFeed(t.Context(), influx.FeedName); err != nil {
		t.Fatal(err)
	}
	for _, id := range []race.ID{"gone", "again", "another's"} {
		mustKeep(t, store, id)
		gone := make(chan error, 1)
		store.Delete(id, func(err error) { gone <- err })
		if err := <-gone; err != nil {
			t.Fatal(err)
		}
	}
	mustKeep(t, store, "again") // and what was fed of it since, another process says
	log := ownRaces{store, func(id race.ID) bool { return id != "another's" }, told{"again": {}}, new(atomic.Uint64)}
	for range 2 {
		if ids, err := log.Erasures(t.Context(), influx.FeedName); err != nil || !slices.Equal(ids, []race.ID{"gone"}) {
			t.Errorf("to be erased are %v, %v", ids, err)
		}
	}
	if ids, err := store.Erasures(t.Context(), influx.FeedName); err != nil || !slices.Equal(ids, []race.ID{"another's", "gone"}) {
		t.Errorf("the store's are %v, %v", ids, err)
	}
}
