package gateway

import (
	"context"
	"io/fs"
	"time"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/trace"
)

// Races runs the races of the server. Errors are race.ErrNotFound, race.ErrConflict, *race.InvalidError, or internal.
type Races interface {
	// Create makes a simulated race and, with start, starts it. It returns when the race is durable. An order whose key was used before
	// returns the race that was made then, or race.ErrKeyReused if that is another one.
	Create(ctx context.Context, o race.Order, start bool) (race.Summary, error)
	// Control starts, pauses, resumes or stops a race. when is for external races: they may be started in the past.
	Control(ctx context.Context, id race.ID, c race.Control, when race.Moment) (race.Summary, error)
	// Open makes an external race and gives it an ID. key is that of Create, or empty.
	Open(ctx context.Context, info race.Race, entries []race.Entry, key string) (race.Summary, error)
	// Import makes a race of a folder of CSV. It also returns notes on what is suspect in the folder.
	Import(ctx context.Context, dir fs.FS, name string) (race.Summary, []string, error)
	// Delete returns race.ErrUnderway if the deletion continues after it.
	Delete(ctx context.Context, id race.ID) error
	// Ready returns nil, or why the server cannot serve.
	Ready(ctx context.Context) error
}

// History reads races from the store.
type History interface {
	Summaries(ctx context.Context) ([]race.Summary, error) // newest first
	Summary(ctx context.Context, id race.ID) (race.Summary, error)
	Entries(ctx context.Context, id race.ID) ([]race.Entry, error)
	// Laps returns the laps of one car, or of all with race.NoCar, by end time.
	Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error)
	// LapsOf returns the laps that match a query, by end time.
	LapsOf(ctx context.Context, id race.ID, q race.LapQuery) ([]race.Lap, error)
	Events(ctx context.Context, id race.ID) ([]race.Event, error)
	// Passings returns up to limit passings after a sequence number, of one verdict or, with -1, of all.
	Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error)
	// Versions returns the versions of the result without their lines, oldest first. Version returns one with its lines; 0 is the
	// newest.
	Versions(ctx context.Context, id race.ID) ([]race.Version, error)
	Version(ctx context.Context, id race.ID, version int) (race.Classification, error)
	// Rulings returns the records of race control, oldest first, and by sequence number why the rulebook refused some of them.
	Rulings(ctx context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error)
	// Stops returns the records of tyres that were fitted.
	Stops(ctx context.Context, id race.ID) ([]race.Record, error)
	// DecoderReports calls report for each passing that a decoder sent: its time by the decoder's clock, and when it arrived in
	// UTC nanoseconds.
	DecoderReports(ctx context.Context, id race.ID, hit func(decoder string, at race.Micros, recordedAt int64)) error
}

// Standings returns the order of races, whether they run or not.
type Standings interface {
	// Classification is the result, or the order so far.
	Classification(ctx context.Context, id race.ID) (race.Classification, error)
}

// Telemetry reads the telemetry of cars, simulated or real.
type Telemetry interface {
	Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error)
}

// Ingest records what decoders, race control and stewards report. It returns when that is durable and applied. Errors are those
// of Races, race.ErrBusy and race.ErrKeyReused.
type Ingest interface {
	Roster(ctx context.Context, id race.ID) (*race.Roster, error)
	Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error)
	// Rule records a decision of race control or of the stewards. A Time of race.NoTime means now.
	Rule(ctx context.Context, id race.ID, r race.Record) (race.Ruled, error)
}

// Audit keeps the audit trail: what was ordered, by whom, and what became of it.
type Audit interface {
	// KeepAudit returns when the entry is durable.
	KeepAudit(ctx context.Context, e race.AuditEntry) error
	// AuditTrail returns entries, newest first.
	AuditTrail(ctx context.Context, q race.AuditQuery) ([]race.AuditEntry, error)
}

// Circuits keeps imported circuits.
type Circuits interface {
	Imported(ctx context.Context) ([]*circuit.Circuit, error)
	AddCircuit(ctx context.Context, c *circuit.Circuit) error
}

// Actors shows the running actors.
type Actors interface {
	Tree(limit int) []ActorNode
}

// ActorNode is a running actor.
type ActorNode struct {
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Restarts int64  `json:"restarts"`
	Mailbox  int    `json:"mailbox"` // messages that wait
	// Resting means that the actor waits for its back-off.
	Resting     bool         `json:"resting"`
	LastError   *string      `json:"last_error"`
	LastErrorAt *time.Time   `json:"last_error_at"`
	Children    []ActorGroup `json:"children"`
}

// ActorGroup is an actor's children of one kind: the count of all, and those most worth a look.
type ActorGroup struct {
	Kind       string      `json:"kind"`
	Count      int         `json:"count"`
	Restarts   int64       `json:"restarts"`
	Mailbox    int         `json:"mailbox"`
	MailboxMax int         `json:"mailbox_max"`
	Actors     []ActorNode `json:"actors"`
}

// Standing is a simulated race of this process that runs, and has had no durable tick for a while.
type Standing struct {
	Race    race.ID `json:"race"`
	Seconds float64 `json:"seconds"`
}

// Shared is the log that a server shares with others.
type Shared interface {
	// Await waits until this server has all of a race that the log has now.
	Await(ctx context.Context, id race.ID) error
	// Outage is why the log cannot be read and written now, or empty. Races wait then, and what is here is still served.
	Outage() string
}

// Feeds reports how far other stores lag behind the log. Races do not wait for them.
type Feeds interface{ Feeds() []FeedState }

// FeedState is the state of a feed.
type FeedState struct {
	Name        string  `json:"name"`
	LagSeconds  float64 `json:"lag_seconds"` // age of the oldest record that was not fed
	LagRecords  int64   `json:"lag_records"`
	LagFrames   int64   `json:"lag_frames"`
	DeadLetters int64   `json:"put_aside"` // points that InfluxDB refused
	// Outage is why the feed stands still, or empty.
	Outage string `json:"outage"`
}

// Drills injects faults into simulated races that run. Errors are those of Races.
type Drills interface {
	// Scenarios returns the drills that ship with the program, as JSON shows them.
	Scenarios() (any, error)
	// Start starts a drill, given as JSON.
	Start(ctx context.Context, id race.ID, spec []byte) (DrillStarted, error)
	// Stop ends the faults of a race's drill; number 0 means the one that is on.
	Stop(ctx context.Context, id race.ID, number int) error
	// List returns the drills of a race, oldest first.
	List(ctx context.Context, id race.ID) ([]Drill, error)
	// Order has a drill, given as JSON, begin in every simulated race that is made from now on and matches, until it is withdrawn.
	Order(ctx context.Context, spec []byte) (DrillOrder, error)
	// Orders lists the orders for races to come, oldest first.
	Orders(ctx context.Context) ([]DrillOrder, error)
	Withdraw(ctx context.Context, number int) error
	// Folder is what a drill that is over has left, as a zip file.
	Folder(ctx context.Context, id race.ID, number int) (*Download, error)
}

// DrillStarted is a drill that has begun.
type DrillStarted struct {
	ID int `json:"id"`
	// Notes say what else the drill concerns.
	Notes []string `json:"notes"`
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
	// Early is the verdict of the race up to the end of the drill's faults; nil without one.
	Early *EarlyVerdict `json:"early"`
	// Verdict is that of the whole race; nil without one.
	Verdict any `json:"verdict"`
	// Folder says that what the drill has left can be downloaded.
	Folder bool `json:"folder"`
	// Order is the number of the order for races to come by which it has begun; nil without one.
	Order *int `json:"order"`
}

// DrillOrder has a drill begin in races to come.
type DrillOrder struct {
	ID        int       `json:"id"`
	Races     string    `json:"races"` // "all", or a pattern of ids or circuits
	Name      string    `json:"name"`
	About     string    `json:"about"`
	At        string    `json:"at"` // race time at which the faults begin; empty: at once
	OrderedAt time.Time `json:"ordered_at"`
	Begun     int       `json:"begun"` // drills so far
	Notes     []string  `json:"notes"` // what the drill concerns beside its race
}

// EarlyVerdict judges a race from its beginning to the end of a tick.
type EarlyVerdict struct {
	AsOfTick race.Tick `json:"as_of_tick"`
	Text     string    `json:"text"`
	Verdict  any       `json:"verdict"`
}

// Encoder encodes telemetry as msgpack: one TelemetryHead, then one TelemetryCar for each car.
type Encoder interface {
	TelemetryHead(head *trace.Head) ([]byte, error)
	TelemetryCar(head *trace.Head, car *trace.Car) ([]byte, error)
}
