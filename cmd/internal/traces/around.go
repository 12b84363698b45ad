package traces

import (
	"context"
	"time"

	"lightsout/actors/processor"
	"lightsout/gateway"
	"lightsout/race"
)

// Journal follows the batches that come to a journal.
func (t *Tracer) Journal(j processor.Journal) processor.Journal {
	if t == nil {
		return j
	}
	return journal{j, t}
}

type journal struct {
	processor.Journal
	t *Tracer
}

// Append is part of processor.Journal.
func (j journal) Append(b *race.Batch, ready func(error)) {
	w := j.t.follow(b, time.Now())
	if w == nil {
		j.Journal.Append(b, ready)
		return
	}
	j.Journal.Append(b, func(err error) {
		now := time.Now()
		j.t.mu.Lock()
		if err == nil {
			w.durable = now
		}
		j.t.mu.Unlock()
		ready(err)
	})
}

// AppendFacts is part of processor.Journal. Facts follow from records that were folded.
func (j journal) AppendFacts(id race.ID, facts []race.Facts) {
	if n := len(facts); n > 0 {
		j.t.apply(id, facts[n-1].Seq)
	}
	j.Journal.AppendFacts(id, facts)
}

// Ingest follows reports from the moment at which they come to the server.
func (t *Tracer) Ingest(in gateway.Ingest) gateway.Ingest {
	if t == nil {
		return in
	}
	return ingest{in, t}
}

type reports = gateway.Ingest // whose name is that of a method

type ingest struct {
	reports
	t *Tracer
}

// Ingest is part of gateway.Ingest.
func (i ingest) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	begun := time.Now()
	out, err := i.reports.Ingest(ctx, id, in)
	if err == nil && out.First > 0 {
		i.t.ask(id, out.First, begun)
	}
	return out, err
}

// Rule is part of gateway.Ingest.
func (i ingest) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	begun := time.Now()
	out, err := i.reports.Rule(ctx, id, r)
	if err == nil && out.Seq > 0 {
		i.t.ask(id, out.Seq, begun)
	}
	return out, err
}
