package live

import (
	"errors"
	"sync"
	"time"

	"lightsout/race"
)

// Limits of what the hub keeps: the ring of a race, for spectators that reconnect, and races that are over and have no spectator.
const (
	maxRingMessages = 4096
	maxRingFacts    = 100_000
	maxIdleChannels = 8
)

// Hub publishes races to spectators. Publishing never waits for a spectator: each one holds a cursor and takes what follows it at
// its own pace. A spectator whose cursor has left the ring gets a snapshot.
type Hub struct {
	enc Encoder
	m   *Metrics

	pace time.Duration // 0 means that of a race in real time

	// arrivedAt says when a record arrived. Nil, or a zero time, means unknown: then facts count from their publication.
	behind    func() time.Duration
	standing  func(race.ID) time.Duration
	arrivedAt func(race.ID, race.Seq) time.Time
	shown     func(race.ID, race.Seq) // nil or called when a spectator was sent what follows up to a record

	mu       sync.Mutex
	channels map[race.ID]*channel
	ended    []race.ID // oldest first
}

// errBehind sends a spectator away who has seen more than this server.
var errBehind = errors.New("another server at the same log is ahead of this one: try again")

// errClosed refuses a spectator of a channel that was closed while it joined.
var errClosed = errors.New("the server is going away")

// NewHub makes an empty hub. Nil metrics are kept unregistered.
func NewHub(enc Encoder, m *Metrics) *Hub {
	if m == nil {
		m = NewMetrics(nil)
	}
	return &Hub{enc: enc, m: m, channels: map[race.ID]*channel{}, behind: func() time.Duration { return 0 }, standing: func(race.ID) time.Duration { return 0 }}
}

// TimeFrom lets the hub measure how long facts take from the arrival of their record to a spectator. It must be called before
// anything is published.
func (h *Hub) TimeFrom(arrivedAt func(race.ID, race.Seq) time.Time) { h.arrivedAt = arrivedAt }

// ShownTo has f called when a spectator was sent what follows from a race's records up to one, from the goroutines of spectators. It must be
// called before the first spectator comes.
func (h *Hub) ShownTo(f func(race.ID, race.Seq)) { h.shown = f }

// BehindFrom lets pulses say for how long the server has been cut off from the log that it shares with others. It must be called before the
// first spectator comes.
func (h *Hub) BehindFrom(behind func() time.Duration) { h.behind = behind }

// StandingFrom lets pulses say for how long a race has stood still. It must be called before the first spectator comes.
func (h *Hub) StandingFrom(standing func(race.ID) time.Duration) { h.standing = standing }

// SendEvery sets the pause between two messages to a spectator, for a race that runs faster than real time. It must be called before the
// first spectator comes.
func (h *Hub) SendEvery(pace time.Duration) { h.pace = pace }

// Open adds a race. It changes nothing if the hub holds the race already.
func (h *Hub) Open(info race.Race, entries []race.Entry) {
	h.open(info, entries, race.Board{})
}

func (h *Hub) open(info race.Race, entries []race.Entry, board race.Board) *channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	ch := h.channels[info.ID]
	if ch == nil {
		ch = newChannel(h, info, entries, board)
		h.channels[info.ID] = ch
		if board.Session.Status == race.Over {
			h.addEnded(info.ID)
		}
	}
	return ch
}

// channel returns the channel of a race, or nil.
func (h *Hub) channel(id race.ID) *channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.channels[id]
}

// addEnded notes that a race is over and drops the oldest channels without spectators. The caller holds the lock.
func (h *Hub) addEnded(id race.ID) {
	h.ended = append(h.ended, id)
	for i := 0; i < len(h.ended) && len(h.ended) > maxIdleChannels; {
		ch := h.channels[h.ended[i]]
		if ch != nil && ch.watched() {
			i++
			continue
		}
		delete(h.channels, h.ended[i])
		h.ended = append(h.ended[:i], h.ended[i+1:]...)
	}
}

// Rest drops the channel of a race without spectators. Open or the next spectator adds it again.
func (h *Hub) Rest(id race.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ch := h.channels[id]; ch != nil && !ch.watched() {
		delete(h.channels, id)
	}
}

// Publish publishes facts, one element per record, in order. It drops facts that were published before, by sequence number.
func (h *Hub) Publish(id race.ID, facts []race.Facts) {
	ch := h.channel(id)
	if ch != nil && ch.publish(facts) {
		h.mu.Lock()
		h.addEnded(id)
		h.mu.Unlock()
	}
}

// Picture publishes a frame. The frame is given.
func (h *Hub) Picture(id race.ID, f *race.Frame) {
	if ch := h.channel(id); ch != nil {
		ch.setFrame(f)
	}
}

// Operate publishes what happens to a race's actors. The ops are given.
func (h *Hub) Operate(id race.ID, ops *race.Ops) {
	if ch := h.channel(id); ch != nil {
		ch.setOps(ops)
	}
}

// Close removes a race that was deleted and closes the sockets of its spectators.
func (h *Hub) Close(id race.ID) {
	h.mu.Lock()
	ch := h.channels[id]
	delete(h.channels, id)
	h.mu.Unlock()
	if ch != nil {
		ch.close(closeNotFound, "the race was deleted")
	}
}

// Shutdown closes all sockets with a code that asks spectators to reconnect later.
func (h *Hub) Shutdown() {
	h.mu.Lock()
	channels := h.channels
	h.channels = map[race.ID]*channel{}
	h.mu.Unlock()
	for _, ch := range channels {
		ch.close(closeGoingAway, "the server is going away")
	}
}

// arrival returns when a record arrived, or now if that is unknown.
func (h *Hub) arrival(id race.ID, seq race.Seq) time.Time {
	if h.arrivedAt != nil {
		if at := h.arrivedAt(id, seq); !at.IsZero() {
			return at
		}
	}
	return time.Now()
}
