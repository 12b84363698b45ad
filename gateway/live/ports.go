package live

import (
	"context"

	"lightsout/race"
)

// Boards loads a race that the hub does not hold, such as one that is over.
type Boards interface {
	// Board returns race.ErrNotFound for an unknown race.
	Board(ctx context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error)
}

// Seats limits spectators, in total and per address.
type Seats interface {
	// Take reserves a seat for an address, unless all are taken.
	Take(from string) bool
	Leave(from string)
}

// Encoder encodes messages of the wire (transport/WIRE.md) and decodes the one that a spectator sends.
type Encoder interface {
	Snapshot(info *race.Race, entries []race.Entry, board *race.Board) ([]byte, error)
	Facts(facts *race.Facts) ([]byte, error)
	Frame(frame *race.Frame) ([]byte, error)
	Cars(frame *race.CarsFrame) ([]byte, error)
	Ops(ops *race.Ops) ([]byte, error)
	Pulse(wallMS, behindMS int64) ([]byte, error)
	DecodeLook(data []byte) (*race.Look, error)
}
