package timing_test

import (
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// version is what a test says of a version of the result.
type version struct {
	status         race.ResultStatus
	author, reason string
	winner         int
}

func (s *script) wantVersions(want ...version) {
	s.t.Helper()
	got := s.versions()
	if len(got) != len(want) {
		s.t.Fatalf("%d versions, expected %d", len(got), len(want))
	}
	for i, c := range got {
		v := version{c.Status, c.Author, c.Reason, s.state.Entries()[c.Entries[0].Car].Number}
		if v != want[i] || c.Version != i+1 {
			s.t.Errorf("version %d (number %d): %+v, expected %+v", i+1, c.Version, v, want[i])
		}
	}
}

func TestResult_IsProvisionalThenFinalThenAmendedWithWhoAndWhy(t *testing.T) {
	s := duel(t)
	s.flagged()
	s.do(190, race.Ended{})
	s.author = "steward 1"
	penalty := s.told(200, race.Penalised{Car: 0, Amount: 5 * race.Second, Reason: "corner cut"})
	s.do(201, race.Penalised{Car: 1, Amount: race.Millisecond / 10, Reason: "too little to be seen"})
	s.author = "clerk"
	s.do(210, race.ResultDeclared{Reason: "no protest"})
	s.author = "court"
	s.do(300, race.CarDisqualified{Car: 1, Reason: "fuel"})
	s.author = "court of appeal"
	s.undo(penalty)
	s.author = ""
	s.wantVersions(
		version{race.Provisional, "", "", 1},
		version{race.Provisional, "steward 1", "corner cut", 2},
		version{race.Final, "clerk", "no protest", 2},
		version{race.Amended, "court", "fuel", 1},
		version{race.Amended, "court of appeal", "in error", 1},
	)
}

func TestResult_IsAmendedByAPassingThatComesLate(t *testing.T) {
	s := newScript(t, sprint(2), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 91)
	s.lap(1, 180)
	s.do(190, race.Ended{})
	s.lap(2, 182)
	s.do(195, race.ResultDeclared{})
	s.pass(2, sector1, 30) // changes no result
	s.lap(2, 179)          // the hit at 182 was its second
	s.wantVersions(
		version{race.Provisional, "", "", 1},
		version{race.Provisional, "", "a passing that came late", 1},
		version{race.Final, "", "", 1},
		version{race.Amended, "", "a passing that came late", 2},
	)
}

func TestResult_OfASimulationIsFinalAtOnce(t *testing.T) {
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "x", Kind: race.Simulation, Lines: fullCircuit(), Rules: sprint(1)}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 1}})
	s.started()
	s.lap(1, 90)
	s.do(95, race.Ended{})
	s.refuses(s.try(96, race.ResultDeclared{}), timing.ErrDuplicate)
	s.author = "a steward"
	s.do(97, race.CarDisqualified{Car: 0, Reason: "fuel"})
	s.wantVersions(version{race.Final, "", "", 1}, version{race.Amended, "a steward", "fuel", 1})
}
