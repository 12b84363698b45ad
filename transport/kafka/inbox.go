package kafka

import (
	"sync"
	"time"
)

// inbox is work for one goroutine. It never blocks those who post: what they may have in flight is bounded by who they are.
type inbox struct {
	mu     sync.Mutex
	list   []func()
	posted chan struct{}
}

func newInbox() *inbox { return &inbox{posted: make(chan struct{}, 1)} }

func (b *inbox) post(f func()) {
	b.mu.Lock()
	b.list = append(b.list, f)
	b.mu.Unlock()
	select {
	case b.posted <- struct{}{}:
	default:
	}
}

func (b *inbox) take() []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = nil
	return list
}

// work runs what is posted, in order, and wake at each tick, until done is closed.
func (b *inbox) work(done <-chan struct{}, tick <-chan time.Time, wake func()) {
	for {
		for _, f := range b.take() {
			f()
		}
		select {
		case <-b.posted:
		case <-tick:
			wake()
		case <-done:
			return
		}
	}
}
