package circuit

import (
	"math"
	"strings"
)

// Draw returns the circuit for a terminal of width by height characters, in braille dots, with a full block at the finish
// line. It is empty if there is no room.
func (c *Circuit) Draw(width, height int) string {
	if width < 2 || height < 2 || width > 1000 || height > 1000 {
		return ""
	}
	n := 8 * (width + height) * 2
	outline := c.Outline(n)
	low, high := outline[0], outline[0]
	for _, p := range outline {
		low = Point{min(low.X, p.X), min(low.Y, p.Y)}
		high = Point{max(high.X, p.X), max(high.Y, p.Y)}
	}
	// Dots are square: a character is 2 dots wide and 4 high.
	w, h := float64(width*2-1), float64(height*4-1)
	scale := min(w/max(high.X-low.X, 1), h/max(high.Y-low.Y, 1))
	cells := make([]rune, width*height)
	cell := func(p Point) (i, bit int) {
		x := int(math.Round((p.X-low.X)*scale + (w-(high.X-low.X)*scale)/2))
		y := int(math.Round((high.Y-p.Y)*scale + (h-(high.Y-low.Y)*scale)/2))
		x, y = min(max(x, 0), width*2-1), min(max(y, 0), height*4-1)
		return y/4*width + x/2, y%4*2 + x%2
	}
	dots := [8]rune{0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80}
	for _, p := range outline {
		i, bit := cell(p)
		cells[i] |= dots[bit]
	}
	finish, _ := cell(outline[0])
	var b strings.Builder
	for i, r := range cells {
		switch {
		case i == finish:
			b.WriteRune('█')
		case r == 0:
			b.WriteByte(' ')
		default:
			b.WriteRune(0x2800 + r)
		}
		if i%width == width-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
