package processor

import (
	"log/slog"
	"slices"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/timing"
)

// readLimit is how many records are read from the journal at once; retryAfter how long a failed read waits.
const (
	readLimit  = 10_000
	retryAfter = 500 * time.Millisecond
)

// Pauses of actors that die in a row although no drill kills them: whatever they work with may need a moment.
const (
	backoff    = 10 * time.Millisecond
	backoffMax = time.Second
)

// timekeeper folds a race's durable records. It is a reader with a cursor: a new incarnation goes on from the last snapshot
// and reads the log after it, and what comes meanwhile waits. What it tells twice is passed over by those who are told.
type timekeeper struct {
	cfg      Config
	id       race.ID
	life     life
	state    *timing.State
	cursor   race.Seq
	end      race.Seq // of the log when the incarnation began
	endCount uint64   // of the batches up to there
	reading  bool
	waiting  []*race.Batch
	shown    bool // the head was given to the publisher
	timekeeperMemory
	recorder  *actor.PID
	publisher *actor.PID
}

// timekeeperMemory is what the next incarnation needs: how far the publisher was told, who waits for an answer, and a
// snapshot of the state with the record it is of. It is a value; what its slices hold is never changed.
type timekeeperMemory struct {
	told     race.Seq
	asked    []GetClassification
	snapshot []byte
	at       race.Seq
}

func newTimekeeper(cfg Config, id race.ID) *timekeeper {
	return &timekeeper{cfg: cfg, id: id, life: newLife(), state: timing.New(), reading: true}
}

// Receive folds batches and answers questions.
func (t *timekeeper) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		t.begin(c)
	case Submit:
		c.Send(t.recorder, msg)
	case committed:
		t.take(c, msg.batch)
	case loaded:
		t.loaded(c, msg)
	case records:
		t.catchUp(c, msg)
	case retry:
		t.load(c)
	case GetClassification:
		t.answer(c, msg)
	case supervise.Failed:
		t.cfg.Log.Error("a child cannot handle a message", slog.String("race", string(t.id)),
			slog.String("kind", msg.Kind), slog.Any("reason", msg.Reason), slog.Bool("given_up", msg.GivenUp))
	}
}

func (t *timekeeper) begin(c supervise.Context) {
	if kept, ok := c.Kept().(timekeeperMemory); ok {
		t.timekeeperMemory = kept
		t.restore()
	}
	t.recorder = c.Spawn(supervise.Spec{Kind: "recorder", ID: "1", Backoff: backoff, BackoffMax: backoffMax, Producer: func() supervise.Actor {
		return &recorder{journal: t.cfg.Journal, id: t.id, log: t.cfg.Log, life: newLife()}
	}})
	t.publisher = c.Spawn(supervise.Spec{Kind: "publisher", ID: "1", Backoff: backoff, BackoffMax: backoffMax, Producer: func() supervise.Actor {
		return &publisher{spectators: t.cfg.Spectators, id: t.id}
	}})
	t.load(c)
}

// restore goes on from the snapshot; one that cannot be read leaves the whole log to fold.
func (t *timekeeper) restore() {
	if t.snapshot == nil {
		return
	}
	state, err := timing.Decode(t.snapshot)
	if err != nil {
		t.cfg.Log.Error("a timekeeper's snapshot cannot be read, the log is", slog.String("race", string(t.id)), slog.Any("err", err))
		t.snapshot, t.at = nil, 0
		return
	}
	t.state, t.cursor = state, t.at
}

// snapshotEvery bounds from below how many records lie between two snapshots, which grow with the race: the next one
// is made when a quarter has come on top. Reading one takes a fifth of the time of folding its records
// (go test -bench Snapshot ./race/timing).
const snapshotEvery = 20_000

// remember keeps a snapshot now and then.
func (t *timekeeper) remember(c supervise.Context) {
	least := t.cfg.SnapshotEvery
	if least <= 0 {
		least = snapshotEvery
	}
	if t.cursor < t.at+race.Seq(least) || t.cursor < t.at+t.at/4 {
		return
	}
	data, err := t.state.AppendBinary(nil)
	if err != nil {
		t.cfg.Log.Error("a timekeeper's snapshot cannot be made", slog.String("race", string(t.id)), slog.Any("err", err))
		return
	}
	t.snapshot, t.at = data, t.cursor
	c.Keep(t.timekeeperMemory)
}

func (t *timekeeper) load(c supervise.Context) {
	self, life := c.Self(), t.life
	t.cfg.Journal.Load(t.id, func(p race.Position, err error) { self(loaded{life, p, err}) })
}

func (t *timekeeper) loaded(c supervise.Context, msg loaded) {
	if msg.life != t.life {
		return
	}
	if msg.err != nil {
		t.cfg.Log.Error("the journal cannot be read", slog.String("race", string(t.id)), slog.Any("err", msg.err))
		c.After(retryAfter, retry{})
		return
	}
	t.end, t.endCount = msg.position.Seq, msg.position.Count
	t.read(c)
}

// read asks for the next records, or ends the catching up.
func (t *timekeeper) read(c supervise.Context) {
	if t.cursor < t.end {
		self, life := c.Self(), t.life
		t.cfg.Journal.Read(t.id, t.cursor, readLimit, func(r []race.Record, err error) { self(records{life, r, err}) })
		return
	}
	t.reading = false
	if t.endCount > 0 { // batches that an earlier incarnation had in hand are folded now
		c.Send(t.recorder, applied{count: t.endCount, seq: t.cursor})
		t.endCount = 0
	}
	waiting := t.waiting
	t.waiting = nil
	for _, b := range waiting {
		t.take(c, b)
	}
	asked := t.asked
	t.asked = nil
	for _, q := range asked {
		t.answer(c, q)
	}
	c.Keep(t.timekeeperMemory)
}

func (t *timekeeper) catchUp(c supervise.Context, msg records) {
	if msg.life != t.life {
		return
	}
	if msg.err != nil || len(msg.records) == 0 {
		t.cfg.Log.Error("the journal cannot be read", slog.String("race", string(t.id)), slog.Any("err", msg.err))
		c.After(retryAfter, retry{})
		return
	}
	facts := t.fold(msg.records)
	t.publish(c, facts, nil)
	// The store may lack what followed from the last records before a crash; it passes over the rest.
	c.Send(t.recorder, applied{facts: facts, seq: t.cursor})
	t.read(c)
}

// take folds a durable batch, if its turn has come.
func (t *timekeeper) take(c supervise.Context, b *race.Batch) {
	if t.reading {
		t.waiting = append(t.waiting, b)
		return
	}
	if n := len(b.Records); n > 0 && b.Records[0].Seq > t.cursor+1 { // something before it was missed: read it
		t.reading, t.end = true, b.Records[n-1].Seq
		t.waiting = append(t.waiting, b)
		t.read(c)
		return
	}
	facts := t.fold(b.Records)
	t.publish(c, facts, b.Frame)
	c.Send(t.recorder, applied{count: b.Count, facts: facts, seq: t.cursor})
	t.remember(c)
}

// fold applies records after the cursor and gives what followed from each.
func (t *timekeeper) fold(list []race.Record) []race.Facts {
	var out []race.Facts
	for i := range list {
		r := &list[i]
		if r.Seq <= t.cursor {
			continue
		}
		facts, refused := t.state.Fold(r, i < len(list)-1)
		t.cursor = r.Seq
		if refused != nil {
			t.reject(r, refused)
		}
		if len(facts.Facts) > 0 {
			out = append(out, facts)
		}
	}
	return out
}

func (t *timekeeper) reject(r *race.Record, err error) {
	t.cfg.Log.Warn("a record was refused", slog.String("race", string(t.id)), slog.Uint64("seq", uint64(r.Seq)),
		slog.Any("err", err))
	if t.cfg.Rejected != nil {
		t.cfg.Rejected(t.id, r, err)
	}
}

// publish sends on what an earlier incarnation has not.
func (t *timekeeper) publish(c supervise.Context, facts []race.Facts, frame *race.Frame) {
	for len(facts) > 0 && facts[0].Seq <= t.told {
		facts = facts[1:]
	}
	msg := publish{facts: facts, frame: frame}
	if !t.shown && t.cursor > 0 {
		head := t.state.Race()
		msg.head, msg.entries = &head, t.state.Entries()
		t.shown = true
	}
	if msg.head != nil || frame != nil || len(facts) > 0 {
		c.Send(t.publisher, msg)
	}
	if n := len(facts); n > 0 {
		t.told = facts[n-1].Seq
		c.Keep(t.timekeeperMemory)
	}
}

func (t *timekeeper) answer(c supervise.Context, q GetClassification) {
	switch {
	case q.ReplyTo == nil:
	case t.reading:
		t.asked = append(slices.Clip(t.asked), q)
		c.Keep(t.timekeeperMemory)
	default:
		c.Send(q.ReplyTo, Classification{Result: t.state.Classification()})
	}
}
