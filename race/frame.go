package race

// Frame is the state of all cars at one instant, in columns of equal length, indexed by CarIdx - First. A picture for
// spectators has only LapFraction and State; its other columns are nil.
type Frame struct {
	Tick  Tick
	Time  Micros
	First CarIdx
	// LapFraction is the driven part of the lap, in 1/65536.
	LapFraction []uint16
	State       []CarState
	// Lap is the current lap, from 1; 0 on a grid behind the line.
	Lap []uint16
	// SpeedDKMH is in tenths of a km/h.
	SpeedDKMH []uint16
	// RPM50 is the engine speed in units of 50 revolutions per minute.
	RPM50    []uint8
	Throttle []uint8 // percent
	Brake    []uint8 // percent
	// GearDRS has the gear in the low four bits; bit 4 is set while DRS is open.
	GearDRS []uint8
}

// DRSOpen is the bit of GearDRS that is set while the flap is open.
const DRSOpen = 1 << 4

// Cars returns the number of cars in the frame.
func (f *Frame) Cars() int { return len(f.LapFraction) }

// Picture returns the frame with the columns that a map needs. It shares the columns.
func (f *Frame) Picture() *Frame {
	return &Frame{Tick: f.Tick, Time: f.Time, First: f.First, LapFraction: f.LapFraction, State: f.State}
}

// Batch is what one producer commits to a race's journal at once: all of it or nothing.
type Batch struct {
	Race ID
	// Count numbers the producer's batches, from 1 without gaps: a simulation's tick + 1.
	Count uint64
	// Records have no Seq yet; the journal assigns it.
	Records []Record
	Frame   *Frame
	// Samples are telemetry of real cars. Request identifies the report that this batch contains, nil for a report without a
	// key.
	Samples []Sample
	Request *Request
	// Snapshot is the producer's state after this batch; nil if it keeps none.
	Snapshot Snapshot
	// Hash is the hash of the batch's records and of the producer's state after it; a repeated batch must have the same.
	Hash uint64
	// Inputs are the commands that a simulation's batch was made of, in order. Each command is in one batch alone. No store
	// keeps them.
	Inputs []Input
	// Tick is set for the batch of a tick, which took Taken commands: its own Inputs, and commands that were inputs of earlier
	// batches.
	Tick  bool
	Taken int
}

// Ack acknowledges a producer's batches up to Count: they are durable and applied. Resend asks for all batches after Count.
type Ack struct {
	Count  uint64
	Resend bool
	// Refused is set if a batch can never be committed: the race has failed.
	Refused error
	// Against are the records of batch Count that the rules do not allow; they are in the log and have no effect.
	Against []RecordRefused
}

// Snapshot is a producer's state after a batch. It is encoded when it is written, not before.
type Snapshot interface{ AppendBinary([]byte) ([]byte, error) }

// Position is the end of a race's log in a store.
type Position struct {
	Seq   Seq
	Count uint64
	// Info is the race info of the first record; nil if there is no record.
	Info *Race
	// Facts is the record up to which facts are stored.
	Facts Seq
	// Snapshot is the producer's state after its batch Count; nil if it kept none.
	Snapshot []byte
	// Requests are the newest reports with a key, oldest first, at most RequestsKept.
	Requests []Request
}

// RequestsKept bounds how many keys of a race are remembered to recognise a repeated report.
const RequestsKept = 100_000
