package timing_test

import (
	"slices"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// sprint is a race by laps without a time limit.
func sprint(laps int) race.RuleSet {
	r := race.F1(laps)
	r.RunningLimit, r.WindowLimit = 0, 0
	return r
}

func TestRule1_CarsAreOrderedByLapsThenByTheirLastCrossing(t *testing.T) {
	s := newScript(t, sprint(3), 1, 2, 3).started()
	s.lap(2, 90)
	s.lap(1, 90.5)
	s.lap(3, 91)
	s.wantOrder(2, 1, 3)
	s.lap(1, 180)
	s.lap(2, 180.2)
	s.wantOrder(1, 2, 3)
	s.wantResult(line{1, 1, 2, race.StatusRunning, 0}, line{2, 2, 2, race.StatusRunning, 200},
		line{3, 3, 1, race.StatusRunning, -1})
}

func TestRule2_LappedCarsFinishAtTheirNextCrossing(t *testing.T) {
	s := newScript(t, sprint(3), 1, 2, 3).started()
	s.lap(1, 90, 180)
	s.lap(2, 91, 182)
	s.lap(3, 130)
	s.lap(1, 270)
	s.lap(2, 275)
	s.lap(3, 290)
	s.lap(1, 365) // the in-lap does not count
	s.lap(3, 400)
	if got := s.row(3); got.State != race.Finished || got.Laps != 2 {
		t.Errorf("the lapped car: %v with %d laps", got.State, got.Laps)
	}
	s.do(410, race.Ended{})
	s.wantResult(line{1, 1, 3, race.StatusFinished, 0}, line{2, 2, 3, race.StatusFinished, 5000},
		line{3, 3, 2, race.StatusFinished, -1}) // classified: floor(0.9 × 3) is 2
}

func TestRule2_TheRunningLimitEndsTheRaceOneLapAfterTheNextCrossing(t *testing.T) {
	rules := sprint(100)
	rules.RunningLimit = 200 * race.Second
	s := newScript(t, rules, 1).started()
	s.lap(1, 90, 180, 270) // the limit passes in lap 3: lap 4 is the last
	if s.row(1).State == race.Finished {
		t.Fatal("finished at the crossing after the limit, not one lap later")
	}
	s.lap(1, 360)
	if s.row(1).State != race.Finished {
		t.Error("not finished one lap after the limit")
	}
}

func TestRule2_SuspensionCountsForTheWindowButNotForTheRunningLimit(t *testing.T) {
	rules := sprint(100)
	rules.RunningLimit, rules.WindowLimit = 200*race.Second, 1000*race.Second
	s := newScript(t, rules, 1).started()
	s.lap(1, 90)
	s.do(100, race.Suspended{})
	s.do(1005, race.Resumed{})
	s.lap(1, 1010) // 105 s of running, but the window is over
	if s.row(1).State != race.Finished {
		t.Error("not finished at the first crossing after the window")
	}
}

func TestRule3_CarsWithNinetyPercentRoundedDownAreClassifiedEvenIfRetired(t *testing.T) {
	s := newScript(t, sprint(10), 1, 2, 3, 4, 5).started()
	s.do(1, race.CarNotStarted{Car: s.car(5)})
	for lap := 1.0; lap <= 10; lap++ {
		s.lap(1, lap*100)
		if lap <= 9 {
			s.lap(2, lap*100+1)
		}
		if lap <= 8 {
			s.lap(3, lap*100+2)
		}
		s.lap(4, lap*100+3)
		if lap == 9 {
			s.do(910, race.CarRetired{Car: s.car(2), Reason: "engine"})
		}
		if lap == 8 {
			s.do(815, race.CarRetired{Car: s.car(3), Reason: "brakes"})
		}
	}
	s.do(1100, race.CarDisqualified{Car: s.car(4), Reason: "underweight"})
	s.do(1101, race.Ended{})
	s.wantResult(line{1, 1, 10, race.StatusFinished, 0}, line{2, 2, 9, race.StatusRetired, -1},
		line{3, 0, 8, race.StatusNotClassified, -1}, line{5, 0, 0, race.StatusDidNotStart, -1},
		line{4, 0, 10, race.StatusDisqualified, -1})
}

func TestRule4_GapsAreTakenAtTheLastLineThatBothPassed(t *testing.T) {
	s := newScript(t, sprint(5), 1, 2, 3).started()
	s.pass(1, sector1, 30)
	s.pass(2, sector1, 31.5)
	s.pass(3, sector1, 33.25)
	if r := s.row(3); r.GapMS != 3250 || r.IntervalMS != 1750 {
		t.Errorf("gap %d, interval %d", r.GapMS, r.IntervalMS)
	}
	s.pass(1, trap, 50) // only the leader passed it: gaps do not change
	if r := s.row(2); r.GapMS != 1500 {
		t.Errorf("gap of the second %d", r.GapMS)
	}
}

func TestRule4_GapOfALappedCarIsInLapsNotTime(t *testing.T) {
	s := newScript(t, sprint(5), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 140)
	s.lap(1, 175, 260)
	s.lap(2, 270)
	if r := s.row(2); r.GapLaps != 1 || r.GapMS != 0 {
		t.Errorf("gap %d ms, %d laps", r.GapMS, r.GapLaps)
	}
}

func TestRule5_PenaltyReordersOnlyCarsOnTheSameLap(t *testing.T) {
	s := newScript(t, sprint(2), 1, 2, 3).started()
	s.lap(1, 90)
	s.lap(2, 91)
	s.lap(1, 180)
	s.lap(2, 182)
	s.lap(3, 185)
	s.do(190, race.Penalised{Car: s.car(1), Amount: 5 * race.Second, Reason: "speeding in the pit lane"})
	s.do(191, race.Ended{})
	s.wantResult(line{2, 1, 2, race.StatusFinished, 0}, line{1, 2, 2, race.StatusFinished, 3000},
		line{3, 3, 1, race.StatusFinished, -1})
}

func TestRule6_ThreeSectorsAddUpToTheLapExactly(t *testing.T) {
	s := newScript(t, sprint(2), 1).started()
	s.pass(1, sector1, 30.1234567)
	s.pass(1, sector2, 61.9876549)
	s.lap(1, 90.5555559)
	l := s.laps(1)[1]
	if l.SectorsMS != [3]int64{30123, 31864, 28568} || l.DurationMS != 90555 {
		t.Errorf("sectors %v of a lap of %d", l.SectorsMS, l.DurationMS)
	}
}

func TestRule6_AMissedLoopLeavesItsSectorsBlank(t *testing.T) {
	s := newScript(t, sprint(2), 1).started()
	s.pass(1, sector2, 60)
	s.lap(1, 90)
	if l := s.laps(1)[1]; l.SectorsMS != [3]int64{0, 0, 30000} || l.DurationMS != 90000 {
		t.Errorf("sectors %v of a lap of %d", l.SectorsMS, l.DurationMS)
	}
}

func TestRule6_LapOneStartsAtTheSignalForCarsBehindTheLine(t *testing.T) {
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "x", Lines: fullCircuit(), Rules: sprint(2)}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 7, Grid: 1, StartOffsetM: 12}})
	s.started()
	s.lap(7, 1.2) // no lap: it started behind the line
	s.lap(7, 91)
	if l := s.laps(7)[1]; l.DurationMS != 91000 {
		t.Errorf("lap 1 took %d ms", l.DurationMS)
	}
}

func TestRule7_LapsAreMarkedAsPersonalAndSessionBest(t *testing.T) {
	s := newScript(t, sprint(5), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 91)
	s.lap(1, 179) // 89: best of all
	s.lap(2, 181) // 90: its own best
	if a, b := s.row(1), s.row(2); a.LastMark != race.SessionBest || b.LastMark != race.PersonalBest || b.BestMS != 90000 {
		t.Errorf("marks %v and %v, best %d", a.LastMark, b.LastMark, b.BestMS)
	}
	s.lap(2, 269) // 88
	if a, b := s.row(1), s.row(2); a.BestIsSession || !b.BestIsSession {
		t.Error("the session best did not move to the faster lap")
	}
}

func TestRule8_AbandonedRaceIsCountedBackTwoLaps(t *testing.T) {
	s := newScript(t, sprint(50), 1, 2).started()
	s.lap(1, 90, 180, 270)
	s.lap(2, 95, 178, 272)
	s.do(300, race.Suspended{}) // in lap 4: the result is that of lap 2
	s.do(310, race.Abandoned{})
	s.do(311, race.Ended{})
	s.wantResult(line{2, 1, 2, race.StatusFinished, 0}, line{1, 2, 2, race.StatusFinished, 2000})
}

func TestRule9_ADeadHeatSharesThePositionAndSkipsTheNext(t *testing.T) {
	s := newScript(t, sprint(1), 1, 2, 3, 4).started()
	s.lap(1, 90.000_100)
	s.lap(2, 90.000_100)
	s.lap(3, 90.000_900)
	s.lap(4, 90.000_950) // the same millisecond: the untruncated time decides
	s.do(100, race.Ended{})
	s.wantResult(line{1, 1, 1, race.StatusFinished, 0}, line{2, 1, 1, race.StatusFinished, 0},
		line{3, 3, 1, race.StatusFinished, 0}, line{4, 4, 1, race.StatusFinished, 0})
}

func TestRule11_AbortedStartShortensTheRaceByALap(t *testing.T) {
	s := newScript(t, sprint(3), 1)
	s.do(0, race.StartAborted{})
	s.started()
	s.lap(1, 90, 180)
	if s.row(1).State != race.Finished {
		t.Error("not finished after two laps of three less one")
	}
}

func TestRule11_APitLaneStartIsBehindTheGrid(t *testing.T) {
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "x", Lines: fullCircuit(), Rules: sprint(2)}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 1, Grid: 1, PitLaneStart: true}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 2, Grid: 2}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 3}})
	s.do(0, race.Entered{Entry: race.Entry{Number: 4, Grid: 1}})
	s.wantOrder(4, 2, 3, 1)
}

func TestRule11_PositionsChangeOnlyAtTimingLines(t *testing.T) {
	s := newScript(t, sprint(3), 1, 2).started()
	s.pass(1, sector1, 30)
	s.pass(2, sector1, 30.5)
	s.wantOrder(1, 2)
	s.pass(2, sector2, 60)
	s.wantOrder(2, 1)
	s.pass(1, sector2, 60.1)
	s.wantOrder(2, 1)
}

func TestPitStops_AreTimedByThePitLines(t *testing.T) {
	s := newScript(t, sprint(5), 1).started()
	s.lap(1, 90)
	s.pass(1, pitEntry, 175)
	if s.row(1).State != race.InPit {
		t.Error("not in the pits after their entry")
	}
	s.lap(1, 180)
	s.do(190, race.TyresFitted{Car: 0, Compound: race.Hard, Stationary: 2 * race.Second})
	s.pass(1, pitExit, 200)
	s.lap(1, 290)
	if l := s.laps(1); !l[2].PitIn || l[2].PitOut || !l[3].PitOut || l[3].PitIn {
		t.Errorf("lap 2 %+v, lap 3 %+v", l[2], l[3])
	}
	if r := s.row(1); r.Stops != 1 || r.Tyre != race.Hard || r.TyreAgeLaps != 1 || r.State != race.Running {
		t.Errorf("row %+v", r)
	}
}

func TestPitStops_AreTimedAtTheFinishLineIfThePitLaneHasNoLines(t *testing.T) {
	for _, lanes := range []bool{false, true} {
		s := &script{t: t, state: timing.New()}
		lines := []race.Line{{Kind: race.LineFinish, Sector: 3}}
		if lanes {
			lines = append(lines, race.Line{Kind: race.LinePitEntry, Permyriad: 9000})
		}
		s.do(0, race.Announced{Race: race.Race{ID: "test", Kind: race.External, Lines: lines, Rules: sprint(9), Cars: 1}})
		s.do(0, race.Entered{Entry: race.Entry{Number: 1}})
		s.started()
		s.lap(1, 90)
		s.do(180, race.Passing{Car: 0, InPit: true})
		s.lap(1, 290, 380)
		if l := s.laps(1); l[1].PitIn || l[1].PitOut || l[2].PitIn == lanes || l[2].PitOut || l[3].PitIn || l[3].PitOut == lanes || l[4].PitOut {
			t.Errorf("lines in the lane %v: %+v", lanes, l)
		}
		if pits := slices.IndexFunc(s.facts, func(f race.Fact) bool {
			e, ok := f.(race.EventHappened)
			return ok && e.Event.Kind == race.EventPitIn && e.Event.TimeMS == 180_000
		}); (pits >= 0) == lanes {
			t.Errorf("lines in the lane %v: the event is fact %d", lanes, pits)
		}
	}
}

func TestFlags_MarkTheLapsDrivenUnderThem(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	s.do(100, race.FlagShown{Flag: race.FlagSafetyCar})
	s.lap(1, 200)
	s.do(210, race.FlagShown{Flag: race.FlagClear})
	s.lap(1, 300, 390)
	l := s.laps(1)
	for lap, want := range map[int]race.FlagState{1: race.FlagClear, 2: race.FlagSafetyCar, 3: race.FlagSafetyCar, 4: race.FlagClear} {
		if l[lap].Flag != want {
			t.Errorf("lap %d was driven under %v, expected %v", lap, l[lap].Flag, want)
		}
	}
}

func TestRefusedRecords_ReturnTheReasonAndChangeNothing(t *testing.T) {
	s := newScript(t, sprint(5), 1, 2)
	before := s.state.Hash()
	s.wantRefused(s.try(0, race.Resumed{}), timing.ErrOutOfOrder)
	s.wantRefused(s.try(0, race.Passing{Car: 9}), timing.ErrUnknownCar)
	s.wantRefused(s.try(0, race.Passing{Car: 0, Line: 6}), timing.ErrUnknownLine)
	s.wantRefused(s.try(0, race.CarRetired{Car: -7}), timing.ErrUnknownCar)
	s.wantRefused(s.try(0, race.Announced{}), timing.ErrDuplicate)
	s.wantRefused(timingOf(race.Started{}), timing.ErrNotAnnounced)
	if s.state.Hash() != before {
		t.Error("the state changed")
	}
	s.started()
	s.wantRefused(s.try(1, race.Started{}), timing.ErrDuplicate)
	s.wantRefused(s.try(1, race.Entered{Entry: race.Entry{Number: 3}}), timing.ErrTooLate)
}

func timingOf(b race.Body) error {
	_, err := timing.New().Apply(&race.Record{Seq: 1, Body: b}, nil)
	return err
}

func TestGrid_OfAHundredThousandCarsIsSortedBeforeTheStart(t *testing.T) {
	const cars = race.CarsMax
	s := timing.New()
	seq := race.Seq(0)
	apply := func(b race.Body) {
		seq++
		if _, err := s.Apply(&race.Record{Seq: seq, Body: b}, nil); err != nil {
			t.Fatal(err)
		}
	}
	apply(race.Announced{Race: race.Race{ID: "large", Lines: fullCircuit(), Rules: race.F1(3), Cars: cars}})
	for i := range cars { // the last one entered is the first on the grid
		apply(race.Entered{Entry: race.Entry{Number: i + 1, Grid: cars - i}})
	}
	for place, car := range s.Order() {
		if int(car) != cars-1-place {
			t.Fatalf("car %d is in place %d", car, place)
		}
	}
}
