package drill

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"lightsout/race"
)

// Spectator is somebody who follows a race over the live push, and what they have folded from it.
type Spectator struct {
	// Name says in words who it is, such as "the spectator who stays".
	Name string
	// Wanders says that it goes from server to server, whose pictures may be older than those of the last one.
	Wanders bool

	mu sync.Mutex
	folded
	returns, snapshots int
	again              int      // facts that came although they were there
	upTo               race.Seq // laps up to here may have gone by before a snapshot
	pictures           []FrameMark
	entries            []race.Entry
	backward           int // pictures of an earlier tick than the one before
	towers             []towerMark
	wrong              string
}

// NewSpectator makes a spectator who has seen nothing.
func NewSpectator(name string) *Spectator { return &Spectator{Name: name, folded: newFolded()} }

// Seq is the record up to which the spectator has seen the race.
func (s *Spectator) Seq() race.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.Seq
}

// SeesEnd reports whether the spectator has seen a result.
func (s *Spectator) SeesEnd() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.Result != nil
}

// Return notes a connection. One that is lost loses no facts, but pictures.
func (s *Spectator) Return() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.returns++
}

// Fail notes a message that cannot be read.
func (s *Spectator) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == "" {
		s.wrong = err.Error()
	}
}

// Snapshot takes a tower that stands for everything before it, with the entries.
func (s *Spectator) Snapshot(b *race.Board, entries []race.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshots++
	s.entries = entries
	if b.Seq < s.board.Seq {
		s.again++
	}
	s.upTo = b.Seq
	s.snapshot(b)
	s.noteTower()
}

// noteTower notes the tower that is seen now. Of a large field a spectator sees a part.
func (s *Spectator) noteTower() {
	if len(s.board.Rows) < race.LookFrom {
		s.towers = append(s.towers, markOf(&s.board))
	}
}

// Facts takes facts, and reports whether they were new.
func (s *Spectator) Facts(f *race.Facts) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	is := s.apply(f)
	switch {
	case is:
		s.noteTower()
	case f.Seq == s.board.Seq && len(s.entries) >= race.LookFrom: // of a large field: what has come into sight
	default:
		s.again++
	}
	return is
}

// Picture takes a picture of the whole field. The same one may come again after a return.
func (s *Spectator) Picture(f *race.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := FrameMark{Tick: f.Tick, Picture: pictureHash(f)}
	n := len(s.pictures)
	switch {
	case n > 0 && m.Tick < s.pictures[n-1].Tick && !s.Wanders:
		s.backward++
	case n > 0 && m == s.pictures[n-1]:
		return
	}
	s.pictures = append(s.pictures, m)
}

// Seen compares what spectators have seen with what there was to see.
func (r *Reference) Seen(spectators []*Spectator) (out []Check) {
	towers := r.towersOf(spectators)
	for _, s := range spectators {
		out = append(out, r.compareSpectator(s, towers)...)
	}
	return out
}

// compareSpectator compares what a spectator has seen with what there was to see. Of a large field nobody sees everything.
func (r *Reference) compareSpectator(s *Spectator, towers map[race.Seq]uint64) []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	large := len(r.entries()) >= race.LookFrom
	out := []Check{compareEvents(r.eventList(), s.eventList(), s.Name, s.upTo), r.compareTower(s, large)}
	if !large {
		out = append(out, compareTowers(s, towers), compareLaps(r.lapList(), s.lapList(), s.Name, s.upTo), r.comparePictures(s))
	}
	return out
}

// compareTower compares the tower at the end: rows and order, the state of the race and the result.
func (r *Reference) compareTower(s *Spectator, large bool) Check {
	c := Check{What: "tower and result", Where: s.Name, Compared: 3}
	if !large {
		c.Compared++
		compareBy(&c, r.board.Rows, s.board.Rows, keyed[race.CarIdx, race.Row]{
			key: func(row *race.Row) race.CarIdx { return row.Car }, name: func(row *race.Row) string { return fmt.Sprintf("the row of car %d", row.Car) }, same: sameRow,
		})
		if !slices.Equal(r.board.Order, s.board.Order) {
			c.note(&c.Different, "the order")
		}
	}
	if s.snapshots > 0 && !slices.EqualFunc(r.entries(), s.entries, func(a, b race.Entry) bool { return a.Number == b.Number && a.Code == b.Code && a.Name == b.Name }) {
		c.note(&c.Different, "the entries")
	}
	if r.board.Session != s.board.Session {
		c.note(&c.Different, "the state of the race")
	}
	switch want, got := r.board.Result, s.board.Result; {
	case want == nil && got == nil:
	case want == nil:
		c.note(&c.Extra, "the result")
	case got == nil:
		c.note(&c.Missing, "the result")
	case !sameResult(want, got):
		c.note(&c.Different, "the result")
	}
	for range s.again {
		c.note(&c.Extra, "facts that came again")
	}
	if s.wrong != "" {
		c.note(&c.Different, "a message that cannot be read: %s", s.wrong)
	}
	return c.worded("tower and result" + at(s.Name) + ", %s parts")
}

func sameRow(a, b *race.Row) bool {
	x, y := *a, *b
	if !slices.Equal(x.MiniMarks, y.MiniMarks) {
		return false
	}
	x.MiniMarks, y.MiniMarks = nil, nil
	return reflect.DeepEqual(x, y)
}

// picturesBehind is how many ticks the last picture may be older than the end of the race: as many as a timekeeper may have in hand when it dies,
// which are not shown.
const picturesBehind = 300

// comparePictures compares each picture with the telemetry of its tick. Pictures may be left out, never be old or wrong.
func (r *Reference) comparePictures(s *Spectator) Check {
	c := Check{What: "pictures", Where: s.Name, Compared: len(s.pictures)}
	there := map[race.Tick]uint64{}
	for _, m := range r.Telemetry.Frames {
		there[m.Tick] = m.Picture
	}
	for _, m := range s.pictures {
		if want, is := there[m.Tick]; is && want != m.Picture {
			c.note(&c.Different, "of tick %d", m.Tick)
		} else if !is && len(there) > 0 {
			c.note(&c.Extra, "of tick %d", m.Tick)
		}
	}
	if n := len(r.Telemetry.Frames); n > 0 && s.board.Result != nil {
		seen := race.Tick(0)
		for _, m := range s.pictures {
			seen = max(seen, m.Tick)
		}
		if last := r.Telemetry.Frames[n-1].Tick; seen < last-picturesBehind {
			c.note(&c.Missing, "the last was of tick %d, the race ended in tick %d", seen, last)
		}
	}
	for range s.backward {
		c.note(&c.Different, "of a tick before the one that was seen last")
	}
	return c.worded("%s pictures" + at(s.Name))
}
