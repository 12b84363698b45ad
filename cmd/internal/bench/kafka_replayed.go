package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// replayed are simulations without physics: each race submits the batches of one real race again and again.
type replayed struct {
	node    *kafka.Node
	link    *kafka.Link
	info    race.Race
	batches []*race.Batch // the first announces the race
	each    uint64        // batches of each race
	done    sync.WaitGroup

	mu    sync.Mutex
	races map[race.ID]*replayedRace
}

var _ kafka.Simulations = (*replayed)(nil)

// replayedRace is one of them.
type replayedRace struct {
	of *replayed
	id race.ID

	mu           sync.Mutex
	count, acked uint64 // newest batch that was submitted; that was read back
	most         uint64
	records      int // of what was read back after the first batch
	over         bool
	refused      error
}

// Create is part of kafka.Simulations. The race submits its first batch and waits for start.
func (s *replayed) Create(of *transport.Create) error {
	r := &replayedRace{of: s, id: of.Race.ID, most: 1}
	s.mu.Lock()
	s.races[r.id] = r
	s.mu.Unlock()
	r.submit()
	return nil
}

// Restore is part of kafka.Simulations.
func (*replayed) Restore(race.Race, *race.Position, []race.Made) error {
	return errors.New("the benchmark lost its partition: nothing is measured after a takeover")
}

// Command is part of kafka.Simulations.
func (*replayed) Command(_ *transport.Command, done func(error)) { done(nil) }

// Drop is part of kafka.Simulations.
func (s *replayed) Drop(id race.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.races, id)
	return nil
}

// all lists the races.
func (s *replayed) all() (out []*replayedRace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.races {
		out = append(out, r)
	}
	return out
}

func (s *replayed) start() {
	for _, r := range s.all() {
		r.mu.Lock()
		r.most = 1 + s.each
		r.mu.Unlock()
		r.submit()
	}
}

// wait waits until all batches were read back.
func (s *replayed) wait(ctx context.Context) error {
	all := s.all()
	done := make(chan struct{})
	go func() { s.done.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, r := range all {
		r.mu.Lock()
		err := r.refused
		r.mu.Unlock()
		if err != nil {
			return fmt.Errorf("race %s: %w", r.id, err)
		}
	}
	return nil
}

// moved is what was read back after the first batches.
func (s *replayed) moved() (batches, records int) {
	for _, r := range s.all() {
		r.mu.Lock()
		batches, records = batches+int(r.acked)-1, records+r.records
		r.mu.Unlock()
	}
	return batches, records
}

// made is a batch by its number: the first once, then the others in turns.
func (s *replayed) made(count uint64) *race.Batch {
	if count == 1 {
		return s.batches[0]
	}
	return s.batches[1+int(count-2)%(len(s.batches)-1)]
}

// submit submits as many batches as may be in flight.
func (r *replayedRace) submit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.count < r.most && r.count-r.acked < entriesInFlight {
		r.count++
		b := *r.of.made(r.count)
		b.Race, b.Count, b.Records = r.id, r.count, slices.Clone(b.Records)
		if r.count == 1 {
			info := r.of.info
			info.ID = r.id
			b.Records[0].Body = race.Announced{Race: info}
		}
		r.of.link.Submit(&b, r.ack)
	}
}

func (r *replayedRace) ack(a race.Ack) {
	r.mu.Lock()
	if a.Refused == nil && a.Resend {
		a.Refused = errors.New("batches are asked for again: nothing is measured after a takeover")
	}
	for ; r.acked < a.Count; r.acked++ {
		if r.acked > 0 {
			r.records += len(r.of.made(r.acked + 1).Records)
		}
	}
	if a.Refused != nil {
		r.refused = a.Refused
	}
	if over := r.refused != nil || r.acked == 1+r.of.each; over && !r.over {
		r.over = true
		r.of.done.Done()
	}
	stop := r.over
	r.mu.Unlock()
	if !stop {
		r.submit()
	}
}
