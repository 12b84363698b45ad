package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"lightsout/cmd/internal/drills"
	"lightsout/race"
)

// drillMetrics exports what drills do on this server.
type drillMetrics struct {
	drills          *drills.Drills
	strikes, phases *prometheus.Desc
}

func newDrillMetrics(d *drills.Drills) *drillMetrics {
	return &drillMetrics{
		drills:  d,
		strikes: prometheus.NewDesc("lightsout_drill_strikes_total", "Strikes of drills on this server.", nil, nil),
		phases:  prometheus.NewDesc("lightsout_drills", "Drills of this process by phase, and those that an earlier one left interrupted.", []string{"phase"}, nil),
	}
}

// Describe is part of prometheus.Collector.
func (m *drillMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.strikes
	ch <- m.phases
}

// Collect is part of prometheus.Collector.
func (m *drillMetrics) Collect(ch chan<- prometheus.Metric) {
	strikes, phases := m.drills.Counts()
	ch <- prometheus.MustNewConstMetric(m.strikes, prometheus.CounterValue, float64(strikes))
	for phase := race.DrillOn; phase <= race.DrillInterrupted; phase++ {
		ch <- prometheus.MustNewConstMetric(m.phases, prometheus.GaugeValue, float64(phases[phase]), phase.String())
	}
}
