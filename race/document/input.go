package document

import (
	"slices"

	"lightsout/race"
	"lightsout/race/history"
)

// Input is the data for the documents. Make does not modify or keep it.
type Input struct {
	Race    race.Race
	Entries []race.Entry // by slot
	// Distance is the distance of the race in laps as known so far (race.SessionStatus.Laps); 0 means by time.
	Distance int
	// Result is the version of the result that is documented.
	Result race.Version
	// Started is the date of the start signal, Published of the version: RFC 3339 in UTC; empty if unknown.
	Started, Published string
	// Laps of all cars, each once, in any order.
	Laps []race.Lap
	// Events in the order of publication; they give the pit stops and the laps of penalties.
	Events []race.Event
	// Stops are the records of tyres with a time in the pit lane; other records are skipped.
	Stops []race.Record
	// Rulings are the records of penalties, servings, deleted laps, disqualifications and undoings; other records are skipped.
	// Their times are race time, counted from the moved start signal.
	Rulings []race.Record
}

// FromHistory returns the input for the documents of a race with entries. Before there is a result they show the provisional
// order. instant formats UTC nanoseconds as RFC 3339, and 0 as an empty text.
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
