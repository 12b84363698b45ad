package influx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"lightsout/race"
)

// How much of a race is read at once, so that many races that lag come on together; how long a race is remembered that has
// nothing to feed; how often it is asked how far the log has gone ahead; how long a race that cannot be read is left alone.
const (
	readRecords  = 5_000
	readSamples  = 10_000
	readPoints   = 1 << 17
	readTicks    = 100
	rememberFor  = 5 * time.Minute
	behindEvery  = 2 * time.Second
	foldReadOnce = 10_000
	lameFor      = 30 * time.Second
)

// What is known of a race takes half a megabyte for 20 cars and 50 laps. So a few races catch up at a time, and of those that
// are fed no more are remembered than this.
const (
	behindMost   = 64
	rememberMost = 256
)

// Feed writes races to InfluxDB. It is driven from outside, stretch by stretch (Next); what it has read and not had acknowledged
// it reads again after a restart.
type Feed struct {
	cfg    Config
	rules  Rules
	log    Log
	client *client
	send   *sender
	stats  counters
	ring   ring
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu    sync.Mutex
	asked *ask
	flow  *flow // the one that is on; a fresh beginning ends it
	wake  chan struct{}

	// Of the worker alone.
	races map[race.ID]*remembered
	lame  map[race.ID]time.Time // races that cannot be read, and since when
}

// ask is a call of Next that waits.
type ask struct {
	fresh bool
	ready func(busy bool, err error)
}

// remembered is a race that was read from.
type remembered struct {
	*follower
	seen   time.Time // when there was something to feed
	behind bool      // there was more than a stretch
}

// New sets up a Feed that does nothing yet. Check says whether the server is as it must be. Close ends it.
func New(cfg Config, rules Rules, log Log) (*Feed, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	f := &Feed{cfg: cfg, rules: rules, log: log, wake: make(chan struct{}, 1), races: map[race.ID]*remembered{}, lame: map[race.ID]time.Time{}}
	var err error
	if f.client, err = newClient(&f.cfg); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	f.send = newSender(ctx, &f.cfg, f.client, log, &f.stats)
	f.ended.Go(func() { f.work(ctx) })
	f.ended.Go(func() { f.lookBehind(ctx) })
	return f, nil
}

// Register says that the Feed is there, so that nothing is thrown away before it was fed.
func (f *Feed) Register(ctx context.Context) error {
	if err := f.log.RegisterFeed(ctx, FeedName); err != nil {
		return fmt.Errorf("register the feed: %w", err)
	}
	return nil
}

// Check asks the server whether it takes what will be written: ErrRefused says exactly what is wrong with the token, the
// organisation or the bucket; ErrAway that it does not answer, and that the Feed will lag until it does.
func (f *Feed) Check(ctx context.Context) error { return f.client.check(ctx) }

// Close ends the Feed. What was not acknowledged is fed by the next one.
func (f *Feed) Close() {
	f.cancel()
	f.ended.Wait()
	f.client.close()
}

// Next feeds a stretch of every race that has something, from another goroutine, and then calls ready: busy says that there is
// more. With fresh, all that is remembered is dropped, and the durable cursors say where to begin. Of calls that wait for their
// turn the newest counts: ready of the others is not called. A stretch waits while the server takes nothing.
func (f *Feed) Next(fresh bool, ready func(busy bool, err error)) {
	f.mu.Lock()
	if f.asked != nil {
		fresh = fresh || f.asked.fresh
	}
	f.asked = &ask{fresh, ready}
	if fresh && f.flow != nil {
		f.flow.cancel() // whoever waits in it need not
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// work answers calls of Next, one after the other.
func (f *Feed) work(ctx context.Context) {
	defer func() {
		if f.flow != nil {
			f.flow.stop()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		f.mu.Lock()
		one := f.asked
		f.asked = nil
		f.mu.Unlock()
		if one == nil {
			continue
		}
		if one.fresh || f.flow == nil {
			f.anew(ctx)
		}
		busy, err := f.pass(f.flow)
		if err != nil && ctx.Err() == nil && f.flow.ctx.Err() == nil { // what was read may have been written in part
			f.anew(ctx)
		}
		if ctx.Err() == nil {
			one.ready(busy, err)
		}
	}
}

// anew drops all that is remembered and on the way.
func (f *Feed) anew(ctx context.Context) {
	if f.flow != nil {
		f.flow.stop()
	}
	clear(f.races)
	fl := newFlow(ctx, &f.cfg, f.send, f.log, &f.stats)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flow = fl
	if f.asked != nil && f.asked.fresh { // it was asked for again meanwhile
		fl.cancel()
	}
}

// pass reads a stretch of every race that has something to feed.
func (f *Feed) pass(fl *flow) (busy bool, err error) {
	ids, err := f.log.Unfed(fl.ctx, FeedName)
	if err != nil {
		return false, fmt.Errorf("look for races to feed: %w", err)
	}
	now, room := time.Now(), f.room()
	for _, id := range ids {
		if f.races[id] == nil && !f.isLame(id, now) {
			if room--; room < 0 {
				busy = true
				continue
			}
		}
		more, err := f.raceStretch(fl, id, now)
		switch {
		case fl.ctx.Err() != nil:
			return false, fl.ctx.Err()
		case err != nil: // the others go on
			f.lame[id] = now
			delete(f.races, id)
			fl.forget(id)
			f.cfg.Log.Error("a race cannot be fed now", slog.String("race", string(id)), slog.Any("err", err))
		}
		busy = busy || more
	}
	f.tidy(fl, now)
	return busy, fl.flush(time.Now(), false)
}

// room is how many races more may catch up.
func (f *Feed) room() int {
	room := behindMost
	for _, r := range f.races {
		if r.behind {
			room--
		}
	}
	return room
}

// tidy forgets races that had nothing to feed.
func (f *Feed) tidy(fl *flow, now time.Time) {
	for id, r := range f.races {
		idle := now.Sub(r.seen)
		r.behind = r.behind && idle == 0
		if (idle > rememberFor || idle > 0 && len(f.races) > rememberMost) && !fl.pending(id) {
			delete(f.races, id)
		}
	}
}

// raceStretch reads a stretch of one race. One that could not be read a moment ago waits.
func (f *Feed) raceStretch(fl *flow, id race.ID, now time.Time) (more bool, err error) {
	if f.isLame(id, now) {
		return false, nil
	}
	delete(f.lame, id)
	r, err := f.race(fl.ctx, id)
	if err != nil {
		return false, err
	}
	r.seen = now
	r.behind, err = f.stretch(fl, r.follower)
	return r.behind, err
}

func (f *Feed) isLame(id race.ID, now time.Time) bool {
	at, lame := f.lame[id]
	return lame && now.Sub(at) < lameFor
}

// race is what is known of a race: after a restart its log is folded up to the cursor, and nothing is written.
func (f *Feed) race(ctx context.Context, id race.ID) (*remembered, error) {
	if r := f.races[id]; r != nil {
		same, err := f.still(ctx, r)
		if same || err != nil {
			return r, err
		}
		delete(f.races, id)
	}
	to, err := f.log.Cursor(ctx, FeedName, id)
	if err != nil {
		return nil, fmt.Errorf("look up the cursor: %w", err)
	}
	r := &remembered{follower: newFollower(id, &f.rules, f.cfg.Every)}
	for r.cursor.Seq < to.Seq {
		records, err := f.log.Records(ctx, id, r.cursor.Seq, int(min(foldReadOnce, to.Seq-r.cursor.Seq)))
		if err != nil {
			return nil, fmt.Errorf("read the log of race %s: %w", id, err)
		}
		if len(records) == 0 {
			return nil, fmt.Errorf("the log of race %s ends at %d, fed were %d", id, r.cursor.Seq, to.Seq)
		}
		for i := range records {
			r.apply(&records[i], nil)
		}
	}
	r.cursor = to
	f.races[id] = r
	return r, nil
}

// still says that a remembered race is the one that it was: another may have its name since it was deleted, or the same one
// was brought back.
func (f *Feed) still(ctx context.Context, r *remembered) (bool, error) {
	head, err := f.log.Records(ctx, r.id, 0, 1)
	if err != nil {
		return false, fmt.Errorf("read the log: %w", err)
	}
	if r.cursor.Seq > 0 && len(head) > 0 && head[0].RecordedAt != r.announcedAt {
		f.flow.forget(r.id) // what is on the way must not move the cursor of its successor
		if err := f.log.MoveCursor(ctx, FeedName, r.id, race.FeedCursor{}); err != nil {
			return false, fmt.Errorf("begin anew: %w", err)
		}
		return false, nil
	}
	if f.flow.pending(r.id) {
		return true, nil
	}
	at, err := f.log.Cursor(ctx, FeedName, r.id)
	if err != nil {
		return false, fmt.Errorf("look up the cursor: %w", err)
	}
	return at == r.cursor, nil
}

// stretch reads on in a race and writes what it finds.
func (f *Feed) stretch(fl *flow, r *follower) (more bool, err error) {
	before, m := r.cursor, fl.begin(r.id)
	w := &writer{flow: fl, mark: m, now: time.Now()}
	defer func() {
		switch {
		case err != nil: // the cursor never moves there
		case r.cursor == before:
			fl.take(m)
		default:
			m.cursor = r.cursor
			fl.release(m)
		}
	}()
	records, err := f.log.Records(fl.ctx, r.id, r.cursor.Seq, readRecords)
	if err != nil {
		return false, fmt.Errorf("read the log: %w", err)
	}
	for i := range records {
		r.apply(&records[i], w)
		if w.err != nil {
			return false, w.err
		}
	}
	more = len(records) == readRecords
	if r.startedAt == 0 { // race time has no place in the world yet
		return more, nil
	}
	full, err := f.telemetry(fl, r, w)
	if err == nil {
		err = w.err
	}
	return more || full, err
}

// errEnough ends the reading of frames.
var errEnough = errors.New("enough frames")

// telemetry reads frames, and samples of real cars. Over a gap, left by what was lost or given up, it goes on behind it.
func (f *Feed) telemetry(fl *flow, r *follower, w *writer) (more bool, err error) {
	end, err := f.log.FeedEnd(fl.ctx, r.id) // before it is read: what is not found up to here is gone
	if err != nil {
		return false, fmt.Errorf("look up the end of the log: %w", err)
	}
	ticks := min(readTicks, max(1, readPoints/max(1, len(r.entries))))
	var frames []*race.Frame // the store is left alone before anything waits
	err = f.log.Frames(fl.ctx, r.id, r.cursor.Tick+1, math.MaxInt64, func(fr *race.Frame) error {
		if frames = append(frames, fr); len(frames) == ticks {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return false, fmt.Errorf("read telemetry: %w", err)
	}
	if len(frames) == 0 {
		r.cursor.Tick = max(r.cursor.Tick, end.Tick)
	}
	for _, fr := range frames {
		if err := r.frame(fr, w); err != nil {
			return false, err
		}
		if w.err != nil {
			return false, w.err
		}
	}
	if r.head.Kind == race.Simulation {
		return len(frames) == ticks, nil
	}
	samples, count, err := f.log.SamplesAfter(fl.ctx, r.id, r.cursor.Count, readSamples)
	if err != nil {
		return false, fmt.Errorf("read samples: %w", err)
	}
	for i := range samples {
		r.sample(&samples[i], w)
	}
	if r.cursor.Count = count; len(samples) == 0 {
		r.cursor.Count = max(count, end.Count)
	}
	return len(samples) >= readSamples, nil
}
