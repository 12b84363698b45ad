package influx_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/influx"
	"lightsout/storage/storagetest"
)

// failing is a log whose calls fail on request.
type failing struct {
	*memory
	mu   sync.Mutex
	read func(what string) error                     // called before each read
	move func(ctx context.Context, id race.ID) error // called before each move of a cursor
	has  map[race.ID]bool                            // races that were read
}

func (l *failing) wasRead(id race.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.has[id]
}

func (l *failing) failRead(read func(string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = read
}

func (l *failing) failMove(move func(context.Context, race.ID) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.move = move
}

func (l *failing) reading(what string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read == nil {
		return nil
	}
	return l.read(what)
}

func (l *failing) Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error) {
	if err := l.reading("records"); err != nil {
		return nil, err
	}
	l.mu.Lock()
	if l.has == nil {
		l.has = map[race.ID]bool{}
	}
	l.has[id] = true
	l.mu.Unlock()
	return l.memory.Records(ctx, id, after, limit)
}

func (l *failing) Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	if err := l.reading("frames"); err != nil {
		return err
	}
	return l.memory.Frames(ctx, id, from, to, each)
}

func (l *failing) Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error) {
	if err := l.reading("cursor"); err != nil {
		return race.FeedCursor{}, err
	}
	return l.memory.Cursor(ctx, feed, id)
}

func (l *failing) Unfed(ctx context.Context, feed string) ([]race.ID, error) {
	if err := l.reading("unfed"); err != nil {
		return nil, err
	}
	return l.memory.Unfed(ctx, feed)
}

func (l *failing) MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error {
	l.mu.Lock()
	move := l.move
	l.mu.Unlock()
	if move != nil {
		if err := move(ctx, id); err != nil {
			return err
		}
	}
	return l.memory.MoveCursor(ctx, feed, id, c)
}

// pass calls Next once and waits until it is done.
func pass(f *influx.Feed) {
	done := make(chan struct{})
	f.Next(func(bool, error) { close(done) })
	<-done
}

// counting returns a configuration that counts the points of a race when they are acknowledged.
func counting(s *server, id race.ID) (influx.Config, *storagetest.Acknowledged) {
	cfg, acked := s.config(), &storagetest.Acknowledged{Race: id}
	cfg.Wrap = acked.Wrap
	return cfg, acked
}

// once checks that the points acknowledged of a race are those of an undisturbed feed of the same log.
func once(t *testing.T, s *server, m *memory, acked *storagetest.Acknowledged) {
	t.Helper()
	again := newMemory()
	again.races[acked.Race] = m.races[acked.Race]
	cfg, want := counting(s, acked.Race)
	f := newFeed(t, cfg, again)
	stop := drive(f)
	fed(t, again, time.Minute)
	stop()
	f.Close()
	if len(want.Lines()) == 0 {
		t.Fatal("the race has no points")
	}
	if diff := acked.Differs(want); diff != "" {
		t.Error(diff)
	}
	same(t, "at the end", s.counts(t, acked.Race), expected(m, acked.Race))
	sameTower(t, s, m, acked.Race)
}

// sameTower compares the tower and the summary in InfluxDB with a fold of the log from its beginning.
func sameTower(t *testing.T, s *server, m *memory, id race.ID) {
	t.Helper()
	m.mu.Lock()
	records := m.of(id).records
	m.mu.Unlock()
	state, board := timing.New(), race.Board{}
	for i := range records {
		facts, _ := state.Apply(&records[i], nil)
		board.Apply(&race.Facts{Seq: records[i].Seq, Facts: facts})
	}
	want, got := map[string]string{}, map[string]string{}
	for place, car := range board.Order {
		r := board.Rows[car]
		want[strconv.Itoa(int(car)+1)] = fmt.Sprintf("%d %d %d %d %d %d %d %d %v %v %d %d %d %v", place+1, r.Laps, r.GapMS, r.GapLaps, r.IntervalMS, r.IntervalLaps, r.LastMS, r.BestMS, r.SectorsMS, r.Tyre, r.TyreAgeLaps, r.Stops, r.PenaltyMS, r.State)
	}
	for _, r := range s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z) |> filter(fn: (r) => r._measurement == "tower" and r.race == %q)
		|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")`, s.bucket, string(id))) {
		got[r["driver_number"]] = fmt.Sprint(r["position"], " ", r["laps"], " ", r["gap_ms"], " ", r["gap_laps"], " ", r["interval_ms"], " ", r["interval_laps"], " ", r["last_ms"], " ", r["best_ms"], " [",
			r["sector_1_ms"], " ", r["sector_2_ms"], " ", r["sector_3_ms"], "] ", r["compound"], " ", r["tyre_age"], " ", r["stops"], " ", r["penalty_ms"], " ", r["state"])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tower (-want +got):\n%s", diff)
	}
}

// whole checks that each line of a race was acknowledged, in addition to those of its predecessor.
func whole(t *testing.T, s *server, acked *storagetest.Acknowledged, successor *memory) {
	t.Helper()
	cfg, want := counting(s, acked.Race)
	f := newFeed(t, cfg, successor)
	defer f.Close()
	defer drive(f)()
	fed(t, successor, 30*time.Second)
	lines := acked.Lines()
	for line, n := range want.Lines() {
		if lines[line] != n {
			t.Fatalf("%d times, not %d: %s", lines[line], n, line)
		}
	}
}
