package timing

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// hit is a car's hit on a timing line, as it was told, and what is made of it.
type hit struct {
	at      race.Micros // with the decoder's offset
	seq     race.Seq    // of its record; of the correction that inserted it
	speed   uint16
	decoder uint16      // index into sources.decoders; 0: none
	home    race.CarIdx // whose it was said to be; NoCar where its transponder says whose it is
	box     int32       // index into sources.boxes, where home is NoCar
	line    uint8
	inPit   bool
	made    bool // inserted by a marshal
	ruled   ruled
	// conflict says that the decoder told of an earlier time under the same number.
	conflict bool
	verdict  race.Verdict // as it was told
	untold   bool         // it is another car's than was told
}

// ruled is what was ruled on a hit.
type ruled uint8

const (
	unruled   ruled = iota
	accepted        // by a marshal
	rejected        // by a marshal
	withdrawn       // its insertion was undone
)

// out says why a hit was ruled out; empty where it was not.
func (h *hit) out() string {
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

// compareHits orders a car's hits by time, never by arrival (rule 10).
func compareHits(a, b hit) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	if c := cmp.Compare(a.line, b.line); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// sourceID names a hit for good; the decoder and its session are indexes.
type sourceID struct {
	decoder, session uint16
	sequence         uint64
}

// known is the hit that stands under a name.
type known struct {
	seq race.Seq
	raw race.Micros
}

// sources are where hits come from.
type sources struct {
	decoders []string      // index 0 is none
	offsets  []race.Micros // by decoder
	sessions []string
	boxes    []transponder
	boxOf    map[string]int32 // index into boxes
	seen     map[sourceID]known
}

// transponder is a box that may be on a car. Whose it is, all its hits are.
type transponder struct {
	name string
	car  race.CarIdx // NoCar: nobody knows
}

// box gives a transponder's index, a new one for a new name.
func (s *sources) box(name string) int32 {
	at, known := s.boxOf[name]
	if !known {
		if s.boxOf == nil {
			s.boxOf = map[string]int32{}
		}
		at = int32(len(s.boxes))
		s.boxes, s.boxOf[name] = append(s.boxes, transponder{name, race.NoCar}), at
	}
	return at
}

// decoder gives a decoder's index, a new one for a new name.
func (s *sources) decoder(name string) uint16 {
	if name == "" {
		return 0
	}
	if len(s.decoders) == 0 {
		s.decoders, s.offsets = []string{""}, []race.Micros{0}
	}
	at := slices.Index(s.decoders, name)
	if at < 0 {
		at = len(s.decoders)
		s.decoders, s.offsets = append(s.decoders, name), append(s.offsets, 0)
	}
	return uint16(at)
}

func (s *sources) session(name string) uint16 {
	at := slices.Index(s.sessions, name)
	if at < 0 {
		at = len(s.sessions)
		s.sessions = append(s.sessions, name)
	}
	return uint16(at)
}

// sourcesMax bounds the decoders and the sessions of a race.
const sourcesMax = 1000

// pass takes a hit of a car on a timing line.
func (s *State) pass(r *race.Record, p race.Passing) error {
	if s.lines == nil {
		return fmt.Errorf("a passing: %w", ErrNotAnnounced)
	}
	if p.Line < 0 || p.Line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", p.Line, len(s.lines), ErrUnknownLine)
	}
	h := hit{
		at: r.Time, seq: r.Seq, home: p.Car, line: uint8(p.Line), inPit: p.InPit, speed: uint16(min(max(p.SpeedKMH, 0), 0xffff)),
	}
	if p.Car == race.NoCar && p.Source != nil && p.Source.Transponder != "" {
		h.box = s.sources.box(p.Source.Transponder)
	} else if _, err := s.car(p.Car); err != nil {
		return err
	}
	idx := s.ownerOf(&h)
	if p.Source != nil && p.Source.Decoder != "" {
		if len(s.sources.decoders) > sourcesMax || len(s.sources.sessions) > sourcesMax {
			return fmt.Errorf("more than %d decoders or sessions: %w", sourcesMax, ErrUnknown)
		}
		if !s.identify(r.Time, p.Source, idx, &h) {
			return nil
		}
	}
	if idx == race.NoCar {
		s.strays = append(s.strays, h)
		s.judgeStray(&s.strays[len(s.strays)-1])
		return nil
	}
	s.insert(idx, h)
	return nil
}

// ownerOf is whose a hit is, where no marshal says otherwise.
func (s *State) ownerOf(h *hit) race.CarIdx {
	if h.home == race.NoCar {
		return s.sources.boxes[h.box].car
	}
	return h.home
}

// identify compares a hit with what its decoder told before under the same number. It reports whether the hit is to be
// kept: a repeat is not. Of two times under one number the earlier stands, whichever came first.
func (s *State) identify(raw race.Micros, src *race.Source, idx race.CarIdx, h *hit) bool {
	h.decoder = s.sources.decoder(src.Decoder)
	h.at += s.sources.offsets[h.decoder]
	id := sourceID{h.decoder, s.sources.session(src.Session), src.Sequence}
	if s.sources.seen == nil {
		s.sources.seen = map[sourceID]known{}
	}
	before, again := s.sources.seen[id]
	switch {
	case !again:
		s.sources.seen[id] = known{h.seq, raw}
	case before.raw == raw:
		s.judgeAt(idx, h, race.Duplicate, fmt.Sprintf("the decoder told of it in record %d already", before.seq), race.NoTime)
		return false
	case before.raw < raw:
		h.conflict = true
	default:
		s.sources.seen[id] = known{h.seq, raw}
		if owner, at := s.find(before.seq); at != nil {
			at.conflict = true
			if owner != race.NoCar {
				s.rework(owner)
			}
		}
	}
	return true
}

// insert puts a hit in its place among the car's. At the end it is the car's next step; else the car is worked out again.
func (s *State) insert(idx race.CarIdx, h hit) {
	c := &s.cars[idx]
	n := len(c.hits)
	if n == 0 || c.newest < h.at || c.newest == h.at && compareHits(c.hits[n-1], h) < 0 {
		if n == 0 && c.hits == nil { // room for two laps: it need not grow at once
			c.hits = make([]hit, 0, 2*len(s.lines))
		}
		c.hits, c.newest = append(c.hits, h), h.at
		switch {
		case s.status == race.Waiting:
		case c.ruled.state != race.OnGrid, s.abandoned != nil: // what it changes lies in the past
			s.rework(idx)
		default:
			s.next(idx, h)
		}
		return
	}
	at, _ := slices.BinarySearchFunc(c.hits, h, compareHits)
	c.hits = slices.Insert(c.hits, at, h)
	if s.status != race.Waiting {
		s.rework(idx)
	}
}

// note takes the time of the last hit from the list.
func (c *car) note() {
	c.newest = 0
	if n := len(c.hits); n > 0 {
		c.newest = c.hits[n-1].at
	}
}

// find looks a hit up by its record; nil where there is none.
func (s *State) find(seq race.Seq) (race.CarIdx, *hit) {
	for i := range s.cars {
		for j := range s.cars[i].hits {
			if s.cars[i].hits[j].seq == seq {
				return race.CarIdx(i), &s.cars[i].hits[j]
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

func (s *State) judgeStray(h *hit) {
	if out := h.out(); out != "" {
		s.judgeAt(race.NoCar, h, race.Rejected, out, race.NoTime)
		return
	}
	s.judgeAt(race.NoCar, h, race.Suspect, fmt.Sprintf("the transponder %q is no car's", s.sources.boxes[h.box].name), race.NoTime)
}

// judgeAt tells what is made of a hit, if that is news.
func (s *State) judgeAt(idx race.CarIdx, h *hit, v race.Verdict, reason string, split race.Micros) {
	if h.verdict == v && !h.untold {
		return
	}
	h.verdict, h.untold = v, false
	s.facts = append(s.facts, race.PassingJudged{
		Seq: h.seq, Car: idx, Line: int(h.line), Time: h.at, Verdict: v, Reason: reason, Split: split,
	})
}
