package supervise

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// cell holds what an actor has through all its incarnations: PID, mailbox, children and the kept value.
type cell struct {
	system  *System
	spec    Spec
	pid     *actor.PID
	parent  *cell
	counter *counter
	gone    chan struct{} // of a root: closed when the cell has ended
	dropped atomic.Bool   // what is in the mailbox is not handled any more

	mu       sync.Mutex
	mailbox  []actor.Envelope
	queued   bool // in the executor, being run, or resting
	ended    bool
	children []*cell // in the order of their start
	record   record
	kept     any

	*lease // only the worker that runs the cell touches it
}

// record is what the tree shows of a cell.
type record struct {
	restarts  int64
	waiting   int // of the batch that is being run
	resting   bool
	lastError string
	lastAt    time.Time
}

// inFlight is the message being handled, until an incarnation survives it or it is set aside.
type inFlight struct {
	actor.Envelope
	held     bool
	failures int
	retried  bool
}

// Messages between cells.
type (
	stop    struct{}              // to a cell: end
	stopped struct{ child *cell } // to the parent: the child has ended
	died    struct{ child *cell } // to a parent whose strategy needs it: the child died
	renew   struct{}              // to a cell: start a new incarnation
)

const mailboxDefault = 4

// broadcastAtOnce is how many cells are submitted to the workers together.
const broadcastAtOnce = 64

func newCell(s *System, spec Spec, pid *actor.PID, parent *cell) *cell {
	if spec.Attempts <= 0 {
		spec.Attempts = attemptsDefault
	}
	if spec.MailboxHint <= 0 {
		spec.MailboxHint = mailboxDefault
	}
	c := &cell{
		system: s, spec: spec, pid: pid, parent: parent, counter: s.counter(spec.Kind),
		mailbox: make([]actor.Envelope, 0, spec.MailboxHint),
		lease:   &lease{batch: make([]actor.Envelope, 0, spec.MailboxHint)},
	}
	if parent == nil {
		c.gone = make(chan struct{})
	}
	c.given = inTurn{c, c.lease}
	return c
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

// Invoke is part of hollywood's Processer; our workers do not use it.
func (c *cell) Invoke(batch []actor.Envelope) {
	for _, e := range batch {
		c.enqueue(e.Msg, e.Sender)
	}
}

// Shutdown asks the cell to end.
func (c *cell) Shutdown() { c.enqueue(stop{}, nil) }

func (c *cell) enqueue(msg any, sender *actor.PID) {
	if c.put(msg, sender) {
		c.system.exec.submit(c)
	}
}

// put adds a message to the mailbox, and reports whether the cell must be submitted to the workers.
func (c *cell) put(msg any, sender *actor.PID) bool {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		c.deadLetter(actor.Envelope{Msg: msg, Sender: sender})
		return false
	}
	c.mailbox = append(c.mailbox, actor.Envelope{Msg: msg, Sender: sender})
	ready := !c.queued
	c.queued = true
	c.mu.Unlock()
	return ready
}

// run finishes what an earlier turn left, then handles what is in the mailbox now. Messages that arrive meanwhile wait for the
// next turn, so that every actor gets one. Unless the cell was taken away, release must follow.
func (c *cell) run() outcome {
	s := c.lease
	handled := 0
	w := c.work()
	if w == goOn {
		c.refill()
		for c.at < len(c.batch) {
			e := c.batch[c.at]
			c.batch[c.at] = actor.Envelope{}
			c.at++
			handled++
			if c.take(e); s.lost() { // it hung in its end
				w = takenAway
			} else {
				w = c.work()
			}
			if w != goOn {
				break
			}
		}
	}
	c.counter.messages.Add(int64(handled))
	return w
}

// back reports whether the worker was replaced while it ran the cell and has now returned.
func (c *cell) back() bool {
	was := c.spared
	c.spared = false
	return was
}

// release gives up the cell. The worker must not touch it afterwards.
func (c *cell) release(w outcome) {
	if w == rests {
		c.sleep()
		return
	}
	c.mu.Lock()
	again := len(c.mailbox) > 0
	c.queued = again
	c.record.waiting = 0
	c.mu.Unlock()
	if again {
		c.system.exec.submit(c)
	}
}

// refill takes the next batch from the mailbox once the previous one was handled.
func (c *cell) refill() {
	if c.at < len(c.batch) {
		return
	}
	c.mu.Lock()
	c.batch, c.mailbox, c.at = c.mailbox, c.batch[:0], 0
	c.record.waiting = len(c.batch)
	c.mu.Unlock()
}

// take handles messages between cells, and puts any other in flight.
func (c *cell) take(e actor.Envelope) {
	switch msg := e.Msg.(type) {
	case stop:
		c.beginStop()
		return
	case stopped:
		c.forget(msg.child)
		if c.stopping {
			c.endIfAlone()
			return
		}
		e.Msg = ChildStopped{Child: msg.child.pid, Kind: msg.child.spec.Kind, ID: msg.child.spec.ID}
	case died:
		c.renewAfter(msg.child)
		return
	case renew:
		if !c.stopping {
			c.newIncarnation()
		}
		return
	}
	switch {
	case c.stopping, c.dropped.Load():
		c.deadLetter(e)
	default:
		if _, first := e.Msg.(actor.Started); first {
			c.starting = true
			return
		}
		c.inFlight = inFlight{Envelope: e, held: true}
	}
}

// snapshot copies what the tree shows of the cell.
func (c *cell) snapshot() (record, int, []*cell) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.record, len(c.mailbox) + c.record.waiting, append([]*cell(nil), c.children...)
}
