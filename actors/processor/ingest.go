package processor

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// Limits of what may be in flight to a race's log, and how long the actor stays without work.
const (
	ingestItemsMax   = 200_000
	ingestBatchesMax = 512
	ingestIdle       = 5 * time.Minute
)

// ingest is the producer of a race whose records are reported: real cars, and rulings after a race. It submits batches to the Recorder, or to
// the Link, and answers when they are durable and applied. What it knows of the race is in the log; the cell keeps what is in flight.
type ingest struct {
	cfg         Config
	id          race.ID
	incarnation incarnation

	dedupe
	loaded bool
	cursor race.Seq // while the log is being read
	end    race.Position
	acks   []race.Ack // that came while the log was being read
	ingestMemory
	idleSince time.Time
	resting   bool // a rest message is due
}

// ingestMemory is what the next incarnation needs. It is a value; what its slices hold never changes.
type ingestMemory struct {
	pending []pending
	early   []Ingest   // reports that came before the log was read
	last    *actor.PID // sender of the newest report: a report that killed an incarnation is delivered again right after it
}

// pending is a report that waits for its batch; if it has none, for those before it.
type pending struct {
	count  uint64
	batch  *race.Batch
	to     *actor.PID
	result race.Ingested
}

func (p *pending) items() int {
	if p.batch == nil {
		return 1
	}
	return 1 + len(p.batch.Records) + len(p.batch.Samples)
}

// Receive ingests reports and answers them.
func (a *ingest) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		a.begin(c)
	case actor.Stopped:
		a.giveUp(c, fmt.Errorf("race %s was taken away: %w", a.id, race.ErrConflict))
	case handOver: // whether a report is in the log, the next Ingest knows
		a.giveUp(c, fmt.Errorf("race %s is handed over: %w", a.id, race.ErrUnderway))
	case Ingest:
		a.take(c, msg)
	case acked:
		a.acknowledge(c, msg.Ack)
	case loaded:
		a.position(c, msg)
	case records:
		a.read(c, msg)
	case retry:
		a.load(c)
	case rest:
		a.rest(c)
	}
}

func (a *ingest) begin(c supervise.Context) {
	if kept, ok := c.Kept().(ingestMemory); ok {
		a.ingestMemory = kept
	}
	a.load(c)
}

// load reads the log from its beginning; what comes meanwhile waits.
func (a *ingest) load(c supervise.Context) {
	a.dedupe, a.cursor = newDedupe(), 0
	self, incarnation := c.Self(), a.incarnation
	a.cfg.Journal.Load(a.id, func(p race.Position, err error) { self(loaded{incarnation, p, err}) })
}

func (a *ingest) position(c supervise.Context, msg loaded) {
	if msg.incarnation != a.incarnation || a.loaded {
		return
	}
	if msg.err != nil {
		a.fail(c, msg.err)
		return
	}
	a.end = msg.position
	for i := range a.end.Requests {
		a.noteRequest(&a.end.Requests[i])
	}
	a.next(c)
}

func (a *ingest) fail(c supervise.Context, err error) {
	a.cfg.Log.Error("the journal cannot be read", slog.String("race", string(a.id)), slog.Any("err", err))
	c.After(retryAfter, retry{})
}

func (a *ingest) next(c supervise.Context) {
	if a.cursor < a.end.Seq {
		self, incarnation := c.Self(), a.incarnation
		a.cfg.Journal.Read(a.id, a.cursor, readLimit, func(r []race.Record, err error) { self(records{incarnation, r, err}) })
		return
	}
	a.seq, a.count, a.loaded = a.end.Seq, a.end.Count, true
	for i := range a.pending { // in flight when an earlier incarnation died; what is durable is not counted twice
		if b := a.pending[i].batch; b != nil && b.Count > a.count {
			a.note(b)
		}
	}
	acks := a.acks
	a.acks = nil
	for _, ack := range acks {
		a.acknowledge(c, ack)
	}
	a.submitAll(c)
	for len(a.early) > 0 {
		msg := a.early[0]
		a.early = a.early[1:]
		a.takeNow(c, msg)
		c.Keep(a.ingestMemory)
	}
	a.work(c)
}

func (a *ingest) read(c supervise.Context, msg records) {
	if msg.incarnation != a.incarnation || a.loaded {
		return
	}
	if msg.err != nil || len(msg.records) == 0 {
		a.fail(c, msg.err)
		return
	}
	for i := range msg.records {
		a.noteRecord(&msg.records[i])
	}
	a.cursor = msg.records[len(msg.records)-1].Seq
	a.next(c)
}

// take accepts a report, or queues it until the log was read.
func (a *ingest) take(c supervise.Context, msg Ingest) {
	switch {
	case a.last != nil && a.last.Equals(msg.ReplyTo):
		return
	case a.outstanding()+msg.Report.Items() > ingestItemsMax+1 && a.outstanding() > 0, len(a.pending)+len(a.early) >= ingestBatchesMax:
		a.answer(c, msg.ReplyTo, race.Ingested{}, fmt.Errorf("race %s: %w", a.id, race.ErrBusy))
		return
	}
	a.last = msg.ReplyTo
	if a.loaded {
		a.takeNow(c, msg)
	} else {
		a.early = append(slices.Clip(a.early), msg)
	}
	c.Keep(a.ingestMemory)
}

// takeNow makes a batch of a report, or answers at once if there is nothing to wait for.
func (a *ingest) takeNow(c supervise.Context, msg Ingest) {
	if err := a.fits(a.id, msg.Report); err != nil {
		a.answer(c, msg.ReplyTo, race.Ingested{}, err)
		return
	}
	taken, again, err := a.again(msg.Report)
	var batch *race.Batch
	switch {
	case err != nil:
		a.answer(c, msg.ReplyTo, race.Ingested{}, err)
		return
	case !again:
		batch, taken = a.batch(a.id, msg.Report)
	}
	if batch == nil && len(a.pending) == 0 {
		a.answer(c, msg.ReplyTo, taken, nil)
		return
	}
	p := pending{count: a.count, batch: batch, to: msg.ReplyTo, result: taken}
	if batch != nil {
		p.count = batch.Count
		a.note(batch)
	}
	a.pending = append(slices.Clip(a.pending), p)
	c.Keep(a.ingestMemory)
	if batch != nil {
		a.submit(c, batch)
	}
}

func (a *ingest) outstanding() (items int) {
	for i := range a.pending {
		items += a.pending[i].items()
	}
	for _, msg := range a.early {
		items += 1 + msg.Report.Items()
	}
	return items
}

func (a *ingest) answer(c supervise.Context, to *actor.PID, t race.Ingested, err error) {
	if to != nil {
		c.Send(to, Ingested{Result: t, Err: err})
	}
}

func (a *ingest) submit(c supervise.Context, b *race.Batch) {
	self := c.Self()
	ack := func(ack race.Ack) { self(acked{ack}) }
	if a.cfg.Link != nil {
		a.cfg.Link.Submit(b, ack)
		return
	}
	c.Send(c.Parent(), Submit{Batch: b, Ack: ack})
}

func (a *ingest) submitAll(c supervise.Context) {
	for i := range a.pending {
		if b := a.pending[i].batch; b != nil {
			a.submit(c, b)
		}
	}
}

// acknowledge answers the reports whose batch is durable and applied.
func (a *ingest) acknowledge(c supervise.Context, ack race.Ack) {
	if !a.loaded { // the end of the log is not known yet, so pending must stay complete
		a.acks = append(a.acks, ack)
		return
	}
	if ack.Refused != nil {
		a.refuse(c, ack.Refused)
		return
	}
	done := 0
	for ; done < len(a.pending) && a.pending[done].count <= ack.Count; done++ {
		p := a.pending[done]
		if p.batch != nil && p.count == ack.Count {
			p.result.Refused = ack.Against
		}
		a.answer(c, p.to, p.result, nil)
	}
	if done > 0 {
		a.pending = a.pending[done:]
		c.Keep(a.ingestMemory)
	}
	if ack.Resend {
		a.submitAll(c)
	}
	a.work(c)
}

// refuse gives up what the journal will never accept, and loads again how far the log has come.
func (a *ingest) refuse(c supervise.Context, err error) {
	for _, p := range a.pending {
		a.answer(c, p.to, race.Ingested{}, err)
	}
	a.pending, a.loaded, a.incarnation = nil, false, newIncarnation()
	c.Keep(a.ingestMemory)
	a.load(c)
}

// giveUp answers all reports with an error.
func (a *ingest) giveUp(c supervise.Context, err error) {
	for _, p := range a.pending {
		a.answer(c, p.to, race.Ingested{}, err)
	}
	for _, msg := range a.early {
		a.answer(c, msg.ReplyTo, race.Ingested{}, err)
	}
	a.pending, a.early = nil, nil
	c.Keep(a.ingestMemory)
}

// work notes the time of the last work, and asks for a rest when there was none for long.
func (a *ingest) work(c supervise.Context) {
	a.idleSince = c.Now()
	if !a.resting {
		a.resting = true
		c.After(ingestIdle, rest{})
	}
}

func (a *ingest) rest(c supervise.Context) {
	a.resting = false
	switch idle := c.Now().Sub(a.idleSince); {
	case !a.loaded || len(a.pending) > 0 || idle < ingestIdle:
		a.resting = true
		c.After(max(time.Second, ingestIdle-idle), rest{})
	default:
		c.Send(c.Parent(), Forget{ID: a.id})
	}
}
