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
	if s.runs[o.Race] == nil {
		count, _ := s.owner.Head(o.Race)
		s.runs[o.Race] = &underway{last: count}
	}
	in.Key = o.ID // its receipt is that of the command
	generation := s.generation
	s.desk.node.cfg.Reports.Report(o.Race, &in, func(done race.Ingested, err error) {
		s.desk.post(func() {
			if s.generation == generation {
				s.reported(o, done, err)
			}
		})
	})
}

// reported answers a report that made no batch.
func (s *seat) reported(o Order, done race.Ingested, err error) {
	switch {
	case isBusy(err):
		s.retry = append(s.retry, o)
	case err == nil && !done.Again, unknownOutcome(err): // its receipt is in its batch, or it is not known
	case err == nil:
		s.owner.Refuse(&o, transport.NotRefused, "")
	default:
		s.refuse(o, err)
	}
}
