package simulator

import (
	"github.com/anthdm/hollywood/actor"

	"lightsout/race"
	"lightsout/race/drive"
)

// Commands to the Simulator.
type (
	// StartRace makes a race's actors. From is nil for a new race, otherwise what an earlier process left. Script are the batches that
	// were accepted after From, by Count without a gap. The race makes them again, as fast as its credit allows, while new commands wait.
	// If one comes out otherwise, the race fails with ErrMadeOtherwise.
	StartRace struct {
		Info   race.Race
		Model  *drive.Model
		From   *race.Position
		Script []race.Made
		// Start starts it at once, also a race that was left waiting or paused; without it a new race waits for ControlStart.
		Start bool
	}
	// DropRace ends a race and its actors without a result. The answer comes when they have ended.
	DropRace struct{ ID race.ID }
	// RaceLost ends a race that nobody times any more: it fails for the reason.
	RaceLost struct {
		ID     race.ID
		Reason string
	}
	// CommandRace passes a command on to a race, which answers the sender.
	CommandRace struct {
		ID      race.ID
		Command any
	}
)

// Commands to a Race. They take effect at the next tick; the answer is a Result. ReplyTo may be nil. ID identifies the command in the
// Inputs of its batch; it may be empty.
type (
	// ControlRace starts, pauses, resumes or stops.
	ControlRace struct {
		ID      string
		Control race.Control
		ReplyTo *actor.PID
	}
	// CommandCars are inputs of the next tick. The records that follow from them carry Author and Reason.
	CommandCars struct {
		ID             string
		Inputs         drive.Inputs
		Author, Reason string
		ReplyTo        *actor.PID
	}
	// RuleRace is a ruling of race control. What concerns the cars takes effect at the next tick, the rest at once.
	// A Time of race.NoTime means now.
	RuleRace struct {
		ID      string
		Record  race.Record
		ReplyTo *actor.PID
	}
)

// Result answers a command once it is durable. Err is race.ErrNotFound or race.ErrConflict, wrapped, or nil. Seq is the record that
// followed from the command, 0 if none did; At is its race time.
type Result struct {
	Err error
	Seq race.Seq
	At  race.Micros
}

// Facts about a race, to its Simulator.
type (
	// RaceOver says that a race has ended and that all of it is durable.
	RaceOver struct{ ID race.ID }
)

// Tick asks a car for its row of tick N. All cars share it.
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

// Crossed reports a car's crossing to a checkpoint.
type Crossed struct {
	N        race.Tick
	Crossing drive.Crossing
}

// CloseTick ends a tick for a checkpoint. Expected are the passings according to the rows, in time order.
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
	// FilledIn counts passings that were lost, Repeated passings that came twice. Both are 0 without faults.
	FilledIn, Repeated int
}

// acked is the journal's answer; wake is the alarm of the pace.
type (
	acked struct{ race.Ack }
	wake  struct{}
)
