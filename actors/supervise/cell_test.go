package supervise_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
)

// journal is what the actors under test did, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// fragile notes its messages and dies of those that say so.
type fragile struct {
	j    *journal
	name string
	dies func(msg any, failures int) bool
}

func (f *fragile) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		f.j.add("%s started, kept %v", f.name, c.Kept())
	case actor.Stopped:
		f.j.add("%s stopped", f.name)
	default:
		if f.dies != nil && f.dies(msg, c.Failures()) {
			panic("of " + fmt.Sprint(msg))
		}
		c.Keep(msg)
		f.j.add("%s took %v after %d", f.name, msg, c.Failures())
	}
}

func mustSystem(t *testing.T, cfg supervise.Config) *supervise.System {
	t.Helper()
	s, err := supervise.NewSystem(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustStop(t *testing.T, s *supervise.System) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, j *journal, lines ...string) {
	t.Helper()
	if got := j.all(); !slices.Equal(got, lines) {
		t.Errorf("got\n%q\nwant\n%q", got, lines)
	}
}

func TestCell_NextIncarnationGetsTheMessageInFlightFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 2})
		pid := s.Spawn(supervise.Spec{Kind: "car", ID: "1", Producer: func() supervise.Actor {
			return &fragile{j: j, name: "car", dies: func(msg any, failures int) bool { return msg == 2 && failures == 0 }}
		}})
		for i := 1; i <= 3; i++ {
			s.Send(pid, i)
		}
		synctest.Wait()
		mustStop(t, s)
		want(t, j, "car started, kept <nil>", "car took 1 after 0", "car started, kept 1", "car took 2 after 1",
			"car took 3 after 0", "car stopped")
	})
}

// parent notes what becomes of its child.
type parent struct {
	j     *journal
	child supervise.Spec
}

func (p *parent) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		pid := c.Spawn(p.child)
		if again := c.Spawn(p.child); again != pid {
			panic("the same child has another PID")
		}
	case supervise.Failed:
		p.j.add("child failed on %v: %v, given up %v", msg.Message, msg.Reason, msg.GivenUp)
	case supervise.ChildStopped:
		p.j.add("child stopped")
	case int:
		c.Send(actor.NewPID("local", "p/p/"+p.child.Kind+"/"+p.child.ID), msg)
	}
}

func TestCell_MessageThatKillsTooOftenIsSetAsideAndReportedToTheParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 2})
		child := supervise.Spec{Kind: "car", ID: "1", Attempts: 2, Producer: func() supervise.Actor {
			return &fragile{j: j, name: "car", dies: func(msg any, _ int) bool { return msg == 13 }}
		}}
		pid := s.Spawn(supervise.Spec{Kind: "p", ID: "p", Producer: func() supervise.Actor { return &parent{j, child} }})
		synctest.Wait()
		s.Send(pid, 13)
		s.Send(pid, 7)
		synctest.Wait()
		mustStop(t, s)
		got := j.all()
		for _, line := range []string{"car took 7 after 0", "child failed on 13: of 13, given up false"} {
			if !slices.Contains(got, line) {
				t.Errorf("%q is missing in %q", line, got)
			}
		}
		if n := s.Counts()[0]; n.Kind != "car" || n.Restarts != 2 || n.SetAside != 1 {
			t.Errorf("counts are %+v", n)
		}
	})
}

func TestCell_TooManyRestartsInThePeriodGiveTheActorUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 1})
		child := supervise.Spec{
			Kind: "io", ID: "1", Attempts: 1, Restarts: 2, Within: time.Minute,
			Producer: func() supervise.Actor {
				return &fragile{j: j, name: "io", dies: func(msg any, _ int) bool { return msg.(int) > 0 }}
			},
		}
		pid := s.Spawn(supervise.Spec{Kind: "p", ID: "p", Producer: func() supervise.Actor { return &parent{j, child} }})
		synctest.Wait()
		for i := range 2 {
			s.Send(pid, i+1)
			synctest.Wait()
		}
		time.Sleep(2 * time.Minute) // the clock of the bubble: the first two deaths are forgotten
		for i := range 3 {
			s.Send(pid, i+3)
			synctest.Wait()
		}
		mustStop(t, s)
		got := j.all()
		for _, line := range []string{"child failed on 5: it died of bugs 3 times within 1m0s, the last time of: of 5, given up true", "child stopped"} {
			if !slices.Contains(got, line) {
				t.Errorf("%q is missing in %q", line, got)
			}
		}
		if slices.Contains(got, "child failed on 3: of 3, given up true") {
			t.Error("given up although the period had passed")
		}
	})
}

func TestCell_DeathByADrillIsNoFailedAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		strikes := 0
		s := mustSystem(t, supervise.Config{Workers: 1, Fault: func(at supervise.Strike) time.Duration {
			if at.Message == 1 && strikes < 10 {
				strikes++
				panic(supervise.Killed{By: "drill"})
			}
			return 0
		}})
		pid := s.Spawn(supervise.Spec{Kind: "car", ID: "1", Attempts: 2, Producer: func() supervise.Actor {
			return &fragile{j: j, name: "car"}
		}})
		s.Send(pid, 1)
		synctest.Wait()
		mustStop(t, s)
		if got := j.all(); !slices.Contains(got, "car took 1 after 0") {
			t.Errorf("the message is lost: %q", got)
		}
		if n := s.Counts()[0]; n.Restarts != 10 || n.SetAside != 0 {
			t.Errorf("counts are %+v", n)
		}
	})
}

func TestSystem_StopsChildrenBeforeParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 2})
		leaf := supervise.Spec{Kind: "leaf", ID: "1", Producer: func() supervise.Actor { return &fragile{j: j, name: "leaf"} }}
		s.Spawn(supervise.Spec{Kind: "p", ID: "p", Producer: func() supervise.Actor {
			return &tree{fragile{j: j, name: "root"}, leaf}
		}})
		synctest.Wait()
		mustStop(t, s)
		got := j.all()
		if !slices.Equal(got[len(got)-2:], []string{"leaf stopped", "root stopped"}) {
			t.Errorf("got %q", got)
		}
	})
}

type tree struct {
	fragile
	leaf supervise.Spec
}

func (p *tree) Receive(c supervise.Context) {
	if _, ok := c.Message().(actor.Started); ok {
		c.Spawn(p.leaf)
	}
	p.fragile.Receive(c)
}

func TestCell_EachMessageIsHandledOnceInOrderUnderLoad(t *testing.T) {
	s := mustSystem(t, supervise.Config{Workers: 4})
	const actors, messages = 200, 500
	var done sync.WaitGroup
	pids := make([]*actor.PID, actors)
	for i := range actors {
		done.Add(1)
		next := 0
		pids[i] = s.Spawn(supervise.Spec{Kind: "n", ID: fmt.Sprint(i), Producer: func() supervise.Actor {
			return receive(func(c supervise.Context) {
				n, ok := c.Message().(int)
				if !ok {
					return
				}
				if n != next {
					t.Errorf("actor %d got %d, expected %d", i, n, next)
				}
				if next++; next == messages {
					done.Done()
				}
			})
		}})
	}
	for n := range messages {
		for _, pid := range pids {
			s.Send(pid, n)
		}
	}
	done.Wait()
	mustStop(t, s)
}

type receive func(supervise.Context)

func (r receive) Receive(c supervise.Context) { r(c) }

func BenchmarkTickRound(b *testing.B) {
	for _, n := range []int{20, 1000, 10_000} {
		b.Run(fmt.Sprintf("actors=%d", n), func(b *testing.B) {
			s, err := supervise.NewSystem(supervise.Config{})
			if err != nil {
				b.Fatal(err)
			}
			round := make(chan struct{})
			answers := 0
			hub := s.Spawn(supervise.Spec{Kind: "hub", ID: "h", Producer: func() supervise.Actor {
				return receive(func(c supervise.Context) {
					if _, ok := c.Message().(int); ok {
						if answers++; answers%n == 0 {
							round <- struct{}{}
						}
					}
				})
			}})
			pids := make([]*actor.PID, n)
			for i := range pids {
				pids[i] = s.Spawn(supervise.Spec{Kind: "car", ID: fmt.Sprint(i), Producer: func() supervise.Actor {
					return receive(func(c supervise.Context) {
						if _, ok := c.Message().(*int); ok {
							c.Send(hub, 1)
						}
					})
				}})
			}
			tick := new(int)
			b.ResetTimer()
			for b.Loop() {
				for _, pid := range pids {
					s.Send(pid, tick)
				}
				<-round
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/actor")
		})
	}
}

func TestBroadcast_ReachesEveryChildOfTheKindOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 1})
		child := func(kind string, i int) supervise.Spec {
			return supervise.Spec{Kind: kind, ID: fmt.Sprint(i), Producer: func() supervise.Actor {
				return &fragile{j: j, name: fmt.Sprint(kind, i)}
			}}
		}
		pid := s.Spawn(supervise.Spec{Kind: "race", ID: "1", Producer: func() supervise.Actor { return caller{child} }})
		synctest.Wait()
		s.Send(pid, "go")
		synctest.Wait()
		var took []string
		for _, line := range j.all() {
			if strings.Contains(line, "took") {
				took = append(took, line)
			}
		}
		var expected []string
		for i := range 200 {
			expected = append(expected, fmt.Sprintf("car%d took go after 0", i))
		}
		if !slices.Equal(took, expected) {
			t.Errorf("%d messages arrived: %q", len(took), took)
		}
		mustStop(t, s)
	})
}

// caller has cars and lines for children, and passes its messages on to the cars.
type caller struct {
	child func(kind string, i int) supervise.Spec
}

func (a caller) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		for i := range 200 {
			c.Spawn(a.child("car", i))
			c.Spawn(a.child("line", i))
		}
	case string:
		c.Broadcast("car", msg)
	}
}
