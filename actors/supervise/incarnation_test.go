package supervise_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthdm/hollywood/actor"
	"pgregory.net/rapid"

	"lightsout/actors/supervise"
)

// Orders to a mortal: die of it, end by itself.
type (
	die  struct{}
	quit struct{}
)

// mortal does what its messages say and notes when it is started and stopped.
type mortal struct {
	j    *journal
	name string
}

func (m *mortal) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		m.j.add("%s started", m.name)
	case actor.Stopped:
		m.j.add("%s stopped", m.name)
	case die:
		if c.Failures() == 0 {
			panic("on command")
		}
	case quit:
		c.End()
	case string:
		m.j.add("%s took %s", m.name, msg)
	}
}

// mortalParent is a parent whose children are mortals; it notes what becomes of them.
type mortalParent struct {
	j        *journal
	children []supervise.Spec
}

// order is passed on to a child by its place.
type order struct {
	child int
	msg   any
}

func (f *mortalParent) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		for _, spec := range f.children {
			c.Spawn(spec)
		}
	case order:
		pid := c.Spawn(f.children[msg.child])
		if d, drop := msg.msg.(time.Duration); drop {
			c.StopWithin(pid, d)
			return
		}
		c.Send(pid, msg.msg)
	case supervise.Failed:
		f.j.add("%s failed, given up %v", msg.ID, msg.GivenUp)
	case supervise.ChildStopped:
		f.j.add("%s is gone", msg.ID)
	}
}

func mortalSpec(j *journal, name string, change func(*supervise.Spec)) supervise.Spec {
	s := supervise.Spec{Kind: "mortal", ID: name, Producer: func() supervise.Actor { return &mortal{j: j, name: name} }}
	if change != nil {
		change(&s)
	}
	return s
}

func mustTree(t *testing.T, strategy supervise.Strategy, j *journal, children ...supervise.Spec) (*supervise.System, *actor.PID) {
	t.Helper()
	s := mustSystem(t, supervise.Config{Workers: 2})
	pid := s.Spawn(supervise.Spec{Kind: "family", ID: "1", Strategy: strategy, Producer: func() supervise.Actor {
		return &mortalParent{j, children}
	}})
	synctest.Wait()
	return s, pid
}

func TestLifetime_DecidesWhetherAnActorIsRestarted(t *testing.T) {
	for _, test := range []struct {
		lifetime  supervise.Lifetime
		order     any
		comesBack bool
	}{
		{supervise.Permanent, die{}, true}, {supervise.Permanent, quit{}, true}, {supervise.Transient, die{}, true},
		{supervise.Transient, quit{}, false}, {supervise.Temporary, die{}, false}, {supervise.Temporary, quit{}, false},
	} {
		t.Run(fmt.Sprintf("%d/%T", test.lifetime, test.order), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := &journal{}
				s, pid := mustTree(t, supervise.OneForOne, j, mortalSpec(j, "a", func(s *supervise.Spec) { s.Lifetime = test.lifetime }))
				s.Send(pid, order{0, test.order})
				synctest.Wait()
				started := strings.Count(strings.Join(j.all(), "\n"), "a started")
				if gone := slices.Contains(j.all(), "a is gone"); gone == test.comesBack || started != map[bool]int{true: 2, false: 1}[test.comesBack] {
					t.Errorf("got %q", j.all())
				}
				mustStop(t, s)
			})
		})
	}
}

func TestBackoff_DoublesUpToItsCapAndDelaysNoOtherActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		var births []time.Time
		spec := supervise.Spec{
			Kind: "io", ID: "a", Backoff: 100 * time.Millisecond, BackoffMax: 400 * time.Millisecond, Attempts: 100,
			Producer: func() supervise.Actor {
				births = append(births, time.Now())
				return receive(func(c supervise.Context) {
					if c.Message() == (die{}) && c.Failures() < 5 {
						panic("again")
					}
				})
			},
		}
		s := mustSystem(t, supervise.Config{Workers: 1}) // one worker: if one waited, all would
		pid := s.Spawn(supervise.Spec{Kind: "family", ID: "1", Producer: func() supervise.Actor {
			return &mortalParent{j, []supervise.Spec{spec, mortalSpec(j, "b", nil)}}
		}})
		synctest.Wait()
		s.Send(pid, order{0, die{}})
		s.Send(pid, order{1, "work"})
		synctest.Wait()
		if !slices.Contains(j.all(), "b took work") {
			t.Errorf("the other one waited: %q", j.all())
		}
		if tree := s.Tree(10); !tree[0].Groups[0].Nodes[0].Resting || tree[0].Groups[0].Nodes[0].LastError != "again" {
			t.Errorf("the tree does not say that it rests: %+v", tree)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		var pauses []time.Duration
		for i := 1; i < len(births); i++ {
			pauses = append(pauses, births[i].Sub(births[i-1]))
		}
		ms := time.Millisecond
		if want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 400 * ms, 400 * ms}; !slices.Equal(pauses, want) {
			t.Errorf("the pauses were %v, expected %v", pauses, want)
		}
		mustStop(t, s)
	})
}

func TestStrategy_RestForOneRestartsYoungerSiblings(t *testing.T) {
	for strategy, want := range map[supervise.Strategy][]string{
		supervise.OneForOne: {"b started"}, supervise.RestForOne: {"b started", "c started"},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := &journal{}
			s, pid := mustTree(t, strategy, j, mortalSpec(j, "a", nil), mortalSpec(j, "b", nil), mortalSpec(j, "c", nil))
			before := len(j.all())
			s.Send(pid, order{1, die{}})
			synctest.Wait()
			got := j.all()[before:]
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%v: got %q, expected %q", strategy, got, want)
			}
			mustStop(t, s)
		})
	}
}

func TestStop_DrainsTheMailboxOrDropsItAfterADeadline(t *testing.T) {
	for within, want := range map[time.Duration][]string{
		time.Hour: {"a took 1", "a took 2", "a stopped", "a is gone"}, 0: {"a stopped", "a is gone"},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := &journal{}
			hold := make(chan struct{})
			spec := supervise.Spec{Kind: "slow", ID: "a", Producer: func() supervise.Actor {
				m := &mortal{j: j, name: "a"}
				return receive(func(c supervise.Context) {
					if c.Message() == "hold" {
						<-hold
						return
					}
					m.Receive(c)
				})
			}}
			s, pid := mustTree(t, supervise.OneForOne, j, spec)
			for _, msg := range []any{"hold", "1", "2", within} {
				s.Send(pid, order{0, msg})
				synctest.Wait() // the first one is in hand, the others wait
			}
			close(hold)
			synctest.Wait()
			if got := j.all()[1:]; !slices.Equal(got, want) {
				t.Errorf("within %v: got %q, expected %q", within, got, want)
			}
			letters := int64(0)
			for _, n := range s.Counts() {
				letters += n.DeadLetters
			}
			if letters != map[bool]int64{true: 2, false: 0}[within == 0] {
				t.Errorf("within %v: %d dead letters", within, letters)
			}
			mustStop(t, s)
		})
	}
}

func TestTree_CountsAllAndShowsTheMostConspicuous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		var specs []supervise.Spec
		for i := range 50 {
			specs = append(specs, mortalSpec(j, fmt.Sprint(i), nil))
		}
		s, pid := mustTree(t, supervise.OneForOne, j, specs...)
		s.Send(pid, order{33, die{}})
		synctest.Wait()
		g := s.Tree(3)[0].Groups[0]
		if g.Kind != "mortal" || g.Count != 50 || g.Restarts != 1 || len(g.Nodes) != 3 || g.Nodes[0].ID != "33" || g.Nodes[0].LastError != "on command" {
			t.Errorf("got %+v", g)
		}
		depths := s.Depths()
		if len(depths) != 2 || depths[1].Kind != "mortal" || depths[1].Alive != 50 || depths[1].Max != 0 {
			t.Errorf("got %+v", depths)
		}
		mustStop(t, s)
	})
}

// TestSupervision_BehavesAsItsModel compares a race actors under random orders with a model of a few lines.
func TestSupervision_BehavesAsItsModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lifetimes := rapid.SliceOfN(rapid.SampledFrom([]supervise.Lifetime{supervise.Permanent, supervise.Transient, supervise.Temporary}), 1, 4).Draw(rt, "children")
		strategy := rapid.SampledFrom([]supervise.Strategy{supervise.OneForOne, supervise.RestForOne}).Draw(rt, "strategy")
		most := rapid.IntRange(0, 3).Draw(rt, "restarts")
		type step struct{ child, what int }
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{rapid.IntRange(0, len(lifetimes)-1).Draw(t, "child"), rapid.IntRange(0, 2).Draw(t, "what")}
		}), 0, 12).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			j := &journal{}
			var specs []supervise.Spec
			for i, l := range lifetimes {
				specs = append(specs, mortalSpec(j, fmt.Sprint(i), func(s *supervise.Spec) {
					s.Lifetime, s.Restarts, s.Within = l, most, time.Hour
				}))
			}
			s, pid := mustTree(t, strategy, j, specs...)
			// The model: who lives, in the order of their start; how often each was started; deaths within the period.
			starts, deaths := make([]int, len(specs)), make([]int, len(specs))
			var living []int
			for i := range specs {
				living, starts[i] = append(living, i), 1
			}
			for _, st := range steps {
				at := slices.Index(living, st.child)
				if at < 0 { // an order starts it again, as the youngest; it is given its order then
					living, at = append(living, st.child), len(living)
					starts[st.child]++
					deaths[st.child] = 0
				}
				gone := false
				l := lifetimes[st.child]
				switch st.what {
				case 0: // it dies
					deaths[st.child]++
					if gone = l == supervise.Temporary || most > 0 && deaths[st.child] > most; gone {
						break
					}
					starts[st.child]++
					if strategy == supervise.RestForOne {
						for _, younger := range living[at+1:] {
							starts[younger]++
						}
					}
				case 1: // it ends itself
					if gone = l != supervise.Permanent; !gone {
						starts[st.child]++
					}
				}
				if gone {
					living = slices.Delete(living, at, at+1)
				}
				s.Send(pid, order{st.child, []any{die{}, quit{}, "work"}[st.what]})
				synctest.Wait()
			}
			counted := make([]int, len(specs))
			for _, line := range j.all() {
				for i := range specs {
					if line == fmt.Sprintf("%d started", i) {
						counted[i]++
					}
				}
			}
			log := "\n" + strings.Join(j.all(), "\n")
			for i, n := range counted {
				if n != starts[i] {
					rt.Errorf("child %d was started %d times, expected %d:%s", i, n, starts[i], log)
				}
			}
			alive := 0
			for _, g := range s.Tree(0)[0].Groups {
				alive += g.Count
			}
			if alive != len(living) {
				rt.Errorf("%d live, expected %d:%s", alive, len(living), log)
			}
			mustStop(t, s)
		})
	})
}
