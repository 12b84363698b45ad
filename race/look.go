package race

// Limits of what a spectator looks at in a large field.
const (
	// LookFrom is the field from which a spectator is told only of what it looks at.
	LookFrom    = 301
	LookPlaces  = 200
	LookCars    = 64
	lookAtFirst = 60
)

// Look is what a spectator of a large field looks at: places of the order, from From up to To, and cars.
type Look struct {
	From, To int
	Cars     []CarIdx
}

// FirstLook is that of one who has said nothing yet.
func FirstLook() Look { return Look{To: lookAtFirst} }

// CarsFrame is some cars of a frame, each column in the order of Cars.
type CarsFrame struct {
	Tick        Tick
	Time        Micros
	Cars        []CarIdx
	LapFraction []uint16
	State       []CarState
}

// Of takes some cars out of a picture; one that is not in it is left out.
func (f *Frame) Of(cars []CarIdx) *CarsFrame {
	out := &CarsFrame{Tick: f.Tick, Time: f.Time}
	for _, car := range cars {
		if at := int(car - f.First); at >= 0 && at < f.Cars() {
			out.Cars = append(out.Cars, car)
			out.LapFraction = append(out.LapFraction, f.LapFraction[at])
			out.State = append(out.State, f.State[at])
		}
	}
	return out
}

// Part is a picture of some of the cars that are in a row.
func (f *Frame) Part(from, to int) *Frame {
	return &Frame{Tick: f.Tick, Time: f.Time, First: f.First + CarIdx(from), LapFraction: f.LapFraction[from:to], State: f.State[from:to]}
}
