package timing_test

import (
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

func TestSuspension_EachOneStopsTheRunningTime(t *testing.T) {
	rules := sprint(100)
	rules.RunningLimit = 200 * race.Second
	s := newScript(t, rules, 1).started()
	s.lap(1, 90)
	s.do(100, race.Suspended{})
	s.do(1000, race.Resumed{})
	s.do(1010, race.Suspended{})
	s.do(2000, race.Resumed{})
	s.lap(1, 2070) // 90 + 10 + 10 + 70: 180 s of running
	s.lap(1, 2160) // 270: the next lap is the last
	if s.row(1).State == race.Finished {
		t.Fatal("finished before a lap after the limit")
	}
	s.do(2260, race.Suspended{})
	s.do(3000, race.Resumed{})
	s.lap(1, 3080)
	s.do(3090, race.Ended{})
	s.wantResult(line{1, 1, 4, race.StatusFinished, 0})
	s.wantRefused(s.try(3100, race.Suspended{}), timing.ErrTooLate)
}

func TestSuspension_UndoneOneDoesNotStopTheRunningTime(t *testing.T) {
	rules := sprint(100)
	rules.RunningLimit = 200 * race.Second
	s := newScript(t, rules, 1).started()
	s.do(10, race.Suspended{})
	s.do(20, race.Resumed{})
	red := s.reported(100, race.Suspended{})
	s.do(150, race.Resumed{})
	s.lap(1, 90, 205, 290)
	if s.row(1).State == race.Finished {
		t.Fatal("145 and 230 s of running: the next lap is the last")
	}
	undoing := s.undo(red) // 195 and 280 s: no lap remains; and its Resumed does not lengthen the first suspension
	s.lap(1, 380)
	if s.row(1).State != race.Finished {
		t.Error("not finished")
	}
	s.wantEnds(1, 90, 205, 290, 380)
	s.undo(undoing)
	s.wantEnds(1, 90, 205, 290, 380)
}

func TestSuspension_LastsToTheNextResumptionIfTheFirstIsUndone(t *testing.T) {
	rules := sprint(100)
	rules.RunningLimit = 200 * race.Second
	s := newScript(t, rules, 1).started()
	s.do(10, race.Suspended{})
	green := s.reported(20, race.Resumed{})
	s.do(100, race.Suspended{})
	s.do(150, race.Resumed{})
	s.undo(green)
	s.lap(1, 230, 330, 430) // 90, 190 and 290 s of running
	if s.row(1).State == race.Finished {
		t.Fatal("finished too early")
	}
	s.lap(1, 530)
	if s.row(1).State != race.Finished {
		t.Error("not finished")
	}
}

func TestSuspension_BeforeTheFirstLineShowsTheGrid(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2, 3).started()
	s.pass(3, pitExit, 5)
	s.pass(2, pitExit, 6)
	s.wantOrder(3, 2, 1)
	s.do(7, race.Suspended{}) // car 1 has passed no line
	s.wantOrder(1, 2, 3)
	s.pass(1, pitExit, 40) // behind the safety car: it does not count for the order
	s.wantOrder(1, 2, 3)
	s.do(500, race.Resumed{})
	s.wantOrder(3, 2, 1)
	if s.row(1).State != race.Running {
		t.Errorf("car 1 is %v", s.row(1).State)
	}
}

func TestSuspension_ShowsTheOrderAtTheLastLineThatAllHadPassed(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2, 3).started()
	for i, n := range []int{1, 2, 3} {
		s.pass(n, sector1, 30+float64(i))
	}
	s.pass(2, trap, 50) // car 2 passed car 1, car 3 had not reached the line
	s.pass(1, trap, 51)
	s.wantOrder(2, 1, 3)
	s.do(52, race.Suspended{})
	s.wantOrder(1, 2, 3)
	s.pass(3, trap, 51.5) // reported late: it had reached it
	s.wantOrder(2, 1, 3)
	s.do(60, race.CarRetired{Car: s.car(2), Reason: "it caused the red flag"})
	s.wantOrder(1, 3, 2)
	s.wantRefused(s.try(61, race.Suspended{}), timing.ErrDuplicate)
}

func TestSuspension_KeepsTheLeadersLapWhenTheDistanceChanges(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2)
	aborted := s.reported(0, race.StartAborted{})
	s.started()
	s.lap(1, 90, 180)
	s.do(200, race.Suspended{})
	if h := s.board.Session; h.LeaderLap != 3 || h.Laps != 8 {
		t.Errorf("the session status says lap %d of %d, expected 3 of 8", h.LeaderLap, h.Laps)
	}
	s.undo(aborted)
	if h := s.board.Session; h.LeaderLap != 3 || h.Laps != 9 {
		t.Errorf("the session status says lap %d of %d, expected 3 of 9", h.LeaderLap, h.Laps)
	}
}

func TestLeadersLap_IsTheLapOfTheCurrentLeader(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.lap(1, 90, 180, 270)
	s.lap(2, 140)
	if s.board.Session.LeaderLap != 4 {
		t.Errorf("lap %d, expected 4", s.board.Session.LeaderLap)
	}
	s.do(280, race.CarRetired{Car: 0, Reason: "engine"})
	if s.board.Session.LeaderLap != 2 {
		t.Errorf("lap %d after the leader retired, expected 2", s.board.Session.LeaderLap)
	}
}

func TestAbandoned_RaceIsCountedBackInTheFirstThreeLaps(t *testing.T) {
	for lap, want := range map[int][]line{
		1: {{1, 0, 0, race.StatusNotClassified, -1}, {2, 0, 0, race.StatusNotClassified, -1}},
		2: {{1, 0, 0, race.StatusNotClassified, -1}, {2, 0, 0, race.StatusNotClassified, -1}},
		3: {{1, 1, 1, race.StatusFinished, 0}, {2, 2, 1, race.StatusFinished, 1000}},
		4: {{2, 1, 2, race.StatusFinished, 0}, {1, 2, 2, race.StatusFinished, 2000}},
	} {
		s := newScript(t, sprint(50), 1, 2).started()
		if lap > 1 {
			s.lap(1, 90)
			s.lap(2, 91)
		}
		if lap > 2 {
			s.lap(2, 180)
			s.lap(1, 182)
		}
		if lap > 3 {
			s.lap(1, 270)
			s.lap(2, 271)
		}
		s.do(280, race.Suspended{})
		ruling := s.reported(290, race.Abandoned{})
		s.wantRefused(s.try(291, race.Resumed{}), timing.ErrTooLate)
		s.wantRefused(s.try(291, race.Abandoned{}), timing.ErrTooLate)
		s.lap(1, 300) // into the pits
		s.do(310, race.Ended{})
		s.wantResult(want...)
		s.undo(ruling)
		if got := s.result()[0]; got.laps != lap { // including the one into the pits
			t.Errorf("lap %d: after the undoing the winner has %d laps", lap, got.laps)
		}
		if t.Failed() {
			t.Fatalf("abandoned in lap %d", lap)
		}
	}
}

func TestDeadHeat_TowerShowsGridOrderWhateverTheArrival(t *testing.T) {
	for _, first := range []int{1, 2} {
		s := newScript(t, sprint(9), 1, 2).started()
		s.lap(first, 90)
		s.lap(3-first, 90)
		s.wantOrder(1, 2)
		s.wantResult(line{1, 1, 1, race.StatusRunning, 0}, line{2, 1, 1, race.StatusRunning, 0})
		if r := s.row(2); r.GapMS != 0 || r.IntervalMS != 0 {
			t.Errorf("gap %d, interval %d", r.GapMS, r.IntervalMS)
		}
	}
}

func TestSectorFlags_KeepTheSafetyCarOutAndClearBySector(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	show := func(seconds float64, flag race.FlagState, sector int, want race.FlagState) {
		t.Helper()
		s.do(seconds, race.FlagShown{Flag: flag, Sector: sector})
		if s.board.Session.Flag != want {
			t.Errorf("at %v s the flag is %v, expected %v", seconds, s.board.Session.Flag, want)
		}
	}
	show(1, race.FlagYellow, 1, race.FlagYellow)
	show(2, race.FlagYellow, 2, race.FlagYellow)
	show(3, race.FlagClear, 1, race.FlagYellow)
	show(4, race.FlagSafetyCar, 0, race.FlagSafetyCar)
	show(5, race.FlagYellow, 3, race.FlagSafetyCar)
	show(6, race.FlagClear, 3, race.FlagSafetyCar)
	show(7, race.FlagClear, 0, race.FlagClear)
	s.wantRefused(s.try(8, race.FlagShown{Flag: race.FlagYellow, Sector: 4}), timing.ErrUnknown)
	s.wantRefused(s.try(8, race.FlagShown{Flag: 200}), timing.ErrUnknown)
}

func TestFlag_UndoneFlagIsRemovedFromTheLaps(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	s.lap(1, 90)
	ruling := s.reported(100, race.FlagShown{Flag: race.FlagSafetyCar})
	s.lap(1, 200)
	if s.laps(1)[2].Flag != race.FlagSafetyCar {
		t.Error("the lap does not show the safety car")
	}
	s.undo(ruling)
	if s.laps(1)[2].Flag != race.FlagClear || s.board.Session.Flag != race.FlagClear {
		t.Error("the lap still shows the undone safety car")
	}
}

func TestRulings_AreRefusedBeforeTheStartAndAfterTheEnd(t *testing.T) {
	s := &script{t: t, state: timing.New()}
	s.do(0, race.Announced{Race: race.Race{ID: "x", Kind: race.External, Lines: fullCircuit(), Rules: sprint(2)}})
	s.wantRefused(s.try(0, race.Suspended{}), timing.ErrOutOfOrder)
	s.wantRefused(s.try(0, race.Abandoned{}), timing.ErrOutOfOrder)
	s.wantRefused(s.try(0, race.Started{}), timing.ErrUnknownCar)
	s.do(0, race.Entered{Entry: race.Entry{Number: 1}})
	s.started()
	s.lap(1, 90, 180)
	s.wantRefused(s.try(185, race.ResultDeclared{}), timing.ErrOutOfOrder)
	s.do(190, race.Ended{})
	s.do(195, race.ResultDeclared{Reason: "no protest"})
	for _, c := range []struct {
		body race.Body
		want error
	}{
		{race.Started{}, timing.ErrDuplicate},
		{race.Entered{Entry: race.Entry{Number: 9}}, timing.ErrTooLate},
		{race.Ended{}, timing.ErrOutOfOrder},
		{race.Held{}, timing.ErrOutOfOrder},
		{race.Released{}, timing.ErrOutOfOrder},
		{race.FlagShown{Flag: race.FlagYellow}, timing.ErrTooLate},
		{race.Suspended{}, timing.ErrTooLate},
		{race.Resumed{}, timing.ErrTooLate},
		{race.Abandoned{}, timing.ErrTooLate},
		{race.StartAborted{}, timing.ErrTooLate},
		{race.ResultDeclared{}, timing.ErrDuplicate},
	} {
		s.wantRefused(s.try(200, c.body), c.want)
	}
	if n := len(s.versions()); n != 2 {
		t.Errorf("%d versions of the result, expected the provisional and the final one", n)
	}
}

func TestRecord_IsRefusedOutsideTheRangeOfRaceTime(t *testing.T) {
	s := newScript(t, sprint(9), 1).started()
	for _, at := range []race.Micros{race.NoTime, -race.TimeMax - 1, race.TimeMax + 1} {
		r := race.Record{Seq: 99, Time: at, Body: race.Passing{Car: 0}}
		_, err := s.state.Apply(&r, nil)
		s.wantRefused(err, timing.ErrOutOfOrder)
	}
}
