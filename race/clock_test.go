package race_test

import (
	"math"
	"testing"

	"lightsout/race"
)

func TestDecoderClock_FindsLagAndDriftUnderVaryingDelays(t *testing.T) {
	const started = 1_795_000_000_000_000_000
	k := race.DecoderClock{StartedAt: started}
	for i := range 600 { // a passing a second for ten minutes; the clock loses 200 ppm and is 0.5 s slow
		now := race.Micros(i) * race.Second
		own := now - race.Micros(float64(now)*200e-6) - 500*race.Millisecond
		delay := race.Micros(20+i*7919%180) * race.Millisecond
		k.Report(own, started+int64(now+delay)*1000)
	}
	drift, known := k.Drift()
	if !known || math.Abs(drift-200) > 40 {
		t.Errorf("the drift is %v, expected about 200", drift)
	}
	if lag, known := k.Lag(); !known || lag < 600*race.Millisecond || lag > 700*race.Millisecond {
		t.Errorf("the lag is %v, expected 500 ms + 20 ms + the drift", lag)
	}
	k.Offset = 500 * race.Millisecond
	if lag, _ := k.Lag(); lag > 200*race.Millisecond {
		t.Errorf("the corrected lag is %v", lag)
	}
	if k.Passings != 600 {
		t.Errorf("%d passings", k.Passings)
	}
}

func TestDecoderClock_ReturnsNoLagOrDriftBeforeItHasEnoughData(t *testing.T) {
	var k race.DecoderClock
	k.Report(race.Second, 1)
	if _, known := k.Lag(); known {
		t.Error("a lag without a start signal")
	}
	k = race.DecoderClock{StartedAt: 1}
	k.Report(0, 1)
	if _, known := k.Drift(); known {
		t.Error("a drift from one passing")
	}
}
