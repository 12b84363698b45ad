package supervise

import (
	"sync"
	"sync/atomic"
	"time"
)

// executor runs cells that have messages on a few workers. A cell is in it at most once, so it is run by one worker
// at a time; workers take several at once, so that thousands of ready cells cost few locks.
type executor struct {
	mu       sync.Mutex
	wake     *sync.Cond
	ready    []*cell
	head     int
	idle     int
	stopped  bool
	workers  []*worker
	late     map[*worker]late // replaced workers that have not returned
	running  sync.WaitGroup
	watching bool

	looked time.Time // by the watch
	// Signals of the watch: look, end, ended.
	watch, over, unwatched chan struct{}
}

// worker runs cells, some at a time.
type worker struct {
	cell  atomic.Pointer[cell] // that is being run
	taken []*cell
	at    int // index in taken of the cell that is being run

	// Notes of the watch: what the worker was doing when it looked, and since when.
	lease *lease
	phase uint64
	since time.Time
}

// takeMax bounds how many cells a worker takes at once, so that some are left for the others.
const takeMax = 32

func newExecutor(workers int) *executor {
	x := &executor{
		late: map[*worker]late{}, watch: make(chan struct{}, 1), over: make(chan struct{}), unwatched: make(chan struct{}),
	}
	x.wake = sync.NewCond(&x.mu)
	for range workers {
		x.hire()
	}
	go x.keepWatch()
	return x
}

// hire starts a worker. The lock is held, or not needed yet.
func (x *executor) hire() {
	w := &worker{}
	x.workers = append(x.workers, w)
	x.running.Add(1)
	go x.work(w)
}

func (x *executor) submit(c *cell) {
	x.mu.Lock()
	x.ready = append(x.ready, c)
	x.begin(1)
}

// submitAll submits several cells at once. The slice is borrowed.
func (x *executor) submitAll(all []*cell) {
	if len(all) == 0 {
		return
	}
	x.mu.Lock()
	x.ready = append(x.ready, all...)
	x.begin(len(all))
}

// begin wakes as many workers as the ready cells need, and unlocks.
func (x *executor) begin(cells int) {
	wake, watch := min(x.idle, cells), !x.watching
	x.watching = true
	x.mu.Unlock()
	for range wake {
		x.wake.Signal()
	}
	if watch {
		x.rouse()
	}
}

// rouse wakes the watch.
func (x *executor) rouse() {
	select {
	case x.watch <- struct{}{}:
	default: // it has the signal already
	}
}

func (x *executor) work(w *worker) {
	for x.take(w) {
		for w.at = 0; w.at < len(w.taken); w.at++ {
			c := w.taken[w.at]
			w.cell.Store(c)
			did := c.run()
			leaves := did == takenAway || c.back()
			w.cell.Store(nil) // before another worker may run it: the watch would confuse the two
			w.taken[w.at] = nil
			if did != takenAway {
				c.release(did)
			}
			if leaves {
				x.leave(w)
				return
			}
		}
	}
	x.running.Done()
}

// take waits for ready cells; none means that the executor has stopped.
func (x *executor) take(w *worker) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.head == len(x.ready) {
		if x.stopped {
			return false
		}
		x.ready, x.head = x.ready[:0], 0
		x.idle++
		x.wake.Wait()
		x.idle--
	}
	n := min(takeMax, (len(x.ready)-x.head+1)/2)
	w.taken = append(w.taken[:0], x.ready[x.head:x.head+n]...)
	clear(x.ready[x.head : x.head+n])
	x.head += n
	return true
}

// stop ends the workers once no cell is ready. It does not wait for workers that hang.
func (x *executor) stop() {
	x.mu.Lock()
	again := x.stopped
	x.stopped = true
	x.mu.Unlock()
	if again {
		return
	}
	x.wake.Broadcast()
	x.running.Wait()
	close(x.over)
	<-x.unwatched
}
