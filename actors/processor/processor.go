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
	// Rejected is called for each record that the rulebook refuses; it may be nil.
	Rejected func(id race.ID, r *race.Record, err error)
	// SnapshotEvery is the least number of records that a Timekeeper folds between two snapshots for its next incarnation; 0 means 20,000.
	SnapshotEvery int
	// Lost is called when nobody times a race any more, for one of its actors was given up; it may be nil. The next message for the race
	// makes new ones, which go on from the journal.
	Lost func(id race.ID, reason string)
	// Link is where an Ingest's batches go; nil means to the race's Recorder. What Link accepts comes back with Submit.
	Link Link
}

// processor is the root of the hierarchy: each race that is timed has a Recorder, a Timekeeper and a Publisher, and an Ingest if its
// records are reported.
type processor struct {
	cfg   Config
	races map[race.ID]raceActors
}

// raceActors are the actors of a race. Batches go from the Recorder to the Timekeeper, facts from there to the Publisher. While the actors
// end, messages for the race wait. It is a value; what its slices hold never changes.
type raceActors struct {
	recorder, timekeeper, publisher *actor.PID
	ingest                          *actor.PID // nil if no record is reported
	ending                          bool
	endingIngest                    bool // the Ingest alone
	waiting                         []any
	asked                           []*actor.PID // senders that wait for the end
	askedIngest                     []*actor.PID // for the end of the Ingest
}

// all are the living actors in the order in which they end: producers of work first.
func (a *raceActors) all() (pids []*actor.PID) {
	for _, pid := range []*actor.PID{a.ingest, a.recorder, a.timekeeper, a.publisher} {
		if pid != nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// forget forgets an actor that has ended.
func (a *raceActors) forget(pid *actor.PID) {
	for _, one := range []**actor.PID{&a.ingest, &a.recorder, &a.timekeeper, &a.publisher} {
		if *one != nil && (*one).Equals(pid) {
			*one = nil
		}
	}
}

// Producer makes the root actor.
func Producer(cfg Config) supervise.Producer {
	return func() supervise.Actor { return &processor{cfg: cfg, races: map[race.ID]raceActors{}} }
}

// Receive routes messages to the race's actors.
func (p *processor) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		if kept, ok := c.Kept().(map[race.ID]raceActors); ok {
			p.races = maps.Clone(kept)
		}
	case Ingest:
		msg.ReplyTo = c.Sender()
		p.dispatch(c, msg)
	case GetClassification:
		msg.ReplyTo = c.Sender()
		p.dispatch(c, msg)
	case Submit, Recover:
		p.dispatch(c, msg)
	case Forget:
		p.forget(c, msg.ID)
	case EndIngest:
		p.endIngest(c, msg.ID)
	case supervise.ChildStopped:
		p.ended(c, race.ID(msg.ID), msg.Child)
	case supervise.Failed:
		p.cfg.Log.Error("a race's actor was given a message that it cannot handle", slog.String("kind", msg.Kind),
			slog.String("race", msg.ID), slog.Any("reason", msg.Reason), slog.Bool("given_up", msg.GivenUp))
		if msg.GivenUp {
			p.lost(c, race.ID(msg.ID), &msg)
		}
	}
}

// dispatch sends a message to the race's actors, and makes them if there are none.
func (p *processor) dispatch(c supervise.Context, msg any) {
	id := raceOf(msg)
	f := p.races[id]
	if _, reported := msg.(Ingest); f.ending || f.endingIngest && reported {
		f.waiting = append(slices.Clip(f.waiting), msg)
		p.keep(c, id, f)
		return
	}
	switch msg := msg.(type) {
	case Submit:
		c.Send(p.timing(c, id).recorder, msg)
	case Recover:
		p.timing(c, id)
	case Ingest:
		p.timing(c, id)
		c.Send(p.ingest(c, id), msg)
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
	case Ingest:
		return msg.ID
	case GetClassification:
		return msg.ID
	}
	panic(fmt.Sprintf("processor: a %T is for no race", msg))
}

func (p *processor) keep(c supervise.Context, id race.ID, f raceActors) {
	if len(f.all()) == 0 {
		delete(p.races, id)
	} else {
		p.races[id] = f
	}
	c.Keep(maps.Clone(p.races))
}

// timing returns the actors that time a race. It makes them from the end of the line, for each knows the next one.
func (p *processor) timing(c supervise.Context, id race.ID) raceActors {
	f := p.races[id]
	if f.recorder != nil {
		return f
	}
	spawn := func(kind string, producer supervise.Producer) *actor.PID {
		return c.Spawn(supervise.Spec{
			Kind: kind, ID: string(id), Backoff: backoff, BackoffMax: backoffMax, Restarts: restartsMax, Within: restartsWithin, Producer: producer,
		})
	}
	publisherPID := spawn("publisher", func() supervise.Actor { return &publisher{spectators: p.cfg.Spectators, id: id} })
	timekeeperPID := spawn("timekeeper", func() supervise.Actor { return newTimekeeper(p.cfg, id, publisherPID) })
	f.publisher, f.timekeeper = publisherPID, timekeeperPID
	f.recorder = spawn("recorder", func() supervise.Actor {
		return &recorder{journal: p.cfg.Journal, id: id, log: p.cfg.Log, incarnation: newIncarnation(), timekeeper: timekeeperPID}
	})
	p.keep(c, id, f)
	return f
}

func (p *processor) ingest(c supervise.Context, id race.ID) *actor.PID {
	f := p.races[id]
	if f.ingest == nil {
		f.ingest = c.Spawn(supervise.Spec{
			Kind: "intake", ID: string(id), Backoff: backoff, BackoffMax: backoffMax, Restarts: restartsMax, Within: restartsWithin,
			Producer: func() supervise.Actor { return &ingest{cfg: p.cfg, id: id, incarnation: newIncarnation()} },
		})
		p.keep(c, id, f)
	}
	return f.ingest
}

// lost ends all actors of a race after one was given up: what the others would do without it is not what happened.
func (p *processor) lost(c supervise.Context, id race.ID, failed *supervise.Failed) {
	f, known := p.races[id]
	if !known || f.ending {
		return
	}
	p.end(c, id, f)
	if p.cfg.Lost != nil && failed.Kind != "intake" {
		p.cfg.Lost(id, fmt.Sprintf("its %s was given up: %v", failed.Kind, failed.Reason))
	}
}

// forget ends a race's actors, one after another; the log has all that they know.
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
	p.end(c, id, f)
}

// end ends a race's actors, the first of them now; ended goes on with the others.
func (p *processor) end(c supervise.Context, id race.ID, f raceActors) {
	f.ending = true
	p.keep(c, id, f)
	c.Stop(f.all()[0])
}

// endIngest ends a race's Ingest; the other actors live on.
func (p *processor) endIngest(c supervise.Context, id race.ID) {
	f := p.races[id]
	if f.ingest == nil {
		c.Respond(IngestEnded{ID: id})
		return
	}
	if asked := c.Sender(); asked != nil && !slices.ContainsFunc(f.askedIngest, asked.Equals) {
		f.askedIngest = append(slices.Clip(f.askedIngest), asked)
	}
	f.endingIngest = true
	p.keep(c, id, f)
	c.Send(f.ingest, handOver{})
	c.Stop(f.ingest)
}

// ended notes the end of one of a race's actors. After the last one, messages that waited make new ones; after an Ingest that ended alone,
// reports that waited make another.
func (p *processor) ended(c supervise.Context, id race.ID, child *actor.PID) {
	f, known := p.races[id]
	if !known {
		return
	}
	f.forget(child)
	handedOver := f.endingIngest && f.ingest == nil
	if handedOver {
		for _, to := range f.askedIngest {
			c.Send(to, IngestEnded{ID: id})
		}
		f.endingIngest, f.askedIngest = false, nil
	}
	waiting := f.waiting
	left := f.all()
	switch {
	case f.ending && len(left) > 0:
		p.keep(c, id, f)
		c.Stop(left[0])
		return
	case len(left) > 0 && !handedOver:
		p.keep(c, id, f)
		return
	}
	f.waiting = nil
	p.keep(c, id, f)
	if len(left) == 0 {
		for _, to := range f.asked {
			c.Send(to, Forgotten{ID: id})
		}
	}
	for _, msg := range waiting {
		p.dispatch(c, msg)
	}
}
