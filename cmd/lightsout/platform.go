package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// The rooms are joined here: each of these says that a room's need is met by another.
var (
	_ processor.Journal = (*sqlite.Store)(nil)
	_ processor.Journal = (*memory.Store)(nil)
	_ sqlite.Codec      = transport.Codec{}
	_ simulator.Link    = (*platform)(nil)
)

// askTimeout bounds how long a question to an actor may take. An answer waits for a commit.
const askTimeout = 15 * time.Second

// Pauses of a feed's actor that dies in a row although no drill kills it.
const (
	feedBackoff    = 10 * time.Millisecond
	feedBackoffMax = 5 * time.Second
)

// platform is the actors of one process, joined to a journal and to whoever watches.
type platform struct {
	system    *supervise.System
	simulator *actor.PID
	processor *actor.PID
	stats     *simulator.Stats
}

// parts are what a platform is joined to.
type parts struct {
	journal    processor.Journal
	spectators processor.Spectators
	observer   simulator.Observer
	log        *slog.Logger
	workers    int
	fault      func(supervise.Strike) time.Duration
	meddle     func(supervise.Strike) supervise.Action
	notice     func(any)
	link       func(simulator.Link) simulator.Link // nil: as it is
	feed       processor.Feed                      // nil: there is none
	rejected   func(race.ID, *race.Record, error)
	// snapshotEvery is the Timekeepers'; 0: as they like.
	snapshotEvery int
	hollywood     bool // benchmarks alone
}

func newPlatform(p parts) (*platform, error) {
	system, err := supervise.NewSystem(supervise.Config{
		Workers: p.workers, Fault: p.fault, Meddle: p.meddle, Notice: p.notice, Hollywood: p.hollywood,
	})
	if err != nil {
		return nil, fmt.Errorf("start the actors: %w", err)
	}
	pl := &platform{system: system, stats: simulator.NewStats()}
	pl.processor = system.Spawn(supervise.Spec{
		Kind: "processor", ID: "1", MailboxHint: 1024,
		Producer: processor.Producer(processor.Config{
			Journal: p.journal, Spectators: p.spectators, Log: p.log, Rejected: p.rejected,
			SnapshotEvery: p.snapshotEvery,
		}),
	})
	if p.feed != nil { // nothing takes its place, so it is never given up
		system.Spawn(supervise.Spec{
			Kind: "feed", ID: "1", Attempts: math.MaxInt, Backoff: feedBackoff, BackoffMax: feedBackoffMax,
			Producer: processor.FeedProducer(processor.FeedConfig{Feed: p.feed, Log: p.log}),
		})
	}
	var link simulator.Link = pl
	if p.link != nil {
		link = p.link(pl)
	}
	pl.simulator = system.Spawn(supervise.Spec{
		Kind: "simulator", ID: "1",
		Producer: simulator.Producer(simulator.Config{Link: link, Observer: p.observer}, pl.stats),
	})
	return pl, nil
}

// Submit is the in-process link from a race to its journal.
func (p *platform) Submit(b *race.Batch, ack func(race.Ack)) {
	p.system.Send(p.processor, processor.Submit{Batch: b, Ack: ack})
}

// start makes a race's actors and waits until its announcement is durable.
func (p *platform) start(msg simulator.StartRace) error { return p.ask(msg) }

// tell gives a race a command and waits until it is durable.
func (p *platform) tell(id race.ID, command any) error {
	return p.ask(simulator.TellRace{ID: id, Command: command})
}

func (p *platform) ask(msg any) error {
	answer, err := p.request(context.Background(), p.simulator, msg)
	if err != nil {
		return err
	}
	result, ok := answer.(simulator.Result)
	if !ok {
		return fmt.Errorf("an answer of %T", answer)
	}
	return result.Err
}

// request asks an actor from outside. The answer may come after the asker has gone: then nobody reads it.
func (p *platform) request(ctx context.Context, to *actor.PID, msg any) (any, error) {
	wait := askTimeout
	if until, bounded := ctx.Deadline(); bounded {
		wait = min(wait, time.Until(until))
	}
	answer, err := p.system.Engine().Request(to, msg, wait).Result()
	if err != nil {
		return nil, fmt.Errorf("no answer within %v: %w", wait, errors.Join(race.ErrUnderway, err))
	}
	return answer, nil
}

// classification asks a race's Timekeeper; race.ErrNotFound where it is not being timed now.
func (p *platform) classification(ctx context.Context, id race.ID) (race.Classification, error) {
	answer, err := p.request(ctx, p.processor, processor.GetClassification{ID: id})
	if err != nil {
		return race.Classification{}, err
	}
	c, ok := answer.(processor.Classification)
	if !ok {
		return race.Classification{}, fmt.Errorf("an answer of %T", answer)
	}
	return c.Result, c.Err
}

func (p *platform) stop(ctx context.Context) error {
	if err := p.system.Stop(ctx); err != nil {
		return fmt.Errorf("stop the actors: %w", err)
	}
	return nil
}

// newRace makes the head and the model of an ordered race.
func newRace(o race.Order, id race.ID, c *circuit.Circuit) (race.Race, *drive.Model, error) {
	if err := o.Validate(); err != nil {
		return race.Race{}, nil, err
	}
	if o.TickHz == 0 {
		o.TickHz = 10
	}
	model, err := drive.NewModel(drive.Config{Circuit: c, Cars: o.Cars, Laps: o.Laps, Seed: o.Seed, TickHz: o.TickHz})
	if err != nil { // of what was ordered
		return race.Race{}, nil, &race.InvalidError{Faults: []race.Fault{{Field: "order", Message: err.Error()}}}
	}
	text, err := c.MarshalText()
	if err != nil {
		return race.Race{}, nil, fmt.Errorf("write the circuit: %w", err)
	}
	if o.Name == "" {
		o.Name = c.Name
	}
	rules := race.F1(o.Laps)
	rules.RunningLimit, rules.WindowLimit = 0, 0 // a simulated race goes its distance
	return race.Race{
		ID: id, Name: o.Name, Kind: race.Simulation, Circuit: c.Key, CircuitText: string(text), Lines: c.Lines,
		Rules: rules, Cars: o.Cars, Seed: o.Seed, TickHz: o.TickHz, Speed: o.Speed, TelemetryEvery: o.TelemetryEvery,
	}, model, nil
}

// modelOf makes the model of a race that was announced before, from its head alone.
func modelOf(head race.Race) (*drive.Model, error) {
	c, err := parseCircuit(head.Circuit, head.CircuitText)
	if err != nil {
		return nil, err
	}
	model, err := drive.NewModel(drive.Config{
		Circuit: c, Cars: head.Cars, Laps: head.Rules.Laps, Seed: head.Seed, TickHz: head.TickHz,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the race: %w", err)
	}
	return model, nil
}

func parseCircuit(key, text string) (*circuit.Circuit, error) {
	c, err := circuit.Parse(key, strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the circuit: %w", err)
	}
	return c, nil
}

// openCircuit finds a circuit of the house by its key, or reads one from a file.
func openCircuit(key string) (*circuit.Circuit, error) {
	if strings.ContainsAny(key, "./\\") {
		return readCircuit(key)
	}
	c, err := circuit.Open(key)
	if err != nil {
		return nil, unknownCircuit(key, circuit.List())
	}
	return c, nil
}

func unknownCircuit(key string, known []string) error {
	return &race.InvalidError{Faults: []race.Fault{{
		Field: "circuit", Message: fmt.Sprintf("%q is unknown", key), Allowed: strings.Join(known, ", "),
	}}}
}

// asBadInput marks what is wrong with what the user gave.
func asBadInput(err error) error {
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		return badInput("%w", err)
	}
	return err
}
