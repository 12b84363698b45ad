package gateway

import (
	"context"
	"io/fs"
	"time"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/trace"
)

// Races is what the gateway asks of whoever runs races. Errors are race.ErrNotFound, race.ErrConflict,
// *race.InvalidError, or internal.
type Races interface {
	// Create makes a race and, with start, lets it go at once. It answers when the race is durable.
	Create(ctx context.Context, o race.Order, start bool) (race.Summary, error)
	// Control starts, pauses, resumes or stops. A real race may be started at a moment that is past; zero is now.
	Control(ctx context.Context, id race.ID, c race.Control, when race.Moment) (race.Summary, error)
	// Open makes a race of real cars. Its ID is given here.
	Open(ctx context.Context, info race.Race, entries []race.Entry) (race.Summary, error)
	// Import makes a race of a folder of CSV, and returns what was found suspect as well.
	Import(ctx context.Context, dir fs.FS, name string) (race.Summary, []string, error)
	// Delete returns race.ErrUnderway for a deletion that goes on.
	Delete(ctx context.Context, id race.ID) error
	// Ready returns nil, or what keeps the server from serving.
	Ready(ctx context.Context) error
}

// History is what the gateway asks of whoever keeps races.
type History interface {
	Summaries(ctx context.Context) ([]race.Summary, error) // newest first
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	Entries(ctx context.Context, id race.ID) ([]race.Entry, error)
	// Laps of one car, or of all with race.NoCar, by end time.
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	// LapsOf are those that a query asks for, by end time.
	LapsOf(ctx context.Context, id race.ID, q race.LapQuery) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
	// Passings after a sequence number, limit at most; of one verdict, or with -1 of all.
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	// Versions of the result, oldest first, without their lines; Version is one of them, 0 the newest.
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	Version(ctx context.Context, id race.ID, version int) (race.Classification, error)
	// Rulings are the records of race control, oldest first, and why the rulebook refused some of them.
	Rulings(ctx context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error)
	// Stops are the records of tyres that were fitted.
	Stops(ctx context.Context, id race.ID) ([]race.Record, error)
	// Heard calls passing with what decoders told of, by their own clocks, and when it came (UTC nanoseconds).
	DecoderReports(ctx context.Context, id race.ID, hit func(decoder string, at race.Micros, recordedAt int64)) error
}

// Standings are the orders of races, whether they run or not.
type Standings interface {
	// Classification is the result, or the order so far.
	Classification(ctx context.Context, id race.ID) (race.Classification, error)
}

// Telemetry is what the gateway asks of whoever keeps the telemetry of cars, simulated or real.
type Telemetry interface {
	Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error)
}

// Ingest takes what is reported of races: by decoders, by race control, by stewards. It returns when that is durable and
// applied. Errors are those of Races, race.ErrBusy and race.ErrKeyReused.
type Ingest interface {
	Roster(ctx context.Context, id race.ID) (*race.Roster, error)
	Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error)
	// Rule is for decisions of race control and stewards. A Time of race.NoTime means now.
	Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error)
}

// Circuits are the circuits that were imported.
type Circuits interface {
	Imported(ctx context.Context) ([]*circuit.Circuit, error)
	AddCircuit(ctx context.Context, c *circuit.Circuit) error
}

// Actors shows the living system: of each kind of child, most nodes at the most.
type Actors interface {
	Tree(most int) []ActorNode
}

// ActorNode is a living actor, as it is now.
type ActorNode struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Restarts int64  `json:"restarts"`
	Mailbox  int    `json:"mailbox"` // messages that wait
	// Resting says that it waits for its back-off.
	Resting     bool         `json:"resting"`
	LastError   *string      `json:"last_error"`
	LastErrorAt *time.Time   `json:"last_error_at"`
	Children    []ActorGroup `json:"children"`
}

// ActorGroup is an actor's children of a kind: all of them counted, those worth a look first.
type ActorGroup struct {
	Kind       string      `json:"kind"`
	Count      int         `json:"count"`
	Restarts   int64       `json:"restarts"`
	Mailbox    int         `json:"mailbox"`
	MailboxMax int         `json:"mailbox_max"`
	Actors     []ActorNode `json:"actors"`
}

// Feeds tell how far other stores lag behind the log. No race waits for them.
type Feeds interface{ Feeds() []FeedState }

// FeedState is how a feed is doing.
type FeedState struct {
	Name        string  `json:"name"`
	LagSeconds  float64 `json:"lag_seconds"` // age of the oldest of what was not fed
	LagRecords  int64   `json:"lag_records"`
	LagFrames   int64   `json:"lag_frames"`
	DeadLetters int64   `json:"put_aside"` // points that were refused
	// Outage is why nothing is taken; empty: all is well.
	Outage string `json:"outage"`
}

// Drills are faults on demand, at simulated races that run.
type Drills interface {
	// Scenarios are those that ship with the program, as they are shown.
	Scenarios() (any, error)
	// Start begins a drill, given as JSON, and gives its number.
	Start(ctx context.Context, id race.ID, spec []byte) (int, error)
	Stop(ctx context.Context, id race.ID) error
	List(ctx context.Context, id race.ID) ([]Drill, error)
}

// Drill is a drill on a race.
type Drill struct {
	ID        int       `json:"id"`
	Name      string    `json:"name"`
	About     string    `json:"about"`
	Phase     string    `json:"phase"`
	Injected  int       `json:"injected"`
	Text      string    `json:"text"` // the verdict in a sentence
	StartedAt time.Time `json:"started_at"`
	Verdict   any       `json:"verdict"`
}

// Encoder writes telemetry as msgpack: TelemetryHead begins an answer, one TelemetryCar for each car follows.
type Encoder interface {
	TelemetryHead(head *trace.Head) ([]byte, error)
	TelemetryCar(head *trace.Head, car *trace.Car) ([]byte, error)
}
