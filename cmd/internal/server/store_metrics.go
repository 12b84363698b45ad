package server

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/race"
	"lightsout/storage/sqlite"
)

// storeMetrics exports the file of races, its disk, and the races by status.
type storeMetrics struct {
	store                                        *sqlite.Store
	log                                          *slog.Logger
	file, wal, used, quota, free, failing, races *prometheus.Desc
}

func newStoreMetrics(s *sqlite.Store, log *slog.Logger) *storeMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("lightsout_"+name, help, labels, nil)
	}
	return &storeMetrics{
		store: s, log: log,
		file:    desc("store_file_bytes", "Size of the file of races."),
		wal:     desc("store_wal_bytes", "Size of the write-ahead log beside it."),
		used:    desc("store_used_bytes", "Bytes of the file that are in use; the others are free pages."),
		quota:   desc("store_quota_bytes", "Largest size of the file (--max-disk); 0 means none."),
		free:    desc("store_disk_free_bytes", "Bytes that are free on the disk of the file."),
		failing: desc("store_failing", "1: commits fail and races wait; 0: commits succeed."),
		races:   desc("races", "Races in the file, by status.", "status"),
	}
}

// Describe is part of prometheus.Collector.
func (m *storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.file, m.wal, m.used, m.quota, m.free, m.failing, m.races} {
		ch <- d
	}
}

// storeTimeout bounds how long a scrape waits for the file.
const storeTimeout = 2 * time.Second

// Collect is part of prometheus.Collector. What cannot be read is left out: the other metrics are needed most when the file is not well.
func (m *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(m.failing, one(m.store.Failing() != nil))
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	space, err := m.store.Space(ctx)
	if err != nil {
		m.log.Warn("the size of the file cannot be measured", slog.Any("err", err))
		return
	}
	gauge(m.file, float64(space.File))
	gauge(m.wal, float64(space.WAL))
	gauge(m.used, float64(space.Used))
	gauge(m.quota, float64(space.Quota))
	if space.DiskFree >= 0 {
		gauge(m.free, float64(space.DiskFree))
	}
	census, err := m.store.Census(ctx)
	if err != nil {
		m.log.Warn("the races cannot be counted", slog.Any("err", err))
		return
	}
	for status := race.Waiting; status <= race.Failed; status++ {
		gauge(m.races, float64(census[status]), status.String())
	}
}

// newBuildInfo says what runs: its value is always 1.
func newBuildInfo(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "lightsout_build_info", Help: "The program that runs; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	g.Set(1)
	return g
}
