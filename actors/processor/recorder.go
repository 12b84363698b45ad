package processor

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// ErrRepeatDiffers says that a producer sent a batch again with other records: its race is not deterministic.
var ErrRepeatDiffers = errors.New("a batch was sent again with other records")

// hashesKept is how many batches back a repeat is compared.
const hashesKept = 512

// recorder is the only one that numbers a race's records. It knows how far the journal has come and nothing else:
// producers send again what a dead incarnation had in hand.
type recorder struct {
	journal Journal
	id      race.ID
	log     *slog.Logger
	life    life

	loaded  bool
	seq     race.Seq
	count   uint64 // of the newest batch handed to the journal
	applied uint64
	known   race.Seq // what follows from the records up to there was handed to the journal
	asked   bool     // for what is missing
	ack     func(race.Ack)
	early   []Submit
	head    *race.Race // of the log; nil: none was announced when this incarnation began
	taken   error      // set where a producer announced another race than the log is of
	hashes  [hashesKept]uint64
}

// recorderMemory is what the next incarnation needs: who is to be told, how far, and whether its race is another's.
type recorderMemory struct {
	ack     func(race.Ack)
	applied uint64
	taken   error
}

// Receive takes batches, what the journal says of them, and what the Timekeeper made of them.
func (r *recorder) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		r.begin(c)
	case loaded:
		r.position(c, msg)
	case retry:
		r.load(c)
	case Submit:
		r.submit(c, msg)
	case committed:
		c.Send(c.Parent(), msg)
	case refused:
		r.log.Error("the journal refused a batch", slog.String("race", string(r.id)), slog.Any("err", msg.err))
		r.tell(race.Ack{Count: r.applied, Refused: msg.err})
	case applied:
		r.acknowledge(c, msg)
	}
}

func (r *recorder) begin(c supervise.Context) {
	if kept, ok := c.Kept().(recorderMemory); ok {
		r.ack, r.applied, r.taken = kept.ack, kept.applied, kept.taken
	}
	r.load(c)
}

func (r *recorder) load(c supervise.Context) {
	self, life := c.Self(), r.life
	r.journal.Load(r.id, func(p race.Position, err error) { self(loaded{life, p, err}) })
}

func (r *recorder) position(c supervise.Context, msg loaded) {
	if msg.life != r.life || r.loaded {
		return
	}
	if msg.err != nil {
		c.After(retryAfter, retry{})
		return
	}
	r.loaded = true
	r.seq, r.count, r.head = msg.position.Seq, msg.position.Count, msg.position.Head
	early := r.early
	r.early = nil
	for _, s := range early {
		r.submit(c, s)
	}
	if r.ack != nil && len(early) == 0 { // an incarnation after the first: what it had in hand must come again
		r.asked = true
		r.tell(race.Ack{Count: r.applied, Resend: true})
	}
}

func (r *recorder) submit(c supervise.Context, s Submit) {
	if r.ack == nil {
		c.Keep(recorderMemory{s.Ack, r.applied, r.taken})
	}
	r.ack = s.Ack // a race has one producer at a time: its simulation, or the Intake
	b := s.Batch
	switch {
	case !r.loaded:
		r.early = append(r.early, s)
	case r.taken != nil:
		r.tell(race.Ack{Count: r.applied, Refused: r.taken})
	case b.Count <= r.count:
		r.repeat(c, b)
	case b.Count > r.count+1:
		if !r.asked {
			r.asked = true
			r.tell(race.Ack{Count: r.applied, Resend: true})
		}
	default:
		r.append(c, b)
	}
}

// append numbers a batch and hands it to the journal. The batch stays the producer's; the journal gets a copy.
func (r *recorder) append(c supervise.Context, b *race.Batch) {
	numbered := *b
	numbered.Records = slices.Clone(b.Records)
	for i := range numbered.Records {
		r.seq++
		numbered.Records[i].Seq = r.seq
	}
	r.count, r.asked = b.Count, false
	r.hashes[b.Count%hashesKept] = b.Hash
	self := c.Self()
	r.journal.Append(&numbered, func(err error) {
		if err != nil {
			self(refused{&numbered, err})
			return
		}
		self(committed{&numbered})
	})
}

// repeat compares a batch that came before and acknowledges it again. One that announces another race than the log is of
// comes from a producer that took the race for a new one: nothing of it is kept.
func (r *recorder) repeat(c supervise.Context, b *race.Batch) {
	if r.taken = r.mistaken(b); r.taken != nil {
		c.Keep(recorderMemory{r.ack, r.applied, r.taken})
		r.tell(race.Ack{Count: r.applied, Refused: r.taken})
		return
	}
	if known := r.hashes[b.Count%hashesKept]; known != 0 && r.count-b.Count < hashesKept && known != b.Hash {
		r.tell(race.Ack{Count: r.applied, Refused: fmt.Errorf("batch %d of race %s: %w", b.Count, r.id, ErrRepeatDiffers)})
		return
	}
	if b.Count <= r.applied {
		r.tell(race.Ack{Count: r.applied})
	}
}

// mistaken says how the race that a batch announces differs from that of the log.
func (r *recorder) mistaken(b *race.Batch) error {
	if len(b.Records) == 0 || r.head == nil {
		return nil
	}
	announced, ok := b.Records[0].Body.(race.Announced)
	if !ok {
		return nil
	}
	if differences := r.head.Differences(&announced.Race); len(differences) > 0 {
		return fmt.Errorf("the log has no place for it: %w", &race.TakenError{ID: r.id, Differences: differences})
	}
	return nil
}

func (r *recorder) acknowledge(c supervise.Context, a applied) {
	if a.seq > r.known { // what follows from the records is known up to there, also where that is nothing
		r.known = a.seq
		facts := a.facts
		if n := len(facts); n == 0 || facts[n-1].Seq < a.seq {
			facts = append(slices.Clip(facts), race.Facts{Seq: a.seq})
		}
		r.journal.AppendFacts(r.id, facts)
	}
	r.applied = max(r.applied, a.count)
	c.Keep(recorderMemory{r.ack, r.applied, r.taken})
	ack := race.Ack{Count: r.applied}
	if a.count == r.applied {
		ack.Against = against(a.facts)
	}
	r.tell(ack)
}

// against are the records that the rulebook refused.
func against(facts []race.Facts) (out []race.RecordRefused) {
	for _, f := range facts {
		for _, fact := range f.Facts {
			if refused, ok := fact.(race.RecordRefused); ok {
				out = append(out, refused)
			}
		}
	}
	return out
}

func (r *recorder) tell(ack race.Ack) {
	if r.ack != nil {
		r.ack(ack)
	}
}
