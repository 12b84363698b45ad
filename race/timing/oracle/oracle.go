// Package oracle classifies a race a second time, slowly and obviously: it takes all records, sorts and counts, and
// knows nothing of what was worked out before. It is written from the rulebook's text and shares no code with
// race/timing. Tests compare the two.
// Imports race only; imported by tests.
package oracle

import (
	"cmp"
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
	b := &book{records: records, undone: undone(records), verdict: map[race.Seq]race.Verdict{}}
	b.readEntries()
	b.readRulings()
	b.readPassings()
	for _, c := range b.cars { // as if there were no flag
		b.drive(c, race.TimeMax, false)
	}
	flag, fell, counted := b.flag()
	if fell {
		for _, c := range b.cars {
			b.drive(c, flag, counted)
		}
	}
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

func (b *book) readRulings() {
	served := map[race.Seq]bool{}
	b.each(func(r race.Record) {
		if body, ok := r.Body.(race.PenaltyServed); ok {
			served[body.Penalty] = true
		}
	})
	out := func(car race.CarIdx, state race.CarState, at race.Micros, reason string) {
		c := b.cars[car]
		if state > c.state {
			c.state, c.reason = state, reason
		}
		if c.stopAt == race.NoTime || at < c.stopAt {
			c.stopAt = at
		}
	}
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.CarRetired:
			out(body.Car, race.Retired, r.Time, body.Reason)
		case race.CarNotStarted:
			out(body.Car, race.NotStarted, r.Time, body.Reason)
		case race.CarDisqualified:
			out(body.Car, race.Disqualified, r.Time, body.Reason)
		case race.LapDeleted:
			b.cars[body.Car].deleted = append(b.cars[body.Car].deleted, body.Lap)
		case race.Penalised:
			if served[r.Seq] {
				return
			}
			amount := body.Amount
			if amount == 0 && body.Kind == race.PenaltyDriveThrough {
				amount = b.head.Rules.DriveThrough
			}
			if amount == 0 && body.Kind == race.PenaltyStopAndGo {
				amount = b.head.Rules.StopAndGo
			}
			b.cars[body.Car].penalty += amount
		default:
		}
	})
}

// readPassings gathers each car's hits by the decoders' clocks, not in the order in which they came (rule 10).
func (b *book) readPassings() {
	offsets, boxes := map[string]race.Micros{}, map[string]race.CarIdx{}
	for _, c := range b.cars {
		for _, t := range c.entry.Transponders {
			boxes[t] = c.car
		}
	}
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.DecoderSet:
			offsets[body.Decoder] = body.Offset
		case race.TransponderAssigned:
			boxes[body.Transponder] = body.Car
		default:
		}
	})
	var all []passing
	for _, r := range b.records {
		switch body := r.Body.(type) {
		case race.Passing:
			p := passing{seq: r.Seq, at: r.Time, line: body.Line, car: body.Car}
			if s := body.Source; s != nil {
				p.at += offsets[s.Decoder]
				if owner, known := boxes[s.Transponder]; p.car == race.NoCar && known {
					p.car = owner
				}
				p.out, p.twice = b.told(r, s)
			}
			all = append(all, p)
		case race.Corrected:
			if body.Kind == race.CorrectInsert && b.started {
				all = append(all, passing{
					seq: r.Seq, at: body.At, line: body.Line, car: body.Car, made: true, forced: true, out: b.undone[r.Seq],
				})
			}
		default:
		}
	}
	b.each(func(r race.Record) { b.correct(r, all) })
	slices.SortStableFunc(all, func(x, y passing) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.line, y.line), cmp.Compare(x.seq, y.seq))
	})
	for _, p := range all {
		switch {
		case p.twice && p.out: // which of the two it is hangs on what came first
		case p.twice:
			b.verdict[p.seq] = race.Duplicate
		case p.car == race.NoCar && p.out:
			b.verdict[p.seq] = race.Rejected
		case p.car == race.NoCar:
			b.verdict[p.seq] = race.Suspect
		default:
			b.cars[p.car].passings = append(b.cars[p.car].passings, p)
		}
	}
}

// told looks for the same number of the same decoder: told earlier with the same time it is one hit; of several times
// the earliest stands.
func (b *book) told(r race.Record, s *race.Source) (out, twice bool) {
	if s.Decoder == "" {
		return false, false
	}
	for _, other := range b.records {
		body, ok := other.Body.(race.Passing)
		if !ok || other.Seq == r.Seq || body.Source == nil {
			continue
		}
		if o := body.Source; o.Decoder != s.Decoder || o.Session != s.Session || o.Sequence != s.Sequence {
			continue
		}
		if other.Time < r.Time {
			out = true
		}
		if other.Time == r.Time && other.Seq < r.Seq {
			twice = true
		}
	}
	return out, twice
}

func (b *book) correct(r race.Record, all []passing) {
	body, ok := r.Body.(race.Corrected)
	if !ok {
		return
	}
	at := slices.IndexFunc(all, func(p passing) bool { return p.seq == body.Passing })
	if at < 0 || all[at].made && b.undone[body.Passing] {
		return
	}
	switch body.Kind {
	case race.CorrectAccept:
		all[at].forced, all[at].out = true, false
	case race.CorrectReject:
		all[at].forced, all[at].out = all[at].made, true
	case race.CorrectMove:
		all[at].car = body.Car
	case race.CorrectInsert, race.CorrectSplit:
	}
}

// drive counts a car's laps up to its first crossing of the finish line from the flag on (rules 2, 6, 10, 11).
func (b *book) drive(c *runner, flag race.Micros, counted bool) {
	lines := len(b.head.Lines)
	c.ends, c.progress, c.at, c.finished = nil, -1, 0, counted
	begun := c.entry.StartOffsetM <= 0
	last := make([]race.Micros, lines)
	for i := range last {
		last[i] = race.NoTime
	}
	if begun {
		last[0] = 0
	}
	for _, p := range c.passings {
		seen := race.Accepted
		if p.made {
			seen = race.Estimated
		}
		rules := b.head.Rules
		lapFrom := race.Micros(0)
		if n := len(c.ends); n > 0 {
			lapFrom = cut(c.ends[n-1], rules.Precision)
		}
		progress := len(c.ends)*lines + p.line
		if p.line == 0 {
			progress += lines
		}
		counts := false
		switch {
		case p.out, p.at < 0, c.state == race.NotStarted, c.stopAt != race.NoTime && p.at > c.stopAt:
			seen = race.Rejected
		case c.finished || !begun && p.line != 0:
		case p.at == last[p.line]:
			seen = race.Duplicate
		case !p.forced && last[p.line] != race.NoTime && p.at-last[p.line] < rules.DeadTime:
			seen = race.Duplicate
		case !p.forced && p.line == 0 && begun && cut(p.at, rules.Precision)-lapFrom < rules.MinLap:
			seen = race.Suspect
		case p.line != 0 && progress <= c.progress:
			if !p.forced {
				seen = race.Suspect
			}
		default:
			counts = true
		}
		b.verdict[p.seq] = seen
		if !counts || !b.started {
			continue
		}
		last[p.line] = p.at
		if !begun {
			begun, c.progress, c.at = true, 0, p.at
			continue
		}
		c.progress, c.at = progress, p.at
		if p.line == 0 {
			c.ends = append(c.ends, p.at)
			c.finished = p.at >= flag
		}
	}
}

func cut(at, precision race.Micros) race.Micros {
	for at%precision != 0 {
		at -= ((at % precision) + precision) % precision
	}
	return at
}

// flag is when the chequered flag falls (rules 2 and 8); counted says that no lap counts.
func (b *book) flag() (at race.Micros, fell, counted bool) {
	var firsts []race.Micros
	for lap := 0; ; lap++ {
		first := race.Micros(-1)
		for _, c := range b.cars {
			if lap < len(c.ends) && (first < 0 || c.ends[lap] < first) {
				first = c.ends[lap]
			}
		}
		if first < 0 {
			break
		}
		firsts = append(firsts, first)
	}
	var suspensions [][2]race.Micros
	distance := b.head.Rules.Laps
	abandoned, signal, signalLap := false, race.Micros(0), 0
	b.each(func(r race.Record) {
		switch body := r.Body.(type) {
		case race.StartAborted:
			distance--
		case race.Suspended:
			suspensions = append(suspensions, [2]race.Micros{r.Time, race.TimeMax})
		case race.Resumed:
			if n := len(suspensions); n > 0 {
				suspensions[n-1][1] = max(r.Time, suspensions[n-1][0])
			}
		case race.Abandoned:
			abandoned, signal, signalLap = true, r.Time, body.Lap
			if n := len(suspensions); n > 0 && suspensions[n-1][1] == race.TimeMax {
				signal = suspensions[n-1][0]
			}
		default:
		}
	})
	if abandoned {
		if signalLap == 0 {
			signalLap = 1
			for _, first := range firsts {
				if first <= signal {
					signalLap++
				}
			}
		}
		lap := min(signalLap-2, len(firsts))
		if lap <= 0 {
			return 0, true, true
		}
		return firsts[lap-1], true, false
	}
	if b.head.Rules.Laps > 0 {
		distance = max(1, distance)
	}
	lastLap := 0
	for i, at := range firsts {
		lap := i + 1
		stood := race.Micros(0)
		for _, s := range suspensions {
			stood += max(0, min(at, s[1])-s[0])
		}
		switch {
		case b.head.Rules.Laps > 0 && lap >= distance, lap == lastLap,
			b.head.Rules.WindowLimit > 0 && at >= b.head.Rules.WindowLimit:
			return at, true, false
		case lastLap == 0 && b.head.Rules.RunningLimit > 0 && at-stood >= b.head.Rules.RunningLimit:
			lastLap = lap + 1
		}
	}
	return 0, false, false
}

// time is a car's race time at the end of its last lap, with its penalties (rule 5).
func (b *book) time(c *runner) race.Micros {
	return cut(c.ends[len(c.ends)-1], b.head.Rules.Precision) + c.penalty
}

func (b *book) exact(c *runner) race.Micros { return c.ends[len(c.ends)-1] + c.penalty }

// gridPlace puts starts from the pit lane behind the grid.
func gridPlace(e race.Entry) int {
	place := 0
	if e.PitLaneStart {
		place = 2 * race.CarsMax
	}
	if e.Grid > 0 {
		return place + e.Grid
	}
	return 2*race.CarsMax + place
}

// behind orders two cars by the last line that they passed and when (rules 1, 4, 11).
func behind(x, y *runner) int {
	out := func(c *runner) int {
		switch {
		case c.state == race.OnGrid:
			return 0
		default:
			return int(c.state)
		}
	}
	return cmp.Or(cmp.Compare(out(x), out(y)), cmp.Compare(y.progress, x.progress), cmp.Compare(x.at, y.at), onGrid(x, y))
}

func onGrid(x, y *runner) int {
	return cmp.Or(cmp.Compare(gridPlace(x.entry), gridPlace(y.entry)), cmp.Compare(x.car, y.car))
}

func (b *book) tower() []race.CarIdx {
	stands := false
	b.each(func(r race.Record) {
		switch r.Body.(type) {
		case race.Suspended:
			stands = true
		case race.Resumed, race.Abandoned:
			stands = false
		default:
		}
	})
	if stands || b.over {
		return nil
	}
	cars := slices.Clone(b.cars)
	slices.SortStableFunc(cars, behind)
	var out []race.CarIdx
	for _, c := range cars {
		out = append(out, c.car)
	}
	return out
}
