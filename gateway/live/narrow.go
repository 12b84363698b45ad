package live

import (
	"fmt"
	"reflect"
	"slices"

	"lightsout/race"
)

// A large field is narrow: a spectator gets the places and cars that it looks at, not the whole field. Its look is message 7 of the
// wire.

// maxPartCars is how many cars of a large field one frame shows. Frames go through the field part by part, so that the map shows
// all cars after a while.
const maxPartCars = 1000

// narrowField is what a channel keeps of a large field.
type narrowField struct {
	parts    [][]byte   // of the frame, encoded
	rowAt    []race.Seq // by car: the record that changed its row last
	places   []int      // by car
	complete bool       // see isComplete
}

// sight is what a spectator of a large field looks at, and which of it was sent.
type sight struct {
	race.Look
	changed bool                // the look changed since facts were sent
	order   []race.CarIdx       // of the places in the look
	cars    map[race.CarIdx]int // by car: its place
}

// narrow reports whether the field is so large that spectators get only what they look at.
func (ch *channel) narrow() bool { return len(ch.entries) >= race.LookFrom }

// notePlaces notes which rows of a large field change, and the places of its cars.
func (ch *channel) notePlaces(f *race.Facts) {
	if !ch.narrow() {
		return
	}
	for _, fact := range f.Facts {
		switch fact := fact.(type) {
		case race.RowChanged:
			if int(fact.Row.Car) < len(ch.rowAt) {
				ch.rowAt[fact.Row.Car] = f.Seq
			}
		case race.OrderChanged:
			ch.setPlaces(fact.From, fact.Cars)
		default: // changes no row and no place
		}
	}
}

func (ch *channel) setPlaces(from int, cars []race.CarIdx) {
	for at, car := range cars {
		if car >= 0 && int(car) < len(ch.places) {
			ch.places[car] = from + at
		}
	}
}

// look sets what a spectator looks at.
func (ch *channel) look(s *spectator, l *race.Look) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	s.sight.Look, s.sight.changed = *l, true
	s.signal()
}

// isComplete reports whether every car has a row and a place. Once true, it stays true.
func (ch *channel) isComplete() bool {
	if !ch.complete {
		b := &ch.board
		ch.complete = len(b.Rows) == len(ch.entries) && len(b.Order) == len(ch.entries) && !slices.Contains(b.Order, race.NoCar)
	}
	return ch.complete
}

// inSight returns the cars on the places of a spectator's look, and all cars in sight: those, the leader and the cars that the look
// names.
func (ch *channel) inSight(s *spectator) (order, cars []race.CarIdx) {
	if !ch.isComplete() {
		return nil, nil
	}
	from := min(s.sight.From, len(ch.board.Order))
	order = ch.board.Order[from:min(s.sight.To, len(ch.board.Order))]
	cars = slices.Clone(order)
	for _, car := range slices.Concat(ch.board.Order[:min(1, len(ch.board.Order))], s.sight.Cars) {
		if car >= 0 && int(car) < len(ch.board.Order) && !slices.Contains(cars, car) {
			cars = append(cars, car)
		}
	}
	return order, cars
}

// takeInSight is takeFacts for a large field: rows and places in sight as they are now, and the facts that every spectator gets.
func (ch *channel) takeInSight(s *spectator, into [][]byte) ([][]byte, error) {
	if s.cursor == ch.board.Seq && !s.sight.changed {
		return into, nil
	}
	order, cars := ch.inSight(s)
	seen := make(map[race.CarIdx]int, len(cars))
	for _, car := range cars {
		seen[car] = ch.places[car]
	}
	out := race.Facts{Seq: ch.board.Seq, Time: ch.board.Time, Facts: ch.common(s, seen)}
	if s.sight.changed || !slices.Equal(order, s.sight.order) {
		s.sight.order = slices.Clone(order)
		out.Facts = append(out.Facts, race.OrderChanged{From: min(s.sight.From, len(ch.board.Order)), Cars: s.sight.order})
	}
	for at, car := range cars {
		before, known := s.sight.cars[car]
		if at >= len(order) && (s.sight.changed || !known || before != seen[car]) {
			out.Facts = append(out.Facts, race.OrderChanged{From: seen[car], Cars: cars[at : at+1]})
		}
		if !known || ch.rowAt[car] > s.cursor {
			out.Facts = append(out.Facts, race.RowChanged{Row: ch.board.Rows[car]})
		}
	}
	s.sight.cars, s.sight.changed, s.cursor = seen, false, ch.board.Seq
	if len(out.Facts) == 0 {
		return into, nil
	}
	data, err := ch.hub.enc.Facts(&out)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	return append(into, data), nil
}

// common returns the facts after a spectator's cursor that every spectator gets, and the laps of the cars in sight.
func (ch *channel) common(s *spectator, seen map[race.CarIdx]int) []race.Fact {
	var out []race.Fact
	for _, m := range ch.after(s.cursor) {
		s.noteArrival(m)
		for _, p := range m.parts {
			if p.Seq > s.cursor {
				out = appendCommon(out, p.Facts, seen)
			}
		}
	}
	return out
}

// appendCommon appends the facts that a spectator of a large field gets. It leaves rows and the order to takeInSight, which sends
// their current state, and keeps only the last of the facts that replace each other.
func appendCommon(out, facts []race.Fact, seen map[race.CarIdx]int) []race.Fact {
	for _, f := range facts {
		keep := true
		switch f := f.(type) {
		case race.LapCompleted:
			_, keep = seen[f.Lap.Car]
		case race.LapsWithdrawn:
			_, keep = seen[f.Car]
		case race.PassingJudged:
			_, keep = seen[f.Car]
			keep = keep || f.Verdict != race.Accepted // a marshal sees these of all cars
		case race.RowChanged, race.OrderChanged:
			keep = false
		case race.SessionStatusChanged, race.ResultPublished:
			out = slices.DeleteFunc(out, func(before race.Fact) bool { return reflect.TypeOf(before) == reflect.TypeOf(f) })
		case race.EventHappened, race.EventWithdrawn, race.RecordRefused:
		}
		if keep {
			out = append(out, f)
		}
	}
	return out
}

// takeCars is takeFrame for a large field: the cars in sight, and the next part of the field.
func (ch *channel) takeCars(s *spectator, into [][]byte) ([][]byte, error) {
	_, cars := ch.inSight(s)
	near, err := ch.hub.enc.Cars(ch.frame.Of(cars))
	if err != nil {
		return nil, fmt.Errorf("encode cars: %w", err)
	}
	parts := (ch.frame.Cars() + maxPartCars - 1) / maxPartCars
	if parts == 0 {
		return append(into, near), nil
	}
	if ch.parts == nil {
		ch.parts = make([][]byte, parts)
	}
	part := s.part % parts
	s.part = part + 1
	if ch.parts[part] == nil {
		from := part * maxPartCars
		if ch.parts[part], err = ch.hub.enc.Frame(ch.frame.Part(from, min(from+maxPartCars, ch.frame.Cars()))); err != nil {
			return nil, fmt.Errorf("encode a frame: %w", err)
		}
	}
	return append(into, near, ch.parts[part]), nil
}
