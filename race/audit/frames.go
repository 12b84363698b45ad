package audit

import (
	"fmt"

	"lightsout/race"
)

// A car may move somewhat further in a tick than its speeds at both ends suggest, because telemetry is rounded and there may
// be a corner in between.
const (
	reachFactor = 1.5
	reachMetres = 10
)

// Frame checks the next frame of the race, after all records. It keeps f.
func (a *Audit) Frame(f *race.Frame) {
	last := a.frame
	a.frame = f
	at := race.Seq(f.Tick)
	switch {
	case f.First < 0 || int(f.First)+f.Cars() > len(a.cars):
		a.find(inPicture, at, "cars", fmt.Sprintf("its telemetry is of cars %d to %d, and %d are entered", f.First, int(f.First)+f.Cars()-1, len(a.cars)))
		return
	case last != nil && (f.Tick <= last.Tick || f.Time < last.Time):
		a.find(inPicture, at, "order", fmt.Sprintf("at %v after tick %d at %v", f.Time, last.Tick, last.Time))
	}
	if a.info.Kind != race.Simulation {
		return
	}
	if want := a.due(f.Tick); f.Time != want {
		a.find(inPicture, at, "time", fmt.Sprintf("at %v, and %v is due with %d ticks a second", f.Time, want, a.info.TickHz))
		return
	}
	if a.end > 0 && f.Time > a.endTime {
		a.find(inPicture, at, "after the end", fmt.Sprintf("telemetry after the end of the race at %v", a.endTime))
		return
	}
	if last != nil && last.Tick+1 == f.Tick && last.First == f.First && last.Cars() == f.Cars() {
		a.jumps(last, f)
	}
}

// due returns the race time of a simulation's tick.
func (a *Audit) due(tick race.Tick) race.Micros {
	return race.Micros(tick) * race.Second / race.Micros(max(1, a.info.TickHz))
}

// jumps looks for cars that moved further in a tick than they can.
func (a *Audit) jumps(last, f *race.Frame) {
	if a.track.length == 0 || len(f.SpeedDKMH) != f.Cars() || len(last.SpeedDKMH) != f.Cars() {
		return
	}
	seconds := float64(f.Time-last.Time) / float64(race.Second)
	for i := range f.LapFraction {
		if !drives(last.State[i]) || !drives(f.State[i]) {
			continue
		}
		went := float64(f.LapFraction[i]-last.LapFraction[i]) / (1 << 16) * a.track.length
		fastest := float64(max(last.SpeedDKMH[i], f.SpeedDKMH[i])) / 36
		if went > reachFactor*fastest*seconds+reachMetres {
			a.find(inPicture, race.Seq(f.Tick), "jump", fmt.Sprintf("car %d is %.0f m further than a tick before, at %.0f km/h",
				a.numberOf(f.First+race.CarIdx(i)), went, fastest*3.6))
			return
		}
	}
}

func drives(s race.CarState) bool { return s == race.Running || s == race.InPit }
