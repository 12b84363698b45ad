package supervise

import (
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// lease is a worker's hold on the cell that it runs. If the actor hangs, the watch takes the cell away and gives it a new lease; the
// old one is left to the worker that hangs.
type lease struct {
	batch    []actor.Envelope
	at       int // the next of the batch
	actor    Actor
	current  actor.Envelope // the message that the actor handles
	inFlight inFlight
	starting bool // an incarnation is due
	resting  bool // the cell waits for its back-off
	stopping bool
	ending   bool             // the actor called End
	byName   map[string]*cell // children by kind/ID
	life     *deathRecord     // nil before the first death
	given    inTurn           // the actor's context, kept so that a message allocates none

	turns  uint64        // begun so far
	spared bool          // the worker was replaced and has returned
	phase  atomic.Uint64 // turns, and in the low bits what the actor is doing
}

// What an actor is doing. The watch sets all but the first two.
const (
	idle    = iota
	busy    // with a message
	stalled // by a drill
	spared  // still busy, and its worker was replaced
	taken   // the cell was taken away
	phases  = 8
)

// begin notes that the actor begins a message.
func (s *lease) begin() uint64 {
	s.turns++
	turn := s.turns*phases + busy
	s.phase.Store(turn)
	return turn
}

// end notes that the actor has finished its message, and reports whether the worker still has the cell.
func (s *lease) end(turn uint64) bool {
	if s.phase.CompareAndSwap(turn, turn-turn%phases+idle) {
		return true
	}
	s.spared = !s.lost()
	return s.spared
}

// stall makes the actor hang for a drill. It reports whether the worker still has the cell.
func (s *lease) stall(turn *uint64, d time.Duration) bool {
	was := *turn
	*turn = was - was%phases + stalled
	if !s.phase.CompareAndSwap(was, *turn) {
		return !s.lost()
	}
	time.Sleep(d)
	if !s.phase.CompareAndSwap(*turn, was) {
		return !s.lost()
	}
	*turn = was
	return true
}

// lost says that the cell was taken away.
func (s *lease) lost() bool { return s.phase.Load()%phases == taken }

// takeOver continues the cell without the incarnation that hangs. It is called once no worker touches the cell, and reports whether
// the cell has work.
func (c *cell) takeOver(after time.Duration, drill bool) bool {
	old := c.lease
	c.lease = &lease{
		batch: old.batch, at: old.at, inFlight: old.inFlight, starting: old.starting, stopping: old.stopping, byName: old.byName,
		life: old.life,
	}
	c.given = inTurn{c, c.lease}
	var reason any = Hung{For: after}
	if drill {
		reason = Killed{By: Hung{For: after}.String()}
	}
	switch {
	case c.stopping: // it hangs in the last message of all
		c.finish(reason)
	case c.starting:
		c.startFailed(reason, nil)
	default:
		c.inFlightFailed(reason, nil)
	}
	if c.resting {
		c.sleep()
		return false
	}
	return true
}
