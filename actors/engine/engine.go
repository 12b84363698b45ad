package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/sabotage"
)

var _ simulator.Link = (*Engine)(nil)

// askTimeout bounds how long a question to an actor may take. An answer waits for a commit.
const askTimeout = 15 * time.Second

// handTimeout bounds how long the outcome of what was handed over is waited for: a race that is made again takes its commands afterwards.
const handTimeout = 30 * time.Minute

// stopTimeout bounds how long the actors may take to end.
const stopTimeout = 30 * time.Second

// Pauses of a feed's actor that dies in a row although no drill kills it.
const (
	feedBackoff    = 10 * time.Millisecond
	feedBackoffMax = 5 * time.Second
)

// The roots hand on messages alone: dying of bugs so often, they will not stop by themselves.
const (
	rootBackoff    = 10 * time.Millisecond
	rootBackoffMax = time.Second
	rootRestarts   = 30
	rootWithin     = time.Minute
)

// Engine is the actors of one process: the simulator and its races, the processor, and the feed.
type Engine struct {
	system    *supervise.System
	simulator *actor.PID
	processor *actor.PID
	stats     *simulator.Stats
	pulses    *pulses
}

// Config joins an engine to its journal and to those who follow its races. Journal, Spectators, Observer and Log are needed.
type Config struct {
	Journal       processor.Journal
	Spectators    processor.Spectators
	Observer      simulator.Observer
	Log           *slog.Logger
	Feed          processor.Feed                          // nil means none
	Rejected      func(race.ID, *race.Record, error)      // nil or called with each record that the rules refuse
	Link          func(simulator.Link) simulator.Link     // nil or what stands between a race and the processor
	IngestLink    simulator.Link                          // nil or where reports go instead of the processor, to come back with Submit
	Fault         func(supervise.Strike) time.Duration    // nil or the faults of a drill
	Intercept     func(supervise.Strike) supervise.Action // nil or what a drill does to messages
	Notice        func(any)                               // nil or called with the facts of supervision
	Fatal         func(error)                             // nil or called when the simulator or the processor is given up: this process is of no use
	SnapshotEvery int                                     // records between two snapshots of a Timekeeper; 0 means its default
	Hollywood     bool                                    // use hollywood's own processes, for benchmarks alone
}

// New starts the actors.
func New(cfg Config) (*Engine, error) {
	system, err := supervise.NewSystem(supervise.Config{
		Fault: cfg.Fault, Intercept: cfg.Intercept, Notice: cfg.notice, Hollywood: cfg.Hollywood,
	})
	if err != nil {
		return nil, fmt.Errorf("start the actors: %w", err)
	}
	e := &Engine{system: system, stats: simulator.NewStats(), pulses: newPulses()}
	e.processor = system.Spawn(supervise.Spec{
		Kind: "processor", ID: "1", MailboxHint: 1024, Backoff: rootBackoff, BackoffMax: rootBackoffMax, Restarts: rootRestarts, Within: rootWithin,
		Producer: processor.Producer(processor.Config{
			Journal: cfg.Journal, Spectators: cfg.Spectators, Log: cfg.Log, Rejected: cfg.Rejected, SnapshotEvery: cfg.SnapshotEvery,
			Link: cfg.IngestLink, Lost: func(id race.ID, reason string) {
				e.system.Send(e.simulator, simulator.RaceLost{ID: id, Reason: reason})
			},
		}),
	})
	if cfg.Feed != nil { // nothing takes its place, so it is never given up
		system.Spawn(supervise.Spec{
			Kind: "feed", ID: "1", Attempts: math.MaxInt, Backoff: feedBackoff, BackoffMax: feedBackoffMax,
			Producer: processor.FeedProducer(processor.FeedConfig{Feed: cfg.Feed, Log: cfg.Log}),
		})
	}
	var link simulator.Link = e
	if cfg.Link != nil {
		link = cfg.Link(e)
	}
	e.simulator = system.Spawn(supervise.Spec{
		Kind: "simulator", ID: "1", Backoff: rootBackoff, BackoffMax: rootBackoffMax, Restarts: rootRestarts, Within: rootWithin,
		Producer: simulator.Producer(simulator.Config{Link: e.pulses.link(link), Observer: e.pulses.observer(cfg.Observer)}, e.stats),
	})
	return e, nil
}

// notice logs the facts of supervision and passes them on. Restarts are many where a drill makes them, so they are for --log-level debug.
func (cfg *Config) notice(event any) {
	switch e := event.(type) {
	case supervise.Restarted:
		cfg.Log.Debug("an actor died and lives again", slog.String("kind", e.Kind), slog.String("pid", e.PID.String()),
			slog.Any("reason", e.Reason), slog.Duration("took", e.Took), slog.String("stack", string(e.Stack)))
	case supervise.SetAside:
		cfg.Log.Warn("a message killed an actor too often and was set aside", slog.String("kind", e.Kind), slog.String("pid", e.PID.String()),
			slog.String("message", fmt.Sprintf("%T", e.Message)), slog.Any("reason", e.Reason))
	case supervise.GivenUp:
		cfg.Log.Error("an actor was given up", slog.String("kind", e.Kind), slog.String("id", e.ID), slog.String("reason", e.Reason))
	}
	if g, is := event.(supervise.GivenUp); is && g.Root && cfg.Fatal != nil {
		cfg.Fatal(fmt.Errorf("the %s was given up: %s", g.Kind, g.Reason))
	}
	if cfg.Notice != nil {
		cfg.Notice(event)
	}
}

// Submit hands a race's batch to the processor.
func (e *Engine) Submit(b *race.Batch, ack func(race.Ack)) {
	if sabotage.On(sabotage.LinkOrder) && b.Tick {
		reversed := *b
		reversed.Records = slices.Clone(b.Records)
		slices.Reverse(reversed.Records)
		b = &reversed
	}
	e.system.Send(e.processor, processor.Submit{Batch: b, Ack: ack})
}

// Start makes a race's actors and waits until its announcement is durable.
func (e *Engine) Start(msg simulator.StartRace) error {
	e.pulses.begin(&msg.Info, msg.Start)
	err := e.command(msg)
	if err != nil && !errors.Is(err, race.ErrUnderway) && !errors.Is(err, race.ErrConflict) {
		e.pulses.end(msg.Info.ID)
	}
	return err
}

// Control starts, pauses, resumes or stops a simulated race and waits until that is durable.
func (e *Engine) Control(id race.ID, what race.Control) error {
	_, err := e.Command(context.Background(), id, simulator.ControlRace{Control: what})
	return err
}

// Command hands a simulated race a simulator.ControlRace, RuleRace or CommandCars and waits until it is durable.
func (e *Engine) Command(ctx context.Context, id race.ID, command any) (race.Ruled, error) {
	return e.handCommand(ctx, askTimeout, id, command)()
}

// HandCommand is Command without waiting: the race takes commands in the order of the calls. done is called with the outcome, from another
// goroutine, within askTimeout.
func (e *Engine) HandCommand(id race.ID, command any, done func(race.Ruled, error)) {
	outcome := e.handCommand(context.Background(), handTimeout, id, command)
	go func() { done(outcome()) }()
}

func (e *Engine) handCommand(ctx context.Context, wait time.Duration, id race.ID, command any) (outcome func() (race.Ruled, error)) {
	answer := hand[simulator.Result](ctx, wait, e, e.simulator, simulator.CommandRace{ID: id, Command: command})
	return func() (race.Ruled, error) {
		result, err := answer()
		if err != nil {
			return race.Ruled{}, err
		}
		return race.Ruled{Seq: result.Seq, At: result.At}, result.Err
	}
}

// Drop ends a race's simulation and records nothing. It returns race.ErrUnderway while that is not done.
func (e *Engine) Drop(id race.ID) error {
	e.pulses.end(id)
	return e.command(simulator.DropRace{ID: id})
}

func (e *Engine) command(msg any) error {
	result, err := ask[simulator.Result](context.Background(), e, e.simulator, msg)
	return errors.Join(err, result.Err)
}

// Rule hands a ruling to a simulated race.
func (e *Engine) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	return e.Command(ctx, id, simulator.RuleRace{Record: r})
}

// Ingest hands what was reported of a race to its log and waits until it is durable and applied.
func (e *Engine) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	return e.handReport(ctx, askTimeout, id, in)()
}

// HandReport is Ingest without waiting: reports come into the race's log in the order of the calls. done is called with the outcome, from
// another goroutine, within askTimeout. in is given: the caller no longer changes it.
func (e *Engine) HandReport(id race.ID, in *race.Report, done func(race.Ingested, error)) {
	outcome := e.handReport(context.Background(), handTimeout, id, in)
	go func() { done(outcome()) }()
}

func (e *Engine) handReport(ctx context.Context, wait time.Duration, id race.ID, in *race.Report) (outcome func() (race.Ingested, error)) {
	answer := hand[processor.Ingested](ctx, wait, e, e.processor, processor.Ingest{ID: id, Report: in})
	return func() (race.Ingested, error) {
		result, err := answer()
		if err != nil {
			return race.Ingested{}, err
		}
		return result.Result, result.Err
	}
}

// EndIngest ends the Ingest of a race and waits until it has ended. Reports that were in flight are answered with race.ErrUnderway; later
// ones find what the journal has by then.
func (e *Engine) EndIngest(ctx context.Context, id race.ID) error {
	_, err := ask[processor.IngestEnded](ctx, e, e.processor, processor.EndIngest{ID: id})
	return err
}

// Classification asks a race's Timekeeper. It returns race.ErrNotFound for a race that is not being timed.
func (e *Engine) Classification(ctx context.Context, id race.ID) (race.Classification, error) {
	c, err := ask[processor.Classification](ctx, e, e.processor, processor.GetClassification{ID: id})
	if err != nil {
		return race.Classification{}, err
	}
	return c.Result, c.Err
}

// Recover has a race timed again from its newest snapshot, before its simulation goes on.
func (e *Engine) Recover(id race.ID) { e.system.Send(e.processor, processor.Recover{ID: id}) }

// Retire ends the processor's actors of a race that is over and does not wait for them.
func (e *Engine) Retire(id race.ID) { e.system.Send(e.processor, processor.Forget{ID: id}) }

// Forget ends the processor's actors of a race and waits until they are gone.
func (e *Engine) Forget(ctx context.Context, id race.ID) error {
	_, err := ask[any](ctx, e, e.processor, processor.Forget{ID: id})
	return err
}

// System shows the actors that live now.
func (e *Engine) System() *supervise.System { return e.system }

// FilledIn counts the passings that were lost with a checkpoint's state and that the races filled in.
func (e *Engine) FilledIn() int64 { return e.stats.FilledIn() }

// Repeated counts the passings that cars reported again after a restart.
func (e *Engine) Repeated() int64 { return e.stats.Repeated() }

// Stop ends all actors, even if ctx has ended.
func (e *Engine) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := e.system.Stop(ctx); err != nil {
		return fmt.Errorf("stop the actors: %w", err)
	}
	return nil
}

// ask sends an actor a question and waits for its answer.
func ask[A any](ctx context.Context, e *Engine, to *actor.PID, msg any) (A, error) {
	return hand[A](ctx, askTimeout, e, to, msg)()
}

// hand sends an actor a question and returns the call that waits for its answer; make that call once. An answer that comes after the
// timeout is not read.
func hand[A any](ctx context.Context, wait time.Duration, e *Engine, to *actor.PID, msg any) (answer func() (A, error)) {
	if until, bounded := ctx.Deadline(); bounded {
		wait = min(wait, time.Until(until))
	}
	asked := e.system.Engine().Request(to, msg, wait)
	return func() (A, error) {
		var none A
		got, err := asked.Result()
		if err != nil {
			return none, fmt.Errorf("no answer within %v: %w", wait, errors.Join(race.ErrUnderway, err))
		}
		a, ok := got.(A)
		if !ok {
			return none, fmt.Errorf("an answer of %T", got)
		}
		return a, nil
	}
}
