package kafka

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"lightsout/race"
	"lightsout/transport"
)

// seat is one role at one partition: it writes the partition while Kafka gives it to this process.
type seat struct {
	desk  *desk
	role  transport.Role
	owner *Owner
	// generation tells what was begun under an earlier claim.
	generation int
	runs       map[race.ID]*underway
	jobs       *inbox // what blocks, one after another
	waiting    []waitingOrder
	retry      []Order
	foreign    map[string][]*foreign // commands of other programs without a receipt
	commands   bool                  // they are being read
	next       int64                 // command
	committed  int64
	dead       int      // dead letters on their way
	lost       bool     // an entry may not have arrived
	again      []func() // telemetry that did not arrive
	leaving    bool     // nothing new is written
	assigned   bool
}

// underway is a race that is written here.
type underway struct {
	ack      func(race.Ack)
	last     uint64       // newest batch that was submitted
	making   []*draft     // whose telemetry may not be durable yet, oldest first
	fields   []race.Batch // sent, with their snapshots
	created  string       // the command that made it
	starting bool
	open     bool    // its actors are those of this generation
	orders   []Order // they wait until it has started
	reports  []pendingReport
	out      int // reports that were handed over and have no answer
	itemsOut int
	late     []Order // they wait until its end was read back
	kept     uint64  // batch of the newest snapshot
	keptAt   time.Duration
	slot     int
}

// waitingOrder waits until the copy has applied the log below an offset.
type waitingOrder struct {
	offset int64
	Order
}

func newSeat(d *desk, role transport.Role) *seat {
	s := &seat{desk: d, role: role, jobs: newInbox(), committed: -1, runs: map[race.ID]*underway{}, foreign: map[string][]*foreign{}}
	s.owner = NewOwner(role, d.node.id+uint64(d.partition)<<32, d.fold, s)
	go s.jobs.work(d.node.done, nil, nil)
	return s
}

func (s *seat) log() *slog.Logger {
	return s.desk.node.log.With(slog.String("role", s.role.String()), slog.Int("partition", int(s.desk.partition)))
}

// Produce is part of Port.
func (s *seat) Produce(e *transport.Entry) {
	data, err := transport.Codec{}.Entry(e)
	if err != nil {
		panic(err) // it is numbers, text and bytes
	}
	s.desk.node.produce(s.desk.node.topics.Log, s.desk.partition, string(e.Race), data, func(_ int64, err error) {
		if err != nil {
			s.desk.post(func() {
				s.log().Warn("an entry may not have arrived: it is sent again", slog.String("race", string(e.Race)), slog.Any("err", err))
				s.lost = true
			})
		}
	})
}

// Activate is part of Port.
func (s *seat) Activate() {
	s.generation++
	s.desk.node.activations.Add(1)
	s.desk.node.groups[s.role].claimed(s.desk.partition, true)
	s.runs = map[race.ID]*underway{}
	if s.desk.past != nil && s.role == transport.Simulator {
		for id, h := range s.desk.past.races {
			s.restore(id, h)
		}
	}
	s.readCommands()
	if p := s.publishing(); p != nil {
		p.begin()
	}
}

// publishing is what follows from the batches of the partition, of a seat that publishes it; else nil.
func (s *seat) publishing() *publishing {
	if s.role != transport.Processor {
		return nil
	}
	return s.desk.publishing
}

// Deactivate is part of Port.
func (s *seat) Deactivate() {
	if p := s.publishing(); p != nil {
		p.stop()
	}
	s.generation++
	s.desk.node.groups[s.role].claimed(s.desk.partition, false)
	s.stopCommands()
	s.lost, s.again = false, nil
	s.waiting, s.retry, s.foreign = nil, nil, map[string][]*foreign{}
	for id := range s.runs {
		s.end(id, nil)
	}
	s.runs = map[race.ID]*underway{}
}

// end ends what this process does for a race, then calls after at the desk, if that is still this generation.
func (s *seat) end(id race.ID, after func()) {
	generation := s.generation
	s.jobs.post(func() {
		var err error
		if s.role == transport.Simulator {
			err = s.desk.node.cfg.Simulations.Drop(id)
		} else {
			err = s.desk.node.cfg.Reports.End(id)
		}
		if err != nil {
			s.log().Error("a race does not end here", slog.String("race", string(id)), slog.Any("err", err))
		}
		if after != nil {
			s.atDeskOf(generation, after)
		}
	})
}

// restore lets a race go on that another process, or an earlier generation, has made so far.
func (s *seat) restore(id race.ID, h *history) {
	state, _ := s.desk.fold.Race(id)
	r := &underway{last: state.Count, starting: true, kept: state.Count, slot: h.slot()}
	s.runs[id] = r
	if h.broken != nil { // another version may: only this process cannot go on with it
		s.desk.node.cannot(id, h.broken)
		return
	}
	info := h.info
	from, script := h.goOn()
	script = slices.Clone(script)
	s.begin(id, func() error { return s.desk.node.cfg.Simulations.Restore(info, from, script) })
}

// atDesk posts what is meant for this generation alone: Port may not call the owner.
func (s *seat) atDesk(f func()) { s.atDeskOf(s.generation, f) }

func (s *seat) atDeskOf(generation int, f func()) {
	s.desk.post(func() {
		if s.generation == generation {
			f()
		}
	})
}

// begin starts a race, then hands it the commands that waited.
func (s *seat) begin(id race.ID, start func() error) {
	generation := s.generation
	s.jobs.post(func() {
		s.atDeskOf(generation, func() { // actors of an earlier generation have ended
			if r := s.runs[id]; r != nil {
				r.open = true
			}
		})
		err := start()
		s.atDeskOf(generation, func() {
			r := s.runs[id]
			switch {
			case r == nil:
			case err != nil && r.created != "" && r.last == 0:
				s.refuse(Order{ID: r.created, Race: id}, err)
				delete(s.runs, id)
			case err != nil:
				s.giveUp(id, err.Error())
			default:
				r.starting = false
				orders := r.orders
				r.orders = nil
				for _, o := range orders {
					s.Run(o)
				}
			}
		})
	})
}

// Run is part of Port.
func (s *seat) Run(o Order) {
	if s.role == transport.Processor {
		s.waiting = append(s.waiting, waitingOrder{s.desk.fold.Next(), o})
		s.desk.post(s.desk.applied)
		return
	}
	c := o.Command.(*transport.Command)
	r := s.runs[o.Race]
	switch {
	case c.Create != nil:
		s.runs[o.Race] = &underway{created: o.ID, starting: true}
		s.begin(o.Race, func() error { return s.desk.node.cfg.Simulations.Create(c.Create) })
	case r == nil:
		s.atDesk(func() { s.owner.Refuse(&o, transport.NotFound, "there is no such race here") })
	case r.starting:
		r.orders = append(r.orders, o)
	case c.Delete:
		s.delete(o)
	default:
		generation := s.generation
		s.desk.node.cfg.Simulations.Command(c, func(err error) {
			if err != nil {
				s.atDeskOf(generation, func() { s.refused(o, err) })
			}
		})
	}
}

// refused answers a command that a race did not take. A race that is over leaves it to the other role, once its end was read back.
func (s *seat) refused(o Order, err error) {
	r := s.runs[o.Race]
	state, _ := s.desk.fold.Race(o.Race)
	switch ending := r != nil && slices.ContainsFunc(r.making, func(m *draft) bool { return m.entry.Ends }); {
	case unknownOutcome(err):
		if r == nil || state.Over || state.Deleted { // nobody will answer it any more
			s.owner.Again(o)
		}
	case ending:
		r.late = append(r.late, o)
	case state.Over || s.owner.ending(o.Race):
		s.owner.Again(o)
	default:
		s.refuse(o, err)
	}
}

func (s *seat) refuse(o Order, err error) {
	s.owner.Refuse(&o, refusalOf(err), err.Error())
}

// delete ends a race and writes that it is deleted.
func (s *seat) delete(o Order) {
	s.end(o.Race, func() {
		delete(s.runs, o.Race)
		s.final(o.Race, &transport.Entry{Deletes: true, Receipts: []transport.Receipt{{Command: o.ID}}}, "")
	})
}

// failed gives up a race whose simulation cannot go on. One that was never announced has no place in the log: its order is refused.
func (s *seat) failed(id race.ID, reason string) {
	r := s.runs[id]
	if r.created == "" || r.last > 0 {
		s.giveUp(id, reason)
		return
	}
	if !r.starting { // else begin answers
		s.refuse(Order{ID: r.created, Race: id}, errors.New(reason))
		s.end(id, nil)
		delete(s.runs, id)
	}
}

// giveUp ends a race that cannot go on, and says so in the log.
func (s *seat) giveUp(id race.ID, reason string) {
	s.log().Error("a race is given up", slog.String("race", string(id)), slog.String("reason", reason))
	s.end(id, func() {
		delete(s.runs, id)
		s.final(id, &transport.Entry{Ends: true}, reason)
	})
}

// final submits an entry that no simulation makes.
func (s *seat) final(id race.ID, e *transport.Entry, failed string) {
	body, err := transport.Codec{}.Content(&transport.Content{Failed: failed})
	if err != nil {
		panic(err) // it is text
	}
	count, _ := s.owner.Head(id)
	e.Race, e.Count, e.Body, e.Telemetry = id, count+1, body, -1
	s.owner.Submit(e)
}

func (s *seat) wake(now time.Duration) {
	s.owner.Wake(now)
	if s.lost {
		s.lost = false
		s.owner.Lost()
	}
	again := s.again
	s.again = nil
	for _, f := range again {
		f()
	}
	retry := s.retry
	s.retry = nil
	for _, o := range retry {
		s.report(o)
	}
	if s.role == transport.Simulator && s.owner.Active() {
		s.desk.keepCheckpoint(now, false)
	}
	s.commit()
}

// commit tells Kafka below which command all have their receipt.
func (s *seat) commit() {
	if at := s.committable(); at > s.committed && !s.leaving {
		s.committed = at
		s.desk.node.groups[s.role].commit(s.desk.partition, at)
	}
}

// committable is the offset below which all commands have their receipt; -1 if that is not known.
func (s *seat) committable() int64 {
	if !s.owner.Active() || !s.commands || s.dead > 0 {
		return -1
	}
	if at := s.owner.Committable(); at > 0 {
		return at
	}
	return -1
}

// assign and revoke follow the group. revoke returns what is to be committed, or -1.
func (s *seat) assign() {
	s.assigned, s.leaving = true, false
	s.owner.Assign(s.desk.node.now())
}

func (s *seat) revoke() (at int64) {
	at = -1
	if s.assigned {
		at = s.committable()
		s.assigned, s.leaving = false, false
		s.owner.Revoke()
	}
	return at
}

// leave stops writing, so that what was sent can be read back before the partition goes to another process.
func (s *seat) leave() (settled bool) {
	if s.leaving = true; s.role == transport.Simulator && s.owner.Active() && s.owner.Settled() {
		s.desk.keepCheckpoint(s.desk.node.now(), true)
	}
	published := s.publishing() == nil || len(s.publishing().list) == 0
	return !s.owner.Active() || s.owner.Settled() && published && !s.desk.checkpoints.underway
}
