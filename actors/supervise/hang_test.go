package supervise_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
)

// hang lets a sleeper hang until its channel is closed.
type hang struct{ until chan struct{} }

// sleeper hangs on command, in its first incarnation or in all of them, and reports that afterwards.
type sleeper struct {
	j      *journal
	always bool
	ear    *actor.PID
}

func (a *sleeper) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case hang:
		if c.Failures() == 0 || a.always {
			<-msg.until
			a.j.add("a ghost speaks")
			c.Keep("a ghost's memory")
			c.Send(a.ear, "from a ghost")
			return
		}
		a.j.add("hang taken, kept %v", c.Kept())
	case string:
		a.j.add("took %s", msg)
		c.Keep(msg)
	}
}

func TestHang_ActorBeyondItsDeadlineIsReplacedAndItsCallsHaveNoEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, ear := &journal{}, &journal{}
		s := mustSystem(t, supervise.Config{Workers: 1})
		listener := s.Spawn(supervise.Spec{Kind: "ear", ID: "1", Producer: func() supervise.Actor { return &mortal{j: ear, name: "ear"} }})
		pid := s.Spawn(supervise.Spec{Kind: "car", ID: "1", Deadline: time.Second, Producer: func() supervise.Actor {
			return &sleeper{j: j, ear: listener}
		}})
		release := make(chan struct{})
		for _, msg := range []any{"one", hang{release}, "two"} {
			s.Send(pid, msg)
		}
		time.Sleep(900 * time.Millisecond)
		if got := j.all(); !slices.Equal(got, []string{"took one"}) {
			t.Fatalf("before its deadline: %q", got)
		}
		time.Sleep(300 * time.Millisecond)
		want := []string{"took one", "hang taken, kept one", "took two"}
		if got := j.all(); !slices.Equal(got, want) {
			t.Fatalf("after its deadline: %q, expected %q", got, want)
		}
		if late := s.Late(); len(late) != 1 || !late[0].Replaced || late[0].Kind != "car" {
			t.Errorf("late: %+v, expected the car, replaced", late)
		}
		close(release)
		synctest.Wait()
		s.Send(pid, "three")
		synctest.Wait()
		if got := append(want, "a ghost speaks", "took three"); !slices.Equal(j.all(), got) {
			t.Errorf("%q, expected %q", j.all(), got)
		}
		for _, line := range ear.all() {
			if strings.Contains(line, "ghost") {
				t.Errorf("the ghost was heard: %q", line)
			}
		}
		if late := s.Late(); len(late) != 0 {
			t.Errorf("late after all came back: %+v", late)
		}
		if n := s.Counts(); n[0].Kind != "car" || n[0].Restarts != 1 {
			t.Errorf("counts: %+v", n)
		}
		mustStop(t, s)
	})
}

func TestHang_MessageThatAlwaysHangsIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		s := mustSystem(t, supervise.Config{Workers: 1})
		pid := s.Spawn(supervise.Spec{Kind: "car", ID: "1", Deadline: time.Second, Producer: func() supervise.Actor {
			return &sleeper{j: j, always: true}
		}})
		release := make(chan struct{})
		s.Send(pid, hang{release})
		s.Send(pid, "two")
		time.Sleep(4 * time.Second)
		if got := j.all(); !slices.Equal(got, []string{"took two"}) {
			t.Errorf("%q, expected the message after it", got)
		}
		if n := s.Counts()[0]; n.Restarts != 3 || n.SetAside != 1 {
			t.Errorf("counts: %+v", n)
		}
		close(release)
		synctest.Wait()
		mustStop(t, s)
	})
}

func TestHang_ActorWithoutADeadlineIsListedAndDelaysNoOtherActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, others := &journal{}, &journal{}
		s := mustSystem(t, supervise.Config{Workers: 1})
		pid := s.Spawn(supervise.Spec{Kind: "race", ID: "1", Producer: func() supervise.Actor { return &sleeper{j: slow} }})
		release := make(chan struct{})
		s.Send(pid, hang{release})
		s.Send(pid, "after")
		synctest.Wait()
		other := s.Spawn(supervise.Spec{Kind: "other", ID: "1", Producer: func() supervise.Actor { return &sleeper{j: others} }})
		s.Send(other, "hello")
		time.Sleep(time.Second)
		if got := others.all(); !slices.Equal(got, []string{"took hello"}) {
			t.Errorf("another actor: %q", got)
		}
		if late := s.Late(); len(late) != 1 || late[0].Kind != "race" || late[0].Replaced || late[0].For < 900*time.Millisecond {
			t.Errorf("late: %+v, expected the race", late)
		}
		close(release)
		synctest.Wait()
		if got := slow.all(); !slices.Equal(got, []string{"a ghost speaks", "took after"}) {
			t.Errorf("%q, expected the message to be handled once it came back", got)
		}
		if late, n := s.Late(), s.Counts(); len(late) != 0 || n[1].Restarts != 0 {
			t.Errorf("late %+v, counts %+v", late, n)
		}
		mustStop(t, s)
	})
}

// dying hangs in the last message of all.
type dying struct {
	j     *journal
	until chan struct{}
}

func (a *dying) Receive(c supervise.Context) {
	switch c.Message().(type) {
	case actor.Started:
		a.j.add("started")
	case actor.Stopped:
		a.j.add("stopped")
		<-a.until
	case quit:
		c.End()
	}
}

func TestHang_ActorThatHangsInStoppedIsEndedAnyway(t *testing.T) {
	for name, end := range map[string]any{"stopped": "work", "of itself": quit{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, release := &journal{}, make(chan struct{})
				s := mustSystem(t, supervise.Config{Workers: 1})
				pid := s.Spawn(supervise.Spec{
					Kind: "car", ID: "1", Lifetime: supervise.Transient, Deadline: time.Second,
					Producer: func() supervise.Actor { return &dying{j, release} },
				})
				s.Send(pid, end)
				s.Send(pid, "a message behind its end")
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				err := s.Stop(ctx)
				close(release) // its ghost goes on, and must find nothing to do
				synctest.Wait()
				if err != nil {
					t.Fatal(err)
				}
				want(t, j, "started", "stopped")
				if n := s.Counts()[0]; n.Stopped != 1 || n.Restarts != 0 {
					t.Errorf("counts: %+v", n)
				}
				mustStop(t, s) // a second time does nothing
			})
		})
	}
}
