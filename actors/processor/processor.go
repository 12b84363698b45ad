package processor

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// Config of a Processor.
type Config struct {
	Journal    Journal
	Spectators Spectators
	Log        *slog.Logger
	// Rejected is called for each record that the rulebook refuses; nil: nobody counts.
	Rejected func(id race.ID, r *race.Record, err error)
	// SnapshotEvery is how many records a Timekeeper folds at the least before it keeps a snapshot for its next incarnation;
	// 0: 20,000.
	SnapshotEvery int
}

// processor is the root of the hierarchy: for each race that has records to come it has a Timekeeper, and an Intake
// where they come from outside.
type processor struct {
	cfg   Config
	races map[race.ID]family
}

// family is a race's actors. While they end, messages for the race wait. It is a value; what its slices hold is never
// changed.
type family struct {
	timekeeper, intake *actor.PID
	ending             bool
	waiting            []any
	asked              []*actor.PID // who waits for the end
}

// Producer makes the root actor.
func Producer(cfg Config) supervise.Producer {
	return func() supervise.Actor { return &processor{cfg: cfg, races: map[race.ID]family{}} }
}

// Receive passes on to the race's actors.
func (p *processor) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		if kept, ok := c.Kept().(map[race.ID]family); ok {
			p.races = maps.Clone(kept)
		}
	case TakeIn:
		msg.ReplyTo = c.Sender()
		p.dispatch(c, msg)
	case GetClassification:
		msg.ReplyTo = c.Sender()
		p.dispatch(c, msg)
	case Submit, Recover:
		p.dispatch(c, msg)
	case Forget:
		p.forget(c, msg.ID)
	case supervise.ChildStopped:
		p.ended(c, race.ID(msg.ID), msg.Child)
	case supervise.Failed:
		p.cfg.Log.Error("a race's actor was given a message that it cannot handle", slog.String("kind", msg.Kind),
			slog.String("race", msg.ID), slog.Any("reason", msg.Reason), slog.Bool("given_up", msg.GivenUp))
	}
}

// dispatch hands a message to the race's actors, which are made where there are none.
func (p *processor) dispatch(c supervise.Context, msg any) {
	id := raceOf(msg)
	f := p.races[id]
	if f.ending {
		f.waiting = append(slices.Clip(f.waiting), msg)
		p.keep(c, id, f)
		return
	}
	switch msg := msg.(type) {
	case Submit:
		c.Send(p.timekeeper(c, id), msg)
	case Recover:
		p.timekeeper(c, id)
	case TakeIn:
		p.timekeeper(c, id)
		c.Send(p.intake(c, id), msg)
	case GetClassification:
		if f.timekeeper == nil {
			c.Send(msg.ReplyTo, Classification{Err: fmt.Errorf("race %s: %w", id, race.ErrNotFound)})
			return
		}
		c.Send(f.timekeeper, msg)
	}
}

func raceOf(msg any) race.ID {
	switch msg := msg.(type) {
	case Submit:
		return msg.Batch.Race
	case Recover:
		return msg.ID
	case TakeIn:
		return msg.ID
	case GetClassification:
		return msg.ID
	}
	panic(fmt.Sprintf("processor: a %T is for no race", msg))
}

func (p *processor) keep(c supervise.Context, id race.ID, f family) {
	if f.timekeeper == nil && f.intake == nil {
		delete(p.races, id)
	} else {
		p.races[id] = f
	}
	c.Keep(maps.Clone(p.races))
}

func (p *processor) timekeeper(c supervise.Context, id race.ID) *actor.PID {
	f := p.races[id]
	if f.timekeeper == nil {
		f.timekeeper = c.Spawn(supervise.Spec{
			Kind: "timekeeper", ID: string(id), Backoff: backoff, BackoffMax: backoffMax,
			Producer: func() supervise.Actor { return newTimekeeper(p.cfg, id) },
		})
		p.keep(c, id, f)
	}
	return f.timekeeper
}

func (p *processor) intake(c supervise.Context, id race.ID) *actor.PID {
	f := p.races[id]
	if f.intake == nil {
		f.intake = c.Spawn(supervise.Spec{
			Kind: "intake", ID: string(id), Backoff: backoff, BackoffMax: backoffMax,
			Producer: func() supervise.Actor { return &intake{cfg: p.cfg, id: id, life: newLife()} },
		})
		p.keep(c, id, f)
	}
	return f.intake
}

// forget ends a race's actors, the intake first; the log has all that they know.
func (p *processor) forget(c supervise.Context, id race.ID) {
	f, known := p.races[id]
	asked := c.Sender()
	if !known {
		if asked != nil {
			c.Send(asked, Forgotten{ID: id})
		}
		return
	}
	if asked != nil && !slices.ContainsFunc(f.asked, asked.Equals) {
		f.asked = append(slices.Clip(f.asked), asked)
	}
	f.ending = true
	p.keep(c, id, f)
	for _, pid := range []*actor.PID{f.intake, f.timekeeper} {
		if pid != nil {
			c.Stop(pid)
		}
	}
}

// ended notes the end of one of a race's actors. After the last one, what waited makes new ones.
func (p *processor) ended(c supervise.Context, id race.ID, child *actor.PID) {
	f, known := p.races[id]
	if !known {
		return
	}
	if f.intake != nil && f.intake.Equals(child) {
		f.intake = nil
	}
	if f.timekeeper != nil && f.timekeeper.Equals(child) {
		f.timekeeper = nil
	}
	p.keep(c, id, f)
	if f.intake != nil || f.timekeeper != nil {
		return
	}
	for _, to := range f.asked {
		c.Send(to, Forgotten{ID: id})
	}
	for _, msg := range f.waiting {
		p.dispatch(c, msg)
	}
}
