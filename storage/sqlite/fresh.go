package sqlite

import (
	"context"

	"lightsout/race"
)

// freshness counts the facts handed to the store and those that left its queue, so that a reader sees what was applied
// before it asked: a sender who was answered finds what it sent in every table.
type freshness struct {
	given, done uint64
	moved       chan struct{} // closed when done grows
}

// settle notes jobs that left the queue. s.mu is held.
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

// AppendFacts keeps what followed from records that are durable. Nobody waits for it but who reads it next.
func (s *Store) AppendFacts(id race.ID, facts []race.Facts) {
	if len(facts) > 0 {
		s.enqueue(job{facts: facts, id: id})
	}
}

// fresh waits until the facts that were handed over before are in the tables. While commits fail it does not: what is there
// is the best answer then.
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
