package drive

import (
	"slices"
	"testing"

	"lightsout/race"
)

func TestNext_AllocatesNothing(t *testing.T) {
	m := mustModel(t, "meridian", 20, 30, 1)
	f := m.Grid()
	buf := make([]Crossing, 0, 256)
	for range 1_000 {
		if got := leastAllocs(func() {
			buf = buf[:0]
			for i := range f.Rows {
				_, buf = m.Next(f, nil, race.CarIdx(i), buf)
			}
		}); got != 0 {
			t.Fatalf("tick %d allocates %g times", f.Tick, got)
		}
		f, _ = tick(m, f, nil)
	}
}

// leastAllocs returns the smallest count of allocations: the counter is process-wide, and the runtime allocates occasionally.
func leastAllocs(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 4 {
		if least == 0 {
			break
		}
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestRace_MatchesMeasuredRaces(t *testing.T) { looksLikeMeasured(t, 1) }

// looksLikeMeasured compares races over a full distance with model.md. The bounds are wide: they detect a broken model, not an
// unusual race. The number of retirements is only checked over several races.
func looksLikeMeasured(t *testing.T, races int) {
	const cars, laps = 20, 56
	retired, stops, chases, starters := 0, 0, 0, 0
	for seed := range uint64(races) {
		m := mustModel(t, "meridian", cars, laps, seed)
		s := drive(t, m, nil)
		starters += cars
		chases += s.chases
		first, last, winner := race.Micros(1<<60), race.Micros(0), s.final.ChequeredAt
		for i, r := range s.final.Rows {
			if r.State == race.Retired {
				retired++
				continue
			}
			stops += int(r.Stops)
			if r.Stops < 1 || r.Stops > 4 {
				t.Errorf("seed %d: car %d stops %d times", seed, i, r.Stops)
			}
			if r.Lap < laps-3 || race.Micros(r.FinishAt) > winner+m.BestLap()*3/2 {
				t.Errorf("seed %d: car %d finishes on lap %d at %v", seed, i, r.Lap, race.Micros(r.FinishAt))
			}
			own := s.laps(race.CarIdx(i))
			first = min(first, slices.Min(own))
			last = max(last, slices.Max(own))
			if lead := own[0] - slices.Min(own); lead < race.Second || lead > 40*race.Second {
				t.Errorf("seed %d: lap 1 of car %d costs %v", seed, i, lead)
			}
		}
		if first < m.BestLap() || first > m.BestLap()*108/100 || last > m.BestLap()*2 {
			t.Errorf("seed %d: laps from %v to %v, the profile's is %v", seed, first, last, m.BestLap())
		}
		if winner < m.BestLap()*laps*102/100 || winner > m.BestLap()*laps*112/100 {
			t.Errorf("seed %d: the winner takes %v", seed, winner)
		}
	}
	t.Logf("%d of %d retired, %d stops, %d attempts to overtake that got through", retired, starters, stops, chases)
	if part := retired * 1000 / starters; races >= 10 && (part < 90 || part > 200) {
		t.Errorf("%d of %d cars retire, 14 %% are expected", retired, starters)
	}
	if mean := float64(stops) / float64(starters-retired); mean < 1.2 || mean > 2.3 {
		t.Errorf("%.2f stops a car", mean)
	}
	if chases < 20*races || chases > 200*races {
		t.Errorf("%d cars overtake in %d races", chases, races)
	}
}

func TestRace_EndsForEachCarAtItsNextCrossingAfterTheFlag(t *testing.T) {
	m := mustModel(t, "kartwerk", 20, 12, 3)
	s := drive(t, m, nil)
	at, seen := s.final.ChequeredAt, 0
	finished := map[race.CarIdx]race.Micros{}
	slices.SortStableFunc(s.crossings, func(a, b Crossing) int { return int(a.Time - b.Time) })
	for _, x := range s.crossings {
		if end, over := finished[x.Car]; over && x.Time > end+race.Second/10 {
			t.Fatalf("car %d continues after its finish: %+v", x.Car, x)
		}
		if x.Line == 0 && x.Time >= at {
			finished[x.Car] = x.Time
			seen++
		}
	}
	for i, r := range s.final.Rows {
		if r.State == race.Finished && race.Micros(r.FinishAt) != finished[race.CarIdx(i)] {
			t.Errorf("car %d finished at %v, its first crossing under the flag was at %v", i, race.Micros(r.FinishAt), finished[race.CarIdx(i)])
		}
	}
	if seen < 10 {
		t.Errorf("%d cars saw the flag", seen)
	}
}

func TestEvents_BeginWithTyresAndContainOneChequeredFlag(t *testing.T) {
	m := mustModel(t, "meridian", 14, 20, 9)
	s := drive(t, m, nil)
	chequered, tyres, out := 0, 0, 0
	for i, r := range s.records {
		switch b := r.Body.(type) {
		case race.TyresFitted:
			tyres++
			if i < 14 && (b.Car != race.CarIdx(i) || b.Stationary != 0 || r.Time != 0) {
				t.Errorf("record %d is %+v", i, b)
			}
			if i >= 14 && (b.Stationary < 1_900*race.Millisecond || b.Stationary > 41*race.Second) {
				t.Errorf("a stop of %v", b.Stationary)
			}
		case race.FlagShown:
			if chequered > 0 {
				t.Errorf("%+v after the chequered flag", b)
			}
			if b.Flag == race.FlagChequered {
				chequered++
			}
		case race.CarRetired:
			out++
			if b.Reason == "" || b.Reason == "unknown" {
				t.Errorf("%+v", b)
			}
		}
	}
	stops, retired := 0, 0
	for _, r := range s.final.Rows {
		stops += int(r.Stops)
		if r.State == race.Retired {
			retired++
		}
	}
	if chequered != 1 || tyres != 14+stops || out != retired || stops == 0 {
		t.Errorf("%d chequered flags, %d sets for %d stops, %d of %d retirements", chequered, tyres, stops, out, retired)
	}
}

func TestInputs_RetireTakesACarOutImmediately(t *testing.T) {
	m := mustModel(t, "velora", 4, 5, 1)
	f := m.Grid()
	for range 200 {
		f, _ = tick(m, f, nil)
	}
	next, crossings := tick(m, f, &Inputs{Retire: []race.CarIdx{2}})
	if r := next.Rows[2]; r.State != race.Retired || r != m.Retire(f, 2) {
		t.Errorf("%+v", r)
	}
	for _, x := range crossings {
		if x.Car == 2 {
			t.Errorf("it still passes %+v", x)
		}
	}
	records := m.Events(f, next)
	want := race.CarRetired{Car: 2, Reason: "withdrawn"}
	if len(records) != 2 || records[1].Body != want {
		t.Errorf("%+v", records)
	}
}

func TestInputs_PitCallSendsACarIntoThePitsAtTheNextEntry(t *testing.T) {
	m := mustModel(t, "velora", 2, 6, 1)
	f := m.Grid()
	for range 300 {
		f, _ = tick(m, f, nil)
	}
	compound := f.Rows[1].Compound
	f, _ = tick(m, f, &Inputs{PitCall: []race.CarIdx{1}})
	var lines []race.LineKind
	for !m.Done(f) {
		next, crossings := tick(m, f, nil)
		for _, x := range crossings {
			if x.Car == 1 && x.InPit {
				lines = append(lines, m.Circuit().Lines[x.Line].Kind)
			}
		}
		f = next
	}
	if !slices.Equal(lines, []race.LineKind{race.LinePitEntry, race.LineFinish, race.LinePitExit}) {
		t.Errorf("in the lane it crosses %v", lines)
	}
	if r := f.Rows[1]; r.Stops != 1 || r.StationaryUS < 1_900_000 || (r.Compound == compound && compound != race.Medium) {
		t.Errorf("%+v", r)
	}
}

func TestInputs_FlagsSlowAndStopTheField(t *testing.T) {
	m := mustModel(t, "velora", 6, 9, 1)
	f := m.Grid()
	for range 1_000 {
		f, _ = tick(m, f, nil)
	}
	lapOf := func(flag race.FlagState) (records []race.Record, went int64) {
		next, _ := tick(m, f, &Inputs{Flag: &race.FlagShown{Flag: flag}})
		records = m.Events(f, next)
		f = next
		from := int64(f.Rows[0].Lap)*m.profile.lapNS + f.Rows[0].Clock
		for range 100 {
			f, _ = tick(m, f, nil)
		}
		return records, int64(f.Rows[0].Lap)*m.profile.lapNS + f.Rows[0].Clock - from
	}
	if records, went := lapOf(race.FlagVirtualSafetyCar); len(records) != 1 || went > 8_000_000_000 || went < 7_000_000_000 {
		t.Errorf("virtual safety car: %+v, 10 s are worth %d ns", records, went)
	}
	if records, went := lapOf(race.FlagSafetyCar); len(records) != 1 || went > 8_300_000_000 || went < 6_000_000_000 {
		t.Errorf("safety car: %+v, 10 s are worth %d ns", records, went)
	}
	records, _ := lapOf(race.FlagRed)
	if len(records) != 2 || records[1].Body != (race.Suspended{}) {
		t.Errorf("red: %+v", records)
	}
	if _, went := lapOf(race.FlagRed); went > 2_000_000_000 {
		t.Errorf("cars continue under red: %d ns", went)
	}
	records, _ = lapOf(race.FlagClear)
	if len(records) != 2 || records[0].Body != (race.Resumed{}) {
		t.Errorf("clear: %+v", records)
	}
	for !m.Done(f) {
		f, _ = tick(m, f, nil)
	}
}

func TestFrame_HasCompleteColumnsOfPlausibleValues(t *testing.T) {
	m := mustModel(t, "velora", 20, 4, 2)
	top, brakes, geared := uint16(0), 0, map[uint8]bool{}
	drive(t, m, func(_, next *Field) {
		f := m.Frame(next)
		if f.Cars() != 20 || len(f.State) != 20 || len(f.Lap) != 20 || len(f.SpeedDKMH) != 20 || len(f.RPM50) != 20 ||
			len(f.Throttle) != 20 || len(f.Brake) != 20 || len(f.GearDRS) != 20 || f.Tick != next.Tick || f.Time != next.Time {
			t.Fatalf("%+v", f)
		}
		for i := range 20 {
			top = max(top, f.SpeedDKMH[i])
			gear := f.GearDRS[i] &^ race.DRSOpen
			geared[gear] = true
			if f.Brake[i] > 0 {
				brakes++
			}
			if f.Throttle[i] > 100 || f.Brake[i] > 100 || gear > 8 || f.RPM50[i] > 250 || f.Lap[i] > 4 {
				t.Fatalf("car %d: %d %% %d %% gear %d", i, f.Throttle[i], f.Brake[i], gear)
			}
		}
	})
	if top < 3_000 || top > 3_800 || brakes == 0 || !geared[8] || !geared[2] {
		t.Errorf("top speed %d, gears %v", top, geared)
	}
}

func TestEntries_OfALargeFieldUseAllCodes(t *testing.T) {
	codes := map[string]int{}
	for _, e := range mustModel(t, "granite", 20_000, 2, 1).Entries() {
		codes[e.Code]++
	}
	if len(codes) != 26*26*26 {
		t.Errorf("%d codes are in use", len(codes))
	}
}
