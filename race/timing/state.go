package timing

import (
	"errors"
	"fmt"
	"slices"

	"lightsout/race"
)

// Why a record is refused. The state is as it was before; test with errors.Is.
var (
	ErrNotAnnounced = errors.New("no race was announced")
	ErrUnknownCar   = errors.New("unknown car")
	ErrUnknownLine  = errors.New("unknown timing line")
	ErrUnknown      = errors.New("unknown record")
	ErrOutOfOrder   = errors.New("out of order")
	ErrDuplicate    = errors.New("duplicate")
	ErrTooLate      = errors.New("the race is over")
)

// State is a race as timed so far. What was told of the race is kept: the head, the entries, each car's passings and the
// rulings. All else follows from that, and is worked out again where something late or corrected changes the past.
type State struct {
	info    race.Race
	entries []race.Entry
	lines   []line
	minis   int // mini-sectors of a lap
	cars    []car
	loops   []loop // of all cars, by slot and line; nil before the start
	acts    []act  // rulings that concern no single car, in the order of arrival
	sources sources
	strays  []passing // of transponders that are no car's

	status      race.Status
	shift       race.Micros  // of the start signal: what records count from another moment
	endedAt     race.Micros  // when the race was stopped
	shown       []signal     // by time; what was shown already is left out
	flags       []flagChange // by time
	suspensions []suspension // by time
	aborted     int          // starts
	abandoned   *abandonment
	latest      race.Micros // no passing is newer

	order []race.CarIdx // the tower
	place []int32       // by car: its index in order

	boards    []board // by lap less 1: who completed it
	flagged   chequeredFlag
	leaderLap int
	bests     bests
	emitted   emittedEvents

	result published

	slab    []race.Mark // room for the marks of facts
	facts   []race.Fact // of the record in hand
	moved   span        // places that changed with the record in hand
	amended []lapRef    // laps that changed with the record in hand
	// movedLaps are those of whose board positions may have changed.
	movedLaps []int
	author    string // of the record in hand
	why       string // the reason that the record in hand gives
	dirty     bool   // the record in hand may have changed the result
	reemit    bool   // the record in hand may have changed the events of the race
	more      bool   // records follow the one in hand at once
	relead    bool   // the record in hand may have changed who led when
	fresh     bool   // the record in hand made a version of the result
	silent    bool   // what is worked out now is a step on the way, and no verdict is published
}

// line is a timing line as timing sees it.
type line struct {
	kind      race.LineKind
	sector    int // 1 to 3 where a sector ends here, else 0
	mini      int // index of the mini-sector that ends here, else -1
	permyriad int
}

// New is a state before the first record.
func New() *State { return &State{latest: race.NoTime} }

// Apply takes the next record and appends the facts that follow from it. A record that the rules refuse gives an
// error and changes nothing. The facts own what they hold.
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

// settleFacts publishes what several records may have changed: laps that others moved, and the events of the race.
func (s *State) settleFacts() {
	s.announceLaps()
	s.emitEvents()
}

// Rest publishes what was put off for records that did not come.
func (s *State) Rest() []race.Fact {
	s.settleFacts()
	out := s.facts
	s.facts = nil
	return out
}

// Fold applies a record of a log: what the rules refuse stays in the log and is a fact, so that whoever folds it again has
// the same facts. refused says why. With more, records follow at once: a lap that each of them moves is published with the
// last of them. A block of passings that comes late moves each lap of each car many times.
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
	default: // below, once there is a race
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

// layOut takes the timing lines as timing sees them.
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
	for i := range s.lines { // in driving order, the finish line ends the last one
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
		if owner := s.sources.boxes[s.sources.box(t)].car; owner != race.NoCar {
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
		s.sources.boxes[s.sources.box(t)].car = idx
	}
	if len(s.strays) > 0 { // passings that came before the entry
		s.settle(func(h *passing) bool { return h.home == race.NoCar })
	}
	s.emitRow(idx)
	return nil
}

// gridsOneByOne is how many cars are put in their place on the grid as they are entered. Of a larger field the others wait
// until all have entered, or the start: one by one they would have half of the field step aside each.
const gridsOneByOne = 2000

func (s *State) start(at race.Micros, b race.Started) error {
	if s.status != race.Waiting {
		return fmt.Errorf("started twice: %w", ErrDuplicate)
	}
	if len(s.cars) == 0 {
		return fmt.Errorf("a race without cars cannot start: %w", ErrUnknownCar)
	}
	s.status, s.leaderLap = race.Underway, 1
	s.layLoops()
	s.datePreStart(b.After)
	if len(s.cars) > gridsOneByOne {
		s.setOrder(s.sorted())
	}
	s.reemit = true
	for i := range s.cars {
		c := &s.cars[i]
		switch {
		case len(c.passings) > 0 || len(c.ruled.fits) > 0: // they came before the signal
			s.recompute(race.CarIdx(i))
		case c.run.state == race.OnGrid:
			c.run.state = race.Running
		}
		s.emitRow(race.CarIdx(i))
	}
	s.emitStatus(at)
	return nil
}

// hold stops race time or lets it go on.
func (s *State) hold(at race.Micros, from, to race.Status) error {
	if s.status != from {
		return fmt.Errorf("the race is %v, not %v: %w", s.status, from, ErrOutOfOrder)
	}
	s.status = to
	s.emitStatus(at)
	return nil
}

// end closes the race: its result is published.
func (s *State) end(at race.Micros) error {
	if s.status != race.Underway && s.status != race.Paused {
		return fmt.Errorf("ended but not running: %w", ErrOutOfOrder)
	}
	s.status, s.dirty, s.endedAt = race.Over, true, at
	if s.latest > at { // what was timed after it counts no more
		s.rebuild()
	}
	for i := range s.cars { // what was ruled after it was ruled in the last lap
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

// Over says whether the race has ended.
func (s *State) Over() bool { return s.status == race.Over }

// Race is the race's info; Entries its cars by slot.
func (s *State) Race() race.Race { return s.info }

// Entries are the cars by slot; the caller only reads them.
func (s *State) Entries() []race.Entry { return s.entries }

// Order is the tower: the cars by position.
func (s *State) Order() []race.CarIdx { return slices.Clone(s.order) }
