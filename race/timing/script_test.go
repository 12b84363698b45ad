package timing_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/race/timing/internal/oracle"
)

// Lines of the test circuit, in driving order.
const (
	finish = iota
	pitExit
	sector1
	trap
	sector2
	pitEntry
)

// script reports a race record by record, in seconds, and keeps the facts.
type script struct {
	t     testing.TB
	state *timing.State
	seq   race.Seq
	log   []race.Record
	facts []race.Fact
	board race.Board
	// author of the following records
	author string
	// seen collects the fields that had a value in a snapshot; nil if not wanted.
	seen map[string]bool
	// count is the decoder's sequence.
	count uint64
}

func fullCircuit() []race.Line {
	return []race.Line{
		{Kind: race.LineFinish, Sector: 3},
		{Kind: race.LinePitExit, Permyriad: 400},
		{Kind: race.LineSector, Sector: 1, Permyriad: 3000},
		{Kind: race.LineSpeedTrap, Permyriad: 5000},
		{Kind: race.LineSector, Sector: 2, Permyriad: 6000},
		{Kind: race.LinePitEntry, Permyriad: 9500},
	}
}

// newScript announces a race of cars with the given numbers, gridded in that order.
func newScript(t testing.TB, rules race.RuleSet, numbers ...int) *script {
	t.Helper()
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "test", Kind: race.External, Lines: fullCircuit(), Rules: rules, Cars: len(numbers)}})
	for i, n := range numbers {
		s.do(0, race.Entered{Entry: race.Entry{Number: n, Grid: i + 1}})
	}
	return s
}

func (s *script) started() *script {
	s.t.Helper()
	s.do(0, race.Started{})
	return s
}

func micros(seconds float64) race.Micros { return race.Micros(seconds*1e6 + 0.5) }

// try applies a record and returns the error of the rulebook.
func (s *script) try(seconds float64, b race.Body) error {
	s.t.Helper()
	s.seq++
	r := race.Record{Seq: s.seq, Time: micros(seconds), Author: s.author, Body: b}
	before, twin := s.restored(), s.restored()
	facts, err := s.state.Apply(&r, nil)
	if again, _ := twin.Apply(&r, nil); !reflect.DeepEqual(facts, again) {
		s.t.Errorf("record %d gives other facts after a snapshot:\n%+v\n%+v", s.seq, again, facts)
	}
	if err != nil {
		if d := s.state.Differs(before); d != "" {
			s.t.Errorf("record %d was refused (%v) and changed the state: %s", s.seq, err, d)
		}
	}
	if err == nil {
		s.log = append(s.log, r)
		s.checkOracle()
		s.facts = append(s.facts, facts...)
		s.board.Apply(&race.Facts{Seq: r.Seq, Time: r.Time, Facts: facts})
	}
	return err
}

// restored returns the state after a snapshot round trip: every test of a rule also tests the snapshot.
func (s *script) restored() *timing.State {
	s.t.Helper()
	b, err := s.state.AppendBinary(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	twin, err := timing.Decode(b)
	if err != nil {
		s.t.Fatal(err)
	}
	if d := s.state.Differs(twin); d != "" {
		s.t.Fatalf("before record %d the state differs from its snapshot: %s", s.seq, d)
	}
	if s.seen != nil {
		twin.Filled(s.seen)
	}
	return twin
}

// checkOracle compares with the oracle: every test of a rule also tests the oracle.
func (s *script) checkOracle() {
	s.t.Helper()
	want := oracle.Classify(s.log)
	if got := s.state.Classification().Entries; !slices.Equal(got, want.Lines) {
		s.t.Errorf("after record %d the engine has\n%+v\nthe oracle has\n%+v", s.seq, got, want.Lines)
	}
	events := slices.DeleteFunc(s.state.Events(), func(e race.Event) bool { return e.Kind == race.EventResult })
	if !slices.Equal(events, want.Events) {
		s.t.Errorf("after record %d the engine has the events\n%+v\nthe oracle\n%+v", s.seq, events, want.Events)
	}
}

func (s *script) do(seconds float64, b race.Body) {
	s.t.Helper()
	if err := s.try(seconds, b); err != nil {
		s.t.Fatalf("%T at %v s: %v", b, seconds, err)
	}
}

// pass reports a passing of a car, by number, on a line.
func (s *script) pass(number, line int, seconds float64) {
	s.t.Helper()
	s.do(seconds, race.Passing{Car: s.car(number), Line: line})
}

// lap reports passings on the finish line.
func (s *script) lap(number int, seconds ...float64) {
	s.t.Helper()
	for _, at := range seconds {
		s.pass(number, finish, at)
	}
}

func (s *script) car(number int) race.CarIdx {
	s.t.Helper()
	for i, e := range s.state.Entries() {
		if e.Number == number {
			return race.CarIdx(i)
		}
	}
	s.t.Fatalf("no car %d", number)
	return race.NoCar
}

// reported applies a record and returns its number.
func (s *script) reported(seconds float64, b race.Body) race.Seq {
	s.t.Helper()
	s.do(seconds, b)
	return s.seq
}

// reportTransponder reports a passing of a transponder on a line by decoder d with its next sequence.
func (s *script) reportTransponder(name string, line int, seconds float64) race.Seq {
	s.t.Helper()
	s.count++
	return s.reportTransponderAs(s.count, name, line, seconds)
}

func (s *script) reportTransponderAs(sequence uint64, name string, line int, seconds float64) race.Seq {
	s.t.Helper()
	return s.reported(seconds, race.Passing{Car: race.NoCar, Line: line, Source: &race.Source{
		Decoder: "d", Session: "1", Sequence: sequence, Transponder: name,
	}})
}

func (s *script) undo(of race.Seq) race.Seq {
	s.t.Helper()
	return s.reported(999, race.Undone{Of: of, Reason: "in error"})
}

// judged returns the last published verdict on the passing of a record; accepted if there is none.
func (s *script) judged(seq race.Seq) race.PassingJudged {
	out := race.PassingJudged{Seq: seq}
	for _, f := range s.facts {
		if j, ok := f.(race.PassingJudged); ok && j.Seq == seq {
			out = j
		}
	}
	return out
}

func (s *script) wantVerdict(seq race.Seq, want race.Verdict) {
	s.t.Helper()
	if got := s.judged(seq); got.Verdict != want {
		s.t.Errorf("the passing of record %d is %v (%s), expected %v", seq, got.Verdict, got.Reason, want)
	}
}

// wantEnds checks when a car's laps ended, in seconds, as published.
func (s *script) wantEnds(number int, want ...float64) {
	s.t.Helper()
	var got []float64
	laps := map[int]race.Lap{}
	for _, f := range s.facts {
		switch f := f.(type) {
		case race.LapCompleted:
			if f.Lap.Car == s.car(number) {
				laps[f.Lap.Number] = f.Lap
			}
		case race.LapsWithdrawn:
			for n := range laps {
				if f.Car == s.car(number) && n > f.Laps {
					delete(laps, n)
				}
			}
		default:
		}
	}
	for n := 1; n <= len(laps); n++ {
		got = append(got, float64(laps[n].EndMS)/1000)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("car %d ended laps at %v, expected %v", number, got, want)
	}
}

// versions returns the published results, in order.
func (s *script) versions() (out []race.Classification) {
	for _, f := range s.facts {
		if p, ok := f.(race.ResultPublished); ok {
			out = append(out, p.Classification)
		}
	}
	return out
}

func (s *script) row(number int) race.Row {
	s.t.Helper()
	return s.board.Rows[s.car(number)]
}

// order returns the tower, by car number.
func (s *script) order() []int {
	var out []int
	for _, car := range s.board.Order {
		out = append(out, s.state.Entries()[car].Number)
	}
	return out
}

// line is the part of a classification line that tests compare.
type line struct {
	number, position, laps int
	status                 race.ClassifiedStatus
	gapMS                  int64
}

func (s *script) result() []line {
	var out []line
	for _, e := range s.state.Classification().Entries {
		out = append(out, line{s.state.Entries()[e.Car].Number, e.Position, e.Laps, e.Status, e.GapMS})
	}
	return out
}

func (s *script) wantResult(want ...line) {
	s.t.Helper()
	got := s.result()
	if len(got) != len(want) {
		s.t.Fatalf("the result has %d lines, expected %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			s.t.Errorf("place %d: %+v, expected %+v", i+1, got[i], want[i])
		}
	}
}

func (s *script) wantOrder(want ...int) {
	s.t.Helper()
	got := s.order()
	if len(got) != len(want) {
		s.t.Fatalf("order %v, expected %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			s.t.Fatalf("order %v, expected %v", got, want)
		}
	}
}

func (s *script) wantRefused(err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("error %v, expected %v", err, want)
	}
}

// laps returns a car's published laps by number; later facts replace earlier ones.
func (s *script) laps(number int) map[int]race.Lap {
	out := map[int]race.Lap{}
	car := s.car(number)
	for _, f := range s.facts {
		if l, ok := f.(race.LapCompleted); ok && l.Lap.Car == car {
			out[l.Lap.Number] = l.Lap
		}
	}
	return out
}
