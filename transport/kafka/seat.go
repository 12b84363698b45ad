package kafka

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// Snapshots of a simulated race: as much of it is made again at a takeover.
const (
	snapshotBatches = 100
	snapshotPause   = 2 * time.Second
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
	commands   bool  // they are being read
	next       int64 // command
	committed  int64
	dead       int  // dead letters on their way
	leaving    bool // nothing new is written
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
	orders   []Order // they wait until it has started
	late     []Order // they wait until its end was read back
	kept     uint64  // batch of the newest snapshot
	keptAt   time.Duration
	slot     int
}

// draft is a batch that becomes an entry once its telemetry is durable.
type draft struct {
	entry    *transport.Entry
	snapshot race.Snapshot
	durable  bool
}

// waitingOrder waits until the copy has applied the log below an offset.
type waitingOrder struct {
	offset int64
	Order
}

func newSeat(d *desk, role transport.Role) *seat {
	s := &seat{desk: d, role: role, jobs: newInbox(), committed: -1, runs: map[race.ID]*underway{}}
	s.owner = NewOwner(role, d.node.id+uint64(d.partition)<<32, d.fold, s)
	go s.jobs.work(d.node.done, nil)
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
				s.owner.Lost()
			})
		}
	})
}

// Activate is part of Port.
func (s *seat) Activate() {
	s.generation++
	s.desk.node.activations.Add(1)
	s.runs = map[race.ID]*underway{}
	if s.desk.past != nil && s.role == transport.Simulator {
		for id, h := range s.desk.past.races {
			s.restore(id, h)
		}
	}
	s.readCommands()
}

// Deactivate is part of Port.
func (s *seat) Deactivate() {
	s.generation++
	s.stopCommands()
	s.waiting, s.retry = nil, nil
	for id := range s.runs {
		s.end(id, nil)
	}
	s.runs = map[race.ID]*underway{}
}

// end ends what this process does for a race, then calls after at the desk.
func (s *seat) end(id race.ID, after func()) {
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
			s.desk.post(after)
		}
	})
}

// restore lets a race go on that another process, or an earlier generation, has made so far.
func (s *seat) restore(id race.ID, h *history) {
	state, _ := s.desk.fold.Race(id)
	r := &underway{last: state.Count, starting: true, kept: state.Count, slot: h.slot()}
	s.runs[id] = r
	if h.broken != nil {
		s.atDesk(func() { s.giveUp(id, h.broken.Error()) })
		return
	}
	info := h.info
	from, script := h.goOn()
	script = slices.Clone(script)
	s.begin(id, func() error { return s.desk.node.cfg.Simulations.Restore(info, from, script) })
}

// atDesk posts what is meant for this generation alone: Port may not call the owner.
func (s *seat) atDesk(f func()) {
	generation := s.generation
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
		err := start()
		s.desk.post(func() {
			r := s.runs[id]
			switch {
			case s.generation != generation || r == nil:
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
			s.desk.post(func() {
				if s.generation == generation && err != nil {
					s.refused(o, err)
				}
			})
		})
	}
}

// refused answers a command that a race did not take. A race that is over leaves it to the other role, once its end was read back.
func (s *seat) refused(o Order, err error) {
	r := s.runs[o.Race]
	state, _ := s.desk.fold.Race(o.Race)
	switch ending := r != nil && slices.ContainsFunc(r.making, func(m *draft) bool { return m.entry.Ends }); {
	case unknownOutcome(err):
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
	generation := s.generation
	s.end(o.Race, func() {
		if s.generation != generation {
			return
		}
		delete(s.runs, o.Race)
		s.final(o.Race, &transport.Entry{Deletes: true, Receipts: []transport.Receipt{{Command: o.ID}}}, "")
	})
}

// giveUp ends a race that cannot go on, and says so in the log.
func (s *seat) giveUp(id race.ID, reason string) {
	s.log().Error("a race is given up", slog.String("race", string(id)), slog.String("reason", reason))
	generation := s.generation
	s.end(id, func() {
		if s.generation == generation {
			delete(s.runs, id)
			s.final(id, &transport.Entry{Ends: true}, reason)
		}
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

// submit takes a batch of a race.
func (s *seat) submit(b *race.Batch, ack func(race.Ack)) {
	state, _ := s.desk.fold.Race(b.Race)
	r := s.runs[b.Race]
	if r == nil && s.role == transport.Processor && s.owner.Active() {
		count, _ := s.owner.Head(b.Race)
		r = &underway{last: count}
		s.runs[b.Race] = r
	}
	if r == nil || !s.owner.Active() || s.leaving {
		return // what was not accepted never happened
	}
	r.ack = ack
	switch {
	case b.Count <= state.Count:
		if s.role == transport.Simulator || s.desk.copying == nil || !s.desk.copying.awaits(b.Race, b.Count) {
			ack(race.Ack{Count: state.Count})
		}
	case b.Count <= r.last: // on its way
	case b.Count > r.last+1:
		ack(race.Ack{Count: state.Count, Resend: true})
	default:
		s.write(r, b)
	}
}

// write makes an entry of a batch, and sends it once its telemetry is durable.
func (s *seat) write(r *underway, b *race.Batch) {
	body, err := transport.Codec{}.Content(&transport.Content{Tick: b.Tick, Taken: b.Taken, Inputs: b.Inputs, Records: b.Records, Request: b.Request})
	if err == nil && len(body) > MessageBytesMax-1<<16 {
		err = fmt.Errorf("batch %d has %d bytes: allowed are %d", b.Count, len(body), MessageBytesMax-1<<16)
	}
	var telemetry []byte
	switch {
	case err != nil:
	case b.Frame != nil:
		telemetry, err = transport.Codec{}.Frame(b.Frame)
	case len(b.Samples) > 0:
		telemetry, err = transport.Codec{}.Samples(b.Samples)
	}
	if err != nil {
		r.ack(race.Ack{Refused: err})
		return
	}
	r.last = b.Count
	m := &draft{snapshot: b.Snapshot, durable: telemetry == nil, entry: &transport.Entry{
		Race: b.Race, Count: b.Count, Records: len(b.Records), Hash: b.Hash, Telemetry: -1, Body: body, Receipts: receiptsOf(b),
	}}
	for i := range b.Records {
		switch b.Records[i].Body.(type) {
		case race.Announced:
			m.entry.External = s.role == transport.Processor
		case race.Ended:
			m.entry.Ends = s.role == transport.Simulator
		default:
		}
	}
	if b.Count == 1 && r.created != "" {
		m.entry.Receipts = append(m.entry.Receipts, transport.Receipt{Command: r.created, Seq: 1})
	}
	r.making = append(r.making, m)
	if telemetry != nil {
		s.writeTelemetry(r, m, telemetry)
	}
	s.flush(r)
}

func (s *seat) writeTelemetry(r *underway, m *draft, data []byte) {
	generation := s.generation
	s.desk.node.produce(s.desk.node.topics.Telemetry, s.desk.partition, string(m.entry.Race), data, func(offset int64, err error) {
		s.desk.post(func() {
			switch {
			case s.generation != generation:
			case err != nil:
				s.writeTelemetry(r, m, data)
			default:
				m.entry.Telemetry, m.durable = offset, true
				s.flush(r)
			}
		})
	})
}

// flush sends the batches whose telemetry is durable, in order.
func (s *seat) flush(r *underway) {
	for len(r.making) > 0 && r.making[0].durable {
		m := r.making[0]
		r.making = r.making[1:]
		if m.snapshot != nil {
			r.fields = append(r.fields, race.Batch{Count: m.entry.Count, Hash: m.entry.Hash, Snapshot: m.snapshot})
		}
		if !s.owner.Submit(m.entry) {
			s.log().Error("a batch is out of order: it is not sent", slog.String("race", string(m.entry.Race)), slog.Uint64("batch", m.entry.Count))
			return
		}
		if m.entry.Ends {
			late := r.late
			r.late = nil
			for _, o := range late {
				s.owner.Again(o)
			}
		}
	}
}

func receiptsOf(b *race.Batch) (out []transport.Receipt) {
	for i := range b.Inputs {
		if in := &b.Inputs[i]; in.ID != "" {
			out = append(out, transport.Receipt{Command: in.ID, Seq: in.Seq, At: in.At})
		}
	}
	if q := b.Request; q != nil {
		r := transport.Receipt{Command: q.Key, Hash: q.Hash, Records: q.Records, Samples: q.Samples, Repeated: q.Repeated}
		if q.Records > 0 {
			r.Seq = q.First
		}
		out = append(out, r)
	}
	return out
}

// Accepted is part of Port: a batch was read back and counts.
func (s *seat) Accepted(e *transport.Entry) {
	r := s.runs[e.Race]
	if r == nil || s.role != transport.Simulator {
		return
	}
	if r.ack != nil {
		r.ack(race.Ack{Count: e.Count})
	}
	s.keepField(r, e)
	if e.Ends {
		s.forgetFields(e.Race)
		delete(s.runs, e.Race)
	}
}

// keepField writes the field after a batch that counts, now and then.
func (s *seat) keepField(r *underway, e *transport.Entry) {
	var newest *race.Batch
	for len(r.fields) > 0 && r.fields[0].Count <= e.Count {
		newest, r.fields = &r.fields[0], r.fields[1:]
	}
	now := s.desk.node.now()
	if newest == nil || newest.Count != e.Count || e.Ends || !s.leaving && (e.Count-r.kept < snapshotBatches || now-r.keptAt < snapshotPause) {
		return
	}
	r.kept, r.keptAt = e.Count, now
	seq := e.First - 1 + race.Seq(e.Records)
	slot := r.slot
	r.slot = (slot + 1) % fieldsKept
	data, err := newest.Snapshot.AppendBinary(nil)
	if err == nil {
		data, err = transport.Codec{}.Field(&transport.Field{Count: e.Count, Hash: e.Hash, Seq: seq, Snapshot: data})
	}
	if err != nil {
		s.log().Error("a snapshot cannot be written", slog.String("race", string(e.Race)), slog.Any("err", err))
		return
	}
	s.desk.node.produce(s.desk.node.topics.State, s.desk.partition, fieldKey(e.Race, slot), data, nil)
}

// forgetFields lets Kafka forget the fields of a race that is over.
func (s *seat) forgetFields(id race.ID) {
	for slot := range fieldsKept {
		s.desk.node.produce(s.desk.node.topics.State, s.desk.partition, fieldKey(id, slot), nil, nil)
	}
}

// stored says that the copy has stored batches of a race.
func (s *seat) stored(id race.ID, ack race.Ack) {
	if r := s.runs[id]; r != nil && r.ack != nil {
		r.ack(ack)
	}
}

// applied goes on with commands that waited for the copy.
func (s *seat) applied(to int64) {
	for len(s.waiting) > 0 && s.waiting[0].offset <= to {
		o := s.waiting[0].Order
		s.waiting = s.waiting[1:]
		s.report(o)
	}
}

// report hands over what was reported of a race.
func (s *seat) report(o Order) {
	c := o.Command.(*transport.Command)
	if c.Delete {
		s.delete(o)
		return
	}
	if s.runs[o.Race] == nil {
		count, _ := s.owner.Head(o.Race)
		s.runs[o.Race] = &underway{last: count}
	}
	in := *c.Report
	in.Key = o.ID // its receipt is that of the command
	generation := s.generation
	s.desk.node.cfg.Reports.Report(o.Race, &in, func(done race.Ingested, err error) {
		s.desk.post(func() {
			if s.generation == generation {
				s.reported(o, done, err)
			}
		})
	})
}

// reported answers a report that made no batch.
func (s *seat) reported(o Order, done race.Ingested, err error) {
	switch {
	case isBusy(err):
		s.retry = append(s.retry, o)
	case err == nil && !done.Again, unknownOutcome(err): // its receipt is in its batch, or it is not known
	case err == nil:
		s.owner.Refuse(&o, transport.NotRefused, "")
	default:
		s.refuse(o, err)
	}
}

func (s *seat) wake(now time.Duration) {
	s.owner.Wake(now)
	retry := s.retry
	s.retry = nil
	for _, o := range retry {
		s.report(o)
	}
	s.commit()
}

// readCommands begins with the oldest command that may lack a receipt.
func (s *seat) readCommands() {
	generation := s.generation
	s.jobs.post(func() {
		at, err := s.desk.node.committed(s.role, s.desk.partition)
		s.desk.post(func() {
			switch {
			case s.generation != generation:
			case err != nil:
				s.log().Warn("where to read commands is not known yet", slog.Any("err", err))
				s.readCommands()
			default:
				s.commands, s.next, s.committed = true, at, at
				s.desk.node.readCommands(s.role, s.desk.partition, at)
			}
		})
	})
}

func (s *seat) stopCommands() {
	if s.commands {
		s.commands = false
		s.desk.node.stopCommands(s.role, s.desk.partition)
	}
}

// takeCommands takes records of commands.
func (s *seat) takeCommands(records []*kgo.Record) {
	for _, r := range records {
		if !s.commands || r.Offset < s.next {
			continue
		}
		s.next = r.Offset + 1
		c, err := transport.Codec{}.DecodeCommand(r.Value)
		if err == nil {
			err = s.desk.node.belongs(c, s.desk.partition)
		}
		if err != nil {
			s.bury(r, err)
			s.owner.Command(r.Offset, nil)
			continue
		}
		s.owner.Command(r.Offset, &Order{
			ID: c.ID, Race: c.Race, Role: c.Role, Seen: c.Seen, Command: c, Creates: c.Create != nil || c.Report != nil && c.Report.New,
		})
	}
}

// bury writes a command that cannot be read to the topic of dead letters. Simulators do it: one of the roles is enough.
func (s *seat) bury(r *kgo.Record, why error) {
	s.log().Warn("a command cannot be read", slog.Int64("offset", r.Offset), slog.Any("err", why))
	if s.role != transport.Simulator {
		return
	}
	s.dead++
	s.desk.node.bury(r, why, func() { s.desk.post(func() { s.dead-- }) })
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
	s.leaving = true
	return !s.owner.Active() || s.owner.Settled()
}
