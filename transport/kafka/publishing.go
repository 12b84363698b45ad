package kafka

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"lightsout/race"
)

// Limits of what is published.
const (
	factsBytesMax = 4 << 20 // of a partition, in memory; what is above is computed again when it is published
	factsInFlight = 64      // batches
	againMax      = 1000    // batches that are computed again at once
	cursorEvery   = time.Second
	cursorKeep    = time.Minute // an offset that nobody commits is forgotten by Kafka, after days
)

// publishing publishes what follows from the batches of a partition, while this process owns it in the role of a processor. Every processor
// follows all partitions: whoever takes one over goes on at the cursor, below which Kafka has all facts.
type publishing struct {
	desk       *desk
	jobs       *inbox
	list       []*followed // at and above the cursor, in the order of the log
	waiting    map[race.ID][]*followed
	bytes      int
	least      int64 // the cursor as Kafka has it: what is below was published
	own        bool
	generation int // tells what was sent before the newest takeover or failure
	sent       int // of the list
	inFlight   int
	computing  bool
	failed     bool
	full       bool // it was logged
	committed  int64
	commitAt   time.Duration
}

// followed is a batch whose facts may have to be published.
type followed struct {
	offset      int64
	race        race.ID
	first, last race.Seq
	facts       []race.Facts
	bytes       int
	known       bool // the facts are complete
	missing     bool // they have to be computed again
	waits       int  // messages that Kafka has not acknowledged
	done        bool
}

func newPublishing(d *desk, least int64) *publishing {
	p := &publishing{desk: d, least: least, jobs: newInbox(), waiting: map[race.ID][]*followed{}}
	go p.jobs.work(d.node.done, nil, nil)
	return p
}

// add follows a batch that counts and that the copy has or was handed.
func (p *publishing) add(e *logged) {
	b := e.decoded
	if e.offset < p.least || b.Records == 0 || b.Deletes {
		return
	}
	f := &followed{offset: e.offset, race: b.Race, first: b.First, last: b.First + race.Seq(b.Records) - 1}
	p.list = append(p.list, f)
	p.waiting[b.Race] = append(p.waiting[b.Race], f)
	if e.offset < p.desk.copying.from {
		p.lose(f)
	}
}

// take takes what follows from records of a race. It ends with the last record of a batch, even if nothing follows from it. What follows from
// several batches at once is not taken: a fold that catches up says less of each record.
func (p *publishing) take(id race.ID, list []race.Facts) {
	last := list[len(list)-1].Seq
	for len(p.waiting[id]) > 0 && p.waiting[id][0].first <= last {
		f := p.waiting[id][0]
		if f.last != last || list[0].Seq < f.first {
			p.lose(f)
			continue
		}
		for i := range list {
			if len(list[i].Facts) > 0 {
				f.facts = append(f.facts, list[i])
				f.bytes += sizeOf(&list[i])
			}
		}
		p.complete(f)
	}
	p.pump()
}

// sizeOf estimates the memory of facts.
func sizeOf(f *race.Facts) int {
	n := 64
	for _, fact := range f.Facts {
		n += 200
		switch fact := fact.(type) {
		case race.OrderChanged:
			n += 4 * len(fact.Cars)
		case race.ResultPublished:
			n += 120 * len(fact.Classification.Entries)
		default:
		}
	}
	return n
}

// complete notes that the facts of a batch are there. If memory for them is full they are dropped, not the batch.
func (p *publishing) complete(f *followed) {
	if p.bytes+f.bytes > factsBytesMax && p.bytes > 0 {
		if !p.full {
			p.desk.node.log.Warn("memory for facts is full: those that come are computed again if this process is to publish them",
				slog.Int("partition", int(p.desk.partition)), slog.Int("batches", len(p.list)), slog.String("race", string(f.race)), slog.Uint64("seq", uint64(f.last)))
		}
		p.full = true
		p.lose(f)
		return
	}
	f.known = true
	p.bytes += f.bytes
	p.settle(f)
}

// lose notes that the facts of a batch have to be computed again.
func (p *publishing) lose(f *followed) {
	f.missing, f.facts, f.bytes = true, nil, 0
	p.settle(f)
}

func (p *publishing) settle(f *followed) {
	of := p.waiting[f.race]
	if i := slices.Index(of, f); i >= 0 {
		of = slices.Delete(of, i, i+1)
	}
	if p.waiting[f.race] = of; len(of) == 0 {
		delete(p.waiting, f.race)
	}
}

// applied says that the copy has the batch at an offset: if its facts did not come with it, the copy had it before.
func (p *publishing) applied(offset int64) {
	i, found := slices.BinarySearchFunc(p.list, offset, func(f *followed, at int64) int { return int(f.offset - at) })
	if found && !p.list[i].known && !p.list[i].missing {
		p.lose(p.list[i])
		p.pump()
	}
}

// begin and stop follow the claim of this process.
func (p *publishing) begin() {
	p.restart(true)
	p.pump()
}

func (p *publishing) stop() { p.restart(false) }

func (p *publishing) restart(own bool) {
	p.own, p.failed, p.computing, p.sent, p.inFlight, p.committed = own, false, false, 0, 0, -1
	p.generation++
}

// pump publishes what is known, in the order of the log.
func (p *publishing) pump() {
	for p.own && !p.computing && !p.failed && p.sent < len(p.list) && p.inFlight < factsInFlight {
		f := p.list[p.sent]
		switch {
		case f.done:
			p.sent++
		case f.known:
			p.sent++
			p.publish(f)
		case f.missing:
			p.compute(f)
		default:
			return
		}
	}
}

// compute computes facts again that were not kept, of this batch and of the next ones of its race.
func (p *publishing) compute(first *followed) {
	var of []*followed
	var ends []race.Seq
	for _, f := range p.list[p.sent:] {
		if f.race != first.race {
			continue
		}
		if !f.missing || len(of) == againMax {
			break
		}
		of, ends = append(of, f), append(ends, f.last)
	}
	p.computing = true
	generation := p.generation
	p.jobs.post(func() {
		list, err := p.desk.node.cfg.Facts.Again(first.race, first.first-1, ends)
		p.desk.post(func() {
			if p.generation != generation {
				return
			}
			p.computing = false
			p.computed(of, list, err)
			p.pump()
		})
	})
}

func (p *publishing) computed(of []*followed, list []race.Facts, err error) {
	if err != nil && !errors.Is(err, race.ErrNotFound) { // not found: it was deleted
		p.desk.node.log.Error("facts cannot be computed again: they are not published", slog.Int("partition", int(p.desk.partition)),
			slog.String("race", string(of[0].race)), slog.Uint64("first", uint64(of[0].first)), slog.Any("err", err))
	}
	for _, f := range of {
		f.known, f.missing = true, false
		for len(list) > 0 && list[0].Seq <= f.last {
			f.facts = append(f.facts, list[0])
			list = list[1:]
		}
	}
}

// publish sends what follows from a batch.
func (p *publishing) publish(f *followed) {
	p.inFlight++
	generation := p.generation
	p.jobs.post(func() {
		var messages [][]byte
		for i := range f.facts {
			list, err := p.desk.node.cfg.Facts.Messages(f.race, &f.facts[i])
			if errors.Is(err, race.ErrNotFound) { // it was deleted
				break
			}
			if err != nil {
				p.desk.node.log.Error("facts cannot be published", slog.String("race", string(f.race)), slog.Uint64("seq", uint64(f.facts[i].Seq)), slog.Any("err", err))
			}
			messages = append(messages, list...)
		}
		p.desk.post(func() {
			if p.generation == generation {
				f.waits = max(1, len(messages))
				if len(messages) == 0 {
					p.acknowledged(f, generation, nil)
				}
			}
		})
		for _, m := range messages {
			p.desk.node.produce(p.desk.node.topics.Facts, p.desk.partition, string(f.race), m, func(_ int64, err error) {
				p.desk.post(func() { p.acknowledged(f, generation, err) })
			})
		}
	})
}

func (p *publishing) acknowledged(f *followed, generation int, err error) {
	switch {
	case p.generation != generation:
		return
	case errors.Is(err, kerr.MessageTooLarge):
		p.desk.node.log.Error("a message of facts is too large: it is not published", slog.String("race", string(f.race)), slog.Uint64("seq", uint64(f.last)))
	case err != nil:
		p.failed = true // sent again from the first that is not acknowledged, so that the order stays
		return
	}
	if f.waits--; f.waits > 0 {
		return
	}
	f.done = true
	p.inFlight--
	p.pop()
	p.pump()
}

// pop forgets what was published.
func (p *publishing) pop() {
	for len(p.list) > 0 && (p.list[0].done || !p.own && p.list[0].offset < p.least) {
		f := p.list[0]
		if p.list = p.list[1:]; f.known {
			p.bytes -= f.bytes
			p.full = p.full && p.bytes > factsBytesMax/2
		} else {
			p.settle(f)
		}
		p.sent = max(0, p.sent-1)
	}
}

// cursor is the offset of the log below which all facts were published.
func (p *publishing) cursor() int64 {
	if len(p.list) > 0 {
		return p.list[0].offset
	}
	return p.desk.fold.Next()
}

// passed says how far the owner has published.
func (p *publishing) passed(cursor int64) {
	p.least = max(p.least, cursor)
	p.pop()
}

// wake sends again what failed, and tells Kafka the cursor.
func (p *publishing) wake(now time.Duration) {
	if p.failed {
		committed := p.committed
		p.restart(true)
		p.committed = committed
		p.pump()
	}
	at := p.cursor()
	if !p.own || now-p.commitAt < cursorEvery || at == p.committed && now-p.commitAt < cursorKeep {
		return
	}
	p.committed, p.commitAt = at, now
	go p.desk.node.commitPublished(map[int32]int64{p.desk.partition: at})
}

// published reports whether all facts below an offset were published, as far as they are published here.
func (d *desk) published(to int64) bool { return d.publishing == nil || d.publishing.least >= to }
