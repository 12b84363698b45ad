package kafka

import (
	"slices"
	"time"

	"lightsout/race"
	"lightsout/transport"
)

// Pauses of an owner.
const (
	claimPatience = 2 * time.Second        // before a claim that was not read back is made again
	fencedPause   = 700 * time.Millisecond // before a fenced owner that still has its partition claims again
)

// Order is a command as its owner reads it.
type Order struct {
	ID   string
	Race race.ID
	Role transport.Role
	// Seen is the offset of the log up to which the sender had folded.
	Seen int64
	// Creates is set if the command makes a race.
	Creates bool
	Command any
}

// Port is what an owner asks of its process. Its methods do not call the owner.
type Port interface {
	// Produce appends an entry to the partition; if it fails, Owner.Lost is called.
	Produce(e *transport.Entry)
	// Activate says that the partition is the owner's and that the fold is at its claim: races go on from there, and commands are read from
	// the committed offset. Deactivate takes that back: what was not accepted never happened.
	Activate()
	Deactivate()
	// Run does a command: its receipt comes by Submit or Refuse.
	Run(o Order)
	// Accepted says that a batch was read back and counts.
	Accepted(e *transport.Entry)
}

type ownerState uint8

const (
	unassigned ownerState = iota // the group gave the partition to somebody else
	claiming                     // a claim is on its way
	fenced                       // another claim is in force
	active
)

// Owner writes a partition of the log in one role, as long as its claim is in force. It is called by one goroutine at a time, and Folded after
// each entry that its fold took. Times are those of any clock that does not go back.
type Owner struct {
	role transport.Role
	id   uint64
	fold *Fold
	port Port

	state  ownerState
	epoch  uint64 // of the claim in force, while active
	nonce  uint64 // of the newest claim
	until  time.Duration
	sent   []*transport.Entry // and not read back, oldest first
	heads  map[race.ID]head
	queue  []queued // commands that wait for the fold
	read   int64    // offset after the newest command
	taken  map[string]bool
	open   []queued // commands without a receipt that was read back, by offset
	claims uint64
	off    rule
}

// head is how far a race has come with what was sent.
type head struct {
	count uint64
	seq   race.Seq
}

type queued struct {
	offset int64
	Order
}

// NewOwner makes the owner of a partition, which it does not have yet. id is random.
func NewOwner(role transport.Role, id uint64, fold *Fold, port Port) *Owner {
	return &Owner{role: role, id: id, fold: fold, port: port}
}

// Assign says that the group gave the partition to this process.
func (o *Owner) Assign(now time.Duration) {
	if o.state == unassigned {
		o.claim(now)
	}
}

// Revoke says that the group took the partition away.
func (o *Owner) Revoke() { o.become(unassigned) }

// Settled reports whether all that was sent was read back.
func (o *Owner) Settled() bool { return len(o.sent) == 0 }

// Active reports whether the owner's claim is in force.
func (o *Owner) Active() bool { return o.state == active }

func (o *Owner) become(s ownerState) {
	was := o.state
	o.state = s
	o.sent, o.heads, o.queue, o.taken, o.open = nil, map[race.ID]head{}, nil, map[string]bool{}, nil
	if was == active {
		o.port.Deactivate()
	}
}

func (o *Owner) claim(now time.Duration) {
	o.become(claiming)
	o.claims++
	o.nonce, o.until = o.id+o.claims, now+claimPatience
	epoch := o.fold.Claim(o.role).Epoch + 1
	o.port.Produce(&transport.Entry{
		Kind: transport.ClaimEntry, Role: o.role, Epoch: epoch, Owner: o.id, Hash: o.nonce, Telemetry: -1,
	})
	if o.off.has(readOwn) {
		o.activate(epoch)
	}
}

func (o *Owner) activate(epoch uint64) {
	o.become(active)
	o.epoch, o.read = epoch, 0
	o.port.Activate()
}

// Wake lets time pass.
func (o *Owner) Wake(now time.Duration) {
	switch {
	case o.state == claiming && now >= o.until:
		o.claim(now)
	case o.state == fenced && now >= o.until && !o.off.has(reclaim):
		o.claim(now)
	}
}

// Folded says that the fold took an entry.
func (o *Owner) Folded(e *transport.Entry, v Verdict, now time.Duration) {
	if o.state == unassigned || e == nil {
		return
	}
	switch own := e.Owner == o.id && e.Role == o.role; {
	case e.Kind == transport.ClaimEntry:
		o.claimed(e, v, own, now)
	case own && o.state == active && e.Epoch == o.epoch && (v == Counts || v == Repeated):
		o.readBack(e, v)
	}
	o.pump()
}

func (o *Owner) claimed(e *transport.Entry, v Verdict, own bool, now time.Duration) {
	switch {
	case e.Role != o.role:
	case v == Counts && own: // a late one, too: what was sent under another is void
		if !o.off.has(readOwn) {
			o.activate(e.Epoch)
		}
	case v == Counts, own && o.state == claiming && e.Hash == o.nonce:
		o.become(fenced)
		o.until = now + fencedPause
	}
}

// readBack forgets what was sent; of a batch that was sent twice the second one is void.
func (o *Owner) readBack(e *transport.Entry, v Verdict) {
	at := slices.IndexFunc(o.sent, func(s *transport.Entry) bool { return same(s, e) })
	switch {
	case at == 0: // nearly always: what was sent first is read first
		o.sent[0], o.sent = nil, o.sent[1:]
	case at > 0:
		o.sent = slices.Delete(o.sent, at, at+1)
	}
	for _, r := range e.Receipts {
		delete(o.taken, r.Command)
	}
	if at >= 0 && v == Counts && e.Kind == transport.BatchEntry {
		o.port.Accepted(e)
	}
}

func same(a, b *transport.Entry) bool {
	if a.Kind != b.Kind || a.Race != b.Race || a.Count != b.Count {
		return false
	}
	return a.Kind == transport.BatchEntry || a.Receipts[0].Command == b.Receipts[0].Command
}

// Lost says that an entry which was produced may not have arrived: all that was not read back is sent again.
func (o *Owner) Lost() {
	if o.off.has(resend) {
		return
	}
	for _, e := range o.sent {
		o.port.Produce(e)
	}
}

// Head is how far a race has come with what was sent: the next batch has the next count.
func (o *Owner) Head(id race.ID) (uint64, race.Seq) {
	if h, ok := o.heads[id]; ok {
		return h.count, h.seq
	}
	s, _ := o.fold.Race(id)
	return s.Count, s.Seq
}

// Submit sends a batch, whose Count follows on Head. It returns false if the partition is no longer the owner's.
func (o *Owner) Submit(e *transport.Entry) bool {
	if o.state != active {
		return false
	}
	count, seq := o.Head(e.Race)
	if e.Count != count+1 {
		return false
	}
	e.Kind, e.Role, e.Epoch, e.Owner, e.First = transport.BatchEntry, o.role, o.epoch, o.id, seq+1
	o.heads[e.Race] = head{e.Count, seq + race.Seq(e.Records)}
	o.send(e)
	return true
}

// Refuse answers a command that makes no batch.
func (o *Owner) Refuse(of *Order, why transport.Refusal, reason string) {
	if o.state != active {
		return
	}
	o.send(&transport.Entry{
		Kind: transport.ReceiptEntry, Role: o.role, Epoch: o.epoch, Owner: o.id, Race: of.Race, Telemetry: -1,
		Receipts: []transport.Receipt{{Command: of.ID, Refusal: why, Reason: reason}},
	})
}

func (o *Owner) send(e *transport.Entry) {
	o.sent = append(o.sent, e)
	o.port.Produce(e)
}

// Command takes the next command of the partition. Those for other roles are passed over.
func (o *Owner) Command(offset int64, c *Order) {
	if o.state != active {
		return
	}
	o.read = offset + 1
	if c == nil || c.Role != o.role {
		return
	}
	q := queued{offset, *c}
	o.open = append(o.open, q)
	o.queue = append(o.queue, q)
	o.pump()
}

// Again takes a command that Run was given and that came too late for its race: it is judged once more.
func (o *Owner) Again(c Order) {
	if o.state == active && o.taken[c.ID] {
		delete(o.taken, c.ID)
		o.queue = slices.Insert(o.queue, 0, queued{Order: c})
		o.pump()
	}
}

// Committable is the offset below which every command has a receipt that was read back.
func (o *Owner) Committable() int64 {
	if o.off.has(lowWater) {
		return o.read
	}
	for len(o.open) > 0 {
		if _, done := o.fold.Receipt(o.open[0].ID); !done {
			return o.open[0].offset
		}
		o.open = o.open[1:]
	}
	return o.read
}

// pump judges the commands that wait, in order, as far as the fold allows.
func (o *Owner) pump() {
	for o.state == active && len(o.queue) > 0 && o.judge(&o.queue[0].Order) {
		o.queue = o.queue[1:]
	}
}

// judge runs or refuses a command; false means that the fold must come further first.
func (o *Owner) judge(c *Order) bool {
	if o.fold.Next() < c.Seen && !o.off.has(seen) {
		return false
	}
	if _, done := o.fold.Receipt(c.ID); (done || o.taken[c.ID]) && !o.off.has(ids) {
		return true
	}
	s, known := o.fold.Race(c.Race)
	refuse := func(why transport.Refusal, reason string) bool {
		o.taken[c.ID] = true
		o.Refuse(c, why, reason)
		return true
	}
	switch {
	case !known && o.creating(c), o.ending(c.Race) && !o.off.has(overRead):
		return false
	case c.Creates && known:
		return refuse(transport.Exists, "a race of this id exists or existed")
	case c.Creates:
	case !known, s.Deleted:
		return refuse(transport.NotFound, "there is no such race")
	case s.Role() == o.role, o.off.has(roleOfRace):
	case o.role == transport.Simulator:
		return refuse(transport.Over, "the race is over")
	default:
		return refuse(transport.Running, "the simulation runs")
	}
	o.taken[c.ID] = true
	o.port.Run(*c)
	return true
}

// creating reports whether a command before this one makes its race and has no receipt yet.
func (o *Owner) creating(c *Order) bool {
	return slices.ContainsFunc(o.open, func(q queued) bool {
		return q.Creates && q.Race == c.Race && q.ID != c.ID && o.taken[q.ID]
	})
}

// ending reports whether a batch that ends or deletes a race was sent and not read back.
func (o *Owner) ending(id race.ID) bool {
	return slices.ContainsFunc(o.sent, func(e *transport.Entry) bool { return e.Race == id && (e.Ends || e.Deletes) })
}
