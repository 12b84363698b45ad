package influx_test

import (
	"context"
	"testing"
	"time"

	"lightsout/race"
)

func TestFeed_WritesEverySeriesOfARace(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("whole")), cars: 8, laps: 5, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	want := expected(m, c.id)
	for series := range witness {
		if want[series] == 0 {
			t.Errorf("the race has nothing of %s", series)
		}
	}
	same(t, "a whole race", s.counts(t, c.id), want)
	stats := f.Stats()
	if total := sum(want); stats.PointsWritten < int64(total) || stats.PointsRejected != 0 {
		t.Errorf("%d points were written and %d rejected, want %d and 0", stats.PointsWritten, stats.PointsRejected, total)
	}
	if stats.Outage != "" {
		t.Errorf("an outage: %s", stats.Outage)
	}
}

func sum(counts map[string]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

func TestFeed_UnreadableRaceDoesNotBlockOthers(t *testing.T) {
	s, m := shared(t), newMemory()
	var all []*course
	for range 3 {
		c := &course{id: race.ID(newID("holds")), cars: 4, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
		c.run(m)
		all = append(all, c)
	}
	m.broken = all[1].id
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	for _, c := range []*course{all[0], all[2]} {
		await(t, "fed", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return !m.unfed(c.id) })
		same(t, "beside a broken race", s.counts(t, c.id), expected(m, c.id))
	}
	end := race.Seq(len(m.races[m.broken].records))
	await(t, "a cursor behind the records of the broken race", func() bool { return m.cursor(m.broken) == race.FeedCursor{Seq: end} })
	want := expected(m, m.broken)
	want["telemetry"] = 0
	same(t, "of a race with broken telemetry", s.counts(t, m.broken), want)
}

func TestFeed_DoesNotMoveTheCursorWithoutAnythingToFeed(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("waits")), cars: 2, laps: 3, startAt: time.Now().Add(-time.Hour)}
	external(m, c)
	m.tell(c.id, race.Sample{Car: 0, Time: 1, SpeedDKMH: 80}) // waits for the start signal
	f := newFeed(t, s.config(), m)
	defer f.Close()
	const passes = 30
	for range passes {
		pass(f)
	}
	if n := m.moved(); n > 2 {
		t.Errorf("the cursor was moved %d times in %d stretches", n, passes)
	}
	m.add(c.id, []race.Record{{RecordedAt: c.startAt.UnixNano(), Body: race.Started{}}}, nil)
	defer drive(f)()
	fed(t, m, 10*time.Second)
	if n := s.counts(t, c.id)["telemetry"]; n != 1 {
		t.Errorf("%d samples, want 1", n)
	}
}

// crowded counts how many races are read at the same time.
type crowded struct {
	*memory
	open map[race.ID]bool
	most int
}

func (c *crowded) Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	if c.open[id] = true; from > 1 { // the second stretch is the last
		delete(c.open, id)
	}
	c.most = max(c.most, len(c.open))
	return c.memory.Frames(ctx, id, from, to, each)
}

func TestFeed_CatchesUpWithAFewRacesAtATime(t *testing.T) {
	s, m := shared(t), newMemory()
	for range 200 {
		c := &course{id: race.ID(newID("crowd")), cars: 1, laps: 3, lapTime: 4 * race.Second, startAt: time.Now().Add(-time.Hour), every: 10}
		c.run(m)
		if n := c.ticks(); n <= 100 || n > 200 {
			t.Fatalf("%d ticks are not two stretches", n)
		}
	}
	log := &crowded{memory: m, open: map[race.ID]bool{}}
	f := newFeed(t, s.config(), log)
	stop := drive(f)
	fed(t, m, 60*time.Second)
	stop()
	f.Close()
	if log.most > 64 {
		t.Errorf("%d races caught up at the same time", log.most)
	}
}
