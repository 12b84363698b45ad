package influx

import (
	"context"
	"fmt"
	"time"

	"lightsout/race"
)

// The state of a race takes half a megabyte for 20 cars and 50 laps. So only a few races catch up at a time, and at most this
// many fed races are remembered. A race whose cursor should have moved for longer than MaxRetry takes the room of one that
// catches up: while the log's store accepts no cursors, no more races are started.
const (
	maxBehind     = 64
	maxRemembered = 256
)

// How long an idle race is remembered; how many records are folded at once.
const (
	rememberFor  = 5 * time.Minute
	foldReadOnce = 10_000
)

// remembered is a race that is being followed.
type remembered struct {
	*follower
	seen   time.Time // when there was last something to feed
	behind bool      // more than a stretch was left
}

// race returns the state of a race. After a restart it folds the log up to the cursor without writing. It returns nil if the
// race must start over after its cursor has moved back.
func (f *Feed) race(ctx context.Context, id race.ID) (*remembered, error) {
	if r := f.races[id]; r != nil {
		same, err := f.still(ctx, r)
		if same || err != nil {
			return r, err
		}
		delete(f.races, id)
		if f.flow.ahead(id) > 0 {
			return nil, nil
		}
	}
	to, err := f.log.Cursor(ctx, FeedName, id)
	if err != nil {
		return nil, fmt.Errorf("look up the cursor: %w", err)
	}
	r := &remembered{follower: newFollower(id, &f.rules, f.cfg.Every)}
	r.resumed = to.Count > 0
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
			r.cursor.Seq = records[i].Seq
		}
	}
	r.writeTower(nil)
	r.cursor = to
	f.races[id] = r
	return r, nil
}

// still reports whether a remembered race is still the same: it may have been deleted, and another race may have its
// identifier, or the same one may have been imported again.
func (f *Feed) still(ctx context.Context, r *remembered) (bool, error) {
	info, err := f.log.Records(ctx, r.id, 0, 1)
	if err != nil {
		return false, fmt.Errorf("read the log: %w", err)
	}
	if r.cursor.Seq > 0 && len(info) > 0 && info[0].RecordedAt != r.announcedAt {
		f.flow.rewind(r.id)
		return false, nil
	}
	if f.flow.ahead(r.id) > 0 {
		return true, nil
	}
	at, err := f.log.Cursor(ctx, FeedName, r.id)
	if err != nil {
		return false, fmt.Errorf("look up the cursor: %w", err)
	}
	return at == r.cursor, nil
}

// waits reports whether a race is skipped in this pass: it could not be read a moment ago, it was read far enough ahead, or
// its cursor is still moving back.
func (f *Feed) waits(id race.ID, now time.Time) bool {
	if at, lame := f.quarantined[id]; lame && now.Sub(at) < f.cfg.MaxRetry {
		return true
	}
	ahead := f.flow.ahead(id)
	return ahead >= maxAhead || ahead > 0 && f.races[id] == nil
}

// room returns how many more races may catch up.
func (f *Feed) room(now time.Time) int {
	room := maxBehind - f.flow.overdue(now)
	for _, r := range f.races {
		if r.behind {
			room--
		}
	}
	return room
}

// tidy forgets idle races and old failures.
func (f *Feed) tidy(now time.Time) {
	for id, r := range f.races {
		idle := now.Sub(r.seen)
		r.behind = r.behind && idle == 0
		if (idle > rememberFor || idle > 0 && len(f.races) > maxRemembered) && f.flow.ahead(id) == 0 {
			delete(f.races, id)
		}
	}
	for id, at := range f.quarantined {
		if now.Sub(at) >= f.cfg.MaxRetry {
			delete(f.quarantined, id)
		}
	}
}
