package drill

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lightsout/race"
)

//go:embed library/*.yaml
var library embed.FS

// Scenario is a drill: a race, and what goes wrong in it.
type Scenario struct {
	Name string `yaml:"name" json:"name"`
	// About says in a sentence what the drill tries.
	About string `yaml:"about" json:"about"`
	// Seed of what chance decides about the faults.
	Seed   uint64  `yaml:"seed" json:"seed"`
	Race   Race    `yaml:"race" json:"race"`
	Faults []Fault `yaml:"faults" json:"faults"`
	// Most is the largest share of the cars, and of the checkpoints, that may be struck within a second of race time, at least one; 0 means all.
	Most float64 `yaml:"most,omitempty" json:"most,omitempty"`
	// Expect is the steady state: what does not hold is a broken promise. Abort stops the drill as soon as one of it holds.
	Expect Conditions `yaml:"expect,omitempty" json:"expect,omitempty"`
	Abort  Conditions `yaml:"abort,omitempty" json:"abort,omitempty"`
	// Invariants are expressions over Facts that must be true at the end.
	Invariants []string `yaml:"invariants,omitempty" json:"invariants,omitempty"`
}

// Race is the race of a drill.
type Race struct {
	Circuit string `yaml:"circuit" json:"circuit"`
	Cars    int    `yaml:"cars" json:"cars"`
	Laps    int    `yaml:"laps" json:"laps"`
	Seed    uint64 `yaml:"seed" json:"seed"`
}

// Order is the order of that race.
func (r Race) Order() race.Order {
	return race.Order{Circuit: r.Circuit, Cars: r.Cars, Laps: r.Laps, Seed: r.Seed, TickHz: 10}
}

// Fault is one thing that goes wrong, once or repeatedly. Exactly one of the fields from Kill to Server is set.
type Fault struct {
	// Kill ends incarnations of a kind of actor. Such a death does not count as a failure.
	Kill string `yaml:"kill,omitempty" json:"kill,omitempty"`
	// Poison makes cars die of every message from At on: the messages are set aside, the cars retired.
	Poison string `yaml:"poison,omitempty" json:"poison,omitempty"`
	// Panic makes actors of a kind die with Chance at each message, as of a bug.
	Panic string `yaml:"panic,omitempty" json:"panic,omitempty"`
	// Stall makes actors of a kind hang for For.
	Stall string `yaml:"stall,omitempty" json:"stall,omitempty"`
	// Passings of cars on timing lines are lost, doubled or late, with Chance.
	Hits string `yaml:"hits,omitempty" json:"hits,omitempty"`
	// Store is slow, or full (nothing is committed) for For.
	Store string `yaml:"store,omitempty" json:"store,omitempty"`
	// Link to the journal is cut for For, and batches arrive afterwards; or it is slow: each arrives For later, and up to Jitter more.
	Link string `yaml:"link,omitempty" json:"link,omitempty"`
	// CPU of all processors is taken for For.
	CPU string `yaml:"cpu,omitempty" json:"cpu,omitempty"`
	// Influx is away for For: the feed lags, and catches up.
	Influx string `yaml:"influx,omitempty" json:"influx,omitempty"`
	// Disk under the store is slow: each sync takes For longer, and up to Jitter more. Or its writes break off in the middle, or it fails, for For.
	Disk string `yaml:"disk,omitempty" json:"disk,omitempty"`
	// Memory of Size is taken for For.
	Memory string `yaml:"memory,omitempty" json:"memory,omitempty"`
	// Spectators of the drill are slow: each message takes For to read, and up to Jitter more. Or Number of them come who never read.
	Spectators string `yaml:"spectators,omitempty" json:"spectators,omitempty"`
	// Server is the whole process, which is killed, or stopped for For.
	Server string `yaml:"server,omitempty" json:"server,omitempty"`

	// Number of actors, or Share of them, at each strike; without either, one. Rate is deaths of each actor per second of race time, at moments that
	// chance decides (a Poisson process).
	Number int     `yaml:"number,omitempty" json:"number,omitempty"`
	Share  float64 `yaml:"share,omitempty" json:"share,omitempty"`
	Rate   float64 `yaml:"rate,omitempty" json:"rate,omitempty"`
	Chance float64 `yaml:"chance,omitempty" json:"chance,omitempty"`
	// At is the race time of a single strike; Every repeats it, from From (or At) until Until (0 means the end).
	At    Duration `yaml:"at,omitempty" json:"at,omitempty"`
	Every Duration `yaml:"every,omitempty" json:"every,omitempty"`
	From  Duration `yaml:"from,omitempty" json:"from,omitempty"`
	Until Duration `yaml:"until,omitempty" json:"until,omitempty"`
	// For is how long a stall, a full or slow store or a cut link lasts, by the clock.
	For Duration `yaml:"for,omitempty" json:"for,omitempty"`
	// Jitter is how much later than For a batch of a slow link may come, as chance decides. They keep their order.
	Jitter Duration `yaml:"jitter,omitempty" json:"jitter,omitempty"`
	// Bandwidth of a slow link or slow spectators, in bytes a second; 0 means that size does not matter.
	Bandwidth Bytes `yaml:"bandwidth,omitempty" json:"bandwidth,omitempty"`
	Size      Bytes `yaml:"size,omitempty" json:"size,omitempty"`
	// When a kill strikes: before a message, after it, or (empty) by chance.
	When string `yaml:"when,omitempty" json:"when,omitempty"`
}

// kinds are the kinds of actor that can be struck.
var kinds = []string{"car", "checkpoint", "race", "simulator", "processor", "timekeeper", "recorder", "publisher", "feed"}

// what is the fault's verb and object.
func (f *Fault) what() (verb, object string, set int) {
	for _, v := range []struct{ verb, object string }{
		{"kill", f.Kill}, {"poison", f.Poison}, {"panic", f.Panic}, {"stall", f.Stall}, {"hits", f.Hits}, {"store", f.Store}, {"link", f.Link},
		{"influx", f.Influx}, {"cpu", f.CPU}, {"disk", f.Disk}, {"memory", f.Memory}, {"spectators", f.Spectators}, {"server", f.Server},
	} {
		if v.object != "" {
			verb, object = v.verb, v.object
			set++
		}
	}
	return verb, object, set
}

// String describes the fault.
func (f *Fault) String() string {
	verb, object, _ := f.what()
	parts := []string{verb + " " + object}
	add := func(given bool, format string, args ...any) {
		if given {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(f.Number > 0, "%d of them", f.Number)
	add(f.Share > 0, "%g %% of them", 100*f.Share)
	add(f.Rate > 0, "%g times a second each", f.Rate)
	add(f.Chance > 0, "with a chance of %g %%", 100*f.Chance)
	add(f.At > 0, "at %v", time.Duration(f.At))
	add(f.Every > 0, "every %v", time.Duration(f.Every))
	add(f.From > 0, "from %v", time.Duration(f.From))
	add(f.Until > 0, "until %v", time.Duration(f.Until))
	add(f.For > 0, "for %v", time.Duration(f.For))
	add(f.Jitter > 0, "and up to %v more", time.Duration(f.Jitter))
	add(f.Bandwidth > 0, "%v a second", f.Bandwidth)
	add(f.Size > 0, "%v", f.Size)
	add(f.When != "", "%s a message", f.When)
	return strings.Join(parts, ", ")
}

// quoteless finds bounds that YAML takes for the begin of a text.
var quoteless = regexp.MustCompile(`:[ \t]*>=?[ \t]*[0-9]`)

// Parse reads a scenario; file names it in errors.
func Parse(file string, data []byte) (*Scenario, error) {
	s := &Scenario{Seed: 1, Race: Race{Circuit: "kartwerk", Cars: 20, Laps: 10, Seed: 7}}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(s); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: the scenario is empty: expected name, race and faults", file)
		}
		if quoteless.Match(data) {
			err = fmt.Errorf("%w; a bound that begins with > must be in quotes, such as \">5s\"", plain(err))
		}
		return nil, fmt.Errorf("%s: %w", file, plain(err))
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// plain words an error of the YAML reader without its own types.
func plain(err error) error {
	var many *yaml.TypeError
	if !errors.As(err, &many) {
		return err
	}
	var out []error
	for _, e := range many.Errors {
		text, _, _ := strings.Cut(e, " in type ")
		out = append(out, errors.New(text))
	}
	return errors.Join(out...)
}

// Validate reports every fault of the scenario.
func (s *Scenario) Validate() error {
	var faults []error
	if err := s.Race.Order().Validate(); err != nil {
		faults = append(faults, fmt.Errorf("race: %w", err))
	}
	if len(s.Faults) == 0 {
		faults = append(faults, errors.New("faults: there is none: a drill in which nothing goes wrong shows nothing"))
	}
	for i := range s.Faults {
		if err := s.Faults[i].validate(time.Second / time.Duration(s.Race.Order().TickHz)); err != nil {
			faults = append(faults, fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return errors.Join(append(append(faults, s.validateServer()), s.validateBounds()...)...)
}

// invariantsMax bounds the invariants of a scenario.
const invariantsMax = 100

// validateBounds checks what is expected. Conditions were checked when they were read.
func (s *Scenario) validateBounds() (wrong checks) {
	wrong.want(s.Most >= 0 && s.Most <= 1, "most is %v: allowed is a share from 0 to 1; 0 means no bound", s.Most)
	for i := range s.Abort {
		wrong.want(!slices.Contains(notWhile, s.Abort[i].Figure), "abort: %s is known at the end alone: allowed for expect", s.Abort[i].Figure)
	}
	wrong.want(len(s.Invariants) <= invariantsMax, "invariants: there are %d: allowed are %d", len(s.Invariants), invariantsMax)
	for i, text := range s.Invariants[:min(invariantsMax, len(s.Invariants))] {
		wrong.want(text != "", "invariant %d is empty: expected an expression", i+1)
		_, err := compile(text)
		wrong.want(err == nil, "invariant %d: %w", i+1, err)
	}
	return wrong
}

// Library are the scenarios that ship with the program, by name.
func Library() ([]*Scenario, error) {
	files, err := library.ReadDir("library")
	if err != nil {
		return nil, fmt.Errorf("read the library: %w", err)
	}
	var out []*Scenario
	for _, f := range files {
		data, err := library.ReadFile("library/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read the library: %w", err)
		}
		s, err := Parse(f.Name(), data)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
