package kafka

import (
	"encoding/json"

	"lightsout/race"
	"lightsout/transport"
)

// Simulations are the simulated races of a process in the role of a simulator. Their batches go to Node.Simulated.
type Simulations interface {
	// Create makes a race. It returns once the race takes commands.
	Create(of *transport.Create) error
	// Restore lets a race go on: from a position, or its grid if there is none, over the batches that were accepted after it.
	Restore(info race.Race, from *race.Position, script []race.Made) error
	// Command hands a race a Control or a Ruling, in the order of the calls. done is called with why it is not done, or nil.
	Command(c *transport.Command, done func(error))
	// Drop ends a race without a trace. It returns once its actors have ended.
	Drop(id race.ID) error
}

// Reports take what is reported of races in the role of a processor. The batches that follow go to Node.Reported.
type Reports interface {
	// Report takes a report, in the order of the calls. done is called once it is durable and applied, or with why it is not.
	Report(id race.ID, in *race.Report, done func(race.Ingested, error))
	// Read reads the items of a list, passings or samples, that another program reports of a race. wrong says what is wrong with those that
	// are not in the report, by index. race.ErrBusy asks for another try.
	Read(id race.ID, list string, items []json.RawMessage) (in *race.Report, wrong map[int]string, err error)
	// End ends what takes reports of a race. It returns once that has ended.
	End(id race.ID) error
}

// Copy is a process's copy of all races. Its methods, all but Delete, do not block.
type Copy interface {
	// Submit hands over the next batch of a race, which it may have already. Ack is called once it is durable and applied.
	Submit(b *race.Batch, ack func(race.Ack))
	// Stored calls ready with the newest batch of a race that the copy has, 0 if it has none, after all that was handed over before.
	Stored(id race.ID, ready func(count uint64))
	// Began says that a simulated race runs somewhere, Over that it has ended, Failed why it was given up.
	Began(id race.ID)
	Over(id race.ID)
	Failed(id race.ID, reason string)
	// Delete deletes a race. It returns once that is durable.
	Delete(id race.ID) error
	// KeepMark keeps how far the copy has followed a partition, after what was handed over before; Marks returns what was kept.
	KeepMark(partition int32, data []byte)
	Marks() (map[int32][]byte, error)
	// Rest says that nothing has come for a race for long, and that this process does not write it: its actors may end.
	Rest(id race.ID)
	// Broken says that a race cannot go on in this copy.
	Broken(id race.ID, err error)
}
