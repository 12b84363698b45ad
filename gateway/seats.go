package gateway

import (
	"context"
	"sync"
)

// seats are for those who take something that there is so much of: so many in all, and so many for each address.
type seats struct {
	most, mostEach int

	mu    sync.Mutex
	taken int
	of    map[string]int
	freed chan struct{} // closed when a seat is
}

func newSeats(most, mostEach int) *seats {
	return &seats{most: most, mostEach: mostEach, of: map[string]int{}, freed: make(chan struct{})}
}

// take gives a seat, if there is one.
func (s *seats) take(from string) bool {
	taken, _ := s.ask(from)
	return taken
}

// wait gives a seat, as soon as there is one; false where the context ends before.
func (s *seats) wait(ctx context.Context, from string) bool {
	for {
		taken, freed := s.ask(from)
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

func (s *seats) ask(from string) (taken bool, freed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.most || s.of[from] >= s.mostEach {
		return false, s.freed
	}
	s.taken++
	s.of[from]++
	return true, nil
}

func (s *seats) leave(from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.of[from]--; s.of[from] == 0 {
		delete(s.of, from)
	}
	close(s.freed)
	s.freed = make(chan struct{})
}
