package audit

import (
	"fmt"
	"strings"

	"lightsout/race"
	"lightsout/race/timing"
)

// Audit takes the log of one race, record by record, and then its frames. It is not for concurrent use.
type Audit struct {
	state     *timing.State
	info      race.Race
	announced int
	cars      []car
	end       race.Seq // of the record that ended the race; 0: none did
	endTime   race.Micros
	abandoned bool
	latest    race.Micros // of a simulation's own records
	track     *track
	frame     *race.Frame // the last of the telemetry so far
	found     []finding
}

// car is what is known of a car of a simulation.
type car struct {
	passed   bool
	line     int // of its last passing
	inPit    bool
	finished bool // it took the chequered flag
}

// New begins the audit of a race.
func New() *Audit { return &Audit{latest: -race.TimeMax} }

// Record takes the next record of the log.
func (a *Audit) Record(step timing.Step) {
	a.state = step.State
	r := step.Record
	switch b := r.Body.(type) {
	case race.Announced:
		a.announce(r, &b.Race)
		return
	case race.Entered:
		a.cars = append(a.cars, car{})
	default: // below
	}
	if a.announced == 0 || a.info.Kind != race.Simulation {
		return
	}
	if r.Author == "" { // what race control ordered may come at any time
		a.simulated(r, step.Refused)
	}
	for _, f := range step.Facts.Facts {
		if row, ok := f.(race.RowChanged); ok {
			a.cars[row.Row.Car].finished = row.Row.State == race.Finished
		}
	}
}

// announce takes the head.
func (a *Audit) announce(r *race.Record, info *race.Race) {
	if a.announced++; a.announced > 1 {
		said := "it announces the race again"
		for _, d := range a.info.Differences(info) {
			said += fmt.Sprintf(", with %s %s instead of %s", d.Field, d.Ordered, d.Kept)
		}
		a.find(inLog, r.Seq, "another head", said)
		return
	}
	a.info = *info
	if r.Seq != 1 {
		a.find(inLog, r.Seq, "late head", "it announces the race, which record 1 should")
	}
	if info.Kind == race.Simulation {
		a.track = newTrack(info)
	}
}

// simulated takes a record that a simulation made.
func (a *Audit) simulated(r *race.Record, refused error) {
	switch {
	case a.end > 0:
		a.find(inLog, r.Seq, "after the end", fmt.Sprintf("%s after the end of the race, which is record %d", nameOf(r.Body), a.end))
		return
	case refused != nil:
		a.find(inLog, r.Seq, "refused", fmt.Sprintf("%s, which the rulebook refuses: %v", nameOf(r.Body), refused))
		return
	case r.Time < a.latest:
		a.find(inLog, r.Seq, "back in time", fmt.Sprintf("%s at %v, after a record of %v", nameOf(r.Body), r.Time, a.latest))
	}
	a.latest = max(a.latest, r.Time)
	switch b := r.Body.(type) {
	case race.Passing:
		a.pass(r.Seq, b)
	case race.Abandoned:
		a.abandoned = true
	case race.Ended:
		a.end, a.endTime = r.Seq, r.Time
		a.ended(r.Seq)
	default: // nothing more holds of it
	}
}

// pass follows a car from line to line.
func (a *Audit) pass(seq race.Seq, p race.Passing) {
	if p.Car < 0 || int(p.Car) >= len(a.cars) || p.Line < 0 || p.Line >= len(a.track.lines) {
		a.find(inLog, seq, "unknown", fmt.Sprintf("Passing of the car in slot %d on line %d: there are %d cars and %d lines", p.Car, p.Line,
			len(a.cars), len(a.track.lines)))
		return
	}
	c := &a.cars[p.Car]
	switch {
	case c.finished:
		a.find(inLog, seq, "flag", fmt.Sprintf("car %d passes line %d after it took the chequered flag", a.numberOf(p.Car), p.Line))
	case c.passed && !a.track.follows(c.line, c.inPit, p.Line, p.InPit):
		a.find(inLog, seq, "line", fmt.Sprintf("car %d passes line %d, which does not follow line %d", a.numberOf(p.Car), p.Line, c.line))
	}
	c.passed, c.line, c.inPit = true, p.Line, p.InPit
}

func (a *Audit) numberOf(idx race.CarIdx) int { return a.state.Entries()[idx].Number }

// ended looks whether the race went its distance.
func (a *Audit) ended(seq race.Seq) {
	laps, racing := 0, false
	for _, e := range a.state.Classification().Entries {
		laps = max(laps, e.Laps)
		racing = racing || e.Status == race.StatusFinished
	}
	if want := a.info.Rules.Laps; !a.abandoned && want > 0 && racing && laps != want {
		a.find(inLog, seq, "distance", fmt.Sprintf("the race of %d laps ends after %d", want, laps))
	}
}

// Findings are what does not hold together, in words; none of a sound race.
func (a *Audit) Findings() []string {
	if a.announced == 0 {
		return []string{"no record announces it"}
	}
	out := words(a.found)
	if n := len(a.cars); a.info.Cars != n {
		out = append(out, fmt.Sprintf("it is announced with %d cars, and %d are entered", a.info.Cars, n))
	}
	return out
}

// nameOf names a record by its kind.
func nameOf(b race.Body) string { return strings.TrimPrefix(fmt.Sprintf("%T", b), "race.") }
