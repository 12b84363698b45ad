package circuit

import (
	"math"
	"sort"
)

func norm(p Point) float64 { return math.Sqrt(float64(p.X*p.X) + float64(p.Y*p.Y)) }

func distance(a, b Point) float64 { return norm(Point{b.X - a.X, b.Y - a.Y}) }

func between(a, b Point, part float64) Point {
	return Point{a.X + float64(part*(b.X-a.X)), a.Y + float64(part*(b.Y-a.Y))}
}

// around returns the length of the closed outline.
func around(points []Point) float64 {
	length := 0.0
	for i, p := range points {
		length += distance(p, points[(i+1)%len(points)])
	}
	return length
}

// area returns twice the signed area of the outline: positive if it is driven to the left.
func area(points []Point) float64 {
	sum := 0.0
	for i, p := range points {
		q := points[(i+1)%len(points)]
		sum += float64(p.X*q.Y) - float64(q.X*p.Y)
	}
	return sum
}

// resample walks the closed outline from a distance in n equal steps.
func resample(points []Point, from, length float64, n int) []Point {
	marks := make([]float64, len(points)+1) // distance of each point along the outline
	for i, p := range points {
		marks[i+1] = marks[i] + distance(p, points[(i+1)%len(points)])
	}
	steps := make([]Point, n)
	for k := range steps {
		at := from + float64(length*float64(k))/float64(n)
		if at >= length {
			at -= length
		}
		i := min(max(sort.SearchFloat64s(marks, at)-1, 0), len(points)-1)
		part := 0.0
		if marks[i+1] > marks[i] {
			part = min(1, max(0, (at-marks[i])/(marks[i+1]-marks[i])))
		}
		steps[k] = between(points[i], points[(i+1)%len(points)], part)
	}
	return steps
}

// smooth applies a box filter of odd width to the closed outline, several times. Four passes of 11 points at 5 m turn a
// surveyed outline into a driver's line; without smoothing lap times are 28 % too long.
func smooth(points []Point, width, passes int) []Point {
	n := len(points)
	for range passes {
		next := make([]Point, n)
		for i := range points {
			var sum Point
			for k := -width / 2; k <= width/2; k++ {
				p := points[(i+k+n)%n]
				sum.X += p.X
				sum.Y += p.Y
			}
			next[i] = Point{sum.X / float64(width), sum.Y / float64(width)}
		}
		points = next
	}
	return points
}

// curvature returns the curvature at each point, of the circle through it and the points two steps away.
func curvature(points []Point) []float64 {
	n := len(points)
	bends := make([]float64, n)
	for i, p := range points {
		a, b := points[(i-2+n)%n], points[(i+2)%n]
		cross := float64((p.X-a.X)*(b.Y-p.Y)) - float64((p.Y-a.Y)*(b.X-p.X))
		if d := distance(a, p) * distance(p, b) * distance(a, b); d > 0 {
			bends[i] = 2 * cross / d
		}
	}
	return bends
}

// build computes the circuit's outline, length and curvature from an outline. Positions are rounded to the millimetre.
func (c *Circuit) build(points []Point, width, passes int) {
	length := around(points)
	n := max(32, int(math.Round(length/stepM)))
	c.length = int64(math.Round(length * 1e6))
	c.track = resample(points, float64(length*float64(c.shape.finish))/Lap, length, n)
	for n <= 4*width { // the lap is too short for the filter
		width = max(1, width-2)
		if width == 1 {
			break
		}
	}
	c.bends = curvature(smooth(c.track, width, passes))
	for i, p := range c.track {
		c.track[i] = Point{math.Round(p.X*1000) / 1000, math.Round(p.Y*1000) / 1000}
	}
}
