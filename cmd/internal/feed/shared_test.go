package feed

import (
	"log/slog"
	"path/filepath"
	"testing"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// told is what other processes told, and what was told to them.
type told map[race.ID]race.FeedCursor

func (s told) KeepFed(id race.ID, c race.FeedCursor)  { s["kept "+id] = c }
func (s told) ForgetFed(id race.ID)                   { delete(s, id) }
func (s told) Fed(id race.ID) (race.FeedCursor, bool) { c, is := s[id]; return c, is }

func TestFeed_GoesOnWhereAnotherProcessHasFed(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, id := range []race.ID{"whole", "half", "behind", "own"} {
		mustKeep(t, store, id)
	}
	end, err := store.FeedEnd(t.Context(), "whole")
	if err != nil {
		t.Fatal(err)
	}
	half, more := end, end
	half.Seq, more.Seq = end.Seq/2, end.Seq+1
	shared := told{"whole": end, "half": half, "behind": more}
	log := ownRaces{store, func(race.ID) bool { return true }, shared}
	left, err := log.Unfed(t.Context(), influx.FeedName)
	if err != nil || len(left) != 2 || left[0] != "half" && left[1] != "half" || left[0] != "own" && left[1] != "own" {
		t.Errorf("to be fed are %v, %v", left, err)
	}
	if c, err := log.Cursor(t.Context(), influx.FeedName, "half"); err != nil || c != half {
		t.Errorf("half is at %+v, not %+v: %v", c, half, err)
	}
	if _, waits := shared["behind"]; !waits {
		t.Error("what this copy does not have yet was taken for fed")
	}
	if err := log.MoveCursor(t.Context(), influx.FeedName, "own", end); err != nil || shared["kept own"] != end {
		t.Errorf("%+v, %v", shared, err)
	}
}
