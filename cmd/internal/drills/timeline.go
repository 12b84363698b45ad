package drills

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lightsout/actors/drill"
	"lightsout/race"
)

//go:embed timeline.html.tmpl
var timelineText string

var timelinePage = template.Must(template.New("timeline").Parse(timelineText))

// Sizes of the charts: all are as wide as the page allows, and drawn in these units.
const (
	chartWide = 1000
	laneHigh  = 44
	plotHigh  = 120
	binWide   = 2
)

// page is what the timeline shows.
type page struct {
	Verdict  *drill.Verdict
	Faults   []string
	Runs     []runChart
	Recovery []recoveryRow
	Listed   int // strikes that are drawn
}

// runChart is one of the two races.
type runChart struct {
	Title, Took    string
	Lanes          []lane
	Ticks, Latency plot
	Axis           []string
}

// lane is a kind of actor: how full its fullest mailbox was, and its strikes.
type lane struct {
	Kind, Says string
	Depth      string // an area; empty if nothing is known
	Strikes    []strikeBar
}

// strikeBar is the strikes of a moment, from the fault to progress.
type strikeBar struct {
	X, W  float64
	Title string
	Never bool // nothing came after one of them
}

type plot struct {
	Line  string
	Most  string
	Title string
}

type recoveryRow struct {
	Kind, Restart, Progress string
}

// laneOrder is the way of a batch.
var laneOrder = []string{"simulator", "race", "car", "checkpoint", "link", "processor", "recorder", "store", "disk", "timekeeper", "publisher", "spectators", "feed", "influx", "cpu", "memory", "server"}

func (l *leavings) writeTimeline(w io.Writer) error {
	p := page{Verdict: l.verdict, Listed: len(l.strikes)}
	for i := range l.verdict.Scenario.Faults {
		p.Faults = append(p.Faults, l.verdict.Scenario.Faults[i].String())
	}
	for _, kind := range slices.Sorted(maps.Keys(l.verdict.Recovery)) {
		r := l.verdict.Recovery[kind]
		row := recoveryRow{kind, timesText(r.Restart), timesText(r.Progress)}
		if r.Without > 0 {
			row.Progress += fmt.Sprintf("; none after %d", r.Without)
		}
		p.Recovery = append(p.Recovery, row)
	}
	s := l.scales()
	for i, title := range []string{"Undisturbed", "Under faults"} {
		var strikes []drill.Struck
		if i == 1 {
			strikes = l.strikes
		}
		p.Runs = append(p.Runs, s.chart(title, l.traces[i], strikes))
	}
	if err := timelinePage.Execute(w, p); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// scales are the same for both races, so that they can be compared.
type scales struct {
	span, slowest time.Duration  // of the longer race, of all commits
	kinds         []string       // lanes: what has a mailbox, and what was struck
	deepest       map[string]int // mailbox of each kind
}

func (l *leavings) scales() scales {
	s := scales{span: time.Millisecond, deepest: map[string]int{}}
	for _, t := range l.traces {
		for _, c := range t.Commits {
			s.span, s.slowest = max(s.span, c.At), max(s.slowest, c.Latency)
		}
		for _, d := range t.Depths {
			for kind, n := range d.Max {
				s.deepest[kind] = max(s.deepest[kind], n)
			}
		}
	}
	there := maps.Clone(s.deepest)
	for i := range l.strikes {
		there[kindOf(l.strikes[i].What)]++
	}
	for _, kind := range laneOrder {
		if _, known := there[kind]; known {
			s.kinds = append(s.kinds, kind)
		}
	}
	return s
}

func kindOf(what string) string {
	kind, _, _ := strings.Cut(what, " ")
	return kind
}

func (s scales) chart(title string, t *drill.Trace, strikes []drill.Struck) runChart {
	c := runChart{Title: title, Took: "nothing was committed"}
	if n := len(t.Commits); n > 0 {
		c.Took = fmt.Sprintf("%d commits in %s", t.Total, rounded(t.Commits[n-1].At))
	}
	for i := range 3 {
		c.Axis = append(c.Axis, rounded(s.span*time.Duration(i)/2))
	}
	for _, kind := range s.kinds {
		c.Lanes = append(c.Lanes, s.lane(kind, t, strikes))
	}
	c.Ticks, c.Latency = ticksPlot(t, s.span), latencyPlot(t, s.span, s.slowest)
	return c
}

// x is a time on the chart.
func x(at, span time.Duration) float64 {
	return min(chartWide, max(0, chartWide*float64(at)/float64(span)))
}

func (s scales) lane(kind string, t *drill.Trace, strikes []drill.Struck) lane {
	most := 0
	for _, d := range t.Depths {
		most = max(most, d.Max[kind])
	}
	l := lane{Kind: kind, Depth: s.depth(kind, t)}
	count, never := 0, 0
	bins := map[int]*strikeBar{}
	counts, first := map[int]int{}, map[int]string{}
	for i := range strikes {
		struck := &strikes[i]
		if kindOf(struck.What) != kind {
			continue
		}
		count++
		at := x(time.Duration(struck.ClockUS)*time.Microsecond, s.span)
		bin := int(at / binWide)
		if bins[bin] == nil {
			bins[bin], first[bin] = &strikeBar{X: at, W: binWide}, strikeText(struck)
		}
		b := bins[bin]
		counts[bin]++
		if struck.ProgressUS != nil {
			b.W = max(b.W, x(time.Duration(*struck.ProgressUS)*time.Microsecond, s.span))
		} else if struck.RestartUS != nil {
			b.Never = true
			never++
		}
	}
	for _, bin := range slices.Sorted(maps.Keys(bins)) {
		b := bins[bin]
		b.W = min(b.W, chartWide-b.X+binWide)
		b.Title = first[bin]
		if counts[bin] > 1 {
			b.Title += fmt.Sprintf(", and %d more", counts[bin]-1)
		}
		l.Strikes = append(l.Strikes, *b)
	}
	l.Says = laneSays(count, never, most)
	return l
}

// depth is the area of the fullest mailbox; empty if nothing ever waited.
func (s scales) depth(kind string, t *drill.Trace) string {
	deepest := s.deepest[kind]
	if deepest == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", laneHigh)
	for _, d := range t.Depths {
		fmt.Fprintf(&b, "L%.1f %.1f", x(d.At, s.span), laneHigh-float64(laneHigh-4)*float64(d.Max[kind])/float64(deepest))
	}
	fmt.Fprintf(&b, "V%dZ", laneHigh)
	return b.String()
}

func laneSays(count, never, most int) string {
	var said []string
	if count > 0 {
		said = append(said, fmt.Sprintf("%d struck", count))
	}
	if never > 0 {
		said = append(said, fmt.Sprintf("%d without progress", never))
	}
	if most > 0 {
		said = append(said, fmt.Sprintf("mailbox up to %d", most))
	}
	return strings.Join(said, " · ")
}

func strikeText(s *drill.Struck) string {
	text := fmt.Sprintf("%v: %s", s.At, s.What)
	if s.Message != "" {
		text += map[bool]string{true: ", after ", false: ", before "}[s.After] + s.Message
	}
	us := func(v *int64) string {
		if v == nil {
			return "none"
		}
		return (time.Duration(*v) * time.Microsecond).String()
	}
	return text + "; restart " + us(s.RestartUS) + ", progress " + us(s.ProgressUS)
}

// ticksPlot is how many ticks were committed.
func ticksPlot(t *drill.Trace, span time.Duration) plot {
	last := race.Tick(1)
	for _, c := range t.Commits {
		last = max(last, c.Tick)
	}
	var b strings.Builder
	at, bin := race.Tick(0), -1
	fmt.Fprintf(&b, "M0 %d", plotHigh)
	for _, c := range t.Commits {
		px := x(c.At, span)
		if now := int(px / binWide); now != bin && c.Tick > 0 {
			fmt.Fprintf(&b, "L%.1f %.1f", px, plotHigh-float64(plotHigh-4)*float64(at)/float64(last))
			bin = now
		}
		at = max(at, c.Tick)
	}
	if n := len(t.Commits); n > 0 {
		fmt.Fprintf(&b, "L%.1f 4", x(t.Commits[n-1].At, span))
	}
	return plot{b.String(), strconv.Itoa(int(last)) + " ticks", "Ticks that were committed"}
}

// latencyPlot is the slowest commit of each moment, on a logarithmic scale from 10 µs.
func latencyPlot(t *drill.Trace, span, slowest time.Duration) plot {
	const least = 10 * time.Microsecond
	scale := math.Log(float64(max(slowest, 10*least)) / float64(least))
	worst, most := map[int]time.Duration{}, time.Duration(0)
	for _, c := range t.Commits {
		bin := int(x(c.At, span) / binWide)
		worst[bin], most = max(worst[bin], c.Latency), max(most, c.Latency)
	}
	var b strings.Builder
	for _, bin := range slices.Sorted(maps.Keys(worst)) {
		y := plotHigh - float64(plotHigh-4)*math.Log(float64(max(worst[bin], least))/float64(least))/scale
		fmt.Fprintf(&b, "M%d %dV%.1f", bin*binWide, plotHigh, y)
	}
	return plot{b.String(), "up to " + rounded(most), "Commit latency, the slowest of each moment (logarithmic, from 10 µs)"}
}

func timesText(t drill.Times) string {
	if t.Count == 0 {
		return "none"
	}
	us := func(v int64) string { return rounded(time.Duration(v) * time.Microsecond) }
	return fmt.Sprintf("%s, 99 %% within %s, at most %s (%d)", us(t.P50US), us(t.P99US), us(t.MaxUS), t.Count)
}

// rounded is a duration with three digits.
func rounded(d time.Duration) string {
	step := time.Duration(1)
	for d/step >= 1000 {
		step *= 10
	}
	return d.Round(step).String()
}
