package sqlite

import (
	"context"

	"lightsout/race"
)

// freshness counts the facts enqueued and the facts that left the queue. A reader waits until everything enqueued before its
// call is in the tables: a client that got its answer finds its data in every table.
type freshness struct {
	given, done uint64
	moved       chan struct{} // closed when done grows
}

// settle counts jobs that left the queue. The caller holds s.mu.
func (f *freshness) settle(jobs []job) {
	before := f.done
	for i := range jobs {
		if jobs[i].facts != nil {
			f.done++
		}
	}
	if f.done > before && f.moved != nil {
		close(f.moved)
		f.moved = nil
	}
}

// AppendFacts stores the facts of durable records. Only later readers wait for it.
func (s *Store) AppendFacts(id race.ID, facts []race.Facts) {
	if len(facts) > 0 {
		s.enqueue(job{facts: facts, id: id})
	}
}

// fresh waits until the facts enqueued so far are in the tables. While commits fail it returns at once: the tables are the
// best answer then.
func (s *Store) fresh(ctx context.Context) {
	s.mu.Lock()
	for want := s.facts.given; s.facts.done < want && s.failing == nil && !s.closed; {
		if s.facts.moved == nil {
			s.facts.moved = make(chan struct{})
		}
		moved := s.facts.moved
		s.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
	}
	s.mu.Unlock()
}
