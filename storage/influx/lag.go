package influx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lightsout/race"
)

// lookBehind measures the lag at intervals.
func (f *Feed) lookBehind(ctx context.Context) {
	tick := time.NewTicker(behindEvery)
	defer tick.Stop()
	for {
		lag, err := f.behind(ctx)
		switch {
		case err == nil:
			f.stats.setLag(lag)
		case ctx.Err() == nil:
			f.cfg.Log.Warn("the feed cannot measure its lag", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lag is the part of the log that is not fed; oldest is when its first record was recorded (UTC nanoseconds; 0 if there is
// none).
type lag struct {
	records, frames int64
	oldest          int64
}

// behind compares the durable cursors with the ends of the logs.
func (f *Feed) behind(ctx context.Context) (out lag, err error) {
	ids, err := f.log.Unfed(ctx, FeedName)
	if err != nil {
		return out, fmt.Errorf("look for races to feed: %w", err)
	}
	for _, id := range ids {
		at, err := f.log.Cursor(ctx, FeedName, id)
		if err != nil {
			return out, fmt.Errorf("look up the cursor: %w", err)
		}
		end, err := f.log.FeedEnd(ctx, id)
		if errors.Is(err, race.ErrNotFound) { // deleted meanwhile
			continue
		}
		if err != nil {
			return out, fmt.Errorf("look up the end of the log: %w", err)
		}
		out.frames += max(0, int64(end.Tick-at.Tick))
		if end.Seq <= at.Seq {
			continue
		}
		out.records += int64(end.Seq - at.Seq)
		first, err := f.log.Records(ctx, id, at.Seq, 1)
		if err != nil {
			return out, fmt.Errorf("read the log: %w", err)
		}
		if len(first) > 0 && (out.oldest == 0 || first[0].RecordedAt < out.oldest) {
			out.oldest = first[0].RecordedAt
		}
	}
	return out, nil
}
