package circuit

import "math"

// Conversion of an outline to a driver's line. A survey follows the middle of the track and is smoothed over 55 m; a shape of
// elements is already the driven line, and only its joints are rounded.
const (
	surveyWidth, surveyPasses = 11, 4
	drawnWidth, drawnPasses   = 5, 2

	surveyPointsMin = 10
	gapPartMax      = 0.05
	gapStepsMax     = 3
)

// sound checks a surveyed outline: enough points, finite numbers, a valid length.
func sound(file string, points []Point) error {
	if len(points) < surveyPointsMin {
		return fault(file, 0, "the outline has %d points: allowed are %d or more", len(points), surveyPointsMin)
	}
	if len(points) > pointsMax {
		return fault(file, 0, "the outline has %d points: allowed are at most %d", len(points), pointsMax)
	}
	for i, p := range points {
		if math.IsNaN(p.X) || math.IsNaN(p.Y) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
			return fault(file, 0, "point %d is not a number: allowed are finite metres", i+1)
		}
	}
	length := around(points)
	if !(length >= LengthMinM && length <= LengthMaxM) {
		return fault(file, 0, "the outline is %.1f m long: allowed is %.0f to %.0f m", length, LengthMinM, LengthMaxM)
	}
	return nil
}

// gap checks the distance from the last point to the first. steps also limits it by the longest step, for dense rows.
func gap(file string, points []Point, steps bool) error {
	if len(points) < surveyPointsMin {
		return sound(file, points)
	}
	longest, n := 0.0, len(points)
	for i := range n - 1 {
		longest = max(longest, distance(points[i], points[i+1]))
	}
	open, length := distance(points[n-1], points[0]), around(points)
	if open > float64(gapPartMax*length) || (steps && open > float64(gapStepsMax*longest)) {
		return fault(file, 0, "the outline does not close: from its last to its first point are %.1f m of %.0f m; "+
			"allowed are 5 %% of the length%s", open, length,
			map[bool]string{true: " and three times the longest step", false: ""}[steps])
	}
	return nil
}

// tidy drops repeated points and rounds to the centimetre, relative to the first point.
func tidy(points []Point) []Point {
	var kept []Point
	for _, p := range points {
		q := Point{math.Round((p.X-points[0].X)*100) / 100, math.Round((p.Y-points[0].Y)*100) / 100}
		if len(kept) == 0 || kept[len(kept)-1] != q {
			kept = append(kept, q)
		}
	}
	for len(kept) > 1 && kept[len(kept)-1] == kept[0] {
		kept = kept[:len(kept)-1]
	}
	return kept
}

// imported makes a circuit of a checked outline.
func imported(file, key, name string, points []Point) (*Circuit, error) {
	points = tidy(points)
	if err := sound(file, points); err != nil {
		return nil, err
	}
	c := &Circuit{Key: key, Name: name, Character: "imported outline", shape: shape{points: points}}
	c.build(points, surveyWidth, surveyPasses)
	if err := c.defaults(); err != nil {
		return nil, fault(file, 0, "%v", err)
	}
	return c, nil
}
