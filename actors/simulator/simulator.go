package simulator

import (
	"fmt"
	"maps"
	"sync/atomic"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// Observer hears of the ends of races. The Simulator calls it; it must not block.
type Observer interface {
	RaceOver(id race.ID)
	RaceFailed(id race.ID, reason string)
}

// Config of a Simulator.
type Config struct {
	Link     Link
	Observer Observer
}

// filledIn counts passings that were lost and filled in; 0 without faults.
type filledIn struct{ filled, repeated atomic.Int64 }

func (f *filledIn) add(filled, repeated int) {
	f.filled.Add(int64(filled))
	f.repeated.Add(int64(repeated))
}

// Stats of a Simulator, for metrics.
type Stats struct{ filled *filledIn }

// NewStats makes the counters for a Producer.
func NewStats() *Stats { return &Stats{filled: &filledIn{}} }

// FilledIn counts passings that were lost with an incarnation of a checkpoint.
func (s *Stats) FilledIn() int64 { return s.filled.filled.Load() }

// Repeated counts passings that came twice, from a car's next incarnation.
func (s *Stats) Repeated() int64 { return s.filled.repeated.Load() }

// simulator is the root of the hierarchy: it starts and ends races.
type simulator struct {
	cfg   Config
	stats *Stats
	races map[race.ID]*actor.PID
	asked map[race.ID][]*actor.PID // senders that wait until a dropped race has ended
}

// Producer makes the root actor.
func Producer(cfg Config, stats *Stats) supervise.Producer {
	return func() supervise.Actor {
		return &simulator{cfg: cfg, stats: stats, races: map[race.ID]*actor.PID{}, asked: map[race.ID][]*actor.PID{}}
	}
}

// Receive handles commands and the facts of races.
func (s *simulator) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		if kept, ok := c.Kept().(map[race.ID]*actor.PID); ok {
			s.races = maps.Clone(kept)
		}
	case StartRace:
		s.start(c, msg)
	case CommandRace:
		s.command(c, msg)
	case DropRace:
		s.drop(c, msg.ID)
	case RaceOver:
		if pid := s.races[msg.ID]; pid != nil {
			c.Stop(pid)
			s.cfg.Observer.RaceOver(msg.ID)
		}
	case supervise.ChildStopped:
		id := race.ID(msg.ID)
		for _, to := range s.asked[id] {
			c.Send(to, Result{})
		}
		delete(s.asked, id)
		delete(s.races, id)
		c.Keep(maps.Clone(s.races))
	case supervise.Failed:
		if msg.Kind == "race" {
			s.fail(c, race.ID(msg.ID), fmt.Sprint(msg.Reason))
		}
	case RaceLost:
		s.fail(c, msg.ID, msg.Reason)
	}
}

// fail ends a race that cannot go on.
func (s *simulator) fail(c supervise.Context, id race.ID, reason string) {
	if pid := s.races[id]; pid != nil {
		c.Stop(pid)
		s.cfg.Observer.RaceFailed(id, reason)
	}
}

// start makes a race's actors; the race answers when its announcement is durable.
func (s *simulator) start(c supervise.Context, msg StartRace) {
	if s.races[msg.Info.ID] != nil {
		if c.Retried() {
			return // an earlier incarnation started it
		}
		c.Respond(Result{Err: fmt.Errorf("race %s runs already: %w", msg.Info.ID, race.ErrConflict)})
		return
	}
	spec, err := raceSpec(msg, s.cfg.Link, s.stats.filled, c.Sender())
	if err != nil {
		c.Respond(Result{Err: err})
		return
	}
	s.races[msg.Info.ID] = c.Spawn(spec)
	c.Keep(maps.Clone(s.races))
}

// drop ends a race without a result, and answers once its actors have ended.
func (s *simulator) drop(c supervise.Context, id race.ID) {
	pid := s.races[id]
	if pid == nil {
		c.Respond(Result{})
		return
	}
	s.asked[id] = append(s.asked[id], c.Sender())
	c.Stop(pid)
}

// command passes a command on; the race answers the sender.
func (s *simulator) command(c supervise.Context, msg CommandRace) {
	pid := s.races[msg.ID]
	if pid == nil {
		c.Respond(Result{Err: fmt.Errorf("race %s is not running: %w", msg.ID, race.ErrConflict)})
		return
	}
	switch cmd := msg.Command.(type) {
	case ControlRace:
		cmd.ReplyTo = c.Sender()
		c.Send(pid, cmd)
	case CommandCars:
		cmd.ReplyTo = c.Sender()
		c.Send(pid, cmd)
	case RuleRace:
		cmd.ReplyTo = c.Sender()
		c.Send(pid, cmd)
	default:
		c.Respond(Result{Err: fmt.Errorf("a race knows no command %T", msg.Command)})
	}
}
