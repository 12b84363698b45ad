package processor

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/sabotage"
)

// ErrRepeatDiffers says that a producer sent a batch again with other records: its race is not deterministic.
var ErrRepeatDiffers = errors.New("a batch was sent again with other records")

// maxHashes is how many batches back a repeated batch is compared.
const maxHashes = 512

// recorder numbers a race's records, and nothing else does. It hands each batch to the journal, which passes it to the Timekeeper. It knows
// only how far the journal has come: producers repeat what a dead incarnation had in flight.
type recorder struct {
	journal     Journal
	id          race.ID
	log         *slog.Logger
	incarnation incarnation
	timekeeper  *actor.PID

	loaded bool
	seq    race.Seq
	count  uint64 // of the newest batch handed to the journal
	began  uint64 // count when this incarnation began
	asked  bool   // a repeat of what is missing was asked for
	early  []Submit
	info   *race.Race // of the log; nil if none was announced when this incarnation began
	hashes [maxHashes]uint64
	recorderMemory
}

// recorderMemory is what the next incarnation needs: the producer's ack, and why its race has no place in the log.
type recorderMemory struct {
	ack   func(race.Ack)
	taken error // set if a producer announced another race than the log's
}

// Receive handles batches and the journal's answers.
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
	case refused:
		r.log.Error("the journal refused a batch", slog.String("race", string(r.id)), slog.Any("err", msg.err))
		if r.ack != nil {
			r.ack(race.Ack{Refused: msg.err})
		}
	}
}

func (r *recorder) begin(c supervise.Context) {
	if kept, ok := c.Kept().(recorderMemory); ok {
		r.recorderMemory = kept
	}
	r.load(c)
}

func (r *recorder) load(c supervise.Context) {
	self, incarnation := c.Self(), r.incarnation
	r.journal.Load(r.id, func(p race.Position, err error) { self(loaded{incarnation, p, err}) })
}

func (r *recorder) position(c supervise.Context, msg loaded) {
	if msg.incarnation != r.incarnation || r.loaded {
		return
	}
	if msg.err != nil {
		c.After(retryAfter, retry{})
		return
	}
	r.loaded = true
	r.seq, r.count, r.info = msg.position.Seq, msg.position.Count, msg.position.Info
	r.began = r.count
	early := r.early
	r.early = nil
	for _, s := range early {
		r.submit(c, s)
	}
	if r.ack != nil && len(early) == 0 { // not the first incarnation: ask for what the last one had in flight
		r.asked = true
		r.ack(race.Ack{Resend: true})
	}
}

func (r *recorder) submit(c supervise.Context, s Submit) {
	r.ack = s.Ack // a race has one producer at a time: its simulation, or the Ingest
	c.Keep(r.recorderMemory)
	b := s.Batch
	switch {
	case !r.loaded:
		r.early = append(r.early, s)
	case r.taken != nil:
		r.ack(race.Ack{Refused: r.taken})
	case b.Count <= r.count && sabotage.On(sabotage.RecorderRepeat) && b.Tick:
		count := r.count
		r.append(c, b)
		r.count = count
	case b.Count <= r.count:
		r.repeat(c, b)
	case b.Count > r.count+1:
		if !r.asked {
			r.asked = true
			r.ack(race.Ack{Resend: true})
		}
	default:
		r.append(c, b)
	}
}

// append numbers a batch and hands it to the journal. The journal gets a copy; the batch remains the producer's.
func (r *recorder) append(c supervise.Context, b *race.Batch) {
	numbered := *b
	numbered.Records = slices.Clone(b.Records)
	for i := range numbered.Records {
		r.seq++
		numbered.Records[i].Seq = r.seq
	}
	if sabotage.On(sabotage.RecorderFrames) && r.began > 0 && b.Count <= r.began+20 {
		numbered.Frame = nil
	}
	r.count, r.asked = b.Count, false
	r.hashes[b.Count%maxHashes] = b.Hash
	self, timekeeper, ack := c.Self(), c.To(r.timekeeper), r.ack
	r.journal.Append(&numbered, func(err error) {
		if err != nil {
			self(refused{&numbered, err})
			return
		}
		timekeeper(committed{&numbered, ack})
	})
}

// repeat compares a batch that came before; the Timekeeper acknowledges it again. If it announces another race than the log's, the producer
// took the race for a new one, and nothing of it is kept.
func (r *recorder) repeat(c supervise.Context, b *race.Batch) {
	if r.taken = r.mistaken(b); r.taken != nil {
		c.Keep(r.recorderMemory)
		r.ack(race.Ack{Refused: r.taken})
		return
	}
	if known := r.hashes[b.Count%maxHashes]; known != 0 && r.count-b.Count < maxHashes && known != b.Hash {
		r.ack(race.Ack{Refused: fmt.Errorf("batch %d of race %s: %w", b.Count, r.id, ErrRepeatDiffers)})
		return
	}
	c.Send(r.timekeeper, repeated{b.Count, r.ack})
}

// mistaken returns how the race that a batch announces differs from the log's.
func (r *recorder) mistaken(b *race.Batch) error {
	if len(b.Records) == 0 || r.info == nil {
		return nil
	}
	announced, ok := b.Records[0].Body.(race.Announced)
	if !ok {
		return nil
	}
	if differences := r.info.Differences(&announced.Race); len(differences) > 0 {
		return fmt.Errorf("the log has no place for it: %w", &race.TakenError{ID: r.id, Differences: differences})
	}
	return nil
}
