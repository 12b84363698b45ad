package drills

import (
	"context"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/race"
	"lightsout/transport"
)

// Push is the live push of a server, or of a trial.
type Push interface {
	// Follow sends a race to a spectator until ctx ends; after is what it has seen, nil if nothing.
	Follow(ctx context.Context, id race.ID, after *race.Seq, take func(message []byte)) error
}

// Times of an audience.
const (
	trialPace = 2 * time.Millisecond // of messages to the spectators of a trial: its race takes a second or less
	awayFor   = 3 * time.Millisecond // of the spectator who comes and goes, and longer each time
	awayMax   = 500 * time.Millisecond
	joinWait  = 5 * time.Millisecond // until the next try to join a race that is not shown yet
	endWait   = 5 * time.Second      // for something new of a race that has ended
)

// reloadEvery is which return of the spectator who comes and goes begins anew, as a page does that is loaded again.
const reloadEvery = 3

// audience is two spectators of a race: one who stays, and one who comes and goes and resumes where it was.
type audience struct {
	push Push
	id   race.ID
	// reading is how long somebody takes to read their n-th message.
	reading func(n uint64, size int) time.Duration
	join    func(number int) // brings more who never read what they are sent
	both    []*drill.Spectator
	cancel  context.CancelFunc
	all     sync.WaitGroup
}

// watch has two spectators follow a race, who read as fast as reading says.
func watch(ctx context.Context, push Push, id race.ID, reading func(n uint64, size int) time.Duration) *audience {
	ctx, cancel := context.WithCancel(ctx)
	a := &audience{push: push, id: id, reading: reading, cancel: cancel}
	a.join = func(number int) {
		for range number {
			a.all.Go(func() { a.stare(ctx) })
		}
	}
	stays, comes := drill.NewSpectator("the spectator who stays"), drill.NewSpectator("the spectator who comes and goes")
	a.both = []*drill.Spectator{stays, comes}
	a.all.Go(func() { a.stay(ctx, stays) })
	a.all.Go(func() { a.comeAndGo(ctx, comes) })
	return a
}

// end returns both. If the race has come to its end, it waits until they have seen it, or have seen nothing new for a while.
func (a *audience) end(ctx context.Context, ended bool) []*drill.Spectator {
	for _, s := range a.both {
		seen, since := s.Seq(), time.Now()
		for ended && !s.SeesEnd() && time.Since(since) < endWait && sleep(ctx, joinWait) == nil {
			if now := s.Seq(); now != seen {
				seen, since = now, time.Now()
			}
		}
	}
	a.leave()
	return a.both
}

// stare follows without ever reading.
func (a *audience) stare(ctx context.Context) {
	for ctx.Err() == nil {
		_ = a.push.Follow(ctx, a.id, nil, func([]byte) { <-ctx.Done() }) // the race may not be there yet
		_ = sleep(ctx, joinWait)
	}
}

// leave ends all of them.
func (a *audience) leave() {
	a.cancel()
	a.all.Wait()
}

// stay follows the race without a pause. It joins before there is something to see.
func (a *audience) stay(ctx context.Context, s *drill.Spectator) {
	for ctx.Err() == nil {
		_ = a.follow(ctx, s, 0, false) // a race that is not there yet, or a hub that goes away
		_ = sleep(ctx, joinWait)
	}
}

// comeAndGo leaves after a few messages and comes back with the number of what it has seen, sometimes without.
func (a *audience) comeAndGo(ctx context.Context, s *drill.Spectator) {
	away := awayFor
	for turn := 1; ctx.Err() == nil; {
		pause := joinWait
		if a.follow(ctx, s, 1+turn/4, turn%reloadEvery == 2) == nil {
			turn++
			pause, away = away, min(awayMax, away*5/4)
		}
		if s.SeesEnd() {
			pause = joinWait // what follows the result must be seen as well
		}
		_ = sleep(ctx, pause)
	}
}

// follow watches until it has seen that many messages with facts; 0 means to the end.
func (a *audience) follow(ctx context.Context, s *drill.Spectator, most int, anew bool) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	var after *race.Seq
	if seq := s.Seq(); seq > 0 && !anew {
		after = &seq
	}
	facts, n := 0, uint64(0)
	return a.push.Follow(ctx, a.id, after, func(message []byte) {
		n++
		if wait := a.reading(n, len(message)); wait > 0 {
			_ = sleep(ctx, wait)
		}
		m, err := transport.Decode(message)
		if err != nil {
			s.Fail(err)
			leave()
			return
		}
		switch m := m.(type) {
		case *transport.Snapshot:
			s.Snapshot(&m.Board, m.Entries)
		case *race.Facts:
			s.Facts(m)
			if facts++; facts == most {
				leave()
			}
		case *race.Frame:
			s.Picture(m)
		}
	})
}
