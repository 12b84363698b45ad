package timing

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"slices"

	"lightsout/race"
)

// ErrSnapshot is wrapped if a snapshot is damaged or has another version.
var ErrSnapshot = errors.New("not a snapshot of a race's timing")

// A snapshot contains everything that the next record needs, in the order of State.visit; numbers are zigzag varints:
//
//	┌──────────────┬───────────────────────────────────────────────────────────────────────┬─────────────────────┐
//	│ magic "LOT6" │ info, entries, rulings, sources, cars with passings and laps, order, …    │ CRC-32C u32, little │
//	└──────────────┴───────────────────────────────────────────────────────────────────────┴─────────────────────┘
//
// The digit is the version. Raise it when the visited fields or the meaning of a value change (a golden test checks this).
// What follows from the rest (lines, flags, suspensions, rulings by car, places, boards, events) is recomputed.
const (
	snapshotMagic = "LOT6"
	snapshotSum   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the state as a snapshot; equal states give equal bytes. A snapshot and the records after it give the
// same facts as the whole log.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	from := len(b)
	a := archive{b: append(b, snapshotMagic...)}
	s.visit(&a)
	if a.err != nil {
		return b, a.err
	}
	return binary.LittleEndian.AppendUint32(a.b, crc32.Checksum(a.b[from:], castagnoli)), nil
}

// Decode decodes a snapshot. It returns an error that wraps ErrSnapshot if the bytes are damaged. It does not keep b.
func Decode(b []byte) (*State, error) { return decode(b, true) }

func decode(b []byte, guarded bool) (*State, error) {
	n := len(b) - snapshotSum
	if n < len(snapshotMagic) || string(b[:len(snapshotMagic)]) != snapshotMagic {
		return nil, fmt.Errorf("%w: %d bytes, too few or not of this version", ErrSnapshot, len(b))
	}
	if guarded && crc32.Checksum(b[:n], castagnoli) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, fmt.Errorf("%w: its checksum does not fit", ErrSnapshot)
	}
	a := archive{b: b[len(snapshotMagic):n], reading: true}
	s := &State{}
	s.visit(&a)
	s.restore(&a)
	if a.err != nil {
		return nil, a.err
	}
	return s, nil
}

func (s *State) visit(a *archive) {
	plain(a, &s.info)
	list(a, &s.entries, func(a *archive, _ int, e *race.Entry) { plain(a, e) })
	list(a, &s.acts, visitAct)
	s.sources.visit(a)
	list(a, &s.cars, func(a *archive, at int, c *car) { c.visit(a, race.CarIdx(at)) })
	visitPassings(a, &s.strays, race.NoCar)
	number(a, &s.status)
	number(a, &s.shift)
	number(a, &s.endedAt)
	number(a, &s.latest)
	numbers(a, &s.order)
	s.flagged.visit(a)
	number(a, &s.leaderLap)
	s.bests.visit(a)
	s.result.visit(a)
}

func (c *car) visit(a *archive, idx race.CarIdx) {
	visitPassings(a, &c.passings, idx)
	list(a, &c.acts, visitAct)
	c.run.visit(a)
}

// visitPassings visits the passings of a car as differences: most are close to the one before and belong to the car as
// reported.
func visitPassings(a *archive, passings *[]passing, idx race.CarIdx) {
	list(a, passings, func(a *archive, at int, h *passing) {
		var before passing
		if at > 0 {
			before = (*passings)[at-1]
		}
		h.visit(a, &before, idx)
	})
}

func (h *passing) visit(a *archive, before *passing, idx race.CarIdx) {
	delta(a, &h.at, before.at)
	delta(a, &h.seq, before.seq)
	number(a, &h.line)
	number(a, &h.speed)
	number(a, &h.decoder)
	h.of.visit(a, idx)
	number(a, &h.ruled)
	number(a, &h.verdict)
	a.flags(&h.inPit, &h.made, &h.conflict, &h.unpublished, &h.late)
}

func (s *subject) visit(a *archive, idx race.CarIdx) {
	car, transponder := s.car(), int32(0)
	if car == race.NoCar {
		transponder = s.transponder()
	}
	delta(a, &car, idx)
	number(a, &transponder)
	checks(a, "a passing", car >= race.NoCar, transponder >= 0)
	if *s = ofCar(car); car == race.NoCar {
		*s = ofTransponder(transponder)
	}
}

// bodies are the rulings that an act may hold. A snapshot refers to them by index: append only.
var bodies = []race.Body{
	race.TyresFitted{}, race.CarRetired{}, race.CarNotStarted{}, race.CarDisqualified{}, race.Penalised{},
	race.PenaltyServed{}, race.LapDeleted{}, race.FlagShown{}, race.Suspended{}, race.Resumed{}, race.Abandoned{},
	race.StartAborted{}, race.Corrected{}, race.TransponderAssigned{}, race.DecoderSet{}, race.Undone{},
	race.StartMoved{},
}

func visitAct(a *archive, _ int, one *act) {
	number(a, &one.seq)
	number(a, &one.at)
	a.flags(&one.undone)
	kind := slices.IndexFunc(bodies, func(b race.Body) bool { return reflect.TypeOf(b) == reflect.TypeOf(one.body) })
	number(a, &kind)
	if kind < 0 || kind >= len(bodies) {
		a.damaged("a ruling of kind %d", kind)
	}
	if a.err != nil {
		return
	}
	body := reflect.New(reflect.TypeOf(bodies[kind])).Elem()
	if !a.reading {
		body.Set(reflect.ValueOf(one.body))
	}
	a.value(body)
	if filled, ok := body.Interface().(race.Body); ok {
		one.body = filled
	}
}

// reported is a passing and its sourceID, an entry of the map that is encoded as a list.
type reported struct {
	sourceID
	known
}

func (s *sources) visit(a *archive) {
	list(a, &s.decoders, func(a *archive, _ int, d *decoder) { text(a, &d.name); text(a, &d.session) })
	numbers(a, &s.offsets)
	list(a, &s.transponders, func(a *archive, _ int, t *transponder) {
		text(a, &t.name)
		number(a, &t.car)
		list(a, &t.handed, func(a *archive, _ int, h *handover) { number(a, &h.from); number(a, &h.car) })
	})
	seen := s.reported()
	list(a, &seen, func(a *archive, at int, h *reported) {
		var before reported
		if at > 0 {
			before = seen[at-1]
		}
		number(a, &h.decoder)
		delta(a, &h.sequence, before.sequence)
		delta(a, &h.raw, before.raw)
		delta(a, &h.seq, before.seq)
		a.flags(&h.late)
	})
	if !a.reading || a.err != nil {
		return
	}
	for i, d := range s.decoders {
		if s.decoderOf == nil {
			s.decoderOf = make(map[decoder]uint16, len(s.decoders))
		}
		if i > 0 && i <= decodersMax {
			s.decoderOf[d] = uint16(i)
		}
	}
	for i, t := range s.transponders {
		if s.transponderOf == nil {
			s.transponderOf = make(map[string]int32, len(s.transponders))
		}
		s.transponderOf[t.name] = int32(i)
	}
	if seen != nil {
		s.seen = make(map[sourceID]known, len(seen))
	}
	for _, h := range seen {
		s.seen[h.sourceID] = h.known
	}
}

// reported returns the passings by sourceID, sorted, so that the order of the map has no effect; nil if there are none.
func (s *sources) reported() []reported {
	if s.seen == nil {
		return nil
	}
	out := make([]reported, 0, len(s.seen))
	for id, k := range s.seen {
		out = append(out, reported{id, k})
	}
	slices.SortFunc(out, func(x, y reported) int {
		return cmp.Or(cmp.Compare(x.decoder, y.decoder), cmp.Compare(x.sequence, y.sequence))
	})
	return out
}

func (r *run) visit(a *archive) {
	number(a, &r.state)
	number(a, &r.laps)
	number(a, &r.progress)
	number(a, &r.progressAt)
	number(a, &r.start)
	number(a, &r.lapStart)
	moments(a, &r.ends)
	list(a, &r.done, visitLap)
	list(a, &r.loops, func(a *archive, _ int, l *loop) { l.visit(a) })
	number(a, &r.sectorAt)
	number(a, &r.miniAt)
	number(a, &r.nextSector)
	number(a, &r.nextMini)
	number(a, &r.nextFit)
	visitLap(a, 0, &r.lap)
	number(a, &r.best)
	number(a, &r.bestLap)
	for i := range r.bestSectors {
		r.bestSectors[i].visit(a)
		number(a, &r.sectorEnds[i])
	}
	list(a, &r.pits, func(a *archive, _ int, p *pitCrossing) {
		number(a, &p.seq)
		number(a, &p.at)
		number(a, &p.lap)
		a.flags(&p.out)
	})
	plain(a, &r.row)
	number(a, &r.marked)
	for i := range r.marks[:min(max(r.marked, 0), len(r.marks))] {
		number(a, &r.marks[i])
	}
	a.flags(&r.begun)
}

func (l *loop) visit(a *archive) {
	number(a, &l.passingAt)
	number(a, &l.progress)
	number(a, &l.at)
	number(a, &l.bestMini)
	number(a, &l.bestIn)
}

func (t *timed) visit(a *archive) {
	number(a, &t.took)
	number(a, &t.at)
	number(a, &t.car)
}

// visitLap is written out, because there are many laps and plain is slower.
func visitLap(a *archive, _ int, l *race.Lap) {
	number(a, &l.Car)
	number(a, &l.Number)
	number(a, &l.DurationMS)
	for i := range l.SectorsMS {
		number(a, &l.SectorsMS[i])
	}
	number(a, &l.EndMS)
	number(a, &l.Position)
	number(a, &l.Tyre)
	number(a, &l.TyreAgeLaps)
	number(a, &l.Flag)
	number(a, &l.Mark)
	number(a, &l.Passing)
	a.flags(&l.PitIn, &l.PitOut, &l.Deleted)
}

func (f *chequeredFlag) visit(a *archive) {
	a.flags(&f.shown)
	number(a, &f.at)
	number(a, &f.lap)
	number(a, &f.distance)
}

func (b *bests) visit(a *archive) {
	for i := range b.sectors {
		b.sectors[i].visit(a)
	}
	list(a, &b.minis, func(a *archive, _ int, t *timed) { t.visit(a) })
	list(a, &b.laps, func(a *archive, _ int, l *fastLap) { l.visit(a); number(a, &l.lap) })
}

func (p *published) visit(a *archive) {
	number(a, &p.version)
	number(a, &p.status)
	number(a, &p.at)
	text(a, &p.author)
	text(a, &p.reason)
	list(a, &p.entries, func(a *archive, _ int, e *race.Classified) { plain(a, e) })
}
