package drill

import (
	"time"

	"lightsout/race"
)

// Pace compares a race's ticks with the clock: a tick that comes more than its own length after it was due is late.
type Pace struct {
	due, late time.Duration // after the tick before
	last      time.Time
	commit    time.Time // the newest, or the begin
}

// PaceOf is the pace of a race at the speed that it was ordered with. Its clock begins now.
func PaceOf(info race.Race) Pace {
	length := time.Second / time.Duration(max(1, info.TickHz))
	p := Pace{late: length, commit: time.Now()}
	if info.Speed > 0 {
		p.due = time.Duration(float64(length) / info.Speed)
	}
	return p
}

// Commit notes a durable commit in a run.
func (p *Pace) Commit(run *Run, now time.Time) {
	p.Still(run, now)
	p.commit = now
}

// Still notes that nothing was committed until now.
func (p *Pace) Still(run *Run, now time.Time) {
	run.Stall = max(run.Stall, now.Sub(p.commit))
}

// Tick counts a tick in a run.
func (p *Pace) Tick(run *Run, now time.Time) {
	if took := now.Sub(p.last); !p.last.IsZero() {
		if took > p.due+p.late {
			run.Late++
		}
	}
	run.Ticks++
	p.last = now
}
