package supervise

import (
	"fmt"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// Actor handles the messages of its mailbox, one after the other. A panic ends this incarnation: the next one gets
// actor.Started, then the message in hand again.
//
// Lifecycle messages: actor.Started first in every incarnation, actor.Stopped last, Failed and Stopped of children.
type Actor interface{ Receive(c Context) }

// Producer makes an incarnation. What it closes over is shared by all of them.
type Producer func() Actor

// Context is what an actor may do while it handles a message.
type Context interface {
	Message() any
	// Sender is nil where nobody waits for an answer.
	Sender() *actor.PID
	PID() *actor.PID
	// Parent is nil for a root.
	Parent() *actor.PID
	Send(to *actor.PID, msg any)
	// Broadcast sends to all children of a kind, in the order of their start: for thousands of them, at a third of the cost.
	Broadcast(kind string, msg any)
	// Respond answers the sender; at most once for a message.
	Respond(msg any)
	// Spawn starts a child. One that an earlier incarnation started under the same kind and ID lives on and is
	// given back; an ID that is taken elsewhere is a broken invariant and panics.
	Spawn(s Spec) *actor.PID
	// Stop ends a child after what is in its mailbox; ChildStopped tells when it is gone. StopWithin gives it so long for
	// that, then drops the rest as dead letters; with 0 at once.
	Stop(child *actor.PID)
	StopWithin(child *actor.PID, d time.Duration)
	// End ends the actor itself once the message in hand is handled; a permanent one comes back.
	End()
	// Keep hands a value to the cell, which the next incarnation finds in Kept. It must be complete in itself and
	// never change afterwards.
	Keep(value any)
	Kept() any
	// Retried says that an incarnation died with the message in hand; whatever it did before may be done.
	Retried() bool
	// Failures counts the incarnations that the message in hand has killed, those that died in a drill aside.
	Failures() int
	// After sends a message to the actor itself, unless it has stopped by then.
	After(d time.Duration, msg any)
	// Self gives a way to send to the actor from outside of it, for the answers of workers. It outlives incarnations.
	Self() func(msg any)
	// To gives a way to send to another actor from outside of this one: from a callback.
	To(pid *actor.PID) func(msg any)
	// Now is the wall clock, for pacing alone.
	Now() time.Time
}

// Spec says how an actor is made and how often it may die.
type Spec struct {
	// Kind is the actor's class, for counters; ID tells it from others of its parent and kind.
	Kind, ID string
	Producer Producer
	// Attempts is how often one message may kill the actor before it is set aside; 0: 3.
	Attempts int
	// Restarts in Within, by the clock; more, and the actor is given up. 0: only Attempts counts, as is right for
	// actors that do no I/O. Drills do not count.
	Restarts int
	Within   time.Duration
	// Backoff is the pause before an incarnation that follows a death, doubled with each death in a row up to BackoffMax;
	// only the actor itself waits. 0: none, as is right for actors that do no I/O. Drills cause no pause.
	Backoff, BackoffMax time.Duration
	Lifetime            Lifetime
	// Deadline is how long one message may take: an actor that hangs longer is replaced, and whatever it still does has no
	// effect. For actors without children; 0: it is waited for, and named as late.
	Deadline time.Duration
	// Strategy for its children.
	Strategy Strategy
	// MailboxHint is how many messages are expected to wait at once; 0: 4.
	MailboxHint int
}

// Lifetime says when an actor comes back.
type Lifetime uint8

// Lifetimes, in the words of Erlang/OTP: a permanent actor always comes back, a transient one after a death but not when it
// ends itself, a temporary one never.
const (
	Permanent Lifetime = iota
	Transient
	Temporary
)

// Strategy says what the death of a child means for those that were started after it.
type Strategy uint8

// Strategies: only the child that died has a new incarnation, or those after it as well.
const (
	OneForOne Strategy = iota
	RestForOne
)

const attemptsDefault = 3

// Failed tells a parent that a message killed its child too often. The message was set aside. Where GivenUp is set
// the child is gone; otherwise it lives on without that message.
type Failed struct {
	Child   *actor.PID
	Kind    string
	ID      string
	Message any
	Reason  any
	GivenUp bool
}

// ChildStopped tells a parent that a child has ended.
type ChildStopped struct {
	Child    *actor.PID
	Kind, ID string
}

// Hung is why an incarnation was replaced that did not come back from a message in time.
type Hung struct{ For time.Duration }

// String says how long.
func (h Hung) String() string { return fmt.Sprintf("it hung for %v", h.For) }

// Killed is what a drill panics with: such a death counts as a restart, never as a failed attempt.
type Killed struct{ By string }

// String says by what.
func (k Killed) String() string { return "killed by a drill: " + k.By }

// When says where in the handling of a message a fault strikes.
type When uint8

// Places where a fault may strike.
const (
	BeforeReceive When = iota
	AfterReceive
)

// Strike is a chance for a drill to kill: it is asked before and after every message.
type Strike struct {
	Kind, ID string
	PID      *actor.PID
	Message  any
	When     When
	// Retried says that the message has killed an incarnation already.
	Retried bool
}

// Action is what a drill makes of a message, other than a death.
type Action uint8

// Actions: the message is handled as it is, lost, handled twice, or put behind all others.
const (
	Pass Action = iota
	Lose
	Double
	Later
)

// Restarted is the fact of a restart, on hollywood's event stream.
type Restarted struct {
	PID    *actor.PID
	Kind   string
	Reason any
	Stack  []byte
	// Took is from the panic to the next incarnation's readiness.
	Took time.Duration
}

// SetAside is the fact that a message was given up after it had killed too many incarnations.
type SetAside struct {
	PID     *actor.PID
	Kind    string
	Message any
	Reason  any
}
