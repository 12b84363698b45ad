// Package oracle classifies a race a second time, slowly and obviously: it takes all records, sorts and counts, and
// knows nothing of what was worked out before. It is written from the rulebook's text and shares no code with
// race/timing. Tests compare the two.
// Imports race only; imported by tests.
package oracle

import "lightsout/race"

// Result is what the rulebook makes of a log.
type Result struct {
	Lines []race.Classified
	// Verdicts of all passings and insertions, by the sequence number of their record.
	Verdicts map[race.Seq]race.Verdict
	// Tower is the order of the cars on the timing tower; nil while the race is suspended.
	Tower []race.CarIdx
	// Laps are when each car, by its slot, ended its laps: race time in ms.
	Laps [][]int64
}

// passing is a hit with all that is known of it.
type passing struct {
	seq    race.Seq
	at     race.Micros
	line   int
	car    race.CarIdx
	forced bool // accepted or inserted by a marshal
	made   bool // inserted
	out    bool // rejected, or told of with an earlier time
	twice  bool // told of before
}

// runner is a car and what is ruled on it.
type runner struct {
	car      race.CarIdx
	entry    race.Entry
	state    race.CarState
	reason   string
	stopAt   race.Micros // none: NoTime
	penalty  race.Micros
	deleted  []int
	passings []passing

	ends     []race.Micros
	last     []race.Micros // by line: the last hit that counted
	begun    bool          // the first lap counts
	finished bool
	progress int
	at       race.Micros
}

// book is a log, read once from the front.
type book struct {
	records []race.Record
	undone  map[race.Seq]bool
	head    race.Race
	started bool
	over    bool
	cars    []*runner
	verdict map[race.Seq]race.Verdict
}

// Classify works a log out that holds only records which the rules allow.
func Classify(records []race.Record) Result {
	b := open(records)
	fell := b.driveAll()
	result := Result{Lines: b.classify(fell), Verdicts: b.verdict, Tower: b.tower()}
	for _, c := range b.cars {
		var laps []int64
		for _, end := range c.ends {
			laps = append(laps, int64(cut(cut(end, b.head.Rules.Precision), race.Millisecond)/race.Millisecond))
		}
		result.Laps = append(result.Laps, laps)
	}
	return result
}

func open(records []race.Record) *book {
	b := &book{records: records, undone: undone(records), verdict: map[race.Seq]race.Verdict{}}
	b.readEntries()
	b.readRulings()
	b.readPassings()
	return b
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
			b.head = body.Race
		case race.Entered:
			b.cars = append(b.cars, &runner{car: race.CarIdx(len(b.cars)), entry: body.Entry, stopAt: race.NoTime})
		case race.Started:
			b.started = true
		case race.Ended:
			b.over = true
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
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.CarRetired:
			b.cars[body.Car].out(race.Retired, r.Time, body.Reason)
		case race.CarNotStarted:
			b.cars[body.Car].out(race.NotStarted, r.Time, body.Reason)
		case race.CarDisqualified:
			b.cars[body.Car].out(race.Disqualified, r.Time, body.Reason)
		case race.LapDeleted:
			b.cars[body.Car].deleted = append(b.cars[body.Car].deleted, body.Lap)
		case race.Penalised:
			if !served[r.Seq] {
				b.cars[body.Car].penalty += b.amount(body)
			}
		default:
		}
	})
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
		return b.head.Rules.DriveThrough
	case p.Kind == race.PenaltyStopAndGo:
		return b.head.Rules.StopAndGo
	}
	return 0
}
