package processor

import (
	"github.com/anthdm/hollywood/actor"

	"lightsout/race"
)

// Submit hands a batch to its race's journal. Ack is called once it is durable and applied, or to ask for a repeat.
type Submit struct {
	Batch *race.Batch
	Ack   func(race.Ack)
}

// Recover makes the actors that time a race which the journal knows, without a batch.
type Recover struct{ ID race.ID }

// Forget ends a race's actors; the answer is Forgotten when they have ended. The log has all that they know: the next message for the race
// makes new ones.
type Forget struct{ ID race.ID }

// Forgotten answers Forget.
type Forgotten struct{ ID race.ID }

// EndIngest ends a race's Ingest alone; the answer is IngestEnded. Reports that were in flight are answered with race.ErrUnderway, reports
// that come later with what the log has by then.
type EndIngest struct{ ID race.ID }

// IngestEnded answers EndIngest.
type IngestEnded struct{ ID race.ID }

// Ingest hands a report to a race's log; the answer is Ingested.
type Ingest struct {
	ID      race.ID
	Report  *race.Report
	ReplyTo *actor.PID
}

// Ingested answers Ingest once the report is durable and applied. Err is race.ErrNotFound, race.ErrConflict, race.ErrBusy or
// race.ErrKeyReused, wrapped, or why the log does not accept it.
type Ingested struct {
	Result race.Ingested
	Err    error
}

// GetClassification asks a race's Timekeeper for the order so far; the answer is a Classification.
type GetClassification struct {
	ID      race.ID
	ReplyTo *actor.PID
}

// Classification answers GetClassification. Err is race.ErrNotFound if the race is not being timed.
type Classification struct {
	Result race.Classification
	Err    error
}

// refused says that a batch can never be committed.
type refused struct {
	batch *race.Batch
	err   error
}

// committed says that a batch is on disk, its records numbered. repeated says that a producer submitted a batch which the journal already
// has. Both carry the producer's ack.
type (
	committed struct {
		batch *race.Batch
		ack   func(race.Ack)
	}
	repeated struct {
		count uint64
		ack   func(race.Ack)
	}
)

// publish is what spectators should see. The info comes with the first one.
type publish struct {
	info    *race.Race
	entries []race.Entry
	facts   []race.Facts
	frame   *race.Frame
}

// Answers of the journal. They are for the incarnation that asked; a later one asks again.
type (
	loaded struct {
		incarnation incarnation
		position    race.Position
		err         error
	}
	records struct {
		incarnation incarnation
		records     []race.Record
		err         error
	}
	retry struct{}
)

// acked is the answer to a batch of an Ingest; rest asks whether there is work left; handOver says that another Ingest follows.
type (
	acked    struct{ race.Ack }
	rest     struct{}
	handOver struct{}
)

// incarnation tells incarnations apart.
type incarnation *byte

func newIncarnation() incarnation { return new(byte) }
