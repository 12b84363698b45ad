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

// ErrSnapshot is wrapped when a snapshot is damaged or of another version.
var ErrSnapshot = errors.New("not a snapshot of a race's timing")

// A snapshot is everything that the next record needs, in the order of State.visit; numbers are zigzag varints:
//
//	┌──────────────┬───────────────────────────────────────────────────────────────────────┬─────────────────────┐
//	│ magic "LOT5" │ head, entries, rulings, sources, cars with hits and laps, order, …    │ CRC-32C u32, little │
//	└──────────────┴───────────────────────────────────────────────────────────────────────┴─────────────────────┘
//
// The digit is the version: whoever changes what is visited, or what a value means, raises it (a golden test says so).
// What follows from the rest alone (lines, flags, suspensions, rulings by car, places) is worked out again.
const (
	snapshotMagic = "LOT5"
	snapshotSum   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendBinary appends the state as a snapshot: the same state gives the same bytes. With the records after it, a
// snapshot gives the facts that the whole log gives.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	from := len(b)
	a := archive{b: append(b, snapshotMagic...)}
	s.visit(&a)
	if a.err != nil {
		return b, a.err
	}
	return binary.LittleEndian.AppendUint32(a.b, crc32.Checksum(a.b[from:], castagnoli)), nil
}

// Decode reads a snapshot. Damaged bytes are an error that wraps ErrSnapshot. b is borrowed.
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
	plain(a, &s.head)
	list(a, &s.entries, func(a *archive, _ int, e *race.Entry) { plain(a, e) })
	list(a, &s.acts, visitAct)
	s.sources.visit(a)
	list(a, &s.cars, func(a *archive, at int, c *car) { c.visit(a, race.CarIdx(at)) })
	visitHits(a, &s.strays, race.NoCar)
	number(a, &s.status)
	number(a, &s.latest)
	numbers(a, &s.order)
	moments(a, &s.firsts)
	s.fall.visit(a)
	number(a, &s.leaderLap)
	s.bests.visit(a)
	s.result.visit(a)
}

func (c *car) visit(a *archive, idx race.CarIdx) {
	visitHits(a, &c.hits, idx)
	list(a, &c.acts, visitAct)
	c.run.visit(a)
}

// visitHits carries the hits of a car: most differ little from the one before and are its own.
func visitHits(a *archive, hits *[]hit, idx race.CarIdx) {
	list(a, hits, func(a *archive, at int, h *hit) {
		var before hit
		if at > 0 {
			before = (*hits)[at-1]
		}
		h.visit(a, &before, idx)
	})
}

func (h *hit) visit(a *archive, before *hit, idx race.CarIdx) {
	delta(a, &h.at, before.at)
	delta(a, &h.seq, before.seq)
	number(a, &h.line)
	number(a, &h.speed)
	number(a, &h.decoder)
	delta(a, &h.home, idx)
	number(a, &h.box)
	number(a, &h.ruled)
	number(a, &h.verdict)
	a.flags(&h.inPit, &h.made, &h.conflict, &h.untold)
}

// bodies are the rulings that an act may hold. A snapshot names them by their place here: add at the end.
var bodies = []race.Body{
	race.TyresFitted{}, race.CarRetired{}, race.CarNotStarted{}, race.CarDisqualified{}, race.Penalised{},
	race.PenaltyServed{}, race.LapDeleted{}, race.FlagShown{}, race.Suspended{}, race.Resumed{}, race.Abandoned{},
	race.StartAborted{}, race.Corrected{}, race.TransponderAssigned{}, race.DecoderSet{}, race.Undone{},
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

// heard is a hit that stands under a name, for the list that the map is carried as.
type heard struct {
	sourceID
	known
}

func (s *sources) visit(a *archive) {
	list(a, &s.decoders, func(a *archive, _ int, name *string) { text(a, name) })
	numbers(a, &s.offsets)
	list(a, &s.sessions, func(a *archive, _ int, name *string) { text(a, name) })
	list(a, &s.boxes, func(a *archive, _ int, t *transponder) { text(a, &t.name); number(a, &t.car) })
	seen := s.heard()
	list(a, &seen, func(a *archive, at int, h *heard) {
		var before heard
		if at > 0 {
			before = seen[at-1]
		}
		number(a, &h.decoder)
		number(a, &h.session)
		delta(a, &h.sequence, before.sequence)
		delta(a, &h.raw, before.raw)
		delta(a, &h.seq, before.seq)
	})
	if !a.reading || a.err != nil {
		return
	}
	for i, t := range s.boxes {
		if s.boxOf == nil {
			s.boxOf = make(map[string]int32, len(s.boxes))
		}
		s.boxOf[t.name] = int32(i)
	}
	if seen != nil {
		s.seen = make(map[sourceID]known, len(seen))
	}
	for _, h := range seen {
		s.seen[h.sourceID] = h.known
	}
}

// heard lists what was seen by name, so that the order of the map does not show; nil where nothing was.
func (s *sources) heard() []heard {
	if s.seen == nil {
		return nil
	}
	out := make([]heard, 0, len(s.seen))
	for id, k := range s.seen {
		out = append(out, heard{id, k})
	}
	slices.SortFunc(out, func(x, y heard) int {
		return cmp.Or(cmp.Compare(x.decoder, y.decoder), cmp.Compare(x.session, y.session), cmp.Compare(x.sequence, y.sequence))
	})
	return out
}

func (r *run) visit(a *archive) {
	number(a, &r.state)
	number(a, &r.laps)
	number(a, &r.progress)
	number(a, &r.progressAt)
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
	number(a, &r.bestEnd)
	for i := range r.bestSectors {
		number(a, &r.bestSectors[i])
	}
	plain(a, &r.row)
	number(a, &r.marked)
	for i := range r.marks[:min(max(r.marked, 0), len(r.marks))] {
		number(a, &r.marks[i])
	}
	a.flags(&r.begun)
}

func (l *loop) visit(a *archive) {
	number(a, &l.hitAt)
	number(a, &l.last.progress)
	number(a, &l.last.at)
	number(a, &l.bestMini)
}

// visitLap is written out, where plain would do, since laps are many.
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
	a.flags(&l.PitIn, &l.PitOut, &l.Deleted)
}

func (f *fall) visit(a *archive) {
	a.flags(&f.fell)
	number(a, &f.at)
	number(a, &f.lap)
	number(a, &f.distance)
}

func (b *bests) visit(a *archive) {
	number(a, &b.lap)
	number(a, &b.lapEnd)
	number(a, &b.car)
	for i := range b.sectors {
		number(a, &b.sectors[i])
	}
	numbers(a, &b.minis)
}

func (p *published) visit(a *archive) {
	number(a, &p.version)
	number(a, &p.status)
	text(a, &p.author)
	text(a, &p.reason)
	list(a, &p.entries, func(a *archive, _ int, e *race.Classified) { plain(a, e) })
}
