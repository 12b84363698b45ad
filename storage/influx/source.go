package influx

import (
	"context"

	"lightsout/race"
)

// FeedName is the name of the feed's cursors.
const FeedName = "influx"

// Log is the store that the Feed reads and that keeps its cursors.
type Log interface {
	// Records returns the records after a sequence number, at most limit.
	Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error)
	// Frames calls each with the frames from from to to, both included, in order.
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
	// SamplesAfter returns about limit samples of real cars from the batches after count, and the count of the last batch.
	SamplesAfter(ctx context.Context, id race.ID, count uint64, limit int) ([]race.Sample, uint64, error)
	// Trace returns the samples of a car between two race times.
	Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error)
	Cursors
}

// Cursors stores how far a feed has read each race, and its dead letters.
type Cursors interface {
	// Cursor returns zero if the feed has not begun.
	Cursor(ctx context.Context, feed string, id race.ID) (race.FeedCursor, error)
	// MoveCursor makes the cursor durable before it returns; race.ErrNotFound if the race is gone.
	MoveCursor(ctx context.Context, feed string, id race.ID, c race.FeedCursor) error
	// Unfed returns the races of which something was not fed.
	Unfed(ctx context.Context, feed string) ([]race.ID, error)
	// DeadLetter stores a point that was refused.
	DeadLetter(ctx context.Context, feed string, id race.ID, point, reason string) error
	// FeedEnd returns the cursor of a feed that has fed everything so far.
	FeedEnd(ctx context.Context, id race.ID) (race.FeedCursor, error)
	// RegisterFeed records that the feed exists: retention keeps what it has not fed.
	RegisterFeed(ctx context.Context, feed string) error
	// Retarget tells where the feed writes to, and reports whether that is another place than before: then all cursors are at the beginning.
	Retarget(ctx context.Context, feed string, t race.FeedTarget) (changed bool, err error)
	// Erasures returns the deleted races that are still to be erased, Erased records that one is.
	Erasures(ctx context.Context, feed string) ([]race.ID, error)
	Erased(ctx context.Context, feed string, id race.ID) error
}

// Fold computes the facts of one race from its records, in order. The refusal of a record is a fact, too.
type Fold interface {
	// Fold applies the next record. With more, some facts are postponed to the last of the following records. A feed never
	// sets it, so that its lines do not depend on where it stopped reading.
	Fold(r *race.Record, more bool) (facts race.Facts, refused error)
}

// Locate returns the position in metres at a fraction of the lap in 1/65536.
type Locate func(fraction uint16) (x, y float64)

// Rules are the parts of the rulebook that the Feed needs.
type Rules struct {
	// Fold returns the fold of a new race.
	Fold func() Fold
	// Locate returns the course of a race; nil if it is unknown.
	Locate func(info *race.Race) Locate
}
