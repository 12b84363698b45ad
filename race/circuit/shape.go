package circuit

import "math"

// element is a straight (radius 0, length in metres) or an arc (turn in degrees, positive to the left).
type element struct {
	straight float64
	turn     float64
	radius   float64
}

func (e element) length() float64 {
	if e.radius == 0 {
		return e.straight
	}
	return math.Abs(e.turn) * (math.Pi / 180) * e.radius
}

// shape is the source of an outline; the circuit's text is written from it.
type shape struct {
	elements []element
	// close allows the elements to be adjusted until the outline closes.
	close  bool
	points []Point
	// finish is the place of the finish line on the shape, in ten thousandths from its first point.
	finish int
}

// Largest gap of an outline of elements that is adjusted.
const (
	closeGapPart   = 0.05 // of the length, with "close"
	closeTurnDeg   = 5.0
	exactGapM      = 1.0 // without close
	exactTurnDeg   = 0.1
	straightMinM   = 1.0
	arcPointsEvery = 2.0 // metres
)

// end returns the position and heading at the end of the element for a start at p with a heading in degrees.
func (e element) end(p Point, heading float64) (Point, float64) {
	s0, c0 := sinCos(heading)
	if e.radius == 0 {
		return Point{p.X + float64(e.straight*c0), p.Y + float64(e.straight*s0)}, heading
	}
	r := math.Copysign(e.radius, e.turn)
	s1, c1 := sinCos(heading + e.turn)
	return Point{p.X + float64(r*(s1-s0)), p.Y + float64(r*(c0-c1))}, heading + e.turn
}

func run(elements []element) (gap Point, turn, length float64) {
	for _, e := range elements {
		gap, turn = e.end(gap, turn)
		length += e.length()
	}
	return gap, turn, length
}

// closed adjusts angles, then straights in proportion to their lengths, until the outline closes; ok is false if it is too far
// from closing, by gapM and turnDeg.
func (s shape) closed() (elements []element, gapM, turnDeg float64, ok bool) {
	gap, turn, length := run(s.elements)
	gapM, turnDeg = norm(gap), turn-360
	if math.Abs(turn+360) < math.Abs(turnDeg) {
		turnDeg = turn + 360
	}
	eight := math.Abs(turn) < exactTurnDeg // the turns of a figure of eight add up to zero
	if eight {
		turnDeg = turn
	}
	gapMax, turnMax := exactGapM, exactTurnDeg
	if s.close {
		gapMax, turnMax = float64(closeGapPart*length), closeTurnDeg
	}
	if gapM > gapMax || math.Abs(turnDeg) > turnMax {
		return nil, gapM, turnDeg, false
	}
	elements = append(elements, s.elements...)
	if !eight {
		for i := range elements {
			elements[i].turn *= (turn - turnDeg) / turn
		}
	}
	return elements, gapM, turnDeg, stretch(elements)
}

// stretch changes the straights by the smallest weighted amounts that close the outline.
func stretch(elements []element) bool {
	gap, _, _ := run(elements)
	var xx, xy, yy, heading float64
	for _, e := range elements {
		if e.radius == 0 {
			s, c := sinCos(heading)
			xx += float64(e.straight * c * c)
			xy += float64(e.straight * c * s)
			yy += float64(e.straight * s * s)
		}
		heading += e.turn
	}
	det := float64(xx*yy) - float64(xy*xy)
	if math.Abs(det) < 1e-6 {
		return norm(gap) < 1e-6
	}
	lx := (float64(xy*gap.Y) - float64(yy*gap.X)) / det
	ly := (float64(xy*gap.X) - float64(xx*gap.Y)) / det
	heading = 0
	for i, e := range elements {
		if e.radius == 0 {
			s, c := sinCos(heading)
			elements[i].straight += float64(e.straight * (float64(lx*c) + float64(ly*s)))
			if !(elements[i].straight >= straightMinM) {
				return false
			}
		}
		heading += e.turn
	}
	return true
}

// trace converts closed elements to a dense outline, without the first point repeated at the end.
func trace(elements []element) []Point {
	var points []Point
	var p Point
	var heading float64
	for _, e := range elements {
		n := max(1, int(e.length()/arcPointsEvery))
		if e.radius == 0 {
			n = 1
		}
		for i := range n {
			part := e
			part.turn = e.turn * float64(i) / float64(n)
			part.straight = 0
			q := p
			if i > 0 {
				q, _ = part.end(p, heading)
			}
			points = append(points, q)
		}
		p, heading = e.end(p, heading)
	}
	return points
}
