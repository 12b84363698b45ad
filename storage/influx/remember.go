package influx

import (
	"context"
	"fmt"
	"time"

	"lightsout/race"
)

// What is known of a race takes half a megabyte for 20 cars and 50 laps. So a few races catch up at a time, and of those that
// are fed no more are remembered than this. A race whose cursor could have been moved for MaxRetry, and was not, takes the room
// of one that catches up: while the log's store takes no cursors, no more races are begun.
const (
	maxBehind     = 64
	maxRemembered = 256
)

// How long a race is remembered that has nothing to feed; how many records are folded at once.
const (
	rememberFor  = 5 * time.Minute
	foldReadOnce = 10_000
)

// remembered is a race that was read from.
type remembered struct {
	*follower
	seen   time.Time // when there was something to feed
	behind bool      // there was more than a stretch
}

// race is what is known of a race: after a restart its log is folded up to the cursor, and nothing is written. nil means that the
// race begins anew when its cursor has moved back.
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
	r.cursor = to
	f.races[id] = r
	return r, nil
}

// still says that a remembered race is the one that it was: another may have its name since it was deleted, or the same one
// was brought back.
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

// waits says that nothing is read of a race in this pass: it could not be read a moment ago, or it was read far enough ahead, or
// it is to be followed anew, from its cursor, which is still moving.
func (f *Feed) waits(id race.ID, now time.Time) bool {
	if at, lame := f.quarantined[id]; lame && now.Sub(at) < f.cfg.MaxRetry {
		return true
	}
	ahead := f.flow.ahead(id)
	return ahead >= maxAhead || ahead > 0 && f.races[id] == nil
}

// room is how many races more may catch up.
func (f *Feed) room(now time.Time) int {
	room := maxBehind - f.flow.overdue(now)
	for _, r := range f.races {
		if r.behind {
			room--
		}
	}
	return room
}

// tidy forgets races that had nothing to feed, and failures that are long ago.
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
