package influx

import (
	"context"

	"lightsout/race"
)

// FeedName is the name under which the cursors are kept.
const FeedName = "influx"

// Log is what the Feed reads, and where it keeps how far it has come.
type Log interface {
	// Records after a sequence number, limit at most.
	Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error)
	// Frames from a tick to a tick, both included, in order.
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
	// SamplesAfter are what real cars told of in batches after one, about limit, and the count of the last batch.
	SamplesAfter(ctx context.Context, id race.ID, count uint64, limit int) ([]race.Sample, uint64, error)
	Cursors
}

// Cursors are how far a feed has come in each race, and what could not be fed.
type Cursors interface {
	// Cursor is zero where the feed has not begun.
	Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error)
	// MoveCursor is durable when it returns; race.ErrNotFound where the race is gone.
	MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error
	// Unfed are the races of which something was not fed.
	Unfed(ctx context.Context, feed string) ([]race.ID, error)
	// DeadLetter keeps a point that was refused.
	DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error
	// FeedEnd is how far a feed can come in a race by now.
	FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error)
	// RegisterFeed says that the feed is there: what it has not fed is not thrown away.
	RegisterFeed(ctx context.Context, feed string) error
}

// Fold works out what follows from the records of one race, in their order. That a record is refused is a fact too.
type Fold interface {
	// Fold takes the next record. With more, others follow at once, and some facts come with the last of them alone: a feed has
	// none of it, so that its lines do not hang on where it stopped reading.
	Fold(r *race.Record, more bool) (facts race.Facts, refused error)
}

// Locate gives the place on the ground, in metres, after a part of the lap in 65536ths.
type Locate func(fraction uint16) (x, y float64)

// Rules is what the Feed must know of racing.
type Rules struct {
	// Fold makes the rulebook of a race.
	Fold func() Fold
	// Locate finds the course of a race; nil where it is not known.
	Locate func(info *race.Race) Locate
}
