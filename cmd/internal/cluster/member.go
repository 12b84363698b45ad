package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"lightsout/actors/engine"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/races"
	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// The log is joined to the rooms here: each line says that one room implements a port of another.
var (
	_ kafka.Simulations  = (*simulations)(nil)
	_ kafka.Reports      = (*reports)(nil)
	_ kafka.Copy         = (*copied)(nil)
	_ simulator.Observer = (*Member)(nil)
	_ simulator.Link     = (*kafka.Link)(nil)
	_ races.Runner       = (*runner)(nil)
)

// Roles are what a process does.
type Roles struct{ Simulator, Processor, Gateway bool }

// roleNames are the names of roles in the order in which a race passes them.
var roleNames = []string{"simulator", "processor", "gateway"}

// ParseRoles reads names of roles.
func ParseRoles(names []string) (r Roles, err error) {
	for _, name := range names {
		switch strings.TrimSpace(name) {
		case roleNames[0]:
			r.Simulator = true
		case roleNames[1]:
			r.Processor = true
		case roleNames[2]:
			r.Gateway = true
		default:
			return r, fmt.Errorf("%q is no role: allowed are %s", name, strings.Join(roleNames, ", "))
		}
	}
	if r == (Roles{}) {
		return r, fmt.Errorf("no role is given: allowed are %s", strings.Join(roleNames, ", "))
	}
	return r, nil
}

// String lists the roles.
func (r Roles) String() string {
	var out []string
	for i, is := range []bool{r.Simulator, r.Processor, r.Gateway} {
		if is {
			out = append(out, roleNames[i])
		}
	}
	return strings.Join(out, ",")
}

// Copies reports whether a process with these roles keeps a copy of the races.
func (r Roles) Copies() bool { return r.Processor || r.Gateway }

// Config of a member.
type Config struct {
	Kafka    kafka.Config
	Instance string // its name among the members of Kafka's groups; empty means none
	Roles    Roles
	Facts    FactsFormat // empty means that none are published
	Log      *slog.Logger
	Marks    Marks // needed with a copy
}

// Marks keep how far a copy has followed the log, and tell how far its races have come.
type Marks interface {
	Load(id race.ID, ready func(race.Position, error))
	KeepMark(name string, data []byte, ready func(error))
	Marks(ctx context.Context) (map[string][]byte, error)
}

// Member is this process at the shared log.
type Member struct {
	cfg    Config
	node   *kafka.Node
	engine *engine.Engine
	races  *races.Races // nil without a copy

	fed    *fed
	mu     sync.Mutex
	broken map[race.ID]error
}

// Join joins the log. Install, Use and Run follow, in this order.
func Join(ctx context.Context, cfg Config) (*Member, error) {
	m := &Member{cfg: cfg, broken: map[race.ID]error{}, fed: newFed()}
	cfg.Kafka.Log = cfg.Log
	to := kafka.NodeConfig{Config: cfg.Kafka, Instance: cfg.Instance}
	if cfg.Roles.Simulator {
		to.Simulations = &simulations{m}
	}
	if cfg.Roles.Processor {
		to.Reports = &reports{m}
		if cfg.Facts != "" {
			to.Facts = &facts{Member: m}
		}
	}
	if cfg.Roles.Copies() {
		to.Copy, to.Told = &copied{m}, m.told
	}
	var err error
	m.node, err = kafka.Join(ctx, to)
	return m, err
}

// Install makes an engine send its batches to the log.
func (m *Member) Install(with *engine.Config) {
	with.Observer = m
	with.Link = func(simulator.Link) simulator.Link { return m.node.Simulated() }
	with.IngestLink = m.node.Reported()
	if m.cfg.Roles.Processor {
		with.Journal = followed{with.Journal, m.node}
	}
}

// Use tells the member which engine and which races are this process's. all is nil without a copy.
func (m *Member) Use(e *engine.Engine, all *races.Races) { m.engine, m.races = e, all }

// Run reads and writes the log until ctx ends.
func (m *Member) Run(ctx context.Context) error {
	if m.cfg.Roles.Processor {
		go m.writeFed(ctx)
	}
	return m.node.Run(ctx)
}

// Runner sends what is ordered here to the log.
func (m *Member) Runner() races.Runner { return &runner{m.node} }

// Feeds reports whether this process feeds a race to other stores.
func (m *Member) Feeds(id race.ID) bool { return m.node.Owns(transport.Processor, id) }

// Node is the member's node, for metrics.
func (m *Member) Node() *kafka.Node { return m.node }

// Waits returns what keeps this process from serving, or nil.
func (m *Member) Waits() error {
	if err := m.node.Waits(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []error
	for _, id := range slices.Sorted(maps.Keys(m.broken)) {
		all = append(all, fmt.Errorf("race %s cannot go on in this process: %w", id, m.broken[id]))
	}
	return errors.Join(all...)
}

// RaceOver is part of simulator.Observer: that a race is over follows from the log.
func (m *Member) RaceOver(race.ID) {}

// RaceFailed is part of simulator.Observer.
func (m *Member) RaceFailed(id race.ID, reason string) { m.node.Failed(id, reason) }
