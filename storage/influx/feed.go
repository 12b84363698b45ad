package influx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lightsout/race"
)

// How much of a race is read at once, so that several lagging races advance together; how often the lag is measured.
const (
	readRecords = 5_000
	readSamples = 10_000
	readPoints  = 1 << 17
	readTicks   = 100
	behindEvery = 2 * time.Second
)

// maxAhead is how many stretches of a race are read beyond its durable cursor. A race of many cars fills the shards long
// before; the limit is reached when batches are acknowledged and cursors do not move.
const maxAhead = 256

// closeWithin is how long Close waits for requests and commits in flight.
const closeWithin = 2 * time.Second

// Feed writes races to InfluxDB. An actor that may die at any moment drives it, stretch by stretch (Next).
//
// Invariants:
//  1. The durable cursor of a race is at a place only if every point before it was acknowledged or is a dead letter, by the bucket that
//     is written to. It moves back only when another race takes the identifier, or another bucket the place of the one before.
//  2. Acknowledged points move the cursor even if the actor dies: batches, waypoints and followers belong to the Feed, and a new
//     incarnation of the actor continues with them. A race that cannot be read, or whose cursor cannot be moved, blocks no other
//     race. Close moves the cursors once more after the last acknowledgement.
//  3. During the life of a Feed each point is acknowledged once, however often the actor dies. There are two exceptions: the
//     record or frame at which a race could not be read is written again completely, and points that share a request with a
//     refused point are written again without it. A request without an acknowledgement is sent again as a whole.
//  4. After the process has died, the next one writes again everything since the oldest batch in flight. While the server and
//     the log's store answer, that is about three batches of each shard (open, queued, being sent) and a stretch of each race. It
//     is never more than maxAhead stretches of a race, each of at most readRecords records, readTicks frames or readPoints points
//     of telemetry, and readSamples samples.
type Feed struct {
	cfg    Config
	rules  Rules
	log    Log
	client *client
	send   *sender
	flow   *flow
	stats  counters
	ring   ring
	cancel context.CancelFunc // stops everything except requests and commits in flight
	abort  context.CancelFunc // aborts requests and commits in flight
	ended  sync.WaitGroup

	mu    sync.Mutex
	ready func(busy bool, err error) // callback of the waiting call of Next
	wake  chan struct{}

	// Only the worker uses these.
	races       map[race.ID]*remembered
	quarantined map[race.ID]time.Time // races that cannot be read, and since when
	asking      *backoff.ExponentialBackOff
	asked       time.Time // for the bucket, successfully
	askAgain    time.Time // not before
	toldBlind   bool      // that the bucket cannot be looked up

	erasing atomic.Bool // a goroutine erases deleted races
}

// New returns a Feed that is idle until Next is called. Check tests the server's settings. Close stops the Feed.
func New(cfg Config, rules Rules, log Log) (*Feed, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	f := &Feed{cfg: cfg, rules: rules, log: log, wake: make(chan struct{}, 1), races: map[race.ID]*remembered{}, quarantined: map[race.ID]time.Time{}}
	var err error
	if f.client, err = newClient(&f.cfg); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	session, abort := context.WithCancel(context.Background())
	f.cancel, f.abort = cancel, abort
	f.send = newSender(session, &f.cfg, f.client, log, &f.stats)
	f.asking = f.send.pauses()
	f.stats.unsure.Store(true)
	f.flow = newFlow(ctx, &f.cfg, f.send, log)
	for _, l := range f.flow.shards {
		f.ended.Go(func() { f.flow.work(l) })
	}
	f.ended.Go(f.flow.commit)
	f.ended.Go(func() { f.work(ctx) })
	f.ended.Go(func() { f.lookBehind(ctx) })
	return f, nil
}

// Register records in the log's store that the feed exists, so that retention keeps what it has not fed.
func (f *Feed) Register(ctx context.Context) error {
	if err := f.log.RegisterFeed(ctx, FeedName); err != nil {
		return fmt.Errorf("register the feed: %w", err)
	}
	return nil
}

// Check tests whether the server accepts what will be written. It returns ErrRefused if the token, the organisation or the
// bucket is wrong, and ErrAway if the server does not answer: then the Feed lags until it does.
func (f *Feed) Check(ctx context.Context) error { return f.client.check(ctx) }

// CheckRead tests whether the token may read the bucket, as boards and a History must. It returns ErrRefused or ErrAway like Check.
func (f *Feed) CheckRead(ctx context.Context) error { return f.client.checkRead(ctx) }

// RenewToken reads the token again.
func (f *Feed) RenewToken() { f.client.token.renew() }

// Close stops the Feed. Requests in flight have closeWithin to finish, and cursors move to what is acknowledged by then; the
// next Feed continues from there.
func (f *Feed) Close() {
	f.cancel()
	late := time.AfterFunc(closeWithin, f.abort)
	defer late.Stop()
	f.ended.Wait()
	f.flow.moveCursors()
	f.abort()
	f.client.close()
}

// Next feeds a stretch of every race that has something to feed, in another goroutine, and then calls ready; busy says that
// more is left. Of several waiting calls only the newest counts: ready of the others is not called. A stretch waits while the
// server accepts nothing. Next never blocks. What was read is sent and its cursor is moved even if Next is not called again.
func (f *Feed) Next(ready func(busy bool, err error)) {
	f.mu.Lock()
	f.ready = ready
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// work serves calls of Next, one after the other, and sends batches that have waited long enough.
func (f *Feed) work(ctx context.Context) {
	flush := time.NewTicker(max(f.cfg.FlushAfter/4, time.Millisecond))
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-flush.C:
			f.flow.flush(now)
		case <-f.wake:
			f.answer(ctx)
		}
	}
}

// answer serves the newest call of Next.
func (f *Feed) answer(ctx context.Context) {
	f.mu.Lock()
	ready := f.ready
	f.ready = nil
	f.mu.Unlock()
	if ready == nil {
		return
	}
	busy, err := f.pass(ctx)
	if ctx.Err() == nil {
		ready(busy, err)
	}
}

// pass reads a stretch of every race that has something to feed.
func (f *Feed) pass(ctx context.Context) (busy bool, err error) {
	now := time.Now()
	if sure, err := f.settle(ctx, now); !sure {
		return false, err
	}
	gone, err := f.erase(ctx)
	if err != nil {
		return false, err
	}
	ids, err := f.log.Unfed(ctx, FeedName)
	if err != nil {
		return false, fmt.Errorf("look for races to feed: %w", err)
	}
	room := f.room(now)
	free := room > 0
	for _, id := range ids {
		if gone[id] || f.waits(id, now) {
			continue
		}
		if f.races[id] == nil {
			if room--; room < 0 {
				busy = busy || free // races already begun free room for it
				continue
			}
		}
		more, err := f.raceStretch(ctx, id, now)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil: // continue with the others
			f.quarantined[id] = now
			delete(f.races, id)
			f.cfg.Log.Error("a race cannot be fed now", slog.String("race", string(id)), slog.Any("err", err))
		}
		busy = busy || more
	}
	f.tidy(now)
	return busy, nil
}

// raceStretch reads a stretch of one race. It recovers a panic caused by the data of the race, so that the feed of the other
// races continues.
func (f *Feed) raceStretch(ctx context.Context, id race.ID, now time.Time) (more bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	r, err := f.race(ctx, id)
	if r == nil || err != nil {
		return false, err
	}
	r.seen = now
	r.behind, err = f.stretch(ctx, r.follower)
	return r.behind, err
}

// stretch reads the next part of a race and writes its points. If that fails, the cursor stops at the last record and frame
// that were written completely.
func (f *Feed) stretch(ctx context.Context, r *follower) (more bool, err error) {
	before, m := r.cursor, f.flow.begin(r.id)
	w := &writer{flow: f.flow, waypoint: m, now: time.Now()}
	defer func() {
		if r.cursor == before {
			f.flow.take(m)
			return
		}
		m.cursor, m.announcedAt = r.cursor, r.announcedAt
		f.flow.release(m)
	}()
	records, err := f.log.Records(ctx, r.id, r.cursor.Seq, readRecords)
	if err != nil {
		return false, fmt.Errorf("read the log: %w", err)
	}
	for i := range records {
		if r.apply(&records[i], w); w.err != nil {
			return false, w.err
		}
		r.cursor.Seq = records[i].Seq
	}
	if r.writeTower(w); w.err != nil {
		return false, w.err
	}
	more = len(records) == readRecords
	if r.startedAt == 0 { // before the start signal race time has no wall-clock time
		return more, nil
	}
	full, err := f.telemetry(ctx, r, w)
	return more || full, err
}

// errEnough ends the reading of frames.
var errEnough = errors.New("enough frames")

// telemetry reads frames, and samples of real cars. It skips gaps left by lost data or by retention.
func (f *Feed) telemetry(ctx context.Context, r *follower, w *writer) (more bool, err error) {
	end, err := f.log.FeedEnd(ctx, r.id) // read first: everything up to here that is not found below is gone
	if err != nil {
		return false, fmt.Errorf("look up the end of the log: %w", err)
	}
	ticks := min(readTicks, max(1, readPoints/max(1, len(r.entries))))
	var frames []*race.Frame // collected first, so that no read transaction is open while the writer waits
	err = f.log.Frames(ctx, r.id, r.cursor.Tick+1, math.MaxInt64, func(fr *race.Frame) error {
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
		r.cursor.Tick = fr.Tick
	}
	if r.info.Kind == race.Simulation {
		return len(frames) == ticks, nil
	}
	samples, count, err := f.log.SamplesAfter(ctx, r.id, r.cursor.Count, readSamples)
	if err != nil {
		return false, fmt.Errorf("read samples: %w", err)
	}
	for i := range samples {
		if r.sample(&samples[i], w); w.err != nil {
			return false, w.err
		}
	}
	if r.cursor.Count = count; len(samples) == 0 {
		r.cursor.Count = max(count, end.Count)
	}
	return len(samples) >= readSamples, nil
}
