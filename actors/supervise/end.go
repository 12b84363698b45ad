package supervise

import (
	"fmt"
	"slices"
	"time"

	"github.com/anthdm/hollywood/actor"
)

func (c *cell) setAside(reason any) {
	c.counter.setAside.Add(1)
	c.system.notify(SetAside{PID: c.pid, Kind: c.spec.Kind, Message: c.inFlight.Msg, Reason: reason})
	c.notifyParent(reason, false)
	c.inFlight = inFlight{}
}

// giveUp ends an actor for good, as Erlang/OTP ends a child that exceeds its intensity: the parent decides what becomes of its work.
func (c *cell) giveUp(reason any) {
	c.counter.givenUp.Add(1)
	c.system.notify(GivenUp{PID: c.pid, Kind: c.spec.Kind, ID: c.spec.ID, Root: c.parent == nil, Reason: fmt.Sprint(reason)})
	c.notifyParent(reason, true)
	c.actor, c.starting, c.inFlight = goneActor{}, false, inFlight{}
	c.beginStop()
}

// goneActor replaces an actor that was given up while its children end.
type goneActor struct{}

func (goneActor) Receive(Context) {}

func (c *cell) notifyParent(reason any, givenUp bool) {
	if c.parent != nil {
		c.parent.enqueue(Failed{
			Child: c.pid, Kind: c.spec.Kind, ID: c.spec.ID, Message: c.inFlight.Msg, Reason: reason, GivenUp: givenUp,
		}, c.pid)
	}
}

// endItself handles Context.End: a permanent actor is started again.
func (c *cell) endItself() {
	c.ending = false
	if c.spec.Lifetime == Permanent {
		c.note("it ended itself", time.Now())
		c.actor, c.starting = nil, true
		return
	}
	c.beginStop()
}

// drop ends the cell without handling what is in its mailbox.
func (c *cell) drop() {
	c.dropped.Store(true)
	c.enqueue(stop{}, nil)
}

// beginStop ends the children first, youngest first.
func (c *cell) beginStop() {
	if c.stopping {
		return
	}
	c.stopping = true
	for _, child := range slices.Backward(c.children) {
		if c.dropped.Load() {
			child.drop()
		} else {
			child.enqueue(stop{}, nil)
		}
	}
	c.endIfAlone()
}

func (c *cell) adopt(child *cell) {
	if c.byName == nil {
		c.byName = map[string]*cell{}
	}
	c.byName[child.spec.Kind+"/"+child.spec.ID] = child
	c.mu.Lock()
	c.children = append(c.children, child)
	c.mu.Unlock()
}

func (c *cell) forget(child *cell) {
	delete(c.byName, child.spec.Kind+"/"+child.spec.ID)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range slices.Backward(c.children) { // youngest first
		if other == child {
			c.children = slices.Delete(c.children, i, i+1)
			return
		}
	}
}

// endIfAlone ends a stopping cell once it has no children: what is still in the mailbox becomes dead letters.
func (c *cell) endIfAlone() {
	if !c.stopping || len(c.children) > 0 {
		return
	}
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	left := c.mailbox
	c.mailbox = nil
	c.mu.Unlock()
	for _, e := range left {
		c.deadLetter(e)
	}
	c.starting, c.inFlight = false, inFlight{}
	if _, givenUp := c.actor.(goneActor); givenUp {
		c.finish(nil)
		return
	}
	c.current = actor.Envelope{Msg: actor.Stopped{}}
	if reason, _, ours := c.attempt(); ours { // otherwise the worker that took it over finishes it
		c.finish(reason)
	}
}

// finish removes the cell after its actor received Stopped. reason says why it died in that; nil means an orderly stop.
func (c *cell) finish(reason any) {
	if reason != nil {
		c.system.notify(SetAside{PID: c.pid, Kind: c.spec.Kind, Message: actor.Stopped{}, Reason: reason})
	}
	c.current = actor.Envelope{}
	c.actor = goneActor{}
	c.mu.Lock()
	c.kept = nil
	c.mu.Unlock()
	c.system.engine.Registry.Remove(c.pid)
	c.counter.stopped.Add(1)
	if c.parent == nil {
		close(c.gone)
	} else {
		c.parent.enqueue(stopped{c}, nil)
	}
}

func (c *cell) deadLetter(e actor.Envelope) {
	switch e.Msg.(type) {
	case stop, stopped, died, renew:
		return
	}
	c.counter.deadLetters.Add(1)
	c.system.engine.BroadcastEvent(actor.DeadLetterEvent{Target: c.pid, Message: e.Msg, Sender: e.Sender})
}
