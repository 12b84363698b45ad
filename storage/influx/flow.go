package influx

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"lightsout/race"
)

// flow holds everything in flight: batches in shards, each of which sends one batch after the other, and the waypoints up to
// which each race was read. It lives as long as its Feed, so that nothing is lost when the actor that drives the Feed dies.
type flow struct {
	cfg    *Config
	send   *sender
	log    Log
	shards []*shard
	ctx    context.Context //nolint:containedctx // it is the Feed's life, not a call's

	mu        sync.Mutex
	waypoints map[race.ID][]*waypoint // in order; each is kept until the cursor is durable there
	moved     chan struct{}           // a waypoint may have been reached
}

// shard is a queue of batches. The points of a car are in one shard, so that they stay in order.
type shard struct {
	queue chan *batch
	free  chan []byte // line buffers that were sent
	open  *batch      // being filled; only the reader uses it
}

// batch is one request: line protocol, or an erasure.
type batch struct {
	lines     []byte
	points    int
	erase     *erasure
	begun     time.Time
	waypoints []*waypoint
}

// erasure deletes a car's points in a series, or all events of a kind, from from to to, both included (UTC nanoseconds).
type erasure struct {
	kind     string // of events; empty means a car's points
	race     race.ID
	series   string
	driver   string
	from, to int64
}

// waypoint is a place in a race's log. The cursor moves there when all points before it are acknowledged: each batch with some
// of them holds the waypoint, so that a lost batch keeps the cursor back.
type waypoint struct {
	race        race.ID
	announcedAt int64 // of the race that was read; 0 means any
	cursor      race.FeedCursor
	begun       time.Time
	left        int       // batches that hold it, plus the reader while it adds to them
	reached     time.Time // when left became 0
}

// lineRoom is how much longer a buffer is than a batch, for the last line.
const lineRoom = 4096

func newFlow(ctx context.Context, cfg *Config, s *sender, log Log) *flow {
	fl := &flow{cfg: cfg, send: s, log: log, ctx: ctx, waypoints: map[race.ID][]*waypoint{}, moved: make(chan struct{}, 1)}
	for range cfg.Lanes {
		fl.shards = append(fl.shards, &shard{queue: make(chan *batch, 1), free: make(chan []byte, 3)})
	}
	return fl
}

// work sends a shard's batches until the Feed is closed. An acknowledgement that arrives during Close counts.
func (fl *flow) work(l *shard) {
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
			if err != nil { // the Feed is closed
				return
			}
			if b.lines != nil {
				select {
				case l.free <- b.lines[:0]:
				default:
				}
			}
			fl.release(b.waypoints...)
		}
	}
}

// release removes one hold from each waypoint.
func (fl *flow) release(waypoints ...*waypoint) {
	now := time.Now()
	fl.mu.Lock()
	for _, m := range waypoints {
		if m.left--; m.left == 0 {
			m.reached = now
		}
	}
	fl.mu.Unlock()
	fl.signal()
}

func (fl *flow) signal() {
	select {
	case fl.moved <- struct{}{}:
	default:
	}
}

func (fl *flow) hold(m *waypoint) {
	fl.mu.Lock()
	m.left++
	fl.mu.Unlock()
}

// begin adds a waypoint, which the reader holds until it is complete.
func (fl *flow) begin(id race.ID) *waypoint {
	m := &waypoint{race: id, left: 1, begun: time.Now()}
	fl.mu.Lock()
	fl.waypoints[id] = append(fl.waypoints[id], m)
	fl.mu.Unlock()
	return m
}

// take removes the newest waypoint of a race, because there was nothing to feed.
func (fl *flow) take(m *waypoint) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	waypoints := fl.waypoints[m.race]
	if n := len(waypoints); n > 0 && waypoints[n-1] == m {
		fl.waypoints[m.race] = waypoints[:n-1]
	}
	if len(fl.waypoints[m.race]) == 0 {
		delete(fl.waypoints, m.race)
	}
}

// waiting returns how long the oldest unacknowledged read has waited.
func (fl *flow) waiting(now time.Time) (age time.Duration) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for _, waypoints := range fl.waypoints {
		age = max(age, now.Sub(waypoints[0].begun))
	}
	return age
}

// overdue returns how many races have a cursor that should have been moved long ago.
func (fl *flow) overdue(now time.Time) (n int) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	for _, waypoints := range fl.waypoints {
		if waypoints[0].left == 0 && now.Sub(waypoints[0].reached) > fl.cfg.MaxRetry {
			n++
		}
	}
	return n
}

// commit moves cursors until the Feed is closed; Close moves them once more, after all shards have stopped. After a failure it
// pauses and then tries every race again, so that one race whose cursor cannot be moved does not block the others.
func (fl *flow) commit() {
	pause := fl.send.pauses()
	for {
		select {
		case <-fl.ctx.Done():
			return
		case <-fl.moved:
		}
		if fl.moveCursors() {
			pause.Reset()
			continue
		}
		if !sleep(fl.ctx, pause.NextBackOff()) {
			return
		}
		fl.signal()
	}
}

// moveCursors moves the durable cursor of each race to the last waypoint reached; it returns false if one cannot be moved now.
func (fl *flow) moveCursors() bool {
	ok := true
	for _, m := range fl.reached() {
		err := fl.moveCursor(fl.send.session, m)
		switch {
		case err == nil:
			fl.settle(m)
		case fl.send.session.Err() != nil: // Close has waited long enough
			return false
		default:
			fl.cfg.Log.Warn("the feed cannot move its cursor", slog.String("race", string(m.race)), slog.Any("err", err))
			ok = false
		}
	}
	return ok
}

// moveCursor moves the cursor of the race that was read. A new race with the same identifier starts with a cursor of its own.
func (fl *flow) moveCursor(ctx context.Context, m *waypoint) error {
	info, err := fl.log.Records(ctx, m.race, 0, 1)
	if err == nil && (m.announcedAt == 0 || len(info) > 0 && info[0].RecordedAt == m.announcedAt) {
		err = fl.log.MoveCursor(ctx, FeedName, m.race, m.cursor)
	}
	if errors.Is(err, race.ErrNotFound) { // the race was deleted
		return nil
	}
	return err
}

// reached returns the last waypoint of each race before which everything is acknowledged.
func (fl *flow) reached() map[race.ID]*waypoint {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	out := map[race.ID]*waypoint{}
	for id, waypoints := range fl.waypoints {
		for _, m := range waypoints {
			if m.left > 0 {
				break
			}
			out[id] = m
		}
	}
	return out
}

// settle removes a waypoint whose cursor is durable, and all before it.
func (fl *flow) settle(m *waypoint) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	waypoints := fl.waypoints[m.race]
	waypoints = waypoints[slices.Index(waypoints, m)+1:] // it is missing if the race starts over
	if len(waypoints) == 0 {
		delete(fl.waypoints, m.race)
		return
	}
	fl.waypoints[m.race] = waypoints
}

// rewind moves a race's cursor back to the beginning and drops its waypoints.
func (fl *flow) rewind(id race.ID) {
	now := time.Now()
	fl.mu.Lock()
	fl.waypoints[id] = []*waypoint{{race: id, begun: now, reached: now}}
	fl.mu.Unlock()
	fl.signal()
}

// underway returns the races with waypoints.
func (fl *flow) underway() []race.ID {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return slices.Collect(maps.Keys(fl.waypoints))
}

// ahead returns how many stretches a race was read beyond its durable cursor.
func (fl *flow) ahead(id race.ID) int {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return len(fl.waypoints[id])
}

// flush sends the batches that have waited long enough, unless the Feed is closed.
func (fl *flow) flush(now time.Time) {
	for _, l := range fl.shards {
		if l.open != nil && l.open.points > 0 && now.Sub(l.open.begun) >= fl.cfg.FlushAfter {
			if fl.cut(l) != nil {
				return
			}
		}
	}
}

// cut queues a shard's open batch. It blocks while the shard is full, so that reading is not faster than writing.
func (fl *flow) cut(l *shard) error {
	b := l.open
	l.open = nil
	return fl.push(l, b)
}

func (fl *flow) push(l *shard, b *batch) error {
	select {
	case l.queue <- b:
		return nil
	case <-fl.ctx.Done():
		return fl.ctx.Err()
	}
}

// writer writes a follower's points to the shard of their car.
type writer struct {
	flow     *flow
	waypoint *waypoint
	now      time.Time
	at       *shard
	err      error
}

func (w *writer) shardOf(f *follower, car race.CarIdx) *shard {
	return w.flow.shards[(f.spread+int(car)+1)%len(w.flow.shards)]
}

// line returns the buffer to which the next line of a car is appended; done takes it back.
func (w *writer) line(f *follower, car race.CarIdx) []byte {
	w.at = w.shardOf(f, car)
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
	if len(lines) == len(b.lines) { // no line was appended
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
	if n := len(b.waypoints); n == 0 || b.waypoints[n-1] != w.waypoint {
		w.flow.hold(w.waypoint)
		b.waypoints = append(b.waypoints, w.waypoint)
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// erase deletes a car's points: after the lines that its shard has so far and before the next ones.
func (w *writer) erase(f *follower, car race.CarIdx, series string, from, to int64) {
	l := w.shardOf(f, car)
	if l.open != nil && l.open.points > 0 {
		w.fail(w.flow.cut(l))
	}
	w.pushErasure(l, &erasure{race: f.id, series: series, driver: f.driver(car), from: from, to: to})
}

// eraseEvent deletes an event.
func (w *writer) eraseEvent(f *follower, name race.EventName, at int64) {
	l := w.shardOf(f, name.Car)
	if l.open != nil && l.open.points > 0 {
		w.fail(w.flow.cut(l))
	}
	w.pushErasure(l, &erasure{race: f.id, series: "events", kind: name.Kind.String(), from: at, to: at})
}

func (w *writer) pushErasure(l *shard, e *erasure) {
	b := &batch{erase: e}
	w.holds(b)
	w.fail(w.flow.push(l, b))
}

// recall reads a passing as reported; false if the record is not a passing.
func (w *writer) recall(id race.ID, seq race.Seq) (passing, bool) {
	records, err := w.flow.log.Records(w.flow.ctx, id, seq-1, 1)
	if err != nil || len(records) == 0 {
		w.fail(err)
		return passing{}, false
	}
	b, ok := records[0].Body.(race.Passing)
	return passing{seq: seq, at: records[0].Time, body: b}, ok
}
