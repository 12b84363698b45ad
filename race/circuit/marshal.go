package circuit

import (
	"bytes"
	"fmt"
	"strconv"

	"lightsout/race"
)

// MarshalText writes the circuit in the project's text format; Parse returns the same circuit again.
func (c *Circuit) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "circuit %s\nname %s\n", c.Key, c.Name)
	if c.Character != "" {
		fmt.Fprintf(&b, "character %s\n", c.Character)
	}
	fmt.Fprintf(&b, "width %s\n", decimal(c.WidthM))
	for _, e := range c.shape.elements {
		switch {
		case e.radius == 0:
			fmt.Fprintf(&b, "straight %s\n", decimal(e.straight))
		case e.turn < 0:
			fmt.Fprintf(&b, "right %s r %s\n", decimal(-e.turn), decimal(e.radius))
		default:
			fmt.Fprintf(&b, "left %s r %s\n", decimal(e.turn), decimal(e.radius))
		}
	}
	for i, p := range c.shape.points {
		switch i % 4 {
		case 0:
			b.WriteString("points ")
		default:
			b.WriteString("  ")
		}
		b.WriteString(decimal(p.X) + " " + decimal(p.Y))
		if i%4 == 3 || i == len(c.shape.points)-1 {
			b.WriteByte('\n')
		}
	}
	if c.shape.close {
		b.WriteString("close\n")
	}
	fmt.Fprintf(&b, "finish %s\n", place(c.shape.finish))
	for _, l := range c.Lines {
		if word := map[race.LineKind]string{
			race.LineSector: "sector", race.LineMini: "mini", race.LineSpeedTrap: "trap",
		}[l.Kind]; word != "" {
			fmt.Fprintf(&b, "%s %s\n", word, place(l.Permyriad))
		}
	}
	side := "right"
	if c.Pit.Left {
		side = "left"
	}
	fmt.Fprintf(&b, "pit entry %s exit %s limit %d length %s side %s boxfrom %s boxto %s\n", place(c.Pit.Entry),
		place(c.Pit.Exit), c.Pit.LimitKMH, decimal(float64(c.Pit.LengthMM)/1000), side,
		place(c.Pit.BoxFrom), place(c.Pit.BoxTo))
	return b.Bytes(), nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
