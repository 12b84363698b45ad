package sweep

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	_ "embed"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"seconds": func(r *Real) string {
		if r == nil {
			return "–"
		}
		return strconv.FormatFloat(float64(*r)/1000, 'f', 3, 64)
	},
	"percent": func(r Real) string { return strconv.FormatFloat(100*float64(r), 'f', 1, 64) },
	"wins":    winsChart, "positions": positionsChart, "across": acrossChart,
}).Parse(pageText))

// Limits of the page, so that a browser can show it.
const (
	combosShown = 24
	carsShown   = 30
)

// WritePage writes the statistics as a page that needs nothing else.
func (s *Summary) WritePage(w io.Writer, title string) error {
	shown := *s
	shown.Combos = s.Combos[:min(combosShown, len(s.Combos))]
	err := pageTemplate.Execute(w, struct {
		Title        string
		Summary      *Summary
		Shown        []Combo
		Left         int
		Measures     []measure
		HasVariables bool
	}{title, s, shown.Combos, len(s.Combos) - len(shown.Combos), measures, len(s.Vary) > 0 && len(s.Combos) > 1})
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// measure is what is drawn across combinations.
type measure struct {
	Name string
	// of returns the middle and the ends of a bar; false if there are none.
	of func(*Combo) (middle, low, high float64, ok bool)
}

var measures = []measure{
	{"winner's lead, s (median, p10 to p90)", func(c *Combo) (float64, float64, float64, bool) { return spread(&c.WinnerGapMS) }},
	{"mean lap, s (median, p10 to p90)", func(c *Combo) (float64, float64, float64, bool) { return spread(&c.MeanLapMS) }},
	{"share of wins of the most successful car, % (95 % interval)", func(c *Combo) (float64, float64, float64, bool) {
		if len(c.Cars) == 0 {
			return 0, 0, 0, false
		}
		w := c.Cars[0].Wins
		return 100 * float64(w.Share), 100 * float64(w.Low), 100 * float64(w.High), true
	}},
	{"retired, % of starters (95 % interval)", func(c *Combo) (float64, float64, float64, bool) {
		return 100 * float64(c.Retired.Share), 100 * float64(c.Retired.Low), 100 * float64(c.Retired.High), c.Retired.Of > 0
	}},
}

func spread(s *Spread) (middle, low, high float64, ok bool) {
	if s.Count == 0 {
		return 0, 0, 0, false
	}
	return float64(*s.P50) / 1000, float64(*s.P10) / 1000, float64(*s.P90) / 1000, true
}

// svg collects the parts of a drawing.
type svg struct{ strings.Builder }

func (b *svg) add(format string, args ...any) { fmt.Fprintf(&b.Builder, format, args...) }

func escaped(text string) string { return template.HTMLEscapeString(text) }

// winsChart draws the share of wins of each car with its interval.
func winsChart(c Combo) template.HTML {
	const row, left, width = 18, 70, 420
	cars := c.Cars[:min(carsShown, len(c.Cars))]
	most := 0.0
	for _, one := range cars {
		most = max(most, float64(one.Wins.High))
	}
	var b svg
	b.add(`<svg viewBox="0 0 %d %d" role="img" aria-label="share of wins">`, left+width+60, row*len(cars)+4)
	for i, one := range cars {
		x := func(r Real) float64 { return left + width*float64(r)/max(most, 0.01) }
		y := float64(row*i) + row/2 + 2
		b.add(`<g><title>%s: %d of %d, %.1f %% (%.1f to %.1f %%)</title><text class="name" x="%d" y="%.1f">%s %d</text>`, escaped(one.Code),
			one.Wins.Count, one.Wins.Of, 100*one.Wins.Share, 100*one.Wins.Low, 100*one.Wins.High, left-8, y+4, escaped(one.Code), one.Number)
		b.add(`<rect class="bar" x="%d" y="%.1f" width="%.1f" height="10"/>`, left, y-5, x(one.Wins.Share)-left)
		b.add(`<path class="interval" d="M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6"/>`, x(one.Wins.Low), y, x(one.Wins.High), x(one.Wins.Low), y-3,
			x(one.Wins.High), y-3)
		b.add(`<text x="%.1f" y="%.1f">%.1f %%</text></g>`, x(one.Wins.High)+6, y+4, 100*one.Wins.Share)
	}
	b.add(`</svg>`)
	return template.HTML(b.String())
}

// positionsChart draws how often each car finished where.
func positionsChart(c Combo) template.HTML {
	const row, left, width = 18, 70, 480
	cars := c.Cars[:min(carsShown, len(c.Cars))]
	places := 1
	for _, one := range cars {
		places = max(places, len(one.Positions))
	}
	cell := float64(width) / float64(places)
	var b svg
	b.add(`<svg viewBox="0 0 %d %d" role="img" aria-label="positions">`, left+width, row*(len(cars)+1)+4)
	for i, one := range cars {
		b.add(`<text class="name" x="%d" y="%d">%s %d</text>`, left-8, row*i+row/2+6, escaped(one.Code), one.Number)
		for at, n := range one.Positions {
			share := float64(n) / float64(max(1, one.Wins.Of))
			if n > 0 {
				b.add(`<rect class="bar" x="%.1f" y="%d" width="%.1f" height="%d" opacity="%.3f"><title>%s, place %d: %d of %d</title></rect>`,
					left+cell*float64(at), row*i+2, max(1, cell-1), row-1, 0.08+0.92*math.Sqrt(share), escaped(one.Code), at+1, n, one.Wins.Of)
			}
		}
	}
	for at := 0; at < places; at += max(1, places/10) {
		b.add(`<text class="tick" x="%.1f" y="%d">%d</text>`, left+cell*(float64(at)+0.5), row*len(cars)+16, at+1)
	}
	b.add(`</svg>`)
	return template.HTML(b.String())
}

// acrossChart draws a measure of each combination, side by side.
func acrossChart(s *Summary, m measure) template.HTML {
	const left, width, height, top = 60, 520, 160, 8
	low, high := math.Inf(1), math.Inf(-1)
	for i := range s.Combos {
		if _, from, to, ok := m.of(&s.Combos[i]); ok {
			low, high = min(low, from), max(high, to)
		}
	}
	if low > high {
		return ""
	}
	if low == high {
		low, high = low-1, high+1
	}
	y := func(v float64) float64 { return top + height*(high-v)/(high-low) }
	step := float64(width) / float64(len(s.Combos))
	var b, line svg
	b.add(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, left+width+10, height+top+40, escaped(m.Name))
	for i := range 5 {
		v := low + (high-low)*float64(i)/4
		b.add(`<path class="grid" d="M%d %.1fh%d"/><text class="name" x="%d" y="%.1f">%.4g</text>`, left, y(v), width, left-8, y(v)+4, v)
	}
	labelled := max(1, len(s.Combos)/12)
	for i := range s.Combos {
		c := &s.Combos[i]
		middle, from, to, ok := m.of(c)
		if !ok {
			continue
		}
		x := left + step*(float64(i)+0.5)
		b.add(`<g><title>%s: %.4g (%.4g to %.4g)</title><path class="interval" d="M%.1f %.1fV%.1f"/><circle class="bar" cx="%.1f" cy="%.1f" r="4"/></g>`,
			escaped(strings.Join(c.Values, ", ")), middle, from, to, x, y(from), y(to), x, y(middle))
		line.add("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[line.Len() == 0], x, y(middle))
		if i%labelled == 0 {
			b.add(`<text class="tick" x="%.1f" y="%d">%s</text>`, x, height+top+18, escaped(strings.Join(c.Values, ", ")))
		}
	}
	b.add(`<path class="line" d="%s"/></svg>`, line.String())
	return template.HTML(b.String())
}
