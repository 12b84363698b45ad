package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"lightsout/race"
)

// samplesAtOnce is the number of samples in one statement.
const samplesAtOnce = 32

const sampleColumns = 13

var (
	insertSample  = sampleStatement(1)
	insertSamples = sampleStatement(samplesAtOnce)
)

// mergeSample is race.Sample.Merge in SQL: a car may report its speed and its position separately.
const mergeSample = ` ON CONFLICT (race, car, time_us) DO UPDATE SET
	speed_tenth = iif(excluded.speed_kmh IS NULL, speed_tenth, excluded.speed_tenth),
	speed_kmh = coalesce(excluded.speed_kmh, speed_kmh), rpm = coalesce(excluded.rpm, rpm), n_gear = coalesce(excluded.n_gear, n_gear),
	throttle = coalesce(excluded.throttle, throttle), brake = coalesce(excluded.brake, brake), drs = coalesce(excluded.drs, drs),
	x_dm = coalesce(excluded.x_dm, x_dm), y_dm = coalesce(excluded.y_dm, y_dm), count = excluded.count`

func sampleStatement(rows int) string {
	return "INSERT INTO samples VALUES " + places(rows, sampleColumns) + mergeSample
}

// reported stores the reported part of a batch: samples, and the key of the report.
func (w *txWriter) reported(ctx context.Context, b *race.Batch) error {
	for rows := range slices.Chunk(b.Samples, samplesAtOnce) {
		if err := w.samples(ctx, b, rows); err != nil {
			return fmt.Errorf("samples of race %s: %w", b.Race, err)
		}
	}
	if r := b.Request; r != nil {
		return w.exec(ctx, "INSERT INTO requests VALUES (?,?,?,?,?,?,?,?)", string(b.Race), int64(b.Count), r.Key, int64(r.Hash),
			int64(r.First), r.Records, r.Samples, r.Repeated)
	}
	return nil
}

func (w *txWriter) samples(ctx context.Context, b *race.Batch, rows []race.Sample) error {
	if len(rows) < samplesAtOnce {
		for i := range rows {
			if err := w.exec(ctx, insertSample, sampleArgs(nil, b, &rows[i])...); err != nil {
				return err
			}
		}
		return nil
	}
	args := make([]any, 0, sampleColumns*samplesAtOnce)
	for i := range rows {
		args = sampleArgs(args, b, &rows[i])
	}
	return w.exec(ctx, insertSamples, args...)
}

func sampleArgs(args []any, b *race.Batch, s *race.Sample) []any {
	args = append(args, string(b.Race), int64(s.Car), int64(s.Time))
	whole, tenth := *s, any(nil)
	if s.SpeedDKMH != race.Unknown {
		if whole.SpeedDKMH /= 10; s.SpeedDKMH%10 != 0 {
			tenth = s.SpeedDKMH % 10
		}
	}
	for _, v := range whole.Values() {
		if *v == race.Unknown {
			args = append(args, nil)
			continue
		}
		args = append(args, *v)
	}
	return append(args, int64(b.Count), tenth)
}

const sampleChannels = `SELECT car, time_us, 10 * speed_kmh + coalesce(speed_tenth, 0), rpm, n_gear, throttle, brake, drs, x_dm, y_dm
	FROM samples`

func sampleOfRow(r row) race.Sample {
	v := race.Sample{Car: race.CarIdx(r.int(0)), Time: race.Micros(r.int(1))}
	for i, to := range v.Values() {
		if *to = race.Unknown; !r.null(2 + i) {
			*to = int(r.int(2 + i))
		}
	}
	return v
}

// Samples returns samples of real cars between two race times, by car and time, at most limit.
func (s *Store) Samples(ctx context.Context, id race.ID, car race.CarIdx, from, to race.Micros, limit int) ([]race.Sample, error) {
	var out []race.Sample
	first, last := car, car
	if car == race.NoCar {
		first, last = 0, race.CarsMax
	}
	err := eachRow(ctx, s.read, func(r row) { out = append(out, sampleOfRow(r)) }, sampleChannels+" WHERE race = ? AND car BETWEEN ? AND ? AND time_us BETWEEN ? AND ? ORDER BY car, time_us LIMIT ?",
		string(id), int64(first), int64(last), int64(from), int64(to), limit)
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	return out, err
}

// requests returns the newest reports of a race that have a key, oldest first.
func (s *Store) requests(ctx context.Context, q querier, id race.ID) ([]race.Request, error) {
	var out []race.Request
	err := each(ctx, q, func(r *sql.Rows) error {
		var v race.Request
		var hash, first int64
		err := r.Scan(&v.Key, &hash, &first, &v.Records, &v.Samples, &v.Repeated)
		v.Hash, v.First = uint64(hash), race.Seq(first)
		out = append(out, v)
		return err
	}, `SELECT key, hash, first_seq, records, samples, repeated FROM requests WHERE race = ? ORDER BY count DESC LIMIT ?`,
		string(id), race.RequestsKept)
	slices.Reverse(out)
	return out, err
}

// Roster returns what is needed of a race to interpret the reports of a timing house.
func (s *Store) Roster(ctx context.Context, id race.ID) (*race.Roster, error) {
	summary, err := s.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	entries, err := s.Entries(ctx, id)
	if err != nil {
		return nil, err
	}
	signal, err := s.signal(ctx, id)
	if err != nil {
		return nil, err
	}
	r := race.NewRoster(summary, entries, signal.startedAt)
	r.StartMoved = signal.moved
	return r, nil
}

// signal is the start signal of a race; startedAt is 0 before it is given.
type signal struct {
	announcedAt, startedAt int64
	moved                  race.Micros
}

func (s *Store) signal(ctx context.Context, id race.ID) (g signal, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT created_at, started_at, start_moved_us FROM races WHERE id = ?", string(id)).
		Scan(&g.announcedAt, &g.startedAt, &g.moved)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return g, fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	case err != nil:
		return g, fmt.Errorf("read the start signal of race %s: %w", id, err)
	}
	return g, nil
}

// raceTime returns the time of a record; race.NoTime for a pre-start passing.
func (g signal) raceTime(t race.Micros) race.Micros {
	switch {
	case !t.PreStart():
		return t
	case g.startedAt == 0:
		return race.NoTime
	}
	return t.ToRaceTime(race.Between(g.announcedAt, g.startedAt))
}

// Newest returns the latest race time in a race's log; race.NoTime if no record has one.
func (s *Store) Newest(ctx context.Context, id race.ID) (race.Micros, error) {
	g, err := s.signal(ctx, id)
	if err != nil {
		return race.NoTime, err
	}
	var at, awaited sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT max(time_us), max(iif(time_us < ?2, time_us, NULL)) FROM records WHERE race = ?1",
		string(id), int64(race.PreStartZero/2)).Scan(&at, &awaited)
	if err != nil {
		return race.NoTime, fmt.Errorf("read the newest record of race %s: %w", id, err)
	}
	newest := race.NoTime
	if at.Valid {
		newest = g.raceTime(race.Micros(at.Int64))
	}
	if awaited.Valid {
		newest = max(newest, g.raceTime(race.Micros(awaited.Int64)))
	}
	return newest, nil
}

// Rulings returns the records of race control, in order, and the reasons of those that were refused.
func (s *Store) Rulings(ctx context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error) {
	s.fresh(ctx)
	const where = " WHERE r.race = ? AND r.body IS NOT NULL"
	if err := pay(ctx, s.read, recordCost, "records r INDEXED BY records_told"+where, string(id)); err != nil {
		return nil, nil, err
	}
	var out []race.Record
	refused := map[race.Seq]string{}
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var body sql.RawBytes
		var reason sql.NullString
		if err := r.Scan(&body, &reason); err != nil {
			return err
		}
		rec, err := s.codec.DecodeRecord(body)
		if err != nil {
			return err
		}
		if race.IsRuling(rec.Body) {
			out = append(out, *rec)
		}
		if reason.Valid {
			refused[rec.Seq] = reason.String
		}
		return nil
	}, `SELECT r.body, f.reason FROM records r INDEXED BY records_told LEFT JOIN refusals f ON f.race = r.race AND f.seq = r.seq`+
		where+" ORDER BY r.seq", string(id))
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	return out, refused, err
}

// Stops returns the records of fitted tyres, in order.
func (s *Store) Stops(ctx context.Context, id race.ID) ([]race.Record, error) {
	var out []race.Record
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var body sql.RawBytes
		if err := r.Scan(&body); err != nil {
			return err
		}
		rec, err := s.codec.DecodeRecord(body)
		if err != nil {
			return err
		}
		if _, fitted := rec.Body.(race.TyresFitted); fitted {
			out = append(out, *rec)
		}
		return nil
	}, "SELECT body FROM records INDEXED BY records_told WHERE race = ? AND body IS NOT NULL ORDER BY seq", string(id))
	return out, err
}

// DecoderReports calls passing for each passing that a decoder reported, with its time by the decoder's clock and its arrival.
func (s *Store) DecoderReports(ctx context.Context, id race.ID, passing func(decoder string, at race.Micros, recordedAt int64)) error {
	signal, err := s.signal(ctx, id)
	if err != nil {
		return err
	}
	const from = "records WHERE race = ? AND decoder <> ''"
	if err := pay(ctx, s.read, race.RowCost/3, from, string(id)); err != nil { // it has only three columns
		return err
	}
	return eachRow(ctx, s.read, func(r row) {
		if at := signal.raceTime(race.Micros(r.int(1))); at != race.NoTime {
			passing(r.text(0), at, r.int(2))
		}
	}, "SELECT decoder, time_us, recorded_at FROM "+from+" ORDER BY seq", string(id))
}

// ErrCircuitTaken means that a circuit with the same key exists.
var ErrCircuitTaken = errors.New("a circuit of that key is there already")

// AddCircuit stores a circuit in its text form.
func (s *Store) AddCircuit(key, text string, ready func(error)) {
	s.enqueue(job{id: race.ID("circuit " + key), ready: ready, do: func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO circuits VALUES (?,?)", key, text)
		if err != nil {
			return fmt.Errorf("store a circuit: %w", err)
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			return fmt.Errorf("%q: %w: %w", key, ErrCircuitTaken, race.ErrConflict)
		}
		return nil
	}})
}

// Circuits calls one with the imported circuits, by key.
func (s *Store) Circuits(ctx context.Context, one func(key, text string) error) error {
	return each(ctx, s.read, func(r *sql.Rows) error {
		var key, text string
		if err := r.Scan(&key, &text); err != nil {
			return err
		}
		return one(key, text)
	}, "SELECT key, text FROM circuits ORDER BY key")
}
