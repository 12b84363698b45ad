package main

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// story is what followed from the records of a race and is kept: laps, verdicts, rulings, stops, the newest result.
type story struct {
	laps    map[race.CarIdx][]race.Lap // by number less 1; the last word of each
	judged  map[race.Seq]race.PassingJudged
	rulings []race.Record
	stops   []race.Record
	result  race.Version // Version 0 where none was published
	head    race.Head
	// announcedAt and startedAt are when the race was announced and the start signal given, in UTC nanoseconds.
	announcedAt, startedAt int64
}

func newStory() *story {
	return &story{laps: map[race.CarIdx][]race.Lap{}, judged: map[race.Seq]race.PassingJudged{}}
}

// take keeps a record that the rules allowed, and what followed from it.
func (s *story) take(r *race.Record, facts []race.Fact) {
	switch r.Body.(type) {
	case race.Penalised, race.PenaltyServed, race.LapDeleted, race.CarDisqualified, race.Undone:
		s.rulings = append(s.rulings, *r)
	case race.TyresFitted:
		s.stops = append(s.stops, *r)
	case race.Announced:
		s.announcedAt = r.RecordedAt
	case race.Started:
		s.startedAt = r.RecordedAt
	default: // no ruling on a car
	}
	for _, f := range facts {
		switch f := f.(type) {
		case race.LapCompleted:
			list := s.laps[f.Lap.Car]
			for len(list) < f.Lap.Number {
				list = append(list, race.Lap{})
			}
			list[f.Lap.Number-1] = f.Lap
			s.laps[f.Lap.Car] = list
		case race.LapsWithdrawn:
			s.laps[f.Car] = s.laps[f.Car][:min(f.Laps, len(s.laps[f.Car]))]
		case race.PassingJudged:
			s.judged[f.Seq] = f
		case race.HeadChanged:
			s.head = f.Head
		case race.ResultPublished:
			s.result = race.Version{Classification: f.Classification, Seq: r.Seq, Time: r.Time, RecordedAt: r.RecordedAt}
		default: // shown on the tower
		}
	}
}

// allLaps are the laps by when they ended.
func (s *story) allLaps() []race.Lap {
	var out []race.Lap
	for _, list := range s.laps {
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b race.Lap) int {
		return cmp.Or(cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.Car, b.Car), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// count is how many laps were completed.
func (s *story) count() (n int) {
	for _, list := range s.laps {
		n += len(list)
	}
	return n
}

// lap is a car's lap by its number; zero where it completed none of it.
func (s *story) lap(car race.CarIdx, number int) race.Lap {
	if list := s.laps[car]; number >= 1 && number <= len(list) {
		return list[number-1]
	}
	return race.Lap{}
}

// doubtful are the hits that do not count, of one verdict, by their records.
func (s *story) doubtful(v race.Verdict) []race.PassingJudged {
	var out []race.PassingJudged
	for _, j := range s.judged {
		if j.Verdict == v {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b race.PassingJudged) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}
