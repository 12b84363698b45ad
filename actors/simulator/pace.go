package simulator

import (
	"time"

	"lightsout/actors/supervise"
)

// lagMax is how far a race may fall behind its pace before it stops catching up.
const lagMax = time.Second

// pace resets the clock: from now on, ticks are due at the race's speed.
func (a *raceActor) pace(c supervise.Context) { a.anchor, a.anchorTick = c.Now(), a.field.Tick }

// due is how long to wait for the next tick.
func (a *raceActor) due(c supervise.Context) time.Duration {
	if a.info.Speed <= 0 {
		return 0
	}
	ticks := float64(a.field.Tick + 1 - a.anchorTick)
	at := a.anchor.Add(time.Duration(ticks / float64(a.info.TickHz) / a.info.Speed * float64(time.Second)))
	wait := at.Sub(c.Now())
	if wait < -lagMax {
		a.pace(c)
	}
	return wait
}

// proceed makes batches of the script again. After them it opens the next tick if the race runs, its credit allows and the tick is due.
func (a *raceActor) proceed(c supervise.Context) {
	if a.scripting {
		if !a.again(c) {
			return
		}
		a.scripting = false
		a.scriptDone(c)
	}
	if a.tick != nil || a.waiting || !a.started || len(a.unacked) >= a.window {
		return
	}
	if a.over {
		a.finish(c)
		return
	}
	if a.held {
		return
	}
	if wait := a.due(c); wait > 0 {
		a.waiting = true
		c.After(wait, wake{})
		return
	}
	a.open(c, len(a.pending))
}

// open opens a tick that takes the first commands of those that are pending.
func (a *raceActor) open(c supervise.Context, taken int) {
	a.opened++
	a.taken = taken
	a.tick = newOpenTick(a.field.Tick+1, a.incarnation<<24|a.opened&0xffffff, a.field, merged(a.pending[:taken]), len(a.lines))
	ask := &Tick{N: a.tick.n, Attempt: a.tick.attempt, Prev: a.field, In: a.tick.in}
	c.Broadcast("car", ask)        // cars that were given up are no longer children
	for car := range a.lost.cars { // in any order: a row has its place
		a.doWithout(c, car)
	}
}
