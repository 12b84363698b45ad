package kafka

import (
	"encoding/json"
	"maps"
	"slices"

	"lightsout/race"
	"lightsout/transport"
)

// watcher is a gateway: it folds the log, sends commands and answers them.
type watcher struct {
	w    *world
	fold *Fold
}

func (g *watcher) act() {
	w := g.w
	if w.r.IntN(60) == 0 && w.step < quietFrom {
		g.fold = w.newFold() // killed: it reads the log from its beginning
	}
	for n := 1 + w.r.IntN(8); n > 0 && int(g.fold.Next()) < len(w.log); n-- {
		e := w.log[g.fold.Next()]
		if v := g.fold.Take(g.fold.Next(), e); v == Counts && e.Telemetry >= 0 {
			if f := w.telemetry[e.Telemetry]; f != (frame{e.Race, e.Count, e.Hash}) {
				w.fail("the frame of batch %d of race %s is %v", e.Count, e.Race, f)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.waiting)) {
		o := w.waiting[id]
		r, done := g.fold.Receipt(id)
		if !done {
			continue
		}
		delete(w.waiting, id)
		w.answered[id] = r
		switch r.Refusal {
		case transport.NotRefused:
		case transport.Over:
			o.ID, o.Role = o.ID+"'", transport.Processor
			g.send(o)
		default:
			w.fail("%s was refused: %v", id, r)
		}
	}
}

func (g *watcher) send(o Order) {
	o.Seen = g.fold.Next()
	g.w.waiting[o.ID] = o
	g.w.commands = append(g.w.commands, o)
}

// client posts the next command, or one again that was not answered yet.
func (w *world) client() {
	g := w.gateways[w.r.IntN(len(w.gateways))]
	if w.retries && len(w.waiting) > 0 && w.r.IntN(4) == 0 {
		ids := slices.Sorted(maps.Keys(w.waiting))
		w.commands = append(w.commands, w.waiting[ids[w.r.IntN(len(ids))]])
		return
	}
	if len(w.plan) == 0 {
		return
	}
	o := w.plan[0]
	if !o.Creates {
		s, known := g.fold.Race(o.Race)
		if !known { // the gateway says itself that there is no such race
			return
		}
		o.Role = s.Role()
	}
	w.plan = w.plan[1:]
	g.send(o)
}

// network brings what was sent to the broker; on bad days it loses and doubles produce requests.
func (w *world) network(bad bool) {
	busy := []*member{}
	for _, m := range w.members {
		if len(m.out) > 0 && (m.dead || m.stopped <= w.step || w.r.IntN(50) == 0) {
			busy = append(busy, m)
		}
	}
	if len(busy) == 0 {
		return
	}
	m := busy[w.r.IntN(len(busy))]
	for n := 1 + w.r.IntN(4); n > 0 && len(m.out) > 0; n-- {
		o := m.out[0]
		m.out = m.out[1:]
		if o.frame != nil {
			w.telemetry = append(w.telemetry, *o.frame)
			o.landed(int64(len(w.telemetry) - 1))
			continue
		}
		if bad && !m.dead && w.r.IntN(60) == 0 {
			m.lost = true
			continue
		}
		w.log = append(w.log, o.entry)
		if bad && w.r.IntN(50) == 0 {
			w.log = append(w.log, o.entry)
		}
	}
}

// strike lets something bad happen to a process, mostly to one that has the partition.
func (w *world) strike() {
	m := w.members[w.r.IntN(len(w.members))]
	for range 3 {
		if !m.has {
			m = w.members[w.r.IntN(len(w.members))]
		}
	}
	switch w.r.IntN(10) {
	case 0, 1, 2: // kill -9: of what it had sent, a part arrives
		m.dead = true
		m.out = m.out[:w.r.IntN(len(m.out)+1)]
	case 3, 4: // SIGSTOP
		m.stopped = w.step + 50 + w.r.IntN(1500)
	case 5, 6, 7: // a zombie: deaf to the group, and for a while to the log
		m.deaf, m.blind = w.step+100+w.r.IntN(1200), w.step+w.r.IntN(500)
		w.assigned[m.role] = (m.slot + 1 + w.r.IntN(2)) % 3
		w.beat[m.role] = w.step
	default:
		w.assigned[m.role] = m.slot
	}
}

const (
	quietFrom = 6000
	stepsMax  = 60_000
)

// run lets the world go on until all is done, and returns what is wrong.
func (w *world) run() string {
	for w.step = 0; w.step < stepsMax && w.failure == ""; w.step++ {
		bad := w.step < quietFrom
		if bad && w.r.IntN(120) == 0 {
			w.strike()
		}
		for _, role := range []transport.Role{transport.Simulator, transport.Processor} {
			if w.step-w.beat[role] > 600 {
				w.assigned[role], w.beat[role] = w.r.IntN(3), w.step
			}
		}
		for _, m := range w.members {
			if m.dead && len(m.out) == 0 && w.r.IntN(50) == 0 {
				m.boot()
			}
		}
		switch k := w.r.IntN(100); {
		case k < 60:
			if m := w.members[w.r.IntN(len(w.members))]; !m.dead && m.stopped <= w.step {
				m.act()
			}
		case k < 80:
			w.network(bad)
		case k < 95:
			w.gateways[w.r.IntN(2)].act()
		default:
			w.client()
		}
		if !bad && w.step%100 == 0 && w.done() {
			return w.check()
		}
	}
	if w.failure == "" {
		w.fail("it does not end: %d commands wait, %d are to come", len(w.waiting), len(w.plan))
	}
	return w.failure
}

func (w *world) done() bool {
	if len(w.plan)+len(w.waiting) > 0 {
		return false
	}
	for _, m := range w.members {
		if len(m.out) > 0 {
			return false
		}
	}
	for _, g := range w.gateways {
		a, _ := g.fold.Race("A")
		b, _ := g.fold.Race("B")
		if int(g.fold.Next()) < len(w.log) || !a.Over || !b.Over {
			return false
		}
	}
	return true
}

// check reads the log by its own, without Fold: which batches count follows here from the claims alone.
func (w *world) check() string {
	type key struct {
		role  transport.Role
		epoch uint64
	}
	first := map[key]uint64{} // the owner of each epoch
	epoch := map[transport.Role]uint64{}
	count, field, over := map[race.ID]uint64{}, map[race.ID]uint64{}, map[race.ID]bool{}
	receipts, effects, tick := map[string]int{}, map[string]int{}, map[race.ID]int{}
	for _, e := range w.log {
		if e.Kind == transport.ClaimEntry {
			if e.Epoch == epoch[e.Role]+1 {
				epoch[e.Role] = e.Epoch
				first[key{e.Role, e.Epoch}] = e.Owner
			}
			continue
		}
		if e.Epoch != epoch[e.Role] || first[key{e.Role, e.Epoch}] != e.Owner {
			continue
		}
		if e.Kind == transport.ReceiptEntry {
			if receipts[e.Receipts[0].Command] == 0 {
				receipts[e.Receipts[0].Command] = 1
			}
			continue
		}
		simulates := e.Role == transport.Simulator
		if e.Count != count[e.Race]+1 || simulates != (e.Race != "X" && !over[e.Race]) {
			continue
		}
		count[e.Race] = e.Count
		var how made
		if err := json.Unmarshal(e.Body, &how); err != nil {
			return err.Error()
		}
		for _, id := range how.Inputs {
			effects[id]++
		}
		for _, r := range e.Receipts {
			receipts[r.Command]++
		}
		if !simulates {
			continue
		}
		if e.Count == 1 {
			field[e.Race] = hashOf("grid", e.Race)
		} else {
			tick[e.Race]++
			if e.Telemetry < 0 || w.telemetry[e.Telemetry] != (frame{e.Race, e.Count, e.Hash}) {
				w.fail("batch %d of race %s counts without its frame", e.Count, e.Race)
			}
			field[e.Race] = advance(field[e.Race], tick[e.Race], how.Inputs)
		}
		if field[e.Race] != e.Hash || how.Tick != tick[e.Race] && e.Count > 1 {
			w.fail("batch %d of race %s does not follow from those before", e.Count, e.Race)
		}
		over[e.Race] = e.Ends
	}
	for _, id := range []race.ID{"A", "B"} {
		if tick[id] != w.ticks || !over[id] {
			w.fail("race %s has %d ticks of %d", id, tick[id], w.ticks)
		}
	}
	for id, r := range w.answered {
		switch {
		case receipts[id] != 1:
			w.fail("%s has %d receipts", id, receipts[id])
		case r.Refusal == transport.NotRefused && effects[id] != 1:
			w.fail("%s took effect %d times", id, effects[id])
		case r.Refusal != transport.NotRefused && effects[id] != 0:
			w.fail("%s was refused and took effect", id)
		}
	}
	return w.failure
}
