package gateway

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"lightsout/race"
)

// metrics of HTTP. Those of spectators are in gateway/live.
type metrics struct {
	requests           *prometheus.CounterVec
	seconds            *prometheus.HistogramVec
	items              *prometheus.CounterVec
	connectionsRefused atomic.Int64
}

// Outcomes of an item that was reported.
const (
	itemsAccepted = "accepted" // recorded
	itemsRepeated = "repeated" // reported before
	itemsWrong    = "wrong"    // faults were named
	itemsBusy     = "busy"     // too much was in flight: sent again later
)

// newMetrics registers the metrics. A nil registry registers nothing.
func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightsout_gateway_requests_handled_total", Help: "HTTP requests by route, method and status.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lightsout_gateway_request_seconds", Help: "Time to answer an HTTP request, by route and method.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"route", "method"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lightsout_gateway_items_ingested_total", Help: "Passings and samples that were reported by HTTP, by outcome.",
		}, []string{"kind", "outcome"}),
	}
	for kind := range itemsOf {
		for _, outcome := range []string{itemsAccepted, itemsRepeated, itemsWrong, itemsBusy} {
			m.items.WithLabelValues(kind, outcome)
		}
	}
	if r == nil {
		return m
	}
	r.MustRegister(m.requests, m.seconds, m.items, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "lightsout_gateway_connections_refused_total",
		Help: "Connections refused, or ended while they waited for a request, because there were too many.",
	}, func() float64 { return float64(m.connectionsRefused.Load()) }))
	return m
}

// otherRoute stands for all paths that no route has.
const otherRoute = "other"

// measure counts a request that was answered. Routes are those that are registered, so there are only so many.
func (m *metrics) measure(c *fiber.Ctx, known map[route]bool, took time.Duration) {
	at, method := route{c.Route().Method, c.Route().Path}, strings.Clone(c.Method())
	if !known[at] {
		at.pattern = otherRoute
	}
	m.requests.WithLabelValues(at.pattern, method, strconv.Itoa(c.Response().StatusCode())).Inc()
	m.seconds.WithLabelValues(at.pattern, method).Observe(took.Seconds())
}

// countItems counts the items of a report by their outcome.
func (m *metrics) countItems(kind string, taken race.Ingested, wrong int, err error, items int) {
	add := func(outcome string, n int) { m.items.WithLabelValues(kind, outcome).Add(float64(n)) }
	add(itemsWrong, wrong)
	switch {
	case errors.Is(err, race.ErrBusy):
		add(itemsBusy, items)
	case err == nil && !taken.Again:
		add(itemsAccepted, taken.Records+taken.Samples)
		add(itemsRepeated, taken.Repeated)
	case err == nil:
		add(itemsRepeated, taken.Records+taken.Samples+taken.Repeated)
	}
}
