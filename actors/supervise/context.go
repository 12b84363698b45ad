package supervise

import (
	"time"

	"github.com/anthdm/hollywood/actor"
)

// inTurn is a cell seen by its actor while it handles a message. Once the cell was taken from an actor that hung, nothing
// that it still does has an effect.
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

// Send sends to another actor. Children by the thousand tell their parent: it is found without the registry.
func (c inTurn) Send(to *actor.PID, msg any) {
	switch {
	case c.s.lost():
	case c.parent != nil && to == c.parent.pid:
		c.parent.enqueue(msg, c.pid)
	default:
		c.system.engine.SendWithSender(to, msg, c.pid)
	}
}

// Broadcast sends to all children of a kind. Those that wait for nothing are handed to the workers some at a time.
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

// Spawn starts a child, or gives the one that an earlier incarnation started.
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

// StopWithin ends a child, after some time without what is still in its mailbox.
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

// Keep hands a value to the next incarnation.
func (c inTurn) Keep(value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.s.lost() {
		c.kept = value
	}
}

// Kept is what was handed over last.
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

// To gives a way to send to another actor from outside of this one.
func (c inTurn) To(pid *actor.PID) func(any) {
	engine := c.system.engine
	return func(msg any) { engine.Send(pid, msg) }
}

// Self gives a way to send to the actor from outside of it.
func (c inTurn) Self() func(any) {
	to := c.cell
	return func(msg any) { to.enqueue(msg, nil) }
}

// Now is the wall clock.
func (c inTurn) Now() time.Time { return time.Now() }
