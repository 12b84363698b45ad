package supervise

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// life is what a cell knows of its incarnations' deaths.
type life struct {
	diedAt time.Time // the death that the next incarnation makes good; zero: none
	reason any
	stack  []byte
	// failedStarts in a row; deaths within the intensity's period; streak of deaths, for the back-off, up to the last one.
	failedStarts int
	deaths       []time.Time
	streak       int
	last         time.Time
}

// work starts an incarnation where one is due and hands it the message in hand, until it survives that or it is set aside.
// It reports false while the cell rests.
func (c *cell) work() bool {
	if c.resting {
		c.rested()
	}
	for {
		switch {
		case c.starting:
			c.start()
		case c.hand.held:
			c.handle()
		default:
			return true
		}
		if c.resting {
			return false
		}
	}
}

// attempt lets the incarnation handle the current message; a panic is its end and comes back as the reason.
func (c *cell) attempt() (reason any, stack []byte) {
	defer func() {
		if v := recover(); v != nil {
			reason, stack = v, debug.Stack()
		}
	}()
	if c.actor == nil {
		c.actor = c.spec.Producer()
	}
	if c.system.meddle != nil {
		switch c.system.meddle(c.chance(BeforeReceive)) {
		case Lose:
			return nil, nil
		case Later:
			c.enqueue(c.current.Msg, c.current.Sender)
			return nil, nil
		case Double:
			c.actor.Receive(turn{c})
		case Pass:
		}
	}
	c.strike(BeforeReceive)
	c.actor.Receive(turn{c})
	c.strike(AfterReceive)
	return nil, nil
}

func (c *cell) strike(when When) {
	if c.system.fault != nil {
		c.system.fault(c.chance(when))
	}
}

func (c *cell) chance(when When) Strike {
	return Strike{
		Kind: c.spec.Kind, ID: c.spec.ID, PID: c.pid, Message: c.current.Msg, When: when, Retried: c.hand.retried,
	}
}

// start gives a new incarnation its first message.
func (c *cell) start() {
	c.current = actor.Envelope{Msg: actor.Started{}}
	reason, stack := c.attempt()
	c.current = actor.Envelope{}
	if reason == nil {
		c.starting, c.life.failedStarts = false, 0
		if !c.life.diedAt.IsZero() {
			c.system.tell(Restarted{
				PID: c.pid, Kind: c.spec.Kind, Reason: c.life.reason, Stack: c.life.stack, Took: time.Since(c.life.diedAt),
			})
			c.life.diedAt, c.life.reason, c.life.stack = time.Time{}, nil, nil
		}
		return
	}
	if !drilled(reason) {
		c.life.failedStarts++
	}
	if c.life.failedStarts >= c.spec.Attempts {
		c.counter.restarts.Add(1)
		c.giveUp(reason)
		return
	}
	c.die(reason, stack)
}

// handle gives the message in hand to the incarnation.
func (c *cell) handle() {
	c.current = c.hand.Envelope
	reason, stack := c.attempt()
	c.current = actor.Envelope{}
	if reason == nil {
		c.hand = hand{}
		if c.ending {
			c.endItself()
		}
		return
	}
	c.hand.retried = true
	if !drilled(reason) {
		c.hand.failures++
	}
	if !c.die(reason, stack) {
		return
	}
	if Sabotaged("retry") {
		c.hand = hand{}
	}
	if c.hand.failures >= c.spec.Attempts {
		c.setAside(reason)
	}
}

// drilled says that an incarnation was killed in a drill: that is no failed attempt.
func drilled(reason any) bool {
	_, drill := reason.(Killed)
	return drill
}

// die notes the end of an incarnation. It reports false where the actor does not come back.
func (c *cell) die(reason any, stack []byte) bool {
	now := time.Now()
	c.note(reason, now)
	c.actor, c.ending = nil, false
	if c.life.diedAt.IsZero() {
		c.life.diedAt = now
	}
	c.life.reason, c.life.stack = reason, stack
	if c.spec.Lifetime == Temporary || !drilled(reason) && c.tooOften(now) {
		c.giveUp(reason)
		return false
	}
	c.starting = true
	if !drilled(reason) {
		c.rest(now)
	}
	if c.parent != nil && c.parent.spec.Strategy == RestForOne {
		c.parent.enqueue(died{c}, nil)
	}
	return true
}

// note counts a restart and remembers why.
func (c *cell) note(reason any, now time.Time) {
	c.counter.restarts.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record.restarts++
	c.record.lastError, c.record.lastAt = fmt.Sprint(reason), now
}

// newIncarnation replaces one that lives.
func (c *cell) newIncarnation() {
	c.note("renewed after a death before it", time.Now())
	c.actor, c.starting = nil, true
}

// tooOften notes a death and compares with the intensity.
func (c *cell) tooOften(now time.Time) bool {
	if c.spec.Restarts <= 0 {
		return false
	}
	l := &c.life
	l.deaths = append(l.deaths, now)
	for len(l.deaths) > 0 && now.Sub(l.deaths[0]) > c.spec.Within {
		l.deaths = l.deaths[1:]
	}
	return len(l.deaths) > c.spec.Restarts
}

// rest lets the cell wait before its next incarnation: twice as long with each death in a row, up to a cap. No worker
// waits with it.
func (c *cell) rest(now time.Time) {
	if c.spec.Backoff <= 0 {
		return
	}
	most := max(c.spec.Backoff, c.spec.BackoffMax)
	if now.Sub(c.life.last) > 2*most {
		c.life.streak = 0
	}
	pause := most
	if shift := min(c.life.streak, 30); c.spec.Backoff < most>>shift {
		pause = c.spec.Backoff << shift
	}
	c.life.last = now.Add(pause)
	c.life.streak++
	c.resting = true
	c.mu.Lock()
	c.record.resting = true
	c.mu.Unlock()
	time.AfterFunc(pause, func() { c.system.exec.submit(c) })
}

func (c *cell) rested() {
	c.resting = false
	c.mu.Lock()
	c.record.resting = false
	c.mu.Unlock()
}

// renewAfter gives new incarnations to the children that were started after one that died.
func (c *cell) renewAfter(child *cell) {
	younger := false
	for _, other := range c.children {
		if younger {
			other.enqueue(renew{}, nil)
		}
		younger = younger || other == child
	}
}
