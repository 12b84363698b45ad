package engine

import (
	"fmt"
	"sync"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/race"
)

var (
	_ processor.Spectators = (*Watcher)(nil)
	_ simulator.Observer   = (*Watcher)(nil)
)

// Watcher follows one race in this process: the only spectator of a race without a server.
type Watcher struct {
	mu      sync.Mutex
	info    race.Race
	entries []race.Entry
	board   race.Board
	now     race.Micros
	ended   bool
	failure error
	over    chan struct{}
	once    sync.Once
}

// NewWatcher makes a Watcher of the race that an engine is to run.
func NewWatcher() *Watcher { return &Watcher{over: make(chan struct{})} }

// Over is closed when the race has ended and its result was shown, or it has failed.
func (w *Watcher) Over() <-chan struct{} { return w.over }

// Open takes the race's info.
func (w *Watcher) Open(info race.Race, entries []race.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.info, w.entries = info, entries
}

// Publish folds the facts.
func (w *Watcher) Publish(_ race.ID, facts []race.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range facts {
		w.board.Apply(&facts[i])
		w.now = max(w.now, facts[i].Time)
	}
	w.settle()
}

func (w *Watcher) settle() {
	if w.failure != nil || w.ended && w.board.Result != nil {
		w.once.Do(func() { close(w.over) })
	}
}

// Picture tells the race time.
func (w *Watcher) Picture(_ race.ID, frame *race.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = max(w.now, frame.Time)
}

// RaceOver notes that all of the race is durable.
func (w *Watcher) RaceOver(race.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.settle()
}

// RaceFailed ends the wait with an error.
func (w *Watcher) RaceFailed(id race.ID, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = fmt.Errorf("race %s failed: %s", id, reason)
	w.settle()
}

// Progress is how far a race has come.
type Progress struct {
	Lap, Laps int
	Leader    string
	Now       race.Micros
}

// Progress is how far the race has come.
func (w *Watcher) Progress() Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Progress{Lap: w.board.Session.LeaderLap, Laps: w.board.Session.Laps, Now: w.now}
	if len(w.board.Order) > 0 && int(w.board.Order[0]) < len(w.entries) {
		p.Leader = w.entries[w.board.Order[0]].Code
	}
	return p
}

// Result is the classification once the race is over.
func (w *Watcher) Result() (race.Summary, []race.Entry, race.Classification, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return race.Summary{}, nil, race.Classification{}, w.failure
	}
	if w.board.Result == nil {
		return race.Summary{}, nil, race.Classification{}, fmt.Errorf("the race ended without a result")
	}
	return race.Summary{Race: w.info, Laps: w.board.Session.Laps}, w.entries, *w.board.Result, nil
}
