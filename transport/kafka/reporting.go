package kafka

import (
	"lightsout/race"
	"lightsout/transport"
)

// applied goes on with commands that waited for the copy.
func (s *seat) applied(to int64) {
	for len(s.waiting) > 0 && s.waiting[0].offset <= to {
		o := s.waiting[0].Order
		s.waiting = s.waiting[1:]
		s.report(o)
	}
}

// report hands over what was reported of a race.
func (s *seat) report(o Order) {
	var in race.Report
	switch c := o.Command.(type) {
	case *foreign:
		if c.report == nil {
			s.read(o, c)
			return
		}
		if in = *c.report; in.Items() == 0 { // all of them are dead letters
			s.owner.Refuse(&o, transport.NotRefused, "")
			return
		}
	case *transport.Command:
		if c.Delete {
			s.delete(o)
			return
		}
		in = *c.Report
	}
	r := s.runs[o.Race]
	if r == nil {
		count, _ := s.owner.Head(o.Race)
		r = &underway{last: count}
		s.runs[o.Race] = r
	}
	in.Key = o.ID // its receipt is that of the command
	r.reports = append(r.reports, pendingReport{o, &in})
	s.handReports(r)
}

// Limits of what a race's Ingest was handed and has not answered; it refuses more than twice as much.
const (
	reportsOut     = 256
	reportItemsOut = 100_000
)

// pendingReport is a report in the order of the commands.
type pendingReport struct {
	Order
	in *race.Report
}

// handReports hands over what an Ingest takes, in order.
func (s *seat) handReports(r *underway) {
	for len(r.reports) > 0 && r.out < reportsOut && (r.itemsOut+r.reports[0].in.Items() <= reportItemsOut || r.out == 0) {
		p := r.reports[0]
		r.reports = r.reports[1:]
		items := p.in.Items()
		r.out, r.itemsOut = r.out+1, r.itemsOut+items
		generation := s.generation
		s.desk.node.cfg.Reports.Report(p.Race, p.in, func(done race.Ingested, err error) {
			s.atDeskOf(generation, func() {
				r.out, r.itemsOut = r.out-1, r.itemsOut-items
				s.reported(p.Order, done, err)
				s.handReports(r)
			})
		})
	}
}

// reported answers a report that made no batch.
func (s *seat) reported(o Order, done race.Ingested, err error) {
	state, _ := s.desk.fold.Race(o.Race)
	switch {
	case isBusy(err): // others report to this race here, too
		s.retry = append(s.retry, o)
	case unknownOutcome(err) && (state.Deleted || s.runs[o.Race] == nil): // nobody will answer it any more
		s.owner.Again(o)
	case err == nil && !done.Again, unknownOutcome(err): // its receipt is in its batch, or it is not known
	case err == nil:
		s.owner.Refuse(&o, transport.NotRefused, "")
	default:
		s.refuse(o, err)
	}
}
