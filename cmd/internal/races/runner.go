package races

import (
	"context"

	"lightsout/actors/simulator"
	"lightsout/race"
)

var _ Runner = local{}

// Runner carries out what is ordered for races. It returns when that is durable and this process's copy has it.
type Runner interface {
	// Start makes a simulated race.
	Start(ctx context.Context, msg simulator.StartRace) error
	// Control starts, pauses, resumes or stops a simulated race.
	Control(ctx context.Context, id race.ID, what race.Control) error
	// Rule hands a ruling to a simulation that runs. It returns race.ErrConflict if none runs.
	Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error)
	// Ingest hands a report to a race's log.
	Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error)
	// Delete deletes a race in every process that has it. ctx has no end.
	Delete(ctx context.Context, of race.Race) error
}

// local is the Runner of a server whose races run in its own engine.
type local struct{ races *Races }

// Start makes a race's actors, and registers the simulation.
func (l local) Start(_ context.Context, msg simulator.StartRace) error {
	began := l.races.register.begin(msg.Info.ID)
	err := l.races.engine.Start(msg)
	if err != nil && began {
		l.races.register.end(msg.Info.ID)
	}
	return err
}

// Control commands the simulation. The order is carried out even if ctx ends before.
func (l local) Control(_ context.Context, id race.ID, what race.Control) error {
	return l.races.engine.Control(id, what)
}

// Rule hands a ruling to the simulation.
func (l local) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	return l.races.engine.Rule(ctx, id, r)
}

// Ingest hands a report to the processor.
func (l local) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	return l.races.engine.Ingest(ctx, id, in)
}

// Delete deletes the race in this process, which is the only one.
func (l local) Delete(ctx context.Context, of race.Race) error { return l.races.remove(ctx, of) }
