package simulator

import (
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
	goesOn  bool             // start or resume it once the script is used up
	pending []pendingCommand // of the next ticks
	early   []earlyCommand   // they wait for the end of the script
	unacked []*race.Batch
	// promises are answers that are due; last is the sender of the newest command.
	promises []promise
	last     *actor.PID
}

// pendingCommand waits for a tick. If its ruling was recorded at once, it is an input of that batch and not of the tick's.
type pendingCommand struct {
	CommandCars
	input    race.Input
	recorded bool
}

// earlyCommand is a command and its sender.
type earlyCommand struct {
	msg  any
	from *actor.PID
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

// submit numbers the next batch.
func (m *memory) submit(id race.ID, b *race.Batch) {
	m.count++
	m.seq += race.Seq(len(b.Records))
	sum := m.field.Hash()
	b.Race, b.Count, b.Hash = id, m.count, hash(sum, b.Records)
	b.Snapshot = &snapshot{field: m.field, sum: sum, started: m.started, held: m.held, over: m.over, pending: m.pending}
	m.unacked = append(m.unacked, b)
}

// merged are the inputs of a tick that takes these commands; nil if there are none.
func merged(taken []pendingCommand) *drive.Inputs {
	if len(taken) == 0 {
		return nil
	}
	in := &drive.Inputs{}
	for i := range taken {
		of := &taken[i].Inputs
		in.Retire = append(in.Retire, of.Retire...)
		in.PitCall = append(in.PitCall, of.PitCall...)
		if of.Flag != nil {
			in.Flag = of.Flag
		}
	}
	return in
}

// inputsTaken are the inputs of a tick's batch.
func inputsTaken(taken []pendingCommand, results []Result) (inputs []race.Input) {
	for i := range taken {
		if taken[i].recorded {
			continue
		}
		in := taken[i].input
		in.Place, in.Seq, in.At = i, results[i].Seq, results[i].At
		inputs = append(inputs, in)
	}
	return inputs
}
