package circuit

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/race"
)

func mustOpen(t *testing.T, key string) *Circuit {
	t.Helper()
	c, err := Open(key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpen_OffersSixDifferentCircuits(t *testing.T) {
	keys := List()
	if len(keys) != 6 {
		t.Fatalf("built-in are %v", keys)
	}
	shortest, longest := math.Inf(1), 0.0
	for _, key := range keys {
		c := mustOpen(t, key)
		if c.Key != key || c.Name == "" || c.Character == "" {
			t.Errorf("%s is called %q %q %q", key, c.Key, c.Name, c.Character)
		}
		shortest, longest = min(shortest, c.Length()), max(longest, c.Length())
	}
	if shortest > 1_300 || longest < 6_900 {
		t.Errorf("lengths run from %.0f to %.0f m", shortest, longest)
	}
}

func TestOpen_NamesTheAllowedKeysForAnUnknownKey(t *testing.T) {
	for _, key := range []string{"", "nowhere", "../builtin/velora", "VELORA"} {
		_, err := Open(key)
		if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "velora") {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestCircuit_LinesAreOrderedAndDistinctWithTheFinishFirst(t *testing.T) {
	for _, key := range List() {
		c := mustOpen(t, key)
		if c.Lines[0] != (race.Line{Kind: race.LineFinish, Sector: 3}) {
			t.Errorf("%s begins with %+v", key, c.Lines[0])
		}
		kinds := map[race.LineKind]int{}
		for i, l := range c.Lines {
			kinds[l.Kind]++
			if i > 0 && (l.Permyriad <= c.Lines[i-1].Permyriad || c.LineUM(i) <= c.LineUM(i-1) || c.LineUM(i) >= c.LengthUM()) {
				t.Errorf("%s line %d lies at %d", key, i, l.Permyriad)
			}
		}
		if kinds[race.LineSector] != 2 || kinds[race.LinePitEntry] != 1 || kinds[race.LinePitExit] != 1 ||
			kinds[race.LineSpeedTrap] < 1 || kinds[race.LineMini] < 6 {
			t.Errorf("%s has lines %v", key, kinds)
		}
	}
}

func TestCircuit_OutlineIsClosedAndEvenWithoutCrossings(t *testing.T) {
	for _, key := range List() {
		c := mustOpen(t, key)
		n := c.Steps()
		points := c.Outline(n)
		for i, p := range points {
			q := points[(i+1)%n]
			if d := distance(p, q); d < 4 || d > 5.3 {
				t.Errorf("%s: step %d is %.2f m", key, i, d)
			}
			for j := i + 2; j < n; j++ {
				if (j+1)%n != i && crosses(p, q, points[j], points[(j+1)%n]) {
					t.Errorf("%s crosses itself at %+v", key, p)
				}
			}
		}
	}
}

func crosses(a, b, c, d Point) bool {
	side := func(p, q, r Point) float64 { return (q.X-p.X)*(r.Y-p.Y) - (q.Y-p.Y)*(r.X-p.X) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

func TestCircuit_AtIgnoresWholeLaps(t *testing.T) {
	c := mustOpen(t, "velora")
	for _, f := range []float64{0, 0.25, 0.9999} {
		x, y := c.At(f)
		for _, laps := range []float64{1, -1, 7} {
			if x1, y1 := c.At(f + laps); distance(Point{x, y}, Point{x1, y1}) > 0.01 {
				t.Errorf("at %g and %g laps on: %g %g, %g %g", f, laps, x, y, x1, y1)
			}
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if x, y := c.At(f); math.IsNaN(x) || math.IsNaN(y) {
			t.Errorf("at %g is %g %g", f, x, y)
		}
	}
}

func TestPit_LaneIsBesideTheTrackWithTheBoxesInIt(t *testing.T) {
	for _, key := range List() {
		c := mustOpen(t, key)
		lane := c.PitLane(51)
		x, y := c.At(float64(c.Pit.Entry) / Lap)
		if d := distance(lane[0], Point{x, y}); d > 0.1 {
			t.Errorf("%s: the lane begins %.1f m from its entry", key, d)
		}
		last := c.Pit.LengthUM()
		for i := range 10 {
			box := c.Pit.BoxUM(i, 10)
			if box <= 0 || box >= c.Pit.LengthUM() || box >= last {
				t.Errorf("%s: box %d stands at %d", key, i, box)
			}
			last = box
		}
		if f, ok := c.Pit.FinishUM(); !ok || f <= 0 || f >= c.Pit.LengthUM() {
			t.Errorf("%s: the finish line crosses the lane at %d, %v", key, f, ok)
		}
	}
}

func TestDraw_FitsTheTerminal(t *testing.T) {
	for _, key := range List() {
		text := mustOpen(t, key).Draw(60, 20)
		rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(rows) != 20 || len([]rune(rows[0])) != 60 || strings.Count(text, "█") != 1 {
			t.Errorf("%s is drawn as\n%s", key, text)
		}
	}
	if mustOpen(t, "velora").Draw(0, -1) != "" {
		t.Error("a terminal without room is drawn on")
	}
}

func TestSinCos_AgreesWithTheMathPackage(t *testing.T) {
	for d := -725.0; d < 725; d += 0.37 {
		s, c := sinCos(d)
		if math.Abs(s-math.Sin(d*math.Pi/180)) > 1e-12 || math.Abs(c-math.Cos(d*math.Pi/180)) > 1e-12 {
			t.Fatalf("%g degrees: %g %g", d, s, c)
		}
	}
}

func TestImportGeoJSON_ScalesEveryRealOutlineToItsLength(t *testing.T) {
	dir := "../../../shared/data/circuits"
	files, _ := filepath.Glob(dir + "/*.geojson")
	if len(files) == 0 {
		t.Skip("shared/data is not here: " + dir)
	}
	if len(files) != 30 {
		t.Errorf("%d outlines, 30 are expected", len(files))
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ImportGeoJSON(f, data)
		if err != nil {
			t.Error(err)
			continue
		}
		_, rest, _ := strings.Cut(string(data), `"length":`)
		var want float64
		for _, r := range strings.TrimSpace(rest) {
			if r < '0' || r > '9' {
				break
			}
			want = 10*want + float64(r-'0')
		}
		if want == 0 || math.Abs(c.Length()-want) > 0.05*want {
			t.Errorf("%s is %.0f m long, its property says %.0f", f, c.Length(), want)
		}
		roundTrip(t, c)
	}
}
