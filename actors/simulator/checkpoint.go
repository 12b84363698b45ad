package simulator

import (
	"slices"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
)

// checkpoint is the actor of one timing line. It holds the hits of the open tick.
type checkpoint struct {
	line     int
	tick     race.Tick
	hits     []drive.Crossing
	repeated int
}

// Receive gathers hits and closes ticks.
func (a *checkpoint) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case *Hit:
		a.hit(msg)
	case *CloseTick:
		c.Send(c.Parent(), a.close(msg))
	}
}

// hit takes a crossing once: a car that was started again tells of it again.
func (a *checkpoint) hit(h *Hit) {
	if h.N < a.tick {
		return // of a tick that is closed
	}
	if h.N > a.tick {
		a.tick, a.hits, a.repeated = h.N, a.hits[:0], 0
	}
	if slices.Contains(a.hits, h.Crossing) {
		a.repeated++
		return
	}
	a.hits = append(a.hits, h.Crossing)
}

// close answers with the tick's passings. Hits that were lost with an earlier life are filled in from the rows.
func (a *checkpoint) close(msg *CloseTick) *TickClosed {
	out := &TickClosed{N: msg.N, Attempt: msg.Attempt, Line: a.line, Passed: msg.Expected}
	if a.tick != msg.N {
		a.tick, a.hits, a.repeated = msg.N, a.hits[:0], 0
	}
	out.Repeated = a.repeated
	if supervise.Sabotaged("fill-in") {
		out.Passed = slices.Clone(a.hits)
		return out
	}
	for _, want := range msg.Expected {
		if !slices.Contains(a.hits, want) {
			a.hits = append(a.hits, want) // kept until the tick after: the close may come again
			out.FilledIn++
		}
	}
	return out
}
