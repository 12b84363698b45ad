//go:build soak

package drive

import (
	"testing"
	"time"

	"lightsout/race"
)

func TestRace_HundredThousandCarsStayInOrderForAThousandTicks(t *testing.T) {
	m := mustModel(t, "granite", race.CarsMax, 2, 1)
	f := m.Grid()
	crossings := 0
	worst, begun := time.Duration(0), time.Now()
	for range 1_000 {
		at := time.Now()
		next, x := tick(m, f, nil)
		crossings += len(x)
		f = next
		worst = max(worst, time.Since(at))
	}
	t.Logf("%d crossings, %v a tick, the slowest %v", crossings, time.Since(begun)/1_000, worst)
	last := int64(-1)
	for _, c := range f.order {
		k := m.key(f.Rows[c].Clock, f.base)
		if k < last {
			t.Fatalf("car %d is out of order on the road", c)
		}
		last = k
	}
	if crossings < race.CarsMax {
		t.Errorf("%d crossings", crossings)
	}
}

func TestRace_ManyRacesMatchMeasuredRaces(t *testing.T) { looksLikeMeasured(t, 30) }
