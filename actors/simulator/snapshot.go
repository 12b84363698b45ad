package simulator

import (
	"encoding/binary"
	"fmt"

	"lightsout/race"
	"lightsout/race/drive"
)

// snapshot encodes the memory of a race as of a batch, for another process.
//
//	┌────────────┬─────────┬─ version 2 ────────────────────────────────────────────┬───────┐
//	│ version u8 │ bits u8 │ count uvarint │ (car uvarint, length uvarint, author)… │ field │
//	└────────────┴─────────┴────────────────────────────────────────────────────────┴───────┘
//
// Version 2 has rulings that are recorded and that the cars have not been told: cars to take out, and on whose word.
type snapshot struct {
	field               *drive.Field
	sum                 uint64 // the field's hash
	started, held, over bool
	pending             []pendingCommand
}

const (
	snapshotPlain   = 1
	snapshotRulings = 2
)

// AppendBinary writes the snapshot.
func (s *snapshot) AppendBinary(b []byte) ([]byte, error) {
	var bits byte
	for i, set := range []bool{s.started, s.held, s.over} {
		if set {
			bits |= 1 << i
		}
	}
	var recorded uint64
	var rulings []byte
	for i := range s.pending {
		cmd := &s.pending[i]
		if !cmd.recorded {
			continue // it is an input of a batch that follows
		}
		recorded++
		rulings = binary.AppendUvarint(rulings, uint64(cmd.Inputs.Retire[0]))
		rulings = binary.AppendUvarint(rulings, uint64(len(cmd.Author)))
		rulings = append(rulings, cmd.Author...)
	}
	if recorded == 0 {
		b = append(b, snapshotPlain, bits)
	} else {
		b = append(binary.AppendUvarint(append(b, snapshotRulings, bits), recorded), rulings...)
	}
	return s.field.AppendHashed(b, s.sum), nil
}

// firstMemory is the memory of a race's first incarnation; an error means that the race cannot begin from what it was given.
func firstMemory(msg *StartRace) (memory, error) {
	m := memory{field: msg.Model.Grid(), started: msg.Start}
	switch {
	case msg.From != nil && msg.From.Count > 0:
		var err error
		if m, err = resume(msg.From, msg.Model); err != nil {
			return m, err
		}
		m.goesOn = msg.Start
	case len(msg.Script) > 0: // whether it was announced and started in one
		m.started, m.goesOn = len(msg.Script[0].Inputs) > 0, msg.Start
	}
	return m, checkScript(msg.Script, m.count)
}

// resume is the memory that an earlier process left.
func resume(p *race.Position, m *drive.Model) (memory, error) {
	b := p.Snapshot
	if len(b) < 2 || b[0] != snapshotPlain && b[0] != snapshotRulings {
		return memory{}, errSnapshot
	}
	bits := b[1]
	out := memory{count: p.Count, seq: p.Seq, started: bits&1 != 0, held: bits&2 != 0, over: bits&4 != 0}
	var err error
	rest := b[2:]
	if b[0] == snapshotRulings {
		if out.pending, rest, err = decodeRulings(rest, m); err != nil {
			return memory{}, err
		}
	}
	if out.field, err = m.DecodeField(rest); err != nil {
		return memory{}, fmt.Errorf("%w: %w", errSnapshot, err)
	}
	return out, nil
}

// decodeRulings reads the rulings that the cars have not been told.
func decodeRulings(b []byte, m *drive.Model) (pending []pendingCommand, rest []byte, err error) {
	number := func() (v uint64) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			err = errSnapshot
			return 0
		}
		b = b[n:]
		return v
	}
	for n := number(); n > 0; n-- {
		car, length := number(), number()
		if err != nil || car >= uint64(len(m.Entries())) || length > uint64(len(b)) {
			return nil, nil, errSnapshot
		}
		cmd := CommandCars{Author: string(b[:length]), Inputs: drive.Inputs{Retire: []race.CarIdx{race.CarIdx(car)}}}
		pending = append(pending, pendingCommand{CommandCars: cmd, recorded: true})
		b = b[length:]
	}
	return pending, b, err
}
