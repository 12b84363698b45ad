package supervise

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"
)

// Config of a System.
type Config struct {
	// Workers run the actors; 0 means one for each processor.
	Workers int
	// Fault is called before and after every message. It panics to kill the actor, or returns how long the actor hangs. It is
	// nil outside of drills.
	Fault func(Strike) (stall time.Duration)
	// Intercept is called before every message and decides what happens to it. It is nil outside of drills.
	Intercept func(Strike) Action
	// Notice is called with Restarted and SetAside, which are also on the event stream. It must not block.
	Notice func(event any)
	// Hollywood runs the actors on hollywood's own processes, without supervision. It is for benchmarks.
	Hollywood bool
}

// System runs actors.
type System struct {
	engine    *actor.Engine
	exec      *executor
	fault     func(Strike) time.Duration
	intercept func(Strike) Action
	notice    func(any)

	hollywood bool

	mu       sync.Mutex
	roots    []*cell
	hosted   []*actor.PID
	counters map[string]*counter
}

// counter counts the starts and ends of a kind of actor.
type counter struct{ spawned, stopped, restarts, killed, setAside, givenUp, deadLetters, messages atomic.Int64 }

// Counts is a reading of a kind's counter.
type Counts struct {
	Kind                                                                          string
	Spawned, Stopped, Restarts, Killed, SetAside, GivenUp, DeadLetters, Processed int64
}

// NewSystem starts the workers.
func NewSystem(cfg Config) (*System, error) {
	engine, err := actor.NewEngine(actor.NewEngineConfig())
	if err != nil {
		return nil, fmt.Errorf("start the actor engine: %w", err)
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	return &System{
		engine: engine, exec: newExecutor(cfg.Workers), fault: cfg.Fault, intercept: cfg.Intercept, notice: cfg.Notice, hollywood: cfg.Hollywood, counters: map[string]*counter{},
	}, nil
}

// Engine is hollywood's engine, for requests from outside the actors and for the event stream.
func (s *System) Engine() *actor.Engine { return s.engine }

// Spawn starts a root actor.
func (s *System) Spawn(spec Spec) *actor.PID {
	if s.hollywood {
		return s.spawnHosted(spec, nil)
	}
	c := s.newCell(spec, nil)
	s.mu.Lock()
	s.roots = append(s.roots, c)
	s.mu.Unlock()
	s.engine.SpawnProc(c)
	return c.pid
}

// notify puts a fact on the event stream.
func (s *System) notify(event any) {
	s.engine.BroadcastEvent(event)
	if s.notice != nil {
		s.notice(event)
	}
}

// Send sends from outside of the actors.
func (s *System) Send(to *actor.PID, msg any) { s.engine.Send(to, msg) }

// Stop ends the root actors in the reverse order of their start, each with its children, then the workers.
func (s *System) Stop(ctx context.Context) error {
	if err := s.stopHosted(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	roots := slices.Clone(s.roots)
	s.mu.Unlock()
	for _, c := range slices.Backward(roots) {
		c.enqueue(stop{}, nil)
		select {
		case <-c.gone:
		case <-ctx.Done():
			return fmt.Errorf("stop %s: %w", c.pid.ID, ctx.Err())
		}
	}
	s.exec.stop()
	return nil
}

// StopRoot ends one root actor with its children.
func (s *System) StopRoot(ctx context.Context, pid *actor.PID) error {
	s.mu.Lock()
	at := slices.IndexFunc(s.roots, func(c *cell) bool { return c.pid.Equals(pid) })
	if at < 0 {
		s.mu.Unlock()
		return nil
	}
	c := s.roots[at]
	s.mu.Unlock()
	c.enqueue(stop{}, nil)
	select {
	case <-c.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", pid.ID, ctx.Err())
	}
}

// Counts of every kind, by name.
func (s *System) Counts() []Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Counts, 0, len(s.counters))
	for kind, c := range s.counters {
		out = append(out, Counts{
			Kind: kind, Spawned: c.spawned.Load(), Stopped: c.stopped.Load(), Restarts: c.restarts.Load(),
			Killed: c.killed.Load(), SetAside: c.setAside.Load(), GivenUp: c.givenUp.Load(), DeadLetters: c.deadLetters.Load(), Processed: c.messages.Load(),
		})
	}
	slices.SortFunc(out, func(a, b Counts) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
	return out
}

func (s *System) counter(kind string) *counter {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counters[kind]
	if c == nil {
		c = &counter{}
		s.counters[kind] = c
	}
	return c
}

func (s *System) newCell(spec Spec, parent *cell) *cell {
	if spec.ID == "" || spec.Kind == "" || spec.Producer == nil {
		panic(fmt.Sprintf("supervise: an actor needs kind, ID and producer: got %q, %q", spec.Kind, spec.ID))
	}
	prefix := spec.Kind
	if parent != nil {
		prefix = parent.pid.ID + "/" + spec.Kind
	}
	if s.engine.Registry.GetPID(prefix, spec.ID) != nil {
		panic(fmt.Sprintf("supervise: the ID %s/%s is taken", prefix, spec.ID))
	}
	return newCell(s, spec, actor.NewPID(s.engine.Address(), prefix+"/"+spec.ID), parent)
}

// after sends a message to a cell later.
func (s *System) after(d time.Duration, c *cell, msg any) {
	time.AfterFunc(d, func() { c.enqueue(msg, nil) })
}
