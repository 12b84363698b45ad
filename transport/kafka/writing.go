package kafka

import (
	"fmt"
	"log/slog"
	"time"

	"lightsout/race"
	"lightsout/transport"
)

// Snapshots of a simulated race: as much of it is made again at a takeover.
const (
	snapshotBatches = 100
	snapshotPause   = 2 * time.Second
)

// draft is a batch that becomes an entry once its telemetry is durable.
type draft struct {
	entry     *transport.Entry
	announces bool
	telemetry []byte // nil: none
	snapshot  race.Snapshot
	durable   bool
}

// draftOf encodes a batch. It is called by whoever submits it, so that races are encoded beside each other.
func draftOf(b *race.Batch) (m *draft, wrong error) {
	m = &draft{snapshot: b.Snapshot, entry: &transport.Entry{
		Race: b.Race, Count: b.Count, Records: len(b.Records), Hash: b.Hash, Telemetry: -1, Receipts: receiptsOf(b),
	}}
	m.entry.Body, wrong = transport.Codec{}.Content(&transport.Content{Tick: b.Tick, Taken: b.Taken, Inputs: b.Inputs, Records: b.Records, Request: b.Request})
	switch {
	case wrong != nil:
	case len(m.entry.Body) > bodyBytesMax:
		wrong = fmt.Errorf("batch %d has %d bytes: allowed are %d", b.Count, len(m.entry.Body), bodyBytesMax)
	case b.Frame != nil:
		m.telemetry, wrong = transport.Codec{}.Frame(b.Frame)
	case len(b.Samples) > 0:
		m.telemetry, wrong = transport.Codec{}.Samples(b.Samples)
	}
	m.durable = m.telemetry == nil
	for i := range b.Records {
		switch b.Records[i].Body.(type) {
		case race.Announced:
			m.announces = true
		case race.Ended:
			m.entry.Ends = true
		default:
		}
	}
	return m, wrong
}

// submit takes a batch of a race; wrong is why it cannot be written.
func (s *seat) submit(m *draft, wrong error, ack func(race.Ack)) {
	id, count := m.entry.Race, m.entry.Count
	state, _ := s.desk.fold.Race(id)
	r := s.runs[id]
	if s.role == transport.Processor && !s.commands { // an Ingest of an earlier generation
		return
	}
	if r == nil && s.role == transport.Processor && s.owner.Active() {
		head, _ := s.owner.Head(id)
		r = &underway{last: head}
		s.runs[id] = r
	}
	if r == nil || !s.owner.Active() || s.leaving || s.role == transport.Simulator && !r.open {
		return // what was not accepted never happened
	}
	r.ack = ack
	switch {
	case count <= state.Count:
		if s.role == transport.Simulator || s.desk.copying == nil || !s.desk.copying.awaits(id, count) {
			ack(race.Ack{Count: state.Count})
		}
	case count <= r.last: // on its way
	case count > r.last+1:
		ack(race.Ack{Count: state.Count, Resend: true})
	case wrong != nil:
		ack(race.Ack{Refused: wrong})
	default:
		s.write(r, m)
	}
}

// write sends a batch once its telemetry is durable.
func (s *seat) write(r *underway, m *draft) {
	r.last = m.entry.Count
	m.entry.External = m.announces && s.role == transport.Processor
	m.entry.Ends = m.entry.Ends && s.role == transport.Simulator
	if m.entry.Count == 1 && r.created != "" {
		m.entry.Receipts = append(m.entry.Receipts, transport.Receipt{Command: r.created, Seq: 1})
	}
	r.making = append(r.making, m)
	if m.telemetry != nil {
		s.writeTelemetry(r, m)
	}
	s.flush(r)
}

func (s *seat) writeTelemetry(r *underway, m *draft) {
	generation := s.generation
	s.desk.node.produce(s.desk.node.topics.Telemetry, s.desk.partition, string(m.entry.Race), m.telemetry, func(offset int64, err error) {
		s.atDeskOf(generation, func() {
			switch {
			case s.runs[m.entry.Race] != r: // deleted, or given up
			case err != nil:
				s.again = append(s.again, func() { s.writeTelemetry(r, m) })
			default:
				m.entry.Telemetry, m.durable, m.telemetry = offset, true, nil
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
	if s.role != transport.Simulator {
		return
	}
	if e.Ends || e.Deletes {
		s.forgetFields(e.Race)
	}
	r := s.runs[e.Race]
	if r == nil {
		return
	}
	if r.ack != nil {
		r.ack(race.Ack{Count: e.Count})
	}
	s.keepField(r, e)
	if e.Ends {
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
