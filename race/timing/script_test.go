package timing_test

import (
	"errors"
	"reflect"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
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

// script tells a race record by record, in seconds, and keeps the facts.
type script struct {
	t     testing.TB
	state *timing.State
	seq   race.Seq
	log   []race.Record
	facts []race.Fact
	board race.Board
	// author of the records to come.
	author string
	// seen notes what a snapshot had values of, where it is not nil.
	seen map[string]bool
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

// newScript announces a race of cars with the numbers given, gridded in that order.
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

// try applies a record and gives the error of the rulebook.
func (s *script) try(seconds float64, b race.Body) error {
	s.t.Helper()
	s.seq++
	r := race.Record{Seq: s.seq, Time: micros(seconds), Author: s.author, Body: b}
	before, twin := s.restored(), s.restored()
	facts, err := s.state.Apply(&r, nil)
	if again, _ := twin.Apply(&r, nil); !reflect.DeepEqual(facts, again) {
		s.t.Errorf("record %d gives other facts on a snapshot:\n%+v\n%+v", s.seq, again, facts)
	}
	if err != nil {
		if d := s.state.Differs(before); d != "" {
			s.t.Errorf("record %d was refused (%v) and changed the state: %s", s.seq, err, d)
		}
	}
	if err == nil {
		s.log = append(s.log, r)
		s.facts = append(s.facts, facts...)
		s.board.Apply(&race.Facts{Seq: r.Seq, Time: r.Time, Facts: facts})
	}
	return err
}

// restored is the state after it went through a snapshot: each test of a rule is one of that as well.
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

func (s *script) do(seconds float64, b race.Body) {
	s.t.Helper()
	if err := s.try(seconds, b); err != nil {
		s.t.Fatalf("%T at %v s: %v", b, seconds, err)
	}
}

// pass is a hit of a car, by its number, on a line.
func (s *script) pass(number, line int, seconds float64) {
	s.t.Helper()
	s.do(seconds, race.Passing{Car: s.car(number), Line: line})
}

// lap is a hit on the finish line.
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

func (s *script) row(number int) race.Row {
	s.t.Helper()
	return s.board.Rows[s.car(number)]
}

// order is the tower, by car number.
func (s *script) order() []int {
	var out []int
	for _, car := range s.board.Order {
		out = append(out, s.state.Entries()[car].Number)
	}
	return out
}

// line is what a test says of a line of the classification.
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

func (s *script) wants(want ...line) {
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

func (s *script) refuses(err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("error %v, expected %v", err, want)
	}
}

// laps are the laps that were told of, by car and number, the last word counting.
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
