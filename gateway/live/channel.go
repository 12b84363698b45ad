package live

import (
	"fmt"
	"sync"
	"time"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// channel is the stream of one race to its spectators. It holds the race as it stands (board), the newest facts (ring), the newest
// frame and the newest ops, each encoded at most once.
type channel struct {
	hub     *Hub
	info    race.Race
	entries []race.Entry

	mu         sync.Mutex
	board      race.Board
	base       race.Seq // the ring holds what follows it
	ring       []*message
	ringFacts  int
	snapshot   []byte
	snapshotAt race.Seq
	frame      *race.Frame
	frameData  []byte
	frameNo    uint64
	ops        *race.Ops
	opsData    []byte
	opsNo      uint64
	spectators map[*spectator]bool
	waiting    map[*spectator]bool // have taken everything
	closed     bool

	narrowField // of a large field
}

func newChannel(h *Hub, info race.Race, entries []race.Entry, board race.Board) *channel {
	ch := &channel{
		hub: h, info: info, entries: entries, board: board, base: board.Seq,
		spectators: map[*spectator]bool{}, waiting: map[*spectator]bool{},
	}
	if ch.narrow() {
		ch.rowAt = make([]race.Seq, len(entries))
		ch.places = make([]int, len(entries))
		ch.setPlaces(0, board.Order)
	}
	return ch
}

func (ch *channel) watched() bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return len(ch.spectators) > 0
}

// publish applies facts to the board and reports whether the race ended with them.
func (ch *channel) publish(facts []race.Facts) (ended bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for len(facts) > 0 && facts[0].Seq <= ch.board.Seq {
		facts = facts[1:]
	}
	if len(facts) == 0 {
		return false
	}
	before, status := ch.board.Seq, ch.board.Session.Status
	m := &message{after: before, upTo: facts[len(facts)-1].Seq, parts: facts, arrivedAt: ch.hub.arrival(ch.info.ID, facts[0].Seq)}
	for i := range facts {
		ch.board.Apply(&facts[i])
		ch.ringFacts += len(facts[i].Facts)
		ch.notePlaces(&facts[i])
	}
	if sabotage.On(sabotage.RingLost) && m.upTo%5 == 0 {
		return false
	}
	ch.ring = append(ch.ring, m)
	for len(ch.ring) > 1 && (len(ch.ring) > maxRingMessages || ch.ringFacts > maxRingFacts) {
		for _, p := range ch.ring[0].parts {
			ch.ringFacts -= len(p.Facts)
		}
		ch.base = ch.ring[0].upTo
		ch.ring[0] = nil
		ch.ring = ch.ring[1:]
	}
	ch.wake()
	return status != race.Over && ch.board.Session.Status == race.Over
}

func (ch *channel) setFrame(f *race.Frame) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.frame, ch.frameData, ch.parts = f, nil, nil
	ch.frameNo++
	for s := range ch.spectators {
		select {
		case s.framed <- struct{}{}:
		default:
		}
	}
	ch.wake()
}

func (ch *channel) setOps(ops *race.Ops) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.ops, ch.opsData = ops, nil
	ch.opsNo++
	ch.wake()
}

// wake signals the spectators that have taken everything. The caller holds the lock.
func (ch *channel) wake() {
	for s := range ch.waiting {
		s.signal()
	}
	clear(ch.waiting)
}

func (ch *channel) close(code int, reason string) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.closed = true
	for s := range ch.spectators {
		s.cut(code, reason)
	}
}

// join adds a spectator. Its cursor says what it has; without one it gets a snapshot.
func (ch *channel) join(s *spectator) error {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.closed {
		return errClosed
	}
	ch.spectators[s] = true
	s.joinedAt = ch.board.Seq
	if sabotage.On(sabotage.RingResume) && s.resumed {
		s.cursor = ch.board.Seq
	}
	ch.hub.m.spectators.Add(1)
	return nil
}

func (ch *channel) leave(s *spectator) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.spectators[s] {
		delete(ch.spectators, s)
		delete(ch.waiting, s)
		ch.hub.m.spectators.Add(-1)
	}
}

// take appends the messages that follow a spectator's cursor and advances the cursor. If there are none, the spectator is signalled
// at the next one.
func (ch *channel) take(s *spectator, into [][]byte) ([][]byte, error) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if behind, err := ch.behind(s); behind {
		return into, err
	}
	var err error
	if !s.resumed || s.cursor > ch.board.Seq || s.cursor < ch.base {
		into, err = ch.takeSnapshot(s, into)
	} else if ch.narrow() {
		into, err = ch.takeInSight(s, into)
	} else {
		into, err = ch.takeFacts(s, into)
	}
	if err != nil {
		return nil, err
	}
	if ch.frame != nil && s.frameNo != ch.frameNo {
		if into, err = ch.takeFrame(s, into); err != nil {
			return nil, err
		}
	}
	if ch.ops != nil && s.opsNo != ch.opsNo {
		if ch.opsData == nil {
			if ch.opsData, err = ch.hub.enc.Ops(ch.ops); err != nil {
				return nil, fmt.Errorf("encode ops: %w", err)
			}
		}
		s.opsNo = ch.opsNo
		into = append(into, ch.opsData)
	}
	if len(into) == 0 {
		ch.waiting[s] = true
	}
	return into, nil
}

// behind reports whether a spectator has seen more than this server, and waits for it; the error says that it has waited enough.
func (ch *channel) behind(s *spectator) (is bool, err error) {
	if !s.resumed || s.cursor <= ch.board.Seq || s.patient.IsZero() {
		return false, nil
	}
	if time.Now().After(s.patient) {
		return true, errBehind
	}
	ch.waiting[s] = true
	return true, nil
}

func (ch *channel) takeFrame(s *spectator, into [][]byte) (_ [][]byte, err error) {
	s.frameNo = ch.frameNo
	if ch.narrow() {
		return ch.takeCars(s, into)
	}
	if ch.frameData == nil {
		if ch.frameData, err = ch.hub.enc.Frame(ch.frame); err != nil {
			return nil, fmt.Errorf("encode a frame: %w", err)
		}
	}
	return append(into, ch.frameData), nil
}

func (ch *channel) takeSnapshot(s *spectator, into [][]byte) ([][]byte, error) {
	if ch.snapshot == nil || ch.snapshotAt != ch.board.Seq && !sabotage.On(sabotage.RingSnapshot) {
		data, err := ch.hub.enc.Snapshot(&ch.info, ch.entries, &ch.board)
		if err != nil {
			return nil, fmt.Errorf("encode a snapshot: %w", err)
		}
		ch.snapshot, ch.snapshotAt = data, ch.board.Seq
	}
	s.resumed, s.tookSnapshot, s.cursor = true, true, ch.board.Seq
	s.sight = sight{Look: s.sight.Look, changed: true} // what was sent before the snapshot does not count
	ch.hub.m.snapshots.Add(1)
	return append(into, ch.snapshot), nil
}

func (ch *channel) takeFacts(s *spectator, into [][]byte) ([][]byte, error) {
	for _, m := range ch.after(s.cursor) {
		data, err := ch.encode(m, s.cursor)
		if err != nil {
			return nil, err
		}
		into = append(into, data)
		s.cursor = m.upTo
		s.noteArrival(m)
	}
	return into, nil
}

// after returns the messages of the ring that reach beyond a cursor.
func (ch *channel) after(cursor race.Seq) []*message {
	from := len(ch.ring)
	for from > 0 && ch.ring[from-1].upTo > cursor {
		from--
	}
	return ch.ring[from:]
}

// message holds the facts of a few records. It is encoded when the first spectator takes it.
type message struct {
	after, upTo race.Seq
	parts       []race.Facts
	data        []byte
	arrivedAt   time.Time // of the first record
}

// encode returns a message's bytes. For a cursor within the message it leaves out the facts up to the cursor.
func (ch *channel) encode(m *message, cursor race.Seq) ([]byte, error) {
	whole := cursor <= m.after
	if whole && m.data != nil {
		return m.data, nil
	}
	all := race.Facts{Seq: m.upTo}
	for _, p := range m.parts {
		if p.Seq > cursor {
			all.Facts = append(all.Facts, p.Facts...)
			all.Time = p.Time
		}
	}
	all.Facts = conflate(all.Facts)
	data, err := ch.hub.enc.Facts(&all)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	if whole {
		m.data = data
	}
	return data, nil
}
