package race

// Input is a command that a simulation's batch was made of: a Control, a Ruling or a command to Cars; the other two are nil.
type Input struct {
	// ID is the command's; empty if it has none.
	ID      string
	Control *Control
	Ruling  *Record
	Cars    *CarsInput
	// Place is where the command stands among those that its tick took, from 0.
	Place int
	// Seq is the record that followed from the command, 0 if none did; At is its race time.
	Seq Seq
	At  Micros
}

// CarsInput is what cars and track are told. The records that follow carry Author and Reason.
type CarsInput struct {
	Retire         []CarIdx
	PitCall        []CarIdx
	Flag           *FlagShown
	Author, Reason string
}

// Made says how a batch of a simulation was made, so that it can be made again: the fields are those of Batch. A Hash of 0 is unknown and
// not compared.
type Made struct {
	Count, Hash uint64
	Tick        bool
	Taken       int
	Inputs      []Input
}

// Made says how the batch was made.
func (b *Batch) Made() Made {
	return Made{Count: b.Count, Hash: b.Hash, Tick: b.Tick, Taken: b.Taken, Inputs: b.Inputs}
}
