package race_test

import (
	"testing"

	"lightsout/race"
)

func TestSignalDate_IsKnownOnlyForASignalGivenLive(t *testing.T) {
	const announced, started = 1_795_000_000_000_000_000, 1_795_000_060_000_000_000
	for name, c := range map[string]struct {
		kind               race.Kind
		announced, started int64
		moved              race.Micros
		want               int64
	}{
		"a race that was not started":          {race.External, announced, 0, 0, 0},
		"a real race":                          {race.External, announced, started, 0, started},
		"a real race reported afterwards":      {race.External, announced, announced - 3_600_000_000_000, 0, announced - 3_600_000_000_000},
		"a signal that was moved back":         {race.External, announced, started, -2 * race.Second, started - 2_000_000_000},
		"a race that was read from an archive": {race.External, announced, announced, 0, 0},
		"a simulation started at its creation": {race.Simulation, announced, announced, 0, announced},
	} {
		if got := race.SignalDate(c.kind, c.announced, c.started, c.moved); got != c.want {
			t.Errorf("%s: %d, expected %d", name, got, c.want)
		}
	}
}
