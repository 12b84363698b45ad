package trace_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lightsout/race"
	"lightsout/race/trace"
)

const second = race.Second

// simulated returns a car's lap of the given length and speed, with ten samples a second.
func simulated(number int, from race.Micros, lengthM, mps float64) trace.Driven {
	d := trace.Driven{Trace: &race.Trace{}}
	duration := race.Micros(lengthM / mps * 1e6).Truncate(race.Millisecond)
	d.Lap = trace.Lap{Number: number, From: from, To: from + duration, Duration: duration}
	t := d.Trace
	for at := race.Micros(0); at <= duration; at += second / 10 {
		part := mps * float64(at) / 1e6 / lengthM
		t.Time = append(t.Time, from+at)
		add := func(c race.Channel, v float64) { t.Values[c] = append(t.Values[c], int32(v)) }
		add(race.ChannelSpeed, mps*36)
		add(race.ChannelThrottle, 100)
		add(race.ChannelBrake, 0)
		add(race.ChannelGear, 1+math.Floor(part*4))
		add(race.ChannelLap, float64(number))
		add(race.ChannelLapFraction, min(part, 0.99999)*65536)
	}
	return d
}

// reported returns a real car's lap with only speed or only positions.
func reported(number int, from, duration race.Micros, speedKMH func(part float64) float64) trace.Driven {
	d := trace.Driven{Trace: &race.Trace{}, Lap: trace.Lap{Number: number, From: from, To: from + duration, Duration: duration}}
	for at := race.Micros(0); at <= duration; at += second / 4 {
		d.Trace.Time = append(d.Trace.Time, from+at)
		d.Trace.Values[race.ChannelSpeed] = append(d.Trace.Values[race.ChannelSpeed], int32(10*speedKMH(float64(at)/float64(duration))))
	}
	return d
}

func TestThin_KeepsExtremesAndOrderWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "samples")
		points := rapid.IntRange(trace.PointsMin, 200).Draw(t, "points")
		s := trace.Series{}
		at := race.Micros(0)
		for range n {
			at += race.Micros(rapid.IntRange(0, 1_000_000).Draw(t, "step"))
			s.Time = append(s.Time, at)
		}
		value := rapid.OneOf(rapid.Int32Range(-500, 3500), rapid.Just(int32(race.Unknown)))
		channels := []race.Channel{race.ChannelSpeed, race.ChannelGear, trace.Distance}
		for _, c := range channels {
			s.Values[c] = rapid.SliceOfN(value, n, n).Draw(t, "values")
		}
		out := s.Thin(points)
		if out.Len() > points {
			t.Fatalf("%d points of %d, asked for %d", out.Len(), n, points)
		}
		if n <= points && out.Len() != n {
			t.Fatalf("%d of %d points are left, though %d are allowed", out.Len(), n, points)
		}
		if !slices.IsSorted(out.Time) || out.Time[0] != s.Time[0] || out.Time[out.Len()-1] != s.Time[n-1] {
			t.Fatal("order or ends are not kept")
		}
		for _, c := range channels {
			low, high := ends(s.Values[c])
			if l, h := ends(out.Values[c]); l != low || h != high {
				t.Fatalf("extremes of channel %d: %d to %d became %d to %d", c, low, high, l, h)
			}
		}
		if again := s.Thin(points); !slices.Equal(again.Time, out.Time) {
			t.Fatal("thinning twice changes the result")
		}
	})
}

func ends(column []int32) (low, high int32) {
	low, high = math.MaxInt32, math.MinInt32
	for _, v := range column {
		if v != race.Unknown {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

func TestGatherer_ResultDoesNotDependOnHowTheRaceIsSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(t, "samples")
		whole := trace.Series{}
		for i := range n {
			whole.Time = append(whole.Time, race.Micros(i)*second/10)
			whole.Values[race.ChannelSpeed] = append(whole.Values[race.ChannelSpeed], int32(i*7919%3500))
		}
		every := race.Micros(rapid.IntRange(0, 2000).Draw(t, "every_ms")) * race.Millisecond
		one := trace.Gatherer{Every: every, Points: 100}
		one.Add(whole)
		many := trace.Gatherer{Every: every, Points: 100}
		for from := 0; from < n; {
			to := min(n, from+rapid.IntRange(1, n).Draw(t, "piece"))
			many.Add(whole.Cut(whole.Time[from], whole.Time[to-1]))
			from = to
		}
		a, readA := one.Done()
		b, readB := many.Done()
		if !slices.Equal(a.Time, b.Time) || !slices.Equal(a.Values[race.ChannelSpeed], b.Values[race.ChannelSpeed]) || readA != readB {
			t.Fatalf("in one piece %v, in many %v", a.Time, b.Time)
		}
		for i := 1; every > 0 && i < a.Len(); i++ {
			if a.Time[i].Truncate(every) == a.Time[i-1].Truncate(every) {
				t.Fatalf("two samples in one window of %v: %v, %v", every, a.Time[i-1], a.Time[i])
			}
		}
	})
}

func TestCompare_LapWithItselfHasNoDelta(t *testing.T) {
	d := simulated(3, 100*second, 5000, 70)
	c, err := trace.Compare(d, d, 5000, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Distance) != 501 || c.Distance[500] != 5000 {
		t.Errorf("the grid has %d points up to %v", len(c.Distance), c.Distance[len(c.Distance)-1])
	}
	for i, delta := range c.Delta {
		if delta != 0 {
			t.Fatalf("at %v m the lap is %v behind itself", c.Distance[i], delta)
		}
	}
}

func TestCompare_EndsWithTheDifferenceOfTheLapTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lap := func(label string, number int) trace.Driven {
			mps := float64(rapid.IntRange(20, 95).Draw(t, label))
			if rapid.Bool().Draw(t, label+" real") {
				duration := race.Micros(rapid.IntRange(30_000, 200_000).Draw(t, label+" ms")) * race.Millisecond
				return reported(number, 7*second, duration, func(part float64) float64 { return mps * (2 - math.Sin(part*6)) })
			}
			return simulated(number, race.Micros(number)*100*second, 4321, mps)
		}
		a, b := lap("a", 2), lap("b", 9)
		c, err := trace.Compare(a, b, 4321, rapid.Float64Range(1, 50).Draw(t, "step"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.Delta[len(c.Delta)-1], b.Lap.Duration-a.Lap.Duration; got != want {
			t.Fatalf("at the end the delta is %v, the lap times differ by %v", got, want)
		}
		for _, p := range []trace.Profile{c.A, c.B} {
			if !slices.IsSorted(p.Time) || p.Time[0] != 0 {
				t.Fatalf("time runs backwards, or does not begin: %v", p.Time)
			}
		}
	})
}

func TestCompare_InterpolatesBetweenSamples(t *testing.T) {
	a, b := simulated(1, 0, 5000, 50), simulated(1, 0, 5000, 40)
	c, err := trace.Compare(a, b, 5000, 10)
	if err != nil {
		t.Fatal(err)
	}
	// 100 s against 125 s: at half of the lap B is 12.5 s behind.
	if got := c.Delta[250]; got < 12_490*race.Millisecond || got > 12_510*race.Millisecond {
		t.Errorf("half way the delta is %v", got)
	}
	if c.A.Speed[17] != 1800 || c.B.Speed[17] != 1440 || c.A.From != trace.FromFraction {
		t.Errorf("speeds are %d and %d by %v", c.A.Speed[17], c.B.Speed[17], c.A.From)
	}
	for i, gear := range c.A.NGear { // gears are not interpolated
		if want := int32(1 + math.Floor(c.Distance[max(0, i-1)]/1250)); gear != want && gear != want+1 {
			t.Fatalf("at %v m the gear is %d", c.Distance[i], gear)
		}
	}
}

func TestCompare_FirstLapBeginsBehindTheLine(t *testing.T) {
	d := simulated(1, 0, 5000, 50)
	for i, f := range d.Trace.Values[race.ChannelLapFraction] { // the grid is 500 m, ten seconds, behind the line
		f -= 6553
		if d.Trace.Values[race.ChannelLap][i] = 1; f < 0 {
			f, d.Trace.Values[race.ChannelLap][i] = f+65536, 0
		}
		d.Trace.Values[race.ChannelLapFraction][i] = f
	}
	c, err := trace.Compare(d, d, 5000, 10)
	if err != nil {
		t.Fatal(err)
	}
	if at := c.A.Time[0]; at < 9900*race.Millisecond || at > 10_100*race.Millisecond {
		t.Errorf("the line was crossed after %v", at)
	}
}

func TestCompare_WithoutACircuitUsesTheFirstLapsLength(t *testing.T) {
	constant := func(float64) float64 { return 180 } // 50 m/s
	c, err := trace.Compare(reported(1, 0, 80*second, constant), reported(2, 80*second, 82*second, constant), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.LengthM-4000) > 1 || c.B.From != trace.FromSpeed || c.B.Throttle != nil {
		t.Errorf("%v m by %v, throttle %v", c.LengthM, c.B.From, c.B.Throttle)
	}
}

func TestCompare_NamesTheMissingData(t *testing.T) {
	good := simulated(1, 0, 5000, 50)
	if _, err := trace.Compare(good, trace.Driven{Lap: good.Lap, Trace: &race.Trace{}}, 5000, 10); !errors.Is(err, trace.ErrNoTelemetry) {
		t.Errorf("a lap without telemetry: %v", err)
	}
	blind := trace.Driven{Lap: good.Lap, Trace: &race.Trace{Time: good.Trace.Time}}
	if _, err := trace.Compare(good, blind, 5000, 10); !errors.Is(err, trace.ErrNoDistance) {
		t.Errorf("a lap without places and speed: %v", err)
	}
}

func TestDerive_ComputesDistanceAndPositionOfASimulation(t *testing.T) {
	d := simulated(4, 60*second, 1000, 50)
	course := &trace.Course{LengthM: 1000, At: func(f float64) (x, y float64) { return 100 * f, -50 }}
	wanted := []race.Channel{trace.Distance, race.ChannelX, race.ChannelY, race.ChannelLap}
	s := trace.Derive(d.Trace, course, wanted)
	if got := s.Values[trace.Distance][100]; got < 4990 || got > 5010 || s.From != trace.FromFraction {
		t.Errorf("after 10 s at 50 m/s it is %d tenths of a metre into the lap by %v", got, s.From)
	}
	if x, y := s.Values[race.ChannelX][100], s.Values[race.ChannelY][100]; x < 499 || x > 501 || y != -500 {
		t.Errorf("it is at %d, %d", x, y)
	}
	if s.Values[race.ChannelSpeed] != nil || s.Values[race.ChannelLap][0] != 4 {
		t.Error("the channels differ from the wanted ones")
	}
}

func TestDerive_ScalesARealCarsDistanceToTheLap(t *testing.T) {
	first := reported(1, 0, 100*second, func(float64) float64 { return 100 })
	second2 := reported(2, 100*second, 90*second, func(float64) float64 { return 120 })
	tr := &race.Trace{Time: append(first.Trace.Time[:400:400], second2.Trace.Time...)}
	tr.Values[race.ChannelSpeed] = append(first.Trace.Values[race.ChannelSpeed][:400:400], second2.Trace.Values[race.ChannelSpeed]...)
	course := &trace.Course{LengthM: 3000, Laps: []trace.Lap{first.Lap, second2.Lap}}
	s := trace.Derive(tr, course, []race.Channel{trace.Distance, race.ChannelLap})
	for i, want := range map[int]int32{0: 0, 200: 15_000, 400: 0, 580: 15_000} {
		if got := s.Values[trace.Distance][i]; got < want-5 || got > want+5 {
			t.Errorf("sample %d is %d tenths of a metre into the lap, want %d", i, got, want)
		}
	}
	if s.From != trace.FromSpeed || s.Values[race.ChannelLap][399] != 1 || s.Values[race.ChannelLap][400] != 2 {
		t.Errorf("by %v, laps %v", s.From, s.Values[race.ChannelLap][398:402])
	}
}

func TestDerive_UsesPositionsIfSpeedIsMissing(t *testing.T) {
	tr := &race.Trace{}
	for i := range 41 {
		tr.Time = append(tr.Time, race.Micros(i)*second)
		tr.Values[race.ChannelX] = append(tr.Values[race.ChannelX], int32(i*100))
		tr.Values[race.ChannelY] = append(tr.Values[race.ChannelY], 0)
	}
	tr.Values[race.ChannelX][20] = race.Unknown
	s := trace.Derive(tr, &trace.Course{Laps: []trace.Lap{{Number: 1, To: 40 * second, Duration: 40 * second}}}, []race.Channel{trace.Distance})
	if s.From != trace.FromCoordinate || s.Values[trace.Distance][39] != 3900 || s.Values[trace.Distance][40] != 0 {
		t.Errorf("by %v: %v", s.From, s.Values[trace.Distance])
	}
}

func TestLaps_AreContiguousAndStretchFindsThem(t *testing.T) {
	laps := trace.LapsOf([]race.Lap{
		{Number: 2, EndMS: 181_000, DurationMS: 90_999}, {Number: 1, EndMS: 90_000, DurationMS: 90_000}, {Number: 3, EndMS: 270_000, DurationMS: 89_000},
	})
	if laps[1].From != laps[0].To || laps[1].Duration != 90_999*race.Millisecond || laps[0].From != 0 {
		t.Errorf("%+v", laps)
	}
	for _, c := range []struct {
		first, last int
		from, to    race.Micros
		ok          bool
	}{
		{1, 2, 0, 181 * second, true}, {3, 3, 181 * second, 270 * second, true}, {3, 9, 181 * second, race.TimeMax, true},
		{4, 4, 270 * second, race.TimeMax, true}, {5, 9, 0, 0, false},
	} {
		from, to, ok := trace.Stretch(laps, c.first, c.last)
		if ok != c.ok || ok && (from != c.from || to != c.to) {
			t.Errorf("laps %d to %d: %v to %v, %v", c.first, c.last, from, to, ok)
		}
	}
}

func TestSpans_CoverARangeOnceInBoundedParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var laps []race.Lap
		end := int64(0)
		for i := range rapid.IntRange(0, 60).Draw(t, "laps") {
			d := int64(rapid.IntRange(1000, 4_000_000).Draw(t, "ms"))
			end += d
			laps = append(laps, race.Lap{Number: i + 1, DurationMS: d, EndMS: end})
		}
		all := trace.LapsOf(laps)
		from := race.Micros(rapid.Int64Range(0, end+1000).Draw(t, "from")) * race.Millisecond
		to := from + race.Micros(rapid.Int64Range(0, 40_000_000).Draw(t, "more"))*race.Millisecond
		spans := trace.Spans(all, from, to)
		if spans[0].From > from || spans[len(spans)-1].To != to {
			t.Fatalf("%v to %v: %v", from, to, spans)
		}
		for i, s := range spans {
			if i > 0 && s.From != spans[i-1].To+1 {
				t.Fatalf("a hole or an overlap: %v", spans)
			}
			if s.To-s.From > 4*race.Hour {
				t.Fatalf("a piece of %v: %v", s.To-s.From, spans)
			}
		}
	})
}

func TestNames_ParseTheNamesTheyReturn(t *testing.T) {
	for _, c := range trace.Shown() {
		got, err := trace.Parse(trace.Name(c))
		if err != nil || got != c {
			t.Errorf("%s: %v, %v", trace.Name(c), got, err)
		}
	}
	if _, err := trace.Parse("lap_fraction"); err == nil {
		t.Error("a channel that only stores use is shown")
	}
}
