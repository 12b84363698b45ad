package circuit

// Pit is the pit lane: a separate road that leaves the track at Entry and rejoins it at Exit.
type Pit struct {
	// Entry and Exit are places on the lap in ten thousandths. Exit may be before Entry: then the finish line is between them
	// and crosses the lane.
	Entry, Exit int
	LimitKMH    int
	// LengthMM is the lane's own length from entry to exit, in millimetres.
	LengthMM int64
	// BoxFrom and BoxTo are the places in the lane, in ten thousandths, between which the boxes are.
	BoxFrom, BoxTo int
	// Left is set if the lane is to the left of the track, in driving direction.
	Left bool
}

const (
	pitLengthMaxM = 2_000
	pitAsideM     = 18.0 // distance between track and lane in drawings
)

// Span returns the part of the lap, in ten thousandths, beside the lane.
func (p Pit) Span() int { return (p.Exit - p.Entry + Lap) % Lap }

// LengthUM returns the lane's length in micrometres.
func (p Pit) LengthUM() int64 { return p.LengthMM * 1000 }

// BoxUM returns the distance from the entry to the box of team i of n, in micrometres. The first team has the last box,
// nearest the exit.
func (p Pit) BoxUM(i, n int) int64 {
	from, to := p.LengthUM()*int64(p.BoxFrom)/Lap, p.LengthUM()*int64(p.BoxTo)/Lap
	if n < 2 {
		return to
	}
	return to - (to-from)*int64(i)/int64(n-1)
}

// FinishUM returns the distance from the entry to the point where the finish line crosses the lane, in micrometres; false if
// it does not.
func (p Pit) FinishUM() (int64, bool) {
	if p.Exit >= p.Entry {
		return 0, false
	}
	return p.LengthUM() * int64(Lap-p.Entry) / int64(p.Span()), true
}

// PitLane returns the lane at n equal steps from entry to exit, beside the track.
func (c *Circuit) PitLane(n int) []Point {
	points := make([]Point, max(n, 0))
	side := -min(pitAsideM, c.Length()/120)
	if c.Pit.Left {
		side = -side
	}
	for i := range points {
		part := 0.0
		if n > 1 {
			part = float64(i) / float64(n-1)
		}
		fraction := (float64(c.Pit.Entry) + float64(part*float64(c.Pit.Span()))) / Lap
		x, y := c.At(fraction)
		d := c.heading(fraction)
		aside := side * min(1, 6*min(part, 1-part)) // fans out over the first and the last sixth
		points[i] = Point{x - float64(aside*d.Y), y + float64(aside*d.X)}
	}
	return points
}
