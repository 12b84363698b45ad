package drive

import (
	"testing"

	"lightsout/race"
	"lightsout/race/circuit"
)

// checkCrossings follows each car along its lines: on the track no line is skipped or repeated; in the lane there are entry,
// finish and exit; time never decreases.
func checkCrossings(t *testing.T, m *Model, crossings []Crossing) {
	t.Helper()
	lines := m.Circuit().Lines
	last := make([]*Crossing, m.cfg.Cars)
	for k := range crossings {
		x := &crossings[k]
		was := last[x.Car]
		last[x.Car] = x
		kind := lines[x.Line].Kind
		if (kind == race.LinePitEntry || kind == race.LinePitExit) && !x.InPit {
			t.Fatalf("a pit line is crossed on the track: %+v", *x)
		}
		if (kind == race.LineSpeedTrap) != (x.SpeedKMH > 0) {
			t.Fatalf("speed at a %v line: %+v", kind, *x)
		}
		if was == nil {
			continue
		}
		if x.Time < was.Time || (x.Time == was.Time && x.Line == was.Line) {
			t.Fatalf("car %d goes back in time: %+v after %+v", x.Car, *x, *was)
		}
		if !follows(m, *was, *x) {
			t.Fatalf("%+v does not follow %+v", *x, *was)
		}
	}
}

func follows(m *Model, was, is Crossing) bool {
	lines := m.Circuit().Lines
	switch wasKind, kind := lines[was.Line].Kind, lines[is.Line].Kind; {
	case kind == race.LinePitEntry:
		return !was.InPit && m.next[is.Line] == m.next[was.Line]
	case was.InPit && wasKind != race.LinePitExit:
		return is.InPit && (kind == race.LineFinish || kind == race.LinePitExit)
	case wasKind == race.LinePitExit:
		return !is.InPit && is.Line == int(m.lane.exitNext)
	default:
		return !is.InPit && is.Line == int(m.next[was.Line])
	}
}

func TestCrossings_AreInOrderAndComplete(t *testing.T) {
	for seed := range uint64(8) {
		keys := circuit.List()
		hz := []int{10, 1, 4, 25}[seed%4]
		m, err := NewModel(Config{
			Circuit: mustOpen(t, keys[int(seed)%len(keys)]), Cars: 1 + int(seed*13%17), Laps: 3 + int(seed*5%6), Seed: seed, TickHz: hz,
		})
		if err != nil {
			t.Fatal(err)
		}
		s := story{}
		for f := m.Grid(); !m.Done(f); {
			var in *Inputs
			if f.Tick%97 == 5 { // pit calls, so that the lane is used in short races as well
				in = &Inputs{PitCall: []race.CarIdx{race.CarIdx(int(f.Tick) % m.cfg.Cars)}}
			}
			next, crossings := tick(m, f, in)
			for i, x := range crossings {
				if x.Time <= f.Time-1 || x.Time > next.Time {
					t.Fatalf("%+v lies outside its tick %v to %v", x, f.Time, next.Time)
				}
				if i > 0 && crossings[i-1].Car == x.Car && x.Ordinal != crossings[i-1].Ordinal+1 {
					t.Fatalf("ordinals of %+v and %+v", crossings[i-1], x)
				}
			}
			s.crossings = append(s.crossings, crossings...)
			for i := range next.Rows {
				a, b := &f.Rows[i], &next.Rows[i]
				if b.Lap < a.Lap || (b.Lap == a.Lap && b.Clock < a.Clock && b.State != race.Finished) {
					t.Fatalf("car %d goes backwards from %+v to %+v", i, *a, *b)
				}
			}
			f = next
		}
		checkCrossings(t, m, s.crossings)
	}
}

func TestLess_OrdersByTimeLineCarAndOrdinal(t *testing.T) {
	sorted := []Crossing{{Time: 1, Line: 9, Car: 9}, {Time: 2, Line: 1, Car: 9}, {Time: 2, Line: 2, Car: 1}, {Time: 2, Line: 2, Car: 2},
		{Time: 2, Line: 2, Car: 2, Ordinal: 1}}
	for i := range sorted {
		for j := range sorted {
			if Less(sorted[i], sorted[j]) != (i < j) {
				t.Errorf("%+v and %+v", sorted[i], sorted[j])
			}
		}
	}
}
