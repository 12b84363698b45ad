package circuit

import (
	"math"

	"lightsout/race"
)

// Limits of a circuit.
const (
	// LengthMinM and LengthMaxM bound a lap.
	LengthMinM = 200.0
	LengthMaxM = 100_000.0
	// Lap is a whole lap in the unit of places: ten thousandths.
	Lap = 10_000
	// SectorsPerLap is fixed by race.Row and by the sport.
	SectorsPerLap = 3

	nameMax     = 200 // characters of a name or a sentence
	elementsMax = 1_000
	pointsMax   = 20_000
	stepM       = 5.0
)

// Point is a position in metres, x to the east and y to the north.
type Point struct{ X, Y float64 }

// Circuit is a closed course. It is immutable and may be shared.
type Circuit struct {
	Key       string
	Name      string
	Character string // one sentence for people
	// WidthM is the track's width, for drawings.
	WidthM float64
	// Lines are ordered by place, the finish line first at 0.
	Lines []race.Line
	Pit   Pit

	shape  shape
	length int64 // micrometres
	// track holds the outline at equal steps from the finish line; bends the curvature of a driver's line there.
	track []Point
	bends []float64
}

// Length returns the length of a lap in metres.
func (c *Circuit) Length() float64 { return float64(c.length) / 1e6 }

// LengthUM returns the length of a lap in micrometres.
func (c *Circuit) LengthUM() int64 { return c.length }

// OffsetUM returns the distance of a place, in ten thousandths of the lap, from the finish line, in micrometres.
func (c *Circuit) OffsetUM(permyriad int) int64 { return c.length * int64(permyriad) / Lap }

// LineUM returns the distance of timing line i from the finish line, in micrometres.
func (c *Circuit) LineUM(i int) int64 { return c.OffsetUM(c.Lines[i].Permyriad) }

// LineOf returns the index of the first line of a kind; -1 if there is none.
func (c *Circuit) LineOf(kind race.LineKind) int {
	for i, l := range c.Lines {
		if l.Kind == kind {
			return i
		}
	}
	return -1
}

// Steps returns the number of equal steps of about 5 m in a lap.
func (c *Circuit) Steps() int { return len(c.track) }

// Curvature returns the curvature of a driver's line at step i of Steps, in 1/m, positive to the left.
func (c *Circuit) Curvature(i int) float64 { return c.bends[i] }

// At returns the position on the outline at a fraction of the lap; whole laps are ignored.
func (c *Circuit) At(fraction float64) (x, y float64) {
	fraction -= math.Floor(fraction)
	if !(fraction >= 0 && fraction < 1) {
		fraction = 0
	}
	f := fraction * float64(len(c.track))
	i := int(f)
	if i >= len(c.track) {
		i = len(c.track) - 1
	}
	a, b := c.track[i], c.track[(i+1)%len(c.track)]
	p := between(a, b, f-float64(i))
	return p.X, p.Y
}

// Outline returns the course at n equal steps from the finish line. The first point is not repeated at the end.
func (c *Circuit) Outline(n int) []Point {
	points := make([]Point, max(n, 0))
	for i := range points {
		points[i].X, points[i].Y = c.At(float64(i) / float64(n))
	}
	return points
}

// heading returns the unit vector of the driving direction at a fraction of the lap.
func (c *Circuit) heading(fraction float64) Point {
	step := 1 / float64(len(c.track))
	ax, ay := c.At(fraction - step)
	bx, by := c.At(fraction + step)
	d := Point{bx - ax, by - ay}
	l := norm(d)
	if l == 0 {
		return Point{1, 0}
	}
	return Point{d.X / l, d.Y / l}
}
