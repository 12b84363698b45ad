package supervise

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/race/sabotage"
)

// deathRecord is what a cell remembers of the deaths of its incarnations.
type deathRecord struct {
	diedAt time.Time // the last death that no new incarnation has followed yet; zero if there is none
	reason any
	stack  []byte
	// failedStarts in a row; deaths within the intensity's period; streak of deaths in a row, for the back-off: it ends
	// when an incarnation survives a message.
	failedStarts int
	deaths       []time.Time
	streak       int
	pause        time.Duration // the current back-off
}

// outcome is how a worker's turn with a cell ended.
type outcome uint8

const (
	goOn      outcome = iota
	rests             // the cell waits for its back-off
	takenAway         // the actor hung, and another worker has the cell
)

// work starts an incarnation if one is due and gives it the message in flight, until it survives the message or the message is set
// aside.
func (c *cell) work() outcome {
	if c.resting {
		c.rested()
	}
	for {
		var ours bool
		switch {
		case c.starting:
			ours = c.start()
		case c.inFlight.held:
			ours = c.handle()
		default:
			return goOn
		}
		switch {
		case !ours:
			return takenAway
		case c.resting:
			return rests
		}
	}
}

// attempt has the incarnation handle the current message, and returns the panic that ended it as reason. ours is false if the cell
// was taken away because it took too long: the caller must not touch the cell then.
func (c *cell) attempt() (reason any, stack []byte, ours bool) {
	s := c.lease
	turn := s.begin()
	defer func() {
		if v := recover(); v != nil {
			reason, stack = v, debug.Stack()
		}
		ours = s.end(turn)
	}()
	if s.actor == nil {
		s.actor = c.spec.Producer()
	}
	if c.system.intercept != nil {
		switch c.system.intercept(c.chance(s, BeforeReceive)) {
		case Lose:
			return nil, nil, true
		case Later:
			c.enqueue(s.current.Msg, s.current.Sender)
			return nil, nil, true
		case Double:
			s.actor.Receive(&s.given)
		case Pass:
		}
	}
	if c.system.fault == nil {
		s.actor.Receive(&s.given)
		return nil, nil, true
	}
	if c.strike(s, &turn, BeforeReceive) {
		s.actor.Receive(&s.given)
		c.strike(s, &turn, AfterReceive)
	}
	return nil, nil, true
}

// strike lets a drill kill or stall the incarnation. It reports false if it stalled for so long that it was replaced.
func (c *cell) strike(s *lease, turn *uint64, when When) bool {
	pause := c.system.fault(c.chance(s, when))
	if pause <= 0 {
		return true
	}
	return s.stall(turn, pause)
}

func (c *cell) chance(s *lease, when When) Strike {
	return Strike{
		Kind: c.spec.Kind, ID: c.spec.ID, PID: c.pid, Message: s.current.Msg, When: when, Retried: s.inFlight.retried,
	}
}

// start gives a new incarnation its first message. It reports false if the cell was taken away.
func (c *cell) start() bool {
	c.current = actor.Envelope{Msg: actor.Started{}}
	reason, stack, ours := c.attempt()
	if !ours {
		return false
	}
	c.current = actor.Envelope{}
	if reason != nil {
		c.startFailed(reason, stack)
		return true
	}
	c.starting = false
	l := c.life
	if l == nil {
		return true
	}
	l.failedStarts = 0
	if !l.diedAt.IsZero() {
		c.system.notify(Restarted{PID: c.pid, Kind: c.spec.Kind, Reason: l.reason, Stack: l.stack, Took: time.Since(l.diedAt)})
		l.diedAt, l.reason, l.stack = time.Time{}, nil, nil
	}
	return true
}

// deaths is the cell's death record; it is made at the first death, which most actors never see.
func (c *cell) deaths() *deathRecord {
	if c.life == nil {
		c.life = &deathRecord{}
	}
	return c.life
}

func (c *cell) startFailed(reason any, stack []byte) {
	l := c.deaths()
	if !drilled(reason) {
		l.failedStarts++
	}
	if l.failedStarts >= c.spec.Attempts {
		c.counter.restarts.Add(1)
		c.giveUp(reason)
		return
	}
	c.die(reason, stack)
}

// handle gives the message in flight to the incarnation. It reports false if the cell was taken away.
func (c *cell) handle() bool {
	c.current = c.inFlight.Envelope
	reason, stack, ours := c.attempt()
	if !ours {
		return false
	}
	c.current = actor.Envelope{}
	if reason != nil {
		c.inFlightFailed(reason, stack)
		return true
	}
	c.inFlight = inFlight{}
	if c.life != nil {
		c.life.streak = 0
	}
	if !c.ending {
		return true
	}
	s := c.lease
	c.endItself()
	return !s.lost()
}

func (c *cell) inFlightFailed(reason any, stack []byte) {
	c.inFlight.retried = true
	if !drilled(reason) {
		c.inFlight.failures++
	}
	if !c.die(reason, stack) {
		return
	}
	if sabotage.On(sabotage.Retry) {
		c.inFlight = inFlight{}
	}
	if c.inFlight.failures >= c.spec.Attempts {
		c.setAside(reason)
	}
}

// drilled reports whether a drill killed the incarnation, which is no failed attempt.
func drilled(reason any) bool {
	_, drill := reason.(Killed)
	return drill
}

// die notes the death of an incarnation. It reports false if the actor is not restarted.
func (c *cell) die(reason any, stack []byte) bool {
	now := time.Now()
	c.note(reason, now)
	if drilled(reason) {
		c.counter.killed.Add(1)
	}
	c.actor, c.ending = nil, false
	l := c.deaths()
	if l.diedAt.IsZero() {
		l.diedAt = now
	}
	l.reason, l.stack = reason, stack
	switch {
	case c.spec.Lifetime == Temporary:
		c.giveUp(reason)
		return false
	case !drilled(reason) && c.tooOften(now):
		c.giveUp(fmt.Errorf("it died of bugs %d times within %v, the last time of: %v", len(l.deaths), c.spec.Within, reason))
		return false
	}
	c.starting = true
	if !drilled(reason) {
		c.rest()
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

// newIncarnation replaces a living incarnation.
func (c *cell) newIncarnation() {
	c.note("renewed after a death before it", time.Now())
	c.actor, c.starting = nil, true
}

// tooOften notes a death and reports whether the actor exceeds its restarts within the period.
func (c *cell) tooOften(now time.Time) bool {
	if c.spec.Restarts <= 0 {
		return false
	}
	l := c.deaths()
	l.deaths = append(l.deaths, now)
	for len(l.deaths) > 0 && now.Sub(l.deaths[0]) > c.spec.Within {
		l.deaths = l.deaths[1:]
	}
	return len(l.deaths) > c.spec.Restarts
}

// rest makes the cell wait before its next incarnation, twice as long with each death in a row, up to a cap. It occupies no worker.
func (c *cell) rest() {
	if c.spec.Backoff <= 0 {
		return
	}
	most := max(c.spec.Backoff, c.spec.BackoffMax)
	pause := most
	l := c.deaths()
	if shift := min(l.streak, 30); c.spec.Backoff < most>>shift {
		pause = c.spec.Backoff << shift
	}
	l.streak++
	c.resting, l.pause = true, pause
	c.mu.Lock()
	c.record.resting = true
	c.mu.Unlock()
}

// sleep leaves the cell to a timer. The worker must not touch it afterwards.
func (c *cell) sleep() { time.AfterFunc(c.life.pause, func() { c.system.exec.submit(c) }) }

func (c *cell) rested() {
	c.resting = false
	c.mu.Lock()
	c.record.resting = false
	c.mu.Unlock()
}

// renewAfter restarts the younger siblings of a child that died.
func (c *cell) renewAfter(child *cell) {
	younger := false
	for _, other := range c.children {
		if younger {
			other.enqueue(renew{}, nil)
		}
		younger = younger || other == child
	}
}
