package clusterdrill

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Struck is a strike that fell.
type Struck struct {
	AtMS int64  `json:"at_ms"` // after the races had started
	What string `json:"what"`
	Of   string `json:"of"` // the process, or Kafka
	PID  int    `json:"pid"`
	// Racing is how many of the races ran then.
	Racing int `json:"racing"`
	at     time.Time
}

// strikes lets the strikes of a scenario fall, and undoes what ends.
type strikes struct {
	fleet  *fleet
	began  time.Time
	racing func() int

	mu     sync.Mutex
	fallen []Struck
	errs   []error
}

// planned is one fall of a strike.
type planned struct {
	at time.Duration
	*Strike
}

// plan lists the falls by time.
func plan(s *Scenario) (out []planned) {
	for i := range s.Strikes {
		one := &s.Strikes[i]
		for n := range one.times() {
			out = append(out, planned{one.At + time.Duration(n)*one.Every, one})
		}
	}
	slices.SortStableFunc(out, func(a, b planned) int { return int(a.at - b.at) })
	return out
}

// run lets them fall until all have and are undone.
func (x *strikes) run(ctx context.Context, s *Scenario) {
	var undoing sync.WaitGroup
	for _, p := range plan(s) {
		if sleep(ctx, time.Until(x.began.Add(p.at))) != nil {
			break
		}
		undo, err := x.strike(ctx, p.Strike)
		if err != nil {
			x.fail(fmt.Errorf("%v: %w", p.Strike, err))
		}
		if undo == nil {
			continue
		}
		undoing.Go(func() {
			waited := sleep(ctx, p.For)
			if err := undo(); err != nil && waited == nil {
				x.fail(fmt.Errorf("after %v: %w", p.Strike, err))
			}
		})
	}
	undoing.Wait()
}

func (x *strikes) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.errs = append(x.errs, err)
}

func (x *strikes) note(s *Strike, of string, pid int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	verb, _, _ := s.what()
	now := time.Now()
	x.fallen = append(x.fallen, Struck{now.Sub(x.began).Milliseconds(), verb, of, pid, x.racing(), now})
	fmt.Fprintf(x.fleet.status, "%8v  %s %s (process %d), %d races run\n", now.Sub(x.began).Round(time.Millisecond), verb, of, pid, x.racing())
}

// strike lets one fall. undo is called when it is over.
func (x *strikes) strike(ctx context.Context, s *Strike) (undo func() error, err error) {
	nothing := func() error { return nil }
	verb, role, _ := s.what()
	switch verb {
	case verbBroker:
		return x.strikeBroker(ctx, s)
	case verbAdd:
		c, err := x.fleet.add(ctx, role)
		if err == nil {
			x.note(s, c.name(), c.cmd.Process.Pid)
		}
		return nothing, err
	}
	c, err := x.fleet.next(role, s.Which)
	if err != nil {
		return nil, err
	}
	switch verb {
	case verbKill:
		pid, err := c.kill()
		if err != nil {
			return nil, err
		}
		x.note(s, c.name(), pid)
		return func() error { return x.fleet.start(c) }, nil
	case verbFreeze:
		pid, err := c.signal(syscall.SIGSTOP)
		if err != nil {
			return nil, err
		}
		x.note(s, c.name(), pid)
		return func() error { _, err := c.signal(syscall.SIGCONT); return err }, nil
	}
	x.note(s, c.name(), c.cmd.Process.Pid)
	return x.strikeLinks(ctx, c, s)
}

func (x *strikes) strikeLinks(ctx context.Context, c *child, s *Strike) (undo func() error, err error) {
	do, back := (*link).cut, (*link).mend
	if s.Slow != "" {
		do = func(l *link) error { return l.slow(s.Latency) }
		back = func(l *link) error { return l.quick(context.WithoutCancel(ctx)) }
	}
	each := func(do func(*link) error) error {
		for _, l := range c.links {
			if err := do(l); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error { return each(back) }, each(do)
}

// strikeBroker stops or freezes Kafka.
func (x *strikes) strikeBroker(ctx context.Context, s *Strike) (undo func() error, err error) {
	stop, start := x.fleet.cfg.StopKafka, x.fleet.cfg.StartKafka
	if s.Broker == brokerFreeze {
		stop, start = x.fleet.cfg.FreezeKafka, x.fleet.cfg.ThawKafka
	}
	x.note(s, "Kafka", 0)
	return func() error { return shell(context.WithoutCancel(ctx), start) }, shell(ctx, stop)
}

func shellArgs(ctx context.Context, program string, args []string) error {
	if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, args[0], err, out)
	}
	return nil
}

func shell(ctx context.Context, command string) error {
	if out, err := exec.CommandContext(ctx, "sh", "-c", command).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return nil
}
