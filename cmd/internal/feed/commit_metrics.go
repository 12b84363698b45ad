package feed

import (
	"github.com/prometheus/client_golang/prometheus"

	"lightsout/race"
)

// commitMetrics exports how batches come into the log. A commit is a batch that is on disk.
type commitMetrics struct {
	commits          prometheus.Counter
	durable, applied prometheus.Histogram
}

// latencyBuckets reach from a quick disk to one that stalls, in seconds.
var latencyBuckets = []float64{.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newCommitMetrics(r prometheus.Registerer) *commitMetrics {
	m := &commitMetrics{
		commits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "lightsout_journal_commits_total", Help: "Commits: batches that were made durable.",
		}),
		durable: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_journal_durable_seconds", Help: "From the arrival of a batch at the journal until it is on disk.", Buckets: latencyBuckets,
		}),
		applied: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lightsout_journal_applied_seconds", Buckets: latencyBuckets,
			Help: "From the arrival of a batch with records at the journal until the rulebook has folded it.",
		}),
	}
	r.MustRegister(m.commits, m.durable, m.applied)
	return m
}

// NewCommitTimes makes the times of a process, exported as metrics.
func NewCommitTimes(r prometheus.Registerer) *CommitTimes {
	return &CommitTimes{metrics: newCommitMetrics(r)}
}

// AppendFacts is part of processor.Journal. Facts follow from records that were folded.
func (j timedJournal) AppendFacts(id race.ID, facts []race.Facts) {
	if n := len(facts); n > 0 {
		j.times.apply(id, facts[n-1].Seq)
	}
	j.Journal.AppendFacts(id, facts)
}
