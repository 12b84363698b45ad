package export

import (
	"context"
	"fmt"

	"lightsout/race"
)

// Heads say what a race is. Errors are race.ErrNotFound, or internal.
type Heads interface {
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	// Roster has the entries, and when the start signal was given.
	Roster(ctx context.Context, id race.ID) (*race.Roster, error)
	// FeedEnd is how far the race has come.
	FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error)
}

// Results are what was made of the records.
type Results interface {
	// Laps of one car, by end time.
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
	// Rulings are the records of race control, and which records the rulebook refused.
	Rulings(ctx context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error)
	// Passings after a sequence number, limit at most, with a verdict of -1: all.
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	// Versions of the result, oldest first, without their lines.
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	// Classification is the newest version; race.ErrNotFound where there is none.
	Classification(ctx context.Context, id race.ID) (race.Classification, error)
}

// Telemetry is what cars reported, and what simulated ones did.
type Telemetry interface {
	// Frames calls each in order of ticks, from and to included, until it returns an error.
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
	// Samples of one car, or of all with race.NoCar, between two race times, by car and time, limit at most.
	Samples(ctx context.Context, id race.ID, car race.CarIdx, from, to race.Micros, limit int) ([]race.Sample, error)
}

// Source keeps races.
type Source interface {
	Heads
	Results
	Telemetry
	// Records after a sequence number, limit at most, in order and without gaps.
	Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error)
}

// How much is read at once. A page of passings costs a look at all that come after it, so it is long.
const (
	recordsPage  = 10_000
	passingsPage = 100_000
	samplesPage  = 10_000
)

// Export is a race that is being written out, as it was when the export began.
type Export struct {
	// Progress is told now and then how many rows were written since the export began; nil: nobody asks.
	Progress func(rows int64)

	src     Source
	rules   Rules
	id      race.ID
	summary race.Summary
	roster  *race.Roster
	end     race.FeedCursor
	course  *Course
	rows    int64
	// transponders of the entries.
	transponders map[string]race.CarIdx
}

// Rules are what an export asks of the sport. Each may be nil.
type Rules struct {
	// Course gives places to simulated cars; it returns nil for a race that knows none.
	Course func(race.Race) (*Course, error)
	// OrderSoFar is the classification of a race without a result.
	OrderSoFar func(ctx context.Context, id race.ID) (race.Classification, error)
}

// New begins an export.
func New(ctx context.Context, src Source, id race.ID, rules Rules) (*Export, error) {
	e := &Export{src: src, id: id, rules: rules}
	var err error
	if e.summary, err = src.Summary(ctx, id); err != nil {
		return nil, err
	}
	if e.end, err = src.FeedEnd(ctx, id); err != nil {
		return nil, err
	}
	if e.roster, err = src.Roster(ctx, id); err != nil {
		return nil, err
	}
	e.transponders = map[string]race.CarIdx{}
	for i := range e.roster.Entries {
		for _, t := range e.roster.Entries[i].Transponders {
			e.transponders[t] = race.CarIdx(i)
		}
	}
	if rules.Course != nil {
		if e.course, err = rules.Course(e.summary.Race); err != nil {
			return nil, fmt.Errorf("read the course of race %s: %w", id, err)
		}
	}
	return e, nil
}

// Race is the race that is exported.
func (e *Export) Race() race.Race { return e.summary.Race }

// Written is how many rows were written since the export began.
func (e *Export) Written() int64 { return e.rows }

// Estimate is about how many rows the tables have, or with none named the log.
func (e *Export) Estimate(tables ...string) int64 {
	ticks, cars := int64(e.end.Tick), int64(len(e.roster.Entries))
	if len(tables) == 0 {
		return ticks + int64(e.end.Seq)
	}
	var n int64
	for _, name := range tables {
		switch name {
		case "telemetry":
			n += ticks * cars
		case "passings":
			n += int64(e.end.Seq)
		case "entries", "classification":
			n += cars
		}
	}
	return n
}

// tellEvery is how many rows lie between two reports of progress.
const tellEvery = 1 << 10

// wrote counts a row.
func (e *Export) wrote() {
	e.rows++
	if e.Progress != nil && e.rows%tellEvery == 0 {
		e.Progress(e.rows)
	}
}

// entry is who drives in a slot; nil where nobody knows.
func (e *Export) entry(car race.CarIdx) *race.Entry {
	if car < 0 || int(car) >= len(e.roster.Entries) {
		return nil
	}
	return &e.roster.Entries[car]
}

// samples calls each with what real cars reported, by car and time, a page at a time.
func (e *Export) samples(ctx context.Context, each func([]race.Sample) error) error {
	const always = 2 * race.TimeMax
	read := func(car race.CarIdx, from race.Micros, limit int) ([]race.Sample, error) {
		page, err := e.src.Samples(ctx, e.id, car, from, always, limit)
		if err != nil {
			return nil, fmt.Errorf("read samples of race %s: %w", e.id, err)
		}
		return page, nil
	}
	first, err := read(race.NoCar, -always, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	for car := first[0].Car; int(car) < len(e.roster.Entries); car++ {
		for from := -always; ; {
			page, err := read(car, from, samplesPage)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			if err := each(page); err != nil {
				return err
			}
			if len(page) < samplesPage {
				break
			}
			from = page[len(page)-1].Time + 1
		}
	}
	return nil
}
