package supervise

import (
	"context"
	"fmt"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// host runs the same actor on hollywood's own process instead of a cell, so that a benchmark can compare the two. It has hollywood's
// restarts, which do not survive a drill (docs/DECISIONS.md #1).
type host struct {
	system   *System
	spec     Spec
	actor    Actor
	parent   *actor.PID
	kept     any
	children map[string]*actor.PID
	order    []hostedChild
}

type hostedChild struct {
	kind string
	pid  *actor.PID
}

// hosted is the context of an actor on hollywood's process.
type hosted struct {
	*host
	c *actor.Context
}

var _ Context = hosted{}

// inboxFirst is the first size of hollywood's mailboxes; they grow.
const inboxFirst = 16

// spawnHosted spawns on hollywood's own process.
func (s *System) spawnHosted(spec Spec, parent *actor.PID) *actor.PID {
	name := spec.Kind
	if parent != nil {
		name = parent.ID + "/" + spec.Kind
	}
	pid := s.engine.Spawn(func() actor.Receiver { return &host{system: s, spec: spec, parent: parent} }, name,
		actor.WithID(spec.ID), actor.WithInboxSize(max(inboxFirst, spec.MailboxHint)))
	s.mu.Lock()
	s.hosted = append(s.hosted, pid)
	s.mu.Unlock()
	return pid
}

// stopHosted ends all actors on hollywood's processes, the youngest first.
func (s *System) stopHosted(ctx context.Context) error {
	for i := len(s.hosted) - 1; i >= 0; i-- {
		select {
		case <-s.engine.Poison(s.hosted[i]).Done():
		case <-ctx.Done():
			return fmt.Errorf("stop %s: %w", s.hosted[i].ID, ctx.Err())
		}
	}
	return nil
}

// Receive passes a message to the actor.
func (h *host) Receive(c *actor.Context) {
	if _, first := c.Message().(actor.Initialized); first {
		return
	}
	if h.actor == nil {
		h.actor = h.spec.Producer()
	}
	h.actor.Receive(hosted{h, c})
}

// Message is the message in hand.
func (h hosted) Message() any { return h.c.Message() }

// Sender of the message in hand.
func (h hosted) Sender() *actor.PID { return h.c.Sender() }

// PID is the actor's address.
func (h hosted) PID() *actor.PID { return h.c.PID() }

// Parent of the actor.
func (h hosted) Parent() *actor.PID { return h.parent }

// Send sends to another actor.
func (h hosted) Send(to *actor.PID, msg any) { h.c.Send(to, msg) }

// Broadcast sends to all children of a kind.
func (h hosted) Broadcast(kind string, msg any) {
	for _, child := range h.order {
		if child.kind == kind {
			h.c.Send(child.pid, msg)
		}
	}
}

// Respond answers the sender.
func (h hosted) Respond(msg any) {
	if h.c.Sender() != nil {
		h.c.Respond(msg)
	}
}

// Spawn starts a child once.
func (h hosted) Spawn(spec Spec) *actor.PID {
	name := spec.Kind + "/" + spec.ID
	if pid := h.children[name]; pid != nil {
		return pid
	}
	if h.children == nil {
		h.children = map[string]*actor.PID{}
	}
	h.children[name] = h.system.spawnHosted(spec, h.c.PID())
	h.order = append(h.order, hostedChild{spec.Kind, h.children[name]})
	return h.children[name]
}

// Stop ends a child.
func (h hosted) Stop(child *actor.PID) { h.system.engine.Poison(child) }

// StopWithin ends a child.
func (h hosted) StopWithin(child *actor.PID, _ time.Duration) { h.Stop(child) }

// End ends the actor itself.
func (h hosted) End() { h.system.engine.Poison(h.c.PID()) }

// Keep remembers a value, for as long as the incarnation lives.
func (h hosted) Keep(value any) { h.kept = value }

// Kept is what was kept last.
func (h hosted) Kept() any { return h.kept }

// Retried is always false: hollywood drops the message that killed the actor.
func (h hosted) Retried() bool { return false }

// Failures is always 0: hollywood does not count them.
func (h hosted) Failures() int { return 0 }

// After sends a message to the actor itself.
func (h hosted) After(d time.Duration, msg any) {
	self := h.Self()
	time.AfterFunc(d, func() { self(msg) })
}

// To gives a way to send to another actor from outside of this one.
func (h hosted) To(pid *actor.PID) func(any) {
	engine := h.system.engine
	return func(msg any) { engine.Send(pid, msg) }
}

// Self gives a way to send to the actor from outside of it.
func (h hosted) Self() func(any) {
	engine, pid := h.system.engine, h.c.PID()
	return func(msg any) { engine.Send(pid, msg) }
}

// Now is the wall clock.
func (h hosted) Now() time.Time { return time.Now() }
