package oracle

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// readPassings gathers each car's hits by the decoders' clocks, not in the order in which they came (rule 10).
func (b *book) readPassings() {
	var all []passing
	for i, r := range b.records {
		switch body := r.Body.(type) {
		case race.Passing:
			all = append(all, b.heard(r, body))
		case race.Corrected:
			if body.Kind == race.CorrectInsert || body.Kind == race.CorrectSplit {
				all = append(all, b.inserted(i, body))
			}
		default:
		}
	}
	b.each(func(r race.Record) { b.correct(r, all) })
	slices.SortStableFunc(all, func(x, y passing) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.line, y.line), cmp.Compare(x.seq, y.seq))
	})
	for _, p := range all {
		switch {
		case p.twice && p.out: // which of the two it is hangs on what came first
		case p.twice:
			b.verdict[p.seq] = race.Duplicate
		case p.car == race.NoCar && p.out:
			b.verdict[p.seq] = race.Rejected
		case p.car == race.NoCar:
			b.verdict[p.seq] = race.Suspect
		default:
			b.cars[p.car].passings = append(b.cars[p.car].passings, p)
		}
	}
}

// heard is a hit that a decoder told of.
func (b *book) heard(r race.Record, body race.Passing) passing {
	p := passing{seq: r.Seq, at: r.Time, line: body.Line, car: body.Car}
	s := body.Source
	if s == nil {
		return p
	}
	p.at += b.offset(s.Decoder)
	if p.car == race.NoCar {
		p.car = b.owner(s.Transponder)
	}
	p.out, p.twice = b.told(r, s)
	return p
}

// offset is what is added to a decoder's times: what was said last.
func (b *book) offset(decoder string) (offset race.Micros) {
	b.each(func(r race.Record) {
		if set, ok := r.Body.(race.DecoderSet); ok && set.Decoder == decoder {
			offset = set.Offset
		}
	})
	return offset
}

// owner is whose a transponder is: the entry's that names it, or who it was given to last.
func (b *book) owner(transponder string) race.CarIdx {
	owner := race.NoCar
	for _, c := range b.cars {
		if slices.Contains(c.entry.Transponders, transponder) {
			owner = c.car
		}
	}
	b.each(func(r race.Record) {
		if given, ok := r.Body.(race.TransponderAssigned); ok && given.Transponder == transponder {
			owner = given.Car
		}
	})
	return owner
}

// inserted is a hit that no decoder told of. A lap that is split where nobody says is split in its middle, as it was
// when that was ordered.
func (b *book) inserted(i int, body race.Corrected) passing {
	r := b.records[i]
	p := passing{seq: r.Seq, at: body.At, line: body.Line, car: body.Car, made: true, forced: true, out: b.undone[r.Seq]}
	if body.Kind == race.CorrectInsert {
		return p
	}
	p.line = 0
	if p.at == 0 {
		before := open(b.records[:i])
		before.driveAll()
		ends := before.cars[body.Car].ends
		p.at = ends[body.Lap-1] / 2
		if body.Lap > 1 {
			p.at += ends[body.Lap-2] / 2
		}
	}
	return p
}

// told looks for the same number of the same decoder: told earlier with the same time it is one hit; of several times
// the earliest stands.
func (b *book) told(r race.Record, s *race.Source) (out, twice bool) {
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
		if other.Time < r.Time {
			out = true
		}
		if other.Time == r.Time && other.Seq < r.Seq {
			twice = true
		}
	}
	return out, twice
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
