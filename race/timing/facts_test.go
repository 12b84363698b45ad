package timing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// club is a race with one line and no minimum lap.
func club(laps int) race.RuleSet {
	r := race.Kart(laps)
	r.MinLap = 0
	return r
}

// wantPositions checks the position of each car in a lap.
func (s *script) wantPositions(lap int, want map[int]int) {
	s.t.Helper()
	for number, position := range want {
		if got := s.laps(number)[lap].Position; got != position {
			s.t.Errorf("lap %d of car %d has position %d, expected %d", lap, number, got, position)
		}
	}
}

// wantMarks checks which laps have a mark, as "car/lap": all others must have none.
func (s *script) wantMarks(session string, personal ...string) {
	s.t.Helper()
	var best string
	var own []string
	for _, e := range s.state.Entries() {
		for n, l := range s.laps(e.Number) {
			switch l.Mark {
			case race.SessionBest:
				best += fmt.Sprintf("%d/%d", e.Number, n)
			case race.PersonalBest:
				own = append(own, fmt.Sprintf("%d/%d", e.Number, n))
			case race.NoMark, race.Slower:
			}
		}
	}
	slices.Sort(own)
	if best != session || !slices.Equal(own, personal) {
		s.t.Errorf("session best %s, personal bests %v; expected %s, %v", best, own, session, personal)
	}
}

// read returns the events that a spectator sees, in words.
func (s *script) read() (out []string) {
	for _, e := range s.board.Events {
		who := "all"
		if e.Car != race.NoCar {
			who = fmt.Sprint(s.state.Entries()[e.Car].Number)
		}
		out = append(out, fmt.Sprintf("%v %s lap %d at %d", e.Kind, who, e.Lap, e.TimeMS))
	}
	return out
}

func (s *script) wantEvents(want ...string) {
	s.t.Helper()
	if got := s.read(); !slices.Equal(got, want) {
		s.t.Errorf("the events are\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLaps_HavePositionsByTimeWhateverTheArrival(t *testing.T) {
	s := newScript(t, club(3), 1, 2, 3).started()
	for _, p := range []struct {
		number int
		at     float64
	}{{1, 61}, {3, 62}, {2, 60}, {2, 120}, {1, 121}, {3, 122}, {3, 182}, {1, 181}, {2, 180}} {
		s.lap(p.number, p.at)
	}
	for lap := 1; lap <= 3; lap++ {
		s.wantPositions(lap, map[int]int{2: 1, 1: 2, 3: 3})
	}
}

func TestLaps_AreAmendedWhenAnotherCarsLapMoves(t *testing.T) {
	s := newScript(t, club(3), 1, 2, 3).started()
	s.lap(1, 30)
	first := s.seq
	s.lap(1, 60, 90)
	s.lap(2, 31, 62, 93)
	s.lap(3, 32, 64, 96)
	s.do(100, race.Corrected{Kind: race.CorrectReject, Passing: first})
	s.do(101, race.Corrected{Kind: race.CorrectInsert, Car: s.car(1), At: micros(33)})
	s.wantPositions(1, map[int]int{2: 1, 3: 2, 1: 3})
	s.wantPositions(2, map[int]int{1: 1, 2: 2, 3: 3})
}

func TestLaps_MarksFollowFromAcceptedPassings(t *testing.T) {
	s := newScript(t, club(9), 1, 2).started()
	s.lap(1, 30)
	s.lap(1, 55)
	fast := s.seq
	s.lap(1, 85)
	s.lap(2, 31, 61)
	s.wantMarks("1/2", "2/2")
	s.do(90, race.Corrected{Kind: race.CorrectReject, Passing: fast})
	s.wantMarks("1/1", "2/2")
	s.wantPositions(2, map[int]int{2: 1, 1: 2})
	if best := s.row(1).BestMS; best != 30_000 {
		t.Errorf("the best lap of car 1 is %d ms, expected 30000", best)
	}
}

func TestMarks_OnlyOneCarHasTheSessionBestOnTheTower(t *testing.T) {
	s := newScript(t, club(9), 1, 2, 3).started()
	for lap, times := range [][]float64{{61, 62, 63}, {120, 120.5, 120.9}} {
		for i, at := range times {
			s.lap(i+1, at)
			stars := 0
			for _, r := range s.board.Rows {
				if r.LastMark == race.SessionBest || r.BestIsSession != (s.state.Entries()[r.Car].Number == s.bestOf()) {
					stars++
				}
			}
			if stars > 1 {
				t.Errorf("lap %d, car %d: %d cars have the session best", lap+1, i+1, stars)
			}
		}
	}
	s.wantMarks("3/2", "1/2", "2/2")
}

// bestOf returns the car with the session's best lap.
func (s *script) bestOf() int {
	for _, e := range s.state.Entries() {
		for _, l := range s.laps(e.Number) {
			if l.Mark == race.SessionBest {
				return e.Number
			}
		}
	}
	return -1
}

func TestMarks_OfSectorsAreRemovedWhenBeaten(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.pass(1, sector1, 30)
	if m := s.row(1).SectorMarks[0]; m != race.SessionBest {
		t.Errorf("alone it is %v", m)
	}
	s.pass(2, sector1, 29.5)
	if a, b := s.row(1).SectorMarks[0], s.row(2).SectorMarks[0]; a != race.PersonalBest || b != race.SessionBest {
		t.Errorf("beaten it is %v, the better one %v", a, b)
	}
	s.do(31, race.Corrected{Kind: race.CorrectReject, Passing: s.seq})
	if m := s.row(1).SectorMarks[0]; m != race.SessionBest {
		t.Errorf("after the better one was rejected it is %v", m)
	}
}

func TestLaps_OfRetiredAndDisqualifiedCarsCountForPositions(t *testing.T) {
	s := newScript(t, club(9), 1, 2, 3).started()
	s.lap(1, 60)
	s.do(60.5, race.CarRetired{Car: s.car(1), Reason: "engine"})
	s.lap(2, 61)
	s.lap(3, 62)
	s.do(70, race.CarDisqualified{Car: s.car(2), Reason: "fuel"})
	s.wantPositions(1, map[int]int{1: 1, 2: 2, 3: 3})
}

func TestEvents_AreTheSameIfPassingsArriveOutOfOrder(t *testing.T) {
	timed := func(passings ...[2]float64) *script {
		s := newScript(t, club(2), 1, 4).started()
		for _, p := range passings {
			s.lap(int(p[0]), p[1])
		}
		s.do(200, race.Ended{})
		return s
	}
	inTime := timed([2]float64{1, 60}, [2]float64{4, 61}, [2]float64{1, 119}, [2]float64{4, 121})
	late := timed([2]float64{4, 61}, [2]float64{4, 121}, [2]float64{1, 119}, [2]float64{1, 60})
	want := []string{
		"start all lap 1 at 0", "fastest_lap 1 lap 2 at 119000", "chequered 1 lap 2 at 119000", "result 1 lap 2 at 200000",
	}
	inTime.wantEvents(want...)
	late.wantEvents(want...)
	if a, b := inTime.state.Hash(), late.state.Hash(); a != b {
		t.Errorf("the hash is %s in time and %s late", a, b)
	}
}

func TestEvents_FlagShownTwiceIsOneEvent(t *testing.T) {
	s := newScript(t, club(9), 1).started()
	s.lap(1, 60)
	s.do(70, race.FlagShown{Flag: race.FlagRed})
	s.do(70, race.Suspended{})
	s.do(80, race.Resumed{})
	s.do(80, race.FlagShown{Flag: race.FlagClear})
	s.wantEvents("start all lap 1 at 0", "flag all lap 2 at 70000", "flag all lap 2 at 80000")
}

func TestEvents_AfterTheEndBelongToTheLastLap(t *testing.T) {
	s := newScript(t, club(2), 1, 2).started()
	s.lap(1, 60, 119)
	s.lap(2, 61, 122)
	s.do(130, race.Penalised{Car: s.car(2), Amount: 5 * race.Second, Reason: "contact"})
	s.wantEvents("start all lap 1 at 0", "fastest_lap 1 lap 2 at 119000", "chequered 1 lap 2 at 119000", "penalty 2 lap 2 at 130000")
	s.undo(s.seq)
	s.wantEvents("start all lap 1 at 0", "fastest_lap 1 lap 2 at 119000", "chequered 1 lap 2 at 119000")
}

func TestEvents_ShowTheCurrentResult(t *testing.T) {
	s := newScript(t, club(1), 1, 2).started()
	s.lap(1, 60)
	s.lap(2, 61)
	result := func() (status race.ResultStatus, winner int) {
		for _, e := range s.board.Events {
			if e.Kind == race.EventResult {
				status, winner = race.ResultStatus(e.Value), s.state.Entries()[e.Car].Number
			}
		}
		return status, winner
	}
	want := func(status race.ResultStatus, winner int) {
		t.Helper()
		if s, w := result(); s != status || w != winner {
			t.Errorf("%v, won by %d; expected %v, %d", s, w, status, winner)
		}
	}
	s.do(100, race.Ended{})
	want(race.Provisional, 1)
	s.do(110, race.ResultDeclared{})
	want(race.Final, 1)
	s.do(120, race.CarDisqualified{Car: s.car(1), Reason: "underweight"})
	want(race.Amended, 2)
}

func TestLapDeleted_StaysWithThePassingThatEndedTheLap(t *testing.T) {
	s := newScript(t, club(9), 1).started()
	s.lap(1, 30, 90, 115, 145)
	s.do(150, race.LapDeleted{Car: 0, Lap: 3, Reason: "track limits"})
	s.do(151, race.Corrected{Kind: race.CorrectSplit, Car: 0, Lap: 2, At: micros(60), Reason: "missed"})
	for n, l := range s.laps(1) {
		if l.Deleted != (l.EndMS == 115_000) {
			t.Errorf("lap %d, which ended at %d ms, is deleted: %v", n, l.EndMS, l.Deleted)
		}
	}
	s.wantRefused(s.try(152, race.LapDeleted{Car: 0, Passing: 1, Reason: "no passing"}), timing.ErrUnknown)
}

func TestSplit_IsRefusedOutsideItsLap(t *testing.T) {
	s := newScript(t, club(9), 1).started()
	s.lap(1, 30, 90)
	for _, at := range []float64{10, 30, 90, 95} {
		s.wantRefused(s.try(100, race.Corrected{Kind: race.CorrectSplit, Car: 0, Lap: 2, At: micros(at)}), timing.ErrOutOfOrder)
	}
	s.wantRefused(s.try(100, race.Corrected{Kind: race.CorrectSplit, Car: 0, At: micros(95)}), timing.ErrUnknown)
	s.do(100, race.Corrected{Kind: race.CorrectSplit, Car: 0, At: micros(60)})
	s.wantEnds(1, 30, 60, 90)
}

func TestAssign_FromATimeKeepsEarlierLapsWithTheirCar(t *testing.T) {
	for _, from := range []float64{0, 100} {
		s := newScript(t, club(9), 1, 2).started()
		s.reportTransponder("x", finish, 60)
		s.do(70, race.TransponderAssigned{Transponder: "x", Car: s.car(1)})
		s.reportTransponder("x", finish, 120)
		s.do(130, race.TransponderAssigned{Transponder: "x", Car: s.car(2), From: micros(from), Reason: "changed karts"})
		if from == 0 {
			s.wantEnds(1)
			s.wantEnds(2, 60, 120)
			continue
		}
		s.wantEnds(1, 60)
		s.wantEnds(2, 120)
	}
}

func TestOffset_CanApplyToOneSessionOfADecoder(t *testing.T) {
	s := newScript(t, club(9), 1).started()
	pass := func(session string, sequence uint64, seconds float64) {
		s.do(seconds, race.Passing{Car: 0, Source: &race.Source{Decoder: "d", Session: session, Sequence: sequence}})
	}
	pass("1", 1, 60)
	pass("2", 1, 120)
	s.do(130, race.DecoderSet{Decoder: "d", Session: "2", Offset: 5 * race.Second})
	s.wantEnds(1, 60, 125)
	s.do(131, race.DecoderSet{Decoder: "d", Offset: race.Second})
	s.wantEnds(1, 61, 125)
	pass("3", 1, 180)
	s.wantEnds(1, 61, 125, 181)
}

func TestFirstCrossing_CanStartTheFirstLap(t *testing.T) {
	rules := race.Kart(3)
	rules.FirstCrossing = race.StartsLap
	s := newScript(t, rules, 1, 2).started()
	s.lap(1, 3)
	s.wantVerdict(s.seq, race.Accepted)
	s.lap(2, 12, 70, 128, 186)
	s.lap(1, 63, 123, 183)
	s.do(200, race.Ended{})
	s.wantResult(line{1, 1, 3, race.StatusFinished, 0}, line{2, 2, 3, race.StatusFinished, 3000})
	if e := s.state.Classification().Entries; e[0].DurationMS != 183_000 || e[0].BestLapMS != 60_000 || e[1].BestLapMS != 58_000 {
		t.Errorf("%+v", e)
	}
}

func TestAfterTheEnd_PassingsDoNotCount(t *testing.T) {
	rules := club(2)
	rules.FinishWindow = race.Minute
	s := newScript(t, rules, 1, 2, 3).started()
	s.lap(1, 60, 120)
	s.lap(1, 180)
	s.wantVerdict(s.seq, race.AfterTheEnd) // it took the flag
	s.lap(2, 61, 130)
	s.lap(3, 100)
	s.lap(3, 181)
	s.wantVerdict(s.seq, race.AfterTheEnd) // the window closed a minute after 120
	s.lap(3, 150)                          // in time, received late
	s.wantVerdict(s.seq, race.Accepted)
	s.do(170, race.Ended{})
	s.lap(3, 175)
	s.wantVerdict(s.seq, race.AfterTheEnd)
	s.wantResult(line{1, 1, 2, race.StatusFinished, 0}, line{2, 2, 2, race.StatusFinished, 10_000}, line{3, 3, 2, race.StatusFinished, 30_000})
}

func TestStop_AtATimeDiscardsLaterPassings(t *testing.T) {
	s := newScript(t, club(9), 1, 2).started()
	s.lap(1, 60, 120, 180)
	s.lap(2, 61, 122)
	s.do(150, race.Ended{})
	s.wantEnds(1, 60, 120)
	s.lap(2, 149)
	s.wantEnds(2, 61, 122, 149)
	s.wantResult(line{2, 1, 3, race.StatusFinished, 0}, line{1, 2, 2, race.StatusFinished, -1})
}

func TestStatus_FollowsTheCarThroughTheRace(t *testing.T) {
	s := newScript(t, club(9), 1, 2, 3, 4)
	status := func(want ...race.ClassifiedStatus) {
		t.Helper()
		byNumber := map[int]race.ClassifiedStatus{}
		for _, e := range s.state.Classification().Entries {
			byNumber[s.state.Entries()[e.Car].Number] = e.Status
			if (e.Status == race.StatusDisqualified || e.Status == race.StatusDidNotStart) && e.Position != 0 {
				t.Errorf("car slot %d is %v with position %d", e.Car, e.Status, e.Position)
			}
		}
		for i, w := range want {
			if got := byNumber[i+1]; got != w {
				t.Errorf("car %d is %v, expected %v", i+1, got, w)
			}
		}
	}
	status(race.StatusWaiting, race.StatusWaiting)
	s.started()
	s.do(1, race.CarNotStarted{Car: s.car(3)})
	s.lap(1, 60, 120)
	s.lap(4, 61)
	s.do(100, race.CarDisqualified{Car: s.car(4), Reason: "fuel"})
	status(race.StatusRunning, race.StatusRunning, race.StatusDidNotStart, race.StatusDisqualified)
	s.do(130, race.Suspended{})
	status(race.StatusStopped, race.StatusStopped, race.StatusDidNotStart, race.StatusDisqualified)
	s.do(140, race.Resumed{})
	s.lap(1, 180, 240, 300, 360)
	status(race.StatusRunning, race.StatusNotRunning)
	s.do(400, race.Ended{})
	status(race.StatusFinished, race.StatusNotClassified, race.StatusDidNotStart, race.StatusDisqualified)
	s.wantResult(line{1, 1, 6, race.StatusFinished, 0}, line{2, 0, 0, race.StatusNotClassified, -1},
		line{3, 0, 0, race.StatusDidNotStart, -1}, line{4, 0, 1, race.StatusDisqualified, -1})
}

func TestStart_SignalCanBeMoved(t *testing.T) {
	s := newScript(t, club(2), 1).started()
	s.lap(1, -20)
	s.wantVerdict(s.seq, race.Rejected) // before the signal, and kept
	s.lap(1, 60, 120)
	s.do(130, race.StartMoved{At: -micros(30), Reason: "the marshal was late"})
	s.wantEnds(1, 10, 90) // the signal is thirty seconds earlier
	if d := s.state.Classification().Entries[0].DurationMS; d != 90_000 {
		t.Errorf("the race time is %d ms, expected 90000", d)
	}
	s.undo(s.seq)
	s.wantEnds(1, 60, 120)
}

func TestStartAborted_IsRefusedOnceALapIsComplete(t *testing.T) {
	s := newScript(t, sprint(53), 1).started()
	s.do(5, race.StartAborted{})
	s.do(10, race.StartAborted{})
	if laps := s.board.Session.Laps; laps != 51 {
		t.Errorf("the session status says %d laps, expected 51", laps)
	}
	s.lap(1, 90)
	s.wantRefused(s.try(100, race.StartAborted{}), timing.ErrTooLate)
	s.do(80, race.StartAborted{}) // reported late
	if laps := s.board.Session.Laps; laps != 50 {
		t.Errorf("the session status says %d laps, expected 50", laps)
	}
}

func TestPassings_OfTheSameInstantCountTheSameInAnyOrder(t *testing.T) {
	var hashes []string
	for _, first := range []bool{false, true} {
		rules := club(3)
		s := &script{t: t, state: timing.New()}
		s.do(0, race.Announced{Race: race.Race{ID: "test", Kind: race.External, Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}, Rules: rules, Cars: 1}})
		s.do(0, race.Entered{Entry: race.Entry{Number: 1}})
		s.started()
		for _, inPit := range []bool{first, !first} {
			s.do(60, race.Passing{Car: 0, InPit: inPit})
		}
		hashes = append(hashes, s.state.Hash())
	}
	if hashes[0] != hashes[1] {
		t.Error("the order of arrival of two passings of the same instant changes the race")
	}
}
