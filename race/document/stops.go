package document

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// stop is a visit to the pit lane. Times are race time in ms; -1 means unknown.
type stop struct {
	car        race.CarIdx
	lap        int
	at         int64
	lane       int64 // from the entry to the exit
	stationary int64
	compound   string
	number     int   // of the car's stops
	total      int64 // in the lane so far
}

// pitStops lists the visits to the pit lane by time.
func pitStops(in *Input, d *Document) {
	d.Title = "Pit stops"
	d.Columns = append([]Column{{Name: "stop", Kind: Number, Label: "Stop"}}, who()...)
	d.Columns = append(d.Columns,
		Column{Name: "full_name", Label: "Driver"}, Column{Name: "team_name", Label: "Team"},
		Column{Name: "lap", Kind: Number, Label: "Lap"}, Column{Name: "time", Unit: "ms", Kind: Time, Label: "Race time"},
		Column{Name: "pit_lane", Unit: "ms", Kind: Time, Label: "Pit lane"}, Column{Name: "stationary", Unit: "ms", Kind: Time, Label: "Standing"},
		Column{Name: "compound", Label: "Tyres"}, Column{Name: "pit_lane_total", Unit: "ms", Kind: Time, Label: "Total"})
	stops := in.stops()
	for _, s := range stops {
		e := in.entry(s.car)
		total := Cell{}
		if s.lane >= 0 {
			total = millis(s.total)
		}
		d.add("", []Cell{number(s.number)}, in.who(s.car), []Cell{
			text(e.Name), text(e.Team), positive(s.lap), millis(s.at), applies(s.lane), applies(s.stationary), text(s.compound), total,
		})
	}
	if len(stops) == 0 {
		d.note("Nobody went through the pit lane.")
	}
}

// stops pairs entries and exits of the pit lane with the tyre changes between them. On circuits without pit lines each tyre
// change is a stop.
func (in *Input) stops() []stop {
	byCar := map[race.CarIdx][]race.Event{}
	for _, e := range in.Events {
		if e.Kind == race.EventPitIn || e.Kind == race.EventPitOut || e.Kind == race.EventTyres {
			byCar[e.Car] = append(byCar[e.Car], e)
		}
	}
	ends := map[race.CarIdx][]int64{}
	for _, l := range in.lapsByCar() {
		ends[l.Car] = append(ends[l.Car], l.EndMS)
	}
	var out []stop
	pits := in.lane()
	for car := range race.CarIdx(len(in.Entries)) {
		events := byCar[car]
		slices.SortStableFunc(events, func(a, b race.Event) int { return cmp.Compare(a.TimeMS, b.TimeMS) })
		out = append(out, addUp(stopsOf(car, events, ends[car], pits))...)
	}
	slices.SortStableFunc(out, func(a, b stop) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.car, b.car)) })
	return out
}

// fitted identifies a tyre change by car and time.
type fitted struct {
	car race.CarIdx
	at  int64
}

// lane is what the records say about the pit lane in addition to the events.
type lane struct {
	reported map[fitted]int64 // time in the lane reported with the tyres, in ms
	exits    bool             // there are passings on an exit line
}

func (in *Input) lane() lane {
	l := lane{reported: map[fitted]int64{}}
	for _, r := range in.Stops {
		if b, ok := r.Body.(race.TyresFitted); ok && b.PitLane > 0 {
			l.reported[fitted{b.Car, r.Time.Millis()}] = b.PitLane.Millis()
		}
	}
	l.exits = slices.ContainsFunc(in.Events, func(e race.Event) bool { return e.Kind == race.EventPitOut })
	return l
}

// stopsOf returns a car's stops from its events, by time.
func stopsOf(car race.CarIdx, events []race.Event, ends []int64, pits lane) (out []stop) {
	open := false // the last one has no exit yet
	begin := func(at int64) {
		lap, _ := slices.BinarySearch(ends, at) // an event at the end of a lap belongs to that lap
		out = append(out, stop{car: car, lap: lap + 1, at: at, lane: -1, stationary: -1, number: len(out) + 1})
	}
	for _, e := range events {
		switch e.Kind {
		case race.EventPitIn:
			begin(e.TimeMS)
			open = true
		case race.EventTyres:
			if !open {
				begin(e.TimeMS)
			}
			s := &out[len(out)-1]
			if told, ok := pits.reported[fitted{car, e.TimeMS}]; ok && s.lane < 0 {
				s.lane = told
			}
			open = open && pits.exits
			if e.Value > 0 {
				s.stationary = e.Value
			}
			if e.Text != race.NoCompound.String() {
				s.compound = e.Text
			}
		case race.EventPitOut:
			if open {
				s := &out[len(out)-1]
				s.lane, open = e.TimeMS-s.at, false
			}
		default: // not in events
		}
	}
	return out
}

// addUp computes the cumulated time in the lane at each stop of a car.
func addUp(stops []stop) []stop {
	total := int64(0)
	for i := range stops {
		total += max(0, stops[i].lane)
		stops[i].total = total
	}
	return stops
}
