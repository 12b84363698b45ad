package batch

import (
	"fmt"

	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/race/timing"
)

// Options say what is kept of a race.
type Options struct {
	// Laps keeps each car's laps.
	Laps bool
	// Stop ends the run early if it returns true; it is asked once a tick. Nil means never.
	Stop func() bool
	// Each is called with each record, which is borrowed; nil means nobody.
	Each func(*race.Record)
}

// Outcome is the result of a race.
type Outcome struct {
	Race    race.Race
	Entries []race.Entry
	Result  race.Classification
	// Distance in laps; of a race by time, those that the winner covered.
	Distance int
	Stops    []int        // by CarIdx
	Laps     [][]race.Lap // by CarIdx, then by number from 1; nil if they were not asked for
	Ticks    race.Tick
}

// ErrStopped means that a run was ended early.
var ErrStopped = fmt.Errorf("stopped")

// run is a race that runs.
type run struct {
	options Options
	state   *timing.State
	seq     race.Seq
	out     Outcome
	result  *race.Classification
}

// Run runs a race to its end.
func Run(info race.Race, m *drive.Model, o Options) (*Outcome, error) {
	r := &run{options: o, state: timing.New(), out: Outcome{Race: info, Entries: m.Entries()}}
	if o.Laps {
		r.out.Laps = make([][]race.Lap, len(r.out.Entries))
	}
	opening := []race.Record{{Body: race.Announced{Race: info}}}
	for _, e := range r.out.Entries {
		opening = append(opening, race.Record{Body: race.Entered{Entry: e}})
	}
	if err := r.fold(append(opening, race.Record{Body: race.Started{}})); err != nil {
		return nil, err
	}
	field := m.Grid()
	var crossings []drive.Crossing
	for !m.Done(field) {
		if o.Stop != nil && o.Stop() {
			return nil, ErrStopped
		}
		rows := make([]drive.Row, len(field.Rows))
		crossings = crossings[:0]
		for i := range rows {
			rows[i], crossings = m.Next(field, nil, race.CarIdx(i), crossings)
		}
		next := m.Close(field, nil, rows, crossings)
		records := m.Records(field, next, crossings)
		if field = next; m.Done(field) {
			records = append(records, race.Record{Time: field.Time, Body: race.Ended{}})
		}
		if err := r.fold(records); err != nil {
			return nil, err
		}
	}
	if r.result == nil {
		return nil, fmt.Errorf("the race ended without a result")
	}
	r.out.Result, r.out.Ticks = *r.result, field.Tick
	for i := range field.Rows {
		r.out.Stops = append(r.out.Stops, int(field.Rows[i].Stops))
	}
	return &r.out, nil
}

// fold applies the records of a tick.
func (r *run) fold(records []race.Record) error {
	for i := range records {
		r.seq++
		records[i].Seq = r.seq
		facts, refused := r.state.Fold(&records[i], i < len(records)-1)
		if refused != nil {
			return fmt.Errorf("record %d was refused: %w", r.seq, refused)
		}
		for _, f := range facts.Facts {
			r.keep(f)
		}
		if r.options.Each != nil {
			r.options.Each(&records[i])
		}
	}
	return nil
}

func (r *run) keep(f race.Fact) {
	switch f := f.(type) {
	case race.ResultPublished:
		r.result = &f.Classification
	case race.SessionStatusChanged:
		r.out.Distance = f.Session.Laps
	case race.LapCompleted:
		if r.out.Laps == nil {
			return
		}
		list := &r.out.Laps[f.Lap.Car]
		for len(*list) < f.Lap.Number {
			*list = append(*list, race.Lap{})
		}
		(*list)[f.Lap.Number-1] = f.Lap
	default: // only shown
	}
}
