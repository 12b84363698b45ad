package circuit

// Pit is the pit lane: an arc of its own that leaves the track at Entry and comes back at Exit.
type Pit struct {
	// Entry and Exit are places on the lap in ten thousandths. Exit may lie before Entry: then the finish line
	// lies between them and runs across the lane.
	Entry, Exit int
	LimitKMH    int
	// LengthMM is the lane's own length from entry to exit, in millimetres.
	LengthMM int64
	// BoxFrom and BoxTo are the parts of the lane, in ten thousandths, between which the boxes stand.
	BoxFrom, BoxTo int
	// Left says that the lane lies to the left of the track, seen in driving direction.
	Left bool
}

const (
	pitLengthMaxM = 2_000
	pitAsideM     = 18.0 // how far beside the track the lane is drawn
)

// Span is the part of the lap, in ten thousandths, that the lane runs beside.
func (p Pit) Span() int { return (p.Exit - p.Entry + Lap) % Lap }

// LengthUM is the lane's length in micrometres.
func (p Pit) LengthUM() int64 { return p.LengthMM * 1000 }

// BoxUM is how far from the entry the box of team i of n stands, in micrometres. The first team has the last box,
// nearest the exit.
func (p Pit) BoxUM(i, n int) int64 {
	from, to := p.LengthUM()*int64(p.BoxFrom)/Lap, p.LengthUM()*int64(p.BoxTo)/Lap
	if n < 2 {
		return to
	}
	return to - (to-from)*int64(i)/int64(n-1)
}

// FinishUM is how far from the entry the finish line crosses the lane, in micrometres; false if it does not.
func (p Pit) FinishUM() (int64, bool) {
	if p.Exit >= p.Entry {
		return 0, false
	}
	return p.LengthUM() * int64(Lap-p.Entry) / int64(p.Span()), true
}

// PitLane is the lane at n equal steps from entry to exit, beside the track.
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
