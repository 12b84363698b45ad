package supervise

import "sync"

// executor runs cells that have messages on a few workers. A cell is in it at most once, so it is run by one worker
// at a time; workers take several at once, so that thousands of ready cells cost few locks.
type executor struct {
	mu      sync.Mutex
	wake    *sync.Cond
	ready   []*cell
	head    int
	idle    int
	stopped bool
	workers sync.WaitGroup
}

// takeMax bounds how many cells a worker takes at once, so that the others find some too.
const takeMax = 32

func newExecutor(workers int) *executor {
	x := &executor{}
	x.wake = sync.NewCond(&x.mu)
	for range workers {
		x.workers.Go(x.work)
	}
	return x
}

func (x *executor) submit(c *cell) {
	x.mu.Lock()
	x.ready = append(x.ready, c)
	wake := x.idle > 0
	x.mu.Unlock()
	if wake {
		x.wake.Signal()
	}
}

func (x *executor) work() {
	var taken []*cell
	for {
		if taken = x.take(taken[:0]); len(taken) == 0 {
			return
		}
		for i, c := range taken {
			c.run()
			taken[i] = nil
		}
	}
}

// take waits for ready cells; none means that the executor has stopped.
func (x *executor) take(into []*cell) []*cell {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.head == len(x.ready) {
		if x.stopped {
			return nil
		}
		x.ready, x.head = x.ready[:0], 0
		x.idle++
		x.wake.Wait()
		x.idle--
	}
	n := min(takeMax, (len(x.ready)-x.head+1)/2)
	into = append(into, x.ready[x.head:x.head+n]...)
	clear(x.ready[x.head : x.head+n])
	x.head += n
	return into
}

// stop lets the workers end once nothing is ready.
func (x *executor) stop() {
	x.mu.Lock()
	x.stopped = true
	x.mu.Unlock()
	x.wake.Broadcast()
	x.workers.Wait()
}
