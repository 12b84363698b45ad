package race

// Limits of what a spectator of a large field subscribes to.
const (
	// LookFrom is the field size from which a spectator receives only the cars that it looks at.
	LookFrom    = 301
	LookPlaces  = 200
	LookCars    = 64
	lookAtFirst = 60
)

// Look selects what a spectator of a large field receives: positions of the order, from From up to To, and cars.
type Look struct {
	From, To int
	Cars     []CarIdx
}

// FirstLook returns the selection of a spectator that has not chosen yet.
func FirstLook() Look { return Look{To: lookAtFirst} }

// CarsFrame is some cars of a frame, each column in the order of Cars.
type CarsFrame struct {
	Tick        Tick
	Time        Micros
	Cars        []CarIdx
	LapFraction []uint16
	State       []CarState
}

// Of returns the columns of some cars. Cars that are not in the frame are left out.
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

// Part returns a frame of the cars with indices from ≤ i < to.
func (f *Frame) Part(from, to int) *Frame {
	return &Frame{Tick: f.Tick, Time: f.Time, First: f.First + CarIdx(from), LapFraction: f.LapFraction[from:to], State: f.State[from:to]}
}
