package timing_test

import (
	"testing"

	"lightsout/race"
)

// wantDistance checks the distance in the session status.
func (s *script) wantDistance(laps int) {
	s.t.Helper()
	if got := s.board.Session.Laps; got != laps {
		s.t.Errorf("the distance is %d laps, expected %d", got, laps)
	}
}

func TestDistance_IsShortenedByEachAbortedStart(t *testing.T) {
	s := newScript(t, sprint(4), 1)
	s.do(0, race.StartAborted{})
	s.do(0, race.StartAborted{})
	s.wantDistance(2)
	s.started()
	s.lap(1, 90, 180)
	s.wantDistance(2)
}

func TestDistance_IsTheLeadersLapsAfterTheChequeredFlag(t *testing.T) {
	t.Run("the running limit", func(t *testing.T) {
		rules := sprint(100)
		rules.RunningLimit = 200 * race.Second
		s := newScript(t, rules, 1).started()
		s.lap(1, 90, 180)
		s.wantDistance(100)
		s.lap(1, 270) // lap 4 is the last
		s.wantDistance(4)
		s.lap(1, 360)
		s.wantDistance(4)
	})
	t.Run("the window", func(t *testing.T) {
		rules := sprint(100)
		rules.WindowLimit = 200 * race.Second
		s := newScript(t, rules, 1).started()
		s.lap(1, 90, 180)
		s.wantDistance(100)
		s.lap(1, 270)
		s.wantDistance(3)
	})
	t.Run("by time alone", func(t *testing.T) {
		s := newScript(t, race.Endurance(200*race.Second), 1).started()
		s.lap(1, 90)
		s.wantDistance(0)
		s.lap(1, 180, 270)
		s.wantDistance(3)
	})
	t.Run("counted back", func(t *testing.T) {
		s := newScript(t, sprint(50), 1).started()
		s.lap(1, 90, 180, 270)
		s.do(300, race.Suspended{})
		s.wantDistance(50)
		abandoned := s.reported(310, race.Abandoned{})
		s.wantDistance(2)
		s.undo(abandoned)
		s.wantDistance(50)
	})
	t.Run("the flag is withdrawn", func(t *testing.T) {
		rules := sprint(100)
		rules.WindowLimit = 200 * race.Second
		s := newScript(t, rules, 1).started()
		s.lap(1, 90, 180)
		last := s.reported(270, race.Passing{Car: s.car(1), Line: finish})
		s.wantDistance(3)
		s.do(280, race.Corrected{Kind: race.CorrectReject, Passing: last, Reason: "a ghost"})
		s.wantDistance(100)
	})
}

func TestDistance_OfAStoppedRaceIsTheWinnersLaps(t *testing.T) {
	s := newScript(t, sprint(50), 1, 2).started()
	s.lap(1, 90, 180, 270)
	s.lap(2, 95, 185)
	s.wantDistance(50)
	s.do(300, race.Ended{})
	s.wantDistance(3)
	if lap := s.board.Session.LeaderLap; lap != 3 {
		t.Errorf("the leader is on lap %d of 3", lap)
	}
	out := s.reported(400, race.CarDisqualified{Car: s.car(1), Reason: "underweight"})
	s.wantDistance(2)
	s.undo(out)
	s.wantDistance(3)
	s.do(500, race.Corrected{Kind: race.CorrectInsert, Car: s.car(2), At: 279 * race.Second, Reason: "missed"})
	s.do(501, race.Corrected{Kind: race.CorrectInsert, Car: s.car(2), At: 299 * race.Second, Reason: "missed"})
	s.wantDistance(4)
}

func TestDistance_OfARaceStoppedInTheFirstLapIsThePlannedOne(t *testing.T) {
	s := newScript(t, sprint(50), 1).started()
	s.do(10, race.Ended{})
	s.wantDistance(50)
}

func TestPenalties_AfterTheEndBelongToTheCarsLastLap(t *testing.T) {
	penalised := func(s *script, number, lap int) {
		s.t.Helper()
		of := s.reported(1000, race.Penalised{Car: s.car(number), Amount: race.Second, Reason: "after the end"})
		for _, e := range s.board.Events {
			if e.Of == of && e.Lap != lap {
				s.t.Errorf("the penalty of car %d is of lap %d, it drove %d", number, e.Lap, lap)
			}
		}
	}
	t.Run("after the chequered flag", func(t *testing.T) {
		s := newScript(t, sprint(3), 1, 2, 3, 4).started()
		s.lap(1, 90, 180, 270)
		s.lap(2, 100, 200, 300)
		s.lap(3, 140, 280) // a lap down
		s.lap(4, 150)
		s.do(160, race.CarRetired{Car: s.car(4), Reason: "gearbox"}) // in its second lap
		s.do(400, race.Ended{})
		s.do(500, race.CarDisqualified{Car: s.car(3), Reason: "underweight"})
		for number, lap := range map[int]int{1: 3, 2: 3, 3: 2, 4: 2} {
			penalised(s, number, lap)
		}
	})
	t.Run("after a stop", func(t *testing.T) {
		s := newScript(t, sprint(57), 1, 2, 3).started()
		s.lap(1, 90, 180)
		s.lap(2, 100)
		s.lap(3, 110)
		s.do(120, race.CarRetired{Car: s.car(3), Reason: "gearbox"}) // in its second lap
		early := s.reported(300, race.Penalised{Car: s.car(1), Amount: race.Second, Reason: "reported before the stop"})
		s.do(200, race.Ended{})
		for _, e := range s.board.Events {
			if e.Of == early && e.Lap != 2 {
				t.Errorf("the penalty is of lap %d", e.Lap)
			}
			if e.Kind == race.EventResult && e.Lap != 2 {
				t.Errorf("the result is of lap %d", e.Lap)
			}
		}
		for number, lap := range map[int]int{1: 2, 2: 1, 3: 2} {
			penalised(s, number, lap)
		}
	})
}
