package oracle_test

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/race/timing/internal/oracle"
)

// randomRaces is the number of random races for each property.
const randomRaces = 10_000

// rapidly checks a property on many random races.
func rapidly(t *testing.T, races int, property func(*rapid.T)) {
	t.Helper()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(fmt.Sprint(races)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
	rapid.Check(t, property)
}

// engine is a timing.State with its accepted log and the verdicts it published.
type engine struct {
	state    *timing.State
	log      []race.Record
	verdicts map[race.Seq]race.Verdict
	laps     map[race.CarIdx][]race.Lap // as published
	board    race.Board
}

func newEngine() *engine {
	return &engine{state: timing.New(), verdicts: map[race.Seq]race.Verdict{}, laps: map[race.CarIdx][]race.Lap{}}
}

// take applies a record and reports whether the rules allow it.
func (e *engine) take(r race.Record) bool {
	facts, err := e.state.Apply(&r, nil)
	if err != nil {
		return false
	}
	e.log = append(e.log, r)
	e.board.Apply(&race.Facts{Seq: r.Seq, Time: r.Time, Facts: facts})
	for _, f := range facts {
		switch f := f.(type) {
		case race.PassingJudged:
			e.verdicts[f.Seq] = f.Verdict
		case race.LapCompleted:
			for len(e.laps[f.Lap.Car]) < f.Lap.Number {
				e.laps[f.Lap.Car] = append(e.laps[f.Lap.Car], race.Lap{})
			}
			e.laps[f.Lap.Car][f.Lap.Number-1] = f.Lap
		case race.LapsWithdrawn:
			e.laps[f.Car] = e.laps[f.Car][:min(f.Laps, len(e.laps[f.Car]))]
		default: // shown, not compared
		}
	}
	return true
}

// known returns the fields of laps that the oracle computes.
func known(laps []race.Lap) []race.Lap {
	var out []race.Lap
	for _, l := range laps {
		out = append(out, race.Lap{
			Car: l.Car, Number: l.Number, DurationMS: l.DurationMS, EndMS: l.EndMS, Position: l.Position, Mark: l.Mark,
			Deleted: l.Deleted, Passing: l.Passing,
		})
	}
	return out
}

// read returns the events of the spectators, and separately the event of the result, which is compared with the result.
func (e *engine) read() (events []race.Event, result *race.Event) {
	for _, one := range e.board.Events {
		if one.Kind == race.EventResult {
			result = &one
			continue
		}
		events = append(events, one)
	}
	return events, result
}

// differs returns where engine and oracle differ; empty if they are equal.
func (e *engine) differs() string {
	want, got := oracle.Classify(e.log), e.state.Classification()
	for i, w := range want.Lines {
		if got.Entries[i] != w {
			return fmt.Sprintf("place %d:\nthe engine has %+v\nthe oracle has %+v", i+1, got.Entries[i], w)
		}
	}
	for car, laps := range want.Laps {
		if published := known(e.laps[race.CarIdx(car)]); !slices.Equal(published, laps) {
			return fmt.Sprintf("car slot %d: the laps\n%+v\nwere published, the oracle has\n%+v", car, published, laps)
		}
	}
	if d := e.eventsDiffer(want, got); d != "" {
		return d
	}
	if want.Tower != nil && !slices.Equal(want.Tower, e.state.Order()) {
		return fmt.Sprintf("the tower of the engine is %v, of the oracle %v", e.state.Order(), want.Tower)
	}
	seqs := make([]race.Seq, 0, len(want.Verdicts))
	for seq := range want.Verdicts {
		seqs = append(seqs, seq)
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		if e.verdicts[seq] != want.Verdicts[seq] {
			return fmt.Sprintf("the verdict on record %d is %v in the engine and %v in the oracle", seq, e.verdicts[seq], want.Verdicts[seq])
		}
	}
	return ""
}

func (e *engine) eventsDiffer(want oracle.Result, got race.Classification) string {
	events, result := e.read()
	if !slices.Equal(events, want.Events) {
		return fmt.Sprintf("the events\n%+v\nwere published, the oracle has\n%+v", events, want.Events)
	}
	if all := e.state.Events(); !slices.Equal(all, e.board.Events) {
		return fmt.Sprintf("the events\n%+v\nwere published, the engine has\n%+v", e.board.Events, all)
	}
	if (result != nil) != (got.Version > 0) {
		return fmt.Sprintf("the event of the result is %+v in version %d", result, got.Version)
	}
	if result == nil {
		return ""
	}
	winner := race.NoCar
	if len(got.Entries) > 0 && got.Entries[0].Position == 1 {
		winner = got.Entries[0].Car
	}
	if result.Car != winner || result.Value != int64(got.Status) {
		return fmt.Sprintf("the event of the result is %+v, the result %v, won by car slot %d", result, got.Status, winner)
	}
	return ""
}

// program formats a log as a test that can be pasted into this file.
func program(log []race.Record) string {
	var b strings.Builder
	b.WriteString("func TestFound(t *testing.T) {\n\tagrees(t, []race.Record{\n")
	for _, r := range log {
		body := fmt.Sprintf("%#v", r.Body)
		if p, ok := r.Body.(race.Passing); ok {
			source := "nil"
			if p.Source != nil {
				source = fmt.Sprintf("&%#v", *p.Source)
			}
			body = fmt.Sprintf("race.Passing{Car: %d, Line: %d, Source: %s}", p.Car, p.Line, source)
		}
		fmt.Fprintf(&b, "\t\t{Seq: %d, Time: %d, Body: %s},\n", r.Seq, r.Time, body)
	}
	b.WriteString("\t})\n}")
	return b.String()
}

// agrees applies a log and compares engine and oracle after each record.
func agrees(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, log []race.Record) *engine {
	t.Helper()
	e := newEngine()
	for _, r := range log {
		if !e.take(r) {
			continue
		}
		if d := e.differs(); d != "" {
			t.Fatalf("after record %d: %s\n\n%s", r.Seq, d, program(e.log))
		}
	}
	return e
}

// lap is roughly the lap time of the cars in random races.
const lap = 60 * race.Second

func drawRules(t *rapid.T) race.RuleSet {
	some := func(name string, v ...race.Micros) race.Micros { return rapid.SampledFrom(v).Draw(t, name) }
	return race.RuleSet{
		Laps:               rapid.IntRange(1, 5).Draw(t, "laps"),
		RunningLimit:       some("running limit", 0, 0, 2*lap),
		WindowLimit:        some("window", 0, 0, 3*lap),
		Precision:          some("precision", race.Millisecond, 1, race.Second),
		ClassifiedPermille: rapid.SampledFrom([]int{900, 700, 0, 1000}).Draw(t, "classified"),
		DeadTime:           some("dead time", 3*race.Second, 0),
		MinLap:             some("minimum", 20*race.Second, 0),
		DriveThrough:       20 * race.Second, StopAndGo: 30 * race.Second,
		MustFinish:    rapid.Bool().Draw(t, "must finish"),
		FirstCrossing: rapid.SampledFrom([]race.FirstCrossing{race.EndsLap, race.EndsLap, race.StartsLap}).Draw(t, "first crossing"),
		FinishWindow:  some("finish window", 0, 0, lap/2),
	}
}

// drawn is a random race: its race info, its passings by time, and rulings with their positions in the log.
type drawn struct {
	head     []race.Record
	passings []race.Record
	rulings  []race.Record
}

func drawRace(t *rapid.T) drawn {
	cars, lines := rapid.IntRange(1, 4).Draw(t, "cars"), rapid.IntRange(1, 3).Draw(t, "lines")
	info := race.Race{ID: "random", Kind: race.External, Rules: drawRules(t), Cars: cars}
	for i := range lines {
		kind := race.LineSector
		switch i {
		case 0:
			kind = race.LineFinish
		case 2:
			kind = rapid.SampledFrom([]race.LineKind{race.LineSector, race.LinePitEntry, race.LinePitExit}).Draw(t, "line kind")
		}
		info.Lines = append(info.Lines, race.Line{Kind: kind, Sector: (i+2)%3 + 1, Permyriad: i * 3000})
	}
	d := drawn{head: []race.Record{{Body: race.Announced{Race: info}}}}
	for i := range cars {
		e := race.Entry{Number: i + 1, Grid: rapid.IntRange(0, cars).Draw(t, "grid"), Transponders: []string{fmt.Sprint("t", i)}}
		e.PitLaneStart = rapid.IntRange(0, 9).Draw(t, "pit lane") == 9
		e.StartOffsetM = rapid.SampledFrom([]int{0, 0, 8}).Draw(t, "offset")
		d.head = append(d.head, race.Record{Body: race.Entered{Entry: e}})
	}
	d.head = append(d.head, race.Record{Body: race.Started{}})
	for car := range cars {
		d.drive(t, race.CarIdx(car), lines)
	}
	slices.SortStableFunc(d.passings, func(a, b race.Record) int { return cmp.Compare(a.Time, b.Time) })
	for range rapid.IntRange(0, 4).Draw(t, "rulings") {
		d.rulings = append(d.rulings, drawRuling(t, cars))
	}
	return d
}

// drive adds the passings of a car: most are regular, some missed, repeated, too early, or of an unknown transponder.
func (d *drawn) drive(t *rapid.T, car race.CarIdx, lines int) {
	at := race.Micros(0)
	for n := range rapid.IntRange(0, 6*lines).Draw(t, "passings") {
		at += lap/race.Micros(lines) + race.Micros(rapid.IntRange(-12_000, 12_000).Draw(t, "pace"))*race.Millisecond
		line := (n + 1) % lines
		inPit := rapid.IntRange(0, 9).Draw(t, "in the pit lane") == 9
		p := race.Passing{Car: race.NoCar, Line: line, InPit: inPit, Source: &race.Source{
			Decoder: fmt.Sprint("d", line), Session: "s", Sequence: uint64(int(car)*1000 + n), Transponder: fmt.Sprint("t", car),
		}}
		hit := func(at race.Micros) { d.passings = append(d.passings, race.Record{Time: at, Body: p}) }
		switch rapid.IntRange(0, 15).Draw(t, "kind") {
		case 15: // missed
			continue
		case 14: // the same report twice
			hit(at)
		case 13: // one sequence with two times
			hit(at + race.Second)
		case 12: // two passings
			again := *p.Source
			again.Sequence += 500
			d.passings = append(d.passings, race.Record{Time: at + race.Second, Body: race.Passing{Car: race.NoCar, Line: line, Source: &again}})
		case 11: // reported by car
			p = race.Passing{Car: car, Line: line}
		case 10: // an unknown transponder
			p.Source.Transponder = "stranger"
		case 9: // on another line
			p.Line = rapid.IntRange(0, lines-1).Draw(t, "line")
		case 8: // too early
			at -= race.Micros(rapid.IntRange(0, 60_000).Draw(t, "early")) * race.Millisecond
		}
		hit(at)
	}
}

func drawRuling(t *rapid.T, cars int) race.Record {
	r := race.Record{Time: race.Micros(rapid.IntRange(0, 6*60).Draw(t, "at")) * race.Second}
	car := race.CarIdx(rapid.IntRange(0, cars-1).Draw(t, "car"))
	switch rapid.IntRange(0, 11).Draw(t, "ruling") {
	case 0:
		r.Body = race.CarRetired{Car: car, Reason: "engine"}
	case 1:
		r.Body = race.CarDisqualified{Car: car, Reason: "underweight"}
	case 2:
		r.Body = race.CarNotStarted{Car: car}
	case 3:
		r.Body = race.Penalised{Car: car, Amount: race.Micros(rapid.IntRange(1, 20).Draw(t, "seconds")) * race.Second}
	case 4:
		r.Body = race.Penalised{Car: car, Kind: rapid.SampledFrom([]race.PenaltyKind{race.PenaltyDriveThrough, race.PenaltyStopAndGo}).Draw(t, "penalty")}
	case 5:
		r.Body = race.DecoderSet{
			Decoder: "d0", Session: rapid.SampledFrom([]string{"", "s"}).Draw(t, "session"),
			Offset: race.Micros(rapid.IntRange(-5, 5).Draw(t, "offset")) * race.Second,
		}
	case 6:
		r.Body = race.TransponderAssigned{
			Transponder: rapid.SampledFrom([]string{"stranger", "t0"}).Draw(t, "box"), Car: car,
			From: race.Micros(rapid.IntRange(0, 3).Draw(t, "from")) * lap,
		}
	case 7:
		r.Body = race.StartAborted{}
	case 8:
		r.Body = race.FlagShown{Flag: race.FlagSafetyCar}
	case 9:
		r.Body = race.Suspended{}
	case 10:
		r.Body = race.FlagShown{
			Flag:   rapid.SampledFrom([]race.FlagState{race.FlagClear, race.FlagYellow, race.FlagRed}).Draw(t, "flag"),
			Sector: rapid.IntRange(0, 2).Draw(t, "sector"),
		}
	case 11:
		r.Body = race.TyresFitted{Car: car, Compound: race.Soft, Stationary: 2 * race.Second}
	}
	return r
}

func numbered(parts ...[]race.Record) []race.Record {
	log := slices.Concat(parts...)
	for i := range log {
		log[i].Seq = race.Seq(i + 1)
	}
	return log
}

// drawCorrection draws a ruling on earlier records of the log.
func drawCorrection(t *rapid.T, log []race.Record, cars int) race.Record {
	r := race.Record{Seq: race.Seq(len(log) + 1), Time: 7 * lap}
	any := race.Seq(rapid.IntRange(1, len(log)).Draw(t, "of"))
	car := race.CarIdx(rapid.IntRange(0, cars-1).Draw(t, "whose"))
	when := race.Micros(rapid.IntRange(0, 400).Draw(t, "when")) * race.Second
	switch rapid.IntRange(0, 13).Draw(t, "correction") {
	case 0:
		r.Body = race.Corrected{Kind: race.CorrectAccept, Passing: any}
	case 1:
		r.Body = race.Corrected{Kind: race.CorrectReject, Passing: any}
	case 2:
		r.Body = race.Corrected{Kind: race.CorrectMove, Passing: any, Car: car}
	case 3:
		r.Body = race.Corrected{Kind: race.CorrectInsert, Car: car, At: when}
	case 4:
		r.Body = race.LapDeleted{Car: car, Lap: rapid.IntRange(1, 3).Draw(t, "lap")}
	case 5:
		r.Body = race.PenaltyServed{Car: car, Penalty: any}
	case 6, 7:
		r.Body = race.Undone{Of: any}
	case 8, 9: // the latest ruling, later also an undoing
		r.Body = race.Undone{Of: race.Seq(len(log) - rapid.IntRange(0, min(3, len(log)-1)).Draw(t, "back"))}
	case 10:
		r.Body = race.Corrected{Kind: race.CorrectSplit, Car: car, Lap: rapid.IntRange(1, 3).Draw(t, "lap"), At: when / 2 * race.Micros(rapid.IntRange(0, 1).Draw(t, "said"))}
	case 11:
		r.Time = when
		r.Body = rapid.SampledFrom([]race.Body{race.Suspended{}, race.Resumed{}, race.Resumed{}}).Draw(t, "suspension")
	case 12:
		r.Time, r.Body = when, race.Abandoned{Lap: rapid.IntRange(0, 3).Draw(t, "signal")}
	case 13:
		r.Body = race.StartMoved{At: race.Micros(rapid.IntRange(-30, 30).Draw(t, "moved")) * race.Second}
	}
	return r
}

// drawLog draws a random race as it may arrive: most records in time, some late, with corrections, finished or not.
func drawLog(t *rapid.T) []race.Record {
	d := drawRace(t)
	mixed := append(slices.Clone(d.passings), d.rulings...)
	for i := range mixed { // most arrive in time, some late
		if rapid.IntRange(0, 4).Draw(t, "late") == 4 {
			to := rapid.IntRange(i, len(mixed)-1).Draw(t, "until")
			r := mixed[i]
			copy(mixed[i:], mixed[i+1:to+1])
			mixed[to] = r
		}
	}
	log := numbered(d.head, mixed)
	for range rapid.IntRange(0, 7).Draw(t, "corrections") {
		log = append(log, drawCorrection(t, log, len(d.head)-2))
	}
	if rapid.Bool().Draw(t, "over") {
		at := rapid.IntRange(len(d.head), len(log)).Draw(t, "end")
		end := race.Record{Time: race.Micros(rapid.IntRange(1, 7).Draw(t, "ended")) * lap, Body: race.Ended{}}
		log = numbered(log[:at], []race.Record{end}, log[at:])
		if rapid.Bool().Draw(t, "declared") {
			after := rapid.IntRange(at+1, len(log)).Draw(t, "declared after")
			log = numbered(log[:after], []race.Record{{Time: 7 * lap, Body: race.ResultDeclared{}}}, log[after:])
		}
	}
	return log
}

func TestEngine_EqualsTheOracleAfterEveryRecordOfRandomRaces(t *testing.T) {
	rapidly(t, randomRaces, func(t *rapid.T) { agrees(t, drawLog(t)) })
}

// TestEngine_DoesNotDependOnTheOrderOfArrival shuffles the accepted records of random races: passings among themselves and
// against the rulings. Rulings keep their order, and all records stay on their side of the end and of the declared result.
func TestEngine_DoesNotDependOnTheOrderOfArrival(t *testing.T) {
	drawn, compared := 0, 0
	rapidly(t, randomRaces, func(t *rapid.T) {
		drawn++
		inTime := newEngine()
		for _, r := range drawLog(t) {
			if c, ok := r.Body.(race.Corrected); ok && c.Kind == race.CorrectSplit && c.At == 0 {
				continue // the split point depends on what is known when the ruling is applied
			}
			inTime.takeNamed(r)
		}
		shuffled := newEngine()
		for _, r := range shuffle(t, inTime.log) {
			if !shuffled.take(r) {
				return // another set of records was accepted
			}
		}
		compared++
		if inTime.state.Hash() != shuffled.state.Hash() {
			t.Fatalf("the hash differs from the one in the order of time:\n%+v\n%+v\n%+v\n%+v\n\n%s\n%s", inTime.state.Classification(),
				shuffled.state.Classification(), inTime.state.Events(), shuffled.state.Events(), program(inTime.log), program(shuffled.log))
		}
	})
	if compared < drawn*9/10 {
		t.Errorf("only %d of %d races were compared", compared, drawn)
	}
}

// takeNamed applies a record; if it deletes a lap by number, it adds the passing that ended the lap.
func (e *engine) takeNamed(r race.Record) {
	if b, ok := r.Body.(race.LapDeleted); ok && b.Passing == 0 && b.Lap <= len(e.laps[b.Car]) {
		b.Passing = e.laps[b.Car][b.Lap-1].Passing
		r.Body = b
	}
	e.take(r)
}

// refers returns the record that a ruling refers to; 0 if none.
func refers(b race.Body) race.Seq {
	switch b := b.(type) {
	case race.Corrected:
		return b.Passing
	case race.LapDeleted:
		return b.Passing
	case race.PenaltyServed:
		return b.Penalty
	case race.Undone:
		return b.Of
	}
	return 0
}

// renamed returns a ruling that refers to the record by its new number.
func renamed(b race.Body, now map[race.Seq]race.Seq) race.Body {
	switch b := b.(type) {
	case race.Corrected:
		b.Passing = now[b.Passing]
		return b
	case race.LapDeleted:
		b.Passing = now[b.Passing]
		return b
	case race.PenaltyServed:
		b.Penalty = now[b.Penalty]
		return b
	case race.Undone:
		b.Of = now[b.Of]
		return b
	}
	return b
}

// shuffle draws another order of arrival for a log.
func shuffle(t *rapid.T, log []race.Record) []race.Record {
	rank := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
		for i := range log {
			if !yield(i) {
				return
			}
		}
	})).Draw(t, "arrival")
	needs := make([][]int, len(log)) // the records that must come before
	at, side, ruling := map[race.Seq]int{}, -1, -1
	for i, r := range log {
		at[r.Seq] = i
		if _, passing := r.Body.(race.Passing); passing {
			needs[i] = []int{side}
			continue
		}
		needs[i] = []int{ruling}
		if of := refers(r.Body); of > 0 {
			needs[i] = append(needs[i], at[of])
		}
		ruling = i
		switch r.Body.(type) {
		case race.Announced, race.Entered, race.Started, race.Ended, race.ResultDeclared:
			for j := range i {
				needs[i] = append(needs[i], j)
			}
			side = i
		default:
		}
	}
	var out []race.Record
	came, now := make([]bool, len(log)), map[race.Seq]race.Seq{}
	for len(out) < len(log) {
		next := -1
		for i := range log {
			ready := !came[i] && !slices.ContainsFunc(needs[i], func(j int) bool { return j >= 0 && !came[j] })
			if ready && (next < 0 || rank[i] < rank[next]) {
				next = i
			}
		}
		came[next] = true
		r := log[next]
		r.Seq, r.Body = race.Seq(len(out)+1), renamed(r.Body, now)
		now[log[next].Seq] = r.Seq
		out = append(out, r)
	}
	return out
}
