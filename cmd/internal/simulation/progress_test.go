package simulation

import (
	"testing"
	"time"

	"lightsout/actors/engine"
	"lightsout/race"
)

func TestProgress_ShowsRaceTimeAndTimeLeftInTheFirstLap(t *testing.T) {
	p := pace{expected: 300 * race.Second}
	for _, step := range []struct {
		at   time.Duration
		now  engine.Progress
		want string
	}{
		{time.Second, engine.Progress{Laps: 3}, "on the grid  1s"},
		{2 * time.Second, engine.Progress{Laps: 3}, "on the grid  2s"},
		{4 * time.Second, engine.Progress{Laps: 3, Now: race.Second, Leader: "AAA"}, "lap 0/3  0:01 of about 5:00  leader AAA  0.333× real time  14m57s left"},
		{14 * time.Second, engine.Progress{Laps: 3, Now: 6 * race.Second}, "lap 0/3  0:06 of about 5:00  0.5× real time  9m48s left"},
		{24 * time.Second, engine.Progress{Lap: 3, Laps: 3, Now: 306 * race.Second}, "lap 3/3  5:06 of about 5:06  30× real time  0s left"},
	} {
		if got := p.words(step.at, step.now); got != step.want {
			t.Errorf("after %v: %q, want %q", step.at, got, step.want)
		}
	}
}
