package memory

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"lightsout/race"
)

// ErrClosed means that the store was closed before the answer.
var ErrClosed = errors.New("the store is closed")

// Store is a journal in memory. It is safe for concurrent use.
type Store struct {
	mu     sync.Mutex
	wake   *sync.Cond
	queue  []func()
	closed bool
	done   chan struct{}
	kept   int // limit of frames times cars, and of samples, per race

	// Only the worker uses these.
	races map[race.ID]*log
	feeds map[string]*feed
}

// log is the data of a race.
type log struct {
	position race.Position
	records  []race.Record
	snapshot race.Snapshot

	frames       []*race.Frame
	samples      map[sampleKey]brought
	samplesCount uint64
	lastTick     race.Tick
}

// New returns an empty store that keeps no telemetry. Close stops it.
func New() *Store { return Keeping(0) }

// Keeping returns a store that also keeps telemetry: of each race at most the given number of samples, the newest ones.
func Keeping(values int) *Store {
	s := &Store{kept: values, races: map[race.ID]*log{}, feeds: map[string]*feed{}, done: make(chan struct{})}
	s.wake = sync.NewCond(&s.mu)
	go s.work()
	return s
}

// work runs the jobs in the order of the calls, in a goroutine of its own like every journal.
func (s *Store) work() {
	defer close(s.done)
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.closed {
			s.wake.Wait()
		}
		jobs := s.queue
		s.queue = nil
		s.mu.Unlock()
		if len(jobs) == 0 {
			return
		}
		for _, job := range jobs {
			job()
		}
	}
}

// Close runs the queued jobs and stops the store.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wake.Broadcast()
	<-s.done
	return nil
}

func (s *Store) enqueue(job func()) {
	s.mu.Lock()
	if !s.closed {
		s.queue = append(s.queue, job)
	}
	s.mu.Unlock()
	s.wake.Signal()
}

func (s *Store) log(id race.ID) *log {
	l := s.races[id]
	if l == nil {
		l = &log{samples: map[sampleKey]brought{}}
		s.races[id] = l
	}
	return l
}

// Append stores a batch whose records are numbered.
func (s *Store) Append(b *race.Batch, ready func(error)) {
	s.enqueue(func() { ready(s.append(b)) })
}

func (s *Store) append(b *race.Batch) error {
	l := s.log(b.Race)
	for i, r := range b.Records {
		if want := l.position.Seq + race.Seq(i) + 1; r.Seq != want {
			return fmt.Errorf("race %s: got record %d, expected %d: %w", b.Race, r.Seq, want, race.ErrConflict)
		}
	}
	l.records = append(l.records, b.Records...)
	l.position.Seq = race.Seq(len(l.records))
	l.position.Count = max(l.position.Count, b.Count)
	if b.Snapshot != nil {
		l.snapshot = b.Snapshot
	}
	if b.Frame != nil {
		l.keepFrame(b.Frame, s.kept)
	}
	l.keepSamples(b, s.kept)
	if b.Request != nil {
		l.position.Requests = append(l.position.Requests, *b.Request)
	}
	return nil
}

// AppendFacts stores how far facts were published; facts are recomputed on request.
func (s *Store) AppendFacts(id race.ID, facts []race.Facts) {
	s.enqueue(func() {
		if l := s.log(id); len(facts) > 0 {
			l.position.Facts = max(l.position.Facts, facts[len(facts)-1].Seq)
		}
	})
}

// Load passes the position of the race to ready.
func (s *Store) Load(id race.ID, ready func(race.Position, error)) {
	s.enqueue(func() {
		l := s.log(id)
		p := l.position
		p.Requests = slices.Clone(p.Requests)
		if len(l.records) > 0 {
			if announced, ok := l.records[0].Body.(race.Announced); ok {
				p.Info = &announced.Race
			}
		}
		var err error
		if l.snapshot != nil {
			p.Snapshot, err = l.snapshot.AppendBinary(nil)
		}
		ready(p, err)
	})
}

// Read passes records after a sequence number to ready, at most limit.
func (s *Store) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	s.enqueue(func() {
		all := s.log(id).records
		from := min(int(after), len(all))
		ready(slices.Clone(all[from:min(from+limit, len(all))]), nil)
	})
}
