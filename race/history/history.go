package history

import (
	"cmp"
	"slices"

	"lightsout/race"
	"lightsout/race/timing"
)

// Race is the history of a race: the facts that still hold after all records of its log.
type Race struct {
	// State is the timing state so far; nil before the first record.
	State *timing.State
	// Rulings are the accepted records of penalties, servings, deleted laps, disqualifications and undoings.
	Rulings []race.Record
	// Stops are the records of fitted tyres.
	Stops   []race.Record
	Result  race.Version // the newest version; Version 0 means none
	Session race.SessionStatus
	// AnnouncedAt and StartedAt are when the race was announced and when the start signal was given, in UTC nanoseconds.
	AnnouncedAt, StartedAt int64

	laps   map[race.CarIdx][]race.Lap // by number - 1
	judged map[race.Seq]race.PassingJudged
}

// New returns the history of a race before its first record.
func New() *Race {
	return &Race{laps: map[race.CarIdx][]race.Lap{}, judged: map[race.Seq]race.PassingJudged{}}
}

// Add adds a record and its facts.
func (h *Race) Add(step timing.Step) {
	h.State = step.State
	if r := step.Record; step.Refused == nil {
		h.record(r)
	}
	r := step.Record
	for _, f := range step.Facts.Facts {
		switch f := f.(type) {
		case race.LapCompleted:
			list := h.laps[f.Lap.Car]
			for len(list) < f.Lap.Number {
				list = append(list, race.Lap{})
			}
			list[f.Lap.Number-1] = f.Lap
			h.laps[f.Lap.Car] = list
		case race.LapsWithdrawn:
			h.laps[f.Car] = h.laps[f.Car][:min(f.Laps, len(h.laps[f.Car]))]
		case race.PassingJudged:
			h.judged[f.Seq] = f
		case race.SessionStatusChanged:
			h.Session = f.Session
		case race.ResultPublished:
			h.Result = race.Version{Classification: f.Classification, Seq: r.Seq, Time: r.Time, RecordedAt: r.RecordedAt}
		default: // only shown on the tower
		}
	}
}

// record adds a record that the rules accepted.
func (h *Race) record(r *race.Record) {
	switch r.Body.(type) {
	case race.Penalised, race.PenaltyServed, race.LapDeleted, race.CarDisqualified, race.Undone:
		h.Rulings = append(h.Rulings, *r)
	case race.TyresFitted:
		h.Stops = append(h.Stops, *r)
	case race.Announced:
		h.AnnouncedAt = r.RecordedAt
	case race.Started:
		h.StartedAt = r.RecordedAt
	default: // neither a ruling on a car nor a date
	}
}

// Laps returns the completed laps in the order in which they ended.
func (h *Race) Laps() []race.Lap {
	var out []race.Lap
	for _, list := range h.laps {
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b race.Lap) int {
		return cmp.Or(cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.Car, b.Car), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// LapCount returns the number of completed laps.
func (h *Race) LapCount() (n int) {
	for _, list := range h.laps {
		n += len(list)
	}
	return n
}

// Lap returns a car's lap by number; the zero Lap if the car did not complete it.
func (h *Race) Lap(car race.CarIdx, number int) race.Lap {
	if list := h.laps[car]; number >= 1 && number <= len(list) {
		return list[number-1]
	}
	return race.Lap{}
}

// Passings returns the passings with a verdict, in the order of the log.
func (h *Race) Passings(v race.Verdict) []race.PassingJudged {
	var out []race.PassingJudged
	for _, j := range h.judged {
		if j.Verdict == v {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b race.PassingJudged) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}
