package simulator

import (
	"slices"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/race/sabotage"
)

// checkpoint is the actor of one timing line. It holds the passings of the open tick.
type checkpoint struct {
	line      int
	tick      race.Tick
	crossings []drive.Crossing
	repeated  int
}

// Receive collects passings and closes ticks.
func (a *checkpoint) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case *Crossed:
		a.cross(msg)
	case *CloseTick:
		c.Send(c.Parent(), a.close(msg))
	}
}

// cross counts a crossing once: a restarted car reports it again.
func (a *checkpoint) cross(h *Crossed) {
	if h.N < a.tick {
		return // the tick is closed
	}
	if h.N > a.tick {
		a.tick, a.crossings, a.repeated = h.N, a.crossings[:0], 0
	}
	if slices.Contains(a.crossings, h.Crossing) {
		a.repeated++
		return
	}
	a.crossings = append(a.crossings, h.Crossing)
}

// close answers with the tick's passings. It fills in from the rows those that were lost with an earlier incarnation.
func (a *checkpoint) close(msg *CloseTick) *TickClosed {
	out := &TickClosed{N: msg.N, Attempt: msg.Attempt, Line: a.line, Passed: msg.Expected}
	if a.tick != msg.N {
		a.tick, a.crossings, a.repeated = msg.N, a.crossings[:0], 0
	}
	out.Repeated = a.repeated
	if sabotage.On(sabotage.FillIn) {
		out.Passed = slices.Clone(a.crossings)
		return out
	}
	for _, want := range msg.Expected {
		if !slices.Contains(a.crossings, want) {
			a.crossings = append(a.crossings, want) // kept until the tick after, for the close may be repeated
			out.FilledIn++
		}
	}
	return out
}
