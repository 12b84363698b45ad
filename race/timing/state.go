package timing

import (
	"errors"
	"fmt"

	"lightsout/race"
)

// Why a record is refused. The state is as it was before; test with errors.Is.
var (
	ErrNotAnnounced = errors.New("no race was announced")
	ErrUnknownCar   = errors.New("unknown car")
	ErrUnknownLine  = errors.New("unknown timing line")
	ErrOutOfOrder   = errors.New("out of order")
	ErrDuplicate    = errors.New("duplicate")
	ErrTooLate      = errors.New("the race is over")
)

// State is a race as timed so far.
type State struct {
	head    race.Race
	entries []race.Entry
	lines   []line
	minis   int // mini-sectors of a lap

	cars  []car
	order []race.CarIdx
	place []int32 // by car: its index in order

	status    race.Status
	flag      race.FlagState
	distance  int // laps to go in all; lowered by aborted starts and time limits; 0: by time alone
	leaderLap int
	now       race.Micros

	suspendedAt race.Micros // NoTime while running
	suspended   race.Micros // in all so far
	lastLap     bool        // the running limit has passed and the last lap is set
	chequeredAt race.Micros // when the leader finished; NoTime before
	countedBack bool

	best        race.Micros // best lap of all, 0: none
	bestCar     race.CarIdx
	bestSectors [3]race.Micros
	bestMinis   []race.Micros

	facts []race.Fact // of the record in hand
	moved span        // places that changed with the record in hand
}

// line is a timing line as timing sees it.
type line struct {
	kind   race.LineKind
	sector int // 1 to 3 where a sector ends here, else 0
	mini   int // index of the mini-sector that ends here, else -1
}

// New is a state before the first record.
func New() *State {
	return &State{suspendedAt: race.NoTime, chequeredAt: race.NoTime, bestCar: race.NoCar}
}

// Apply takes the next record and appends the facts that follow from it. A record that the rules refuse gives an
// error and changes nothing. The facts own what they hold.
func (s *State) Apply(r *race.Record, facts []race.Fact) ([]race.Fact, error) {
	s.facts, s.moved = facts, span{}
	if err := s.apply(r); err != nil {
		return facts, err
	}
	s.now = max(s.now, r.Time)
	s.announceOrder()
	out := s.facts
	s.facts = nil
	return out, nil
}

func (s *State) apply(r *race.Record) error {
	if _, first := r.Body.(race.Announced); !first && s.lines == nil {
		return fmt.Errorf("a record of %T: %w", r.Body, ErrNotAnnounced)
	}
	switch b := r.Body.(type) {
	case race.Announced:
		return s.announce(&b.Race)
	case race.Entered:
		return s.enter(b.Entry)
	case race.Started:
		return s.start(r.Time)
	case race.Passing:
		return s.pass(r.Time, b)
	case race.TyresFitted:
		return s.fitTyres(r.Time, b)
	case race.FlagShown:
		s.show(r.Time, b.Flag, b.Sector)
	case race.Suspended:
		return s.suspend(r.Time)
	case race.Resumed:
		return s.resume(r.Time)
	case race.Abandoned:
		return s.abandon(r.Time, b.Lap)
	case race.CarRetired:
		return s.leave(r.Time, b.Car, race.Retired, b.Reason)
	case race.CarNotStarted:
		return s.leave(r.Time, b.Car, race.NotStarted, b.Reason)
	case race.CarDisqualified:
		return s.leave(r.Time, b.Car, race.Disqualified, b.Reason)
	case race.TimePenalty:
		return s.penalise(r.Time, b)
	case race.StartAborted:
		s.distance = max(0, s.distance-1)
		s.tellHead(r.Time)
	case race.Held:
		return s.hold(r.Time, race.Underway, race.Paused)
	case race.Released:
		return s.hold(r.Time, race.Paused, race.Underway)
	case race.Ended:
		return s.end(r.Time)
	}
	return nil
}

func (s *State) announce(r *race.Race) error {
	if s.lines != nil {
		return fmt.Errorf("announced twice: %w", ErrDuplicate)
	}
	if len(r.Lines) == 0 || r.Lines[0].Kind != race.LineFinish {
		return fmt.Errorf("the first timing line must be the finish line: %w", ErrUnknownLine)
	}
	if err := r.Rules.Validate(); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	s.head, s.distance = *r, r.Rules.Laps
	for _, l := range r.Lines {
		one := line{kind: l.Kind, mini: -1}
		if l.Sector >= 1 && l.Sector <= 3 {
			one.sector = l.Sector
		}
		s.lines = append(s.lines, one)
	}
	for i := range s.lines { // in driving order, the finish line ends the last one
		at := (i + 1) % len(s.lines)
		switch s.lines[at].kind {
		case race.LineFinish, race.LineSector, race.LineMini:
			s.lines[at].mini = s.minis
			s.minis++
		case race.LineSpeedTrap, race.LinePitEntry, race.LinePitExit:
		}
	}
	s.bestMinis = make([]race.Micros, s.minis)
	s.tellHead(0)
	return nil
}

func (s *State) enter(e race.Entry) error {
	if s.status != race.Waiting {
		return fmt.Errorf("car %d is entered after the start: %w", e.Number, ErrTooLate)
	}
	if len(s.cars) >= race.CarsMax {
		return fmt.Errorf("car %d: a race has at most %d cars: %w", e.Number, race.CarsMax, ErrUnknownCar)
	}
	idx := race.CarIdx(len(s.cars))
	s.entries = append(s.entries, e)
	s.cars = append(s.cars, newCar(idx, &e, len(s.lines), s.minis))
	at := len(s.order)
	s.order = append(s.order, idx)
	s.place = append(s.place, int32(at))
	s.moved.add(at)
	for at > 0 && gridBefore(&e, &s.entries[s.order[at-1]]) {
		s.swap(at)
		at--
	}
	s.tellRow(idx)
	return nil
}

// gridBefore orders the grid; those from the pit lane and those without a place follow in the order of entry.
func gridBefore(a, b *race.Entry) bool {
	if a.PitLaneStart != b.PitLaneStart {
		return b.PitLaneStart
	}
	return a.Grid > 0 && (b.Grid == 0 || a.Grid < b.Grid)
}

func (s *State) start(at race.Micros) error {
	if s.status != race.Waiting {
		return fmt.Errorf("started twice: %w", ErrDuplicate)
	}
	if len(s.cars) == 0 {
		return fmt.Errorf("a race without cars cannot start: %w", ErrUnknownCar)
	}
	s.status, s.leaderLap = race.Underway, 1
	for i := range s.cars {
		if c := &s.cars[i]; c.state == race.OnGrid {
			c.state = race.Running
			s.tellRow(race.CarIdx(i))
		}
	}
	s.tell(race.Event{Kind: race.EventStart, Car: race.NoCar, Lap: 1, TimeMS: at.Millis()})
	s.tellHead(at)
	return nil
}

func (s *State) car(idx race.CarIdx) (*car, error) {
	if idx < 0 || int(idx) >= len(s.cars) {
		return nil, fmt.Errorf("car slot %d of %d: %w", idx, len(s.cars), ErrUnknownCar)
	}
	return &s.cars[idx], nil
}

// Over says whether the race has ended.
func (s *State) Over() bool { return s.status == race.Over }

// Race is the head of the race; Entries its cars by slot.
func (s *State) Race() race.Race { return s.head }

// Entries are the cars by slot; the caller only reads them.
func (s *State) Entries() []race.Entry { return s.entries }
