package drill_test

import (
	"strings"
	"testing"
	"time"

	"lightsout/actors/drill"
	"lightsout/race"
)

func TestOver_AScenarioEndsWithItsLastFault(t *testing.T) {
	for faults, over := range map[string]race.Tick{ // 0: never, up to the end of the race
		"{kill: car, share: 1, every: 1s, until: 5s, when: before}":                          51,
		"{kill: car, number: 1, at: 3s, when: before}":                                       40,
		"{kill: car, number: 1, at: 3s, when: before}, {hits: lose, chance: 0.1, until: 7s}": 71,
		"{store: full, at: 2s, for: 1ms}":                                                    30,
		"{kill: car, share: 1, every: 1s}":                                                   0,
		"{poison: car, number: 1}":                                                           0,
		"{link: slow, for: 1ms}":                                                             0,
		"{kill: timekeeper, at: 1s}":                                                         0, // it was not struck
		"{kill: car, share: 1, every: 1s, until: 5s, when: before}, {kill: car, number: 1, at: 9s, when: before}, {panic: car, chance: 1, until: 1s}": 100,
	} {
		in := drill.NewInjector(mustScenario(t, faults), drill.Members{Cars: 2})
		ended := race.Tick(0)
		for n := race.Tick(1); n <= 200 && ended == 0; n++ {
			strike(in, "0", n)
			strike(in, "1", n)
			for until := time.Now().Add(time.Second); n == 30 && over == 30 && !in.Over() && time.Now().Before(until); {
				continue // the store is back after a millisecond
			}
			if in.Over() {
				ended = n
			}
		}
		if ended != over {
			t.Errorf("%s: over at tick %d, expected %d", faults, ended, over)
		}
	}
}

func TestBegin_FaultsCountTheirTimesFromTheBegin(t *testing.T) {
	s := mustScenario(t, "{kill: car, every: 1s}, {kill: car, every: 1s, from: 10s, until: 60s}, {kill: race}, {store: full, at: 30s, for: 1s}, {poison: car}, {hits: lose, chance: 0.1}, {poison: car, from: 10s}")
	later := s.Begin(drill.Duration(5 * time.Minute))
	if err := later.Validate(); err != nil {
		t.Error(err)
	}
	var said []string
	for i := range later.Faults {
		said = append(said, later.Faults[i].String())
	}
	for i, want := range []string{"from 5m0s", "from 5m10s, until 6m0s", "at 5m0s", "at 5m30s", "at 5m0s", "from 5m0s", "from 5m10s"} {
		if !strings.Contains(said[i], want) {
			t.Errorf("fault %d: %s, expected %s", i+1, said[i], want)
		}
	}
	if later.Begins() != 5*time.Minute || s.Begins() != 0 {
		t.Errorf("it begins at %v, and at %v by itself", later.Begins(), s.Begins())
	}
	if s.Faults[0].From != 0 {
		t.Error("the scenario itself has changed")
	}
}

func TestStruckSince_ListsEachStrikeOnce(t *testing.T) {
	in := drill.NewInjector(mustScenario(t, "{kill: car, share: 1, every: 1s, when: before}"), drill.Members{Cars: 1})
	strike(in, "0", 1)
	strike(in, "0", 11)
	first := in.StruckSince(0)
	strike(in, "0", 21)
	if more := in.StruckSince(len(first)); len(first) != 2 || len(more) != 1 || more[0].Tick != 21 || len(in.StruckSince(3)) > 0 {
		t.Errorf("%+v, then %+v", first, more)
	}
}

func TestStrikes_ARaceIsKilledAsOftenAsTheFaultSays(t *testing.T) {
	t.Parallel()
	for faults, want := range map[string]int{
		"{kill: race, every: 1s, from: 5s, until: 25s}":                    21,
		"{kill: race, every: 200ms, from: 10s, until: 14s}":                21,
		"{stall: race, for: 1ms, every: 100ms, from: 10s, until: 11s}":     11,
		"{kill: race, at: 3s}, {kill: race, at: 5s}, {kill: race, at: 7s}": 3,
	} {
		in, _ := mustTrial(t, faults)
		struck := in.Struck()
		if len(struck) != want {
			t.Errorf("%s: %d strikes, expected %d: %v", faults, len(struck), want, struck)
		}
	}
}
