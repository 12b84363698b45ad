package kafka

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// Limits of what the copy was handed and has not stored.
const (
	handedMax      = 1024
	handedBytesMax = 16 << 20
	goneAfter      = time.Second // before it is asked whether Kafka still has a frame
)

// copying hands the batches of a partition that count to the copy, in order.
type copying struct {
	desk   *desk
	frames *frames
	handed []*handed
	bytes  int
	of     map[race.ID][]*handed // by race, oldest first
	broken map[race.ID]error
	gone   map[race.ID]bool          // the copy no longer has them: deleted before a crash, or given up by its retention
	from   int64                     // offset below which the copy has all
	busy   map[race.ID]time.Duration // when a race was handed its newest batch
	rested time.Duration
}

// handed is a batch on its way to the copy.
type handed struct {
	offset  int64
	size    int
	batch   *race.Batch
	ends    bool
	failed  string
	deletes bool
	by      transport.Role
	receipt []transport.Receipt
	done    bool
	at      time.Duration // when it was handed over last
}

func newCopying(d *desk) *copying {
	return &copying{
		desk: d, frames: newFrames(d), of: map[race.ID][]*handed{}, broken: map[race.ID]error{},
		gone: map[race.ID]bool{}, busy: map[race.ID]time.Duration{},
	}
}

// ready reports whether the copy takes the next entry: there is room, and what it needs of telemetry was read.
func (c *copying) ready(e *logged) bool {
	if len(c.handed) >= handedMax || c.bytes > handedBytesMax && len(c.handed) > 0 {
		return false
	}
	b := e.decoded
	if e.offset < c.from || b == nil || b.Kind != transport.BatchEntry || b.Telemetry < 0 {
		return true
	}
	return c.frames.has(b.Telemetry)
}

// hand gives a batch to the copy.
func (c *copying) hand(e *logged) {
	b := e.decoded
	if e.offset < c.from || (c.broken[b.Race] != nil || c.gone[b.Race]) && !b.Deletes {
		return
	}
	h := &handed{
		offset: e.offset, size: e.size, ends: b.Ends, deletes: b.Deletes, by: b.Role, receipt: b.Receipts,
		batch: &race.Batch{Race: b.Race, Count: b.Count, Hash: b.Hash},
	}
	content, err := transport.Codec{}.DecodeContent(b.Body)
	if err == nil {
		err = c.fill(h, e, content)
	}
	if err != nil {
		c.fail(b.Race, fmt.Errorf("batch %d at offset %d of partition %d: %w", b.Count, e.offset, c.desk.partition, err))
		return
	}
	if b.Count == 1 && !b.External && len(content.Records) > 0 && !b.Deletes {
		c.desk.node.cfg.Copy.Began(b.Race)
	}
	c.handed = append(c.handed, h)
	c.bytes += h.size
	c.busy[b.Race] = c.desk.node.now()
	c.of[b.Race] = append(c.of[b.Race], h)
	c.submit(h)
}

// fill makes the batch of its content and its telemetry.
func (c *copying) fill(h *handed, e *logged, content *transport.Content) error {
	h.failed = content.Failed
	h.batch.Records, h.batch.Request = content.Records, content.Request
	for i := range h.batch.Records {
		if r := &h.batch.Records[i]; r.RecordedAt == 0 {
			r.RecordedAt = e.at.UnixNano()
		}
	}
	if e.decoded.Telemetry < 0 {
		return nil
	}
	data := c.frames.take(e.decoded.Telemetry)
	if data == nil { // Kafka keeps telemetry for a time, and records for ever
		return nil
	}
	h.size += len(data)
	var err error
	h.batch.Frame, h.batch.Samples, err = transport.Codec{}.DecodeTelemetry(data)
	return err
}

// submit hands a batch over; a deletion waits for those before it.
func (c *copying) submit(h *handed) {
	id := h.batch.Race
	h.at = c.desk.node.now()
	if h.deletes {
		if c.of[id][0] == h {
			c.remove(h)
		}
		return
	}
	c.desk.node.cfg.Copy.Submit(h.batch, func(ack race.Ack) { c.desk.post(func() { c.acked(id, ack) }) })
}

func (c *copying) remove(h *handed) {
	go func() {
		err := c.desk.node.cfg.Copy.Delete(h.batch.Race)
		c.desk.post(func() {
			delete(c.broken, h.batch.Race)
			delete(c.gone, h.batch.Race)
			if err != nil {
				c.fail(h.batch.Race, fmt.Errorf("delete the race: %w", err))
			}
			c.settle(h)
			c.pop()
			c.desk.advance()
		})
	}()
}

// acked notes what the copy has.
func (c *copying) acked(id race.ID, ack race.Ack) {
	if ack.Refused != nil {
		c.fail(id, ack.Refused)
	}
	over := false
	for _, h := range slices.Clone(c.of[id]) {
		if h.deletes || h.batch.Count > ack.Count && ack.Refused == nil {
			break
		}
		if h.batch.Count == ack.Count {
			c.desk.orders.against(h.receipt, ack.Against)
		}
		c.settle(h)
		over = c.tell(h) || over
	}
	if s := c.desk.seat(transport.Processor); s != nil {
		s.stored(id, ack)
	}
	switch next := c.of[id]; {
	case len(next) == 0:
	case ack.Resend:
		c.askStored(id)
	case over: // the actors that had them end
		c.again(id)
	case next[0].deletes:
		c.submit(next[0])
	}
	c.pop()
	c.desk.advance()
}

// again hands the batches of a race over again.
func (c *copying) again(id race.ID) {
	for _, h := range slices.Clone(c.of[id]) {
		c.submit(h)
	}
}

// askStored hands over again what follows on what the copy has. A race that it no longer has is passed over until its deletion.
func (c *copying) askStored(id race.ID) {
	c.desk.node.cfg.Copy.Stored(id, func(count uint64) {
		c.desk.post(func() {
			if next := c.of[id]; len(next) > 0 && !next[0].deletes && next[0].batch.Count > count+1 {
				c.gone[id] = true
				for _, h := range slices.Clone(next) {
					if !h.deletes {
						c.settle(h)
					}
				}
			}
			c.again(id)
			c.pop()
			c.desk.advance()
		})
	})
}

// resendAfter is how long a batch may be on its way to the copy before it is handed over again: actors may have ended with it.
const resendAfter = 5 * time.Second

// restAfter is how long nothing may come for a race before its actors end.
const restAfter = 5 * time.Minute

func (c *copying) wake(now time.Duration) {
	if s := c.desk.seat(transport.Processor); now-c.rested > time.Minute && (s == nil || !s.owner.Active()) { // else its Ingest sees to it
		c.rested = now
		for id, at := range c.busy {
			if now-at > restAfter && len(c.of[id]) == 0 {
				delete(c.busy, id)
				c.desk.node.cfg.Copy.Rest(id)
			}
		}
	}
	if len(c.handed) > 0 && !c.handed[0].deletes && now-c.handed[0].at > resendAfter {
		c.again(c.handed[0].batch.Race)
	}
}

// tell tells the copy of the end of a race that it has stored, and reports whether it did.
func (c *copying) tell(h *handed) bool {
	to := c.desk.node.cfg.Copy
	switch {
	case h.failed != "":
		to.Failed(h.batch.Race, h.failed)
	case h.ends && h.by == transport.Simulator:
		to.Over(h.batch.Race)
	default:
		return false
	}
	return true
}

func (c *copying) settle(h *handed) {
	h.done = true
	if p := c.desk.publishing; p != nil {
		p.applied(h.offset)
	}
	id := h.batch.Race
	if i := slices.Index(c.of[id], h); i >= 0 {
		c.of[id] = slices.Delete(c.of[id], i, i+1)
	}
	if len(c.of[id]) == 0 {
		delete(c.of, id)
	}
}

func (c *copying) pop() {
	for len(c.handed) > 0 && c.handed[0].done {
		c.bytes -= c.handed[0].size
		c.handed = c.handed[1:]
	}
}

// fail gives a race up in this copy. The partition goes on without it.
func (c *copying) fail(id race.ID, err error) {
	if c.broken[id] == nil {
		c.broken[id] = err
		c.desk.node.cfg.Copy.Broken(id, err)
	}
	for _, h := range slices.Clone(c.of[id]) {
		c.settle(h)
	}
}

// awaits reports whether a batch is on its way to the copy.
func (c *copying) awaits(id race.ID, count uint64) bool {
	of := c.of[id]
	return len(of) > 0 && of[0].batch.Count <= count
}

func (c *copying) appliedTo(next int64) int64 {
	if len(c.handed) == 0 {
		return next
	}
	return c.handed[0].offset
}

// frames are telemetry of a partition that was read, and whose batch was not.
type frames struct {
	desk  *desk
	flow  flow
	data  map[int64][]byte
	order []int64 // offsets, oldest first; some were taken
	next  int64   // after the newest that was read
	least int64   // what is older, Kafka has no more
	waits int64   // offset that a batch waits for
	since time.Duration
}

func newFrames(d *desk) *frames {
	return &frames{desk: d, flow: flow{node: d.node, topic: d.node.topics.Telemetry, partition: d.partition}, data: map[int64][]byte{}, waits: -1}
}

func (f *frames) add(records []*kgo.Record) {
	for _, r := range records {
		if r.Offset < f.next {
			continue
		}
		f.next = r.Offset + 1
		f.data[r.Offset] = r.Value
		f.order = append(f.order, r.Offset)
		f.flow.add(len(r.Value))
	}
}

// needed is the offset from which a later reader needs telemetry.
func (f *frames) needed() int64 {
	if len(f.order) > 0 {
		return f.order[0]
	}
	return f.next
}

// has reports whether a frame was read, or is no more.
func (f *frames) has(offset int64) bool {
	if offset < f.next || offset < f.least {
		f.waits = -1
		return true
	}
	now := f.desk.node.now()
	switch {
	case f.waits != offset:
		f.waits, f.since = offset, now
	case now-f.since > goneAfter:
		f.since = now
		f.desk.node.askTelemetryStart(f.desk)
	}
	for f.flow.paused && len(f.order) > 0 { // frames of batches that never came
		f.take(f.order[0])
	}
	return false
}

// take returns a frame and forgets it.
func (f *frames) take(offset int64) []byte {
	data, known := f.data[offset]
	if known {
		delete(f.data, offset)
		f.flow.done(len(data))
	}
	for len(f.order) > 0 {
		if _, kept := f.data[f.order[0]]; kept {
			break
		}
		f.order = f.order[1:]
	}
	return data
}
