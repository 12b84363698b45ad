package kafka

import (
	"lightsout/race"
	"lightsout/transport"
)

// Verdict says what a reader makes of an entry.
type Verdict uint8

// Verdicts. An entry that is void changes nothing.
const (
	Counts     Verdict = iota
	Unreadable         // void: no envelope, or a kind that is not known
	NotNext            // void: a claim whose epoch is not the next one
	Fenced             // void: not written under the claim in force
	WrongRole          // void: its role does not write to this race now
	Repeated           // void: its race has this batch, or its command this receipt
	Gap                // void: a batch before it is missing
	Deleted            // void: its race was deleted
	verdicts
)

var verdictNames = [verdicts]string{"counts", "unreadable", "not_next", "fenced", "wrong_role", "repeated", "gap", "deleted"}

// String is the name of the verdict in metrics.
func (v Verdict) String() string { return verdictNames[v] }

// receiptsKept bounds the receipts that a partition remembers, newest first.
const receiptsKept = 100_000

// Claim is who writes a partition in one role.
type Claim struct{ Epoch, Owner uint64 }

// State is how far a race has come.
type State struct {
	External, Over, Deleted bool
	Count                   uint64
	Seq                     race.Seq
}

// Role is who writes to the race now.
func (s *State) Role() transport.Role {
	if s.External || s.Over {
		return transport.Processor
	}
	return transport.Simulator
}

// Fold is what every reader makes of a partition of the log: which entries count. It depends on nothing else, so that all readers agree.
type Fold struct {
	next     int64 // offset
	claims   map[transport.Role]Claim
	races    map[race.ID]*State
	receipts map[string]transport.Receipt
	order    []string // of receipts, oldest first
	void     [verdicts]int64
	off      rule
}

// NewFold is the fold of an empty partition.
func NewFold() *Fold {
	return &Fold{claims: map[transport.Role]Claim{}, races: map[race.ID]*State{}, receipts: map[string]transport.Receipt{}}
}

// Next is the offset after the newest entry.
func (f *Fold) Next() int64 { return f.next }

// Void counts entries by verdict; what counts is not in it.
func (f *Fold) Void(v Verdict) int64 { return f.void[v] }

// Claim is the claim in force of a role.
func (f *Fold) Claim(r transport.Role) Claim { return f.claims[r] }

// Race is how far a race has come.
func (f *Fold) Race(id race.ID) (State, bool) {
	if s := f.races[id]; s != nil {
		return *s, true
	}
	return State{}, false
}

// Receipt is the receipt of a command.
func (f *Fold) Receipt(command string) (transport.Receipt, bool) {
	r, known := f.receipts[command]
	return r, known
}

// Take folds the entry at an offset, which is above those before; nil is an entry without a readable envelope.
func (f *Fold) Take(offset int64, e *transport.Entry) Verdict {
	f.next = offset + 1
	v := f.judge(e)
	if v != Counts {
		f.void[v]++
		return v
	}
	switch e.Kind {
	case transport.ClaimEntry:
		f.claims[e.Role] = Claim{e.Epoch, e.Owner}
	case transport.BatchEntry:
		f.batch(e)
	case transport.ReceiptEntry:
	}
	for _, r := range e.Receipts {
		f.receipt(r)
	}
	return v
}

func (f *Fold) judge(e *transport.Entry) Verdict {
	if e == nil || e.Kind < transport.ClaimEntry || e.Kind > transport.ReceiptEntry {
		return Unreadable
	}
	inForce := f.claims[e.Role]
	if e.Kind == transport.ClaimEntry {
		if e.Epoch != inForce.Epoch+1 && !f.off.has(epochStep) {
			return NotNext
		}
		return Counts
	}
	if (Claim{e.Epoch, e.Owner}) != inForce && !f.off.has(fence) {
		return Fenced
	}
	if e.Kind == transport.BatchEntry {
		return f.judgeBatch(e)
	}
	for _, r := range e.Receipts {
		if _, known := f.receipts[r.Command]; known {
			return Repeated
		}
	}
	return Counts
}

func (f *Fold) judgeBatch(e *transport.Entry) Verdict {
	switch s := f.raceOf(e); {
	case s.Deleted:
		return Deleted
	case e.Role != s.Role() && !f.off.has(roleOfRace):
		return WrongRole
	case f.off.has(count):
	case e.Count <= s.Count:
		return Repeated
	case e.Count > s.Count+1 || e.First != s.Seq+1:
		return Gap
	}
	return Counts
}

// raceOf is the race of a batch, which may open it.
func (f *Fold) raceOf(e *transport.Entry) *State {
	if s := f.races[e.Race]; s != nil {
		return s
	}
	return &State{External: e.External}
}

func (f *Fold) batch(e *transport.Entry) {
	s := f.raceOf(e)
	f.races[e.Race] = s
	s.Count = e.Count
	s.Seq += race.Seq(e.Records)
	s.Over = s.Over || e.Ends
	s.Deleted = s.Deleted || e.Deletes
}

// receipt keeps the first receipt of a command.
func (f *Fold) receipt(r transport.Receipt) {
	if _, known := f.receipts[r.Command]; known || r.Command == "" {
		return
	}
	f.receipts[r.Command] = r
	f.order = append(f.order, r.Command)
	if len(f.order) > receiptsKept {
		delete(f.receipts, f.order[0])
		f.order = f.order[1:]
	}
}
