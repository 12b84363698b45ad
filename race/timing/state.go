package timing

import (
	"errors"
	"fmt"
	"slices"

	"lightsout/race"
)

// Reasons to refuse a record. A refused record changes nothing. Test with errors.Is.
var (
	ErrNotAnnounced = errors.New("no race was announced")
	ErrUnknownCar   = errors.New("unknown car")
	ErrUnknownLine  = errors.New("unknown timing line")
	ErrUnknown      = errors.New("unknown record")
	ErrOutOfOrder   = errors.New("out of order")
	ErrDuplicate    = errors.New("duplicate")
	ErrTooLate      = errors.New("the race is over")
)

// State is the timing of a race so far. It keeps what was reported: the race info, the entries, each car's passings and the
// rulings. All else follows from that and is recomputed after a late or corrected report.
type State struct {
	info    race.Race
	entries []race.Entry
	lines   []line
	minis   int // mini-sectors per lap
	cars    []car
	loops   []loop // of all cars, by slot and line; nil before the start
	acts    []act  // rulings that concern no single car, in the order of arrival
	sources sources
	strays  []passing // passings of transponders without a car

	status      race.Status
	shift       race.Micros  // how far the start signal was moved from its record
	endedAt     race.Micros  // when the race was stopped
	shown       []signal     // by time, without repetitions
	flags       []flagChange // by time
	suspensions []suspension // by time
	aborted     int          // number of aborted starts
	abandoned   *abandonment
	latest      race.Micros // time of the newest passing

	order []race.CarIdx // the tower
	place []int32       // by car: its index in order

	boards    []board // by lap - 1: the cars that completed it
	flagged   chequeredFlag
	leaderLap int
	bests     bests
	emitted   emittedEvents

	result published

	slab    []race.Mark // allocation for the marks of facts
	facts   []race.Fact // of the current record
	moved   span        // places that the current record changed
	amended []lapRef    // laps that the current record changed
	// movedLaps are the laps whose board positions may have changed.
	movedLaps []int
	author    string // of the current record
	why       string // the reason of the current record
	dirty     bool   // the current record may have changed the result
	reemit    bool   // the current record may have changed the events of the race
	more      bool   // more records follow at once
	relead    bool   // the current record may have changed the leaders
	fresh     bool   // the current record made a version of the result
	silent    bool   // an intermediate computation: publish no verdicts
}

// line is a timing line in the form that timing needs.
type line struct {
	kind      race.LineKind
	sector    int // 1 to 3 if a sector ends here, else 0
	mini      int // index of the mini-sector that ends here, else -1
	permyriad int
}

// New returns the state before the first record.
func New() *State { return &State{latest: race.NoTime} }

// Apply applies the next record and appends the facts that follow from it. It returns an error and changes nothing if the
// rules refuse the record. The facts do not share memory with the state.
func (s *State) Apply(r *race.Record, facts []race.Fact) ([]race.Fact, error) {
	s.facts, s.moved, s.author, s.why, s.dirty = facts, span{}, r.Author, "", false
	if (r.Time < -race.TimeMax || r.Time > race.TimeMax) && !s.isPreStart(r) {
		return facts, fmt.Errorf("a record at %d µs of race time: %w", r.Time, ErrOutOfOrder)
	}
	r = s.inRaceTime(r)
	if err := s.apply(r); err != nil {
		s.facts = nil
		return facts, err
	}
	s.publish(r)
	if !s.more || s.fresh {
		s.settleFacts()
	}
	s.announceResult()
	s.announceOrder()
	out := s.facts
	s.facts = nil
	return out, nil
}

// settleFacts publishes what consecutive records may change repeatedly: laps moved by other laps, and the events of the race.
func (s *State) settleFacts() {
	s.announceLaps()
	s.emitEvents()
}

// Rest publishes the facts that were postponed for records that did not come.
func (s *State) Rest() []race.Fact {
	s.settleFacts()
	out := s.facts
	s.facts = nil
	return out
}

// Fold applies a record of a log. A refused record stays in the log and its refusal is a fact, so that every fold of the log
// gives the same facts; refused says why. more says that records follow at once: a lap that several of them move is then
// published once, with the last. A block of late passings moves each lap of each car many times.
func (s *State) Fold(r *race.Record, more bool) (facts race.Facts, refused error) {
	s.more = more
	defer func() { s.more = false }()
	facts = race.Facts{Seq: r.Seq}
	if !r.Time.PreStart() {
		facts.Time = r.Time - s.shift
	}
	if facts.Facts, refused = s.Apply(r, nil); refused != nil {
		s.facts = []race.Fact{race.RecordRefused{Seq: r.Seq, Reason: refused.Error()}}
		if !more {
			s.settleFacts()
		}
		facts.Facts, s.facts = s.facts, nil
	}
	return facts, refused
}

func (s *State) apply(r *race.Record) error {
	switch b := r.Body.(type) {
	case race.Announced:
		return s.announce(&b.Race)
	case race.Passing:
		return s.pass(r, b)
	default: // handled below, once there is a race
	}
	if s.lines == nil {
		return fmt.Errorf("a record of %T: %w", r.Body, ErrNotAnnounced)
	}
	switch b := r.Body.(type) {
	case race.Entered:
		return s.enter(b.Entry)
	case race.Started:
		return s.start(r.Time, b)
	case race.Held:
		return s.hold(r.Time, race.Underway, race.Paused)
	case race.Released:
		return s.hold(r.Time, race.Paused, race.Underway)
	case race.Ended:
		return s.end(r.Time)
	case race.ResultDeclared:
		return s.declare(r.Time, b)
	default:
		return s.rule(r)
	}
}

func (s *State) announce(r *race.Race) error {
	if s.lines != nil {
		return fmt.Errorf("announced twice: %w", ErrDuplicate)
	}
	if err := r.Rules.Validate(); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if err := s.layOut(r); err != nil {
		return err
	}
	s.info = *r
	s.bests = newBests(len(s.lines))
	s.flagged = s.flaggedNow()
	s.emitStatus(0)
	return nil
}

// layOut computes the timing lines from the race info.
func (s *State) layOut(r *race.Race) error {
	if len(r.Lines) == 0 || r.Lines[0].Kind != race.LineFinish {
		return fmt.Errorf("the first timing line must be the finish line: %w", ErrUnknownLine)
	}
	if len(r.Lines) > race.LinesMax {
		return fmt.Errorf("%d timing lines, allowed are %d: %w", len(r.Lines), race.LinesMax, ErrUnknownLine)
	}
	for _, l := range r.Lines {
		one := line{kind: l.Kind, mini: -1, permyriad: l.Permyriad}
		if l.Sector >= 1 && l.Sector <= 3 {
			one.sector = l.Sector
		}
		s.lines = append(s.lines, one)
	}
	for i := range s.lines { // in driving order; the finish line ends the last one
		at := (i + 1) % len(s.lines)
		switch s.lines[at].kind {
		case race.LineFinish, race.LineSector, race.LineMini:
			s.lines[at].mini = s.minis
			s.minis++
		case race.LineSpeedTrap, race.LinePitEntry, race.LinePitExit:
		}
	}
	return nil
}

func (s *State) enter(e race.Entry) error {
	if s.status != race.Waiting {
		return fmt.Errorf("car %d is entered after the start: %w", e.Number, ErrTooLate)
	}
	if len(s.cars) >= race.CarsMax {
		return fmt.Errorf("car %d: a race has at most %d cars: %w", e.Number, race.CarsMax, ErrUnknownCar)
	}
	for _, t := range e.Transponders {
		if owner := s.sources.transponders[s.sources.transponder(t)].car; owner != race.NoCar {
			return fmt.Errorf("car %d: the transponder %s is car %d's: %w", e.Number, race.Quoted(t), s.entries[owner].Number, ErrDuplicate)
		}
	}
	idx := race.CarIdx(len(s.cars))
	s.entries = append(s.entries, e)
	s.cars = append(s.cars, car{ruled: rulings{stopAt: race.NoTime}, lastAct: race.NoTime, run: s.newRun(idx)})
	s.order = append(s.order, idx)
	s.place = append(s.place, int32(len(s.order)-1))
	s.moved.add(len(s.order) - 1)
	switch n := len(s.cars); {
	case n <= gridsOneByOne:
		s.reposition(idx)
	case n == s.info.Cars:
		s.setOrder(s.sorted())
	}
	for _, t := range e.Transponders {
		s.sources.transponders[s.sources.transponder(t)].car = idx
	}
	if len(s.strays) > 0 { // passings that arrived before the entry
		s.settle(func(h *passing) bool { return h.of.car() == race.NoCar })
	}
	s.emitRow(idx)
	return nil
}

// gridsOneByOne is the field size up to which each car is sorted into the grid when it is entered. Larger fields are sorted
// once, at the start: inserting one by one would move half of the field each time.
const gridsOneByOne = 2000

func (s *State) start(at race.Micros, b race.Started) error {
	if s.status != race.Waiting {
		return fmt.Errorf("started twice: %w", ErrDuplicate)
	}
	if len(s.cars) == 0 {
		return fmt.Errorf("a race without cars cannot start: %w", ErrUnknownCar)
	}
	s.status, s.leaderLap = race.Underway, 1
	s.cars = slices.Clone(s.cars) // without the spare room in which they grew
	s.layLoops()
	s.datePreStart(b.After)
	if len(s.cars) > gridsOneByOne {
		s.setOrder(s.sorted())
	}
	s.reemit = true
	for i := range s.cars {
		c := &s.cars[i]
		switch {
		case len(c.passings) > 0 || len(c.ruled.fits) > 0: // they arrived before the signal
			s.recompute(race.CarIdx(i))
		case c.run.state == race.OnGrid:
			c.run.state = race.Running
		}
		s.emitRow(race.CarIdx(i))
	}
	s.emitStatus(at)
	return nil
}

// hold pauses or resumes race time.
func (s *State) hold(at race.Micros, from, to race.Status) error {
	if s.status != from {
		return fmt.Errorf("the race is %v, not %v: %w", s.status, from, ErrOutOfOrder)
	}
	s.status = to
	s.emitStatus(at)
	return nil
}

// end closes the race and publishes its result.
func (s *State) end(at race.Micros) error {
	if s.status != race.Underway && s.status != race.Paused {
		return fmt.Errorf("ended but not running: %w", ErrOutOfOrder)
	}
	s.status, s.dirty, s.endedAt = race.Over, true, at
	if s.latest > at { // later passings do not count any more
		s.rebuild()
	}
	for i := range s.cars { // rulings after the end belong to the last lap
		if s.cars[i].lastAct > at {
			s.emitCarEvents(race.CarIdx(i))
		}
	}
	s.emitStatus(at)
	return nil
}

func (s *State) car(idx race.CarIdx) (*car, error) {
	if idx < 0 || int(idx) >= len(s.cars) {
		return nil, fmt.Errorf("car slot %d of %d: %w", idx, len(s.cars), ErrUnknownCar)
	}
	return &s.cars[idx], nil
}

// Over reports whether the race has ended.
func (s *State) Over() bool { return s.status == race.Over }

// Race returns the race info.
func (s *State) Race() race.Race { return s.info }

// Entries returns the cars by slot. Callers must not modify them.
func (s *State) Entries() []race.Entry { return s.entries }

// Order returns the tower: the cars by position.
func (s *State) Order() []race.CarIdx { return slices.Clone(s.order) }
