package circuit

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"path"
	"strings"
	"unicode/utf8"
)

// feature is the part of a GeoJSON document that is read, whatever its outermost type.
type feature struct {
	Type        string          `json:"type"`
	Features    []feature       `json:"features"`
	Geometry    *feature        `json:"geometry"`
	Coordinates json.RawMessage `json:"coordinates"`
	Properties  struct {
		ID     any `json:"id"`
		Name   any `json:"Name"`
		Length any `json:"length"`
	} `json:"properties"`
}

// ImportGeoJSON makes a circuit of a closed line of longitude and latitude (WGS 84), with default timing lines and pit lane at
// its first point. If the document gives a length in metres, the outline is scaled to it.
func ImportGeoJSON(file string, data []byte) (*Circuit, error) {
	var doc feature
	if err := json.Unmarshal(data, &doc); err != nil {
		line := 0
		var at *json.SyntaxError
		if errors.As(err, &at) {
			line = 1 + bytes.Count(data[:min(int(at.Offset), len(data))], []byte("\n"))
		}
		return nil, fault(file, line, "is not GeoJSON: %v", err)
	}
	f, raw, ok := doc.line()
	if !ok {
		return nil, fault(file, 0, "holds no outline: allowed is a Feature with a LineString or a Polygon")
	}
	degrees, err := positions(file, raw)
	if err != nil {
		return nil, err
	}
	points := project(degrees)
	if err := gap(file, points, false); err != nil {
		return nil, err
	}
	if err := sound(file, points); err != nil {
		return nil, err
	}
	length, ok := f.Properties.Length.(float64)
	if ok {
		if is := around(points); !(math.Abs(is-length) <= float64(0.05*length)) {
			return nil, fault(file, 0, "the outline is %.0f m long and its length property says %g: allowed are 5 %% "+
				"between them", is, length)
		}
		scale := length / around(points)
		for i, p := range points {
			points[i] = Point{p.X * scale, p.Y * scale}
		}
	}
	key, _ := f.Properties.ID.(string)
	name, _ := f.Properties.Name.(string)
	return imported(file, keyOf(key, file), nameOf(name, file), points)
}

// line returns the first LineString or Polygon ring and its feature.
func (f *feature) line() (*feature, json.RawMessage, bool) {
	for i := range f.Features {
		if g, raw, ok := f.Features[i].line(); ok {
			return g, raw, true
		}
	}
	g := f
	if f.Geometry != nil {
		g = f.Geometry
	}
	switch g.Type {
	case "LineString":
		return f, g.Coordinates, true
	case "Polygon":
		var rings []json.RawMessage
		if json.Unmarshal(g.Coordinates, &rings) == nil && len(rings) > 0 {
			return f, rings[0], true
		}
	}
	return nil, nil, false
}

func positions(file string, raw json.RawMessage) ([]Point, error) {
	var rows [][]float64
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fault(file, 0, "its coordinates are not a list of pairs of numbers: %v", err)
	}
	points := make([]Point, len(rows))
	for i, r := range rows {
		if len(r) < 2 {
			return nil, fault(file, 0, "point %d has %d numbers: allowed are longitude and latitude", i+1, len(r))
		}
		if math.Abs(r[0]) > 180 || math.Abs(r[1]) > 89 {
			return nil, fault(file, 0, "point %d is %g, %g: allowed are a longitude of -180 to 180 and a latitude of "+
				"-89 to 89 degrees", i+1, r[0], r[1])
		}
		points[i] = Point{r[0], r[1]}
	}
	if len(points) < surveyPointsMin {
		return nil, sound(file, points)
	}
	return points, nil
}

// project projects degrees to a plane around their first point, accurate to a thousandth over the size of a circuit.
func project(degrees []Point) []Point {
	const perDegree = 6_371_008.8 * math.Pi / 180 // metres, mean radius of the earth (IUGG)
	_, cos := sinCos(degrees[0].Y)
	points := make([]Point, len(degrees))
	for i, d := range degrees {
		points[i] = Point{(d.X - degrees[0].X) * perDegree * cos, (d.Y - degrees[0].Y) * perDegree}
	}
	return points
}

// keyOf makes a valid key of an id, or else of the file's name.
func keyOf(id, file string) string {
	for _, s := range []string{id, strings.TrimSuffix(path.Base(file), path.Ext(file)), "imported"} {
		s = strings.Trim(strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
				return r
			case r >= 'A' && r <= 'Z':
				return r + 'a' - 'A'
			case r == ' ' || r == '_' || r == '.':
				return '-'
			}
			return -1
		}, s), "-")
		if s = s[:min(len(s), 40)]; keyPattern.MatchString(s) {
			return s
		}
	}
	return "imported"
}

func nameOf(name, file string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == '\uFFFD' {
			return ' '
		}
		return r
	}, name))
	if name == "" || utf8.RuneCountInString(name) > nameMax {
		return keyOf("", file)
	}
	return name
}
