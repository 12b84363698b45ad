package simulator

import (
	"github.com/anthdm/hollywood/actor"

	"lightsout/race"
	"lightsout/race/drive"
)

// Commands to the Simulator.
type (
	// StartRace makes a race's actors. From is nil for a new race, else what an earlier process left.
	StartRace struct {
		Info  race.Race
		Model *drive.Model
		From  *race.Position
		// Start lets it go at once, also one that was left waiting or paused; a new race without waits for ControlStart.
		Start bool
	}
	// DropRace ends a race's actors, and with them the race, without a result. The answer comes when they are gone.
	DropRace struct{ ID race.ID }
	// CommandRace passes a command on to a race; the answer goes to whoever asked.
	CommandRace struct {
		ID      race.ID
		Command any
	}
)

// Commands to a Race. They take effect at the next tick; the answer is a Result. ReplyTo may be nil.
type (
	// ControlRace starts, pauses, resumes or stops.
	ControlRace struct {
		Control race.Control
		ReplyTo *actor.PID
	}
	// CommandCars are inputs of the next tick. Author and Reason go on the records that follow from them.
	CommandCars struct {
		Inputs         drive.Inputs
		Author, Reason string
		ReplyTo        *actor.PID
	}
	// RuleRace is a ruling of race control. What the cars must see comes into force at the next tick, the rest at once.
	// A Time of race.NoTime is now.
	RuleRace struct {
		Record  race.Record
		ReplyTo *actor.PID
	}
)

// Result answers a command once it is durable. Err is race.ErrNotFound or race.ErrConflict, wrapped, or nil. Seq is the
// record that came of it, 0 where none did; At its race time.
type Result struct {
	Err error
	Seq race.Seq
	At  race.Micros
}

// Facts about a race, to its Simulator.
type (
	// RaceOver says that a race has ended and all of it is durable.
	RaceOver struct{ ID race.ID }
)

// Tick asks a car for its row of tick N. It is shared by all cars.
type Tick struct {
	N       race.Tick
	Attempt uint32
	Prev    *drive.Field
	In      *drive.Inputs
}

// RowDone is a car's row of a tick.
type RowDone struct {
	N         race.Tick
	Attempt   uint32
	Car       race.CarIdx
	Row       drive.Row
	Crossings []drive.Crossing
}

// Crossed tells a checkpoint of a car's crossing.
type Crossed struct {
	N        race.Tick
	Crossing drive.Crossing
}

// CloseTick ends a tick for a checkpoint. Expected are the passings as the rows list them, in time order.
type CloseTick struct {
	N        race.Tick
	Attempt  uint32
	Expected []drive.Crossing
}

// TickClosed answers CloseTick with the passings of the line in time order.
type TickClosed struct {
	N       race.Tick
	Attempt uint32
	Line    int
	Passed  []drive.Crossing
	// FilledIn counts those whose passing was lost; Repeated the passings that came twice. Both are 0 without faults.
	FilledIn, Repeated int
}

// acked is the journal's answer; wake is the pace's.
type (
	acked struct{ race.Ack }
	wake  struct{}
)
