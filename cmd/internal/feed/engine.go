package feed

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/storage/influx"
)

// arrivalsKept is the number of batches whose arrival is remembered.
const arrivalsKept = 1024

// CommitTimes measures how long batches take from their arrival at the journal until they are durable, and remembers when the
// newest of them arrived.
type CommitTimes struct {
	mu       sync.Mutex
	count    int64
	sum, max time.Duration
	arrivals [arrivalsKept]arrival
	next     int
	metrics  *commitMetrics // nil means none
}

type arrival struct {
	race        race.ID
	first, last race.Seq
	at          time.Time
	applied     bool
}

func (t *CommitTimes) arrive(b *race.Batch, at time.Time) {
	if len(b.Records) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrivals[t.next%arrivalsKept] = arrival{b.Race, b.Records[0].Seq, b.Records[len(b.Records)-1].Seq, at, false}
	t.next++
}

// Arrived is when a record arrived; the zero time if it is too long ago.
func (t *CommitTimes) Arrived(id race.ID, seq race.Seq) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := t.next - 1; i >= max(0, t.next-arrivalsKept); i-- {
		if a := &t.arrivals[i%arrivalsKept]; a.race == id && a.first <= seq && seq <= a.last {
			return a.at
		}
	}
	return time.Time{}
}

// apply notes that a race's batches up to a record were folded. A record that is folded again counts once.
func (t *CommitTimes) apply(id race.ID, upTo race.Seq) {
	if t.metrics == nil {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := t.next - 1; i >= max(0, t.next-arrivalsKept); i-- {
		a := &t.arrivals[i%arrivalsKept]
		switch {
		case a.race != id || a.last > upTo:
		case a.applied:
			return // and so are those before it
		default:
			a.applied = true
			t.metrics.applied.Observe(now.Sub(a.at).Seconds())
		}
	}
}

// add counts a batch that was made durable.
func (t *CommitTimes) add(d time.Duration) {
	if t.metrics != nil {
		t.metrics.commits.Inc()
		t.metrics.durable.Observe(d.Seconds())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	t.sum, t.max = t.sum+d, max(t.max, d)
}

// take returns the times and resets them.
func (t *CommitTimes) take() (count int64, mean, most time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count, most = t.count, t.max
	if count > 0 {
		mean = t.sum / time.Duration(count)
	}
	t.count, t.sum, t.max = 0, 0, 0
	return count, mean, most
}

// Journal measures the commits of a journal.
func (t *CommitTimes) Journal(j processor.Journal) processor.Journal { return timedJournal{j, t} }

type timedJournal struct {
	processor.Journal
	times *CommitTimes
}

// Append is part of processor.Journal.
func (j timedJournal) Append(b *race.Batch, ready func(error)) {
	begun := time.Now()
	j.times.arrive(b, begun)
	j.Journal.Append(b, func(err error) {
		if err == nil {
			j.times.add(time.Since(begun))
		}
		ready(err)
	})
}

// EngineSource reads the state of an engine for the engine series.
type EngineSource struct {
	System   *supervise.System
	Times    *CommitTimes
	Audience func() live.Audience
}

// Engine reads the counters of all kinds of actor.
func (s *EngineSource) Engine() influx.Engine {
	var e influx.Engine
	e.Commits, e.DurableMean, e.DurableMax = s.Times.take()
	watching := s.Audience()
	e.Spectators = influx.Spectators{
		Connected: watching.Spectators, Messages: watching.Messages, Bytes: watching.Bytes, Snapshots: watching.Snapshots,
		Cut: watching.Cut, ReachMean: watching.ReachMean, ReachMax: watching.ReachMax,
	}
	at := map[string]int{}
	for _, n := range s.System.Counts() {
		at[n.Kind] = len(e.Actors)
		e.Actors = append(e.Actors, influx.Actors{Kind: n.Kind, Alive: n.Spawned - n.Stopped, Restarts: n.Restarts, SetAside: n.SetAside})
	}
	for _, d := range s.System.Depths() {
		if i, known := at[d.Kind]; known {
			e.Actors[i].MailboxMax, e.Actors[i].MailboxP99 = int64(d.Max), int64(d.P99)
		}
	}
	return e
}

// feedMetrics exports a feed's counters.
type feedMetrics struct {
	stats                                           func() influx.Stats
	written, rejected, expired, retries             *prometheus.Desc
	batches, erased                                 *prometheus.Desc
	inFlight, lagSeconds, lagRecords, lagFrames, up *prometheus.Desc
}

func newFeedMetrics(stats func() influx.Stats) *feedMetrics {
	of := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("lightsout_feed_"+name, help, nil, prometheus.Labels{"feed": influx.FeedName})
	}
	return &feedMetrics{
		stats: stats, written: of("points_written_total", "Points that were acknowledged."),
		rejected: of("points_rejected_total", "Points that were refused and put aside."),
		expired:  of("points_expired_total", "Points that were left out because the bucket keeps none as old."),
		retries:  of("retries_total", "Attempts that had to be made again."), batches: of("batches_total", "Batches that were acknowledged."),
		erased:     of("erasures_total", "Times that points which a correction made untrue were taken away."),
		inFlight:   of("batches_in_flight", "Requests on the way."),
		lagSeconds: of("lag_seconds", "Age of the oldest of what was not fed."), lagRecords: of("lag_records", "Records that were not fed."),
		lagFrames: of("lag_frames", "Frames of telemetry that were not fed."), up: of("up", "1: what is fed is taken; 0: there is an outage."),
	}
}

// Describe is part of prometheus.Collector.
func (m *feedMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		m.written, m.rejected, m.expired, m.retries, m.batches, m.erased, m.inFlight, m.lagSeconds, m.lagRecords, m.lagFrames, m.up,
	} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (m *feedMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.stats()
	up := 1.0
	if s.Outage != "" {
		up = 0
	}
	for _, one := range []struct {
		d    *prometheus.Desc
		kind prometheus.ValueType
		v    float64
	}{
		{m.written, prometheus.CounterValue, float64(s.PointsWritten)}, {m.rejected, prometheus.CounterValue, float64(s.PointsRejected)},
		{m.expired, prometheus.CounterValue, float64(s.PointsExpired)}, {m.retries, prometheus.CounterValue, float64(s.Retries)},
		{m.batches, prometheus.CounterValue, float64(s.Batches)}, {m.erased, prometheus.CounterValue, float64(s.Erased)},
		{m.inFlight, prometheus.GaugeValue, float64(s.InFlight)},
		{m.lagSeconds, prometheus.GaugeValue, s.Lag.Seconds()}, {m.lagRecords, prometheus.GaugeValue, float64(s.LagRecords)},
		{m.lagFrames, prometheus.GaugeValue, float64(s.LagFrames)}, {m.up, prometheus.GaugeValue, up},
	} {
		ch <- prometheus.MustNewConstMetric(one.d, one.kind, one.v)
	}
}
