package timing_test

import (
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// transponderRace is a race of cars whose transponders are named a, b, c.
func transponderRace(t *testing.T, rules race.RuleSet, cars int) *script {
	t.Helper()
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "test", Kind: race.External, Lines: fullCircuit(), Rules: rules, Cars: cars}})
	for i := range cars {
		s.do(0, race.Entered{Entry: race.Entry{Number: i + 1, Grid: i + 1, Transponders: []string{string(rune('a' + i))}}})
	}
	return s.started()
}

func TestAccept_MakesASuspectPassingCountUntilUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	suspect := s.reported(100, race.Passing{Car: 0}) // a lap of 10 s
	s.wantVerdict(suspect, race.Suspect)
	s.wantEnds(1, 90)
	ruling := s.reported(110, race.Corrected{Kind: race.CorrectAccept, Passing: suspect, Reason: "he cut the course"})
	s.wantVerdict(suspect, race.Accepted)
	s.wantEnds(1, 90, 100)
	undoing := s.undo(ruling)
	s.wantVerdict(suspect, race.Suspect)
	s.wantEnds(1, 90)
	s.undo(undoing)
	s.wantVerdict(suspect, race.Accepted)
	s.wantEnds(1, 90, 100)
}

func TestReject_RemovesAPassingUntilUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	ghost := s.reported(140, race.Passing{Car: 0})
	s.lap(1, 180)
	s.wantEnds(1, 90, 140, 180)
	ruling := s.reported(190, race.Corrected{Kind: race.CorrectReject, Passing: ghost, Reason: "a spectator's transponder"})
	s.wantVerdict(ghost, race.Rejected)
	s.wantEnds(1, 90, 180)
	undoing := s.undo(ruling)
	s.wantVerdict(ghost, race.Accepted)
	s.wantEnds(1, 90, 140, 180)
	s.undo(undoing)
	s.wantEnds(1, 90, 180)
}

func TestMove_MovesAPassingToAnotherCarUntilUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.lap(1, 90)
	wrong := s.reported(91, race.Passing{Car: 0, Line: sector1})
	s.lap(2, 180)
	mistaken := s.reported(92, race.Passing{Car: 0}) // it was car 2's
	s.wantVerdict(mistaken, race.Duplicate)
	ruling := s.reported(190, race.Corrected{Kind: race.CorrectMove, Passing: mistaken, Car: s.car(2), Reason: "swapped"})
	s.wantVerdict(mistaken, race.Accepted)
	s.wantEnds(2, 92, 180)
	s.wantOrder(2, 1)
	undoing := s.undo(ruling)
	s.wantEnds(2, 180)
	s.wantVerdict(mistaken, race.Duplicate)
	s.undo(undoing)
	s.wantEnds(2, 92, 180)
	s.wantVerdict(wrong, race.Accepted)
}

func TestMove_PublishesTheNewCarEvenIfTheVerdictStays(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	passing := s.reported(91, race.Passing{Car: 0, Line: sector1})
	s.reported(95, race.Corrected{Kind: race.CorrectMove, Passing: passing, Car: 1, Reason: "swapped"})
	var published []race.PassingJudged
	for _, f := range s.facts {
		if j, ok := f.(race.PassingJudged); ok {
			published = append(published, j)
		}
	}
	if len(published) != 1 || published[0].Seq != passing || published[0].Car != 1 || published[0].Verdict != race.Accepted {
		t.Errorf("published %+v, expected car 2", published)
	}
}

func TestInsert_AddsAMissedPassingUntilUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90, 270)
	ruling := s.reported(280, race.Corrected{Kind: race.CorrectInsert, Car: 0, Line: finish, At: micros(179.5), Reason: "seen by hand"})
	s.wantVerdict(ruling, race.Estimated)
	s.wantEnds(1, 90, 179.5, 270)
	undoing := s.undo(ruling)
	s.wantVerdict(ruling, race.Rejected)
	s.wantEnds(1, 90, 270)
	s.undo(undoing)
	s.wantVerdict(ruling, race.Estimated)
	s.wantEnds(1, 90, 179.5, 270)
}

func TestSplit_CutsALapInTheMiddleOrAtTheGivenTime(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.lap(1, 90, 270)
	s.lap(2, 91, 271)
	half := s.reported(280, race.Corrected{Kind: race.CorrectSplit, Car: s.car(1), Lap: 2, Reason: "missed"})
	s.wantEnds(1, 90, 180, 270)
	s.do(281, race.Corrected{Kind: race.CorrectSplit, Car: s.car(2), Lap: 2, At: micros(185), Reason: "missed"})
	s.wantEnds(2, 91, 185, 271)
	s.undo(half)
	s.wantEnds(1, 90, 270)
	s.wantRefused(s.try(282, race.Corrected{Kind: race.CorrectSplit, Car: s.car(1), Lap: 7}), timing.ErrUnknown)
}

func TestMissedFinish_ProposesASplitFromTheDistancesOfTheLines(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	s.pass(1, sector1, 117)
	s.pass(1, sector2, 144)
	s.pass(1, pitEntry, 175.5)
	again := s.reported(207, race.Passing{Car: 0, Line: sector1}) // 0.05 and 0.3 of a lap after: the line was crossed at 180
	s.wantVerdict(again, race.Suspect)
	offer := s.judged(again)
	if offer.Split != micros(180) {
		t.Fatalf("a split is offered at %v, expected 3:00.000", offer.Split)
	}
	s.lap(1, 270)
	s.wantEnds(1, 90, 270)
	ruling := s.reported(280, race.Corrected{Kind: race.CorrectSplit, Car: 0, At: offer.Split, Reason: "the loop was dead"})
	s.wantVerdict(again, race.Accepted)
	s.wantEnds(1, 90, 180, 270)
	if l := s.laps(1)[3]; l.SectorsMS[0] != 27000 {
		t.Errorf("sectors of the second half: %v", l.SectorsMS)
	}
	s.undo(ruling)
	s.wantVerdict(again, race.Suspect)
	s.wantEnds(1, 90, 270)
}

func TestMissedFinish_CanBeSplitAsProposedBeforeTheLapIsComplete(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	s.pass(1, sector1, 117)
	again := s.reported(207, race.Passing{Car: 0, Line: sector1})
	s.wantVerdict(again, race.Suspect)
	split := race.Corrected{Kind: race.CorrectSplit, Car: 0, At: s.judged(again).Split, Reason: "the loop was dead"}
	for _, at := range []float64{60, 90, 207, 208} { // outside the driven part of lap 2
		wrong := split
		wrong.Lap, wrong.At = 2, micros(at)
		if s.try(210, wrong) == nil {
			t.Errorf("lap 2 runs from 90 s and was last timed at 207 s, but a split at %v s is accepted", at)
		}
	}
	ruling := s.reported(210, split)
	s.wantVerdict(again, race.Accepted)
	s.wantEnds(1, 90, float64(split.At)/1e6)
	s.undo(ruling)
	s.wantVerdict(again, race.Suspect)
	s.wantEnds(1, 90)
}

func TestAssign_MovesEarlierPassingsOfTheTransponderToTheCar(t *testing.T) {
	s := transponderRace(t, sprint(9), 2)
	s.reportTransponder("a", finish, 90)
	before := s.reportTransponder("spare", finish, 91)
	s.wantVerdict(before, race.Suspect)
	if s.judged(before).Car != race.NoCar {
		t.Error("a passing of an unknown transponder belongs to a car")
	}
	ruling := s.reported(100, race.TransponderAssigned{Transponder: "spare", Car: s.car(2), Reason: "changed on the grid"})
	s.wantVerdict(before, race.Accepted)
	s.reportTransponder("spare", finish, 181)
	s.wantEnds(2, 91, 181)
	undoing := s.undo(ruling)
	s.wantVerdict(before, race.Suspect)
	s.wantEnds(2)
	s.undo(undoing)
	s.wantEnds(2, 91, 181)
}

func TestAssign_LastAssignmentOfAnEntrysTransponderWins(t *testing.T) {
	s := transponderRace(t, sprint(9), 2)
	s.reportTransponder("a", finish, 90)
	first := s.reported(100, race.TransponderAssigned{Transponder: "a", Car: s.car(2), Reason: "swapped"})
	s.wantEnds(1)
	s.wantEnds(2, 90)
	second := s.reported(101, race.TransponderAssigned{Transponder: "a", Car: s.car(1), Reason: "not swapped"})
	s.wantEnds(1, 90)
	s.undo(second)
	s.wantEnds(2, 90)
	s.undo(first)
	s.wantEnds(1, 90)
	s.wantEnds(2)
}

func TestOffset_MovesEarlierAndLaterPassingsOfADecoder(t *testing.T) {
	s := transponderRace(t, sprint(9), 2)
	s.reportTransponder("a", finish, 90)
	s.lap(2, 91) // no decoder: it does not move
	s.wantOrder(1, 2)
	ruling := s.reported(100, race.DecoderSet{Decoder: "d", Offset: 2 * race.Second, Reason: "its clock was late"})
	s.wantEnds(1, 92)
	s.wantOrder(2, 1)
	s.reportTransponder("a", finish, 180)
	s.wantEnds(1, 92, 182)
	undoing := s.undo(ruling)
	s.wantEnds(1, 90, 180)
	s.undo(undoing)
	s.wantEnds(1, 92, 182)
	s.do(200, race.DecoderSet{Decoder: "d", Offset: race.Second, Reason: "better"}) // replaces the first offset, does not add to it
	s.wantEnds(1, 91, 181)
}

func TestSameSequence_WithTheSameTimeIsOnePassing(t *testing.T) {
	s := transponderRace(t, sprint(9), 1)
	s.reportTransponder("a", finish, 90)
	again := s.reportTransponderAs(1, "a", finish, 90)
	s.wantVerdict(again, race.Duplicate)
	s.wantEnds(1, 90)
}

func TestSameSequence_WithAnotherTimeIsAConflictAndTheEarlierCounts(t *testing.T) {
	for name, times := range map[string][2]float64{"the earlier first": {90, 140}, "the later first": {140, 90}} {
		s := transponderRace(t, sprint(9), 1)
		first, second := s.reportTransponderAs(1, "a", finish, times[0]), s.reportTransponderAs(1, "a", finish, times[1])
		stands, other := first, second
		if times[1] < times[0] {
			stands, other = second, first
		}
		s.wantVerdict(stands, race.Accepted)
		s.wantVerdict(other, race.Rejected)
		s.wantEnds(1, 90)
		ruling := s.reported(200, race.Corrected{Kind: race.CorrectAccept, Passing: other, Reason: "both happened"})
		s.wantEnds(1, 90, 140)
		s.undo(ruling)
		s.wantEnds(1, 90)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestSameSequence_OfAnotherSessionIsAnotherPassing(t *testing.T) {
	s := transponderRace(t, sprint(9), 1)
	s.reportTransponderAs(1, "a", finish, 90)
	s.do(180, race.Passing{Car: race.NoCar, Source: &race.Source{Decoder: "d", Session: "2", Sequence: 1, Transponder: "a"}})
	s.wantEnds(1, 90, 180)
}

func TestDeadTime_MakesTheSecondPassingADuplicateUnlessAccepted(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	second := s.reported(92.9, race.Passing{Car: 0})
	s.wantVerdict(second, race.Duplicate)
	third := s.reported(93, race.Passing{Car: 0}) // outside the dead time of three seconds
	s.wantVerdict(third, race.Suspect)            // but a lap of three
	ruling := s.reported(100, race.Corrected{Kind: race.CorrectAccept, Passing: second, Reason: "two cars' worth"})
	s.wantEnds(1, 90, 92.9)
	s.wantVerdict(third, race.Duplicate)
	s.undo(ruling)
	s.wantVerdict(second, race.Duplicate)
	s.wantVerdict(third, race.Suspect)
}

func TestMinimumLap_MakesAPassingSuspectAndMeasuresFromTheLastThatCounts(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	s.wantVerdict(s.reported(104.9, race.Passing{Car: 0}), race.Suspect)
	s.wantVerdict(s.reported(105, race.Passing{Car: 0}), race.Accepted)
	s.wantEnds(1, 90, 105)
}

func TestUnknownTransponder_PassingIsKeptAndCanBeMovedToACar(t *testing.T) {
	s := transponderRace(t, sprint(9), 1)
	stray := s.reportTransponder("visitor", finish, 90)
	s.wantVerdict(stray, race.Suspect)
	ruling := s.reported(95, race.Corrected{Kind: race.CorrectMove, Passing: stray, Car: 0, Reason: "it is car 1's"})
	s.wantEnds(1, 90)
	other := s.reportTransponder("visitor", finish, 180) // the transponder itself still has no car
	s.wantVerdict(other, race.Suspect)
	s.undo(ruling)
	s.wantEnds(1)
	s.wantVerdict(stray, race.Suspect)
	reject := s.reported(190, race.Corrected{Kind: race.CorrectReject, Passing: stray, Reason: "a visitor"})
	s.wantVerdict(stray, race.Rejected)
	s.undo(reject)
	s.wantVerdict(stray, race.Suspect)
}

func TestUndo_SecondUndoingAndRestoredFirstOneHoldTogether(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	ghost := s.reported(140, race.Passing{Car: 0})
	ruling := s.reported(150, race.Corrected{Kind: race.CorrectReject, Passing: ghost})
	first := s.undo(ruling)
	undoing := s.undo(first) // the ruling holds again
	s.wantEnds(1, 90)
	s.undo(ruling) // and is taken back a second time
	s.wantEnds(1, 90, 140)
	s.undo(undoing) // so the first undoing holds as well: one of the two is enough
	s.wantEnds(1, 90, 140)
}

func TestUndo_IsRefusedIfTheRecordIsNoRulingOrAlreadyUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	passing := s.reported(90, race.Passing{Car: 0})
	ruling := s.reported(95, race.Penalised{Car: 0, Amount: race.Second})
	s.undo(ruling)
	s.wantRefused(s.try(96, race.Undone{Of: ruling}), timing.ErrDuplicate)
	s.wantRefused(s.try(96, race.Undone{Of: passing}), timing.ErrUnknown)
	s.wantRefused(s.try(96, race.Undone{Of: 999}), timing.ErrUnknown)
}

func TestCorrections_AreRefusedForUnknownPassingsLinesAndCars(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	for _, c := range []struct {
		body race.Body
		want error
	}{
		{race.Corrected{Kind: race.CorrectAccept, Passing: 1}, timing.ErrUnknown},
		{race.Corrected{Kind: race.CorrectMove, Passing: 4, Car: 5}, timing.ErrUnknownCar},
		{race.Corrected{Kind: race.CorrectInsert, Car: 5}, timing.ErrUnknownCar},
		{race.Corrected{Kind: race.CorrectInsert, Car: 0, Line: 6}, timing.ErrUnknownLine},
		{race.Corrected{Kind: race.CorrectInsert, Car: 0, At: -1}, timing.ErrOutOfOrder},
		{race.Corrected{Kind: 9, Passing: 4}, timing.ErrUnknown},
		{race.TransponderAssigned{Car: 0}, timing.ErrUnknown},
		{race.TransponderAssigned{Transponder: "x", Car: 5}, timing.ErrUnknownCar},
		{race.DecoderSet{Offset: 1}, timing.ErrUnknown},
		{race.DecoderSet{Decoder: "d", Offset: 2 * race.TimeMax}, timing.ErrOutOfOrder},
		{race.LapDeleted{Car: 0, Lap: 2}, timing.ErrUnknown},
		{race.Passing{Car: race.NoCar}, timing.ErrUnknownCar},
	} {
		s.wantRefused(s.try(100, c.body), c.want)
	}
}
