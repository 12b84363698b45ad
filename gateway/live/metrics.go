package live

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of spectators.
type Metrics struct {
	reach                                                prometheus.Histogram
	spectators, messages, bytes, snapshots, cut, refused atomic.Int64
	reached                                              latency // since the last call of Audience
}

// Audience is how spectators are doing. Spectators is a gauge; Messages, Bytes, Snapshots and Cut count since the process began.
// Reached, ReachMean and ReachMax are of the facts that were sent since the last call: how many, and how long after the arrival of
// their record.
type Audience struct {
	Spectators, Messages, Bytes, Snapshots, Cut int64
	Reached                                     int64
	ReachMean, ReachMax                         time.Duration
}

// NewMetrics registers the metrics of spectators. A nil Registerer registers nothing.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{reach: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "lightsout_gateway_reach_seconds", Help: "From a passing's arrival until what follows from it is written to a spectator.",
		Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 5},
	})}
	if r == nil {
		return m
	}
	r.MustRegister(m.reach, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lightsout_gateway_spectators", Help: "Spectators that watch now.",
	}, func() float64 { return float64(m.spectators.Load()) }))
	for _, c := range []struct {
		name, help string
		value      *atomic.Int64
	}{
		{"messages_sent_total", "Messages sent to spectators.", &m.messages},
		{"sent_bytes_total", "Bytes sent to spectators.", &m.bytes},
		{"snapshots_sent_total", "Snapshots sent to spectators.", &m.snapshots},
		{"spectators_cut_total", "Spectators cut because they did not read.", &m.cut},
		{"spectators_refused_total", "Spectators refused because there were too many.", &m.refused},
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "lightsout_gateway_" + c.name, Help: c.help},
			func() float64 { return float64(c.value.Load()) }))
	}
	return m
}

// Audience reads the counters and resets what is counted between two calls.
func (m *Metrics) Audience() Audience {
	a := Audience{
		Spectators: m.spectators.Load(), Messages: m.messages.Load(), Bytes: m.bytes.Load(), Snapshots: m.snapshots.Load(),
		Cut: m.cut.Load(),
	}
	a.Reached, a.ReachMean, a.ReachMax = m.reached.reset()
	return a
}

// observeReach records how long after the arrival of a record its facts were sent to a spectator.
func (m *Metrics) observeReach(d time.Duration) {
	m.reach.Observe(d.Seconds())
	m.reached.add(d)
}

// latency is a count, a sum and a maximum of durations.
type latency struct{ count, sum, max atomic.Int64 }

func (l *latency) add(d time.Duration) {
	l.count.Add(1)
	l.sum.Add(int64(d))
	for {
		before := l.max.Load()
		if int64(d) <= before || l.max.CompareAndSwap(before, int64(d)) {
			return
		}
	}
}

// reset returns what was added since the last reset.
func (l *latency) reset() (count int64, mean, longest time.Duration) {
	count, sum := l.count.Swap(0), l.sum.Swap(0)
	if count > 0 {
		mean = time.Duration(sum / count)
	}
	return count, mean, time.Duration(l.max.Swap(0))
}
