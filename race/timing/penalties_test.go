package timing_test

import (
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// duel is a race of two laps that car 1 wins two seconds ahead of car 2; both are about to take the flag.
func duel(t *testing.T) *script {
	t.Helper()
	s := newScript(t, sprint(2), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 91)
	return s
}

func (s *script) flagged() {
	s.t.Helper()
	s.lap(1, 180)
	s.lap(2, 182)
}

func TestPenalty_AddsItsTimeUntilServedAndAgainIfServingIsUndone(t *testing.T) {
	for name, c := range map[string]struct {
		penalty race.Penalised
		addsMS  int64
	}{
		"a drive-through": {race.Penalised{Kind: race.PenaltyDriveThrough, Reason: "jump start"}, 20_000},
		"a stop-and-go":   {race.Penalised{Kind: race.PenaltyStopAndGo, Reason: "jump start"}, 30_000},
		"five seconds":    {race.Penalised{Amount: 5 * race.Second, Reason: "corner cut"}, 5_000},
		"a stop-and-go of its own length": {
			race.Penalised{Kind: race.PenaltyStopAndGo, Amount: 40 * race.Second, Reason: "danger"}, 40_000,
		},
	} {
		for _, when := range []string{"before the flag", "after the flag", "after the result"} {
			t.Run(name+" "+when, func(t *testing.T) {
				s := duel(t)
				if when != "before the flag" {
					s.flagged()
				}
				if when == "after the result" {
					s.do(183, race.Ended{})
				}
				given := s.reported(184, c.penalty)
				if when == "before the flag" {
					s.flagged()
				}
				first, second := line{1, 1, 2, race.StatusFinished, 0}, line{2, 2, 2, race.StatusFinished, 2000}
				behind, ahead := line{1, 2, 2, race.StatusFinished, c.addsMS - 2000}, line{2, 1, 2, race.StatusFinished, 0}
				s.wantResult(ahead, behind)
				if got := s.row(1).PenaltyMS; got != c.addsMS {
					t.Errorf("the tower shows a penalty of %d ms", got)
				}
				served := s.reported(185, race.PenaltyServed{Car: 0, Penalty: given})
				s.wantResult(first, second)
				s.wantRefused(s.try(185, race.PenaltyServed{Car: 0, Penalty: given}), timing.ErrDuplicate)
				undoing := s.undo(served)
				s.wantResult(ahead, behind)
				s.undo(undoing)
				s.wantResult(first, second)
				s.undo(served)
				s.wantResult(ahead, behind)
				removal := s.undo(given)
				s.wantResult(first, second)
				if got := s.row(1).PenaltyMS; got != 0 {
					t.Errorf("the tower shows a penalty of %d ms that was removed", got)
				}
				s.undo(removal)
				s.wantResult(ahead, behind)
			})
		}
	}
}

func TestPenalty_ForTheWinnerOfARaceByTimeMakesTheSecondWin(t *testing.T) {
	s := newScript(t, race.Endurance(170*race.Second), 1, 2, 3).started()
	s.lap(1, 90)
	s.lap(2, 91)
	s.do(100, race.Penalised{Car: 0, Kind: race.PenaltyDriveThrough, Reason: "speeding"})
	s.flagged()
	s.lap(3, 185)
	s.do(190, race.Ended{})
	s.wantResult(line{2, 1, 2, race.StatusFinished, 0}, line{1, 2, 2, race.StatusFinished, 18000},
		line{3, 3, 1, race.StatusFinished, -1})
	if r := s.row(2); r.GapMS != 0 || r.IntervalMS != 0 {
		t.Errorf("the tower shows the new winner at %d and %d ms", r.GapMS, r.IntervalMS)
	}
	if r := s.row(1); r.GapMS != 18000 || r.IntervalMS != 18000 {
		t.Errorf("the tower shows the penalised car at %d and %d ms", r.GapMS, r.IntervalMS)
	}
	s.wantOrder(2, 1, 3)
}

func TestPenalty_IsRefusedWithoutAnAmountOrWithANegativeOne(t *testing.T) {
	s := duel(t)
	s.wantRefused(s.try(100, race.Penalised{Car: 0}), timing.ErrUnknown)
	s.wantRefused(s.try(100, race.Penalised{Car: 0, Amount: -1}), timing.ErrOutOfOrder)
	s.wantRefused(s.try(100, race.Penalised{Car: 0, Kind: 7, Amount: 1}), timing.ErrUnknown)
	s.wantRefused(s.try(100, race.Penalised{Car: 7, Amount: 1}), timing.ErrUnknownCar)
	given := s.reported(100, race.Penalised{Car: 0, Amount: race.Second})
	s.wantRefused(s.try(101, race.PenaltyServed{Car: 1, Penalty: given}), timing.ErrUnknown)
}

func TestDisqualification_OfTheWinnerMeasuresGapsToTheNewWinner(t *testing.T) {
	s := newScript(t, sprint(10), 1, 2, 3, 4).started()
	for lap := 1.0; lap <= 10; lap++ {
		s.lap(1, lap*100)
		if lap <= 9 {
			s.lap(2, lap*100+1)
			s.lap(3, lap*100+3)
		}
		if lap <= 8 {
			s.lap(4, lap*100+5)
		}
	}
	s.lap(2, 1005) // during the winner's last lap: nine laps each
	s.lap(3, 1008)
	s.lap(4, 1009) // eight laps and one: nine as well
	s.do(1010, race.Ended{})
	s.wantResult(line{1, 1, 10, race.StatusFinished, 0}, line{2, 2, 10, race.StatusFinished, 5000},
		line{3, 3, 10, race.StatusFinished, 8000}, line{4, 4, 9, race.StatusFinished, -1})
	ruling := s.reported(1020, race.CarDisqualified{Car: 0, Reason: "underweight"})
	s.wantResult(line{2, 1, 10, race.StatusFinished, 0}, line{3, 2, 10, race.StatusFinished, 3000},
		line{4, 3, 9, race.StatusFinished, -1}, line{1, 0, 10, race.StatusDisqualified, -1})
	if r := s.row(3); r.GapMS != 3000 || r.IntervalMS != 3000 {
		t.Errorf("the tower shows %d and %d ms to the new winner", r.GapMS, r.IntervalMS)
	}
	undoing := s.undo(ruling)
	s.wantResult(line{1, 1, 10, race.StatusFinished, 0}, line{2, 2, 10, race.StatusFinished, 5000},
		line{3, 3, 10, race.StatusFinished, 8000}, line{4, 4, 9, race.StatusFinished, -1})
	s.undo(undoing)
	s.wantOrder(2, 3, 4, 1)
}

func TestDisqualification_OfTheWinnerTakesTheRequiredLapsFromTheNewWinner(t *testing.T) {
	s := newScript(t, sprint(20), 1, 2, 3).started()
	for lap := 1.0; lap <= 20; lap++ {
		s.lap(1, lap*100)
		if lap <= 17 {
			s.lap(2, lap*100+1)
		}
		if lap <= 16 {
			s.lap(3, lap*100+2)
		}
	}
	s.do(2100, race.Ended{}) // 17 of 20: fewer than 18
	s.wantResult(line{1, 1, 20, race.StatusFinished, 0}, line{2, 0, 17, race.StatusNotClassified, -1},
		line{3, 0, 16, race.StatusNotClassified, -1})
	s.do(2101, race.CarDisqualified{Car: 0, Reason: "underweight"}) // 90 % of 17 are 15
	s.wantResult(line{2, 1, 17, race.StatusFinished, 0}, line{3, 2, 16, race.StatusFinished, -1},
		line{1, 0, 20, race.StatusDisqualified, -1})
}

func TestDisqualification_StopsTheCarUntilUndone(t *testing.T) {
	s := duel(t)
	ruling := s.reported(100, race.CarDisqualified{Car: 0, Reason: "black flag"})
	last := s.reported(180, race.Passing{Car: 0})
	s.wantVerdict(last, race.Rejected)
	s.lap(2, 182)
	s.wantOrder(2, 1)
	s.wantResult(line{2, 1, 2, race.StatusFinished, 0}, line{1, 0, 1, race.StatusDisqualified, -1})
	s.undo(ruling)
	s.wantVerdict(last, race.Accepted)
	s.wantResult(line{1, 1, 2, race.StatusFinished, 0}, line{2, 2, 2, race.StatusFinished, 2000})
	s.wantOrder(1, 2)
}

func TestDeletedLap_CountsForTheDistanceButNotAsABestUntilUndone(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.lap(1, 90, 178)
	s.lap(2, 91, 180)
	if !s.row(1).BestIsSession || s.row(1).BestMS != 88_000 {
		t.Fatalf("row %+v", s.row(1))
	}
	ruling := s.reported(190, race.LapDeleted{Car: 0, Lap: 2, Reason: "track limits"})
	if a, b := s.row(1), s.row(2); a.BestIsSession || a.BestMS != 90_000 || a.Laps != 2 || !b.BestIsSession {
		t.Errorf("rows %+v and %+v", a, b)
	}
	if !s.laps(1)[2].Deleted {
		t.Error("the lap was not published as deleted")
	}
	undoing := s.undo(ruling)
	if a := s.row(1); !a.BestIsSession || a.BestMS != 88_000 || s.laps(1)[2].Deleted {
		t.Errorf("row %+v", a)
	}
	s.undo(undoing)
	if s.row(1).BestMS != 90_000 {
		t.Error("the lap is not deleted again")
	}
}

func TestRetirement_OfTheLeaderMeasuresGapsToTheNewLeader(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2, 3).started()
	s.lap(1, 90)
	s.lap(2, 91.5)
	s.lap(3, 94)
	s.do(100, race.CarRetired{Car: 0, Reason: "engine"})
	s.wantOrder(2, 3, 1)
	if r := s.row(2); r.GapMS != 0 || r.IntervalMS != 0 {
		t.Errorf("the new leader is shown %d and %d ms behind", r.GapMS, r.IntervalMS)
	}
	if r := s.row(3); r.GapMS != 2500 || r.IntervalMS != 2500 {
		t.Errorf("the second is shown %d and %d ms behind", r.GapMS, r.IntervalMS)
	}
}

func TestRetirement_InTheMidfieldChangesTheIntervalOfTheCarBehind(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2, 3).started()
	s.lap(1, 90)
	s.lap(2, 91.5)
	s.lap(3, 94)
	ruling := s.reported(100, race.CarRetired{Car: 1, Reason: "engine"})
	if r := s.row(3); r.GapMS != 4000 || r.IntervalMS != 4000 {
		t.Errorf("the car behind is shown %d and %d ms behind", r.GapMS, r.IntervalMS)
	}
	s.undo(ruling)
	s.wantOrder(1, 2, 3)
	if r := s.row(3); r.GapMS != 4000 || r.IntervalMS != 2500 {
		t.Errorf("after its undoing %d and %d ms", r.GapMS, r.IntervalMS)
	}
}

func TestRetirement_MakesLaterPassingsNotCount(t *testing.T) {
	s := newScript(t, sprint(9), 1, 2).started()
	s.lap(1, 90)
	s.lap(2, 91)
	ruling := s.reported(100, race.CarRetired{Car: 0, Reason: "engine"})
	rolled := s.reported(180, race.Passing{Car: 0})
	s.wantVerdict(rolled, race.Rejected)
	s.wantEnds(1, 90)
	early := s.reported(60, race.Passing{Car: 0, Line: sector2}) // received late, timed before the retirement
	s.wantVerdict(early, race.Accepted)
	s.undo(ruling)
	s.wantVerdict(rolled, race.Accepted)
	s.wantEnds(1, 90, 180)
}

func TestRetirement_AfterTheFlagChangesNothing(t *testing.T) {
	s := duel(t)
	s.flagged()
	s.do(200, race.CarRetired{Car: 0, Reason: "stopped on the in-lap"})
	s.do(201, race.Ended{})
	s.wantResult(line{1, 1, 2, race.StatusFinished, 0}, line{2, 2, 2, race.StatusFinished, 2000})
}

func TestMustFinish_TakesTheRequiredLapsFromTheWinnerNotFromAnEarlierLeader(t *testing.T) {
	rules := race.Endurance(1000 * race.Second)
	s := newScript(t, rules, 1, 2, 3).started()
	for lap := 1.0; lap <= 18; lap++ {
		s.lap(1, lap*50) // far ahead, until it stops
	}
	s.do(910, race.CarRetired{Car: 0, Reason: "gearbox"})
	s.lap(2, 110, 220, 330, 440, 550, 660, 770, 880, 990)
	s.lap(3, 140, 280, 420, 560, 700, 840, 980)
	s.lap(2, 1100) // ten laps: the winner
	s.lap(3, 1120) // eight: 70 % of ten, but not of eighteen
	s.do(1130, race.Ended{})
	s.wantResult(line{2, 1, 10, race.StatusFinished, 0}, line{3, 2, 8, race.StatusFinished, -1},
		line{1, 0, 18, race.StatusNotClassified, -1})
}

func TestRetiredLeader_DoesNotLeadAtTheTimeLimit(t *testing.T) {
	rules := sprint(9)
	rules.RunningLimit = 120 * race.Second
	s := newScript(t, rules, 1, 2).started()
	s.lap(1, 115)
	s.lap(2, 120, 180, 240) // its first lap ends at the limit: it leads from there, and its next lap is the last
	s.do(115, race.CarRetired{Car: 0, Reason: "engine"})
	s.wantResult(line{2, 1, 2, race.StatusFinished, 0}, line{1, 2, 1, race.StatusRetired, -1})
}
