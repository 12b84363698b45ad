package kafka

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"lightsout/race"
	"lightsout/transport"
)

// world is a partition of the log with its topics of commands, telemetry and state, three processes in each role, and two gateways, in fake
// time. Folds and owners are the real ones. Processes are killed, stopped and deaf to their group; produce requests are lost and doubled.
type world struct {
	r         *rand.Rand
	off       rule // of owners and folds
	noInputs  bool // batches do not say what they were made of
	snapEarly bool // a field is kept before its batch was read back
	frameLate bool // a batch does not wait for its frame
	anySnap   bool // a field is used without a look at its batch
	step      int

	log       []*transport.Entry
	commands  []Order
	telemetry []frame
	state     map[race.ID][]snap // the newest two
	committed map[transport.Role]int64
	assigned  map[transport.Role]int
	beat      map[transport.Role]int // step of the holder's last heartbeat
	members   []*member
	gateways  []*watcher
	plan      []Order
	waiting   map[string]Order
	answered  map[string]transport.Receipt
	retries   bool // clients post again what was not answered
	ticks     int
	window    int
	nonce     uint64
	failure   string
}

type frame struct {
	race  race.ID
	count uint64
	hash  uint64
}

type snap struct {
	count, field uint64
	tick         int
	hash         uint64
}

// made is what a batch was made of: its body.
type made struct {
	Tick   int
	Inputs []string
}

func hashOf(parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, parts...)
	return h.Sum64()
}

func advance(field uint64, tick int, inputs []string) uint64 {
	return hashOf("tick", field, tick, inputs)
}

const stepTime = 10 * time.Millisecond

func (w *world) now() time.Duration { return time.Duration(w.step) * stepTime }

func newWorld(seed uint64, off rule) *world {
	w := &world{
		r: rand.New(rand.NewPCG(seed, 15)), off: off, state: map[race.ID][]snap{}, committed: map[transport.Role]int64{},
		assigned: map[transport.Role]int{}, beat: map[transport.Role]int{}, waiting: map[string]Order{}, answered: map[string]transport.Receipt{},
	}
	w.retries = w.r.IntN(2) == 0
	w.ticks, w.window = 8+w.r.IntN(30), 1+w.r.IntN(6)
	for _, role := range []transport.Role{transport.Simulator, transport.Processor} {
		for slot := range 3 {
			m := &member{w: w, role: role, slot: slot}
			m.boot()
			w.members = append(w.members, m)
		}
	}
	for range 2 {
		w.gateways = append(w.gateways, &watcher{w: w, fold: w.newFold()})
	}
	for _, id := range []race.ID{"A", "B", "X"} {
		role := transport.Simulator
		if id == "X" {
			role = transport.Processor
		}
		w.plan = append(w.plan, Order{ID: "create " + string(id), Race: id, Role: role, Creates: true})
	}
	for i := range 25 {
		w.plan = append(w.plan, Order{ID: fmt.Sprint("rule ", i), Race: []race.ID{"A", "A", "B", "X"}[w.r.IntN(4)]})
	}
	return w
}

func (w *world) newFold() *Fold {
	f := NewFold()
	f.off = w.off
	return f
}

func (w *world) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

// outgoing is what a producer has sent and the broker does not have yet.
type outgoing struct {
	entry  *transport.Entry
	frame  *frame
	landed func(offset int64)
}

// member is a process with one role.
type member struct {
	w       *world
	role    transport.Role
	slot    int
	dead    bool
	stopped int // until this step
	deaf    int // to the group, until this step
	blind   int // to the log, until this step

	fold     *Fold
	owner    *Owner
	has      bool
	hist     map[race.ID][]*transport.Entry
	out      []outgoing
	active   bool
	restored bool
	cursor   int64
	races    map[race.ID]*run
	lost     bool
	again    []Order
	refused  []Order
	todo     []*transport.Entry
}

// run is a simulated race, or how far an external one has come.
type run struct {
	field   uint64
	tick    int
	count   uint64
	over    bool
	pending []string
	late    []Order
	unread  map[uint64]snap
	ready   []*batch // in order of count; the first may wait for its frame
}

type batch struct {
	entry *transport.Entry
	ready bool
}

func (m *member) boot() {
	m.w.nonce += 1000
	m.dead, m.stopped, m.deaf, m.blind, m.has, m.active, m.out, m.lost = false, 0, 0, 0, false, false, nil, false
	m.fold, m.hist = m.w.newFold(), map[race.ID][]*transport.Entry{}
	m.owner = NewOwner(m.role, m.w.nonce, m.fold, m)
	m.owner.off = m.w.off
}

func (m *member) Produce(e *transport.Entry) {
	sent := *e
	m.out = append(m.out, outgoing{entry: &sent})
}
func (m *member) Activate()   { m.active, m.restored, m.races = true, false, map[race.ID]*run{} }
func (m *member) Deactivate() { m.active, m.races = false, nil }

func (m *member) Accepted(e *transport.Entry) {
	if m.role != transport.Simulator || !m.active {
		return
	}
	x := m.races[e.Race]
	if x == nil {
		return
	}
	if s, ok := x.unread[e.Count]; ok && !m.w.snapEarly {
		delete(x.unread, e.Count)
		m.w.keep(e.Race, s)
	}
	if e.Ends {
		m.again = append(m.again, x.late...)
		x.late = nil
	}
}

func (w *world) keep(id race.ID, s snap) {
	if w.r.IntN(3) == 0 {
		w.state[id] = append(w.state[id], s)
		w.state[id] = w.state[id][max(0, len(w.state[id])-2):]
	}
}

// Run does a command, as simulator or processor.
func (m *member) Run(o Order) {
	x := m.races[o.Race]
	if m.role == transport.Processor {
		count, _ := m.owner.Head(o.Race)
		e := &transport.Entry{Race: o.Race, Count: count + 1, Records: 1, External: o.Creates, Telemetry: -1, Hash: hashOf(o.ID)}
		e.Body, _ = json.Marshal(made{-1, []string{o.ID}})
		e.Receipts = []transport.Receipt{{Command: o.ID}}
		m.todo = append(m.todo, e)
		return
	}
	switch {
	case o.Creates:
		x = &run{field: hashOf("grid", o.Race), count: 1, unread: map[uint64]snap{}}
		m.races[o.Race] = x
		e := &transport.Entry{Race: o.Race, Count: 1, Records: 1, Telemetry: -1, Hash: x.field, Receipts: []transport.Receipt{{Command: o.ID}}}
		e.Body, _ = json.Marshal(made{-1, []string{o.ID}})
		m.todo = append(m.todo, e)
	case x == nil:
		m.w.fail("a command for a race that is not here: %v", o)
	case x.over && m.w.off.has(overRead):
		m.refused = append(m.refused, o)
	case x.over:
		x.late = append(x.late, o)
	default:
		x.pending = append(x.pending, o.ID)
	}
}

// restore makes races again from their newest usable field, or from the grid.
func (m *member) restore() {
	m.restored = true
	m.cursor = m.w.committed[m.role]
	if m.role != transport.Simulator {
		return
	}
	for id, hist := range m.hist {
		s, _ := m.fold.Race(id)
		if s.External || s.Over {
			continue
		}
		x := &run{field: hashOf("grid", id), count: 1, unread: map[uint64]snap{}}
		for _, k := range m.w.state[id] {
			usable := slices.ContainsFunc(hist, func(e *transport.Entry) bool { return e.Count == k.count && e.Hash == k.hash })
			if k.count > x.count && (usable || m.w.anySnap) {
				x.field, x.tick, x.count = k.field, k.tick, k.count
			}
		}
		for _, e := range hist {
			if e.Count <= x.count {
				continue
			}
			var how made
			_ = json.Unmarshal(e.Body, &how)
			x.field, x.tick, x.count = advance(x.field, how.Tick, how.Inputs), how.Tick, e.Count
			if x.field != e.Hash {
				m.w.fail("batch %d of race %s was not made again as it was", e.Count, id)
			}
		}
		m.races[id] = x
	}
}

func (m *member) tick() {
	ids := []race.ID{}
	for id, x := range m.races {
		if s, _ := m.fold.Race(id); !x.over && s.Count > 0 && x.count-s.Count < uint64(m.w.window) && len(x.ready) < m.w.window {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	id := ids[m.w.r.IntN(len(ids))]
	x := m.races[id]
	how := made{x.tick + 1, x.pending}
	x.pending = nil
	x.tick++
	x.count++
	x.field = advance(x.field, how.Tick, how.Inputs)
	x.over = x.tick >= m.w.ticks
	e := &transport.Entry{Race: id, Count: x.count, Records: int(x.field % 3), Hash: x.field, Ends: x.over, Telemetry: -1}
	for _, i := range how.Inputs {
		e.Receipts = append(e.Receipts, transport.Receipt{Command: i})
	}
	if m.w.noInputs {
		how.Inputs = nil
	}
	e.Body, _ = json.Marshal(how)
	s := snap{x.count, x.field, x.tick, e.Hash}
	x.unread[x.count] = s
	if m.w.snapEarly {
		m.w.keep(id, s)
	}
	b := &batch{entry: e, ready: m.w.frameLate}
	x.ready = append(x.ready, b)
	m.out = append(m.out, outgoing{frame: &frame{id, e.Count, e.Hash}, landed: func(offset int64) { e.Telemetry, b.ready = offset, true }})
}

// submit hands over the batches whose frames are durable.
func (m *member) submit() {
	for len(m.again) > 0 {
		o := m.again[0]
		m.again = m.again[1:]
		m.owner.Again(o)
	}
	for i := range m.refused {
		m.owner.Refuse(&m.refused[i], transport.Over, "")
	}
	m.refused = nil
	for len(m.todo) > 0 && m.active {
		e := m.todo[0]
		m.todo = m.todo[1:]
		if m.role == transport.Processor {
			count, _ := m.owner.Head(e.Race)
			e.Count = count + 1
		}
		m.owner.Submit(e)
	}
	for _, id := range slices.Sorted(maps.Keys(m.races)) {
		for x := m.races[id]; len(x.ready) > 0 && x.ready[0].ready; x.ready = x.ready[1:] {
			m.owner.Submit(x.ready[0].entry)
		}
	}
}

// act is one step of a process.
func (m *member) act() {
	w := m.w
	switch k := w.r.IntN(100); {
	case k < 15:
		m.heartbeat()
	case k < 45 && w.step >= m.blind:
		for n := 1 + w.r.IntN(6); n > 0 && int(m.fold.Next()) < len(w.log); n-- {
			e := w.log[m.fold.Next()]
			v := m.fold.Take(m.fold.Next(), e)
			if v == Counts && e.Kind == transport.BatchEntry {
				m.hist[e.Race] = append(m.hist[e.Race], e)
			}
			m.owner.Folded(e, v, w.now())
		}
	case k < 50:
		m.owner.Wake(w.now())
	case m.lost:
		m.lost = false
		m.owner.Lost()
	case !m.active:
	case !m.restored:
		m.again, m.todo, m.refused = nil, nil, nil
		m.restore()
	case k < 65:
		for range 4 {
			if int(m.cursor) < len(w.commands) && m.active {
				o := w.commands[m.cursor]
				m.owner.Command(m.cursor, &o)
				m.cursor++
			}
		}
	case k < 75:
		if c := m.owner.Committable(); m.has || w.r.IntN(2) == 0 {
			w.committed[m.role] = c
		}
	default:
		if m.role == transport.Simulator {
			m.tick()
		}
		m.submit()
	}
}

func (m *member) heartbeat() {
	w := m.w
	if w.step < m.deaf {
		return
	}
	own := w.assigned[m.role] == m.slot
	if own {
		w.beat[m.role] = w.step
	}
	switch {
	case own && !m.has && int(m.fold.Next()) >= len(w.log)-3: // joins once it has folded
		m.has = true
		m.owner.Assign(w.now())
	case !own && m.has:
		m.has = false
		m.owner.Revoke()
	}
}
