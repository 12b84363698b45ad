package circuit

import (
	"strings"

	"lightsout/race"
)

// pit reads pairs of a word and its value.
func (p *parser) pit(rest string) error {
	pit := &p.c.Pit
	pit.BoxFrom, pit.BoxTo = 3000, 7000
	fields := strings.Fields(rest)
	given := map[string]bool{}
	for i := 0; i < len(fields); i += 2 {
		if i+1 == len(fields) {
			return fault(p.file, p.line, "%q has no value", fields[i])
		}
		word, value := fields[i], fields[i+1]
		given[word] = true
		var v float64
		var err error
		switch word {
		case "entry":
			err = p.place(value, &pit.Entry)
		case "exit":
			err = p.place(value, &pit.Exit)
		case "boxfrom":
			err = p.place(value, &pit.BoxFrom)
		case "boxto":
			err = p.place(value, &pit.BoxTo)
		case "limit":
			err = p.number(value, "the speed limit in km/h", 10, 200, &v)
			pit.LimitKMH = int(v)
		case "length":
			err = p.number(value, "the length of the pit lane in metres", 20, pitLengthMaxM, &v)
			pit.LengthMM = int64(v*1000 + 0.5)
		case "side":
			if value != "left" && value != "right" {
				err = fault(p.file, p.line, "the side %q: allowed are left and right", value)
			}
			pit.Left = value == "left"
		default:
			err = fault(p.file, p.line, "unknown word %q: allowed are entry, exit, limit, length, side, boxfrom, boxto", word)
		}
		if err != nil {
			return err
		}
	}
	for _, word := range []string{"entry", "exit", "limit"} {
		if !given[word] {
			return fault(p.file, p.line, "a pit lane needs %s", word)
		}
	}
	if pit.BoxFrom > pit.BoxTo {
		return fault(p.file, p.line, "boxfrom lies behind boxto: allowed is boxfrom up to boxto")
	}
	return nil
}

// finish checks the circuit as a whole and builds it.
func (p *parser) finish() (*Circuit, error) {
	c := p.c
	switch {
	case c.Key == "":
		return nil, fault(p.file, 0, "there is no circuit: a circuit begins with a line \"circuit KEY\"")
	case c.Name == "":
		return nil, fault(p.file, 0, "the circuit has no name: a line \"name …\" is needed")
	case !p.seen["pit"]:
		return nil, fault(p.file, 0, "the circuit has no pit lane: a line \"pit entry … exit … limit …\" is needed")
	case len(c.shape.elements) > 0 && len(c.shape.points) > 0:
		return nil, fault(p.file, 0, "the shape is made of elements and of points: only one of both is allowed")
	case len(c.shape.points) > 0 && c.shape.close:
		return nil, fault(p.file, 0, "close is for straights and bends: points close by themselves")
	}
	if err := p.build(); err != nil {
		return nil, err
	}
	lines := append(p.lines, race.Line{Kind: race.LinePitEntry, Permyriad: c.Pit.Entry},
		race.Line{Kind: race.LinePitExit, Permyriad: c.Pit.Exit})
	if p.minis > 1 {
		lines = divided(lines, p.minis)
	}
	var err error
	if c.Lines, err = arrange(lines); err != nil {
		return nil, fault(p.file, 0, "%v", err)
	}
	if c.Pit.LengthMM == 0 {
		c.Pit.LengthMM = c.length / 1000 * int64(c.Pit.Span()) / Lap
	}
	if c.Pit.Span() > Lap/2 || c.Pit.LengthMM < 20_000 || c.Pit.LengthMM > pitLengthMaxM*1000 {
		return nil, fault(p.file, 0, "the pit lane runs beside %s of the lap and is %d m long: allowed are at most half "+
			"of the lap and 20 to %d m", place(c.Pit.Span()), c.Pit.LengthMM/1000, pitLengthMaxM)
	}
	return c, nil
}

func (p *parser) build() error {
	c := p.c
	if len(c.shape.points) > 0 {
		if err := sound(p.file, c.shape.points); err != nil {
			return err
		}
		c.build(c.shape.points, surveyWidth, surveyPasses)
		return nil
	}
	if len(c.shape.elements) < 2 {
		return fault(p.file, 0, "the shape has %d elements: allowed are 2 or more straights and bends, or 10 or more points",
			len(c.shape.elements))
	}
	_, _, length := run(c.shape.elements)
	elements, gap, turn, ok := c.shape.closed()
	if !ok {
		allowed := "1 m and 0.1 degrees; with a line \"close\" it is adjusted up to 5 % of the length and 5 degrees"
		if c.shape.close {
			allowed = "up to 5 % of the length and 5 degrees, with straights that can take it up"
		}
		return fault(p.file, p.line, "the outline does not close: over %.0f m it ends %.1f m from its start and turned by "+
			"%.1f degrees too much; allowed is %s", length, gap, turn, allowed)
	}
	points := trace(elements)
	if l := around(points); !(l >= LengthMinM && l <= LengthMaxM) {
		return fault(p.file, 0, "the lap is %.0f m long: allowed is %.0f to %.0f", l, LengthMinM, LengthMaxM)
	}
	c.build(points, drawnWidth, drawnPasses)
	return nil
}
