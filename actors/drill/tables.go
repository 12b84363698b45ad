package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lightsout/race"
)

// Tables is where a race's history is read back.
type Tables interface {
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	Entries(ctx context.Context, id race.ID) ([]race.Entry, error)
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
}

// Verdicts is where a race's passings and results are read back.
type Verdicts interface {
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	Version(ctx context.Context, id race.ID, version int) (race.Classification, error)
}

// Store is what is asked about a race when it is over.
type Store interface {
	Tables
	Verdicts
	StoredTelemetry
}

// passingsAtOnce is how many passings are read back in one query.
const passingsAtOnce = 10_000

// Answers is what a store answered about a race. A part that is nil was not asked for.
type Answers struct {
	Summary  *race.Summary
	Entries  []race.Entry
	Laps     []race.Lap
	Events   []race.Event
	Passings []race.PassingRow
	Results  []race.Classification
	// Telemetry is nil if it was not asked for.
	Telemetry *Telemetry
}

// Ask asks a store everything about a race.
func Ask(ctx context.Context, from Store, info *race.Race) (out *Answers, err error) {
	out = &Answers{}
	summary, err := from.Summary(ctx, info.ID)
	if err != nil {
		return nil, fmt.Errorf("read the race back: %w", err)
	}
	out.Summary = &summary
	if out.Entries, err = from.Entries(ctx, info.ID); err != nil {
		return nil, fmt.Errorf("read the entries back: %w", err)
	}
	if out.Laps, err = from.Laps(ctx, info.ID, race.NoCar); err != nil {
		return nil, fmt.Errorf("read the laps back: %w", err)
	}
	if out.Events, err = from.Events(ctx, info.ID); err != nil {
		return nil, fmt.Errorf("read the events back: %w", err)
	}
	if err := out.askVerdicts(ctx, from, info.ID); err != nil {
		return nil, err
	}
	out.Telemetry, err = readTelemetry(ctx, from, info)
	return out, err
}

func (a *Answers) askVerdicts(ctx context.Context, from Verdicts, id race.ID) error {
	for after := race.Seq(0); ; {
		page, err := from.Passings(ctx, id, after, passingsAtOnce, -1)
		if err != nil {
			return fmt.Errorf("read the passings back: %w", err)
		}
		if len(page) == 0 {
			break
		}
		a.Passings, after = append(a.Passings, page...), page[len(page)-1].Seq
	}
	versions, err := from.Versions(ctx, id)
	if err != nil {
		return fmt.Errorf("read the results back: %w", err)
	}
	for _, v := range versions {
		c, err := from.Version(ctx, id, v.Version)
		if err != nil {
			return fmt.Errorf("read version %d of the result back: %w", v.Version, err)
		}
		a.Results = append(a.Results, c)
	}
	return nil
}

// compareAnswers compares what a store answers with what must be there.
func (r *Reference) compareAnswers(a *Answers) []Check {
	out := []Check{
		r.compareSummary(a.Summary), compareEntries(r.entries(), a.Entries), compareLaps(r.lapList(), a.Laps, inStore, 0),
		compareEvents(r.eventList(), a.Events, inStore, 0), comparePassings(r.passings(), a.Passings), compareResults(r.resultList(), a.Results),
	}
	if t := a.Telemetry; t != nil {
		out = append(out, compareFrames(r.Telemetry.Frames, t.Frames, inStore), compareTraces(r.Telemetry.Traces, t.Traces, r.info().Cars, inStore))
	}
	return out
}

// at says in words where something was compared.
func at(where string) string {
	if where == inStore {
		return " in the store"
	}
	return " as seen by " + where
}

// Told is a thing in words, as somebody tells it: a lap in JSON, for instance.
type Told struct{ Name, Text string }

// CompareTold compares what somebody tells with what there is to tell. what is in the plural.
func CompareTold(what, where string, want, got []Told) Check {
	c := Check{What: what, Where: where}
	compareBy(&c, want, got, keyed[string, Told]{
		key: func(t *Told) string { return t.Name }, name: func(t *Told) string { return t.Name }, same: func(a, b *Told) bool { return a.Text == b.Text },
	})
	return c.worded("%s " + what + " as told by " + where)
}

// CompareTelemetry compares telemetry that was read back somewhere tick by tick.
func (r *Reference) CompareTelemetry(where string, got *Telemetry) Check {
	return compareFrames(r.Telemetry.Frames, got.Frames, where)
}

// compareSummary compares what the list of races says.
func (r *Reference) compareSummary(s *race.Summary) Check {
	c := Check{What: "state", Where: inStore, Compared: 4}
	if s == nil {
		s = &race.Summary{}
	}
	winner := ""
	if entries := r.entries(); len(r.result.Entries) > 0 && r.board.Result != nil {
		if first := r.result.Entries[0]; first.Position == 1 && int(first.Car) < len(entries) {
			winner = entries[first.Car].Code
		}
	}
	is := r.board.Session
	differs := func(what string, got, want any) {
		if got != want {
			c.note(&c.Different, "%s %v instead of %v", what, got, want)
		}
	}
	differs("status", s.Status, is.Status)
	differs("leader's lap", s.LeaderLap, is.LeaderLap)
	differs("distance", s.Laps, is.Laps)
	differs("winner", s.Winner, winner)
	return c.worded("state of the race in the store, %s values")
}

func compareEntries(want, got []race.Entry) Check {
	c := Check{What: "entries", Where: inStore}
	compareBy(&c, want, got, keyed[int, race.Entry]{
		key:  func(e *race.Entry) int { return e.Number },
		name: func(e *race.Entry) string { return fmt.Sprintf("number %d", e.Number) },
		same: func(a, b *race.Entry) bool {
			return fmt.Sprintf("%+v", *a) == fmt.Sprintf("%+v", *b) // no transponders are nil or an empty list
		},
	})
	return c.worded("%s entries in the store")
}

// compareLaps compares laps; those that ended up to a record may be missing.
func compareLaps(want, got []race.Lap, where string, upTo race.Seq) Check {
	c := Check{What: "laps", Where: where}
	compareBy(&c, want, got, keyed[lapName, race.Lap]{
		key:     func(l *race.Lap) lapName { return lapName{l.Car, l.Number} },
		name:    func(l *race.Lap) string { return fmt.Sprintf("lap %d of car %d", l.Number, l.Car) },
		same:    func(a, b *race.Lap) bool { return *a == *b },
		excused: func(l *race.Lap) bool { return l.Passing <= upTo },
	})
	return c.worded("%s laps" + at(where))
}

// compareEvents compares events; those of a record up to one may be missing if they are more than a snapshot holds.
func compareEvents(want, got []race.Event, where string, upTo race.Seq) Check {
	c := Check{What: "events", Where: where}
	compareBy(&c, want, got, keyed[race.EventName, race.Event]{
		key:     func(e *race.Event) race.EventName { return e.Name() },
		name:    func(e *race.Event) string { return fmt.Sprintf("%v of car %d at %d ms", e.Kind, e.Car, e.TimeMS) },
		same:    func(a, b *race.Event) bool { return *a == *b },
		excused: func(e *race.Event) bool { return len(want) > race.EventsMax && e.Of <= upTo },
	})
	return c.worded("%s events" + at(where))
}

func comparePassings(want, got []race.PassingRow) Check {
	c := Check{What: "passings", Where: inStore}
	compareBy(&c, want, got, keyed[race.Seq, race.PassingRow]{
		key:  func(p *race.PassingRow) race.Seq { return p.Seq },
		name: func(p *race.PassingRow) string { return fmt.Sprintf("record %d of car %d", p.Seq, p.Passing.Car) },
		same: func(a, b *race.PassingRow) bool {
			return a.Time == b.Time && a.Verdict == b.Verdict && a.Reason == b.Reason && a.Split == b.Split && samePassing(a.Passing, b.Passing)
		},
	})
	return c.worded("%s passings in the store")
}

func samePassing(a, b race.Passing) bool {
	if (a.Source == nil) != (b.Source == nil) || a.Source != nil && *a.Source != *b.Source {
		return false
	}
	a.Source, b.Source = nil, nil
	return a == b
}

func compareResults(want, got []race.Classification) Check {
	c := Check{What: "results", Where: inStore}
	compareBy(&c, want, got, keyed[int, race.Classification]{
		key:  func(r *race.Classification) int { return r.Version },
		name: func(r *race.Classification) string { return fmt.Sprintf("version %d", r.Version) },
		same: sameResult,
	})
	return c.worded("result in the store, in %s versions")
}

func sameResult(a, b *race.Classification) bool {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Author, b.Author), cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.StateHash, b.StateHash)) == 0 && slices.Equal(a.Entries, b.Entries)
}
