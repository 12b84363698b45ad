package influx

import (
	"context"
	"errors"
	"sync"
	"time"

	"lightsout/race"
)

// flow is what is on the way to the server: batches in lanes, each of which sends one after the other, and the marks up to which
// a race's points are in them. When all points up to a mark are acknowledged, and all before it, the race's cursor moves there.
type flow struct {
	cfg    *Config
	send   *sender
	log    Log
	stats  *counters
	lanes  []*lane
	ctx    context.Context //nolint:containedctx // it is the flow's life, not a call's
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu     sync.Mutex
	marks  map[race.ID][]*mark // in order
	moving map[race.ID]bool    // races whose cursors that are being moved
	moved  chan struct{}       // something may be done
}

// lane is a queue of batches. Points of one car are in one lane, so that they keep their order.
type lane struct {
	queue chan *batch
	free  chan []byte // line buffers that were sent
	open  *batch      // being filled, by the reader alone
}

// batch is a request: line protocol, or an erasure.
type batch struct {
	lines  []byte
	points int
	erase  *erasure
	begun  time.Time
	marks  []*mark
}

// erasure takes away a car's points of a series, from and to included (UTC nanoseconds).
type erasure struct {
	race     race.ID
	series   string
	driver   string
	from, to int64
}

// mark is a place in a race's log, and what must be acknowledged before the cursor may move there.
type mark struct {
	race   race.ID
	cursor race.FeedCursor
	begun  time.Time
	left   int // batches, and the reader while it adds to them
}

// lineRoom is how much longer than a batch its buffer is, for the line that fills it.
const lineRoom = 4096

func newFlow(ctx context.Context, cfg *Config, s *sender, log Log, stats *counters) *flow {
	fl := &flow{cfg: cfg, send: s, log: log, stats: stats, marks: map[race.ID][]*mark{}, moving: map[race.ID]bool{}, moved: make(chan struct{}, 1)}
	fl.ctx, fl.cancel = context.WithCancel(ctx)
	for range cfg.Lanes {
		l := &lane{queue: make(chan *batch, 1), free: make(chan []byte, 3)}
		fl.lanes = append(fl.lanes, l)
		fl.ended.Go(func() { fl.work(l) })
	}
	fl.ended.Go(fl.move)
	return fl
}

// stop ends the flow. What is at the server now is waited for, so that nothing of it comes after what is sent next; the rest
// is dropped: the cursor has not moved, and it will be read again.
func (fl *flow) stop() {
	fl.cancel()
	fl.ended.Wait()
}

// work sends a lane's batches.
func (fl *flow) work(l *lane) {
	for {
		select {
		case <-fl.ctx.Done():
			return
		case b := <-l.queue:
			var err error
			if b.erase != nil {
				err = fl.send.erase(fl.ctx, b.erase)
			} else {
				err = fl.send.lines(fl.ctx, b.lines, b.points)
			}
			if err != nil { // the flow has ended
				return
			}
			if b.lines != nil {
				select {
				case l.free <- b.lines[:0]:
				default:
				}
			}
			fl.release(b.marks...)
		}
	}
}

// release says that a part of what the marks wait for is done.
func (fl *flow) release(marks ...*mark) {
	fl.mu.Lock()
	for _, m := range marks {
		m.left--
	}
	fl.mu.Unlock()
	select {
	case fl.moved <- struct{}{}:
	default:
	}
}

func (fl *flow) hold(m *mark) {
	fl.mu.Lock()
	m.left++
	fl.mu.Unlock()
}

// begin sets a mark, which the reader holds until it is filled.
func (fl *flow) begin(id race.ID) *mark {
	m := &mark{race: id, left: 1, begun: time.Now()}
	fl.mu.Lock()
	fl.marks[id] = append(fl.marks[id], m)
	fl.mu.Unlock()
	return m
}

// take takes the newest mark of a race back: there was nothing to feed.
func (fl *flow) take(m *mark) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	marks := fl.marks[m.race]
	if n := len(marks); n > 0 && marks[n-1] == m {
		fl.marks[m.race] = marks[:n-1]
	}
	if len(fl.marks[m.race]) == 0 {
		delete(fl.marks, m.race)
	}
}

// waiting is how long the oldest of what was read waits for its acknowledgement.
func (fl *flow) waiting(now time.Time) (age time.Duration) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for _, marks := range fl.marks {
		age = max(age, now.Sub(marks[0].begun))
	}
	return age
}

// move moves the cursors of races whose points were acknowledged.
func (fl *flow) move() {
	for {
		select {
		case <-fl.ctx.Done():
			return
		case <-fl.moved:
		}
		for id, to := range fl.done() {
			err := fl.send.retry(fl.ctx, func() error {
				err := fl.log.MoveCursor(fl.ctx, FeedName, id, to)
				if errors.Is(err, race.ErrNotFound) { // the race was deleted meanwhile
					return nil
				}
				return err
			})
			if err != nil {
				return
			}
			fl.mu.Lock()
			delete(fl.moving, id)
			fl.mu.Unlock()
		}
	}
}

// done takes the marks that nothing is waited for any more, and gives the last one of each race.
func (fl *flow) done() map[race.ID]race.FeedCursor {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	out := map[race.ID]race.FeedCursor{}
	for id, marks := range fl.marks {
		for len(marks) > 0 && marks[0].left == 0 {
			out[id], fl.moving[id] = marks[0].cursor, true
			marks = marks[1:]
		}
		if len(marks) == 0 {
			delete(fl.marks, id)
		} else {
			fl.marks[id] = marks
		}
	}
	return out
}

// forget takes a race's marks away: its cursor stays where it is.
func (fl *flow) forget(id race.ID) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	delete(fl.marks, id)
}

// pending says that points of a race are on the way, or its cursor is.
func (fl *flow) pending(id race.ID) bool {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return len(fl.marks[id]) > 0 || fl.moving[id]
}

// flush sends the batches that have waited long enough; with all, every one.
func (fl *flow) flush(now time.Time, all bool) error {
	for _, l := range fl.lanes {
		if l.open != nil && l.open.points > 0 && (all || now.Sub(l.open.begun) >= fl.cfg.FlushAfter) {
			if err := fl.cut(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut hands a lane's batch on. It waits while the lane is full: what is read is bounded by what is taken.
func (fl *flow) cut(l *lane) error {
	b := l.open
	l.open = nil
	return fl.push(l, b)
}

func (fl *flow) push(l *lane, b *batch) error {
	select {
	case l.queue <- b:
		return nil
	case <-fl.ctx.Done():
		return fl.ctx.Err()
	}
}

// writer is how a follower writes: points go to the lane of their car.
type writer struct {
	flow *flow
	mark *mark
	now  time.Time
	at   *lane
	err  error
}

func (w *writer) laneOf(f *follower, car race.CarIdx) *lane {
	return w.flow.lanes[(f.spread+int(car)+1)%len(w.flow.lanes)]
}

// line gives the bytes that the next line of a car is appended to; done takes them back.
func (w *writer) line(f *follower, car race.CarIdx) []byte {
	w.at = w.laneOf(f, car)
	if w.at.open == nil {
		b := &batch{begun: w.now}
		select {
		case b.lines = <-w.at.free:
		default:
			b.lines = make([]byte, 0, w.flow.cfg.BatchBytes+lineRoom)
		}
		w.at.open = b
	}
	return w.at.open.lines
}

func (w *writer) done(lines []byte) {
	b := w.at.open
	if len(lines) == len(b.lines) { // nothing was to be said
		return
	}
	b.lines = lines
	b.points++
	w.holds(b)
	if len(lines) >= w.flow.cfg.BatchBytes {
		w.fail(w.flow.cut(w.at))
	}
}

func (w *writer) holds(b *batch) {
	if n := len(b.marks); n == 0 || b.marks[n-1] != w.mark {
		w.flow.hold(w.mark)
		b.marks = append(b.marks, w.mark)
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// erase takes a car's points away, after what its lane has so far and before what comes.
func (w *writer) erase(f *follower, car race.CarIdx, series string, from, to int64) {
	l := w.laneOf(f, car)
	if l.open != nil && l.open.points > 0 {
		w.fail(w.flow.cut(l))
	}
	b := &batch{erase: &erasure{race: f.id, series: series, driver: f.driver(car), from: from, to: to}}
	w.holds(b)
	w.fail(w.flow.push(l, b))
}

// recall reads a hit as it was told; false where the record is none.
func (w *writer) recall(id race.ID, seq race.Seq) (passing, bool) {
	records, err := w.flow.log.Records(w.flow.ctx, id, seq-1, 1)
	if err != nil || len(records) == 0 {
		w.fail(err)
		return passing{}, false
	}
	b, ok := records[0].Body.(race.Passing)
	return passing{seq: seq, at: records[0].Time, body: b}, ok
}
