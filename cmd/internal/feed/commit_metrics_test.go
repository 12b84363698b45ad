package feed

import (
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/actors/processor"
	"lightsout/race"
)

// slowJournal commits when it is told to.
type slowJournal struct {
	processor.Journal
	waiting []func(error)
}

func (j *slowJournal) Append(_ *race.Batch, ready func(error)) { j.waiting = append(j.waiting, ready) }
func (j *slowJournal) AppendFacts(race.ID, []race.Facts)       {}

func TestCommitTimes_CountABatchOnceWhenItIsDurableAndOnceWhenItIsApplied(t *testing.T) {
	r := prometheus.NewRegistry()
	times := NewCommitTimes(r)
	under := &slowJournal{}
	j := times.Journal(under)
	for i := range 3 {
		at := race.Seq(10 * i)
		j.Append(&race.Batch{Race: "a", Records: []race.Record{{Seq: at + 1}, {Seq: at + 2}}}, func(error) {})
	}
	j.Append(&race.Batch{Race: "a"}, func(error) {}) // a tick without records is durable, and has nothing to apply
	expect := func(commits, applied uint64) {
		t.Helper()
		if n := samples(t, r, "lightsout_journal_commits_total"); n != commits {
			t.Errorf("%d commits, expected %d", n, commits)
		}
		if n := samples(t, r, "lightsout_journal_durable_seconds"); n != commits {
			t.Errorf("%d times to durable, expected %d", n, commits)
		}
		if n := samples(t, r, "lightsout_journal_applied_seconds"); n != applied {
			t.Errorf("%d times to applied, expected %d", n, applied)
		}
	}
	expect(0, 0)
	for _, ready := range under.waiting[1:] {
		ready(nil)
	}
	under.waiting[0](errors.New("no such race"))
	expect(3, 0)
	j.AppendFacts("b", []race.Facts{{Seq: 99}})
	expect(3, 0)
	j.AppendFacts("a", []race.Facts{{Seq: 5}, {Seq: 12}})
	expect(3, 2)
	j.AppendFacts("a", []race.Facts{{Seq: 12}}) // folded again by a new incarnation
	expect(3, 2)
	j.AppendFacts("a", []race.Facts{{Seq: 22}})
	expect(3, 3)
	if count, _, _ := times.take(); count != 3 {
		t.Errorf("the series has %d commits, the metric 3", count)
	}
}

// samples is the value of a counter, or how many values a histogram has.
func samples(t *testing.T, r *prometheus.Registry, name string) uint64 {
	t.Helper()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return f.GetMetric()[0].GetHistogram().GetSampleCount() + uint64(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
