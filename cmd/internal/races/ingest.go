package races

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

var _ gateway.Ingest = (*Ingest)(nil)

// Ingest takes what is reported of races: by decoders, by race control, by stewards.
type Ingest struct {
	store   *sqlite.Store
	runner  Runner
	running func(race.ID) <-chan struct{} // closed when the simulation ends; nil if there is none

	mu      sync.Mutex
	rosters map[race.ID]*race.Roster // of races of real cars that have started
}

// Roster is what is needed to read reports of a race. Entries do not change after the announcement.
func (i *Ingest) Roster(ctx context.Context, id race.ID) (*race.Roster, error) {
	i.mu.Lock()
	known := i.rosters[id]
	i.mu.Unlock()
	if known != nil {
		return known, nil
	}
	r, err := i.store.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.StartedAt != 0 { // before that it may change
		i.mu.Lock()
		cars := len(r.Entries)
		for _, known := range i.rosters {
			cars += len(known.Entries)
		}
		if len(i.rosters) >= rostersMax || cars > CarsMax {
			clear(i.rosters)
		}
		i.rosters[id] = r
		i.mu.Unlock()
	}
	return r, nil
}

// rostersMax bounds the rosters in memory; beyond it all are read again.
const rostersMax = 64

// Ingest hands a report to the race's log, and returns when it is durable and applied.
func (i *Ingest) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	return i.runner.Ingest(ctx, id, in)
}

// Rule hands a ruling to the race's simulation while that runs, otherwise to its log. A Time of race.NoTime means now.
func (i *Ingest) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	r, err := i.named(ctx, id, r)
	if err != nil {
		return race.Ruled{}, err
	}
	if done := i.running(id); done != nil {
		ruled, err := i.runner.Rule(ctx, id, r)
		if err == nil {
			_, err = archive.Settled(ctx, i.store, id)
		}
		if i.running(id) != nil || !errors.Is(err, race.ErrConflict) {
			return ruled, err
		}
		// the simulation has ended
	}
	if r.Time == race.NoTime {
		var err error
		if r.Time, err = i.now(ctx, id); err != nil {
			return race.Ruled{}, err
		}
	}
	taken, err := i.runner.Ingest(ctx, id, &race.Report{Records: []race.Record{r}})
	if err != nil {
		return race.Ruled{}, err
	}
	for _, refused := range taken.Refused {
		return race.Ruled{}, fmt.Errorf("%w: %s", race.ErrConflict, refused.Reason)
	}
	switch r.Body.(type) {
	case race.StartMoved, race.Undone: // race time may count from another moment now
		i.Forget(id)
	default:
	}
	_, err = archive.Settled(ctx, i.store, id) // so that the next question sees the ruling
	roster, rosterErr := i.Roster(ctx, id)
	if rosterErr != nil {
		return race.Ruled{Seq: taken.First}, errors.Join(err, rosterErr)
	}
	return race.Ruled{Seq: taken.First, At: r.Time - roster.StartMoved}, err
}

// named makes a ruling on a lap name the passing that ended it, for lap numbers may change before it is applied.
func (i *Ingest) named(ctx context.Context, id race.ID, r race.Record) (race.Record, error) {
	b, ok := r.Body.(race.LapDeleted)
	if !ok || b.Passing != 0 {
		return r, nil
	}
	laps, err := i.store.Laps(ctx, id, b.Car)
	for _, l := range laps {
		if l.Number == b.Lap {
			b.Passing = l.Passing
		}
	}
	r.Body = b
	return r, err
}

// liveWithin is the greatest age of the newest record of a race that is reported live.
const liveWithin = 5 * time.Minute

// now is the race time: by the clock if the race is reported live, otherwise that of its newest record.
func (i *Ingest) now(ctx context.Context, id race.ID) (race.Micros, error) {
	r, err := i.Roster(ctx, id)
	if err != nil {
		return 0, err
	}
	newest, err := i.store.Newest(ctx, id)
	if err != nil {
		return 0, err
	}
	newest = max(0, newest)
	if r.StartedAt == 0 {
		return newest, nil
	}
	clock := r.SinceStart(time.Now().UnixNano())
	if behind := clock - newest; behind > 0 && behind < race.Micros(liveWithin.Microseconds()) {
		return clock, nil
	}
	return newest, nil
}

// control starts or ends a race of real cars.
func (i *Ingest) control(ctx context.Context, before race.Summary, what race.Control, when race.Moment) (race.Summary, error) {
	id := before.Race.ID
	rec := race.Record{Time: race.NoTime}
	switch {
	case what == race.ControlStart && before.Status == race.Waiting:
		if rec.RecordedAt = when.Date; when.Date == 0 {
			rec.RecordedAt = time.Now().UnixNano()
		}
		rec.Time, rec.Body = 0, race.Started{After: race.Between(before.CreatedAt, rec.RecordedAt)}
	case what == race.ControlStop && (before.Status == race.Underway || before.Status == race.Paused):
		rec.Body = race.Ended{}
		var err error
		if rec.Time, err = i.stopAt(ctx, id, when); err != nil {
			return before, err
		}
	case what == race.ControlStart || what == race.ControlStop:
		return before, fmt.Errorf("%v of a race that is %v: %w", what, before.Status, race.ErrConflict)
	default:
		return before, fmt.Errorf("a real race is not paused: show a red flag and, later, clear: %w", race.ErrConflict)
	}
	if _, err := i.Rule(ctx, id, rec); err != nil {
		return before, err
	}
	return archive.Settled(ctx, i.store, id)
}

// stopAt is the recorded time of a stop; race.NoTime if none was given.
func (i *Ingest) stopAt(ctx context.Context, id race.ID, when race.Moment) (race.Micros, error) {
	r, err := i.Roster(ctx, id)
	at := race.NoTime
	switch {
	case err != nil:
		return at, err
	case when.Time != race.NoTime:
		at = when.Time + r.StartMoved
	case when.Date != 0:
		at = r.SinceStart(when.Date)
	default:
		return at, nil
	}
	if at < r.StartMoved || at > race.TimeMax {
		return at, &race.InvalidError{Faults: []race.Fault{{
			Field: "date", Message: fmt.Sprintf("is %v after the start signal", at-r.StartMoved), Allowed: fmt.Sprintf("from the signal to %v after it", race.TimeMax),
		}}}
	}
	return at, nil
}

// Forget has the roster of a race read again. Call it after a record that moved the start was applied without Rule, for a roster is kept
// once the race has started.
func (i *Ingest) Forget(id race.ID) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.rosters, id)
}
