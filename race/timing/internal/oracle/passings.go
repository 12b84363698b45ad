package oracle

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// readPassings collects each car's passings by the decoders' clocks, not by arrival (rule 10).
func (b *book) readPassings() {
	var all []passing
	for i, r := range b.records {
		switch body := r.Body.(type) {
		case race.Passing:
			all = append(all, b.reportedPassing(r, body))
		case race.Corrected:
			if body.Kind == race.CorrectInsert || body.Kind == race.CorrectSplit {
				all = append(all, b.inserted(i, body))
			}
		default:
		}
	}
	b.each(func(r race.Record) { b.correct(r, all) })
	slices.SortStableFunc(all, comesBefore)
	for _, p := range all {
		switch {
		case p.repeated && p.out: // which of the two verdicts applies depends on the order of arrival
		case p.repeated:
			b.verdict[p.seq] = race.Duplicate
		case p.car == race.NoCar && p.out:
			b.verdict[p.seq] = race.Rejected
		case p.car == race.NoCar:
			b.verdict[p.seq] = race.Suspect
		default:
			b.cars[p.car].passings = append(b.cars[p.car].passings, p)
			if b.started {
				b.latest = max(b.latest, p.at)
			}
		}
	}
}

// comesBefore orders passings by time and line; at the same instant those on the track come first, inserted ones last.
func comesBefore(x, y passing) int {
	said := func(p passing) (n int) {
		if p.made {
			n += 2
		}
		if p.inPit {
			n++
		}
		return n
	}
	return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.line, y.line), cmp.Compare(said(x), said(y)), cmp.Compare(x.seq, y.seq))
}

// reportedPassing returns a passing that a decoder reported.
func (b *book) reportedPassing(r race.Record, body race.Passing) passing {
	p := passing{seq: r.Seq, at: r.Time, line: body.Line, car: body.Car, late: b.late(r.Seq), inPit: body.InPit}
	s := body.Source
	if s == nil {
		return p
	}
	p.at += b.offset(s)
	if p.car == race.NoCar {
		p.car = b.owner(s.Transponder, p.at)
	}
	p.out, p.repeated = b.sameSequence(r, s)
	return p
}

// readFinal finds the record after which the result is final.
func (b *book) readFinal() {
	for _, r := range b.records {
		_, declared := r.Body.(race.ResultDeclared)
		_, ended := r.Body.(race.Ended)
		if b.final == 0 && (declared || ended && b.info.Kind == race.Simulation) {
			b.final = r.Seq
		}
	}
}

// late reports whether a record arrived after the result was final.
func (b *book) late(seq race.Seq) bool { return b.final > 0 && seq > b.final }

// offset returns the offset of a decoder's session: the last one set for the session, else for the whole decoder.
func (b *book) offset(s *race.Source) race.Micros {
	said := map[string]race.Micros{}
	b.each(func(r race.Record) {
		if set, ok := r.Body.(race.DecoderSet); ok && set.Decoder == s.Decoder {
			said[set.Session] = set.Offset
		}
	})
	if own, ok := said[s.Session]; ok {
		return own
	}
	return said[""]
}

// owner returns the car of a transponder at a time: by the last assignment before, else by the last assignment without a time,
// else by the entry that names it.
func (b *book) owner(transponder string, at race.Micros) race.CarIdx {
	owner, since := race.NoCar, race.NoTime
	for _, c := range b.cars {
		if slices.Contains(c.entry.Transponders, transponder) {
			owner = c.car
		}
	}
	b.each(func(r race.Record) {
		given, ok := r.Body.(race.TransponderAssigned)
		switch {
		case !ok || given.Transponder != transponder:
		case given.From == 0 && since == race.NoTime:
			owner = given.Car
		case given.From != 0 && given.From <= at && given.From >= since:
			owner, since = given.Car, given.From
		}
	})
	return owner
}

// inserted returns a passing that no decoder reported. A lap split without a time is split in its middle, as the lap was when
// the split was ordered.
func (b *book) inserted(i int, body race.Corrected) passing {
	r := b.records[i]
	p := passing{seq: r.Seq, at: body.At, line: body.Line, car: body.Car, made: true, forced: true, out: b.undone[r.Seq]}
	if body.Kind == race.CorrectInsert {
		return p
	}
	p.line = 0
	if b.estimated[r.Seq] {
		then, since := b.before(i)
		c := then.cars[body.Car]
		lap := body.Lap
		from := c.from
		if lap > 1 {
			from = c.ends[lap-2]
		}
		p.at = from/2 + c.ends[lap-1]/2 + since
	}
	return p
}

// sameSequence searches for reports with the same decoder, session and sequence: an earlier one with the same time makes this a
// repeat; of several times the earliest counts.
func (b *book) sameSequence(r race.Record, s *race.Source) (out, repeated bool) {
	if s.Decoder == "" {
		return false, false
	}
	for _, other := range b.records {
		body, ok := other.Body.(race.Passing)
		if !ok || other.Seq == r.Seq || body.Source == nil {
			continue
		}
		if o := body.Source; o.Decoder != s.Decoder || o.Session != s.Session || o.Sequence != s.Sequence {
			continue
		}
		if late := b.late(r.Seq); b.late(other.Seq) == late && other.Time < r.Time || late && !b.late(other.Seq) && other.Time != r.Time {
			out = true
		}
		if other.Time == r.Time && other.Seq < r.Seq {
			repeated = true
		}
	}
	return out, repeated
}

func (b *book) correct(r race.Record, all []passing) {
	body, ok := r.Body.(race.Corrected)
	if !ok {
		return
	}
	at := slices.IndexFunc(all, func(p passing) bool { return p.seq == body.Passing })
	if at < 0 || all[at].made && b.undone[body.Passing] {
		return
	}
	switch body.Kind {
	case race.CorrectAccept:
		all[at].forced, all[at].out = true, false
	case race.CorrectReject:
		all[at].forced, all[at].out = all[at].made, true
	case race.CorrectMove:
		all[at].car = body.Car
	case race.CorrectInsert, race.CorrectSplit:
	}
}
