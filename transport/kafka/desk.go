package kafka

import (
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// Limits of what a partition may have read ahead. Above it, its fetches pause.
const (
	readAheadBytes = 8 << 20
	wakeEvery      = 50 * time.Millisecond
)

// desk is where a partition is worked at, by one goroutine: its fold, what was read and not folded, and who writes it for this process.
type desk struct {
	node        *Node
	partition   int32
	inbox       *inbox
	fold        *Fold
	queue       []logged // read and not folded
	log         flow
	copying     *copying // nil: no copy
	past        *past    // nil: no simulator
	seats       []*seat
	orders      *orders
	keeper      keeper
	checkpoints checkpoints
	// publishing is nil where facts are not published.
	publishing *publishing
}

// logged is an entry of the log as it was read; decoded is nil if its envelope cannot be read.
type logged struct {
	offset  int64
	at      time.Time // of the broker
	size    int
	decoded *transport.Entry
}

// newDesk makes the desk of a partition. was is nil, or how far the copy has followed it; what is below published was published;
// kept are its checkpoints.
func newDesk(n *Node, partition int32, was *mark, published int64, kept []*checkpoint) *desk {
	d := &desk{node: n, partition: partition, inbox: newInbox(), fold: NewFold(), orders: newOrders()}
	d.log = flow{node: n, topic: n.topics.Log, partition: partition}
	if n.cfg.Copy != nil {
		d.copying = newCopying(d)
	}
	if n.cfg.Facts != nil {
		d.publishing = newPublishing(d, published)
	}
	if was != nil {
		d.copying.from, d.copying.frames.next, d.keeper.next = was.Next, was.Telemetry, was.Next
	}
	most := d.needs(published) // a simulator must know how races were made, too
	switch {
	case n.cfg.Simulations != nil:
		d.past = newPast()
		d.restore(kept, most)
		d.seats = append(d.seats, newSeat(d, transport.Simulator))
	case was != nil && was.Next <= most:
		d.fold.restore(was)
	}
	if n.cfg.Reports != nil {
		d.seats = append(d.seats, newSeat(d, transport.Processor))
	}
	return d
}

// needs is from where the log is needed: what the copy has not stored, and what was not published.
func (d *desk) needs(published int64) int64 {
	from := int64(math.MaxInt64)
	if d.copying != nil {
		from = d.copying.from
	}
	if d.publishing != nil {
		from = min(from, published)
	}
	return from
}

func (d *desk) post(f func()) { d.inbox.post(f) }

// askWait bounds how long others wait for a desk.
const askWait = time.Second

// ask asks a question at a desk. It returns false if there is no answer in time.
func ask[A any](d *desk, question func() A) (answer A, ok bool) {
	answered := make(chan A, 1)
	d.post(func() { answered <- question() })
	end := time.NewTimer(askWait)
	defer end.Stop()
	select {
	case answer = <-answered:
		return answer, true
	case <-d.node.done:
	case <-end.C:
	}
	return answer, false
}

// run works until the node ends.
func (d *desk) run() {
	tick := time.NewTicker(wakeEvery)
	defer tick.Stop()
	d.inbox.work(d.node.done, tick.C, d.wake)
}

func (d *desk) wake() {
	now := d.node.now()
	for _, s := range d.seats {
		s.wake(now)
	}
	if d.publishing != nil {
		d.publishing.wake(now)
	}
	if d.copying != nil {
		d.copying.wake(now)
	}
	d.makeMark(now)
	d.advance()
}

func (d *desk) seat(role transport.Role) *seat {
	for _, s := range d.seats {
		if s.role == role {
			return s
		}
	}
	return nil
}

// readLog takes entries of the log.
func (d *desk) readLog(entries []logged) {
	for _, e := range entries {
		if e.offset < d.fold.Next() || len(d.queue) > 0 && e.offset <= d.queue[len(d.queue)-1].offset {
			continue
		}
		d.queue = append(d.queue, e)
		d.log.add(e.size)
	}
	d.advance()
}

// decodeLog decodes entries, beside the desks.
func (n *Node) decodeLog(records []*kgo.Record) []logged {
	out := make([]logged, len(records))
	for i, r := range records {
		e, err := transport.Codec{}.DecodeEntry(r.Value)
		if err != nil {
			n.log.Error("an entry of the log has no envelope that can be read: it is void", slog.String("topic", r.Topic),
				slog.Int("partition", int(r.Partition)), slog.Int64("offset", r.Offset), slog.Any("err", err))
			e = nil
		}
		out[i] = logged{r.Offset, r.Timestamp, len(r.Value), e}
	}
	return out
}

// readTelemetry takes records of telemetry.
func (d *desk) readTelemetry(records []*kgo.Record) {
	if d.copying != nil {
		d.copying.frames.add(records)
		d.advance()
	}
}

// readState takes fields of races.
func (d *desk) readState(records []*kgo.Record) {
	for _, r := range records {
		if strings.HasPrefix(string(r.Key), checkpointPrefix) {
			continue
		}
		if !strings.HasPrefix(string(r.Key), fieldPrefix) {
			if d.node.cfg.Told != nil {
				d.node.cfg.Told(string(r.Key), r.Value)
			}
			continue
		}
		if d.past == nil {
			continue
		}
		if err := d.past.field(string(r.Key), r.Value, d.over); err != nil {
			d.node.log.Error("a snapshot of a race cannot be read: it is passed over", slog.String("key", string(r.Key)), slog.Any("err", err))
		}
	}
}

// over reports whether a simulation is over.
func (d *desk) over(id race.ID) bool {
	s, known := d.fold.Race(id)
	return known && (s.Over || s.Deleted || s.External)
}

// advance folds what was read, as far as the copy can follow.
func (d *desk) advance() {
	for len(d.queue) > 0 && (d.copying == nil || d.copying.ready(&d.queue[0])) {
		e := d.queue[0]
		d.queue = d.queue[1:]
		d.log.done(e.size)
		d.take(&e)
	}
	d.applied()
}

func (d *desk) take(e *logged) {
	v := d.fold.Take(e.offset, e.decoded)
	d.node.counted(v)
	if v == Counts && e.decoded.Kind == transport.BatchEntry {
		d.batch(e)
	}
	if v == Counts {
		d.orders.receipts(e.offset, e.decoded.Receipts)
		for _, s := range d.seats {
			s.receipts(e.decoded.Receipts)
		}
	}
	now := d.node.now()
	for _, s := range d.seats {
		s.owner.Folded(e.decoded, v, now)
	}
}

// batch hands a batch that counts to those who live on it.
func (d *desk) batch(e *logged) {
	if d.past != nil {
		if err := d.past.batch(e.decoded); err != nil {
			d.node.log.Error("a batch cannot be read: its race cannot be taken over by this process",
				slog.String("race", string(e.decoded.Race)), slog.Uint64("batch", e.decoded.Count), slog.Any("err", err))
		}
	}
	if d.copying != nil {
		d.copying.hand(e)
		if d.publishing != nil && d.copying.broken[e.decoded.Race] == nil {
			d.publishing.add(e)
		}
	}
}

// appliedTo is the offset below which all that counts is durable and applied in this process.
func (d *desk) appliedTo() int64 {
	if d.copying == nil {
		return d.fold.Next()
	}
	return d.copying.appliedTo(d.fold.Next())
}

// applied goes on with what waited until the copy has followed.
func (d *desk) applied() {
	to := d.appliedTo()
	d.node.progress.note(d.partition, d.fold.Next(), to)
	d.keepMark(to)
	d.orders.applied(to)
	for _, s := range d.seats {
		s.applied(to)
	}
}

// flow is what one topic has read ahead at a partition.
type flow struct {
	node      *Node
	topic     string
	partition int32
	bytes     int
	paused    bool
}

func (f *flow) add(n int) {
	if f.bytes += n; f.bytes > readAheadBytes && !f.paused {
		f.paused = true
		f.node.reader.PauseFetchPartitions(map[string][]int32{f.topic: {f.partition}})
	}
}

func (f *flow) done(n int) {
	if f.bytes -= n; f.bytes < readAheadBytes/2 && f.paused {
		f.paused = false
		f.node.reader.ResumeFetchPartitions(map[string][]int32{f.topic: {f.partition}})
	}
}
