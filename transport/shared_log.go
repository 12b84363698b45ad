package transport

import (
	"math"

	"lightsout/race"
)

// Role is who writes to a shared log.
type Role uint8

// Roles that write. Simulators write simulated races up to their end, processors write external races and every race after its end.
const (
	Simulator Role = 1
	Processor Role = 2
)

// String is the name of the role in messages.
func (r Role) String() string {
	switch r {
	case Simulator:
		return "simulator"
	case Processor:
		return "processor"
	}
	return "no role"
}

// EntryKind says what an entry of a shared log is.
type EntryKind uint8

// Kinds of entry.
const (
	ClaimEntry   EntryKind = 1 // Owner takes a partition in its role; Hash tells its claims apart
	BatchEntry   EntryKind = 2 // a batch of a race
	ReceiptEntry EntryKind = 3 // the receipt of a command that made no batch
)

// Entry is a message of a shared log. All but Body is its envelope, which a reader of any version understands.
type Entry struct {
	Kind  EntryKind
	Role  Role
	Epoch uint64
	Owner uint64
	Race  race.ID
	// Count and First number the batch and its first record; Records is how many there are.
	Count   uint64
	First   race.Seq
	Records int
	Hash    uint64
	// External is set if the batch opens an external race, Ends if it ends a race, Deletes if it deletes it.
	External, Ends, Deletes bool
	// Telemetry is the offset of the batch's frame or samples in the topic of telemetry; -1 if it has none. They are durable before it is.
	Telemetry int64
	Receipts  []Receipt
	Body      []byte
}

// Receipt is the outcome of a command. Each command has exactly one.
type Receipt struct {
	Command string
	// Refusal is NotRefused if it was done.
	Refusal Refusal
	Reason  string
	// Seq is the first record that followed, 0 if none did; At is its race time.
	Seq race.Seq
	At  race.Micros
	// Hash, Records, Samples and Repeated are those of a race.Request.
	Hash                       uint64
	Records, Samples, Repeated int
}

// Refusal says why a command was not done.
type Refusal uint8

// Refusals.
const (
	NotRefused Refusal = iota
	NotFound           // there is no such race, or it was deleted
	Exists             // a race of this id exists or existed
	Over               // the race is over: the processor takes commands for it
	Running            // the simulation runs: the simulator takes commands for it
	Conflict
	KeyReused
	Busy
	Invalid
	refusals
)

// entryItems are the items of every entry.
const entryItems = 15

// Entry is an entry of a shared log.
func (Codec) Entry(e *Entry) ([]byte, error) {
	w := newWriter()
	w.head(typeEntry, entryItems)
	w.int(int64(e.Kind))
	w.int(int64(e.Role))
	w.uint(e.Epoch)
	w.uint(e.Owner)
	w.str(string(e.Race))
	w.uint(e.Count)
	w.uint(uint64(e.First))
	w.int(int64(e.Records))
	w.uint(e.Hash)
	w.bool(e.External)
	w.bool(e.Ends)
	w.bool(e.Deletes)
	w.int(e.Telemetry)
	w.array(len(e.Receipts))
	for i := range e.Receipts {
		w.receipt(&e.Receipts[i])
	}
	w.bytes(e.Body)
	return w.done("an entry of a shared log")
}

func (w *writer) receipt(r *Receipt) {
	w.array(9)
	w.str(r.Command)
	w.int(int64(r.Refusal))
	w.str(r.Reason)
	w.uint(uint64(r.Seq))
	w.int(int64(r.At))
	w.uint(r.Hash)
	w.int(int64(r.Records))
	w.int(int64(r.Samples))
	w.int(int64(r.Repeated))
}

// DecodeEntry reads an entry message. Its Body is a part of the data, all else is given.
func (Codec) DecodeEntry(data []byte) (*Entry, error) {
	return decodeAs[*Entry](data, "an entry of a shared log")
}

func (r *reader) sharedEntry(n int) *Entry {
	r.want(n, entryItems+2)
	e := &Entry{
		Kind: EntryKind(r.intIn("kind", 1, 255)), Role: Role(r.intIn("role", 1, 2)), Epoch: r.uint("epoch"), Owner: r.uint("owner"),
		Race: race.ID(r.str("race")), Count: r.uint("count"), First: race.Seq(r.uint("first_seq")),
		Records: int(r.intIn("records", 0, itemsMax)), Hash: r.uint("hash"),
		External: r.bool("external"), Ends: r.bool("ends"), Deletes: r.bool("deletes"),
		Telemetry: r.intIn("telemetry", -1, math.MaxInt64),
	}
	r.list("receipts", func(int) { e.Receipts = append(e.Receipts, r.receipt()) })
	if e.Body = r.text("body", blockMax); e.Body == nil && r.err == nil {
		e.Body = []byte{}
	}
	return e
}

func (r *reader) receipt() (v Receipt) {
	r.tuple("receipt", 9, func() {
		v = Receipt{
			Command: r.str("command"), Refusal: enum[Refusal](r, "refusal", int(refusals)), Reason: r.str("reason"),
			Seq: race.Seq(r.uint("seq")), At: race.Micros(r.int("at_us")), Hash: r.uint("hash"),
			Records: int(r.intIn("records", 0, itemsMax)), Samples: int(r.intIn("samples", 0, itemsMax)),
			Repeated: int(r.intIn("repeated", 0, itemsMax)),
		}
	})
	return v
}
