package main

import (
	"fmt"
	"sync"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
)

var (
	_ processor.Spectators = (*watcher)(nil)
	_ simulator.Observer   = (*watcher)(nil)
)

// watcher follows one race in this process: the only spectator of a race without a server.
type watcher struct {
	mu      sync.Mutex
	head    race.Race
	entries []race.Entry
	board   race.Board
	now     race.Micros
	ended   bool
	failure error
	// over is closed when the race has ended and its result was shown, or it has failed.
	over chan struct{}
	once sync.Once
}

func newWatcher() *watcher { return &watcher{over: make(chan struct{})} }

// Open takes the head of the race.
func (w *watcher) Open(head race.Race, entries []race.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.head, w.entries = head, entries
}

// Publish folds the facts.
func (w *watcher) Publish(_ race.ID, facts []race.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range facts {
		w.board.Apply(&facts[i])
		w.now = max(w.now, facts[i].Time)
	}
	w.settle()
}

func (w *watcher) settle() {
	if w.failure != nil || w.ended && w.board.Result != nil {
		w.once.Do(func() { close(w.over) })
	}
}

// Picture tells the race time.
func (w *watcher) Picture(_ race.ID, frame *race.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = max(w.now, frame.Time)
}

// RaceOver notes that all of the race is durable.
func (w *watcher) RaceOver(race.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.settle()
}

// RaceFailed ends the wait with an error.
func (w *watcher) RaceFailed(id race.ID, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = fmt.Errorf("race %s failed: %s", id, reason)
	w.settle()
}

// progress is what a person who waits wants to know.
type progress struct {
	lap, laps int
	leader    string
	now       race.Micros
}

func (w *watcher) progress() progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := progress{lap: w.board.Head.LeaderLap, laps: w.board.Head.Laps, now: w.now}
	if len(w.board.Order) > 0 && int(w.board.Order[0]) < len(w.entries) {
		p.leader = w.entries[w.board.Order[0]].Code
	}
	return p
}

// result is the classification once the race is over.
func (w *watcher) result() (race.Summary, []race.Entry, race.Classification, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return race.Summary{}, nil, race.Classification{}, w.failure
	}
	if w.board.Result == nil {
		return race.Summary{}, nil, race.Classification{}, fmt.Errorf("the race ended without a result")
	}
	return race.Summary{Race: w.head, Laps: w.board.Head.Laps}, w.entries, *w.board.Result, nil
}
