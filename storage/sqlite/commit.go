package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	sqlitelib "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// retryMax is the longest pause before a failed commit is tried again.
const retryMax = 2 * time.Second

// commitLoop commits all queued jobs of all races together; jobs that arrive during a commit are in the next one.
func (s *Store) commitLoop() {
	defer close(s.done)
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.closed {
			s.wake.Wait()
		}
		jobs := s.queue
		s.queue = nil
		closed := s.closed
		s.mu.Unlock()
		if len(jobs) == 0 && closed {
			return
		}
		s.commitAll(jobs)
	}
}

// commitAll commits the jobs together. It retries until a full or missing disk is back; a job that can never succeed is
// removed and gets its error.
func (s *Store) commitAll(jobs []job) {
	pause := 10 * time.Millisecond
	for len(jobs) > 0 {
		begun := time.Now()
		bad, err := s.commit(jobs)
		if err == nil {
			s.tell(jobs, time.Since(begun))
			s.fail(nil)
			s.answer(jobs, nil)
			return
		}
		clear(s.open)                                // its changes were rolled back; the next commit reads the frames again
		isRead := bad >= 0 && jobs[bad].batch == nil // a failing read of damaged data must not fail the commits
		if bad >= 0 && (!temporary(err) || isRead && isDamage(err)) {
			s.log.Error("a commit was refused", slog.String("race", string(jobs[bad].id)), slog.Any("err", err))
			s.answer(jobs[bad:bad+1], err)
			jobs = append(jobs[:bad:bad], jobs[bad+1:]...)
			continue
		}
		if jobs = s.takeIndependent(jobs); len(jobs) == 0 {
			return
		}
		s.fail(err)
		if s.isClosed() {
			s.answer(jobs, errors.Join(ErrClosed, err))
			return
		}
		time.Sleep(pause)
		pause = min(2*pause, retryMax)
	}
}

// slowCommit is how long a commit may take before it is worth a warning: races and requests waited for it.
const slowCommit = time.Second

// tell logs a commit: a slow one for all, each one for those who debug.
func (s *Store) tell(jobs []job, took time.Duration) {
	level := slog.LevelDebug
	if took > slowCommit {
		level = slog.LevelWarn
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	batches := 0
	for i := range jobs {
		if jobs[i].batch != nil {
			batches++
		}
	}
	s.log.LogAttrs(context.Background(), level, "a commit was made", slog.Duration("took", took), slog.Bool("slow", took > slowCommit),
		slog.Int("batches", batches), slog.Int("jobs", len(jobs)))
}

// answer calls the callbacks of the jobs, in order.
func (s *Store) answer(jobs []job, err error) {
	s.mu.Lock()
	s.facts.settle(jobs)
	s.mu.Unlock()
	for _, j := range jobs {
		if j.ready != nil {
			j.ready(err)
		}
	}
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Store) fail(err error) {
	s.mu.Lock()
	if s.limit > 0 && code(err) == sqlite3.SQLITE_FULL {
		err = fmt.Errorf("the disk is full, or the file is as large as it may be (%d bytes): %w", s.limit, err)
	}
	err = damaged(err, s.path)
	changed := (err == nil) != (s.failing == nil)
	s.failing = err
	if err != nil && s.facts.moved != nil { // readers no longer wait for the queued facts
		close(s.facts.moved)
		s.facts.moved = nil
	}
	s.mu.Unlock()
	switch {
	case changed && err != nil:
		s.log.Error("commits fail; races wait until they succeed", slog.Any("err", err))
	case changed:
		s.log.Info("commits succeed again")
	}
}

// code returns SQLite's primary result code of an error; 0 if it is not an error of SQLite.
func code(err error) int {
	var e *sqlitelib.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// temporary reports whether an error may be temporary: the disk is full, the file is locked, an I/O error. A damaged file is not
// repaired by waiting, but nothing can be written either, so races wait.
func temporary(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// commit writes all jobs in one transaction. If it fails, bad is the index of the job that failed, -1 if none did.
func (s *Store) commit(jobs []job) (bad int, err error) {
	ctx := context.Background()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return -1, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	w := &txWriter{store: s, tx: tx, statements: map[string]*sql.Stmt{}}
	snapshots := s.packSnapshots(jobs)
	defer func() {
		for range snapshots { // none is left unless the commit fails
		}
	}()
	w.amended = amendedLaps(jobs)
	for i, j := range jobs {
		w.at = i
		if err := w.job(ctx, j); err != nil {
			return i, err
		}
	}
	for packed := range snapshots { // the order does not matter: each is of another race
		if err := w.snapshot(ctx, packed); err != nil {
			return -1, err
		}
	}
	if err := w.telemetry(ctx); err != nil {
		return -1, err
	}
	if err := tx.Commit(); err != nil {
		return -1, fmt.Errorf("commit: %w", err)
	}
	return -1, nil
}

// txWriter writes within one transaction.
type txWriter struct {
	store      *Store
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	touched    []*gathering
	at         int // index of the current job
	amended    map[lapOf]int
	judged     []race.PassingJudged // of the current facts
}

// lapOf identifies a lap of a car of a race.
type lapOf struct {
	race race.ID
	car  race.CarIdx
	lap  int
}

// amendedLaps returns laps that several jobs write, with the index of the last one: the earlier versions need not be written.
func amendedLaps(jobs []job) map[lapOf]int {
	several := 0
	for i := range jobs {
		if jobs[i].facts != nil {
			several++
		}
	}
	if several < 2 {
		return nil
	}
	last, kept := map[lapOf]int{}, map[race.ID]race.Seq{}
	for i := range jobs {
		for _, f := range jobs[i].facts {
			if f.Seq <= kept[jobs[i].id] {
				continue // facts that are stored already are skipped
			}
			for _, fact := range f.Facts {
				if l, ok := fact.(race.LapCompleted); ok {
					last[lapOf{jobs[i].id, l.Lap.Car, l.Lap.Number}] = i
				}
			}
		}
		if n := len(jobs[i].facts); n > 0 {
			kept[jobs[i].id] = max(kept[jobs[i].id], jobs[i].facts[n-1].Seq)
		}
	}
	return last
}

func (w *txWriter) exec(ctx context.Context, query string, args ...any) error {
	_, err := w.execRows(ctx, query, args...)
	return err
}

// execRows executes a statement and returns the number of changed rows.
func (w *txWriter) execRows(ctx context.Context, query string, args ...any) (int64, error) {
	st := w.statements[query]
	if st == nil {
		var err error
		if st, err = w.tx.PrepareContext(ctx, query); err != nil {
			return 0, fmt.Errorf("prepare: %w", err)
		}
		w.statements[query] = st
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return res.RowsAffected()
}

func (w *txWriter) job(ctx context.Context, j job) error {
	switch {
	case j.batch != nil:
		return w.batch(ctx, j.batch)
	case j.facts != nil:
		return w.facts(ctx, j.id, j.facts)
	}
	return j.do(ctx, w.tx)
}

func (w *txWriter) batch(ctx context.Context, b *race.Batch) error {
	now := w.store.now().UTC().UnixNano()
	var seq race.Seq
	for i := range b.Records {
		r := &b.Records[i]
		if r.RecordedAt == 0 {
			r.RecordedAt = now
		}
		seq = r.Seq
		if err := w.record(ctx, b.Race, r); err != nil {
			return fmt.Errorf("record %d of race %s: %w", r.Seq, b.Race, err)
		}
	}
	if err := w.reported(ctx, b); err != nil {
		return err
	}
	if b.Frame != nil {
		if err := w.frame(ctx, b.Race, b.Frame); err != nil {
			return fmt.Errorf("frame %d of race %s: %w", b.Frame.Tick, b.Race, err)
		}
	}
	if slices.ContainsFunc(b.Records, ends) {
		if err := w.endTelemetry(ctx, b.Race); err != nil {
			return err
		}
	}
	var tick, samples int64
	if b.Frame != nil {
		tick = int64(b.Frame.Tick)
	}
	if len(b.Samples) > 0 {
		samples = int64(b.Count)
	}
	n, err := w.execRows(ctx, `UPDATE races SET last_seq = max(last_seq, ?), last_count = max(last_count, ?), last_tick = max(last_tick, ?),
		samples_count = max(samples_count, ?) WHERE id = ?`, int64(seq), int64(b.Count), tick, samples, string(b.Race))
	if err == nil && n == 0 { // deleted meanwhile: rows without a race would belong to the next race with this ID
		err = fmt.Errorf("batch %d of race %s: %w", b.Count, b.Race, race.ErrNotFound)
	}
	return err
}

// ends reports whether a record ends a simulation; rulings may follow it.
func ends(r race.Record) bool {
	_, ended := r.Body.(race.Ended)
	return ended
}

func (w *txWriter) record(ctx context.Context, id race.ID, r *race.Record) error {
	switch b := r.Body.(type) {
	case race.Passing:
		return w.passing(ctx, id, r, b)
	case race.Announced:
		if err := w.announced(ctx, r.RecordedAt, &b.Race); err != nil {
			return err
		}
	case race.Entered:
		if err := w.entered(ctx, id, &b.Entry); err != nil {
			return err
		}
	case race.Started:
		err := w.exec(ctx, "UPDATE races SET started_at = ? WHERE id = ? AND started_at = 0", r.RecordedAt, string(id))
		if err != nil {
			return err
		}
	default: // stored as its body only
	}
	body, err := w.store.codec.Record(r)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return w.exec(ctx, "INSERT INTO records (race, seq, time_us, recorded_at, author, body) VALUES (?,?,?,?,?,?)",
		string(id), int64(r.Seq), int64(r.Time), r.RecordedAt, r.Author, body)
}

func (w *txWriter) passing(ctx context.Context, id race.ID, r *race.Record, b race.Passing) error {
	if sabotage.On(sabotage.StoreSpeed) && r.Seq%7 == 0 {
		b.SpeedKMH = 0
	}
	if b.Source == nil {
		return w.exec(ctx, `INSERT INTO records (race, seq, time_us, recorded_at, car, line, in_pit, speed_kmh)
			VALUES (?,?,?,?,?,?,?,?)`,
			string(id), int64(r.Seq), int64(r.Time), r.RecordedAt, int64(b.Car), b.Line, b.InPit, b.SpeedKMH)
	}
	return w.exec(ctx, `INSERT INTO records (race, seq, time_us, recorded_at, author, car, line, in_pit, speed_kmh, decoder,
		session, sequence, transponder) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		string(id), int64(r.Seq), int64(r.Time), r.RecordedAt, r.Author, int64(b.Car), b.Line, b.InPit, b.SpeedKMH,
		b.Source.Decoder, b.Source.Session, int64(b.Source.Sequence), b.Source.Transponder)
}

func (w *txWriter) announced(ctx context.Context, at int64, info *race.Race) error {
	return w.exec(ctx, `INSERT INTO races (id, name, kind, circuit, cars, laps, status, created_at) VALUES (?,?,?,?,?,?,?,?)`,
		string(info.ID), info.Name, info.Kind.String(), info.Circuit, info.Cars, info.Rules.Laps, int(race.Waiting), at)
}

func (w *txWriter) entered(ctx context.Context, id race.ID, e *race.Entry) error {
	return w.exec(ctx, `INSERT INTO entries SELECT ?, coalesce(max(car) + 1, 0), ?,?,?,?,?,?,?,?,? FROM entries WHERE race = ?`,
		string(id), e.Number, e.Code, e.Name, e.Team, e.Colour, e.Grid, e.PitLaneStart, e.StartOffsetM,
		strings.Join(e.Transponders, " "), string(id))
}
