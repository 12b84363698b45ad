package race

// Frame is all cars of a race at one instant, in columns of equal length, indexed by CarIdx less First.
// A picture for the spectators carries LapFraction and State only; the other columns are nil then.
type Frame struct {
	Tick  Tick
	Time  Micros
	First CarIdx
	// LapFraction is how far round the lap the car is, in 1/65536 of it.
	LapFraction []uint16
	State       []CarState
	// Lap is the lap that the car is on, from 1; 0 on the grid behind the line.
	Lap []uint16
	// SpeedDKMH is in tenths of a km/h.
	SpeedDKMH []uint16
	// RPM50 is in units of 50 revolutions a minute.
	RPM50    []uint8
	Throttle []uint8 // percent
	Brake    []uint8 // percent
	// GearDRS is the gear in the low four bits; bit 4 is set while DRS is open.
	GearDRS []uint8
}

// DRSOpen is the bit of GearDRS that says that the flap is open.
const DRSOpen = 1 << 4

// Cars counts the cars in the frame.
func (f *Frame) Cars() int { return len(f.LapFraction) }

// Picture is the frame with the columns that a map needs; it shares the columns.
func (f *Frame) Picture() *Frame {
	return &Frame{Tick: f.Tick, Time: f.Time, First: f.First, LapFraction: f.LapFraction, State: f.State}
}

// Batch is what one producer hands to a race's journal at once: committed whole or not at all.
type Batch struct {
	Race ID
	// Count is the producer's own count of its batches, from 1 without gaps: a simulation's tick + 1.
	Count uint64
	// Records carry no Seq yet.
	Records []Record
	Frame   *Frame
	// Samples of real cars; Request names what was taken in, nil where it has no name.
	Samples []Sample
	Request *Request
	// Snapshot is what the producer needs to go on after this batch; nil where it keeps nothing.
	Snapshot Snapshot
	// Hash stands for the batch's records: a repeat must have the same.
	Hash uint64
}

// Ack tells a producer that its batches up to Count are durable and applied. Resend asks for all batches after Count.
type Ack struct {
	Count  uint64
	Resend bool
	// Refused is set where a batch can never be taken: the race has failed.
	Refused error
	// Against are the records of batch Count that the rulebook does not allow; they are kept and change nothing.
	Against []RecordRefused
}

// Snapshot is a producer's state after a batch. It is encoded only when it is written.
type Snapshot interface{ AppendBinary([]byte) ([]byte, error) }

// Position is how far a race's log has come in a store.
type Position struct {
	Seq   Seq
	Count uint64
	// Head is what the first record announced; nil where there is none.
	Info *Race
	// Facts is the record up to which what follows from the records is kept.
	Facts Seq
	// Snapshot of the producer after its batch Count; nil where it kept none.
	Snapshot []byte
	// Requests are the newest names of what was taken in, oldest first, RequestsKept at most.
	Requests []Request
}

// RequestsKept bounds how many names of a race are remembered, so that a repeat is recognised.
const RequestsKept = 100_000
