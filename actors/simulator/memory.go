package simulator

import (
	"errors"
	"fmt"

	"github.com/anthdm/hollywood/actor"

	"lightsout/race"
	"lightsout/race/drive"
)

// memory is all that a race needs to continue. The cell keeps it after every change, and each batch carries it without the batches in
// flight. It is a value; what its slices hold never changes.
type memory struct {
	field   *drive.Field
	count   uint64   // batches made
	seq     race.Seq // of the newest record in them; the race is the only producer of its log
	started bool
	held    bool
	over    bool
	failed  error
	pending []CommandCars // inputs of the next tick
	unacked []*race.Batch
	// promises are answers that are due; last is the sender of the newest command.
	promises []promise
	last     *actor.PID
}

// promise is an answer that is sent once a batch is durable.
type promise struct {
	count  uint64
	to     *actor.PID
	result Result
}

// acknowledge forgets durable batches.
func (m *memory) acknowledge(count uint64) {
	for len(m.unacked) > 0 && m.unacked[0].Count <= count {
		m.unacked = m.unacked[1:]
	}
	if len(m.unacked) == 0 {
		m.unacked = nil // including the array
	}
}

// submit makes the next batch.
func (m *memory) submit(id race.ID, records []race.Record, frame *race.Frame) *race.Batch {
	m.count++
	m.seq += race.Seq(len(records))
	b := &race.Batch{Race: id, Count: m.count, Records: records, Frame: frame, Hash: m.field.Hash()}
	b.Snapshot = &snapshot{field: m.field, started: m.started, held: m.held, over: m.over}
	m.unacked = append(m.unacked, b)
	return b
}

// inputs merges the pending commands.
func (m *memory) inputs() *drive.Inputs {
	if len(m.pending) == 0 {
		return nil
	}
	in := &drive.Inputs{}
	for _, cmd := range m.pending {
		in.Retire = append(in.Retire, cmd.Inputs.Retire...)
		in.PitCall = append(in.PitCall, cmd.Inputs.PitCall...)
		if cmd.Inputs.Flag != nil {
			in.Flag = cmd.Inputs.Flag
		}
	}
	return in
}

// snapshot encodes the memory of a race as of a batch, for another process.
type snapshot struct {
	field               *drive.Field
	started, held, over bool
}

const snapshotVersion = 1

var errSnapshot = errors.New("the snapshot cannot be read")

// AppendBinary writes the snapshot: a version, bits, and the field.
func (s *snapshot) AppendBinary(b []byte) ([]byte, error) {
	var bits byte
	for i, set := range []bool{s.started, s.held, s.over} {
		if set {
			bits |= 1 << i
		}
	}
	b, err := s.field.AppendBinary(append(b, snapshotVersion, bits))
	if err != nil {
		return nil, fmt.Errorf("encode the field: %w", err)
	}
	return b, nil
}

// resume is the memory that an earlier process left.
func resume(p *race.Position, m *drive.Model) (memory, error) {
	if len(p.Snapshot) < 2 || p.Snapshot[0] != snapshotVersion {
		return memory{}, errSnapshot
	}
	bits := p.Snapshot[1]
	field, err := m.DecodeField(p.Snapshot[2:])
	if err != nil {
		return memory{}, fmt.Errorf("%w: %w", errSnapshot, err)
	}
	return memory{field: field, count: p.Count, seq: p.Seq, started: bits&1 != 0, held: bits&2 != 0, over: bits&4 != 0}, nil
}
