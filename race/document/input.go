package document

import (
	"slices"

	"lightsout/race"
	"lightsout/race/history"
)

// Input is what documents are made of. All of it is borrowed.
type Input struct {
	Race    race.Race
	Entries []race.Entry // by slot
	// Distance is that of the race in laps, as far as it is known (race.SessionStatus.Laps); 0: by time.
	Distance int
	// Result is the version of the result that the documents are of.
	Result race.Version
	// Started says when the start signal was given, Published when the version was: RFC 3339 in UTC; empty where it is not known.
	Started, Published string
	// Laps of all cars, each once, in any order.
	Laps []race.Lap
	// Events in the order in which they were told; pit stops, and the laps of penalties, are taken from them.
	Events []race.Event
	// Stops are the records of tyres that say how long a car was in the pit lane; others are passed over.
	Stops []race.Record
	// Rulings are the records of penalties, servings, deleted laps, disqualifications and undoings; others are passed over.
	// Their times are race time: counted from the start signal as it was moved.
	Rulings []race.Record
}

// FromHistory is the input for the documents of a race with entries. Before there is a result they are of the order so far.
// instant writes UTC nanoseconds in RFC 3339, and 0, which stands for no date, as an empty text.
func FromHistory(h *history.Race, instant func(ns int64) string) *Input {
	in := &Input{
		Race: h.State.Race(), Entries: h.State.Entries(), Distance: h.Session.Laps, Result: h.Result, Laps: h.Laps(), Events: h.State.Events(),
		Stops: h.Stops, Rulings: slices.Clone(h.Rulings),
	}
	in.Started = instant(race.SignalDate(in.Race.Kind, h.AnnouncedAt, h.StartedAt, h.Session.StartMoved))
	if in.Result.Version == 0 {
		in.Result = race.Version{Classification: h.State.Classification()}
	}
	in.Published = instant(in.Result.RecordedAt)
	for i := range in.Rulings {
		in.Rulings[i].Time -= h.Session.StartMoved
	}
	return in
}
