package live

import (
	"maps"
	"slices"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// conflate drops facts that a later fact of the same message replaces. It keeps the last state of each row, of the session status
// and of each place in the order.
func conflate(facts []race.Fact) []race.Fact {
	places := map[int]race.CarIdx{}
	type state struct {
		session bool
		lap     bool // for sabotage alone
		row     race.CarIdx
	}
	replaced := map[state]bool{}
	out := make([]race.Fact, 0, len(facts))
	for _, f := range slices.Backward(facts) {
		var of state
		switch f := f.(type) {
		case race.OrderChanged:
			for n, car := range f.Cars {
				if _, later := places[f.From+n]; !later {
					places[f.From+n] = car
				}
			}
			continue
		case race.RowChanged:
			of.row = f.Row.Car
		case race.SessionStatusChanged:
			of.session = true
		case race.LapCompleted:
			if !sabotage.On(sabotage.RingConflate) {
				out = append(out, f)
				continue
			}
			of.lap = true
		default: // nothing replaces it
			out = append(out, f)
			continue
		}
		if !replaced[of] {
			replaced[of] = true
			out = append(out, f)
		}
	}
	slices.Reverse(out)
	return appendOrder(out, places)
}

// appendOrder appends one OrderChanged for each run of neighbouring places.
func appendOrder(out []race.Fact, places map[int]race.CarIdx) []race.Fact {
	var run race.OrderChanged
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if run.Cars != nil && place != run.From+len(run.Cars) {
			out = append(out, run)
			run = race.OrderChanged{}
		}
		if run.Cars == nil {
			run.From = place
		}
		run.Cars = append(run.Cars, places[place])
	}
	if run.Cars != nil {
		out = append(out, run)
	}
	return out
}
