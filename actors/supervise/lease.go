package supervise

import (
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// lease is a cell in the hands of the worker that runs it. Where the actor hangs, the watch takes the cell away and gives it
// a shift of its own; the old one is left to the worker that hangs in it.
type lease struct {
	batch    []actor.Envelope
	at       int // the next of the batch
	actor    Actor
	current  actor.Envelope // what the actor is given
	inFlight inFlight
	starting bool // an incarnation is due
	resting  bool // until its back-off is over
	stopping bool
	ending   bool             // it asked to end itself
	byName   map[string]*cell // children by kind/ID
	life     deathRecord
	given    inTurn // what its actor is given: kept, so that a message allocates none

	turns  uint64        // begun so far
	spared bool          // the worker was replaced, and has come back
	phase  atomic.Uint64 // turns, and in the low bits what the actor is at
}

// What an actor is at. All but the first two are set by whoever finds it late.
const (
	idle    = iota
	busy    // with a message
	stalled // by a drill
	spared  // still busy, and its worker was replaced
	taken   // the cell was taken away
	phases  = 8
)

// begin notes that the actor is given a message.
func (s *lease) begin() uint64 {
	s.turns++
	turn := s.turns*phases + busy
	s.phase.Store(turn)
	return turn
}

// end notes that the actor is done with it, and reports whether the cell is still the worker's.
func (s *lease) end(turn uint64) bool {
	if s.phase.CompareAndSwap(turn, turn-turn%phases+idle) {
		return true
	}
	s.spared = !s.lost()
	return s.spared
}

// stall lets the actor hang, by order of a drill. It reports whether the cell is still the worker's.
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

// takeOver lets the cell go on without the incarnation that hangs. It is called once nobody else touches the cell, and
// reports whether there is something to run.
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
