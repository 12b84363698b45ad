package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/race/sabotage"
)

// Link carries batches to the race's journal. Submit never blocks; ack is called later, from any goroutine.
type Link interface {
	Submit(b *race.Batch, ack func(race.Ack))
}

// Limits of a race's credit: how many batches may be in flight to the journal, fewer for many cars.
const (
	maxWindow   = 256
	windowLeast = 4
	windowRows  = 1 << 16
)

// hungAfter is how long a car or a checkpoint may take over a message. Its work takes microseconds.
const hungAfter = 500 * time.Millisecond

// raceActor drives one race. The cell keeps its memory after every change.
type raceActor struct {
	info        race.Race
	model       *drive.Model
	link        Link
	window      int
	incarnation uint32 // number of this incarnation, in the high bits of a tick's attempt
	script      []race.Made
	scripting   bool // batches of the script are being made again

	memory
	tick     *openTick
	taken    int        // of pending, by the open tick
	asked    *actor.PID // the sender that waits for the race to be announced
	opened   uint32
	lines    []*actor.PID
	lost     lost
	filledIn *filledIn

	anchor     time.Time // when anchorTick was due
	anchorTick race.Tick
	waiting    bool // for a wake
}

// Cars, checkpoints and races compute, and a restart takes microseconds: ten a second by bugs are more than any bug of the moment makes.
// Beyond that a car is retired, a checkpoint's passings follow from the rows, and a race fails. A race waits before it begins again, for
// each of its lives makes its open tick once more.
const (
	restartsMax    = 100
	restartsWithin = 10 * time.Second
	raceBackoff    = 10 * time.Millisecond
	raceBackoffMax = time.Second
)

// raceSpec makes the specification of a race's actor.
func raceSpec(msg StartRace, link Link, filled *filledIn, asked *actor.PID) (supervise.Spec, error) {
	incarnation := uint32(0)
	first, err := firstMemory(&msg)
	return supervise.Spec{
		Kind: "race", ID: string(msg.Info.ID), MailboxHint: len(first.rows()) + 16,
		Restarts: restartsMax, Within: restartsWithin, Backoff: raceBackoff, BackoffMax: raceBackoffMax,
		Producer: func() supervise.Actor {
			incarnation++
			return &raceActor{
				info: msg.Info, model: msg.Model, link: link, incarnation: incarnation, script: msg.Script, memory: first, filledIn: filled,
				asked:  asked,
				window: max(windowLeast, min(maxWindow, windowRows/max(1, len(msg.Model.Entries())))),
			}
		},
	}, err
}

func (m *memory) rows() []drive.Row {
	if m.field == nil {
		return nil
	}
	return m.field.Rows
}

// Receive handles commands, rows, closed lines and acknowledgements.
func (a *raceActor) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		a.begin(c)
	case *RowDone:
		a.row(c, msg)
	case *TickClosed:
		a.lineClosed(c, msg)
	case acked:
		a.credit(c, msg.Ack)
	case wake:
		a.waiting = false
		a.proceed(c)
	case ControlRace:
		a.command(c, msg, msg.ReplyTo)
	case CommandCars:
		a.command(c, msg, msg.ReplyTo)
	case RuleRace:
		a.command(c, msg, msg.ReplyTo)
	case supervise.Failed:
		a.childFailed(c, msg)
	}
}

// promise answers an error at once, and success when the newest batch is durable.
func (a *raceActor) promise(c supervise.Context, to *actor.PID, err error, r Result) {
	switch {
	case to == nil:
	case err != nil:
		c.Send(to, Result{Err: err})
	default:
		a.promises = append(slices.Clip(a.promises), promise{a.count, to, r})
		a.keep(c)
	}
}

// keepPromises answers the commands whose batch is durable.
func (a *raceActor) keepPromises(c supervise.Context, ack race.Ack) {
	for len(a.promises) > 0 && a.promises[0].count <= ack.Count {
		p := a.promises[0]
		for _, r := range ack.Against {
			if p.count == ack.Count && r.Seq == p.result.Seq {
				p.result.Err = fmt.Errorf("%w: %s", race.ErrConflict, r.Reason)
			}
		}
		c.Send(p.to, p.result)
		a.promises = a.promises[1:]
	}
}

// begin starts an incarnation: the first one announces the race; a later one continues from the kept memory and submits again what may
// have been lost in flight.
func (a *raceActor) begin(c supervise.Context) {
	kept, again := c.Kept().(*memory)
	if again {
		a.memory = *kept
	}
	if a.failed != nil {
		panic(a.failed) // the Simulator receives Failed
	}
	if a.started {
		a.spawn(c)
	}
	for _, b := range a.unacked {
		a.send(c, b)
	}
	if a.count == 0 {
		a.announce(c)
	}
	if a.scripting = a.scripted() != nil; !a.scripting {
		a.scriptDone(c)
	}
	if !again {
		a.promise(c, a.asked, nil, Result{})
	}
	if len(a.unacked) == 0 {
		a.keepPromises(c, race.Ack{Count: a.count})
	}
	a.proceed(c)
}

func (a *raceActor) spawn(c supervise.Context) {
	a.lines = make([]*actor.PID, len(a.info.Lines))
	for i := range a.lines {
		a.lines[i] = c.Spawn(supervise.Spec{
			Kind: "checkpoint", ID: strconv.Itoa(i), Deadline: hungAfter, Restarts: restartsMax, Within: restartsWithin,
			Producer: func() supervise.Actor { return &checkpoint{line: i} },
		})
	}
	for i := range a.field.Rows {
		c.Spawn(supervise.Spec{
			Kind: "car", ID: strconv.Itoa(i), MailboxHint: 1, Deadline: hungAfter, Restarts: restartsMax, Within: restartsWithin,
			Producer: func() supervise.Actor { return &car{model: a.model, idx: race.CarIdx(i), lines: a.lines} },
		})
	}
}

// announce opens the log with the race info and the entries.
func (a *raceActor) announce(c supervise.Context) {
	b := &race.Batch{Records: []race.Record{{Body: race.Announced{Race: a.info}}}}
	for _, e := range a.model.Entries() {
		b.Records = append(b.Records, race.Record{Body: race.Entered{Entry: e}})
	}
	if a.started {
		b.Records = append(b.Records, race.Record{Body: race.Started{}})
		b.Inputs = []race.Input{{Control: new(race.ControlStart)}}
	}
	a.submitBatch(c, b)
}

// submitBatch numbers a batch, and compares it with the one that it is made again from.
func (a *raceActor) submitBatch(c supervise.Context, b *race.Batch) {
	was := a.scripted()
	a.submit(a.info.ID, b)
	if was != nil && (was.Hash != 0 && was.Hash != b.Hash || was.Tick != b.Tick) {
		a.fail(c, a.otherwise(b.Count, fmt.Errorf("its hash is %016x and was %016x", b.Hash, was.Hash)))
	}
	a.keep(c)
	a.send(c, b)
}

// fail ends the race for good. Answers that are due say why; the Simulator receives Failed.
func (a *raceActor) fail(c supervise.Context, err error) {
	a.failed = err
	for _, p := range a.promises {
		a.promise(c, p.to, err, Result{})
	}
	for _, cmd := range a.pending {
		a.promise(c, cmd.ReplyTo, err, Result{})
	}
	for _, cmd := range a.early {
		a.promise(c, cmd.from, err, Result{})
	}
	a.promises, a.pending, a.early = nil, nil, nil
	a.keep(c)
	panic(err)
}

func (a *raceActor) keep(c supervise.Context) {
	m := a.memory
	c.Keep(&m)
}

func (a *raceActor) send(c supervise.Context, b *race.Batch) {
	self := c.Self()
	a.link.Submit(b, func(ack race.Ack) { self(acked{ack}) })
}

// row accepts a car's row. It ignores rows of other ticks and of earlier incarnations.
func (a *raceActor) row(c supervise.Context, r *RowDone) {
	if t := a.tick; t != nil && t.n == r.N && t.attempt == r.Attempt && t.row(r.Car, r.Row, r.Crossings) {
		a.closeLines(c)
	}
}

func (a *raceActor) closeLines(c supervise.Context) {
	t := a.tick
	lines := t.close(a.model, len(a.lines))
	if t.open == 0 {
		a.closeTick(c)
		return
	}
	for line, expected := range lines {
		switch ask := (&CloseTick{N: t.n, Attempt: t.attempt, Expected: expected}); {
		case expected == nil:
		case a.lost.lines[line]:
			a.lineClosed(c, ask.filledIn(line))
		default:
			c.Send(a.lines[line], ask)
		}
	}
}

func (a *raceActor) lineClosed(c supervise.Context, msg *TickClosed) {
	t := a.tick
	if t == nil || t.n != msg.N || t.attempt != msg.Attempt || t.next == nil {
		return
	}
	a.filledIn.add(msg.FilledIn, msg.Repeated)
	if t.passings(msg.Line, msg.Passed) {
		a.closeTick(c)
	}
}

// closeTick makes the tick's batch, replaces the field and proceeds.
func (a *raceActor) closeTick(c supervise.Context) {
	t := a.tick
	b := &race.Batch{Tick: true, Records: t.records(a.model), Frame: a.model.Frame(t.next)}
	if sabotage.On(sabotage.StalePicture) && a.incarnation > 1 && a.opened == 1 {
		stale := a.model.Frame(t.prev)
		stale.Tick, stale.Time = b.Frame.Tick, b.Frame.Time
		b.Frame = stale
	}
	a.field, a.tick = t.next, nil
	taken := slices.Concat(a.pending[:a.taken], t.withdrawn)
	a.pending, a.taken = a.pending[a.taken:], 0
	if a.model.Done(a.field) {
		b.Records = append(b.Records, race.Record{Time: a.field.Time, Body: race.Ended{}})
		a.end(c)
	}
	results := sign(b.Records, taken, a.seq+1)
	b.Taken, b.Inputs = len(taken), inputsTaken(taken, results)
	a.submitBatch(c, b)
	for i, cmd := range taken {
		a.promise(c, cmd.ReplyTo, nil, results[i])
	}
	a.proceed(c)
}

// credit handles the journal's answer.
func (a *raceActor) credit(c supervise.Context, ack race.Ack) {
	if ack.Refused != nil {
		a.fail(c, ack.Refused)
	}
	a.acknowledge(ack.Count)
	a.keep(c)
	a.keepPromises(c, ack)
	if ack.Resend && !sabotage.On(sabotage.Resend) {
		for _, b := range a.unacked {
			a.send(c, b)
		}
	}
	a.proceed(c)
}

// finish reports to the Simulator once everything is durable.
func (a *raceActor) finish(c supervise.Context) {
	if len(a.unacked) == 0 {
		c.Send(c.Parent(), RaceOver{ID: a.info.ID})
	}
}
