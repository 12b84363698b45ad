package gateway

import "github.com/prometheus/client_golang/prometheus"

// Metrics of the gateway.
type Metrics struct {
	requests   *prometheus.CounterVec
	seconds    prometheus.Histogram
	spectators prometheus.Gauge
	sent       prometheus.Counter
	sentBytes  prometheus.Counter
	snapshots  prometheus.Counter
	cut        prometheus.Counter
}

// NewMetrics registers the gateway's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "lightsout_gateway_" + name, Help: help})
	}
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightsout_gateway_requests_handled_total", Help: "HTTP requests by class of status.",
		}, []string{"class"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_gateway_request_seconds", Help: "Time to answer an HTTP request.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}),
		spectators: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lightsout_gateway_spectators", Help: "Spectators that watch now.",
		}),
		sent:      counter("messages_sent_total", "Messages sent to spectators."),
		sentBytes: counter("sent_bytes_total", "Bytes sent to spectators."),
		snapshots: counter("snapshots_sent_total", "Snapshots sent to spectators."),
		cut:       counter("spectators_cut_total", "Spectators cut because they did not read."),
	}
	if r != nil {
		r.MustRegister(m.requests, m.seconds, m.spectators, m.sent, m.sentBytes, m.snapshots, m.cut)
	}
	return m
}

func (m *Metrics) orNone() *Metrics {
	if m == nil {
		return NewMetrics(nil)
	}
	return m
}
