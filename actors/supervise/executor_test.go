package supervise

import (
	"context"
	"testing"
	"time"
)

// waits waits in its one message.
type waits struct{ in, until chan struct{} }

func (a *waits) Receive(c Context) {
	if c.Message() == "wait" {
		close(a.in)
		<-a.until
	}
}

// TestWorker_ForgetsACellBeforeAnotherWorkerMayRunIt: were it the other way round, a worker that is preempted in between would be
// taken for one that hangs in the cell with another, and what is behind it would be run twice at once.
func TestWorker_ForgetsACellBeforeAnotherWorkerMayRunIt(t *testing.T) {
	s, err := NewSystem(Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	a := &waits{make(chan struct{}), make(chan struct{})}
	pid := s.Spawn(Spec{Kind: "car", ID: "1", Producer: func() Actor { return a }})
	s.Send(pid, "wait")
	<-a.in
	s.exec.mu.Lock()
	c, w := s.roots[0], s.exec.workers[0]
	s.exec.mu.Unlock()
	c.mu.Lock() // the worker cannot give the cell on
	close(a.until)
	for until := time.Now().Add(time.Minute); w.cell.Load() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Error("the worker holds the cell until after it gave it on")
			break
		}
	}
	c.mu.Unlock()
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestCell_AllocatesNothingForAMessage(t *testing.T) {
	s, err := NewSystem(Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := s.newCell(Spec{Kind: "car", ID: "1", Producer: func() Actor { return &waits{} }}, nil)
	if n := testing.AllocsPerRun(100, func() { c.attempt() }); n != 0 {
		t.Errorf("%v allocations for each message", n)
	}
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}
