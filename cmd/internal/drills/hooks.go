package drills

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/cmd/internal/feed"
	"lightsout/race"
)

// recentMax bounds the restarts that are kept for the spectators.
const recentMax = 100

// Hooks are where drills reach into an engine and its feed. The actors call them; without a drill they do nothing.
type Hooks struct {
	active atomic.Pointer[map[race.ID][]*liveDrill] // drills of races that run, oldest first; replaced whole, with its lists
	made   sync.Map                                 // how each race that runs was made, as *drill.Made

	mu  sync.Mutex
	ops map[race.ID]*raceOps
}

// raceOps is what happened to a race's actors since it was last shown.
type raceOps struct {
	restarts int64
	recent   []race.Restart
	dirty    bool
}

// NewHooks makes hooks without a drill.
func NewHooks() *Hooks {
	h := &Hooks{ops: map[race.ID]*raceOps{}}
	h.active.Store(&map[race.ID][]*liveDrill{})
	return h
}

// Install puts the hooks into the configuration of an engine. Its Journal must be set.
func (h *Hooks) Install(cfg *engine.Config) {
	cfg.Journal = hookedJournal{cfg.Journal, h}
	cfg.Link = func(l simulator.Link) simulator.Link { return hookedLink{l, h} }
	cfg.Fault, cfg.Intercept, cfg.Notice = h.strike, h.intercept, h.notice
}

// Transport stands between a feed and InfluxDB.
func (h *Hooks) Transport(next http.RoundTripper) http.RoundTripper {
	return feed.Away(func() bool {
		for _, of := range *h.active.Load() {
			if slices.ContainsFunc(of, func(one *liveDrill) bool { return one.injector.InfluxAway() }) {
				return true
			}
		}
		return false
	})(next)
}

// of returns the drills of a race that runs, oldest first. Only the newest may be on.
func (h *Hooks) of(id race.ID) []*liveDrill { return (*h.active.Load())[id] }

// reading is how long a spectator of a race takes to read their n-th message: as the slowest drill says.
func (h *Hooks) reading(id race.ID, n uint64, size int) (d time.Duration) {
	for _, one := range h.of(id) {
		d = max(d, one.injector.Reading(n, size))
	}
	return d
}

// madeOf is how a race that runs was made since this process has it.
func (h *Hooks) madeOf(id race.ID) *drill.Made {
	made, ok := h.made.Load(id)
	if !ok {
		made, _ = h.made.LoadOrStore(id, drill.NewMade(false))
	}
	out, _ := made.(*drill.Made)
	return out
}

// newest returns the newest drill of a race that runs, or nil.
func (h *Hooks) newest(id race.ID) *liveDrill {
	of := h.of(id)
	if len(of) == 0 {
		return nil
	}
	return of[len(of)-1]
}

// activate replaces the drills of a race that runs.
func (h *Hooks) activate(id race.ID, of []*liveDrill) {
	next := maps.Clone(*h.active.Load())
	if len(of) == 0 {
		delete(next, id)
	} else {
		next[id] = of
	}
	h.active.Store(&next)
}

// raceOfPID is the race of an actor, whose path is ROOT/1/KIND/RACE/…; empty for the roots.
func raceOfPID(path string) race.ID {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 4 {
		return ""
	}
	return race.ID(parts[3])
}

// strike asks the active drills.
func (h *Hooks) strike(at supervise.Strike) (stall time.Duration) {
	active := *h.active.Load()
	if len(active) == 0 {
		return 0
	}
	id := raceOfPID(at.PID.ID)
	if id == "" { // a root serves all races: a drill strikes it at messages about its own
		id = aboutRace(at.Message)
	}
	if at.Kind == "feed" { // its messages are about all races
		for _, of := range active {
			stall = max(stall, strike(of, at))
		}
		return stall
	}
	return strike(active[id], at)
}

// strike asks the drills of a race, oldest first: those that are over only measure, until they have their early verdict.
func strike(of []*liveDrill, at supervise.Strike) (stall time.Duration) {
	for _, one := range of {
		if !one.settled.Load() {
			stall = max(stall, one.injector.Strike(at))
		}
	}
	return stall
}

// aboutRace is the race that a root's message is about; empty if it is about none.
func aboutRace(msg any) race.ID {
	switch msg := msg.(type) {
	case processor.Submit:
		return msg.Batch.Race
	case processor.Ingest:
		return msg.ID
	case simulator.RaceOver:
		return msg.ID
	case simulator.CommandRace:
		return msg.ID
	}
	return ""
}

func (h *Hooks) intercept(at supervise.Strike) supervise.Action {
	active := *h.active.Load()
	if len(active) == 0 {
		return supervise.Pass
	}
	if one := h.newest(raceOfPID(at.PID.ID)); one != nil {
		return one.injector.Intercept(at)
	}
	return supervise.Pass
}

// notice takes the facts of supervision.
func (h *Hooks) notice(event any) {
	var path string
	var restart *race.Restart
	switch e := event.(type) {
	case supervise.Restarted:
		path = e.PID.ID
		restart = &race.Restart{Kind: e.Kind, Car: race.NoCar, Reason: fmt.Sprint(e.Reason), TookUS: e.Took.Microseconds()}
		if n, err := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:]); e.Kind == "car" && err == nil {
			restart.Car = race.CarIdx(n)
		}
	case supervise.SetAside:
		path = e.PID.ID
	case supervise.GivenUp:
		path = e.PID.ID
	}
	id := raceOfPID(path)
	for of := range *h.active.Load() {
		if one := h.newest(of); one != nil && (id == of || id == "") { // a root serves all races
			one.note(event)
		}
	}
	if restart == nil || id == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.opsOf(id)
	o.restarts++
	o.recent = append(o.recent, *restart)
	if len(o.recent) > recentMax {
		o.recent = o.recent[len(o.recent)-recentMax:]
	}
	o.dirty = true
}

// opsOf is called with the lock held.
func (h *Hooks) opsOf(id race.ID) *raceOps {
	o := h.ops[id]
	if o == nil {
		o = &raceOps{}
		h.ops[id] = o
	}
	return o
}

// touch has a race's operations shown again.
func (h *Hooks) touch(id race.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opsOf(id).dirty = true
}

// forget forgets a race that was deleted.
func (h *Hooks) forget(id race.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.ops, id)
	h.made.Delete(id)
}

// hookedJournal and hookedLink let a drill close the gates of its race.
type (
	hookedJournal struct {
		processor.Journal
		h *Hooks
	}
	hookedLink struct {
		simulator.Link
		h *Hooks
	}
)

// of is the journal of a race. All calls for a race take the same gates, those of drills that are over as well, so that they do not overtake
// each other.
func (j hookedJournal) of(id race.ID) processor.Journal {
	out := j.Journal
	for _, one := range j.h.of(id) {
		out = one.injector.Journal(out)
	}
	return out
}

// Append is part of processor.Journal.
func (j hookedJournal) Append(b *race.Batch, ready func(error)) {
	noted := ready
	if of := j.h.of(b.Race); len(of) > 0 {
		called := time.Now()
		noted = func(err error) {
			if err == nil {
				of[0].in.committed(b)
				for _, one := range of {
					one.committed(b, called)
				}
			}
			ready(err)
		}
	}
	j.of(b.Race).Append(b, noted)
}

// AppendFacts is part of processor.Journal.
func (j hookedJournal) AppendFacts(id race.ID, facts []race.Facts) {
	j.of(id).AppendFacts(id, facts)
}

// Load is part of processor.Journal.
func (j hookedJournal) Load(id race.ID, ready func(race.Position, error)) { j.of(id).Load(id, ready) }

// Read is part of processor.Journal.
func (j hookedJournal) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	j.of(id).Read(id, after, limit, ready)
}

// Submit is part of simulator.Link.
func (l hookedLink) Submit(b *race.Batch, ack func(race.Ack)) {
	l.h.madeOf(b.Race).Note(b)
	out := l.Link
	for _, one := range l.h.of(b.Race) {
		out = one.injector.Link(out)
	}
	out.Submit(b, ack)
}
