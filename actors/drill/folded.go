package drill

import (
	"maps"
	"slices"

	"lightsout/race"
)

// folded is what facts leave behind: the tower, and all that a store or a spectator keeps of a race's history.
type folded struct {
	board   race.Board
	laps    map[lapName]race.Lap
	events  map[race.EventName]race.Event
	judged  map[race.Seq]race.PassingJudged
	results map[int]race.Classification
}

type lapName struct {
	car    race.CarIdx
	number int
}

func newFolded() folded {
	return folded{
		laps: map[lapName]race.Lap{}, events: map[race.EventName]race.Event{}, judged: map[race.Seq]race.PassingJudged{},
		results: map[int]race.Classification{},
	}
}

// apply folds facts. It reports false, and does nothing, if they came before.
func (f *folded) apply(facts *race.Facts) bool {
	if !f.board.Apply(facts) {
		return false
	}
	for _, fact := range facts.Facts {
		switch fact := fact.(type) {
		case race.LapCompleted:
			f.laps[lapName{fact.Lap.Car, fact.Lap.Number}] = fact.Lap
		case race.LapsWithdrawn:
			maps.DeleteFunc(f.laps, func(name lapName, _ race.Lap) bool { return name.car == fact.Car && name.number > fact.Laps })
		case race.PassingJudged:
			f.judged[fact.Seq] = fact
		case race.EventHappened:
			f.events[fact.Event.Name()] = fact.Event
		case race.EventWithdrawn:
			delete(f.events, fact.Event)
		case race.ResultPublished:
			f.results[fact.Classification.Version] = fact.Classification
		case race.RowChanged, race.OrderChanged, race.SessionStatusChanged, race.RecordRefused: // the board has them
		}
	}
	return true
}

// snapshot replaces the tower by one that has everything up to its record.
func (f *folded) snapshot(b *race.Board) {
	f.board = *b
	clear(f.events)
	for _, e := range b.Events {
		f.events[e.Name()] = e
	}
	if b.Result != nil {
		f.results[b.Result.Version] = *b.Result
	}
}

// lapList lists the laps in the order in which they ended.
func (f *folded) lapList() []race.Lap {
	return slices.SortedFunc(maps.Values(f.laps), func(a, b race.Lap) int {
		if a.EndMS != b.EndMS {
			return int(a.EndMS - b.EndMS)
		}
		return int(a.Car - b.Car)
	})
}

func (f *folded) eventList() []race.Event {
	return slices.SortedFunc(maps.Values(f.events), race.CompareEvents)
}

// resultList lists the versions of the result, oldest first.
func (f *folded) resultList() []race.Classification {
	var out []race.Classification
	for _, version := range slices.Sorted(maps.Keys(f.results)) {
		out = append(out, f.results[version])
	}
	return out
}
