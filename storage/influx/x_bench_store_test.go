package influx_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lightsout/race"
	"lightsout/storage/influx"
	inmemory "lightsout/storage/memory"
	"lightsout/storage/storagetest"
)

// benchMinutesEnv names the variable that sets how long the race is from which BenchmarkStore reads laps; default 3 minutes,
// shown as a metric. 30 minutes are the length used for the other stores; 1,000 cars then take InfluxDB over two minutes.
const benchMinutesEnv = "LIGHTSOUT_BENCH_MINUTES"

// benchWindow is how many samples may be in flight to InfluxDB, which accepts them by the thousand.
const benchWindow = 100_000

// BenchmarkStore measures InfluxDB behind a Feed: an append is acknowledged when the Feed's cursor has passed it.
func BenchmarkStore(b *testing.B) {
	if os.Getenv("INFLUX_URL") == "" { // go test does not report why a benchmark is skipped
		fmt.Fprintln(os.Stderr, "BenchmarkStore is skipped: no InfluxDB: set INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET and INFLUX_TOKEN")
	}
	s := shared(b)
	minutes := 3
	if text := os.Getenv(benchMinutesEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 {
			b.Fatalf("%s is %q: allowed are whole minutes from 2", benchMinutesEnv, text)
		}
		minutes = n
	}
	storagetest.Bench(b, func(b *testing.B) storagetest.Benched {
		s.newBucket(b)
		log := &acknowledged{Store: inmemory.Keeping(4 * benchWindow)}
		b.Cleanup(func() { _ = log.Close() })
		f := newFeed(b, s.config(), log)
		b.Cleanup(f.Close)
		b.Cleanup(drive(f))
		h, err := influx.NewHistory(s.config(), log)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(h.Close)
		out := storagetest.Benched{Journal: log, Traces: h, Window: benchWindow, Minutes: minutes}
		if dir := os.Getenv("INFLUX_DIR"); dir != "" {
			out.Size = func() int64 { return s.atRest(b, dir) }
		} else {
			b.Log("its size on disk is not known: set INFLUX_DIR to the server's folder")
		}
		return out
	})
}

// atRest returns the bytes on disk of the bucket's points, compacted, including the write-ahead log. The index of the series
// is left out: it has the same size for a lap and for a season.
func (s *server) atRest(t testing.TB, dir string) (sum int64) {
	t.Helper()
	data := filepath.Join(dir, "engine", "data", s.bucketID, "autogen")
	shards, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards { // a backup first compacts what is in memory
		s.call(t, http.MethodGet, "/api/v2/backup/shards/"+shard.Name(), "application/json", "")
	}
	add := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".tsm", ".wal"}, filepath.Ext(path)) {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	}
	for _, root := range []string{data, strings.Replace(data, "/data/", "/wal/", 1)} {
		if err := filepath.WalkDir(root, add); err != nil {
			t.Fatal(err)
		}
	}
	return sum
}

// acknowledged is a log in memory whose appends are complete when the Feed has written them.
type acknowledged struct {
	*inmemory.Store
	head race.Race
	list []race.Entry
	at   int64 // of the start signal

	mu      sync.Mutex
	waiting []waiting
}

// waiting is a call that waits for the Feed's cursor.
type waiting struct {
	tick  race.Tick
	ready func(error)
}

// Retarget, Erasures and Erased: nothing is deleted, and there is one bucket.
func (*acknowledged) Retarget(context.Context, string, race.FeedTarget) (bool, error) {
	return false, nil
}

func (*acknowledged) Erasures(context.Context, string) ([]race.ID, error) { return nil, nil }

func (*acknowledged) Erased(context.Context, string, race.ID) error { return nil }

func (a *acknowledged) Append(b *race.Batch, ready func(error)) {
	all := started([]*race.Batch{b})
	for _, more := range all {
		for _, r := range more.Records {
			switch body := r.Body.(type) {
			case race.Announced:
				a.head = body.Race
			case race.Entered:
				a.list = append(a.list, body.Entry)
			case race.Started:
				a.at = r.RecordedAt
			}
		}
	}
	w := waiting{ready: ready}
	if b.Frame != nil {
		w.tick = b.Frame.Tick
	}
	a.mu.Lock()
	a.waiting = append(a.waiting, w)
	a.mu.Unlock()
	for _, more := range all {
		a.Store.Append(more, func(err error) {
			if err != nil {
				ready(err)
			}
		})
	}
}

func (a *acknowledged) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	if err := a.Store.MoveCursor(ctx, feed, id, c); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.waiting) > 0 && a.waiting[0].tick <= c.Tick {
		a.waiting[0].ready(nil)
		a.waiting = a.waiting[1:]
	}
	return nil
}

func (a *acknowledged) Roster(context.Context, race.ID) (*race.Roster, error) {
	return race.NewRoster(race.Summary{Race: a.head}, a.list, a.at), nil
}

func (a *acknowledged) Records(_ context.Context, id race.ID, after race.Seq, limit int) (out []race.Record, err error) {
	done := make(chan error, 1)
	a.Read(id, after, limit, func(records []race.Record, err error) {
		out = records
		done <- err
	})
	err = <-done // before out is read
	return out, err
}
