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
	session race.SessionStatus
	leader  race.CarIdx
	result  *race.Classification
	now     race.Micros
	ended   bool
	failure error
	over    chan struct{}
	once    sync.Once
}

// NewWatcher makes a Watcher of the race that an engine is to run.
func NewWatcher() *Watcher { return &Watcher{leader: race.NoCar, over: make(chan struct{})} }

// Over is closed when the race has ended and its result was shown, or it has failed.
func (w *Watcher) Over() <-chan struct{} { return w.over }

// Open takes the race's info.
func (w *Watcher) Open(info race.Race, entries []race.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.info, w.entries = info, entries
}

// Publish notes progress and result. It keeps no rows: of a large field they would take as much memory as the race.
func (w *Watcher) Publish(_ race.ID, facts []race.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range facts {
		w.now = max(w.now, facts[i].Time)
		for _, fact := range facts[i].Facts {
			w.note(fact)
		}
	}
	w.settle()
}

func (w *Watcher) note(fact race.Fact) {
	switch fact := fact.(type) {
	case race.SessionStatusChanged:
		w.session = fact.Session
	case race.OrderChanged:
		if fact.From == 0 {
			w.leader = fact.Cars[0]
		}
	case race.ResultPublished:
		w.result = &fact.Classification
	default: // the tower and its history
	}
}

func (w *Watcher) settle() {
	if w.failure != nil || w.ended && w.result != nil {
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
	p := Progress{Lap: w.session.LeaderLap, Laps: w.session.Laps, Now: w.now}
	if w.leader != race.NoCar && int(w.leader) < len(w.entries) {
		p.Leader = w.entries[w.leader].Code
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
	if w.result == nil {
		return race.Summary{}, nil, race.Classification{}, fmt.Errorf("the race ended without a result")
	}
	return race.Summary{Race: w.info, Laps: w.session.Laps}, w.entries, *w.result, nil
}
