package processor

import (
	"log/slog"
	"slices"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/sabotage"
	"lightsout/race/timing"
)

// readLimit is how many records are read from the journal at once; retryAfter is the pause after a failed read.
const (
	readLimit  = 10_000
	retryAfter = 500 * time.Millisecond
)

// Pauses of actors that die repeatedly without a drill: what they depend on may need a moment.
const (
	backoff    = 10 * time.Millisecond
	backoffMax = time.Second
	// They ask the journal after each death: thirty within a minute are no bad moment of it.
	restartsMax    = 30
	restartsWithin = time.Minute
)

// timekeeper folds a race's durable records, has the journal and the Publisher keep and show what follows, and acknowledges the batches. It is
// a reader with a cursor: a new incarnation continues from the last snapshot and reads the log after it, while new batches wait. The
// journal and the spectators drop facts that they have seen, by sequence number.
type timekeeper struct {
	cfg         Config
	id          race.ID
	incarnation incarnation
	state       *timing.State
	cursor      race.Seq
	end         race.Seq // end of the log when the incarnation began
	endCount    uint64   // count of the batches up to there
	reading     bool
	waiting     []*race.Batch
	held        []race.Facts // of a log that is being read, until all entries are known
	shown       bool         // the info was sent to the publisher
	again       bool         // not the first incarnation
	applied     uint64       // the newest batch that was folded
	timekeeperMemory
	publisher *actor.PID
}

// timekeeperMemory is what the next incarnation needs. It is a value; what its slices hold never changes.
type timekeeperMemory struct {
	published race.Seq
	ack       func(race.Ack) // the producer's; nil before its first batch
	asked     []GetClassification
	// snapshot is the state after record at, encoded: a copy of a large field's state would take several times the memory.
	snapshot []byte
	at       race.Seq
}

func newTimekeeper(cfg Config, id race.ID, publisher *actor.PID) *timekeeper {
	return &timekeeper{cfg: cfg, id: id, incarnation: newIncarnation(), state: timing.New(), reading: true, publisher: publisher}
}

// Receive folds batches and answers questions.
func (t *timekeeper) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		t.begin(c)
	case committed:
		t.ack = msg.ack
		t.take(c, msg.batch)
	case repeated:
		t.repeat(c, msg)
	case loaded:
		t.loaded(c, msg)
	case records:
		t.catchUp(c, msg)
	case retry:
		t.load(c)
	case GetClassification:
		t.answer(c, msg)
	}
}

func (t *timekeeper) begin(c supervise.Context) {
	if kept, ok := c.Kept().(timekeeperMemory); ok {
		t.timekeeperMemory, t.again = kept, true
		if t.snapshot != nil {
			t.restore()
		}
	}
	t.load(c)
}

// restore continues from the snapshot.
func (t *timekeeper) restore() {
	state, err := timing.Decode(t.snapshot)
	if err != nil {
		panic(err) // it is ours
	}
	t.state, t.cursor = state, t.at
}

// snapshotEvery is the least number of records between two snapshots; the next one is made when the log has grown by a quarter as well. A
// snapshot takes a sixth of the time of folding its records (go test -bench Snapshot ./race/timing).
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
	snapshot, err := t.state.AppendBinary(make([]byte, 0, len(t.snapshot)*5/4))
	if err != nil {
		panic(err) // a state is numbers and text
	}
	t.snapshot, t.at = snapshot, t.cursor
	c.Keep(t.timekeeperMemory)
}

func (t *timekeeper) load(c supervise.Context) {
	self, incarnation := c.Self(), t.incarnation
	t.cfg.Journal.Load(t.id, func(p race.Position, err error) { self(loaded{incarnation, p, err}) })
}

func (t *timekeeper) loaded(c supervise.Context, msg loaded) {
	if msg.incarnation != t.incarnation {
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
		self, incarnation := c.Self(), t.incarnation
		t.cfg.Journal.Read(t.id, t.cursor, readLimit, func(r []race.Record, err error) { self(records{incarnation, r, err}) })
		return
	}
	t.reading = false
	if t.endCount > 0 { // batches that an earlier incarnation had in flight are folded now
		t.acknowledge(t.endCount, nil)
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
	if msg.incarnation != t.incarnation {
		return
	}
	if msg.err != nil || len(msg.records) == 0 {
		t.cfg.Log.Error("the journal cannot be read", slog.String("race", string(t.id)), slog.Any("err", msg.err))
		c.After(retryAfter, retry{})
		return
	}
	if t.again && sabotage.On(sabotage.TimekeeperCursor) {
		last := len(msg.records) - 1
		t.publish(c, t.fold(msg.records[:last]), nil)
		t.cursor = msg.records[last].Seq
	}
	t.held = append(t.held, t.fold(msg.records)...)
	// The entries of a large field take several reads; spectators get all of them at once.
	if t.shown || t.cursor >= t.end || len(t.state.Entries()) >= t.state.Race().Cars {
		if !t.again || !sabotage.On(sabotage.TimekeeperShown) {
			t.publish(c, t.held, nil)
		}
		t.held = nil
	}
	t.read(c)
}

// take folds a durable batch, or queues it while the log is being read.
func (t *timekeeper) take(c supervise.Context, b *race.Batch) {
	if t.reading {
		t.waiting = append(t.waiting, b)
		c.Keep(t.timekeeperMemory) // the next incarnation finds the batch in the log, and acknowledges it
		return
	}
	if n := len(b.Records); n > 0 && b.Records[0].Seq > t.cursor+1 { // a gap: read what is missing
		t.reading, t.end = true, b.Records[n-1].Seq
		t.waiting = append(t.waiting, b)
		t.read(c)
		return
	}
	facts := t.fold(b.Records)
	t.publish(c, facts, b.Frame)
	t.acknowledge(b.Count, facts)
	t.remember(c)
}

// repeat acknowledges a batch again that was applied; one that was not will be.
func (t *timekeeper) repeat(c supervise.Context, msg repeated) {
	t.ack = msg.ack
	if t.reading {
		c.Keep(t.timekeeperMemory)
	} else if msg.count <= t.applied {
		t.acknowledge(t.applied, nil)
	}
}

// acknowledge tells the producer that a batch is durable and applied.
func (t *timekeeper) acknowledge(count uint64, facts []race.Facts) {
	t.applied = max(t.applied, count)
	if t.ack == nil {
		return
	}
	ack := race.Ack{Count: t.applied}
	if count == t.applied {
		ack.Against = against(facts)
	}
	t.ack(ack)
}

// against are the records that the rulebook refused.
func against(facts []race.Facts) (out []race.RecordRefused) {
	for _, f := range facts {
		for _, fact := range f.Facts {
			if refused, ok := fact.(race.RecordRefused); ok {
				out = append(out, refused)
			}
		}
	}
	return out
}

// fold applies records after the cursor, and has the journal keep what followed from each.
func (t *timekeeper) fold(list []race.Record) []race.Facts {
	var out []race.Facts
	before := t.cursor
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
	if t.cursor > before { // what follows is known up to the cursor, even if it is nothing
		kept := out
		if n := len(out); n == 0 || out[n-1].Seq < t.cursor {
			kept = append(slices.Clip(out), race.Facts{Seq: t.cursor})
		}
		if t.again && sabotage.On(sabotage.TimekeeperLaps) {
			kept = withoutLaps(kept, 1)
		}
		t.cfg.Journal.AppendFacts(t.id, kept)
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

// publish sends the Publisher what no earlier incarnation has sent.
func (t *timekeeper) publish(c supervise.Context, facts []race.Facts, frame *race.Frame) {
	for len(facts) > 0 && facts[0].Seq <= t.published {
		facts = facts[1:]
	}
	msg := publish{facts: facts, frame: frame}
	if !t.shown && t.cursor > 0 {
		info := t.state.Race()
		msg.info, msg.entries = &info, t.state.Entries()
		t.shown = true
	}
	if msg.info != nil || frame != nil || len(facts) > 0 {
		c.Send(t.publisher, msg)
	}
	if n := len(facts); n > 0 {
		t.published = facts[n-1].Seq
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
		result := t.state.Classification()
		if n := len(result.Entries); sabotage.On(sabotage.TimekeeperAnswer) && n > 0 {
			result.Entries = result.Entries[:n-1]
		}
		c.Send(q.ReplyTo, Classification{Result: result})
	}
}

// withoutLaps leaves out every n-th lap. It is for sabotage alone.
func withoutLaps(facts []race.Facts, n int) []race.Facts {
	out := slices.Clone(facts)
	for i := range out {
		out[i].Facts = slices.DeleteFunc(slices.Clone(out[i].Facts), func(f race.Fact) bool {
			lap, is := f.(race.LapCompleted)
			return is && (lap.Lap.Number+int(lap.Lap.Car))%n == 0
		})
	}
	return out
}
