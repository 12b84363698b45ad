package oracle

import (
	"slices"

	"lightsout/race"
)

// Result is the outcome of a log by the rulebook.
type Result struct {
	Lines []race.Classified
	// Verdicts of all passings and insertions, by record.
	Verdicts map[race.Seq]race.Verdict
	// Tower is the order of the cars on the timing tower; nil while the race is suspended.
	Tower []race.CarIdx
	// Laps of each car, by slot. Only the fields that the oracle computes are set: number, duration, end, position, mark,
	// deletion and passing.
	Laps [][]race.Lap
	// Events in their order.
	Events []race.Event
}

// passing is a passing with all rulings on it.
type passing struct {
	seq      race.Seq
	at       race.Micros
	line     int
	car      race.CarIdx
	forced   bool // accepted or inserted by a marshal
	made     bool // inserted
	inPit    bool
	out      bool // rejected, or the decoder reported an earlier time with its sequence
	repeated bool // a repeat
	late     bool // received after the result was final
}

// runner is a car and the rulings on it.
type runner struct {
	car      race.CarIdx
	entry    race.Entry
	state    race.CarState
	reason   string
	stopAt   race.Micros // NoTime if there is none
	penalty  race.Micros
	deleted  []race.Seq // by the passing that ended the lap
	passings []passing
	fits     []race.Record
	rulings  []race.Record

	ends     []race.Micros
	from     race.Micros // of lap 1
	seqs     []race.Seq  // of the passings that ended the laps
	pits     []passing
	pitLaps  []int
	last     []race.Micros // by line: the last passing that counted
	begun    bool          // the first lap counts
	finished bool
	progress int
	at       race.Micros
}

// book is a log, read once from its beginning.
type book struct {
	records []race.Record
	undone  map[race.Seq]bool
	info    race.Race
	started bool
	over    bool
	endedAt race.Micros
	final   race.Seq    // of the record that made the result final; 0 means none
	shift   race.Micros // of the start signal
	latest  race.Micros // time of the newest passing
	// distance in laps as known so far; 0 means by time.
	distance int
	cars     []*runner
	verdict  map[race.Seq]race.Verdict
	// estimated are the splits in the middle of a lap.
	estimated map[race.Seq]bool
	// Set after all cars are driven: the orders of race control, and the laps that were the fastest so far.
	orders order
	bests  []end
	paused bool // stands says that the race is paused
}

// Classify computes the result of a log. All its records must be allowed by the rules.
func Classify(records []race.Record) Result {
	b := open(records)
	flag, fell := b.driveAll()
	b.look()
	return Result{
		Lines: b.classify(fell), Verdicts: b.verdict, Tower: b.tower(), Laps: b.laps(), Events: b.events(flag, fell),
	}
}

// Lines returns the classification alone, in a part of the time.
func Lines(records []race.Record) []race.Classified {
	b := open(records)
	_, fell := b.driveAll()
	b.look()
	return b.classify(fell)
}

// look computes what is needed of the whole race after all cars are driven.
func (b *book) look() { b.orders, b.bests, b.paused = b.readOrders(), b.bestsSoFar(), b.held() }

func open(records []race.Record) *book {
	b := &book{records: records, undone: undone(records), verdict: map[race.Seq]race.Verdict{}, latest: race.NoTime, estimated: map[race.Seq]bool{}}
	b.records = b.fromTheSignal()
	b.readEntries()
	b.readFinal()
	b.readRulings()
	b.readPassings()
	return b
}

// fromTheSignal returns the records with times relative to the last moved start signal.
func (b *book) fromTheSignal() []race.Record {
	after := race.Micros(0) // the announcement
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.StartMoved:
			b.shift = body.At
		case race.Started:
			after = body.After
		default:
		}
	})
	out := slices.Clone(b.records)
	for i := range out {
		if body, ok := out[i].Body.(race.Corrected); ok && body.Kind == race.CorrectSplit && body.At == 0 {
			b.estimated[out[i].Seq] = true
		}
		if out[i].Time.PreStart() {
			out[i].Time = out[i].Time.ToRaceTime(after)
		}
		out[i].Time -= b.shift
		switch body := out[i].Body.(type) {
		case race.TransponderAssigned:
			if body.From != 0 {
				body.From -= b.shift
			}
			out[i].Body = body
		case race.Corrected:
			if !b.estimated[out[i].Seq] {
				body.At -= b.shift
			}
			out[i].Body = body
		default:
		}
	}
	return out
}

// before returns the race as it was when a record arrived, and the shift of its start signal relative to the current one.
func (b *book) before(i int) (*book, race.Micros) {
	then := slices.Clone(b.records[:i])
	for j := range then {
		then[j].Time += b.shift
		switch body := then[j].Body.(type) {
		case race.TransponderAssigned:
			if body.From != 0 {
				body.From += b.shift
			}
			then[j].Body = body
		case race.Corrected:
			if !b.estimated[then[j].Seq] {
				body.At += b.shift
			}
			then[j].Body = body
		default:
		}
	}
	old := open(then)
	old.driveAll()
	return old, old.shift - b.shift
}

// undone returns the records that are undone: those with an undoing that is not undone itself.
func undone(records []race.Record) map[race.Seq]bool {
	out := map[race.Seq]bool{}
	for i := len(records) - 1; i >= 0; i-- { // an undoing comes after what it undoes
		if u, ok := records[i].Body.(race.Undone); ok && !out[records[i].Seq] {
			out[u.Of] = true
		}
	}
	return out
}

// each calls what with the records that are not undone.
func (b *book) each(what func(r race.Record)) {
	for _, r := range b.records {
		if !b.undone[r.Seq] {
			what(r)
		}
	}
}

func (b *book) readEntries() {
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.Announced:
			b.info = body.Race
		case race.Entered:
			b.cars = append(b.cars, &runner{car: race.CarIdx(len(b.cars)), entry: body.Entry, stopAt: race.NoTime})
		case race.Started:
			b.started = true
		case race.Ended:
			b.over, b.endedAt = true, r.Time
		default:
		}
	})
}

// readRulings collects what race control ordered for each car.
func (b *book) readRulings() {
	served := map[race.Seq]bool{}
	b.each(func(r race.Record) {
		if body, ok := r.Body.(race.PenaltyServed); ok {
			served[body.Penalty] = true
		}
	})
	for i, r := range b.records {
		if b.undone[r.Seq] {
			continue
		}
		if c := b.ruledOn(r.Body); c != nil {
			c.rulings = append(c.rulings, r)
		}
		switch body := r.Body.(type) {
		case race.CarRetired:
			b.cars[body.Car].out(race.Retired, r.Time, body.Reason)
		case race.CarNotStarted:
			b.cars[body.Car].out(race.NotStarted, r.Time, body.Reason)
		case race.CarDisqualified:
			b.cars[body.Car].out(race.Disqualified, r.Time, body.Reason)
		case race.LapDeleted:
			if body.Passing == 0 { // the lap with that number at that time
				then, _ := b.before(i)
				body.Passing = then.cars[body.Car].seqs[body.Lap-1]
			}
			b.cars[body.Car].deleted = append(b.cars[body.Car].deleted, body.Passing)
		case race.Penalised:
			if !served[r.Seq] {
				b.cars[body.Car].penalty += b.amount(body)
			}
		case race.TyresFitted:
			b.cars[body.Car].fits = append(b.cars[body.Car].fits, r)
		default:
		}
	}
}

// ruledOn returns the car of a ruling that makes an event.
func (b *book) ruledOn(body race.Body) *runner {
	switch body := body.(type) {
	case race.CarRetired:
		return b.cars[body.Car]
	case race.CarNotStarted:
		return b.cars[body.Car]
	case race.CarDisqualified:
		return b.cars[body.Car]
	case race.Penalised:
		return b.cars[body.Car]
	default:
	}
	return nil
}

func (c *runner) out(state race.CarState, at race.Micros, reason string) {
	if state > c.state {
		c.state, c.reason = state, reason
	}
	if c.stopAt == race.NoTime || at < c.stopAt {
		c.stopAt = at
	}
}

// amount returns what a penalty adds while it is not served (rule 5).
func (b *book) amount(p race.Penalised) race.Micros {
	switch {
	case p.Amount > 0:
		return p.Amount
	case p.Kind == race.PenaltyDriveThrough:
		return b.info.Rules.DriveThrough
	case p.Kind == race.PenaltyStopAndGo:
		return b.info.Rules.StopAndGo
	}
	return 0
}
