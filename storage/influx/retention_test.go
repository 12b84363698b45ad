package influx_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"lightsout/race"
)

// A race that is older than what the bucket keeps has as many refused points as it has points: a row for each would fill the disk.
func TestFeed_PointsOlderThanTheBucketKeepsAreCountedAndNotKept(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucketFor(t, time.Hour)
	var all, now int64
	for ago, is := range map[time.Duration]bool{3 * time.Hour: false, time.Hour + 10*time.Second: false, time.Minute: true} {
		c := &course{id: race.ID(newID("old")), cars: 10, laps: 4, lapTime: 5 * race.Second, startAt: time.Now().Add(-ago)}
		c.run(m)
		for _, n := range expected(m, c.id) {
			if all += int64(n); is {
				now += int64(n)
			}
		}
	}
	cfg := s.config()
	cfg.EngineEvery = 0
	f := newFeed(t, cfg, m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, time.Minute)
	stats := f.Stats()
	again := stats.PointsWritten + stats.PointsExpired - all // points of races are written again at each lap of the leader
	if again < 0 || again > 3*10 || stats.PointsWritten < now || stats.PointsExpired == 0 || stats.PointsRejected != 0 {
		t.Errorf("of %d points %d were written, %d are too old, and %d were refused", all, stats.PointsWritten, stats.PointsExpired, stats.PointsRejected)
	}
	said := int64(0)
	for point, reason := range m.deadLetters {
		n, err := strconv.ParseInt(strings.SplitN(reason, " ", 2)[0], 10, 64)
		if said += n; err != nil || !strings.Contains(reason, " points, of which this is the first: 422 ") || !strings.Contains(reason, "outside retention policy of duration 1h0m0s") || !strings.Contains(point, ",race=") {
			t.Fatalf("the row of %q says %q", point, reason)
		}
	}
	if said != stats.PointsExpired || len(m.deadLetters) > int(stats.PointsExpired)/20 {
		t.Errorf("%d rows say that %d points were left out, %d were counted", len(m.deadLetters), said, stats.PointsExpired)
	}
}
