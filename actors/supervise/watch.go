package supervise

import (
	"cmp"
	"slices"
	"time"
)

// Limits of the watch: how often it looks while a worker is busy; when a worker counts as late, so that a spare one takes over its
// queue; and how many workers that do not return are replaced.
const (
	watchEvery = 50 * time.Millisecond
	lateAfter  = 250 * time.Millisecond
	maxHung    = 64
	// pausedAfter is a delay of the watch itself that means that the whole process was stopped.
	pausedAfter = 10 * watchEvery
)

// late is a worker that has not returned from an actor.
type late struct {
	cell  *cell
	since time.Time
	taken bool // the cell was taken away; the goroutine leaks until it returns
	drill bool
}

// Late is an actor that takes long over a message.
type Late struct {
	Kind, ID string
	For      time.Duration
	// Replaced says that a new incarnation has taken its place.
	Replaced bool
}

// keepWatch looks for actors that hang while any worker is busy.
func (x *executor) keepWatch() {
	defer close(x.unwatched)
	for {
		select {
		case <-x.watch:
		case <-x.over:
			return
		}
		for x.look(time.Now()) {
			select {
			case <-time.After(watchEvery):
			case <-x.over:
				return
			}
		}
	}
}

// look compares what each worker is doing with what it was doing before, and replaces those that hang. It reports false when all
// workers are idle.
func (x *executor) look(now time.Time) bool {
	hung, working := x.findHung(now)
	for _, h := range hung {
		if h.cell.takeOver(now.Sub(h.since), h.drill) {
			x.submit(h.cell)
		}
	}
	return working
}

func (x *executor) findHung(now time.Time) (hung []late, working bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if gap := now.Sub(x.looked); gap > pausedAfter { // the process stood still, not the actors alone
		for _, w := range x.workers {
			w.since = w.since.Add(gap)
		}
	}
	x.looked = now
	x.watching = (x.idle < len(x.workers) || x.head < len(x.ready)) && !x.stopped
	for _, w := range slices.Clone(x.workers) {
		c := w.cell.Load()
		if c == nil {
			w.lease = nil
			continue
		}
		if phase := c.phase.Load(); c.lease != w.lease || phase != w.phase {
			w.lease, w.phase, w.since = c.lease, phase, now
		} else if l := x.judge(w, c, now.Sub(w.since)); l.taken {
			hung = append(hung, l)
		}
	}
	return hung, x.watching
}

// judge replaces a worker that has been busy with one message for too long.
func (x *executor) judge(w *worker, c *cell, took time.Duration) (l late) {
	state := w.phase % phases
	limit, becomes := lateAfter, uint64(spared)
	if c.spec.Deadline > 0 {
		limit, becomes = c.spec.Deadline, taken
	}
	if state == idle || took < limit || len(x.late) >= maxHung {
		return l
	}
	if !c.phase.CompareAndSwap(w.phase, w.phase-state+becomes) {
		return l // it has returned
	}
	l = late{cell: c, since: w.since, taken: becomes == taken, drill: state == stalled}
	x.late[w] = l
	x.ready = append(x.ready, w.taken[w.at+1:]...)
	x.workers = slices.DeleteFunc(x.workers, func(o *worker) bool { return o == w })
	x.hire()
	x.running.Done() // after hire: a count of zero in between would end the wait in stop
	return l
}

// leave is called by a worker that was replaced and has returned.
func (x *executor) leave(w *worker) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.late, w)
}

// Late are the actors that take long over a message, the latest first.
func (s *System) Late() []Late {
	s.exec.mu.Lock()
	defer s.exec.mu.Unlock()
	out := make([]Late, 0, len(s.exec.late))
	for _, l := range s.exec.late {
		out = append(out, Late{Kind: l.cell.spec.Kind, ID: l.cell.spec.ID, For: time.Since(l.since), Replaced: l.taken})
	}
	slices.SortFunc(out, func(a, b Late) int { return cmp.Compare(b.For, a.For) })
	return out
}
