package server

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"lightsout/actors/engine"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/drills"
	"lightsout/cmd/internal/races"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

// join joins the shared log, if there is one; nil without.
func join(ctx context.Context, cfg *Config, store *sqlite.Store) (*cluster.Member, error) {
	if cfg.Cluster == nil {
		return nil, nil // one process is enough
	}
	cfg.Cluster.Marks = store
	member, err := cluster.Join(ctx, *cfg.Cluster)
	if err != nil {
		return nil, err
	}
	cfg.Feed.Shared = member
	if cfg.Feed.Mine = member.Feeds; !cfg.Cluster.Roles.Processor { // processors feed; a gateway only reads
		cfg.Feed.Mine = func(race.ID) bool { return false }
	}
	return member, nil
}

// sharedBy is the log that the gateway shares with others; nil without.
func sharedBy(member *cluster.Member) gateway.Shared {
	if member == nil {
		return nil
	}
	return member.Node()
}

// newRaces makes the races of a process, whose batches go to the shared log if there is one.
func newRaces(of races.Config, member *cluster.Member) (*races.Races, error) {
	if member == nil {
		return races.New(of)
	}
	member.Install(&of.Engine)
	of.Runner, of.Waits, of.ShareCircuit = member.Runner(), member.Waits, member.ShareCircuit
	all, err := races.New(of)
	if err == nil {
		member.Use(all.Engine(), all)
	}
	return all, err
}

// observe registers what every process exports, and more of this one.
func observe(r *prometheus.Registry, version string, e *engine.Engine, member *cluster.Member, more ...prometheus.Collector) {
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newBuildInfo(version), newActorMetrics(e))
	r.MustRegister(more...)
	if member != nil {
		r.MustRegister(newLogMetrics(member.Node()))
	}
}

// standing tells the gateway which races stand still.
func standing(e *engine.Engine) func() []gateway.Standing {
	return func() (out []gateway.Standing) {
		for _, s := range e.Standing() {
			out = append(out, gateway.Standing{Race: s.ID, Seconds: math.Round(s.For.Seconds()*10) / 10})
		}
		return out
	}
}

// deadEngine tells why the actors cannot go on. Then the process ends, to be started again.
type deadEngine chan error

func newDeadEngine() deadEngine { return make(deadEngine, 1) }

func (d deadEngine) because(err error) {
	select {
	case d <- err:
	default:
	}
}

// begin goes on with what an earlier process left: its simulations, or the shared log, until the context ends.
func (r *running) begin(ctx context.Context, before races.Leftovers) (ended <-chan error, err error) {
	if r.member == nil {
		return nil, r.races.Resume(ctx, before)
	}
	if err := r.races.CatchUp(ctx, before); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- r.member.Run(ctx) }()
	return done, nil
}

// drillsOf are the drills of a server. The races of a shared log are in other processes, which are drilled themselves.
func drillsOf(d *drills.Drills, member *cluster.Member, off bool) gateway.Drills {
	switch {
	case member != nil:
		return noDrills{d, "the races of this server run in other processes: drill those, with lightsout drill --cluster"}
	case off:
		return noDrills{d, "drills are switched off on this server (serve --drills=false)"}
	}
	return d
}

type noDrills struct {
	gateway.Drills
	why string
}

func (n noDrills) Start(context.Context, race.ID, []byte) (gateway.DrillStarted, error) {
	return gateway.DrillStarted{}, fmt.Errorf("%s: %w", n.why, race.ErrConflict)
}

func (n noDrills) Order(context.Context, []byte) (gateway.DrillOrder, error) {
	return gateway.DrillOrder{}, fmt.Errorf("%s: %w", n.why, race.ErrConflict)
}

// transfersOf are the transfers of a server. A log cannot be brought into a shared log, for its batches are not known.
func transfersOf(t *archive.Transfers, member *cluster.Member) gateway.Transfers {
	if member == nil {
		return t
	}
	return noImports{t}
}

type noImports struct{ gateway.Transfers }

func (noImports) ImportLog(context.Context, io.Reader, race.ID) (race.Summary, []string, error) {
	return race.Summary{}, nil, fmt.Errorf("a server at a shared log takes no log files: import the race as a folder, or into a server of its own: %w", race.ErrConflict)
}
