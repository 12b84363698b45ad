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
	goesOn      bool   // a race that was left waiting or paused

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

// raceSpec makes the specification of a race's actor.
func raceSpec(msg StartRace, link Link, filled *filledIn, asked *actor.PID) supervise.Spec {
	incarnation := uint32(0)
	first := memory{field: msg.Model.Grid(), started: msg.Start}
	if msg.From != nil && msg.From.Count > 0 {
		var err error
		if first, err = resume(msg.From, msg.Model); err != nil {
			first.failed = err
		}
	}
	return supervise.Spec{Kind: "race", ID: string(msg.Info.ID), MailboxHint: len(first.rows()) + 16,
		Producer: func() supervise.Actor {
			incarnation++
			return &raceActor{
				info: msg.Info, model: msg.Model, link: link, incarnation: incarnation, goesOn: msg.Start, memory: first, filledIn: filled, asked: asked,
				window: max(windowLeast, min(maxWindow, windowRows/max(1, len(msg.Model.Entries())))),
			}
		}}
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
		if a.once(msg.ReplyTo) {
			a.promise(c, msg.ReplyTo, a.control(c, msg.Control), Result{})
		}
	case CommandCars:
		if !a.once(msg.ReplyTo) {
			break
		}
		if err := a.command(c, msg); err != nil {
			a.promise(c, msg.ReplyTo, err, Result{})
		}
	case RuleRace:
		if a.once(msg.ReplyTo) {
			a.rule(c, msg)
		}
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

// once reports whether a command is new: a command that killed an incarnation is delivered again right after it.
func (a *raceActor) once(who *actor.PID) bool {
	if who == nil || a.last == nil || !a.last.Equals(who) {
		a.last = who
		return true
	}
	return false
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
	switch {
	case a.count == 0:
		a.announce(c)
	case a.goesOn && !again:
		a.goOn(c)
	}
	if !again {
		a.promise(c, a.asked, nil, Result{})
	}
	if len(a.unacked) == 0 {
		a.keepPromises(c, race.Ack{Count: a.count})
	}
	a.pace(c)
	a.proceed(c)
}

// start gives the start signal. Cars and checkpoints are made now, so that a waiting race costs no more than its entries.
func (a *raceActor) start(c supervise.Context, at race.Micros) {
	a.started = true
	a.spawn(c)
	a.submitBatch(c, []race.Record{{Time: at, Body: race.Started{}}}, nil)
}

func (a *raceActor) spawn(c supervise.Context) {
	a.lines = make([]*actor.PID, len(a.info.Lines))
	for i := range a.lines {
		a.lines[i] = c.Spawn(supervise.Spec{
			Kind: "checkpoint", ID: strconv.Itoa(i), Deadline: hungAfter,
			Producer: func() supervise.Actor { return &checkpoint{line: i} },
		})
	}
	for i := range a.field.Rows {
		c.Spawn(supervise.Spec{
			Kind: "car", ID: strconv.Itoa(i), MailboxHint: 1, Deadline: hungAfter,
			Producer: func() supervise.Actor { return &car{model: a.model, idx: race.CarIdx(i), lines: a.lines} },
		})
	}
}

// announce opens the log with the race info and the entries.
func (a *raceActor) announce(c supervise.Context) {
	records := []race.Record{{Body: race.Announced{Race: a.info}}}
	for _, e := range a.model.Entries() {
		records = append(records, race.Record{Body: race.Entered{Entry: e}})
	}
	if a.started {
		records = append(records, race.Record{Body: race.Started{}})
	}
	a.submitBatch(c, records, nil)
}

// goOn starts a race that an earlier process left waiting, or resumes one that it left paused.
func (a *raceActor) goOn(c supervise.Context) {
	switch at := a.field.Time; {
	case a.over:
	case !a.started:
		a.start(c, at)
	case a.held:
		a.held = false
		a.submitBatch(c, []race.Record{{Time: at, Body: race.Released{}}}, nil)
	}
}

func (a *raceActor) submitBatch(c supervise.Context, records []race.Record, frame *race.Frame) {
	b := a.submit(a.info.ID, records, frame)
	a.keep(c)
	a.send(c, b)
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
	records := t.records(a.model)
	a.field, a.tick = t.next, nil
	taken := a.pending[:a.taken]
	a.pending = a.pending[a.taken:]
	if a.model.Done(a.field) {
		records = append(records, race.Record{Time: a.field.Time, Body: race.Ended{}})
		a.over = true
	}
	first := a.seq + 1
	results := sign(records, taken, first)
	a.submitBatch(c, records, a.model.Frame(a.field))
	for i, cmd := range taken {
		a.promise(c, cmd.ReplyTo, nil, results[i])
	}
	a.proceed(c)
}

// credit handles the journal's answer.
func (a *raceActor) credit(c supervise.Context, ack race.Ack) {
	if ack.Refused != nil {
		a.failed = ack.Refused
		for _, p := range a.promises {
			c.Send(p.to, Result{Err: ack.Refused})
		}
		a.promises = nil
		a.keep(c)
		panic(ack.Refused)
	}
	a.acknowledge(ack.Count)
	a.keep(c)
	a.keepPromises(c, ack)
	if ack.Resend {
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

// control starts, pauses, resumes or stops the race. Each is a record, so that replays and restarts have it too.
func (a *raceActor) control(c supervise.Context, what race.Control) error {
	at := a.field.Time
	switch {
	case a.over:
		return fmt.Errorf("the race is over: %w", race.ErrConflict)
	case what == race.ControlStart && !a.started:
		a.start(c, at)
	case what == race.ControlPause && a.started && !a.held:
		a.held = true
		a.submitBatch(c, []race.Record{{Time: at, Body: race.Held{}}}, nil)
	case what == race.ControlResume && a.held:
		a.held = false
		a.submitBatch(c, []race.Record{{Time: at, Body: race.Released{}}}, nil)
	case what == race.ControlStop && a.started:
		a.abandon(c, at)
	default:
		return fmt.Errorf("%v of a race that is %v: %w", what, a.status(), race.ErrConflict)
	}
	a.pace(c)
	a.proceed(c)
	return nil
}

// abandon stops the race for good: a red flag that is not resumed, the result counted back.
func (a *raceActor) abandon(c supervise.Context, at race.Micros) {
	records := []race.Record{
		{Time: at, Body: race.Suspended{}}, {Time: at, Body: race.Abandoned{}}, {Time: at, Body: race.Ended{}},
	}
	if a.field.ChequeredAt != race.NoTime { // after the chequered flag there is nothing to count back
		records = records[2:]
	}
	a.tick, a.held, a.over = nil, false, true
	a.submitBatch(c, records, nil)
}

func (a *raceActor) status() race.Status {
	switch {
	case !a.started:
		return race.Waiting
	case a.held:
		return race.Paused
	}
	return race.Underway
}

func (a *raceActor) command(c supervise.Context, cmd CommandCars) error {
	if a.over {
		return fmt.Errorf("the race is over: %w", race.ErrConflict)
	}
	for _, car := range slices.Concat(cmd.Inputs.Retire, cmd.Inputs.PitCall) {
		if car < 0 || int(car) >= len(a.field.Rows) {
			return fmt.Errorf("car slot %d of %d: %w", car, len(a.field.Rows), race.ErrNotFound)
		}
	}
	a.pending = append(slices.Clip(a.pending), cmd)
	a.keep(c)
	return nil
}
