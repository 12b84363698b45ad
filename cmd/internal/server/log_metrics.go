package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/transport/kafka"
)

// logMetrics exports how far this process is with the shared log.
type logMetrics struct {
	node                                            *kafka.Node
	folded, lag, owned, epoch, void, claims, waited *prometheus.Desc
}

func newLogMetrics(n *kafka.Node) *logMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("lightsout_log_"+name, help, labels, nil)
	}
	return &logMetrics{
		node:   n,
		folded: desc("folded_offset", "Offset of the log that this process has folded to.", "partition"),
		lag:    desc("copy_lag_entries", "Entries that were folded and are not applied in this process's copy.", "partition"),
		owned:  desc("partition_owned", "1 if this process's claim to the partition is in force.", "partition", "role"),
		epoch:  desc("claim_epoch", "Epoch of the claim in force.", "partition", "role"),
		void:   desc("void_entries_total", "Entries that do not count, by verdict.", "verdict"),
		claims: desc("claims_won_total", "Claims of this process that came into force."),
		waited: desc("orders_waiting", "Commands of this process that have no receipt yet."),
	}
}

// Describe is part of prometheus.Collector.
func (m *logMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.folded, m.lag, m.owned, m.epoch, m.void, m.claims, m.waited} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (m *logMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := m.node.Stats()
	for i, p := range s.Partitions {
		name := strconv.Itoa(i)
		gauge(m.folded, float64(p.Folded), name)
		gauge(m.lag, float64(p.Folded-p.Applied), name)
		for _, c := range p.Claims {
			gauge(m.owned, one(c.Own), name, c.Role.String())
			gauge(m.epoch, float64(c.Epoch), name, c.Role.String())
		}
	}
	for verdict, n := range s.Void {
		ch <- prometheus.MustNewConstMetric(m.void, prometheus.CounterValue, float64(n), verdict)
	}
	ch <- prometheus.MustNewConstMetric(m.claims, prometheus.CounterValue, float64(s.ClaimsWon))
	gauge(m.waited, float64(s.OrdersWaiting))
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
