package supervise

import (
	"fmt"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// Actor handles the messages of its mailbox, one after the other. A panic ends this incarnation; the next one receives
// actor.Started, then the message in flight again.
//
// Lifecycle messages: actor.Started first in every incarnation, actor.Stopped last, Failed and Stopped of children.
type Actor interface{ Receive(c Context) }

// Producer makes an incarnation. All incarnations share what it closes over.
type Producer func() Actor

// Context is what an actor may do while it handles a message.
type Context interface {
	Message() any
	// Sender is nil if no answer is expected.
	Sender() *actor.PID
	PID() *actor.PID
	// Parent is nil for a root.
	Parent() *actor.PID
	Send(to *actor.PID, msg any)
	// Broadcast sends to all children of a kind, in the order of their start, at a third of the cost of single sends.
	Broadcast(kind string, msg any)
	// Respond answers the sender; at most once for a message.
	Respond(msg any)
	// Spawn starts a child. It returns the existing child if an earlier incarnation started one of the same kind and ID, and
	// panics if another actor has the ID.
	Spawn(s Spec) *actor.PID
	// Stop ends a child after it has handled its mailbox; ChildStopped follows. StopWithin gives it that long, then drops the
	// rest as dead letters; 0 drops all of it.
	Stop(child *actor.PID)
	StopWithin(child *actor.PID, d time.Duration)
	// End ends the actor itself after the message in flight; a permanent one is started again.
	End()
	// Keep stores a value in the cell; the next incarnation reads it with Kept. The value must be complete and must not
	// change afterwards.
	Keep(value any)
	Kept() any
	// Retried says that an incarnation died while it handled this message: some of its effects may have happened.
	Retried() bool
	// Failures counts the incarnations that this message has killed, without those that a drill killed.
	Failures() int
	// After sends a message to the actor itself, unless it has stopped by then.
	After(d time.Duration, msg any)
	// Self returns a function that sends to this actor from any goroutine, for the answers of workers. It outlives
	// incarnations.
	Self() func(msg any)
	// To returns a function that sends to another actor from any goroutine.
	To(pid *actor.PID) func(msg any)
	// Now is the wall clock, for pacing alone.
	Now() time.Time
}

// Spec says how an actor is made and how often it may die.
type Spec struct {
	// Kind is the actor's class, for counters; ID is unique among its siblings of that kind.
	Kind, ID string
	Producer Producer
	// Attempts is how often one message may kill the actor before the message is set aside; 0 means 3.
	Attempts int
	// Restarts bounds the restarts within a period of Within; beyond it the actor is given up, and its parent is told. 0 means no bound.
	// Deaths by a drill do not count.
	Restarts int
	Within   time.Duration
	// Backoff is the pause before the incarnation that follows a death, doubled with each death in a row up to BackoffMax;
	// only the actor itself waits. 0 means no pause, which is right for actors that do no I/O. Drills cause no pause.
	Backoff, BackoffMax time.Duration
	Lifetime            Lifetime
	// Deadline is how long one message may take. An actor that hangs longer is replaced, and what it still does has no effect.
	// It is for actors without children. 0 means that the actor is waited for, and listed as late.
	Deadline time.Duration
	// Strategy for its children.
	Strategy Strategy
	// MailboxHint is how many messages are expected to wait at once; 0 means 4.
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

// Strategy says what the death of a child means for its younger siblings.
type Strategy uint8

// Strategies restart the child that died alone, or its younger siblings as well.
const (
	OneForOne Strategy = iota
	RestForOne
)

const attemptsDefault = 3

// Failed is sent to the parent when a message has killed its child too often and was set aside. If GivenUp is set the child has
// ended; otherwise it goes on with its next message.
type Failed struct {
	Child   *actor.PID
	Kind    string
	ID      string
	Message any
	Reason  any
	GivenUp bool
}

// ChildStopped is sent to the parent when a child has ended.
type ChildStopped struct {
	Child    *actor.PID
	Kind, ID string
}

// Hung is the reason of a restart after an incarnation exceeded its deadline.
type Hung struct{ For time.Duration }

// String says how long.
func (h Hung) String() string { return fmt.Sprintf("it hung for %v", h.For) }

// Killed is the panic value of a drill: such a death counts as a restart, never as a failed attempt.
type Killed struct{ By string }

// String says by what.
func (k Killed) String() string { return "killed by a drill: " + k.By }

// When is the place in the handling of a message at which a fault strikes.
type When uint8

// Places where a fault may strike.
const (
	BeforeReceive When = iota
	AfterReceive
)

// Strike is an opportunity for a drill to kill, before and after every message.
type Strike struct {
	Kind, ID string
	PID      *actor.PID
	Message  any
	When     When
	// Retried says that the message has already killed an incarnation.
	Retried bool
}

// Action is what a drill does to a message instead of killing the actor.
type Action uint8

// Actions handle the message, lose it, handle it twice, or put it behind all others.
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

// GivenUp is the fact that an actor died of bugs more often than its specification allows, and does not come back. Root says that it has no
// parent to take care of its work.
type GivenUp struct {
	PID      *actor.PID
	Kind, ID string
	Root     bool
	Reason   string
}

// String says who was given up and why.
func (g GivenUp) String() string {
	return fmt.Sprintf("%s %s was given up: %s", g.Kind, g.ID, g.Reason)
}

// SetAside is the fact that a message was dropped after it had killed too many incarnations.
type SetAside struct {
	PID     *actor.PID
	Kind    string
	Message any
	Reason  any
}
