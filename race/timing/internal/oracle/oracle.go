package oracle

import (
	"slices"

	"lightsout/race"
)

// Result is what the rulebook makes of a log.
type Result struct {
	Lines []race.Classified
	// Verdicts of all passings and insertions, by the sequence number of their record.
	Verdicts map[race.Seq]race.Verdict
	// Tower is the order of the cars on the timing tower; nil while the race is suspended.
	Tower []race.CarIdx
	// Laps of each car, by its slot. Of a lap only the fields are set that the oracle works out: number, duration, end,
	// position, mark, deletion and passing.
	Laps [][]race.Lap
	// Events in their order.
	Events []race.Event
}

// passing is a passing with all that is known of it.
type passing struct {
	seq    race.Seq
	at     race.Micros
	line   int
	car    race.CarIdx
	forced bool // accepted or inserted by a marshal
	made   bool // inserted
	inPit  bool
	out    bool // rejected, or told of with an earlier time
	twice  bool // told of before
	late   bool // received after the result was final
}

// runner is a car and what is ruled on it.
type runner struct {
	car      race.CarIdx
	entry    race.Entry
	state    race.CarState
	reason   string
	stopAt   race.Micros // none: NoTime
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

// book is a log, read once from the front.
type book struct {
	records []race.Record
	undone  map[race.Seq]bool
	info    race.Race
	started bool
	over    bool
	endedAt race.Micros
	final   race.Seq    // of the record that made the result final; 0: none
	shift   race.Micros // of the start signal
	latest  race.Micros // passing of a car
	// distance in laps as far as it is known; 0: by time.
	distance int
	cars     []*runner
	verdict  map[race.Seq]race.Verdict
	// estimated splits are in the middle of the lap.
	estimated map[race.Seq]bool
	// Once all is driven: what race control did, and the laps that were the fastest so far.
	orders order
	bests  []end
	stands bool // it is paused
}

// Classify works a log out that holds only records which the rules allow.
func Classify(records []race.Record) Result {
	b := open(records)
	flag, fell := b.driveAll()
	b.look()
	return Result{
		Lines: b.classify(fell), Verdicts: b.verdict, Tower: b.tower(), Laps: b.laps(), Events: b.events(flag, fell),
	}
}

// Lines are those of the classification alone, which takes a part of the time.
func Lines(records []race.Record) []race.Classified {
	b := open(records)
	_, fell := b.driveAll()
	b.look()
	return b.classify(fell)
}

// look works out what is needed of the whole race once all is driven.
func (b *book) look() { b.orders, b.bests, b.stands = b.readOrders(), b.bestsSoFar(), b.held() }

func open(records []race.Record) *book {
	b := &book{records: records, undone: undone(records), verdict: map[race.Seq]race.Verdict{}, latest: race.NoTime, estimated: map[race.Seq]bool{}}
	b.records = b.fromTheSignal()
	b.readEntries()
	b.readFinal()
	b.readRulings()
	b.readPassings()
	return b
}

// fromTheSignal are the records with their times counted from the start signal as it was moved last.
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

// before is the race as it was when a record came, and how far its clock was from that of now.
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

// undone says which records were taken back: those with an undoing that was not taken back itself.
func undone(records []race.Record) map[race.Seq]bool {
	out := map[race.Seq]bool{}
	for i := len(records) - 1; i >= 0; i-- { // an undoing comes after what it undoes
		if u, ok := records[i].Body.(race.Undone); ok && !out[records[i].Seq] {
			out[u.Of] = true
		}
	}
	return out
}

// each calls what with the records that hold.
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

// readRulings gathers what race control ordered of each car.
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
			if body.Passing == 0 { // the lap that had the number then
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

// ruledOn is the car of a ruling that people read about.
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

// amount is what a penalty adds that is not served (rule 5).
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
