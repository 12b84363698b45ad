package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/engine"
)

// actorMetrics exports the actors' counters.
type actorMetrics struct {
	engine                               *engine.Engine
	alive, restarts, setAside, processed *prometheus.Desc
	killed                               *prometheus.Desc
	givenUp, deadLetters                 *prometheus.Desc
	mailboxMax, mailboxP99               *prometheus.Desc
	filledIn, repeated                   *prometheus.Desc
	late, standing                       *prometheus.Desc
}

func newActorMetrics(e *engine.Engine) *actorMetrics {
	by := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("lightsout_actors_"+name, help, []string{"kind"}, nil)
	}
	return &actorMetrics{
		engine: e, alive: by("alive", "Actors that live now."), restarts: by("restarted_total", "Incarnations that died."),
		killed:      by("killed_by_drills_total", "Incarnations that a drill killed; the others of restarted_total died of bugs, hung, or were renewed."),
		setAside:    by("messages_set_aside_total", "Messages that killed an actor too often."),
		processed:   by("messages_processed_total", "Messages taken from mailboxes."),
		givenUp:     by("given_up_total", "Actors that died too often and do not come back."),
		deadLetters: by("dead_letters_total", "Messages to actors that had ended or were ending."),
		mailboxMax:  by("mailbox_messages_max", "Messages that wait for the actor with the most."),
		mailboxP99:  by("mailbox_messages_p99", "Messages that wait for the actor at the 99th percentile."),
		filledIn: prometheus.NewDesc("lightsout_simulator_passings_filled_in_total",
			"Passings whose hit was lost with a checkpoint's life; 0 without faults.", nil, nil),
		late: prometheus.NewDesc("lightsout_actors_late", "Actors that take long over a message; replaced: another incarnation "+
			"has gone on without it.", []string{"replaced"}, nil),
		standing: prometheus.NewDesc("lightsout_simulator_race_standing_seconds",
			"For how long a race that runs has had no durable tick; only those that stand still.", []string{"race"}, nil),
		repeated: prometheus.NewDesc("lightsout_simulator_hits_repeated_total",
			"Hits that came twice, from a car's next life; 0 without faults.", nil, nil),
	}
}

// Describe is part of prometheus.Collector.
func (m *actorMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		m.alive, m.restarts, m.killed, m.setAside, m.processed, m.givenUp, m.deadLetters, m.mailboxMax, m.mailboxP99, m.filledIn, m.repeated,
		m.late, m.standing,
	} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (m *actorMetrics) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	for _, n := range m.engine.System().Counts() {
		ch <- prometheus.MustNewConstMetric(m.alive, prometheus.GaugeValue, float64(n.Spawned-n.Stopped), n.Kind)
		count(m.restarts, n.Restarts, n.Kind)
		count(m.killed, n.Killed, n.Kind)
		count(m.setAside, n.SetAside, n.Kind)
		count(m.processed, n.Processed, n.Kind)
		count(m.givenUp, n.GivenUp, n.Kind)
		count(m.deadLetters, n.DeadLetters, n.Kind)
	}
	for _, d := range m.engine.System().Depths() {
		ch <- prometheus.MustNewConstMetric(m.mailboxMax, prometheus.GaugeValue, float64(d.Max), d.Kind)
		ch <- prometheus.MustNewConstMetric(m.mailboxP99, prometheus.GaugeValue, float64(d.P99), d.Kind)
	}
	for _, s := range m.engine.Standing() {
		ch <- prometheus.MustNewConstMetric(m.standing, prometheus.GaugeValue, s.For.Seconds(), string(s.ID))
	}
	late := map[bool]float64{}
	for _, l := range m.engine.System().Late() {
		late[l.Replaced]++
	}
	for _, replaced := range []bool{false, true} {
		ch <- prometheus.MustNewConstMetric(m.late, prometheus.GaugeValue, late[replaced], strconv.FormatBool(replaced))
	}
	count(m.filledIn, m.engine.FilledIn())
	count(m.repeated, m.engine.Repeated())
}
