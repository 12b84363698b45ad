package audit

import (
	"fmt"
	"strings"

	"lightsout/race"
	"lightsout/race/timing"
)

// Audit checks the log of one race, record by record, and then its frames. It is not safe for concurrent use.
type Audit struct {
	state     *timing.State
	info      race.Race
	announced int
	cars      []car
	end       race.Seq // the record that ended the race; 0 means none did
	endTime   race.Micros
	abandoned bool
	latest    race.Micros // of the records that the simulation made
	track     *track
	frame     *race.Frame // the last frame so far
	found     []finding
}

// car is the state of a car of a simulation.
type car struct {
	passed   bool
	line     int // of its last passing
	inPit    bool
	finished bool // it took the chequered flag
}

// New returns the audit of a race before its first record.
func New() *Audit { return &Audit{latest: -race.TimeMax} }

// Record checks the next record of the log.
func (a *Audit) Record(step timing.Step) {
	a.state = step.State
	r := step.Record
	switch b := r.Body.(type) {
	case race.Announced:
		a.announce(r, &b.Race)
		return
	case race.Entered:
		a.cars = append(a.cars, car{})
	default: // handled below
	}
	if a.announced == 0 || a.info.Kind != race.Simulation {
		return
	}
	if r.Author == "" { // orders of race control may have any time
		a.simulated(r, step.Refused)
	}
	for _, f := range step.Facts.Facts {
		if row, ok := f.(race.RowChanged); ok {
			a.cars[row.Row.Car].finished = row.Row.State == race.Finished
		}
	}
}

// announce checks the race info.
func (a *Audit) announce(r *race.Record, info *race.Race) {
	if a.announced++; a.announced > 1 {
		text := "it announces the race again"
		for _, d := range a.info.Differences(info) {
			text += fmt.Sprintf(", with %s %s instead of %s", d.Field, d.Ordered, d.Kept)
		}
		a.find(inLog, r.Seq, "another head", text)
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

// simulated checks a record made by a simulation.
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
	default: // no further checks
	}
}

// pass checks that a car passes the lines in order.
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

// ended checks that the race covered its distance.
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

// Findings returns the contradictions in words; none for a sound race.
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

// nameOf returns the kind of a record.
func nameOf(b race.Body) string { return strings.TrimPrefix(fmt.Sprintf("%T", b), "race.") }
