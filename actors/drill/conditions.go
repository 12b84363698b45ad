package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Conditions are bounds on the figures of a drill, such as recovery_p99: {car: <5ms}, in the order in which they are written.
type Conditions []Condition

// Condition is one bound: a figure, of a kind of actor where it has kinds, compared with a value.
type Condition struct {
	Figure, Kind string
	// Text is the comparator and the value, as written.
	Text  string
	op    string
	value float64
}

// unit is what a figure is counted in.
type unit uint8

const (
	number unit = iota
	duration
	memory
)

// figure is a number that conditions may be about. is reports false where there is none.
type figure struct {
	unit   unit
	byKind bool
	is     func(f *figures, kind string) (float64, bool)
}

// figures are what a drill has measured so far.
type figures struct {
	recovery map[string]Recovery
	restarts map[string]int64
	values   map[string]float64
}

func value(name string) func(*figures, string) (float64, bool) {
	return func(f *figures, _ string) (float64, bool) { return f.values[name], true }
}

func of(part func(Recovery) Times, which func(Times) int64) func(*figures, string) (float64, bool) {
	return func(f *figures, kind string) (float64, bool) {
		t := part(f.recovery[kind])
		return float64(which(t)) * float64(time.Microsecond), t.Count > 0
	}
}

var (
	progress = func(r Recovery) Times { return r.Progress }
	restart  = func(r Recovery) Times { return r.Restart }
	p50      = func(t Times) int64 { return t.P50US }
	p99      = func(t Times) int64 { return t.P99US }
	longest  = func(t Times) int64 { return t.MaxUS }
)

// allFigures are the names that conditions know; SCENARIO.md says what they mean.
var allFigures = map[string]figure{
	"recovery_p50": {duration, true, of(progress, p50)},
	"recovery_p99": {duration, true, of(progress, p99)},
	"recovery_max": {duration, true, of(progress, longest)},
	"restart_p50":  {duration, true, of(restart, p50)},
	"restart_p99":  {duration, true, of(restart, p99)},
	"restart_max":  {duration, true, of(restart, longest)},
	"restarts":     {number, true, func(f *figures, kind string) (float64, bool) { return float64(f.restarts[kind]), true }},
	"without_progress": {number, true, func(f *figures, kind string) (float64, bool) {
		return float64(f.recovery[kind].Without), true
	}},
	"longest_stall":      {duration, false, value("longest_stall")},
	"ticks_late":         {number, false, value("ticks_late")},
	"injected":           {number, false, value("injected")},
	"messages_set_aside": {number, false, value("messages_set_aside")},
	"passings_filled_in": {number, false, value("passings_filled_in")},
	"memory_growth":      {memory, false, value("memory_growth")},
}

// notWhile are the figures that are known at the end alone.
var notWhile = []string{"passings_filled_in"}

var comparison = regexp.MustCompile(`^\s*(<=|>=|==|<|>)?\s*(-?[0-9.]+)\s*([a-zA-Zµ]*)\s*$`)

// sizes are the units of memory.
var sizes = map[string]float64{"B": 1, "": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// parse reads the comparator and the value. A value alone must be met exactly.
func (c *Condition) parse(u unit) error {
	m := comparison.FindStringSubmatch(c.Text)
	wrong := func() error {
		return fmt.Errorf("%q is no bound: allowed is <, <=, ==, >= or >, and then %s", c.Text, map[unit]string{
			number: "a number, such as <5", duration: "a duration, such as <250ms", memory: "a size, such as <10MB",
		}[u])
	}
	if m == nil {
		return wrong()
	}
	c.op = m[1]
	if c.op == "" {
		c.op = "=="
	}
	var err error
	switch u {
	case duration:
		if m[3] == "" && m[2] != "0" {
			return wrong()
		}
		var d time.Duration
		d, err = time.ParseDuration(m[2] + m[3])
		c.value = float64(d)
	case memory:
		size, known := sizes[m[3]]
		if !known {
			return wrong()
		}
		c.value, err = strconv.ParseFloat(m[2], 64)
		c.value *= size
	case number:
		if m[3] != "" {
			return wrong()
		}
		c.value, err = strconv.ParseFloat(m[2], 64)
	}
	if err != nil {
		return wrong()
	}
	return nil
}

// name is the figure, and of which kind.
func (c *Condition) name() string {
	if c.Kind != "" {
		return c.Figure + " of " + c.Kind
	}
	return c.Figure
}

// holds compares a figure, and says in words what it is; a figure that does not exist meets nothing.
func (c *Condition) holds(f *figures) (bool, string) {
	about := allFigures[c.Figure]
	is, there := about.is(f, c.Kind)
	if !there {
		return false, "there was none"
	}
	text := strconv.FormatFloat(is, 'f', -1, 64)
	switch about.unit {
	case duration:
		text = time.Duration(is).String()
	case memory:
		text = strconv.FormatFloat(is/1e6, 'f', 1, 64) + " MB"
	case number:
	}
	text = "it was " + text
	switch c.op {
	case "<":
		return is < c.value, text
	case "<=":
		return is <= c.value, text
	case ">":
		return is > c.value, text
	case ">=":
		return is >= c.value, text
	}
	return is == c.value, text
}

// UnmarshalYAML reads names with bounds, or with bounds by kind.
func (c *Conditions) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected names with bounds, such as {longest_stall: <2s, recovery_p99: {car: <5ms}}", n.Line)
	}
	var wrong checks
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, bound := n.Content[i].Value, n.Content[i+1]
		about, known := allFigures[name]
		if !known {
			wrong.want(false, "line %d: %q is unknown: allowed are %s", n.Content[i].Line, name, strings.Join(slices.Sorted(maps.Keys(allFigures)), ", "))
			continue
		}
		list := []*yaml.Node{{}, bound}
		if about.byKind {
			if bound.Kind != yaml.MappingNode {
				wrong.want(false, "line %d: %s is of kinds of actors: expected such as {%s: {car: …}}", bound.Line, name, name)
				continue
			}
			list = bound.Content
		}
		for k := 0; k+1 < len(list); k += 2 {
			one := Condition{Figure: name, Kind: list[k].Value, Text: list[k+1].Value}
			if err := one.validate(); err != nil {
				wrong.want(false, "line %d: %w", list[k+1].Line, err)
			}
			*c = append(*c, one)
		}
	}
	return errors.Join(wrong...)
}

// validate checks a condition as written.
func (c *Condition) validate() error {
	about := allFigures[c.Figure]
	places := kinds
	if strings.HasPrefix(c.Figure, "recovery_") || c.Figure == "without_progress" {
		places = append(slices.Clone(kinds), "store", "disk", "link", "influx", "server")
	}
	if about.byKind && !slices.Contains(places, c.Kind) {
		return fmt.Errorf("%s: %q is no kind: allowed are %s", c.Figure, c.Kind, strings.Join(places, ", "))
	}
	if err := c.parse(about.unit); err != nil {
		return fmt.Errorf("%s: %w", c.name(), err)
	}
	return nil
}

// MarshalJSON writes conditions as they are read.
func (c Conditions) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for _, one := range c {
		if one.Kind == "" {
			out[one.Figure] = one.Text
			continue
		}
		if out[one.Figure] == nil {
			out[one.Figure] = map[string]string{}
		}
		out[one.Figure].(map[string]string)[one.Kind] = one.Text
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes: it is YAML as well.
func (c *Conditions) UnmarshalJSON(data []byte) error {
	if err := yaml.Unmarshal(data, c); err != nil {
		return plain(err)
	}
	return nil
}

// judgeExpectations adds what was expected and did not come.
func (v *Verdict) judgeExpectations(s *Scenario) {
	f := v.figures()
	for i := range s.Expect {
		kept, is := s.Expect[i].holds(f)
		v.promise(kept, "expected %s %s: %s", s.Expect[i].name(), s.Expect[i].Text, is)
	}
}

func (v *Verdict) figures() *figures {
	return &figures{v.Recovery, v.Restarts, map[string]float64{
		"longest_stall": float64(v.LongestStallUS) * float64(time.Microsecond), "ticks_late": float64(v.TicksLate), "injected": float64(v.Injected),
		"messages_set_aside": float64(v.SetAside), "passings_filled_in": float64(v.FilledIn), "memory_growth": float64(v.MemoryGrowth),
	}}
}

// Abort says why a drill must be stopped, by what a run has measured so far; it is empty if it must not. The caller holds what guards the run.
func (in *Injector) Abort(run *Run, pace *Pace) string {
	if len(in.scenario.Abort) == 0 {
		return ""
	}
	stall := max(run.Stall, time.Since(pace.commit))
	f := &figures{recovery: in.Recovery(), restarts: in.meter.restarts(), values: map[string]float64{
		"longest_stall": float64(stall), "ticks_late": float64(run.Late), "injected": float64(in.Count()),
		"messages_set_aside": float64(run.SetAside), "memory_growth": float64(liveHeap() - run.heap),
	}}
	for i := range in.scenario.Abort {
		c := &in.scenario.Abort[i]
		if met, is := c.holds(f); met {
			return fmt.Sprintf("it was aborted for %s %s: %s", c.name(), c.Text, is)
		}
	}
	return ""
}
