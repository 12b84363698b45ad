package drills

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/feed"
)

// Many is drills of scenarios with seeds. Drills of a scenario share its undisturbed race.
type Many struct {
	Scenarios []*drill.Scenario
	// Seeds of the faults; none means that each scenario runs once, with its own.
	Seeds    []uint64
	Jobs     int // how many run at once
	Patience time.Duration
	Feed     feed.Config
	Version  string
	// Out is a folder for what the drills leave, with one for each: SCENARIO-SEED. Then each drill runs the undisturbed race again, for its
	// timeline. Empty means none.
	Out string
	// Done is called after each drill, by one goroutine at a time; it may be nil.
	Done func(o *Outcome, done, total int)
}

// Results are what many drills came to.
type Results struct {
	Version string `json:"version"`
	// Planned is how many drills were asked for; Interrupted says that not all of them ran.
	Planned     int       `json:"planned"`
	Interrupted bool      `json:"interrupted"`
	Scenarios   []Tally   `json:"scenarios"`
	Runs        []Outcome `json:"runs"`
}

// Outcome is one drill of many.
type Outcome struct {
	Scenario string   `json:"scenario"`
	Seed     uint64   `json:"seed"`
	Passed   bool     `json:"passed"`
	Broken   []string `json:"broken"`
	Figures
	// Verdict is that of a drill that failed, with its first strikes.
	Verdict *drill.Verdict `json:"-"`
}

// Figures are what drills are compared by beside the verdict.
type Figures struct {
	Strikes        int     `json:"strikes"`
	Restarts       int64   `json:"restarts"`
	RecoveryMaxUS  int64   `json:"recovery_max_us"`
	TicksLate      int     `json:"ticks_late"`
	LongestStallMS int64   `json:"longest_stall_ms"` // without a durable commit
	Seconds        float64 `json:"seconds"`
}

// Tally sums up the drills of a scenario: strikes, restarts, late ticks and seconds are sums, the others the worst.
type Tally struct {
	// Scenario is as it ran, but for the seeds.
	Scenario *drill.Scenario `json:"scenario"`
	Runs     int             `json:"runs"`
	Passed   int             `json:"passed"`
	Failed   int             `json:"failed"`
	// FailedSeeds in ascending order.
	FailedSeeds []uint64 `json:"failed_seeds"`
	Figures
}

// Failed is how many drills failed.
func (r *Results) Failed() (n int) {
	for i := range r.Scenarios {
		n += r.Scenarios[i].Failed
	}
	return n
}

// errInterrupted is that of a drill that did not come to its end.
var errInterrupted = errors.New("interrupted")

// Run runs the drills. When ctx ends, it returns those that came to their end until then.
func (m *Many) Run(ctx context.Context) (*Results, error) {
	if m.Jobs < 1 || m.Jobs > 1024 {
		return nil, cli.BadInput("--jobs is %d: allowed is 1 to 1024", m.Jobs)
	}
	todo, err := m.plan()
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	next, done, outcomes := 0, 0, make([]*Outcome, len(todo))
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var working sync.WaitGroup
	for range min(m.Jobs, len(todo)) {
		working.Go(func() {
			for i := take(); i < len(todo) && ctx.Err() == nil; i = take() {
				o, err := m.one(ctx, todo[i])
				if err != nil {
					return
				}
				mu.Lock()
				outcomes[i] = o
				if done++; m.Done != nil {
					m.Done(o, done, len(todo))
				}
				mu.Unlock()
			}
		})
	}
	working.Wait()
	out := &Results{Version: m.Version, Planned: len(todo), Interrupted: done < len(todo), Runs: []Outcome{}}
	for _, o := range outcomes {
		if o != nil {
			out.Runs = append(out.Runs, *o)
		}
	}
	out.Scenarios = tally(m.Scenarios, out.Runs)
	return out, nil
}

// planned is a drill that is to be run.
type planned struct {
	scenario *drill.Scenario
	course   *course
	out      string // a folder for what it leaves; empty: none
}

// asFileName is a scenario's name, which may come from a file, as part of a path.
func asFileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, name)
}

// course is the undisturbed race of a scenario, which is run when it is first asked for and forgotten after the last of left drills.
type course struct {
	mu   sync.Mutex
	left int
	run  *drill.Run
}

// plan refuses what cannot run before anything does.
func (m *Many) plan() (out []planned, err error) {
	for _, s := range m.Scenarios {
		if s.NeedsInflux() && !m.Feed.Given() {
			return nil, cli.BadInput("the scenario %s strikes the feed to InfluxDB: say which with --influx-url", s.Name)
		}
		if _, err := StartOf(s.Race.Order(), ""); err != nil {
			return nil, cli.BadInput("%s: %w", s.Name, err)
		}
		seeds := m.Seeds
		if len(seeds) == 0 {
			seeds = []uint64{s.Seed}
		}
		c := &course{left: len(seeds)}
		for _, seed := range seeds {
			with := *s
			with.Seed = seed
			next := planned{&with, c, ""}
			if m.Out != "" {
				next.out = filepath.Join(m.Out, fmt.Sprintf("%s-%d", asFileName(s.Name), seed))
				if err := MayLeave(next.out); err != nil {
					return nil, err
				}
			}
			out = append(out, next)
		}
	}
	return out, nil
}

// one runs a drill. It returns errInterrupted if ctx ended before the drill did.
func (m *Many) one(ctx context.Context, p planned) (*Outcome, error) {
	defer p.course.leave()
	var took time.Duration
	v, err := func() (*drill.Verdict, error) {
		t := &Trial{Scenario: p.scenario, Patience: m.Patience, Feed: m.Feed, Status: io.Discard, Out: p.out, Version: m.Version}
		if !m.Feed.Given() && p.out == "" { // a race that is fed has an id of its own
			var err error
			if t.undisturbed, err = p.course.undisturbed(ctx, p.scenario, m.Patience); err != nil {
				return nil, err
			}
		}
		began := time.Now()
		defer func() { took = time.Since(began) }()
		return t.Compare(ctx)
	}()
	if ctx.Err() != nil && (err != nil || !v.Passed) {
		return nil, errInterrupted
	}
	o := &Outcome{Scenario: p.scenario.Name, Seed: p.scenario.Seed, Broken: []string{}}
	if err != nil {
		o.Broken = []string{err.Error()}
	} else {
		o.judged(v)
	}
	o.Seconds = took.Seconds()
	return o, nil
}

// judged takes over what a verdict says.
func (o *Outcome) judged(v *drill.Verdict) {
	o.Passed, o.Broken, o.Figures = v.Passed, v.Broken, figuresOf(v)
	if !v.Passed {
		v.Strikes = slices.Clone(v.Strikes[:min(20, len(v.Strikes))])
		o.Verdict = v
	}
}

func figuresOf(v *drill.Verdict) Figures {
	f := Figures{Strikes: v.Injected, TicksLate: v.TicksLate, LongestStallMS: v.LongestStallUS / 1000}
	for _, r := range v.Recovery { // to what others wait for
		f.RecoveryMaxUS = max(f.RecoveryMaxUS, r.Progress.MaxUS)
	}
	for _, n := range v.Restarts {
		f.Restarts += n
	}
	return f
}

func (c *course) undisturbed(ctx context.Context, s *drill.Scenario, patience time.Duration) (*drill.Run, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		start, err := StartOf(s.Race.Order(), "")
		if err != nil {
			return nil, err
		}
		if c.run, err = Run(ctx, start, Bounds{Patience: patience}); err != nil {
			return nil, err
		}
	}
	return c.run, nil
}

func (c *course) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		c.run = nil
	}
}

// tally sums up drills by scenario. Scenarios of which none ran are left out.
func tally(scenarios []*drill.Scenario, runs []Outcome) []Tally {
	out := []Tally{}
	for _, s := range scenarios {
		t := Tally{Scenario: s, FailedSeeds: []uint64{}}
		for i := range runs {
			if runs[i].Scenario == s.Name {
				t.add(&runs[i])
			}
		}
		if slices.Sort(t.FailedSeeds); t.Runs > 0 {
			out = append(out, t)
		}
	}
	return out
}

func (t *Tally) add(o *Outcome) {
	t.Runs++
	if o.Passed {
		t.Passed++
	} else {
		t.Failed++
		t.FailedSeeds = append(t.FailedSeeds, o.Seed)
	}
	t.Strikes += o.Strikes
	t.Restarts += o.Restarts
	t.TicksLate += o.TicksLate
	t.Seconds += o.Seconds
	t.RecoveryMaxUS = max(t.RecoveryMaxUS, o.RecoveryMaxUS)
	t.LongestStallMS = max(t.LongestStallMS, o.LongestStallMS)
}
