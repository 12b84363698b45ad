package clusterdrill

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/actors/drill"
	"lightsout/race"
	"lightsout/transport"
)

// spectator watches a race at one gateway after the other, and goes on at the record that it has seen.
type spectator struct {
	fleet *fleet
	race  race.ID
	hops  time.Duration // after which it changes its gateway; 0 means only when it is cut off
	turn  int
	sees  *drill.Spectator // what it has folded, to be compared

	mu        sync.Mutex
	board     race.Board
	seen      []race.Seq // of facts, as they came
	at        []time.Time
	snapshots int // after the first
	back      int // connections
	wrong     []string
}

// readWait is how long a spectator waits for a message before it takes its connection for dead: the server sends something every second.
const readWait = 8 * time.Second

// follow watches until the race has a result or ctx ends.
func (s *spectator) follow(ctx context.Context) {
	for ctx.Err() == nil && !s.done() {
		s.turn++
		url := fmt.Sprintf("ws://%s/live/%s?from=%d", s.fleet.gateway(s.turn).addr, s.race, s.from())
		dialing, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, _, err := websocket.DefaultDialer.DialContext(dialing, url, nil)
		cancel()
		if err != nil {
			_ = sleep(ctx, 50*time.Millisecond)
			continue
		}
		s.back++
		s.read(ctx, conn)
		_ = conn.Close()
	}
}

func (s *spectator) done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.Result != nil
}

func (s *spectator) from() race.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.Seq
}

// count is how many facts it has seen.
func (s *spectator) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// read reads a connection until it ends, or until it is time for another gateway.
func (s *spectator) read(ctx context.Context, conn *websocket.Conn) {
	until := time.Time{}
	if s.hops > 0 {
		until = time.Now().Add(s.hops)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	for !s.done() && (until.IsZero() || time.Now().Before(until)) {
		if conn.SetReadDeadline(time.Now().Add(readWait)) != nil {
			return
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		m, err := transport.Decode(data)
		if err != nil {
			s.note(err.Error())
			return
		}
		s.take(m)
	}
}

func (s *spectator) note(wrong string) {
	if len(s.wrong) < 10 {
		s.wrong = append(s.wrong, wrong)
	}
}

// take applies a message.
func (s *spectator) take(m transport.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case *transport.Snapshot:
		if m.Board.Seq < s.board.Seq {
			s.note(fmt.Sprintf("a snapshot of record %d came after record %d was seen", m.Board.Seq, s.board.Seq))
			return
		}
		if s.back > 1 && m.Board.Seq > s.board.Seq {
			s.snapshots++
		}
		s.board = m.Board
		s.sees.Snapshot(&m.Board, m.Entries)
	case *race.Facts:
		if !s.board.Apply(m) {
			s.note(fmt.Sprintf("record %d came again after record %d was seen", m.Seq, s.board.Seq))
			return
		}
		s.sees.Facts(m)
		s.seen, s.at = append(s.seen, m.Seq), append(s.at, time.Now())
	case *race.Frame:
		s.sees.Picture(m)
	}
}

// missed lists records whose facts the spectator should have seen since its first message, and did not.
func (s *spectator) missed(all []race.Seq) (out []race.Seq) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		return all
	}
	for _, seq := range all {
		if _, saw := slices.BinarySearch(s.seen, seq); !saw && seq > s.seen[0] {
			out = append(out, seq)
		}
	}
	return out
}

// silence is the longest pause of facts that began before the end of a window after a moment, and ended after that moment.
func (s *spectator) silence(from time.Time, window time.Duration) (longest time.Duration, ran bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 1; i < len(s.at); i++ {
		began, ended := s.at[i-1], s.at[i]
		if ended.Before(from) || began.After(from.Add(window)) {
			continue
		}
		longest, ran = max(longest, ended.Sub(began)), true
	}
	return longest, ran
}
