package supervise

import (
	"runtime/debug"
	"sync"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// cell is an actor's place in the world: PID, mailbox, children and what it keeps, through all its incarnations.
type cell struct {
	system  *System
	spec    Spec
	pid     *actor.PID
	parent  *cell
	counter *counter
	gone    chan struct{} // closed when the cell has ended

	mu      sync.Mutex
	mailbox []actor.Envelope
	queued  bool // in the executor, or being run
	ended   bool

	// From here on only the worker that runs the cell touches it.
	batch    []actor.Envelope
	actor    Actor
	current  actor.Envelope
	failures int
	retried  bool
	kept     any
	children []*cell
	byName   map[string]*cell // children by kind/ID
	stopping bool
	died     []time.Time
}

// stop asks a cell to end; stopped tells its parent that it has.
type (
	stop    struct{}
	stopped struct{ child *cell }
)

const mailboxDefault = 4

func newCell(s *System, spec Spec, pid *actor.PID, parent *cell) *cell {
	if spec.Attempts <= 0 {
		spec.Attempts = attemptsDefault
	}
	if spec.MailboxHint <= 0 {
		spec.MailboxHint = mailboxDefault
	}
	return &cell{
		system: s, spec: spec, pid: pid, parent: parent, counter: s.counter(spec.Kind), gone: make(chan struct{}),
		mailbox: make([]actor.Envelope, 0, spec.MailboxHint), batch: make([]actor.Envelope, 0, spec.MailboxHint),
	}
}

var _ actor.Processer = (*cell)(nil)

// Start is called by hollywood's registry once the PID is known.
func (c *cell) Start() {
	c.counter.spawned.Add(1)
	c.enqueue(actor.Started{}, nil)
}

// PID is the cell's address.
func (c *cell) PID() *actor.PID { return c.pid }

// Send is called by hollywood's engine.
func (c *cell) Send(_ *actor.PID, msg any, sender *actor.PID) { c.enqueue(msg, sender) }

// Invoke is hollywood's way to hand over messages; our workers do without.
func (c *cell) Invoke(batch []actor.Envelope) {
	for _, e := range batch {
		c.enqueue(e.Msg, e.Sender)
	}
}

// Shutdown asks the cell to end.
func (c *cell) Shutdown() { c.enqueue(stop{}, nil) }

func (c *cell) enqueue(msg any, sender *actor.PID) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		c.deadLetter(actor.Envelope{Msg: msg, Sender: sender})
		return
	}
	c.mailbox = append(c.mailbox, actor.Envelope{Msg: msg, Sender: sender})
	ready := !c.queued
	c.queued = true
	c.mu.Unlock()
	if ready {
		c.system.exec.submit(c)
	}
}

// run handles what is in the mailbox now; what comes meanwhile waits for the next turn, so that all actors get theirs.
func (c *cell) run() {
	c.mu.Lock()
	c.batch, c.mailbox = c.mailbox, c.batch[:0]
	c.mu.Unlock()
	for i := range c.batch {
		c.take(c.batch[i])
		c.batch[i] = actor.Envelope{}
	}
	c.counter.messages.Add(int64(len(c.batch)))
	c.mu.Lock()
	again := len(c.mailbox) > 0
	c.queued = again
	c.mu.Unlock()
	if again {
		c.system.exec.submit(c)
	}
}

// take handles one message, system messages first.
func (c *cell) take(e actor.Envelope) {
	switch msg := e.Msg.(type) {
	case stop:
		c.beginStop()
		return
	case stopped:
		c.forget(msg.child)
		if !c.stopping {
			c.deliver(actor.Envelope{Msg: ChildStopped{Child: msg.child.pid, Kind: msg.child.spec.Kind, ID: msg.child.spec.ID}})
		}
		c.endIfAlone()
		return
	}
	if c.stopping {
		c.deadLetter(e)
		return
	}
	c.deliver(e)
}

// deliver hands a message to the actor until an incarnation survives it, or it is set aside.
func (c *cell) deliver(e actor.Envelope) {
	c.current, c.failures, c.retried = e, 0, false
	for {
		reason, stack := c.attempt()
		if reason == nil {
			break
		}
		if !c.restart(reason, stack) {
			return
		}
		c.retried = true
		if _, drill := reason.(Killed); !drill {
			c.failures++
		}
		if c.failures >= c.spec.Attempts {
			c.setAside(reason)
			break
		}
		if _, again := e.Msg.(actor.Started); again {
			break // the new incarnation was started by restart
		}
	}
	c.current = actor.Envelope{}
}

// attempt lets the incarnation handle the message in hand; a panic is its end and comes back as the reason.
func (c *cell) attempt() (reason any, stack []byte) {
	defer func() {
		if v := recover(); v != nil {
			reason, stack = v, debug.Stack()
		}
	}()
	if c.actor == nil {
		c.actor = c.spec.Producer()
	}
	c.strike(BeforeReceive)
	c.actor.Receive(turn{c})
	c.strike(AfterReceive)
	return nil, nil
}

func (c *cell) strike(when When) {
	if c.system.fault != nil {
		c.system.fault(Strike{Kind: c.spec.Kind, PID: c.pid, Message: c.current.Msg, When: when})
	}
}

// restart replaces the incarnation and starts the new one. It reports false where the actor was given up.
func (c *cell) restart(reason any, stack []byte) bool {
	began := time.Now()
	inHand := c.current
	for tries := 0; ; tries++ {
		c.counter.restarts.Add(1)
		c.actor = nil
		if tries >= c.spec.Attempts || c.tooOften(began) {
			c.current = inHand
			c.giveUp(reason)
			return false
		}
		c.current = actor.Envelope{Msg: actor.Started{}}
		again, trace := c.attempt()
		if again == nil {
			break
		}
		if _, drill := again.(Killed); drill {
			tries--
		}
		reason, stack = again, trace
	}
	c.current = inHand
	c.system.engine.BroadcastEvent(Restarted{
		PID: c.pid, Kind: c.spec.Kind, Reason: reason, Stack: stack, Took: time.Since(began),
	})
	return true
}

// tooOften notes a death and compares with the intensity.
func (c *cell) tooOften(now time.Time) bool {
	if c.spec.Restarts <= 0 {
		return false
	}
	c.died = append(c.died, now)
	for len(c.died) > 0 && now.Sub(c.died[0]) > c.spec.Within {
		c.died = c.died[1:]
	}
	return len(c.died) > c.spec.Restarts
}

func (c *cell) setAside(reason any) {
	c.counter.setAside.Add(1)
	c.system.engine.BroadcastEvent(SetAside{PID: c.pid, Kind: c.spec.Kind, Message: c.current.Msg, Reason: reason})
	c.tellParent(reason, false)
}

func (c *cell) giveUp(reason any) {
	c.tellParent(reason, true)
	c.actor = gone{}
	c.beginStop()
}

// gone stands in for an actor that was given up, while its children end.
type gone struct{}

func (gone) Receive(Context) {}

func (c *cell) tellParent(reason any, givenUp bool) {
	if c.parent != nil {
		c.parent.enqueue(Failed{
			Child: c.pid, Kind: c.spec.Kind, ID: c.spec.ID, Message: c.current.Msg, Reason: reason, GivenUp: givenUp,
		}, c.pid)
	}
}

// beginStop ends the children first, youngest first.
func (c *cell) beginStop() {
	if c.stopping {
		return
	}
	c.stopping = true
	for i := len(c.children) - 1; i >= 0; i-- {
		c.children[i].enqueue(stop{}, nil)
	}
	c.endIfAlone()
}

func (c *cell) forget(child *cell) {
	delete(c.byName, child.spec.Kind+"/"+child.spec.ID)
	for i, other := range c.children {
		if other == child {
			c.children = append(c.children[:i], c.children[i+1:]...)
			return
		}
	}
}

// endIfAlone ends a stopping cell once it has no children: what is still in the mailbox becomes dead letters.
func (c *cell) endIfAlone() {
	if !c.stopping || len(c.children) > 0 || c.actor == nil && c.isEnded() {
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
	c.current = actor.Envelope{Msg: actor.Stopped{}}
	if reason, _ := c.attempt(); reason != nil {
		c.system.engine.BroadcastEvent(SetAside{PID: c.pid, Kind: c.spec.Kind, Message: actor.Stopped{}, Reason: reason})
	}
	c.actor, c.kept = gone{}, nil
	c.system.engine.Registry.Remove(c.pid)
	c.counter.stopped.Add(1)
	close(c.gone)
	if c.parent != nil {
		c.parent.enqueue(stopped{c}, nil)
	}
}

func (c *cell) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

func (c *cell) deadLetter(e actor.Envelope) {
	switch e.Msg.(type) {
	case stop, stopped:
		return
	}
	c.system.engine.BroadcastEvent(actor.DeadLetterEvent{Target: c.pid, Message: e.Msg, Sender: e.Sender})
}
