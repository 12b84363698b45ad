package supervise

import (
	"time"

	"github.com/anthdm/hollywood/actor"
)

// inTurn is a cell as its actor sees it during a turn. After the cell was taken from an actor that hung, the actor's calls have no
// effect.
type inTurn struct {
	*cell
	s *lease
}

var _ Context = (*inTurn)(nil)

// Message is the message in hand.
func (c inTurn) Message() any { return c.s.current.Msg }

// Sender of the message in hand.
func (c inTurn) Sender() *actor.PID { return c.s.current.Sender }

// PID is the actor's address.
func (c inTurn) PID() *actor.PID { return c.pid }

// Parent of the actor.
func (c inTurn) Parent() *actor.PID {
	if c.parent == nil {
		return nil
	}
	return c.parent.pid
}

// Send sends to another actor. The parent is found without the registry: thousands of children report to it.
func (c inTurn) Send(to *actor.PID, msg any) {
	switch {
	case c.s.lost():
	case c.parent != nil && to == c.parent.pid:
		c.parent.enqueue(msg, c.pid)
	default:
		c.system.engine.SendWithSender(to, msg, c.pid)
	}
}

// Broadcast sends to all children of a kind. Idle ones are submitted to the workers in groups.
func (c inTurn) Broadcast(kind string, msg any) {
	ready := make([]*cell, 0, broadcastAtOnce)
	for _, child := range c.children {
		if child.spec.Kind != kind {
			continue
		}
		if child.put(msg, c.pid) {
			ready = append(ready, child)
		}
		if len(ready) == broadcastAtOnce {
			c.system.exec.submitAll(ready)
			ready = ready[:0]
		}
	}
	c.system.exec.submitAll(ready)
}

// Respond answers the sender of the message in hand.
func (c inTurn) Respond(msg any) {
	if to := c.s.current.Sender; to != nil {
		c.Send(to, msg)
	}
}

// Spawn starts a child, or returns the one that an earlier incarnation started.
func (c inTurn) Spawn(spec Spec) *actor.PID {
	if c.spec.Deadline > 0 {
		panic("supervise: an actor with a deadline has no children: whoever replaces it could not know them")
	}
	if child := c.byName[spec.Kind+"/"+spec.ID]; child != nil {
		return child.pid
	}
	child := c.system.newCell(spec, c.cell)
	c.adopt(child)
	c.system.engine.SpawnProc(child)
	return child.pid
}

// Stop ends a child.
func (c inTurn) Stop(pid *actor.PID) {
	if child := c.childOf(pid); child != nil {
		child.enqueue(stop{}, nil)
	}
}

// StopWithin ends a child, and after d drops what is still in its mailbox.
func (c inTurn) StopWithin(pid *actor.PID, d time.Duration) {
	child := c.childOf(pid)
	if child == nil {
		return
	}
	if d <= 0 {
		child.drop()
		return
	}
	child.enqueue(stop{}, nil)
	time.AfterFunc(d, child.drop)
}

func (c inTurn) childOf(pid *actor.PID) *cell {
	for _, child := range c.children {
		if child.pid.Equals(pid) {
			return child
		}
	}
	return nil
}

// End ends the actor itself once the message in hand is handled.
func (c inTurn) End() { c.s.ending = true }

// Keep stores a value for the next incarnation.
func (c inTurn) Keep(value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.s.lost() {
		c.kept = value
	}
}

// Kept is the value stored last.
func (c inTurn) Kept() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept
}

// Retried says that an incarnation died with the message in hand.
func (c inTurn) Retried() bool { return c.s.inFlight.retried }

// Failures counts the incarnations that the message in hand has killed.
func (c inTurn) Failures() int { return c.s.inFlight.failures }

// After sends a message to the actor itself.
func (c inTurn) After(d time.Duration, msg any) {
	if !c.s.lost() {
		c.system.after(d, c.cell, msg)
	}
}

// To returns a function that sends to another actor from any goroutine.
func (c inTurn) To(pid *actor.PID) func(any) {
	engine := c.system.engine
	return func(msg any) { engine.Send(pid, msg) }
}

// Self returns a function that sends to this actor from any goroutine.
func (c inTurn) Self() func(any) {
	to := c.cell
	return func(msg any) { to.enqueue(msg, nil) }
}

// Now is the wall clock.
func (c inTurn) Now() time.Time { return time.Now() }
