package influx_test

import (
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
