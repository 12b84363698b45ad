package export

import (
	"context"
	"fmt"

	"lightsout/race"
)

// Heads describes races. Errors are race.ErrNotFound, or internal.
type Heads interface {
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	// Roster returns the entries and the time of the start signal.
	Roster(ctx context.Context, id race.ID) (*race.Roster, error)
	// FeedEnd returns the end of the race's log.
	FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error)
}

// Results are the facts of a race.
type Results interface {
	// Laps returns the laps of one car, by end time.
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
	// Rulings returns the records of race control, and the records that the rules refused with the reasons.
	Rulings(ctx context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error)
	// Passings returns the passings after a sequence number, at most limit; a verdict of -1 means all.
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	// Versions returns the versions of the result, oldest first, without their lines.
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	// Classification returns the newest version; race.ErrNotFound if there is none.
	Classification(ctx context.Context, id race.ID) (race.Classification, error)
}

// Telemetry is the telemetry of simulated and real cars.
type Telemetry interface {
	// Frames calls each with the frames from from to to, both included, by tick, until each returns an error.
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
	// Samples returns the samples of one car, or of all cars with race.NoCar, between two race times, by car and time, at most
	// limit.
	Samples(ctx context.Context, id race.ID, car race.CarIdx, from, to race.Micros, limit int) ([]race.Sample, error)
}

// Source is a store of races.
type Source interface {
	Heads
	Results
	Telemetry
	// Records returns the records after a sequence number, at most limit, in order and without gaps.
	Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error)
}

// How much is read at once. Each page of passings searches all later passings, so pages are long.
const (
	recordsPage  = 10_000
	passingsPage = 100_000
	samplesPage  = 10_000
)

// Export writes one race, as it was when the export began.
type Export struct {
	// Progress is called at intervals with the number of rows written so far; nil means no reports.
	Progress func(rows int64)

	src     Source
	rules   Rules
	id      race.ID
	summary race.Summary
	roster  *race.Roster
	end     race.FeedCursor
	course  *Course
	rows    int64
	// transponders maps the transponders of the entries to their cars.
	transponders map[string]race.CarIdx
}

// Rules are the parts of the sport that an export needs. Each may be nil.
type Rules struct {
	// Course returns the positions for simulated cars; nil for a race without a known course.
	Course func(race.Race) (*Course, error)
	// OrderSoFar returns the provisional classification of a race without a result.
	OrderSoFar func(ctx context.Context, id race.ID) (race.Classification, error)
}

// New returns an export.
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

// Race returns the info of the exported race.
func (e *Export) Race() race.Race { return e.summary.Race }

// Written returns the number of rows written since the export began.
func (e *Export) Written() int64 { return e.rows }

// Estimate returns the approximate number of rows of the tables, or of the log if no table is named.
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

// tellEvery is the number of rows between two progress reports.
const tellEvery = 1 << 10

// wrote counts a row.
func (e *Export) wrote() {
	e.rows++
	if e.Progress != nil && e.rows%tellEvery == 0 {
		e.Progress(e.rows)
	}
}

// entry returns the entry of a slot; nil if it is unknown.
func (e *Export) entry(car race.CarIdx) *race.Entry {
	if car < 0 || int(car) >= len(e.roster.Entries) {
		return nil
	}
	return &e.roster.Entries[car]
}

// samples calls each with the samples of real cars, by car and time, page by page.
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
