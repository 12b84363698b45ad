package drill

import (
	"time"

	"lightsout/race"
)

// Pace compares a race's ticks with the clock: a tick that comes more than its own length after it was due is late.
type Pace struct {
	due, late time.Duration // after the tick before
	last      time.Time
}

// PaceOf is the pace of a race at the speed that it was ordered with.
func PaceOf(info race.Race) Pace {
	length := time.Second / time.Duration(max(1, info.TickHz))
	p := Pace{late: length}
	if info.Speed > 0 {
		p.due = time.Duration(float64(length) / info.Speed)
	}
	return p
}

// Tick counts a tick in a run.
func (p *Pace) Tick(run *Run, now time.Time) {
	if took := now.Sub(p.last); !p.last.IsZero() {
		run.Longest = max(run.Longest, took)
		if took > p.due+p.late {
			run.Late++
		}
	}
	run.Ticks++
	p.last = now
}
