package circuit

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

const oval = `circuit oval
name Oval
straight 600
left 180 r 100
straight 600
left 180 r 100
close
sector 0.3 0.6
trap 0.1
pit entry 0.9 exit 0.05 limit 80
`

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func roundTrip(t failer, c *Circuit) {
	t.Helper()
	text, err := c.MarshalText()
	if err != nil {
		t.Fatalf("%v", err)
	}
	again, err := Parse("again", bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(c, again) {
		t.Fatalf("%s differs after a round trip:\n%s", c.Key, text)
	}
}

func TestMarshalText_RoundTripsBuiltInCircuits(t *testing.T) {
	for _, key := range List() {
		roundTrip(t, mustOpen(t, key))
	}
}

// TestMarshalText_RoundTripsRandomCircuits draws circuits from numbered seeds, so that a failure can be reproduced.
func TestMarshalText_RoundTripsRandomCircuits(t *testing.T) {
	parsed := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		side := []string{"left", "right"}[r.IntN(2)]
		length := 50 + 3000*r.Float64()
		var b strings.Builder
		fmt.Fprintf(&b, "circuit c-%d\nname  Nämlich %d\nwidth %g\n", r.IntN(100), r.Int64(), 3+47*r.Float64())
		for range 4 {
			fmt.Fprintf(&b, "straight %g\n%s %g r %g\n", length, side, 89.5+r.Float64(), 20+2*r.Float64())
		}
		fmt.Fprintf(&b, "close\nfinish %s\nsector 0.3 0.6\nminis %d\n", place(r.IntN(Lap)), 1+r.IntN(20))
		fmt.Fprintf(&b, "pit entry 0.9 exit 0.07 limit 80 side %s\n", side)
		c, err := Parse("drawn", strings.NewReader(b.String()))
		if err != nil {
			if length < 2500 {
				t.Errorf("seed %d: %v", seed, err)
			}
			continue // the pit lane is too long
		}
		parsed++
		roundTrip(t, c)
	}
	if parsed < 60 {
		t.Errorf("only %d of the random circuits are valid", parsed)
	}
}

func TestParse_ReportsLineAndWhatIsAllowed(t *testing.T) {
	edit := func(from, to string) string { return strings.Replace(oval, from, to, 1) }
	for name, test := range map[string]struct {
		text string
		line int
		says string
	}{
		"empty":                {"", 0, "begins with a line"},
		"no key first":         {"name X\n", 1, "begins with a line"},
		"a bad key":            {edit("circuit oval", "circuit Oval!"), 1, "lower-case"},
		"an unknown word":      {edit("trap 0.1", "jump 3"), 9, "allowed are circuit"},
		"a second name":        {edit("trap 0.1", "name Other"), 9, "one is allowed"},
		"a straight of NaN":    {edit("straight 600", "straight NaN"), 3, "from 1 to 20000"},
		"a negative straight":  {edit("straight 600", "straight -5"), 3, "from 1 to 20000"},
		"a bend with no r":     {edit("left 180 r 100", "left 180"), 4, "DEGREES r METRES"},
		"a gap":                {edit("straight 600\nleft", "straight 900\nleft"), 10, "does not close"},
		"a missing bend":       {edit("left 180 r 100\nclose", "close"), 9, "turned by -180.0 degrees"},
		"an open end":          {edit("straight 600\nleft 180 r 100\nclose\n", "straight 605\nleft 180 r 100\n"), 9, "with a line"},
		"five decimals":        {edit("trap 0.1", "trap 0.12345"), 9, "four decimals"},
		"a place past the lap": {edit("trap 0.1", "trap 1"), 9, "0 to 0.9999"},
		"two lines at a place": {edit("trap 0.1", "trap 0.3"), 0, "one place has one line"},
		"a trap at the finish": {edit("trap 0.1", "trap 0"), 0, "0 is the finish line"},
		"one sector line":      {edit("sector 0.3 0.6", "sector 0.3"), 0, "exactly 2"},
		"no pit lane":          {edit("pit entry 0.9 exit 0.05 limit 80\n", ""), 0, "no pit lane"},
		"a lane with no limit": {edit(" limit 80", ""), 10, "needs limit"},
		"a lane round the lap": {edit("exit 0.05", "exit 0.85"), 0, "at most half"},
		"points and straights": {edit("trap 0.1", "points 1 2"), 9, "after close"},
		"an odd coordinate":    {"circuit a\nname A\npoints 1 2 3\n", 3, "pairs"},
		"too few points":       {"circuit a\nname A\npoints 0 0 500 0 500 500\nsector 0.3 0.6\npit entry 0.9 exit 0.05 limit 80\n", 0, "10 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("a.circuit", strings.NewReader(test.text))
			var fault *Error
			if !errors.As(err, &fault) || fault.Line != test.line || !strings.Contains(fault.Message, test.says) {
				t.Errorf("got %[3]v, want line %[1]d and %[2]q", test.line, test.says, err)
			}
		})
	}
}

func TestNames_AreLimitedInCharactersInEveryScript(t *testing.T) {
	for _, letter := range []string{"a", "م", "佐"} {
		name := strings.Repeat(letter, nameMax)
		c, err := Parse("drawn", strings.NewReader(strings.Replace(oval, "name Oval", "name "+name+"\ncharacter "+name, 1)))
		if err != nil || c.Name != name || c.Character != name {
			t.Errorf("%d × %s: %v", nameMax, letter, err)
		}
		if _, err := Parse("drawn", strings.NewReader(strings.Replace(oval, "Oval", name+letter, 1))); err == nil || !strings.Contains(err.Error(), "1 to 200 characters") {
			t.Errorf("%d × %s: %v", nameMax+1, letter, err)
		}
		if got := nameOf(name, "file.geojson"); got != name {
			t.Errorf("an outline called %d × %s is imported as %q", nameMax, letter, got)
		}
	}
}

func TestImportGeoJSON_NamesTheFault(t *testing.T) {
	ring := func(coordinates string) string {
		return `{"type":"Feature","properties":{"length":3142},"geometry":{"type":"LineString","coordinates":[` + coordinates + `]}}`
	}
	flat := strings.TrimSuffix(strings.Repeat("[7,50],", 20), ",")
	for name, test := range map[string]struct{ text, says string }{
		"not JSON":             {"{\n\n[", "is not GeoJSON"},
		"nothing":              {"{}", "holds no outline"},
		"a point":              {`{"type":"Point","coordinates":[1,2]}`, "holds no outline"},
		"text for coordinates": {ring(`"a"`), "not a list of pairs"},
		"too few points":       {ring(`[7,50],[7.01,50],[7,50.01]`), "10 or more"},
		"no length":            {ring(flat), "0.0 m long"},
		"off the earth":        {ring(`[700,50],` + flat), "point 1 is 700"},
		"one number":           {ring(flat + `,[7]`), "point 21 has 1"},
		"a huge number":        {ring(flat + `,[1e999,5]`), "pairs of numbers"},
		"an open line": {ring(`[7,50],[7.001,50],[7.002,50],[7.003,50],[7.004,50],[7.005,50],[7.006,50],[7.007,50],
			[7.008,50],[7.009,50],[7.01,50.001]`), "does not close"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ImportGeoJSON("a.geojson", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %[2]v, want %[1]q", test.says, err)
			}
		})
	}
}

// circle returns rows of a circle of 500 m radius with n points, without the last few.
func circle(n, without int) string {
	var b strings.Builder
	for i := range n - without {
		s, c := sinCos(360 * float64(i) / float64(n))
		fmt.Fprintf(&b, "%.3f,%.3f,12\n", 500*c, 500*s)
	}
	return b.String()
}

func TestImportCSV_ReadsRowsWithAndWithoutHeader(t *testing.T) {
	for name, text := range map[string]string{
		"plain": circle(100, 0), "heading": "x_m,y_m,width\n" + circle(100, 0), "comments": "# x,y,w\n\n" + circle(100, 0),
		"closed": circle(100, 0) + "500.000,0.000,12\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := ImportCSV("ring.csv", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if c.Length() < 3130 || c.Length() > 3143 || c.WidthM != 12 || c.Key != "ring" || !c.Pit.Left {
				t.Errorf("%s %.1f m, width %g, left %v", c.Key, c.Length(), c.WidthM, c.Pit.Left)
			}
			if b := c.Curvature(7); b < 0.0019 || b > 0.0022 {
				t.Errorf("it bends by 1/%.0f m", 1/b)
			}
			roundTrip(t, c)
		})
	}
}

func TestImportCSV_NamesTheFault(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"nothing":       {"", "0 points"},
		"an open end":   {circle(100, 8), "does not close"},
		"a short gap":   {circle(100, 4), "three times the longest step"},
		"not a number":  {circle(100, 0) + "NaN,1\n", "a.csv:101: column 1"},
		"one column":    {"5\n", "1 columns"},
		"absurd metres": {"1e30,5\n", "within 100,000 km"},
		"two headings":  {"x,y\nx,y\n", "a.csv:2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ImportCSV("a.csv", strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %[2]v, want %[1]q", test.says, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(oval)
	for _, key := range List() {
		text, err := builtin.ReadFile("builtin/" + key + ".circuit")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("circuit a\nname A\npoints 0 0 99 9 200 0 300 5 400 9 500 0 500 300 400 310 300 309 200 300 0 300\nsector 0.3 0.6\npit entry 0.9 exit 0.05 limit 80\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("fuzz", strings.NewReader(text))
		if err != nil {
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("%T", err)
			}
			return
		}
		roundTrip(t, c)
	})
}

func FuzzImportGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"Feature","properties":{"length":3142},"geometry":{"type":"LineString","coordinates":[[7,50],[7.01,50.01]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ImportGeoJSON("fuzz", data); err == nil {
			roundTrip(t, c)
		}
	})
}

func FuzzImportCSV(f *testing.F) {
	f.Add("x,y,width\n0,0,12\n100,0,12\n100,100,12\n0,100,12\n")
	f.Add("0,0\n1,NaN\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ImportCSV("fuzz.csv", strings.NewReader(text))
		if err == nil && (c.Length() <= 0 || len(c.Lines) == 0) {
			t.Errorf("a circuit of %v m with %d lines was accepted", c.Length(), len(c.Lines))
		}
	})
}
