package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // the driver

	"lightsout/race"
)

//go:embed schema.sql
var schema string

//go:embed schema_2_to_3.sql
var schema2to3 string

//go:embed schema_3_to_4.sql
var schema3to4 string

//go:embed schema_4_to_5.sql
var schema4to5 string

//go:embed schema_5_to_6.sql
var schema5to6 string

//go:embed schema_6_to_7.sql
var schema6to7 string

//go:embed schema_7_to_8.sql
var schema7to8 string

//go:embed schema_8_to_9.sql
var schema8to9 string

// schemaVersion is stored in user_version; applicationID ("LOut") marks the files of this program.
const (
	schemaVersion = 9
	applicationID = 0x4c4f7574
)

// migrations are the steps from an older version to a newer one; a new file (version 0) gets the current schema.
var migrations = map[int]struct {
	script string
	to     int
}{
	0: {schema, schemaVersion},
	2: {schema2to3, 3},
	3: {schema3to4, 4},
	4: {schema4to5, 5},
	5: {schema5to6, 6},
	6: {schema6to7, 7},
	7: {schema7to8, 8},
	8: {schema8to9, 9},
}

// ErrSchema means that the file has an unsupported schema version.
var ErrSchema = errors.New("the database has another schema")

// ErrForeign means that the file belongs to another application.
var ErrForeign = errors.New("this is a database of another application")

// ErrClosed means that the store was closed before the commit.
var ErrClosed = errors.New("the store is closed")

// Codec encodes records as the messages that are stored as their bodies.
type Codec interface {
	Record(r *race.Record) ([]byte, error)
	DecodeRecord(data []byte) (*race.Record, error)
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path    string
	write   *sql.DB // nil if the file is open for reading
	lock    *flock.Flock
	readers *sql.DB
	read    querier // readers, or the transaction of Still
	codec   Codec
	kept    infoCache
	log     *slog.Logger
	zip     *zstd.Encoder
	unzip   *zstd.Decoder
	now     func() time.Time
	unmount func() error // gives back the disk that the file is on

	mu      sync.Mutex
	wake    *sync.Cond
	queue   []job
	closed  bool
	failing error            // why commits fail; nil while they succeed
	limit   int64            // of the file in bytes; 0 means none
	spared  map[race.ID]bool // races excluded from retention
	facts   freshness
	done    chan struct{}

	// Only the committer uses these.
	open        map[race.ID]*gathering // frames that do not fill their blocks yet
	raw, zipped []byte                 // buffers for blocks
	// unpacked and packed are buffers for snapshots; packSnapshots alone uses them.
	unpacked, packed []byte
}

// job is one unit to commit. ready is called once it is durable or has failed for good.
type job struct {
	batch       *race.Batch
	facts       []race.Facts
	id          race.ID
	do          func(ctx context.Context, tx *sql.Tx) error
	ready       func(error)
	independent bool // it depends on no queued job and can be committed separately
}

// dsn returns the data source name for a file, with the settings of every connection.
func dsn(path string, pragmas []string, more ...string) string {
	q := url.Values{"_pragma": append(pragmas, "busy_timeout(10000)", "temp_store(MEMORY)")}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String()
}

// Open opens or creates the database at path. It returns ErrDamaged for a damaged file, ErrInUse for one that another process
// writes, ErrForeign for one of another application.
func Open(path string, codec Codec, log *slog.Logger) (*Store, error) {
	return openLocked(path, codec, log)
}

// openLocked opens a database that no other process writes; settings are those of the connection that writes, as name and value.
func openLocked(path string, codec Codec, log *slog.Logger, settings ...string) (*Store, error) {
	l, err := lock(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s, err := open(path, codec, log, settings)
	if err != nil {
		return nil, errors.Join(err, release(l))
	}
	s.lock = l
	return s, nil
}

func open(path string, codec Codec, log *slog.Logger, settings []string) (*Store, error) {
	if err := errors.Join(notDamaged(path), notForeign(path)); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pragmas := []string{"journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(8000)"}
	first := pragmas
	if isNew(path) { // before journal_mode, which writes to the file; an existing file keeps its setting
		first = append([]string{"auto_vacuum(INCREMENTAL)"}, pragmas...)
	}
	write, err := sql.Open("sqlite", dsn(path, first, append([]string{"_txlock", "immediate"}, settings...)...))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := migrate(write); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	s, err := newStore(path, dsn(path, pragmas, "_txlock", "deferred"), codec)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s.write, s.log, s.unmount = write, log, func() error { return nil }
	go s.commitLoop()
	return s, nil
}

// notForeign checks the owner of a file before anything is written to it.
func notForeign(path string) error {
	if isNew(path) {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(path, nil, "mode", "ro"))
	if err != nil {
		return fmt.Errorf("open it: %w", err)
	}
	defer db.Close()                                        //nolint:errcheck // it was only read
	if _, err := schemaOf(db); errors.Is(err, ErrForeign) { // opening the file returns any other error
		return err
	}
	return nil
}

func isNew(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Size() == 0
}

// OpenForReading opens a database that another process may be writing. Methods that write return ErrClosed.
func OpenForReading(path string, codec Codec) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s, err := newStore(path, dsn(path, nil, "mode", "ro"), codec)
	if err != nil {
		return nil, err
	}
	s.closed = true
	close(s.done)
	version, err := schemaOf(s.read)
	if err == nil && version != schemaVersion {
		err = fmt.Errorf("%w: version %d, this program reads %d (opening it to serve brings older ones up to date)", ErrSchema, version, schemaVersion)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, damaged(err, path)), s.readers.Close())
	}
	return s, nil
}

// newStore returns a store without a writer.
func newStore(path, readDSN string, codec Codec) (*Store, error) {
	read, err := sql.Open("sqlite", readDSN)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(4)
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	s := &Store{
		path: path, readers: read, read: read, codec: codec, zip: zip, unzip: unzip, now: time.Now, done: make(chan struct{}), open: map[race.ID]*gathering{},
		spared: map[race.ID]bool{},
	}
	s.wake = sync.NewCond(&s.mu)
	return s, nil
}

// schemaOf returns the schema version of a file; 0 for a new one.
func schemaOf(db querier) (version int, err error) {
	ctx := context.Background()
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read its version (is it an SQLite file?): %w", err)
	}
	var application, tables, ours int
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), count(*), count(*) FILTER (WHERE name IN ('races', 'records'))
		FROM sqlite_master`).Scan(&application, &tables, &ours)
	switch {
	case err != nil:
		return 0, fmt.Errorf("read what is in it: %w", err)
	case application != 0 && application != applicationID:
		return 0, fmt.Errorf("%w (application_id %d)", ErrForeign, application)
	case tables > 0 && ours < 2:
		return 0, fmt.Errorf("%w: races and records are not among its tables", ErrForeign)
	}
	return version, nil
}

func migrate(db *sql.DB) error {
	ctx := context.Background()
	for {
		version, err := schemaOf(db)
		if err != nil {
			return err
		}
		step, known := migrations[version]
		switch {
		case version == schemaVersion:
			return nil
		case !known:
			return fmt.Errorf("%w: version %d, this program reads %d", ErrSchema, version, schemaVersion)
		}
		if err := upgrade(ctx, db, step.script, step.to); err != nil {
			return fmt.Errorf("migrate version %d to %d: %w", version, step.to, err)
		}
	}
}

func upgrade(ctx context.Context, db *sql.DB, script string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return fmt.Errorf("write the version: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Close commits the queue and closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wake.Broadcast()
	<-s.done
	if s.write == nil {
		return s.readers.Close()
	}
	return errors.Join(s.write.Close(), s.readers.Close(), release(s.lock), s.unmount())
}

// Failing returns why commits fail, nil while they succeed.
func (s *Store) Failing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

func (s *Store) enqueue(j job) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		if j.ready != nil {
			j.ready(ErrClosed)
		}
		return
	}
	s.queue = append(s.queue, j)
	if j.facts != nil {
		s.facts.given++
	}
	s.mu.Unlock()
	s.wake.Signal()
}

// Append commits a batch whose records are numbered. The store owns the batch from here on; ready is called from another
// goroutine.
func (s *Store) Append(b *race.Batch, ready func(error)) {
	s.enqueue(job{batch: b, id: b.Race, ready: ready})
}

// Settle calls ready once everything appended before is in the tables.
func (s *Store) Settle(ready func(error)) {
	s.enqueue(job{do: func(context.Context, *sql.Tx) error { return nil }, ready: ready})
}

// Read passes records after a sequence number to ready, at most limit, after everything appended before is committed.
func (s *Store) Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error)) {
	var out []race.Record
	s.enqueue(job{
		id: id,
		do: func(ctx context.Context, tx *sql.Tx) error {
			var err error
			out, err = s.records(ctx, tx, id, after, limit)
			return err
		},
		ready: func(err error) { ready(out, err) },
	})
}

// Load passes the position of a race's log to ready, after everything appended before is committed.
func (s *Store) Load(id race.ID, ready func(race.Position, error)) {
	var p race.Position
	s.enqueue(job{
		id: id,
		do: func(ctx context.Context, tx *sql.Tx) error {
			var err error
			p, err = s.position(ctx, tx, id)
			return err
		},
		ready: func(err error) { ready(p, err) },
	})
}
