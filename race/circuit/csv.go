package circuit

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// ImportCSV makes a circuit of rows "x,y" or "x,y,width" (or "x,y,width to the right,width to the left") in metres. The
// outline is closed; timing lines and pit lane are the defaults at its first row. A header and lines that begin with # are
// skipped.
func ImportCSV(file string, r io.Reader) (*Circuit, error) {
	var points []Point
	var width float64
	scan := bufio.NewScanner(io.LimitReader(r, textMaxBytes))
	line, rows, heading := 0, 0, false
	for scan.Scan() {
		line++
		text := strings.TrimSpace(strings.TrimPrefix(scan.Text(), "\uFEFF"))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		row, err := csvRow(file, line, text)
		if err != nil && len(points) == 0 && !heading && strings.ContainsAny(text, "xXyY") {
			heading = true
			continue
		}
		if err != nil {
			return nil, err
		}
		rows++
		points = append(points, Point{row[0], row[1]})
		for _, w := range row[2:] {
			width += w
		}
		if len(points) > pointsMax {
			return nil, fault(file, line, "more than %d points are not allowed", pointsMax)
		}
	}
	if err := scan.Err(); err != nil {
		return nil, fault(file, line+1, "cannot be read: %v", err)
	}
	if n := len(points); n > 1 && points[n-1] == points[0] {
		points = points[:n-1]
	}
	if err := gap(file, points, true); err != nil {
		return nil, err
	}
	c, err := imported(file, keyOf("", file), nameOf("", file), points)
	if err != nil {
		return nil, err
	}
	if width > 0 {
		c.WidthM = min(50, max(3, math.Round(width/float64(rows)*10)/10))
	}
	return c, nil
}

func csvRow(file string, line int, text string) ([]float64, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' })
	if len(fields) < 2 || len(fields) > 4 {
		return nil, fault(file, line, "%d columns: allowed are x,y or x,y,width in metres", len(fields))
	}
	row := make([]float64, len(fields))
	for i, f := range fields {
		v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault(file, line, "column %d is %q: allowed is a number of metres", i+1, f)
		}
		if math.Abs(v) > 1e8 || (i >= 2 && (v < 0 || v > 100)) {
			return nil, fault(file, line, "column %d is %g: allowed are metres within 100,000 km, widths of 0 to 100 m", i+1, v)
		}
		row[i] = v
	}
	return row, nil
}
