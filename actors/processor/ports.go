package processor

import "lightsout/race"

// Journal keeps what races are made of. Its methods never block: ready is called from another goroutine, in the order
// of the calls.
type Journal interface {
	// Append commits a batch whose records are numbered. An error means that it never will be.
	Append(b *race.Batch, ready func(error))
	// AppendFacts keeps what followed from durable records; what is kept already is passed over.
	AppendFacts(id race.ID, facts []race.Facts)
	// Load tells how far the race has come after all appends before it.
	Load(id race.ID, ready func(race.Position, error))
	// Read gives records after a sequence number, limit at most.
	Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error))
}

// Spectators are shown what is durable. Its methods never block; what was shown already is passed over.
type Spectators interface {
	Open(info race.Race, entries []race.Entry)
	// Publish shows what followed from records, one element for each, in order.
	Publish(id race.ID, facts []race.Facts)
	Picture(id race.ID, frame *race.Frame)
}

// Link carries the batches of an Ingest to a log that other processes share. Submit never blocks; it may be given a batch again. ack is
// called, from any goroutine, once the batch was read back from there and is durable and applied here.
type Link interface {
	Submit(b *race.Batch, ack func(race.Ack))
}
