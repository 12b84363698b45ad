package simulator

import (
	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/race/sabotage"
)

// car is the actor of one car. It keeps no state: its row is in the field that the tick carries.
type car struct {
	model     *drive.Model
	idx       race.CarIdx
	lines     []*actor.PID // the checkpoints by line
	crossings []drive.Crossing
}

// Receive computes rows.
func (a *car) Receive(c supervise.Context) {
	if t, ok := c.Message().(*Tick); ok {
		a.drive(c, t)
	}
}

func (a *car) drive(c supervise.Context, t *Tick) {
	row, crossings := a.model.Next(t.Prev, t.In, a.idx, a.crossings[:0])
	if sabotage.On(sabotage.StaleRow) {
		if a.crossings == nil && t.N > 1 { // not the first incarnation
			row, crossings = t.Prev.Rows[a.idx], nil
		}
		crossings = append([]drive.Crossing{}, crossings...)
	}
	a.crossings = crossings
	done := &RowDone{N: t.N, Attempt: t.Attempt, Car: a.idx, Row: row}
	if len(crossings) > 0 {
		done.Crossings = append(done.Crossings, crossings...)
		for i := range done.Crossings {
			c.Send(a.lines[crossings[i].Line], &Crossed{N: t.N, Crossing: crossings[i]})
		}
	}
	c.Send(c.Parent(), done)
}
