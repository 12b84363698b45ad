package influx_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// openStore opens a SQLite store for the log.
func openStore(t testing.TB) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// started adds entries and the start signal to a race's announcement: without them points have no tags and no time.
func started(batches []*race.Batch) (out []*race.Batch) {
	for _, b := range batches {
		out = append(out, b)
		if len(b.Records) == 0 {
			continue
		}
		info := b.Records[0].Body.(race.Announced).Race
		more := &race.Batch{Race: b.Race, Count: 1}
		for n := range info.Cars {
			more.Records = append(more.Records, race.Record{RecordedAt: 1, Body: race.Entered{Entry: race.Entry{Number: n + 1, Code: "AAA", Team: "T"}}})
		}
		more.Records = append(more.Records, race.Record{RecordedAt: 1_700_000_000_123_456_789, Body: race.Started{}})
		for i := range more.Records {
			more.Records[i].Seq = race.Seq(i + 2)
		}
		out = append(out, more)
	}
	return out
}

func TestHistory_FulfilsTheTelemetryContract(t *testing.T) {
	s := shared(t)
	s.newBucket(t)
	storagetest.TracesContract(t, func(t *testing.T, batches []*race.Batch) storagetest.Traces {
		store := openStore(t)
		for _, b := range started(batches) {
			storagetest.MustAppend(t, store, b)
		}
		feedAll(t, s.config(), store)
		h, err := influx.NewHistory(s.config(), store)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		return h
	})
}

// feedAll feeds everything in a store.
func feedAll(t testing.TB, cfg influx.Config, store *sqlite.Store) {
	t.Helper()
	f := newFeed(t, cfg, store)
	defer f.Close()
	if err := f.Register(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer drive(f)()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := store.Unfed(context.Background(), influx.FeedName)
		if err != nil || time.Now().After(end) {
			t.Fatalf("not fed: %v %v", left, err)
		}
		if len(left) == 0 {
			return
		}
	}
}

func TestFeed_StoresDeadLettersInTheStoreOfTheLog(t *testing.T) {
	s, store := shared(t), openStore(t)
	s.newBucket(t)
	c := &course{id: race.ID(newID("kept")), cars: 3, laps: 2, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Minute)}
	s.write(t, "events seq=\"a word\" %d", c.startAt.UnixNano())
	m := newMemory()
	c.run(m)
	records := m.races[c.id].records
	storagetest.MustAppend(t, store, &race.Batch{Race: c.id, Count: 1, Records: slices.Clone(records)})
	feedAll(t, s.config(), store)
	rejected, err := store.Rejected(context.Background(), influx.FeedName, c.id, 1000)
	if want := expected(m, c.id)["events"]; err != nil || len(rejected) != want || want == 0 {
		t.Errorf("%d dead letters, want %d: %v", len(rejected), want, err)
	}
}

func TestHistory_ReturnsTheSameTraceAsSQLiteForRepeatedSamples(t *testing.T) {
	s, store := shared(t), openStore(t)
	s.newBucket(t)
	c := &course{id: race.ID(newID("twice")), cars: 1, laps: 3, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Hour)}
	records := c.head(race.External)
	for i := range records {
		records[i].Seq = race.Seq(i + 1)
	}
	no := race.Unknown
	tell := func(count uint64, records []race.Record, sample race.Sample) {
		storagetest.MustAppend(t, store, &race.Batch{Race: c.id, Count: count, Records: records, Samples: []race.Sample{sample}})
		feedAll(t, s.config(), store)
	}
	tell(1, records, race.Sample{Time: 5, SpeedDKMH: 200, RPM: 9000, Gear: 4, Throttle: 1, Brake: no, DRS: no, XDM: no, YDM: no})
	tell(2, nil, race.Sample{Time: 5, SpeedDKMH: 201, RPM: no, Gear: no, Throttle: no, Brake: no, DRS: no, XDM: 70, YDM: 80})
	h, err := influx.NewHistory(s.config(), store)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	q := race.TraceQuery{Race: c.id, To: race.TimeMax}
	want, err := store.Trace(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Trace(context.Background(), q)
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(want.Time) != 1 {
		t.Errorf("InfluxDB and SQLite return different traces: %v\n%s", err, diff)
	}
}
