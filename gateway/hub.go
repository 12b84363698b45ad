package gateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"lightsout/race"
)

// Limits of what the hub keeps of a race for those who come back, and of races that are over and watched by nobody.
const (
	ringMessages = 4096
	ringFacts    = 100_000
	idleChannels = 8
)

// Hub is where races are shown. Whoever publishes never waits for whoever watches: a spectator holds a cursor and
// takes what came after it at its own pace; one that falls behind what is kept gets a fresh snapshot.
type Hub struct {
	enc Encoder
	m   *Metrics

	// arrived says when what a record was made of came in; nil: nobody knows, and it is when it was published.
	arrived func(race.ID, race.Seq) time.Time

	mu       sync.Mutex
	channels map[race.ID]*channel
	ended    []race.ID // oldest first
	closed   bool
}

// errHubClosed says that the server is going away.
var errHubClosed = errors.New("the server is going away")

// NewHub makes an empty hub.
func NewHub(enc Encoder, m *Metrics) *Hub {
	return &Hub{enc: enc, m: m.orNone(), channels: map[race.ID]*channel{}}
}

// TimeFrom lets the hub measure how late spectators are told, from the arrival of a record. It is called before anything is
// published.
func (h *Hub) TimeFrom(arrived func(race.ID, race.Seq) time.Time) { h.arrived = arrived }

// Open shows a race. One that is shown already goes on as it is.
func (h *Hub) Open(head race.Race, entries []race.Entry) {
	h.open(head, entries, race.Board{})
}

func (h *Hub) open(head race.Race, entries []race.Entry, board race.Board) *channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	st := h.channels[head.ID]
	if st == nil {
		st = &channel{hub: h, info: head, entries: entries, board: board, base: board.Seq, spectators: map[*spectator]bool{}, waiting: map[*spectator]bool{}}
		if st.narrow() {
			st.rowAt = make([]race.Seq, len(entries))
			st.places = make([]int, len(entries))
			st.notePlaces(0, board.Order)
		}
		h.channels[head.ID] = st
		if board.Session.Status == race.Over {
			h.note(head.ID)
		}
	}
	return st
}

func (h *Hub) channel(id race.ID) *channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.channels[id]
}

// note remembers that a race is over and drops the oldest ones that nobody watches. The hub is locked.
func (h *Hub) note(id race.ID) {
	h.ended = append(h.ended, id)
	for i := 0; i < len(h.ended) && len(h.ended) > idleChannels; {
		st := h.channels[h.ended[i]]
		if st != nil && st.watched() {
			i++
			continue
		}
		delete(h.channels, h.ended[i])
		h.ended = append(h.ended[:i], h.ended[i+1:]...)
	}
}

// Rest takes a race from the hub that nobody watches: it is put there again when somebody does, or when something happens.
func (h *Hub) Rest(id race.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if st := h.channels[id]; st != nil && !st.watched() {
		delete(h.channels, id)
	}
}

// Publish shows facts, one element for each record, in order. Those that were shown already are passed over.
func (h *Hub) Publish(id race.ID, facts []race.Facts) {
	st := h.channel(id)
	if st != nil && st.publish(facts) {
		h.mu.Lock()
		h.note(id)
		h.mu.Unlock()
	}
}

// Picture shows a frame. The frame is given.
func (h *Hub) Picture(id race.ID, f *race.Frame) {
	if st := h.channel(id); st != nil {
		st.picture(f)
	}
}

// Operate shows what happens to a race's actors. The ops are given.
func (h *Hub) Operate(id race.ID, ops *race.Ops) {
	if st := h.channel(id); st != nil {
		st.tell(ops)
	}
}

// Close takes a race away: its spectators are told that there is none.
func (h *Hub) Close(id race.ID) {
	h.mu.Lock()
	st := h.channels[id]
	delete(h.channels, id)
	h.mu.Unlock()
	if st != nil {
		st.close(closeNotFound, "the race was deleted")
	}
}

// Shutdown sends all spectators away, to come back later.
func (h *Hub) Shutdown() {
	h.mu.Lock()
	h.closed = true
	stages := h.channels
	h.channels = map[race.ID]*channel{}
	h.mu.Unlock()
	for _, st := range stages {
		st.close(closeGoingAway, "the server is going away")
	}
}

// message is what followed from a few records, encoded once somebody wants it.
type message struct {
	after, upTo race.Seq
	parts       []race.Facts
	data        []byte
	at          time.Time // when the first of the records arrived
}

// channel is a race as it is shown.
type channel struct {
	hub     *Hub
	info    race.Race
	entries []race.Entry

	mu         sync.Mutex
	board      race.Board
	base       race.Seq // what came up to here is not in the ring
	ring       []*message
	facts      int // in the ring
	snapshot   []byte
	snapshotAt race.Seq
	frame      *race.Frame
	frameData  []byte
	frameNo    uint64
	parts      [][]byte   // of the frame of a large field
	rowAt      []race.Seq // of a large field: when a row changed last
	places     []int      // of a large field, by car
	whole      bool       // all cars of a large field have a row and a place
	ops        *race.Ops
	opsData    []byte
	opsNo      uint64
	spectators map[*spectator]bool
	waiting    map[*spectator]bool
	gone       bool
}

func (st *channel) watched() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.spectators) > 0
}

// publish folds facts into the board and reports whether the race has ended with them.
func (st *channel) publish(facts []race.Facts) (ended bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for len(facts) > 0 && facts[0].Seq <= st.board.Seq {
		facts = facts[1:]
	}
	if len(facts) == 0 {
		return false
	}
	before, was := st.board.Seq, st.board.Session.Status
	m := &message{after: before, upTo: facts[len(facts)-1].Seq, parts: facts, at: st.hub.arrival(st.info.ID, facts[0].Seq)}
	for i := range facts {
		st.board.Apply(&facts[i])
		st.facts += len(facts[i].Facts)
		st.note(&facts[i])
	}
	st.ring = append(st.ring, m)
	for len(st.ring) > 1 && (len(st.ring) > ringMessages || st.facts > ringFacts) {
		for _, p := range st.ring[0].parts {
			st.facts -= len(p.Facts)
		}
		st.base = st.ring[0].upTo
		st.ring[0] = nil
		st.ring = st.ring[1:]
	}
	st.wake()
	return was != race.Over && st.board.Session.Status == race.Over
}

// note notes which rows of a large field change, and the places of the cars.
func (st *channel) note(f *race.Facts) {
	if !st.narrow() {
		return
	}
	for _, fact := range f.Facts {
		switch fact := fact.(type) {
		case race.RowChanged:
			if int(fact.Row.Car) < len(st.rowAt) {
				st.rowAt[fact.Row.Car] = f.Seq
			}
		case race.OrderChanged:
			st.notePlaces(fact.From, fact.Cars)
		default: // of no single car's
		}
	}
}

func (st *channel) notePlaces(from int, cars []race.CarIdx) {
	for at, car := range cars {
		if car >= 0 && int(car) < len(st.places) {
			st.places[car] = from + at
		}
	}
}

func (h *Hub) arrival(id race.ID, seq race.Seq) time.Time {
	if h.arrived != nil {
		if at := h.arrived(id, seq); !at.IsZero() {
			return at
		}
	}
	return time.Now()
}

func (st *channel) picture(f *race.Frame) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.frame, st.frameData, st.parts = f, nil, nil
	st.frameNo++
	for v := range st.spectators {
		select {
		case v.framed <- struct{}{}:
		default:
		}
	}
	st.wake()
}

// tell shows what happens to the actors; the newest counts.
func (st *channel) tell(ops *race.Ops) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ops, st.opsData = ops, nil
	st.opsNo++
	st.wake()
}

// wake tells those who have seen everything that there is more. The channel is locked.
func (st *channel) wake() {
	for v := range st.waiting {
		v.signal()
	}
	clear(st.waiting)
}

func (st *channel) close(code int, reason string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.gone = true
	for v := range st.spectators {
		v.cut(code, reason)
	}
}

// join adds a spectator that has seen what came up to its cursor, or nothing.
func (st *channel) join(v *spectator) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.gone {
		return errHubClosed
	}
	st.spectators[v] = true
	v.joined = st.board.Seq
	st.hub.m.spectators.Add(1)
	return nil
}

func (st *channel) leave(v *spectator) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.spectators[v] {
		delete(st.spectators, v)
		delete(st.waiting, v)
		st.hub.m.spectators.Add(-1)
	}
}

// take gives a spectator what it has not seen, and moves its cursor. Where that is nothing, it is woken when there is.
func (st *channel) take(v *spectator, into [][]byte) ([][]byte, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	var err error
	if !v.resumed || v.cursor > st.board.Seq || v.cursor < st.base {
		into, err = st.takeSnapshot(v, into)
	} else if st.narrow() {
		into, err = st.takeSight(v, into)
	} else {
		into, err = st.takeFacts(v, into)
	}
	if err != nil {
		return nil, err
	}
	if st.frame != nil && v.frameNo != st.frameNo {
		if into, err = st.takePicture(v, into); err != nil {
			return nil, err
		}
	}
	if st.ops != nil && v.opsNo != st.opsNo {
		if st.opsData == nil {
			if st.opsData, err = st.hub.enc.Ops(st.ops); err != nil {
				return nil, fmt.Errorf("encode ops: %w", err)
			}
		}
		v.opsNo = st.opsNo
		into = append(into, st.opsData)
	}
	if len(into) == 0 {
		st.waiting[v] = true
	}
	return into, nil
}

func (st *channel) takePicture(v *spectator, into [][]byte) (_ [][]byte, err error) {
	v.frameNo = st.frameNo
	if st.narrow() {
		return st.takeCars(v, into)
	}
	if st.frameData == nil {
		if st.frameData, err = st.hub.enc.Frame(st.frame); err != nil {
			return nil, fmt.Errorf("encode a frame: %w", err)
		}
	}
	return append(into, st.frameData), nil
}

func (st *channel) takeSnapshot(v *spectator, into [][]byte) ([][]byte, error) {
	if st.snapshot == nil || st.snapshotAt != st.board.Seq {
		data, err := st.hub.enc.Snapshot(&st.info, st.entries, &st.board)
		if err != nil {
			return nil, fmt.Errorf("encode a snapshot: %w", err)
		}
		st.snapshot, st.snapshotAt = data, st.board.Seq
	}
	v.resumed, v.snapped, v.cursor = true, true, st.board.Seq
	st.hub.m.snapshots.Add(1)
	return append(into, st.snapshot), nil
}

func (st *channel) takeFacts(v *spectator, into [][]byte) ([][]byte, error) {
	from := len(st.ring)
	for from > 0 && st.ring[from-1].upTo > v.cursor {
		from--
	}
	for _, m := range st.ring[from:] {
		data, err := st.encode(m, v.cursor)
		if err != nil {
			return nil, err
		}
		into = append(into, data)
		if v.cursor = m.upTo; v.oldest.IsZero() && m.upTo > v.joined { // what it missed while it was away did not take so long
			v.oldest = m.at
		}
	}
	return into, nil
}

// encode gives a message's bytes. For a cursor inside of it, what was seen already is left out.
func (st *channel) encode(m *message, cursor race.Seq) ([]byte, error) {
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
	all.Facts = folded(all.Facts)
	data, err := st.hub.enc.Facts(&all)
	if err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	if whole {
		m.data = data
	}
	return data, nil
}

// folded leaves out what a later fact of the same message replaces: of each row, of the head and of each place of the order the last
// one stays.
func folded(facts []race.Fact) []race.Fact {
	places := map[int]race.CarIdx{}
	type what struct {
		head bool
		row  race.CarIdx
	}
	replaced := map[what]bool{}
	out := make([]race.Fact, 0, len(facts))
	for _, f := range slices.Backward(facts) {
		var is what
		switch f := f.(type) {
		case race.OrderChanged:
			for n, car := range f.Cars {
				if _, later := places[f.From+n]; !later {
					places[f.From+n] = car
				}
			}
			continue
		case race.RowChanged:
			is.row = f.Row.Car
		case race.SessionStatusChanged:
			is.head = true
		default: // each is told
			out = append(out, f)
			continue
		}
		if !replaced[is] {
			replaced[is] = true
			out = append(out, f)
		}
	}
	slices.Reverse(out)
	return appendOrder(out, places)
}

// appendOrder tells which car has which place, places in a row together.
func appendOrder(out []race.Fact, places map[int]race.CarIdx) []race.Fact {
	var run race.OrderChanged
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if run.Cars != nil && place != run.From+len(run.Cars) {
			out = append(out, run)
			run = race.OrderChanged{}
		}
		if run.Cars == nil {
			run.From = place
		}
		run.Cars = append(run.Cars, places[place])
	}
	if run.Cars != nil {
		out = append(out, run)
	}
	return out
}
