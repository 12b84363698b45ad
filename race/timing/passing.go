package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// passing is a car's passing on a timing line, as reported, with its verdict. A race keeps all of them, so it is packed into 32 bytes.
type passing struct {
	at      race.Micros // corrected by the decoder's offset
	seq     race.Seq    // of its record, or of the correction that inserted it
	of      subject
	speed   uint16
	decoder uint16 // index into sources.decoders, for a decoder's session; 0 means none
	line    uint8
	inPit   bool
	made    bool // inserted by a marshal
	ruled   ruled
	// conflict is set if the decoder reported an earlier time with the same sequence.
	conflict    bool
	verdict     race.Verdict // as published
	unpublished bool         // car or time differ from the published ones
	// late passings were received after the result was final: they count only after a ruling.
	late bool
}

// subject is what a passing was reported of: a car, or a transponder whose car may change.
type subject int32

func ofCar(idx race.CarIdx) subject { return subject(idx) }

// ofTransponder takes an index into sources.transponders.
func ofTransponder(at int32) subject { return subject(^at) }

// car is the car as reported; NoCar if the transponder decides.
func (s subject) car() race.CarIdx { return max(race.CarIdx(s), race.NoCar) }

// transponder is its index into sources.transponders, if car is NoCar.
func (s subject) transponder() int32 { return int32(^s) }

// ruled is the ruling on a passing.
type ruled uint8

const (
	unruled   ruled = iota
	accepted        // by a marshal
	rejected        // by a marshal
	withdrawn       // its insertion was undone
)

// out returns why a passing was ruled out; empty if it was not.
func (h *passing) out() string {
	switch {
	case h.ruled == rejected:
		return "rejected by a marshal"
	case h.ruled == withdrawn:
		return "its insertion was undone"
	case h.conflict && h.ruled != accepted:
		return "the decoder told of an earlier time under the same number"
	}
	return ""
}

// comparePassings orders a car's passings by time, never by arrival (rule 10); at the same instant on one line by their
// content. Between passings with equal content the record number decides, which makes no difference.
func comparePassings(a, b passing) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.line, b.line), compareTruths(a.made, b.made), compareTruths(a.inPit, b.inPit),
		cmp.Compare(a.speed, b.speed), cmp.Compare(a.seq, b.seq))
}

// compareTruths orders false before true.
func compareTruths(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// sourceID identifies a passing; the decoder's session is an index.
type sourceID struct {
	decoder  uint16
	sequence uint64
}

// decoder is a session of a decoder: a new session begins when the decoder counts from the beginning again.
type decoder struct{ name, session string }

// known is the passing that counts for a sourceID.
type known struct {
	seq  race.Seq
	raw  race.Micros
	late bool
}

// sources are the decoders and transponders that passings come from.
type sources struct {
	decoders      []decoder     // index 0 means none
	offsets       []race.Micros // by decoder
	decoderOf     map[decoder]uint16
	transponders  []transponder
	transponderOf map[string]int32 // index into transponders
	seen          map[sourceID]known
}

// transponder is a transponder and its car.
type transponder struct {
	name string
	car  race.CarIdx // NoCar means no car
	// assignments to other cars, by time
	handed []handover
}

// handover assigns a transponder to a car from a time on.
type handover struct {
	from race.Micros
	car  race.CarIdx
}

// owner returns the car of a transponder at a time.
func (t *transponder) owner(at race.Micros) race.CarIdx {
	for i := len(t.handed) - 1; i >= 0; i-- {
		if t.handed[i].from <= at {
			return t.handed[i].car
		}
	}
	return t.car
}

// transponder returns a transponder's index; it adds a new name.
func (s *sources) transponder(name string) int32 {
	at, known := s.transponderOf[name]
	if !known {
		if s.transponderOf == nil {
			s.transponderOf = map[string]int32{}
		}
		at = int32(len(s.transponders))
		s.transponders, s.transponderOf[name] = append(s.transponders, transponder{name: name, car: race.NoCar}), at
	}
	return at
}

// decoder returns the index of a decoder's session; it adds a new one.
func (s *State) decoder(name, session string) (uint16, error) {
	d := decoder{name, session}
	at, known := s.sources.decoderOf[d]
	if known {
		return at, nil
	}
	if len(s.sources.decoders) > decodersMax {
		return 0, fmt.Errorf("more than %d decoders and sessions of them: %w", decodersMax, ErrUnknown)
	}
	if s.sources.decoderOf == nil {
		s.sources.decoderOf = map[decoder]uint16{}
		s.sources.decoders, s.sources.offsets = []decoder{{}}, []race.Micros{0}
	}
	at = uint16(len(s.sources.decoders))
	s.sources.decoderOf[d] = at
	s.sources.decoders, s.sources.offsets = append(s.sources.decoders, d), append(s.sources.offsets, s.offsetOf(d))
	return at, nil
}

// decodersMax bounds the decoder sessions of a race.
const decodersMax = 10_000

// pass applies a passing of a car on a timing line.
func (s *State) pass(r *race.Record, p race.Passing) error {
	if s.lines == nil {
		return fmt.Errorf("a passing: %w", ErrNotAnnounced)
	}
	if p.Line < 0 || p.Line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", p.Line, len(s.lines), ErrUnknownLine)
	}
	h := passing{
		at: r.Time, seq: r.Seq, of: ofCar(p.Car), line: uint8(p.Line), inPit: p.InPit, speed: uint16(min(max(p.SpeedKMH, 0), 0xffff)),
	}
	if p.Car == race.NoCar && p.Source != nil && p.Source.Transponder != "" {
		h.of = ofTransponder(s.sources.transponder(p.Source.Transponder))
	} else if _, err := s.car(p.Car); err != nil {
		return err
	}
	raw := r.Time + s.shift
	h.late = s.closed()
	src := p.Source
	if src != nil && src.Decoder != "" {
		var err error
		if h.decoder, err = s.decoder(src.Decoder, src.Session); err != nil {
			return err
		}
		h.at += s.sources.offsets[h.decoder]
	}
	idx := s.ownerOf(&h)
	h.unpublished = h.at != raw || p.Car != idx // the record has another time or car
	if h.decoder > 0 && !s.identify(raw, src, idx, &h) {
		return nil
	}
	if idx == race.NoCar {
		s.strays = append(s.strays, h)
		s.judgeStray(&s.strays[len(s.strays)-1])
		return nil
	}
	factsBefore := len(s.facts)
	s.insert(idx, h)
	if h.late {
		s.explainLate(idx, h.seq, factsBefore)
	}
	return nil
}

// closed reports whether the result is final: from then on only rulings change it.
func (s *State) closed() bool { return s.status == race.Over && s.result.status != race.Provisional }

// ownerOf returns the car of a passing before any correction.
func (s *State) ownerOf(h *passing) race.CarIdx {
	if h.of.car() == race.NoCar {
		return s.sources.transponders[h.of.transponder()].owner(h.at)
	}
	return h.of.car()
}

// identify compares a passing with an earlier report with the same sourceID. It returns false for a repeat, which is not kept.
// If the two times differ, the earlier counts, whichever arrived first; a late passing only displaces late ones.
func (s *State) identify(raw race.Micros, src *race.Source, idx race.CarIdx, h *passing) bool {
	id := sourceID{h.decoder, src.Sequence}
	if s.sources.seen == nil {
		s.sources.seen = map[sourceID]known{}
	}
	before, again := s.sources.seen[id]
	switch {
	case !again:
		s.sources.seen[id] = known{h.seq, raw, h.late}
	case before.raw == raw:
		s.judgeAt(idx, h, race.Duplicate, fmt.Sprintf("the decoder told of it in record %d already", before.seq), race.NoTime)
		return false
	case before.late == h.late && before.raw < raw, !before.late && h.late:
		h.conflict = true
	default:
		s.sources.seen[id] = known{h.seq, raw, h.late}
		if owner, at := s.find(before.seq); at != nil {
			at.conflict, s.dirty = true, true
			if owner != race.NoCar {
				s.recompute(owner)
			}
		}
	}
	return true
}

// insert adds a passing to its car's list. At the end of the list it is the car's next step; otherwise the car is recomputed.
func (s *State) insert(idx race.CarIdx, h passing) {
	c := &s.cars[idx]
	n := len(c.passings)
	if n == 0 || c.newest < h.at || c.newest == h.at && comparePassings(c.passings[n-1], h) < 0 {
		if n == cap(c.passings) { // spare room of a large field would be most of its memory
			c.passings = append(make([]passing, 0, n+max(len(s.lines)/2, n/4)), c.passings...)
		}
		c.passings, c.newest = append(c.passings, h), h.at
		switch {
		case s.status == race.Waiting:
		case c.lastAct >= h.at, c.ruled.state != race.OnGrid, s.abandoned != nil, s.status == race.Over: // what it changes is in the past
			s.recompute(idx)
		default:
			s.next(idx, h)
		}
		return
	}
	at, _ := slices.BinarySearchFunc(c.passings, h, comparePassings)
	c.passings = slices.Insert(c.passings, at, h)
	if s.status != race.Waiting {
		s.recompute(idx)
	}
}

// note updates newest from the list.
func (c *car) note() {
	c.newest = 0
	if n := len(c.passings); n > 0 {
		c.newest = c.passings[n-1].at
	}
}

// find returns the passing of a record and its car; nil if there is none.
func (s *State) find(seq race.Seq) (race.CarIdx, *passing) {
	for i := range s.cars {
		for j := range s.cars[i].passings {
			if s.cars[i].passings[j].seq == seq {
				return race.CarIdx(i), &s.cars[i].passings[j]
			}
		}
	}
	for j := range s.strays {
		if s.strays[j].seq == seq {
			return race.NoCar, &s.strays[j]
		}
	}
	return race.NoCar, nil
}

func (s *State) judgeStray(h *passing) {
	if out := h.out(); out != "" {
		s.judgeAt(race.NoCar, h, race.Rejected, out, race.NoTime)
		return
	}
	s.judgeAt(race.NoCar, h, race.Suspect, fmt.Sprintf("the transponder %s is no car's", race.Quoted(s.sources.transponders[h.of.transponder()].name)), race.NoTime)
}

// judgeAt publishes the verdict on a passing, if it changed. A pre-start passing is judged when the start signal dates it;
// only a repeat, which is not kept, is judged at once.
func (s *State) judgeAt(idx race.CarIdx, h *passing, v race.Verdict, reason string, split race.Micros) {
	if h.verdict == v && !h.unpublished || s.silent || h.at.PreStart() && v != race.Duplicate {
		return
	}
	h.verdict, h.unpublished = v, false
	s.facts = append(s.facts, race.PassingJudged{
		Seq: h.seq, Car: idx, Line: int(h.line), Time: h.at, Verdict: v, Reason: reason, Split: split,
	})
}
