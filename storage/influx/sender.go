package influx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/klauspost/compress/gzip"

	"lightsout/race"
)

// sender sends requests to the server: it retries without limit during an outage, and isolates refused points.
type sender struct {
	cfg     *Config
	client  *client
	log     Log
	stats   *counters
	session context.Context //nolint:containedctx // of requests and commits: it ends a while after the Feed's, so that they can finish
	zips    sync.Pool       // of *zip
	resume  atomic.Int64    // the server asked for no request before, Unix nanoseconds
	expired sync.Map        // by race.ID: points of it were left out, and the log says so
}

// zip is a compressor and its output.
type zip struct {
	w   *gzip.Writer
	out bytes.Buffer
}

func newSender(session context.Context, cfg *Config, c *client, log Log, stats *counters) *sender {
	s := &sender{session: session, cfg: cfg, client: c, log: log, stats: stats}
	s.zips.New = func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level is one of its own
		}
		return &zip{w: w}
	}
	return s
}

// lines writes line protocol with the given number of points. It returns when all points are acknowledged or dead letters, or
// with the error of the context.
func (s *sender) lines(ctx context.Context, lines []byte, points int) error {
	err := s.persist(ctx, func() *influxhttp.Error { return s.write(lines) })
	if err == nil {
		s.stats.written.Add(int64(points))
		s.stats.batches.Add(1)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.isolate(ctx, lines, points, err)
}

// write makes one attempt. Close waits a while for it, so that its acknowledgement counts.
func (s *sender) write(lines []byte) *influxhttp.Error {
	s.stats.flying.Add(1)
	defer s.stats.flying.Add(-1)
	if s.cfg.Plain {
		return s.client.post(s.session, lines, false)
	}
	z, _ := s.zips.Get().(*zip)
	defer s.zips.Put(z)
	z.out.Reset()
	z.w.Reset(&z.out)
	_, err := z.w.Write(lines)
	if err = errors.Join(err, z.w.Close()); err != nil {
		return influxhttp.NewError(err)
	}
	return s.client.post(s.session, z.out.Bytes(), true)
}

// persist makes attempts until one is accepted (nil) or refused.
func (s *sender) persist(ctx context.Context, attempt func() *influxhttp.Error) *influxhttp.Error {
	pause := s.pauses()
	for {
		if wait := s.patience(time.Now()); wait > 0 && !sleep(ctx, wait) {
			return influxhttp.NewError(ctx.Err())
		}
		err := attempt()
		switch judge(err) {
		case taken:
			s.stats.heal()
			return nil
		case refused:
			return err
		case later:
		}
		s.stats.retries.Add(1)
		s.complain(err)
		if !sleep(ctx, pause.NextBackOff()) {
			return err
		}
	}
}

// patience returns how long the server asked to be left alone.
func (s *sender) patience(now time.Time) time.Duration {
	return time.Unix(0, s.resume.Load()).Sub(now)
}

// complain logs the beginning of an outage, and notes how long the server asks to be left alone.
func (s *sender) complain(err *influxhttp.Error) {
	now := time.Now()
	if wait := retryAfter(err, now); wait > 0 {
		s.resume.Store(now.Add(wait).UnixNano())
	}
	reason := s.client.reason(err)
	if s.stats.ail(reason) {
		s.cfg.Log.Warn("InfluxDB accepts no points; the feed lags and keeps trying", slog.String("url", s.client.url),
			slog.String("reason", reason))
	}
}

func (s *sender) pauses() *backoff.ExponentialBackOff {
	p := backoff.NewExponentialBackOff()
	p.InitialInterval, p.MaxInterval, p.Multiplier, p.RandomizationFactor = s.cfg.RetryFirst, s.cfg.MaxRetry, 2, 0.5
	p.Reset()
	return p
}

// sleep waits; it returns false if the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// droppedPattern matches the number of dropped points in a response.
var droppedPattern = regexp.MustCompile(`dropped=(\d+)`)

// isolate splits a refused request in halves until the bad points are alone, and makes them dead letters. The good points of a
// partial write are written again, which changes nothing.
func (s *sender) isolate(ctx context.Context, lines []byte, points int, why *influxhttp.Error) error {
	if all := droppedPattern.FindStringSubmatch(why.Message); all != nil {
		if n, err := strconv.Atoi(all[1]); err == nil && n == points { // all points are bad: no need to split
			return s.deadLetterAll(ctx, lines, why)
		}
	}
	if points <= 1 {
		return s.deadLetterAll(ctx, lines, why)
	}
	end := 0
	for range points / 2 {
		end += bytes.IndexByte(lines[end:], '\n') + 1
	}
	if err := s.lines(ctx, lines[:end], points/2); err != nil {
		return err
	}
	return s.lines(ctx, lines[end:], points-points/2)
}

// maxDeadLetters is how many points become dead letters together, so that they share commits of the log's store.
const maxDeadLetters = 256

// deadLetterAll makes points dead letters with the server's reason.
func (s *sender) deadLetterAll(ctx context.Context, lines []byte, why *influxhttp.Error) error {
	reason := s.client.reason(why)
	s.stats.heal() // a refusal is an answer
	var points []string
	for line := range strings.Lines(string(lines)) {
		points = append(points, strings.TrimRight(line, "\n"))
	}
	if beyondRetention(why) {
		return s.leaveOut(ctx, points, reason)
	}
	s.cfg.Log.Error("InfluxDB refused points; they are kept as dead letters", slog.Int("points", len(points)), slog.String("first", points[0]),
		slog.String("reason", reason))
	for some := range slices.Chunk(points, maxDeadLetters) {
		var at sync.WaitGroup
		for _, point := range some {
			at.Go(func() { s.deadLetter(ctx, point, reason) })
		}
		at.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// beyondRetention reports whether points are older than what the bucket keeps. Sent again they are refused again, and the more the longer it takes.
func beyondRetention(why *influxhttp.Error) bool {
	return strings.Contains(why.Message, "points outside retention policy") || strings.Contains(why.Message, "beyond retention policy")
}

// leaveOut counts points that the bucket does not keep. A dead letter for each race says how many they are, and has the first: a race that was
// fed too late has as many as it has points.
func (s *sender) leaveOut(ctx context.Context, points []string, reason string) error {
	s.stats.expired.Add(int64(len(points)))
	reason, _, _ = strings.Cut(reason, " - oldest point") // which is not of this race alone
	first, count, order := map[race.ID]string{}, map[race.ID]int{}, []race.ID{}
	for _, point := range points {
		id := raceOf(point)
		if count[id]++; count[id] == 1 {
			first[id], order = point, append(order, id)
		}
	}
	for _, id := range order {
		if _, known := s.expired.LoadOrStore(id, true); !known {
			s.cfg.Log.Warn("InfluxDB does not keep points as old as those of a race; they are left out and counted", slog.String("race", string(id)),
				slog.String("first", first[id]), slog.String("reason", reason))
		}
		s.store(ctx, id, first[id], fmt.Sprintf("%d points, of which this is the first: %s", count[id], reason))
	}
	return ctx.Err()
}

// deadLetter makes a point a dead letter.
func (s *sender) deadLetter(ctx context.Context, point, reason string) {
	s.stats.rejected.Add(1)
	s.store(ctx, raceOf(point), point, reason)
}

// store stores a dead letter of a race. It retries until that succeeds or the context has ended. Without a race it is not stored.
func (s *sender) store(ctx context.Context, id race.ID, point, reason string) {
	if id == "" {
		return
	}
	for pause := s.pauses(); ; {
		err := s.log.DeadLetter(ctx, FeedName, id, point, reason)
		if err == nil || errors.Is(err, race.ErrNotFound) || ctx.Err() != nil {
			return
		}
		s.cfg.Log.Warn("the feed cannot store a dead letter", slog.Any("err", err))
		if !sleep(ctx, pause.NextBackOff()) {
			return
		}
	}
}

// erase deletes points.
func (s *sender) erase(ctx context.Context, e *erasure) error {
	predicate := fmt.Sprintf(`_measurement=%q AND race=%q AND driver_number=%q`, e.series, string(e.race), e.driver)
	if e.kind != "" {
		predicate = fmt.Sprintf(`_measurement=%q AND race=%q AND kind=%q`, e.series, string(e.race), e.kind)
	}
	why := s.persist(ctx, func() *influxhttp.Error {
		s.stats.flying.Add(1)
		defer s.stats.flying.Add(-1)
		return s.client.erase(s.session, e, predicate)
	})
	switch {
	case why == nil:
		s.stats.erased.Add(1)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return s.deadLetterAll(ctx, fmt.Appendf(nil, "erase,race=%s where %s from %d to %d", e.race, predicate, e.from, e.to), why)
}
