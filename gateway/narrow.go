package gateway

import (
	"fmt"
	"reflect"
	"slices"

	"lightsout/race"
)

// partCars is how many cars of a large field are shown on the map at once, whoever looks at what.
const partCars = 1000

// looking is what a spectator of a large field looks at, and what it was told of that.
type looking struct {
	race.Look
	order []race.CarIdx       // of the places
	cars  map[race.CarIdx]int // by car: its place
}

// narrow says that the field is so large that a spectator is told only of what it looks at.
func (st *channel) narrow() bool { return len(st.entries) >= race.LookFrom }

// look notes what a spectator looks at from now on.
func (st *channel) look(v *spectator, l *race.Look) {
	st.mu.Lock()
	defer st.mu.Unlock()
	v.looks.Look = *l
	v.looksAnew = true
	v.signal()
}

// complete says that each car has a row and a place. Once they have, it stays so.
func (st *channel) complete() bool {
	if !st.whole {
		b := &st.board
		st.whole = len(b.Rows) == len(st.entries) && len(b.Order) == len(st.entries) && !slices.Contains(b.Order, race.NoCar)
	}
	return st.whole
}

// inSight are the places that a spectator looks at and all cars that it does, the leader among them.
func (st *channel) inSight(v *spectator) (order, cars []race.CarIdx) {
	if !st.complete() {
		return nil, nil
	}
	from := min(v.looks.From, len(st.board.Order))
	order = st.board.Order[from:min(v.looks.To, len(st.board.Order))]
	cars = slices.Clone(order)
	for _, car := range slices.Concat(st.board.Order[:min(1, len(st.board.Order))], v.looks.Cars) {
		if car >= 0 && int(car) < len(st.board.Order) && !slices.Contains(cars, car) {
			cars = append(cars, car)
		}
	}
	return order, cars
}

// takeSight is takeFacts of a large field: what is looked at, as it is now, and what all are told.
func (st *channel) takeSight(v *spectator, into [][]byte) ([][]byte, error) {
	if v.cursor == st.board.Seq && !v.looksAnew {
		return into, nil
	}
	order, cars := st.inSight(v)
	seen := make(map[race.CarIdx]int, len(cars))
	for _, car := range cars {
		seen[car] = st.places[car]
	}
	told := race.Facts{Seq: st.board.Seq, Time: st.board.Time, Facts: st.common(v, seen)}
	if v.looksAnew || !slices.Equal(order, v.looks.order) {
		v.looks.order = slices.Clone(order)
		told.Facts = append(told.Facts, race.OrderChanged{From: min(v.looks.From, len(st.board.Order)), Cars: v.looks.order})
	}
	for at, car := range cars {
		was, known := v.looks.cars[car]
		if at >= len(order) && (v.looksAnew || !known || was != seen[car]) {
			told.Facts = append(told.Facts, race.OrderChanged{From: seen[car], Cars: cars[at : at+1]})
		}
		if !known || st.rowAt[car] > v.cursor {
			told.Facts = append(told.Facts, race.RowChanged{Row: st.board.Rows[car]})
		}
	}
	v.looks.cars, v.looksAnew, v.cursor = seen, false, st.board.Seq
	if len(told.Facts) == 0 {
		return into, nil
	}
	data, err := st.hub.enc.Facts(&told)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	return append(into, data), nil
}

// common is what happened since that all are told, and the laps of the cars that are looked at. Of what replaces what was before,
// the last one is told.
func (st *channel) common(v *spectator, seen map[race.CarIdx]int) []race.Fact {
	from := len(st.ring)
	for from > 0 && st.ring[from-1].upTo > v.cursor {
		from--
	}
	var out []race.Fact
	for _, m := range st.ring[from:] {
		if v.oldest.IsZero() && m.upTo > v.joined {
			v.oldest = m.at
		}
		for _, p := range m.parts {
			if p.Seq > v.cursor {
				out = appendSeen(out, p.Facts, seen)
			}
		}
	}
	return out
}

// appendSeen takes what is told of a large field. Rows and the order are told as they are then, and not as they came to be so.
func appendSeen(out, facts []race.Fact, seen map[race.CarIdx]int) []race.Fact {
	for _, f := range facts {
		tell := true
		switch f := f.(type) {
		case race.LapCompleted:
			_, tell = seen[f.Lap.Car]
		case race.LapsWithdrawn:
			_, tell = seen[f.Car]
		case race.PassingJudged:
			_, tell = seen[f.Car]
			tell = tell || f.Verdict != race.Accepted // those are for the marshal's desk
		case race.RowChanged, race.OrderChanged:
			tell = false
		case race.SessionStatusChanged, race.ResultPublished:
			out = slices.DeleteFunc(out, func(before race.Fact) bool { return reflect.TypeOf(before) == reflect.TypeOf(f) })
		case race.EventHappened, race.EventWithdrawn, race.RecordRefused:
		}
		if tell {
			out = append(out, f)
		}
	}
	return out
}

// takeCars is the picture of a large field: the cars that are looked at, and the next of all.
func (st *channel) takeCars(v *spectator, into [][]byte) ([][]byte, error) {
	_, cars := st.inSight(v)
	sight, err := st.hub.enc.Cars(st.frame.Of(cars))
	if err != nil {
		return nil, fmt.Errorf("encode cars: %w", err)
	}
	parts := (st.frame.Cars() + partCars - 1) / partCars
	if parts == 0 {
		return append(into, sight), nil
	}
	if st.parts == nil {
		st.parts = make([][]byte, parts)
	}
	part := v.part % parts
	v.part = part + 1
	if st.parts[part] == nil {
		from := part * partCars
		if st.parts[part], err = st.hub.enc.Frame(st.frame.Part(from, min(from+partCars, st.frame.Cars()))); err != nil {
			return nil, fmt.Errorf("encode a frame: %w", err)
		}
	}
	return append(into, sight, st.parts[part]), nil
}
