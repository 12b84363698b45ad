package supervise

import (
	"time"

	"github.com/anthdm/hollywood/actor"
)

// turn is a cell seen by its actor while it handles a message.
type turn struct{ *cell }

var _ Context = turn{}

// Message is the message in hand.
func (c turn) Message() any { return c.current.Msg }

// Sender of the message in hand.
func (c turn) Sender() *actor.PID { return c.current.Sender }

// PID is the actor's address.
func (c turn) PID() *actor.PID { return c.pid }

// Parent of the actor.
func (c turn) Parent() *actor.PID {
	if c.parent == nil {
		return nil
	}
	return c.parent.pid
}

// Send sends to another actor.
func (c turn) Send(to *actor.PID, msg any) { c.system.engine.SendWithSender(to, msg, c.pid) }

// Respond answers the sender of the message in hand.
func (c turn) Respond(msg any) {
	if c.current.Sender != nil {
		c.system.engine.SendWithSender(c.current.Sender, msg, c.pid)
	}
}

// Spawn starts a child, or gives the one that an earlier incarnation started.
func (c turn) Spawn(spec Spec) *actor.PID {
	if child := c.byName[spec.Kind+"/"+spec.ID]; child != nil {
		return child.pid
	}
	child := c.system.newCell(spec, c.cell)
	c.adopt(child)
	c.system.engine.SpawnProc(child)
	return child.pid
}

// Stop ends a child.
func (c turn) Stop(pid *actor.PID) {
	if child := c.childOf(pid); child != nil {
		child.enqueue(stop{}, nil)
	}
}

// StopWithin ends a child, after some time without what is still in its mailbox.
func (c turn) StopWithin(pid *actor.PID, d time.Duration) {
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

func (c turn) childOf(pid *actor.PID) *cell {
	for _, child := range c.children {
		if child.pid.Equals(pid) {
			return child
		}
	}
	return nil
}

// End ends the actor itself once the message in hand is handled.
func (c turn) End() { c.ending = true }

// Keep hands a value to the next incarnation.
func (c turn) Keep(value any) { c.kept = value }

// Kept is what was handed over last.
func (c turn) Kept() any { return c.kept }

// Retried says that an incarnation died with the message in hand.
func (c turn) Retried() bool { return c.hand.retried }

// Failures counts the incarnations that the message in hand has killed.
func (c turn) Failures() int { return c.hand.failures }

// After sends a message to the actor itself.
func (c turn) After(d time.Duration, msg any) { c.system.after(d, c.cell, msg) }

// Self gives a way to send to the actor from outside of it.
func (c turn) Self() func(any) {
	to := c.cell
	return func(msg any) { to.enqueue(msg, nil) }
}

// Now is the wall clock.
func (c turn) Now() time.Time { return time.Now() }
