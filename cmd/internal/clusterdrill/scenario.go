package clusterdrill

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lightsout/race"
)

//go:embed library/*.yaml
var library embed.FS

// Scenario is a drill of several processes around Kafka.
type Scenario struct {
	Name  string `yaml:"name" json:"name"`
	About string `yaml:"about" json:"about"`
	Seed  uint64 `yaml:"seed" json:"seed"` // of the races; the next race has the next one
	// Races are simulated at once, each with so many cars and laps, in about Lasts.
	Races   int           `yaml:"races" json:"races"`
	Circuit string        `yaml:"circuit" json:"circuit"`
	Cars    int           `yaml:"cars" json:"cars"`
	Laps    int           `yaml:"laps" json:"laps"`
	Lasts   time.Duration `yaml:"lasts" json:"lasts"`
	// Passings are reported of a race of real cars meanwhile, by two clients; 0 means there is none.
	Passings   int `yaml:"passings" json:"passings"`
	Spectators int `yaml:"spectators" json:"spectators"` // that change their gateway again and again
	// Simulators, Processors and Gateways are how many processes there are of each role.
	Simulators int      `yaml:"simulators" json:"simulators"`
	Processors int      `yaml:"processors" json:"processors"`
	Gateways   int      `yaml:"gateways" json:"gateways"`
	Strikes    []Strike `yaml:"strikes" json:"strikes"`
}

// Strike is what happens to a process or to Kafka, once or again and again. One of Kill, Freeze, Cut, Slow, Add and Broker is set; all but
// Broker name a role.
type Strike struct {
	Kill   string        `yaml:"kill,omitempty" json:"kill,omitempty"`     // SIGKILL; it is started again after For
	Freeze string        `yaml:"freeze,omitempty" json:"freeze,omitempty"` // SIGSTOP, and SIGCONT after For
	Cut    string        `yaml:"cut,omitempty" json:"cut,omitempty"`       // its link to Kafka, for For
	Slow   string        `yaml:"slow,omitempty" json:"slow,omitempty"`     // its link to Kafka by Latency, for For
	Add    string        `yaml:"add,omitempty" json:"add,omitempty"`       // one more process
	Broker string        `yaml:"broker,omitempty" json:"broker,omitempty"` // restart, freeze
	At     time.Duration `yaml:"at" json:"at"`                             // after the races have started
	Every  time.Duration `yaml:"every,omitempty" json:"every,omitempty"`
	Times  int           `yaml:"times,omitempty" json:"times,omitempty"`
	// Which is the process of its role, from 1; 0 means one after another.
	Which   int           `yaml:"which,omitempty" json:"which,omitempty"`
	For     time.Duration `yaml:"for,omitempty" json:"for,omitempty"`
	Latency time.Duration `yaml:"latency,omitempty" json:"latency,omitempty"`
}

// Verbs of strikes, and what Broker may be.
const (
	verbKill   = "kill"
	verbFreeze = "freeze"
	verbCut    = "cut"
	verbSlow   = "slow"
	verbAdd    = "add"
	verbBroker = "broker"

	brokerRestart = "restart"
	brokerFreeze  = "freeze"
)

// roles that processes have.
var roles = []string{"simulator", "processor", "gateway"}

// what returns the verb and its object.
func (s *Strike) what() (verb, object string, n int) {
	for _, one := range []struct{ verb, object string }{
		{verbKill, s.Kill}, {verbFreeze, s.Freeze}, {verbCut, s.Cut}, {verbSlow, s.Slow}, {verbAdd, s.Add}, {verbBroker, s.Broker},
	} {
		if one.object != "" {
			verb, object = one.verb, one.object
			n++
		}
	}
	return verb, object, n
}

// String is the strike in words.
func (s *Strike) String() string {
	verb, object, _ := s.what()
	text := fmt.Sprintf("%s %s at %v", verb, object, s.At)
	if s.Times > 1 {
		text += fmt.Sprintf(", every %v, %d times", s.Every, s.Times)
	}
	if s.For > 0 {
		text += fmt.Sprintf(", for %v", s.For)
	}
	if s.Latency > 0 {
		text += fmt.Sprintf(", by %v", s.Latency)
	}
	return text
}

func (s *Strike) validate() error {
	verb, object, n := s.what()
	switch {
	case n != 1:
		return fmt.Errorf("it has %d verbs: expected one of kill, freeze, cut, slow, add and broker", n)
	case verb == verbBroker && object != brokerRestart && object != brokerFreeze:
		return fmt.Errorf("broker is %q: allowed are %s and %s", object, brokerRestart, brokerFreeze)
	case verb != verbBroker && !slices.Contains(roles, object):
		return fmt.Errorf("%s is %q: allowed are %s", verb, object, strings.Join(roles, ", "))
	case s.At < 0 || s.Every < 0 || s.For < 0 || s.Latency < 0 || s.Times < 0 || s.Which < 0:
		return errors.New("a time or number is below 0")
	case s.Times > 1 && s.Every == 0:
		return errors.New("times needs every, such as 5s")
	case (verb == verbFreeze || verb == verbCut || verb == verbSlow || verb == verbBroker) && s.For == 0:
		return fmt.Errorf("%s needs for, such as 10s", verb)
	case (verb == verbSlow) != (s.Latency > 0):
		return errors.New("latency belongs to slow, such as 200ms")
	case verb == verbAdd && (s.For > 0 || s.Which > 0):
		return errors.New("add has neither for nor which")
	}
	return nil
}

// times is how often a strike falls.
func (s *Strike) times() int { return max(1, s.Times) }

// Order is the order of the n-th race, from 0.
func (s *Scenario) Order(n int) race.Order {
	return race.Order{
		Name: fmt.Sprintf("Drill %d", n+1), Circuit: s.Circuit, Cars: s.Cars, Laps: s.Laps, Seed: s.Seed + uint64(n), TickHz: 10,
	}
}

// Validate returns all faults of a scenario.
func (s *Scenario) Validate() error {
	var faults []error
	bound := func(name string, v, low, high int) {
		if v < low || v > high {
			faults = append(faults, fmt.Errorf("%s is %d: allowed are %d to %d", name, v, low, high))
		}
	}
	bound("races", s.Races, 1, 1000)
	bound("cars", s.Cars, 1, race.CarsMax)
	bound("laps", s.Laps, 1, race.LapsMax)
	bound("passings", s.Passings, 0, 10_000_000)
	bound("spectators", s.Spectators, 0, 1000)
	bound("simulators", s.Simulators, 1, 20)
	bound("processors", s.Processors, 1, 20)
	bound("gateways", s.Gateways, 1, 20)
	if s.Name == "" || s.Circuit == "" {
		faults = append(faults, errors.New("name or circuit is missing"))
	}
	if s.Lasts < 5*time.Second || s.Lasts > 24*time.Hour {
		faults = append(faults, fmt.Errorf("lasts is %v: allowed are 5s to 24h", s.Lasts))
	}
	if len(s.Strikes) == 0 {
		faults = append(faults, errors.New("strikes is empty: the drill would show nothing"))
	}
	for i := range s.Strikes {
		if err := s.Strikes[i].validate(); err != nil {
			faults = append(faults, fmt.Errorf("strike %d: %w", i+1, err))
		}
	}
	return errors.Join(faults...)
}

// Parse reads a scenario. What it leaves out is that of the drill in CI, at two of each role.
func Parse(name string, data []byte) (*Scenario, error) {
	s := &Scenario{
		Seed: 1, Races: 6, Circuit: "harbour", Cars: 20, Laps: 10, Lasts: time.Minute, Passings: 4000, Spectators: 4, Simulators: 2, Processors: 2, Gateways: 2,
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(s); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Library returns the scenarios that ship with the program, by name.
func Library() ([]*Scenario, error) {
	files, err := library.ReadDir("library")
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	var out []*Scenario
	for _, f := range files {
		data, err := library.ReadFile(path.Join("library", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("open the library: %w", err)
		}
		s, err := Parse(f.Name(), data)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Find finds a scenario in the library by name, or reads one from a file.
func Find(name string) (*Scenario, error) {
	if strings.ContainsAny(name, "./\\") {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the scenario: %w", err)
		}
		return Parse(name, data)
	}
	all, err := Library()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, s := range all {
		if names[i] = s.Name; s.Name == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("the scenario %q is unknown: allowed are %s, or a YAML file", name, strings.Join(names, ", "))
}
