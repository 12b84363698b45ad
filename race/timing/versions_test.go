package timing_test

import (
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// version is the part of a result's version that tests compare.
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

func TestResult_VersionsCarryStatusAuthorAndReason(t *testing.T) {
	s := duel(t)
	s.flagged()
	s.do(190, race.Ended{})
	s.author = "steward 1"
	penalty := s.reported(200, race.Penalised{Car: 0, Amount: 5 * race.Second, Reason: "corner cut"})
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

func TestResult_IsAmendedByALatePassing(t *testing.T) {
	s := newScript(t, sprint(2), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 91)
	s.lap(1, 180)
	s.do(190, race.Ended{})
	s.lap(2, 182)
	s.do(195, race.ResultDeclared{})
	s.wantVersions(
		version{race.Provisional, "", "", 1},
		version{race.Provisional, "", "a passing that came late", 1},
		version{race.Final, "", "", 1},
	)
}

func TestResult_FinalOneIsChangedOnlyByAMarshal(t *testing.T) {
	s := newScript(t, sprint(10), 1, 2).started()
	for lap := range 5 {
		s.lap(1, 90*float64(lap+1))
		s.lap(2, 91*float64(lap+1))
	}
	s.do(500, race.Ended{})
	s.do(501, race.ResultDeclared{})
	s.lap(2, 490)
	late := s.seq
	s.wantVerdict(late, race.Suspect)
	if why := s.judged(late).Reason; !strings.Contains(why, "car 2 has 6 laps instead of 5 and is P1 instead of P2") || !strings.Contains(why, "; car 2 wins instead of car 1") {
		t.Errorf("the marshal reads %q", why)
	}
	s.lap(2, 1080)
	s.wantVerdict(s.seq, race.AfterTheEnd)
	s.wantVersions(version{race.Provisional, "", "", 1}, version{race.Final, "", "", 1})
	s.author = "clerk"
	s.do(600, race.Corrected{Kind: race.CorrectAccept, Passing: late, Reason: "seen on video"})
	s.wantVersions(version{race.Provisional, "", "", 1}, version{race.Final, "", "", 1}, version{race.Amended, "clerk", "seen on video", 2})
}

func TestResult_OfASimulationIsFinalImmediately(t *testing.T) {
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "x", Kind: race.Simulation, Lines: fullCircuit(), Rules: sprint(1)}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 1}})
	s.started()
	s.lap(1, 90)
	s.do(95, race.Ended{})
	s.wantRefused(s.try(96, race.ResultDeclared{}), timing.ErrDuplicate)
	s.author = "a steward"
	s.do(97, race.CarDisqualified{Car: 0, Reason: "fuel"})
	s.wantVersions(version{race.Final, "", "", 1}, version{race.Amended, "a steward", "fuel", 1})
}
