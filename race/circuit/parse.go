package circuit

import (
	"bufio"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"lightsout/race"
)

const textMaxBytes = 4 << 20

var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// parser reads one circuit line by line; each line begins with a verb.
type parser struct {
	c     *Circuit
	file  string
	line  int
	lines []race.Line
	minis int
	seen  map[string]bool
}

// Parse reads a circuit in the project's text format; see FORMAT.md. file is only used in messages. Every fault is an *Error
// with the line.
func Parse(file string, r io.Reader) (*Circuit, error) {
	p := &parser{c: &Circuit{WidthM: 12}, file: file, lines: []race.Line{{Kind: race.LineFinish}}, seen: map[string]bool{}}
	scan := bufio.NewScanner(io.LimitReader(r, textMaxBytes))
	scan.Buffer(make([]byte, 0, 4096), 64<<10)
	for scan.Scan() {
		p.line++
		text := strings.TrimSpace(scan.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		verb, rest, _ := strings.Cut(text, " ")
		if err := p.word(verb, strings.TrimSpace(rest)); err != nil {
			return nil, err
		}
	}
	if err := scan.Err(); err != nil {
		return nil, fault(file, p.line+1, "cannot be read: %v", err)
	}
	return p.finish()
}

var once = map[string]bool{
	"circuit": true, "name": true, "character": true, "width": true, "close": true, "finish": true, "pit": true,
}

func (p *parser) word(verb, rest string) error {
	if once[verb] && p.seen[verb] {
		return fault(p.file, p.line, "a second %q: one is allowed", verb)
	}
	p.seen[verb] = true
	if p.c.Key == "" && verb != "circuit" {
		return fault(p.file, p.line, "%q comes first: a circuit begins with a line \"circuit KEY\"", verb)
	}
	switch verb {
	case "circuit":
		if !keyPattern.MatchString(rest) {
			return fault(p.file, p.line, "the key %q: allowed are 1 to 40 lower-case letters, digits and dashes", rest)
		}
		p.c.Key = rest
	case "name", "character":
		return p.text(verb, rest)
	case "width":
		return p.number(rest, "width", 3, 50, &p.c.WidthM)
	case "straight", "left", "right", "points", "close", "finish":
		return p.shape(verb, rest)
	case "sector", "mini", "trap", "minis":
		return p.timing(verb, rest)
	case "pit":
		return p.pit(rest)
	default:
		return fault(p.file, p.line, "unknown word %q: allowed are circuit, name, character, width, straight, left, "+
			"right, points, close, finish, sector, mini, minis, trap, pit", verb)
	}
	return nil
}

func (p *parser) text(verb, rest string) error {
	if rest == "" || utf8.RuneCountInString(rest) > nameMax || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r == '\uFFFD' }) {
		return fault(p.file, p.line, "the %s: allowed are 1 to %d characters of plain text", verb, nameMax)
	}
	if verb == "name" {
		p.c.Name = rest
	} else {
		p.c.Character = rest
	}
	return nil
}

func (p *parser) shape(verb, rest string) error {
	s := &p.c.shape
	if len(s.elements) >= elementsMax || len(s.points) >= pointsMax {
		return fault(p.file, p.line, "more than %d elements or %d points are not allowed", elementsMax, pointsMax)
	}
	if s.close && verb != "finish" {
		return fault(p.file, p.line, "%q after close: close ends the shape", verb)
	}
	var e element
	switch verb {
	case "straight":
		if err := p.number(rest, "a straight in metres", straightMinM, 20_000, &e.straight); err != nil {
			return err
		}
		s.elements = append(s.elements, e)
	case "left", "right":
		angle, radius, ok := strings.Cut(rest, " r ")
		if !ok {
			return fault(p.file, p.line, "a bend is written \"%s DEGREES r METRES\", this is %q", verb, rest)
		}
		if err := p.number(angle, "the angle of a bend in degrees", 0.1, 360, &e.turn); err != nil {
			return err
		}
		if err := p.number(radius, "the radius of a bend in metres", 5, 20_000, &e.radius); err != nil {
			return err
		}
		if verb == "right" {
			e.turn = -e.turn
		}
		s.elements = append(s.elements, e)
	case "points":
		return p.points(rest)
	case "close":
		s.close = true
	case "finish":
		return p.place(rest, &s.finish)
	}
	return nil
}

func (p *parser) points(rest string) error {
	fields := strings.Fields(rest)
	if len(fields) == 0 || len(fields)%2 != 0 {
		return fault(p.file, p.line, "%d numbers: points are pairs of x and y in metres", len(fields))
	}
	for i := 0; i < len(fields); i += 2 {
		var q Point
		if err := p.number(fields[i], "x", -1e6, 1e6, &q.X); err != nil {
			return err
		}
		if err := p.number(fields[i+1], "y", -1e6, 1e6, &q.Y); err != nil {
			return err
		}
		p.c.shape.points = append(p.c.shape.points, q)
	}
	return nil
}

func (p *parser) timing(verb, rest string) error {
	kind := map[string]race.LineKind{"sector": race.LineSector, "mini": race.LineMini, "trap": race.LineSpeedTrap}[verb]
	fields := strings.Fields(rest)
	if verb == "minis" {
		var n float64
		if err := p.number(rest, "the number of mini-sectors in a sector", 1, 20, &n); err != nil {
			return err
		}
		p.minis = int(n)
		return nil
	}
	if len(fields) == 0 || len(p.lines)+len(fields) > race.LinesMax {
		return fault(p.file, p.line, "%d places: allowed are 1 or more, %d timing lines in all", len(fields), race.LinesMax)
	}
	for _, f := range fields {
		l := race.Line{Kind: kind}
		if err := p.place(f, &l.Permyriad); err != nil {
			return err
		}
		p.lines = append(p.lines, l)
	}
	return nil
}

// place parses a fraction of the lap, exact to four decimals.
func (p *parser) place(s string, to *int) error {
	var part float64
	if err := p.number(s, "a place", 0, 0.9999, &part); err != nil {
		return err
	}
	*to = int(math.Round(part * Lap))
	if math.Abs(part*Lap-float64(*to)) > 1e-6 {
		return fault(p.file, p.line, "the place %s: allowed are at most four decimals", s)
	}
	return nil
}

func (p *parser) number(s, what string, from, to float64, into *float64) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= from && v <= to) {
		return fault(p.file, p.line, "%s is %q: allowed is a number from %g to %g", what, s, from, to)
	}
	*into = v
	return nil
}
