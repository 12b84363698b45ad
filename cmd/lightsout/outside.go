package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/storage/folder"
)

var (
	_ gateway.Outside  = (*app)(nil)
	_ gateway.Circuits = (*app)(nil)
)

// Open makes a race whose records come from outside. It answers when its head and entries are durable.
func (a *app) Open(ctx context.Context, head race.Race, entries []race.Entry) (race.Summary, error) {
	key := head.Circuit
	if key == "" {
		key = "race"
	}
	head.ID, head.Kind, head.Cars = a.newID(key), race.External, len(entries)
	done, err := a.room(ctx, head.Cars)
	if err != nil {
		return race.Summary{}, err
	}
	defer done()
	in := race.Intake{New: true, Records: []race.Record{{Body: race.Announced{Race: head}}}}
	for _, e := range entries {
		in.Records = append(in.Records, race.Record{Body: race.Entered{Entry: e}})
	}
	taken, err := a.platform.Ingest(ctx, head.ID, &in)
	if err != nil {
		return race.Summary{}, err
	}
	if len(taken.Refused) > 0 { // the gateway checks what can be checked: this is for what it does not know
		err := fmt.Errorf("%w: %s", race.ErrConflict, taken.Refused[0].Reason)
		return race.Summary{}, errors.Join(err, a.Delete(ctx, head.ID))
	}
	made, err := archive.Settled(ctx, a.Store, head.ID)
	if err != nil {
		return made, err
	}
	return made, a.rest(ctx, head)
}

// Roster is what must be known of a race to read what is told of it. Entries do not change once a race is announced.
func (a *app) Roster(ctx context.Context, id race.ID) (*race.Roster, error) {
	a.mu.Lock()
	known := a.rosters[id]
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	r, err := a.Store.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.StartedAt != 0 { // before the start signal it may change
		a.mu.Lock()
		cars := len(r.Entries)
		for _, known := range a.rosters {
			cars += len(known.Entries)
		}
		if len(a.rosters) >= rostersMost || cars > carsMaxDefault {
			clear(a.rosters)
		}
		a.rosters[id] = r
		a.mu.Unlock()
	}
	return r, nil
}

// rostersMost bounds how many rosters are at hand; one more, and all are read again.
const rostersMost = 64

// TakeIn hands what is told from outside to the race's log, and answers when it is durable and applied.
func (a *app) TakeIn(ctx context.Context, id race.ID, in *race.Intake) (race.Taken, error) {
	return a.platform.Ingest(ctx, id, in)
}

// Rule hands a ruling to the race: to its simulation while it runs, to its log otherwise. A Time of race.NoTime is now.
func (a *app) Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error) {
	r, err := a.named(ctx, id, r)
	if err != nil {
		return race.Ruled{}, err
	}
	if done := a.running(id); done != nil {
		ruled, err := a.platform.Rule(ctx, id, r)
		if err == nil {
			_, err = archive.Settled(ctx, a.Store, id)
		}
		if a.running(id) != nil || !errors.Is(err, race.ErrConflict) {
			return ruled, err
		}
		// it has ended meanwhile
	}
	if r.Time == race.NoTime {
		var err error
		if r.Time, err = a.now(ctx, id); err != nil {
			return race.Ruled{}, err
		}
	}
	taken, err := a.platform.Ingest(ctx, id, &race.Intake{Records: []race.Record{r}})
	if err != nil {
		return race.Ruled{}, err
	}
	for _, refused := range taken.Refused {
		return race.Ruled{}, fmt.Errorf("%w: %s", race.ErrConflict, refused.Reason)
	}
	switch r.Body.(type) {
	case race.StartMoved, race.Undone: // race time may count from another moment now
		a.mu.Lock()
		delete(a.rosters, id)
		a.mu.Unlock()
	default:
	}
	_, err = archive.Settled(ctx, a.Store, id) // whoever asks for the result now sees what came of it
	roster, rosterErr := a.Roster(ctx, id)
	if rosterErr != nil {
		return race.Ruled{Seq: taken.First}, errors.Join(err, rosterErr)
	}
	return race.Ruled{Seq: taken.First, At: r.Time - roster.StartMoved}, err
}

// named has a ruling on a lap name the passing that ended it: the number may be another lap's by the time it is applied.
func (a *app) named(ctx context.Context, id race.ID, r race.Record) (race.Record, error) {
	b, ok := r.Body.(race.LapDeleted)
	if !ok || b.Passing != 0 {
		return r, nil
	}
	laps, err := a.Laps(ctx, id, b.Car)
	for _, l := range laps {
		if l.Number == b.Lap {
			b.Passing = l.Passing
		}
	}
	r.Body = b
	return r, err
}

// liveWithin is how far behind the clock the newest record of a race that is told live may be.
const liveWithin = 5 * time.Minute

// now is the race time: by the clock while the race is told live, else that of its newest record.
func (a *app) now(ctx context.Context, id race.ID) (race.Micros, error) {
	r, err := a.Roster(ctx, id)
	if err != nil {
		return 0, err
	}
	newest, err := a.Newest(ctx, id)
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

// controlOutside starts or ends a race whose records come from outside.
func (a *app) controlOutside(ctx context.Context, before race.Summary, what race.Control, when race.Moment) (race.Summary, error) {
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
		if rec.Time, err = a.stopAt(ctx, id, when); err != nil {
			return before, err
		}
	case what == race.ControlStart || what == race.ControlStop:
		return before, fmt.Errorf("%v of a race that is %v: %w", what, before.Status, race.ErrConflict)
	default:
		return before, fmt.Errorf("a real race is not paused: show a red flag and, later, clear: %w", race.ErrConflict)
	}
	if _, err := a.Rule(ctx, id, rec); err != nil {
		return before, err
	}
	return archive.Settled(ctx, a.Store, id)
}

// stopAt is when a real race was stopped, as its record has it; race.NoTime where nobody said.
func (a *app) stopAt(ctx context.Context, id race.ID, when race.Moment) (race.Micros, error) {
	r, err := a.Roster(ctx, id)
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

// importAtOnce is how many records of an imported race go to the log together.
const importAtOnce = 5000

// Import reads a race from a folder of CSV and keeps it. It gives what was found suspect as well.
func (a *app) Import(ctx context.Context, dir fs.FS, name string) (race.Summary, []string, error) {
	read, err := folder.Read(dir, "import")
	if err != nil {
		return race.Summary{}, nil, invalidFolder(err)
	}
	id := a.newID("import")
	for i := range read.Records {
		if head, ok := read.Records[i].Body.(race.Announced); ok {
			if head.Race.ID = id; name != "" {
				head.Race.Name = name
			}
			read.Records[i].Body = head
		}
		read.Records[i].Seq = 0
	}
	isNew := true
	for part := range slices.Chunk(read.Records, importAtOnce) {
		if _, err := a.platform.Ingest(ctx, id, &race.Intake{New: isNew, Records: part}); err != nil {
			if gone := a.Delete(context.WithoutCancel(ctx), id); gone != nil && !errors.Is(gone, race.ErrNotFound) {
				err = errors.Join(err, gone) // a part of it is kept
			}
			return race.Summary{}, nil, fmt.Errorf("import: %w", err)
		}
		isNew = false
	}
	s, err := archive.Settled(ctx, a.Store, id)
	a.log.Info("race imported", slog.String("race", string(id)), slog.Int("records", len(read.Records)))
	return s, read.Notes, err
}

// invalidFolder says by file and line what is wrong with a folder.
func invalidFolder(err error) error {
	var invalid race.InvalidError
	for _, wrong := range archive.FolderFaults(err) {
		field := wrong.File
		if wrong.Line > 0 {
			field = fmt.Sprintf("%s:%d", wrong.File, wrong.Line)
		}
		invalid.Faults = append(invalid.Faults, race.Fault{Field: field, Message: wrong.Message})
	}
	if invalid.Faults != nil {
		return &invalid
	}
	return fmt.Errorf("import: %w", err)
}

// AddCircuit keeps an imported circuit.
func (a *app) AddCircuit(_ context.Context, c *circuit.Circuit) error {
	text, err := c.MarshalText()
	if err != nil {
		return fmt.Errorf("write the circuit: %w", err)
	}
	done := make(chan error, 1)
	a.Store.AddCircuit(c.Key, string(text), func(err error) { done <- err })
	return <-done
}

// Imported are the circuits that were imported.
func (a *app) Imported(ctx context.Context) ([]*circuit.Circuit, error) {
	var out []*circuit.Circuit
	err := a.Circuits(ctx, func(key, text string) error {
		c, err := circuit.FromText(key, text)
		out = append(out, c)
		return err
	})
	return out, err
}

// openCircuit finds a circuit by its key: one of the house, or an imported one.
func (a *app) openCircuit(ctx context.Context, key string) (*circuit.Circuit, error) {
	known := circuit.List()
	if slices.Contains(known, key) {
		return cli.OpenCircuit(key)
	}
	imported, err := a.Imported(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range imported {
		if c.Key == key {
			return c, nil
		}
		known = append(known, c.Key)
	}
	return nil, cli.UnknownCircuit(key, known)
}
