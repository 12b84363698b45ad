package processor

import (
	"fmt"
	"log/slog"
	"maps"

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
}

// processor is the root of the hierarchy: it has a Timekeeper for each race that has records to come.
type processor struct {
	cfg   Config
	races map[race.ID]*actor.PID
}

// Producer makes the root actor.
func Producer(cfg Config) supervise.Producer {
	return func() supervise.Actor { return &processor{cfg: cfg, races: map[race.ID]*actor.PID{}} }
}

// Receive passes on to the race's Timekeeper.
func (p *processor) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		if kept, ok := c.Kept().(map[race.ID]*actor.PID); ok {
			p.races = maps.Clone(kept)
		}
	case Submit:
		c.Send(p.timekeeper(c, msg.Batch.Race), msg)
	case Recover:
		p.timekeeper(c, msg.ID)
	case Forget:
		if pid := p.races[msg.ID]; pid != nil {
			c.Stop(pid)
			delete(p.races, msg.ID)
			c.Keep(maps.Clone(p.races))
		}
	case GetClassification:
		p.classification(c, msg)
	case supervise.Failed:
		p.cfg.Log.Error("a timekeeper was given a message that it cannot handle",
			slog.String("race", msg.ID), slog.Any("reason", msg.Reason), slog.Bool("given_up", msg.GivenUp))
	}
}

func (p *processor) timekeeper(c supervise.Context, id race.ID) *actor.PID {
	pid := p.races[id]
	if pid == nil {
		pid = c.Spawn(supervise.Spec{
			Kind: "timekeeper", ID: string(id),
			Producer: func() supervise.Actor { return newTimekeeper(p.cfg, id) },
		})
		p.races[id] = pid
		c.Keep(maps.Clone(p.races))
	}
	return pid
}

func (p *processor) classification(c supervise.Context, msg GetClassification) {
	pid := p.races[msg.ID]
	if pid == nil {
		c.Respond(Classification{Err: fmt.Errorf("race %s: %w", msg.ID, race.ErrNotFound)})
		return
	}
	msg.ReplyTo = c.Sender()
	c.Send(pid, msg)
}
