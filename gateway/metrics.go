package gateway

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of HTTP. Those of spectators are in gateway/live.
type metrics struct {
	requests           *prometheus.CounterVec
	seconds            prometheus.Histogram
	connectionsRefused atomic.Int64
}

// newMetrics registers the metrics. A nil registry registers nothing.
func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightsout_gateway_requests_handled_total", Help: "HTTP requests by class of status.",
		}, []string{"class"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_gateway_request_seconds", Help: "Time to answer an HTTP request.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}),
	}
	if r == nil {
		return m
	}
	r.MustRegister(m.requests, m.seconds, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "lightsout_gateway_connections_refused_total",
		Help: "Connections refused, or ended while they waited for a request, because there were too many.",
	}, func() float64 { return float64(m.connectionsRefused.Load()) }))
	return m
}
