package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// passing is a car's passing on a timing line, as it was told, and what is made of it.
type passing struct {
	at      race.Micros // with the decoder's offset
	seq     race.Seq    // of its record; of the correction that inserted it
	speed   uint16
	decoder uint16      // index into sources.decoders, of a decoder's session; 0: none
	home    race.CarIdx // whose it was said to be; NoCar where its transponder says whose it is
	box     int32       // index into sources.boxes, where home is NoCar
	line    uint8
	inPit   bool
	made    bool // inserted by a marshal
	ruled   ruled
	// conflict says that the decoder told of an earlier time under the same number.
	conflict    bool
	verdict     race.Verdict // as it was told
	unpublished bool         // it is another car's or of another time than was told
	// late passings came after the result was final: they change it by a ruling alone.
	late bool
}

// ruled is what was ruled on a passing.
type ruled uint8

const (
	unruled   ruled = iota
	accepted        // by a marshal
	rejected        // by a marshal
	withdrawn       // its insertion was undone
)

// out says why a passing was ruled out; empty where it was not.
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

// comparePassings orders a car's passings by time, never by arrival (rule 10); two of the same moment on one line by what they say. The
// number of the record decides between two that say the same, where it makes no difference.
func comparePassings(a, b passing) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.line, b.line), compareTruths(a.made, b.made), compareTruths(a.inPit, b.inPit),
		cmp.Compare(a.speed, b.speed), cmp.Compare(a.seq, b.seq))
}

// compareTruths puts what is not before what is.
func compareTruths(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// sourceID names a passing for good; the decoder's session is an index.
type sourceID struct {
	decoder  uint16
	sequence uint64
}

// decoder is a session of a decoder: a new one begins where it counts from the beginning again.
type decoder struct{ name, session string }

// known is the passing that stands under a name.
type known struct {
	seq  race.Seq
	raw  race.Micros
	late bool
}

// sources are where passings come from.
type sources struct {
	decoders  []decoder     // index 0 is none
	offsets   []race.Micros // by decoder
	decoderOf map[decoder]uint16
	boxes     []transponder
	boxOf     map[string]int32 // index into boxes
	seen      map[sourceID]known
}

// transponder is a box that may be on a car.
type transponder struct {
	name string
	car  race.CarIdx // whose it is; NoCar: nobody knows
	// handed on to other cars, by time.
	handed []handover
}

// handover gives a transponder to a car from a time on.
type handover struct {
	from race.Micros
	car  race.CarIdx
}

// owner is whose a transponder was at a time.
func (t *transponder) owner(at race.Micros) race.CarIdx {
	for i := len(t.handed) - 1; i >= 0; i-- {
		if t.handed[i].from <= at {
			return t.handed[i].car
		}
	}
	return t.car
}

// box gives a transponder's index, a new one for a new name.
func (s *sources) box(name string) int32 {
	at, known := s.boxOf[name]
	if !known {
		if s.boxOf == nil {
			s.boxOf = map[string]int32{}
		}
		at = int32(len(s.boxes))
		s.boxes, s.boxOf[name] = append(s.boxes, transponder{name: name, car: race.NoCar}), at
	}
	return at
}

// decoder gives the index of a decoder's session, a new one for a new name.
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

// decodersMax bounds the decoders of a race, each session of one counted.
const decodersMax = 10_000

// pass takes a passing of a car on a timing line.
func (s *State) pass(r *race.Record, p race.Passing) error {
	if s.lines == nil {
		return fmt.Errorf("a passing: %w", ErrNotAnnounced)
	}
	if p.Line < 0 || p.Line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", p.Line, len(s.lines), ErrUnknownLine)
	}
	h := passing{
		at: r.Time, seq: r.Seq, home: p.Car, line: uint8(p.Line), inPit: p.InPit, speed: uint16(min(max(p.SpeedKMH, 0), 0xffff)),
	}
	if p.Car == race.NoCar && p.Source != nil && p.Source.Transponder != "" {
		h.box = s.sources.box(p.Source.Transponder)
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
	h.unpublished = h.at != raw || p.Car != idx // the record does not say when it was, or whose
	if h.decoder > 0 && !s.identify(raw, src, idx, &h) {
		return nil
	}
	if idx == race.NoCar {
		s.strays = append(s.strays, h)
		s.judgeStray(&s.strays[len(s.strays)-1])
		return nil
	}
	told := len(s.facts)
	s.insert(idx, h)
	if h.late {
		s.weigh(idx, h.seq, told)
	}
	return nil
}

// closed says that the result is final: from now on it changes by a ruling alone.
func (s *State) closed() bool { return s.status == race.Over && s.result.status != race.Provisional }

// ownerOf is whose a passing is, where no marshal says otherwise.
func (s *State) ownerOf(h *passing) race.CarIdx {
	if h.home == race.NoCar {
		return s.sources.boxes[h.box].owner(h.at)
	}
	return h.home
}

// identify compares a passing with what its decoder told before under the same number. It reports whether the passing is to be
// kept: a repeat is not. Of two times under one number the earlier stands, whichever came first; a late one displaces none but late ones.
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

// insert puts a passing in its place among the car's. At the end it is the car's next step; else the car is worked out again.
func (s *State) insert(idx race.CarIdx, h passing) {
	c := &s.cars[idx]
	n := len(c.passings)
	if n == 0 || c.newest < h.at || c.newest == h.at && comparePassings(c.passings[n-1], h) < 0 {
		if n == 0 && c.passings == nil { // room for two laps: it need not grow at once
			c.passings = make([]passing, 0, 2*len(s.lines))
		}
		c.passings, c.newest = append(c.passings, h), h.at
		switch {
		case s.status == race.Waiting:
		case c.lastAct >= h.at, c.ruled.state != race.OnGrid, s.abandoned != nil, s.status == race.Over: // what it changes lies in the past
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

// note takes the time of the last passing from the list.
func (c *car) note() {
	c.newest = 0
	if n := len(c.passings); n > 0 {
		c.newest = c.passings[n-1].at
	}
}

// find looks a passing up by its record; nil where there is none.
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
	s.judgeAt(race.NoCar, h, race.Suspect, fmt.Sprintf("the transponder %s is no car's", race.Quoted(s.sources.boxes[h.box].name)), race.NoTime)
}

// judgeAt tells what is made of a passing, if that is news. What awaits the start signal is judged with it, but for a repeat, which is
// not kept.
func (s *State) judgeAt(idx race.CarIdx, h *passing, v race.Verdict, reason string, split race.Micros) {
	if h.verdict == v && !h.unpublished || s.silent || h.at.PreStart() && v != race.Duplicate {
		return
	}
	h.verdict, h.unpublished = v, false
	s.facts = append(s.facts, race.PassingJudged{
		Seq: h.seq, Car: idx, Line: int(h.line), Time: h.at, Verdict: v, Reason: reason, Split: split,
	})
}
