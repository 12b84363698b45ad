package feed

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// written is an InfluxDB that accepts all points and keeps their lines.
type written struct {
	mu    sync.Mutex
	lines []string
}

func (w *written) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		answer.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/write") {
		w.mu.Lock()
		w.lines = append(w.lines, strings.Split(string(body), "\n")...)
		w.mu.Unlock()
	}
	answer.WriteHeader(http.StatusNoContent)
}

// of counts the points of a race.
func (w *written) of(id string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.lines {
		if strings.Contains(line, ",race="+id) {
			n++
		}
	}
	return n
}

// mustKeep appends the race of storagetest under an id.
func mustKeep(t *testing.T, store *sqlite.Store, id race.ID) {
	t.Helper()
	seq := race.Seq(0)
	for count, in := range storagetest.ExternalRace() {
		for i := range in.Records {
			seq++
			in.Records[i].Seq, in.Records[i].RecordedAt = seq, time.Now().UnixNano()
			if b, ok := in.Records[i].Body.(race.Announced); ok {
				b.Race.ID = id
				in.Records[i].Body = b
			}
		}
		storagetest.MustAppend(t, store, &race.Batch{Race: id, Count: uint64(count + 1), Records: in.Records})
	}
}

func TestFeed_FeedsARaceFromWhenThisProcessOwnsIt(t *testing.T) {
	to := &written{}
	server := httptest.NewServer(to)
	defer server.Close()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	mustKeep(t, store, "ours")
	mustKeep(t, store, "theirs")
	t.Setenv(TokenEnv, "token")
	var all atomic.Bool
	cfg := Config{Influx: influx.DefaultConfig(), Mine: func(id race.ID) bool { return id == "ours" || all.Load() }}
	cfg.Influx.URL, cfg.Influx.Org, cfg.Influx.Bucket, cfg.Influx.FlushAfter = server.URL, "o", "b", time.Millisecond
	f, err := Open(t.Context(), cfg, store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	feedUntil := func(left ...race.ID) {
		t.Helper()
		for until := time.Now().Add(time.Minute); ; {
			done := make(chan error, 1)
			f.Actor().Next(func(_ bool, err error) { done <- err })
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			got, err := store.Unfed(t.Context(), influx.FeedName)
			if err != nil || time.Now().After(until) {
				t.Fatalf("not fed: %v, expected %v: %v", got, left, err)
			}
			if slices.Equal(got, left) {
				return
			}
		}
	}
	feedUntil("theirs")
	if ours, theirs := to.of("ours"), to.of("theirs"); ours == 0 || theirs != 0 {
		t.Errorf("%d points of our race, %d of another process's", ours, theirs)
	}
	all.Store(true)
	feedUntil()
	if ours, theirs := to.of("ours"), to.of("theirs"); ours != theirs {
		t.Errorf("%d points of our race and %d of the race that became ours, expected as many", ours, theirs)
	}
}
