package batch_test

import (
	"errors"
	"testing"

	"lightsout/race"
	"lightsout/race/batch"
	"lightsout/race/circuit"
	"lightsout/race/drive"
)

// TestRun_ByTimeTheModelAndTheRulebookShowTheFlagToTheSameCar: if they did not, cars would be timed after the flag or stop before it.
func TestRun_ByTimeTheModelAndTheRulebookShowTheFlagToTheSameCar(t *testing.T) {
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	const often = `{"model":{"failures":{"chance":1,"chance_max":1},"pace":{"noise_s":3}}}` // leaders retire and change
	for seed := range uint64(150) {
		order := race.Order{
			Circuit: c.Key, Cars: 6, DurationS: 90 + int(seed)*3, Seed: seed, TickHz: []int{1, 5, 10}[seed%3], Setup: []string{"", often}[seed%2],
		}
		info, m, err := drive.NewRace(order, "timed", c)
		if err != nil {
			t.Fatal(err)
		}
		shown := race.NoTime
		out, err := batch.Run(info, m, batch.Options{Each: func(r *race.Record) {
			if f, ok := r.Body.(race.FlagShown); ok && f.Flag == race.FlagChequered {
				shown = r.Time
			}
		}})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		running := false
		for _, e := range out.Result.Entries {
			running = running || e.Status == race.StatusFinished || e.Status == race.StatusNotClassified
			if e.Status == race.StatusFinished && e.Position == 1 && e.Laps != out.Distance {
				t.Errorf("seed %d: the winner has %d laps of %d", seed, e.Laps, out.Distance)
			}
			if e.Status != race.StatusFinished && e.Status != race.StatusRetired && e.Status != race.StatusNotClassified {
				t.Errorf("seed %d: car %d is %v", seed, e.Car, e.Status)
			}
		}
		winner := out.Result.Entries[0]
		at := race.Micros(winner.DurationMS) * race.Millisecond
		if running && winner.Status == race.StatusFinished && (at < race.Micros(order.DurationS)*race.Second || shown < at || shown > at+race.Second) {
			t.Errorf("seed %d: the limit is %d s, the winner finished at %v, the model showed the flag at %v", seed, order.DurationS, at, shown)
		}
	}
}

func TestRun_StopsWhereItIsTold(t *testing.T) {
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, m, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 2, Laps: 100, Seed: 1}, "r", c)
	if err != nil {
		t.Fatal(err)
	}
	ticks := 0
	_, err = batch.Run(info, m, batch.Options{Stop: func() bool { ticks++; return ticks > 20 }})
	if !errors.Is(err, batch.ErrStopped) || ticks != 21 {
		t.Errorf("after %d ticks: %v", ticks, err)
	}
}
