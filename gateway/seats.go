package gateway

import (
	"context"
	"sync"

	"lightsout/gateway/live"
)

// seats limits the holders of a scarce resource, in total and per address.
type seats struct {
	max, maxEach int

	mu    sync.Mutex
	taken int
	by    map[string]int // address
	freed chan struct{}  // closed when a seat becomes free
}

var _ live.Seats = (*seats)(nil)

func newSeats(maxTotal, maxEach int) *seats {
	return &seats{max: maxTotal, maxEach: maxEach, by: map[string]int{}, freed: make(chan struct{})}
}

// Take reserves a seat for an address, unless all are taken.
func (s *seats) Take(from string) bool {
	taken, _ := s.try(from)
	return taken
}

// Wait reserves a seat as soon as one is free. It returns false if the context ends first.
func (s *seats) Wait(ctx context.Context, from string) bool {
	for {
		taken, freed := s.try(from)
		if taken {
			return true
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return false
		}
	}
}

// try reserves a seat. If none is free, it returns a channel that is closed when one becomes free.
func (s *seats) try(from string) (taken bool, freed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.max || s.by[from] >= s.maxEach {
		return false, s.freed
	}
	s.taken++
	s.by[from]++
	return true, nil
}

// Leave frees a seat of an address.
func (s *seats) Leave(from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[from]--; s.by[from] == 0 {
		delete(s.by, from)
	}
	close(s.freed)
	s.freed = make(chan struct{})
}
