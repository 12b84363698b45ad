package influx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/transport/login"
)

// remove deletes a race in the log's store.
func remove(t *testing.T, store *sqlite.Store, id race.ID) {
	t.Helper()
	gone := make(chan error, 1)
	store.Delete(id, func(err error) { gone <- err })
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
}

// remake deletes the test's bucket and makes another one of its name, as after the loss of a volume.
func (s *server) remake(t *testing.T) {
	t.Helper()
	s.call(t, http.MethodDelete, "/api/v2/buckets/"+s.bucketID, "application/json", "")
	name := s.bucket
	s.lost = s.bucketID
	s.newBucket(t)
	s.call(t, http.MethodPatch, "/api/v2/buckets/"+s.bucketID, "application/json", fmt.Sprintf(`{"name": %q}`, name))
	s.bucket = name
}

func TestFeed_FeedsAllRacesAgainWhenTheBucketWasLost(t *testing.T) {
	s, store := shared(t), openStore(t)
	s.newBucket(t)
	past := &course{id: race.ID(newID("past")), cars: 3, laps: 6, lapTime: 3 * race.Second, startAt: time.Now().Add(-2 * time.Hour)}
	keep(t, store, past, 0, 0)
	var said bytes.Buffer
	cfg := s.config()
	cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	f := newFeed(t, cfg, store)
	stop := drive(f)
	isFed(t, store)
	want := s.counts(t, past.id)
	if want["telemetry"] != 3*past.ticks() {
		t.Fatalf("fed were %v", want)
	}
	s.remake(t)
	next := &course{id: race.ID(newID("next")), cars: 2, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	keep(t, store, next, 0, 0)
	await(t, "the past race in the new bucket", func() bool { return cmp.Equal(s.counts(t, past.id), want) })
	isFed(t, store)
	if got := s.counts(t, next.id)["telemetry"]; got != 2*next.ticks() {
		t.Errorf("%d points of the next race", got)
	}
	stop()
	f.Close()
	if n := strings.Count(said.String(), "the bucket is another one than the races were fed to"); n != 1 {
		t.Errorf("it was said %d times: %s", n, said.String())
	}

	// The same bucket in the next process: nothing is fed again. Another one: everything is.
	f = newFeed(t, s.config(), store)
	stop = drive(f)
	isFed(t, store)
	stop()
	f.Close()
	if n := f.Stats().PointsWritten; n != 0 {
		t.Errorf("%d points were written again into the same bucket", n)
	}
	s.newBucket(t)
	f = newFeed(t, s.config(), store)
	defer f.Close()
	defer drive(f)()
	await(t, "the past race in another bucket", func() bool { return cmp.Equal(s.counts(t, past.id), want) })
}

func TestFeed_ErasesDeletedRaces(t *testing.T) {
	s, store := shared(t), openStore(t)
	s.newBucket(t)
	race1 := func(name string) race.ID {
		c := &course{id: race.ID(newID(name)), cars: 3, laps: 6, lapTime: 3 * race.Second, startAt: time.Now().Add(-2 * time.Hour)}
		keep(t, store, c, 0, 0)
		return c.id
	}
	kept, early, late, half := race1("kept"), race1("early"), race1("late"), race1("half")
	f := newFeed(t, s.config(), store)
	stop := drive(f)
	remove(t, store, half) // some of it may be on its way
	isFed(t, store)
	all := s.counts(t, kept)
	remove(t, store, early)
	gone := func(id race.ID) func() bool { return func() bool { return len(s.counts(t, id)) == 0 } }
	await(t, "an erased race", gone(early))
	await(t, "a race that was erased while it was fed", gone(half))
	stop()
	f.Close()
	remove(t, store, late) // no feed runs
	f = newFeed(t, s.config(), store)
	defer f.Close()
	defer drive(f)()
	await(t, "a race that was deleted while no feed ran", gone(late))
	await(t, "nothing to erase", func() bool {
		ids, err := store.Erasures(context.Background(), influx.FeedName)
		return err == nil && len(ids) == 0
	})
	if diff := cmp.Diff(all, s.counts(t, kept)); diff != "" {
		t.Errorf("the race that was not deleted: %s", diff)
	}
}

func TestFeed_WritesWithATokenThatMayOnlyWriteAndSaysWhatThatCosts(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	c := &course{id: race.ID(newID("writer")), cars: 2, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	cfg := s.config()
	cfg.Token = s.newToken(t, "write")
	var said bytes.Buffer
	cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	f := newFeed(t, cfg, m)
	stop := drive(f)
	if err := f.Check(t.Context()); err != nil {
		t.Error(err)
	}
	fed(t, m, 30*time.Second)
	stop()
	f.Close()
	same(t, "with a token that may only write", s.counts(t, c.id), expected(m, c.id))
	if n := strings.Count(said.String(), "may not look up the bucket"); n != 1 {
		t.Errorf("it was said %d times: %s", n, said.String())
	}
}

// A token is replaced while a feed runs: the old one is revoked, the new one is in its file by then or comes later.
func TestFeed_ReadsATokenAgainThatIsRefused(t *testing.T) {
	s, store := shared(t), openStore(t)
	s.newBucket(t)
	var token atomic.Pointer[login.Secret]
	replace := func() { next := s.newToken(t, "read", "write"); token.Store(&next) }
	replace()
	cfg := s.config()
	cfg.Token = *token.Load()
	cfg.ReadToken = func() (login.Secret, error) { return *token.Load(), nil }
	f := newFeed(t, cfg, store)
	defer f.Close()
	defer drive(f)()
	h, err := influx.NewHistory(cfg, store)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Check(t.Context()); err != nil {
		t.Error(err)
	}
	first := &course{id: race.ID(newID("first")), cars: 2, laps: 2, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	keep(t, store, first, 0, 0)
	isFed(t, store)
	s.revokeTokens(t)
	second := &course{id: race.ID(newID("second")), cars: 2, laps: 2, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	keep(t, store, second, 0, 0)
	await(t, "an outage", func() bool { return strings.Contains(f.Stats().Outage, "unauthorized") })
	if _, err := h.Trace(t.Context(), race.TraceQuery{Race: first.id, To: race.TimeMax}); err == nil {
		t.Error("a revoked token reads")
	}
	replace()
	isFed(t, store)
	if got := s.counts(t, second.id)["telemetry"]; got != 2*second.ticks() {
		t.Errorf("%d points after the token was replaced", got)
	}
	if trace, err := h.Trace(t.Context(), race.TraceQuery{Race: second.id, To: race.TimeMax}); err != nil || len(trace.Time) != second.ticks() {
		t.Errorf("%v, %v", trace, err)
	}
}

func TestCheck_NamesTheRightsOfTheToken(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	for _, one := range []struct {
		rights              []string
		mayWrite, mayRead   bool
		writeSays, readSays string
	}{
		{[]string{"read", "write"}, true, true, "", ""},
		{[]string{"write"}, true, false, "", "needs the right to read it"},
		{[]string{"read"}, false, true, "may not write to bucket", ""},
	} {
		cfg := s.config()
		cfg.Token = s.newToken(t, one.rights...)
		f := newFeed(t, cfg, m)
		for what, got := range map[string]struct {
			err  error
			may  bool
			says string
		}{"write": {f.Check(t.Context()), one.mayWrite, one.writeSays}, "read": {f.CheckRead(t.Context()), one.mayRead, one.readSays}} {
			if (got.err == nil) != got.may || got.err != nil && (!errors.Is(got.err, influx.ErrRefused) || !strings.Contains(got.err.Error(), got.says)) {
				t.Errorf("with the rights %v, %s: %v", one.rights, what, got.err)
			}
		}
		f.Close()
	}
}
