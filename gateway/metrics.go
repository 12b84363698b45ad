package gateway

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of the gateway.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  prometheus.Histogram
	reach    prometheus.Histogram

	// Of those who watch; they are read by boards too.
	spectators, sent, sentBytes, snapshots, cut, spectatorsRefused, connectionsRefused atomic.Int64
	told                                                                               reached
}

// Audience is how those who watch are doing. Spectators is of now, the counters since the process began; Told counts the
// times that facts reached a spectator since the last look, and how long after what they follow from had arrived.
type Audience struct {
	Spectators, Messages, Bytes, Snapshots, Cut int64
	Told                                        int64
	ReachMean, ReachMax                         time.Duration
}

// NewMetrics registers the gateway's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightsout_gateway_requests_handled_total", Help: "HTTP requests by class of status.",
		}, []string{"class"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_gateway_request_seconds", Help: "Time to answer an HTTP request.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}),
		reach: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_gateway_reach_seconds", Help: "From a passing's arrival until what follows from it is written to a spectator.",
			Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 5},
		}),
	}
	if r == nil {
		return m
	}
	r.MustRegister(m.requests, m.seconds, m.reach, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lightsout_gateway_spectators", Help: "Spectators that watch now.",
	}, func() float64 { return float64(m.spectators.Load()) }))
	for _, c := range []struct {
		name, help string
		of         *atomic.Int64
	}{
		{"messages_sent_total", "Messages sent to spectators.", &m.sent},
		{"sent_bytes_total", "Bytes sent to spectators.", &m.sentBytes},
		{"snapshots_sent_total", "Snapshots sent to spectators.", &m.snapshots},
		{"spectators_cut_total", "Spectators cut because they did not read.", &m.cut},
		{"spectators_refused_total", "Spectators refused because there were too many.", &m.spectatorsRefused},
		{"connections_refused_total", "Connections refused, or ended while they waited for a request, because there were too many.", &m.connectionsRefused},
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "lightsout_gateway_" + c.name, Help: c.help},
			func() float64 { return float64(c.of.Load()) }))
	}
	return m
}

// Audience looks at those who watch.
func (m *Metrics) Audience() Audience {
	a := Audience{
		Spectators: m.spectators.Load(), Messages: m.sent.Load(), Bytes: m.sentBytes.Load(), Snapshots: m.snapshots.Load(),
		Cut: m.cut.Load(),
	}
	a.Told, a.ReachMean, a.ReachMax = m.told.take()
	return a
}

// reach notes that facts reached a spectator so long after what they follow from had arrived.
func (m *Metrics) reached(d time.Duration) {
	m.reach.Observe(d.Seconds())
	m.told.add(d)
}

func (m *Metrics) orNone() *Metrics {
	if m == nil {
		return NewMetrics(nil)
	}
	return m
}

// reached gathers how long it took, since the last look.
type reached struct{ count, sum, most atomic.Int64 }

func (r *reached) add(d time.Duration) {
	r.count.Add(1)
	r.sum.Add(int64(d))
	for {
		was := r.most.Load()
		if int64(d) <= was || r.most.CompareAndSwap(was, int64(d)) {
			return
		}
	}
}

func (r *reached) take() (count int64, mean, most time.Duration) {
	count, sum := r.count.Swap(0), r.sum.Swap(0)
	if count > 0 {
		mean = time.Duration(sum / count)
	}
	return count, mean, time.Duration(r.most.Swap(0))
}
