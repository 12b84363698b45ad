package gateway

import (
	"context"

	"lightsout/race"
)

// Races is what the gateway asks of whoever runs races. Errors are race.ErrNotFound, race.ErrConflict,
// *race.InvalidError, or internal.
type Races interface {
	// Create makes a race and, with start, lets it go at once. It answers when the race is durable.
	Create(ctx context.Context, o race.Order, start bool) (race.Summary, error)
	Control(ctx context.Context, id race.ID, c race.Control) (race.Summary, error)
	Delete(ctx context.Context, id race.ID) error
	// Ready returns nil, or what keeps the platform from serving.
	Ready(ctx context.Context) error
}

// History is what the gateway asks of whoever keeps races.
type History interface {
	Summaries(ctx context.Context) ([]race.Summary, error) // newest first
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	Entries(ctx context.Context, id race.ID) ([]race.Entry, error)
	// Laps of one car, or of all with race.NoCar, by end time.
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
	// Passings after a sequence number, limit at most; of one verdict, or with -1 of all.
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	// Versions of the result, oldest first, without their lines; Version is one of them, 0 the newest.
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	Version(ctx context.Context, id race.ID, version int) (race.Classification, error)
	// Classification is the result, or the order so far while the race runs.
	Classification(ctx context.Context, id race.ID) (race.Classification, error)
}

// Boards works out the tower of a race that is over and no longer on the hub.
type Boards interface {
	Board(ctx context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error)
}

// Encoder turns what spectators get into messages of the wire.
type Encoder interface {
	Snapshot(head *race.Race, entries []race.Entry, board *race.Board) ([]byte, error)
	Facts(facts *race.Facts) ([]byte, error)
	Frame(frame *race.Frame) ([]byte, error)
	Pulse(wallMS int64) ([]byte, error)
}
