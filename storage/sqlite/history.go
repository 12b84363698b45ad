package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
)

func (s *Store) position(ctx context.Context, q querier, id race.ID) (race.Position, error) {
	var p race.Position
	var seq, count, facts int64
	err := q.QueryRowContext(ctx, "SELECT last_seq, last_count, facts_seq FROM races WHERE id = ?", string(id)).
		Scan(&seq, &count, &facts)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("read position: %w", err)
	}
	p.Seq, p.Count, p.Facts = race.Seq(seq), uint64(count), race.Seq(facts)
	if p.Requests, err = s.requests(ctx, q, id); err != nil {
		return p, err
	}
	if p.Info, err = s.announcedInfo(ctx, q, id); err != nil {
		return p, err
	}
	var data []byte
	err = q.QueryRowContext(ctx, "SELECT data FROM snapshots WHERE race = ? AND count = ?", string(id), count).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err == nil {
		p.Snapshot, err = s.unpackSnapshot(data)
	}
	if err != nil {
		return p, fmt.Errorf("read snapshot: %w", err)
	}
	return p, nil
}

// announcedInfo returns the race info in record 1; nil if it is missing.
func (s *Store) announcedInfo(ctx context.Context, q querier, id race.ID) (*race.Race, error) {
	first, err := s.records(ctx, q, id, 0, 1)
	if err != nil {
		return nil, fmt.Errorf("read the info of race %s: %w", id, err)
	}
	if len(first) == 1 {
		if announced, ok := first[0].Body.(race.Announced); ok {
			return &announced.Race, nil
		}
	}
	return nil, nil // the caller decides what a race without info means
}

// Work of decoding.
const (
	recordCost = 150
	headCost   = 300
)

// summaryColumns select a summary: the race info is in the record that announced it. CROSS JOIN fixes the join order, so that
// the log is not scanned.
const summaryColumns = `SELECT body, status, created_at, leader_lap, laps, winner FROM races
	CROSS JOIN records ON records.race = races.id AND records.seq = 1`

func (s *Store) scanSummary(scan func(...any) error) (race.Summary, error) {
	var v race.Summary
	var info []byte
	var status int
	if err := scan(&info, &status, &v.CreatedAt, &v.LeaderLap, &v.Laps, &v.Winner); err != nil {
		return v, err
	}
	r, err := s.codec.DecodeRecord(info)
	if err != nil {
		return v, fmt.Errorf("decode the race info: %w", err)
	}
	announced, ok := r.Body.(race.Announced)
	if !ok {
		return v, fmt.Errorf("record 1 is a %T", r.Body)
	}
	v.Race, v.Status = announced.Race, race.Status(status)
	return v, nil
}

// CarsAwaited returns the number of cars in races that are not over.
func (s *Store) CarsAwaited(ctx context.Context) (cars int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(sum(cars), 0) FROM races WHERE status < ?", int(race.Over)).Scan(&cars)
	if err != nil {
		return 0, fmt.Errorf("count the cars of races: %w", err)
	}
	return cars, nil
}

// Summary returns one race.
func (s *Store) Summary(ctx context.Context, id race.ID) (race.Summary, error) {
	s.fresh(ctx)
	v, err := s.scanSummary(s.read.QueryRowContext(ctx, summaryColumns+" WHERE id = ?", string(id)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return v, fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	}
	return v, err
}

// known returns ErrNotFound if the race does not exist.
func (s *Store) known(ctx context.Context, id race.ID) error {
	var one int
	err := s.read.QueryRowContext(ctx, "SELECT 1 FROM races WHERE id = ?", string(id)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("look for race %s: %w", id, err)
	}
	return nil
}

// Entries returns the entries by slot.
func (s *Store) Entries(ctx context.Context, id race.ID) ([]race.Entry, error) {
	const from = "entries WHERE race = ?"
	if err := pay(ctx, s.read, race.RowCost, from, string(id)); err != nil {
		return nil, err
	}
	var out []race.Entry
	err := eachRow(ctx, s.read, func(r row) {
		out = append(out, race.Entry{
			Number: int(r.int(0)), Code: r.text(1), Name: r.text(2), Team: r.text(3), Colour: r.text(4), Grid: int(r.int(5)), PitLaneStart: r.is(6),
			StartOffsetM: int(r.int(7)), Transponders: strings.Fields(r.text(8)),
		})
	}, `SELECT driver_number, name_acronym, full_name, team_name, team_colour, grid_position, pit_lane_start,
		start_offset_m, transponders FROM `+from+" ORDER BY car", string(id))
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	return out, err
}

// Laps returns the laps of one car, or of all cars if car is race.NoCar, by end time.
func (s *Store) Laps(ctx context.Context, id race.ID, car race.CarIdx) ([]race.Lap, error) {
	return s.LapsOf(ctx, id, race.LapQuery{Car: car, To: race.LapsMax})
}

// LapsOf returns the laps that a query selects, by end time. A position requires a search through all laps of the race or the
// car.
func (s *Store) LapsOf(ctx context.Context, id race.ID, q race.LapQuery) ([]race.Lap, error) {
	s.fresh(ctx)
	from := "laps WHERE race = ?1"
	args := []any{string(id), int64(q.Car), q.From, q.To, q.Position}
	if q.Car != race.NoCar {
		from += " AND car = ?2"
	}
	if part := from + " AND lap_number BETWEEN ?3 AND ?4 AND (?5 = 0 OR position = ?5)"; q.From > 1 || q.To < race.LapsMax || q.Position > 0 {
		if err := paySearch(ctx, s.read, from, args...); err != nil {
			return nil, err
		}
		from = part
	}
	if err := pay(ctx, s.read, race.RowCost, from, args...); err != nil {
		return nil, err
	}
	var out []race.Lap
	err := eachRow(ctx, s.read, func(r row) { out = append(out, lapOfRow(r)) }, `SELECT car, lap_number, lap_duration_ms, sector_1_ms,
		sector_2_ms, sector_3_ms, end_ms, position, compound, tyre_age, pit_in, pit_out, flag, mark, deleted, passing FROM `+from, args...)
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	slices.SortStableFunc(out, func(a, b race.Lap) int {
		return cmp.Or(cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.Position, b.Position))
	})
	return out, err
}

func lapOfRow(r row) race.Lap {
	return race.Lap{
		Car: race.CarIdx(r.int(0)), Number: int(r.int(1)), DurationMS: r.int(2), SectorsMS: [3]int64{r.int(3), r.int(4), r.int(5)},
		EndMS: r.int(6), Position: int(r.int(7)), Tyre: race.Compound(r.int(8)), TyreAgeLaps: int(r.int(9)), PitIn: r.is(10), PitOut: r.is(11),
		Flag: race.FlagState(r.int(12)), Mark: race.Mark(r.int(13)), Deleted: r.is(14), Passing: race.Seq(r.int(15)),
	}
}

// Events returns the events in order.
func (s *Store) Events(ctx context.Context, id race.ID) ([]race.Event, error) {
	s.fresh(ctx)
	const from = "events WHERE race = ?"
	if err := pay(ctx, s.read, race.RowCost, from, string(id)); err != nil {
		return nil, err
	}
	var out []race.Event
	err := eachRow(ctx, s.read, func(r row) {
		out = append(out, race.Event{
			Kind: race.EventKind(r.int(0)), Of: race.Seq(r.int(1)), Car: race.CarIdx(r.int(2)), Lap: int(r.int(3)), TimeMS: r.int(4),
			Value: r.int(5), Text: r.text(6),
		})
	}, "SELECT kind_code, of_seq, car, lap_number, time_ms, value, text FROM "+from+" ORDER BY time_ms, kind_code, car, of_seq", string(id))
	if err == nil && len(out) == 0 {
		err = s.known(ctx, id)
	}
	return out, err
}

// Classification returns the newest version of the result; race.ErrNotFound if there is none.
func (s *Store) Classification(ctx context.Context, id race.ID) (race.Classification, error) {
	return s.Version(ctx, id, 0)
}

// Version returns a version of the result, from 1; 0 means the newest. race.ErrNotFound if there is none.
func (s *Store) Version(ctx context.Context, id race.ID, version int) (race.Classification, error) {
	list, err := s.versions(ctx, id, version)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("a result of race %s: %w", id, race.ErrNotFound)
	}
	if err != nil {
		return race.Classification{}, err
	}
	out := list[len(list)-1].Classification
	const from = "classifications WHERE race = ? AND version = ?"
	if err := pay(ctx, s.read, race.RowCost, from, string(id), out.Version); err != nil {
		return race.Classification{}, err
	}
	err = eachRow(ctx, s.read, func(r row) {
		out.Entries = append(out.Entries, race.Classified{
			Position: int(r.int(0)), Car: race.CarIdx(r.int(1)), Laps: int(r.int(2)), Status: race.ClassifiedStatus(r.int(3)), DurationMS: r.int(4),
			GapMS: r.int(5), GapLaps: int(r.int(6)), IntervalMS: r.int(7), PenaltyMS: r.int(8), BestLapMS: r.int(9), BestLap: int(r.int(10)),
			Reason: r.text(11),
		})
	}, `SELECT position, car, laps, status, duration_ms, gap_ms, gap_laps, interval_ms, penalty_ms, best_lap_ms,
		best_lap, reason FROM `+from+" ORDER BY place", string(id), out.Version)
	return out, err
}

// Versions returns the versions of the result, oldest first, without their lines.
func (s *Store) Versions(ctx context.Context, id race.ID) ([]race.Version, error) {
	list, err := s.versions(ctx, id, 0)
	if err == nil && len(list) == 0 {
		err = s.known(ctx, id)
	}
	return list, err
}

func (s *Store) versions(ctx context.Context, id race.ID, only int) ([]race.Version, error) {
	s.fresh(ctx)
	var out []race.Version
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var v race.Version
		var seq int64
		err := r.Scan(&v.Version, &seq, &v.Status, &v.Author, &v.Reason, &v.StateHash, &v.RecordedAt, &v.Time)
		v.Seq = race.Seq(seq)
		out = append(out, v)
		return err
	}, `SELECT v.version, v.seq, v.status, v.author, v.reason, v.state_hash, r.recorded_at, r.time_us - x.start_moved_us
		FROM results v JOIN records r ON r.race = v.race AND r.seq = v.seq JOIN races x ON x.id = v.race WHERE v.race = ?1 AND (?2 = 0 OR v.version = ?2)
		ORDER BY v.version`, string(id), only)
	return out, err
}

// Records returns the records after a sequence number, at most limit; in order and without gaps.
func (s *Store) Records(ctx context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error) {
	return s.records(ctx, s.read, id, after, limit)
}

func (s *Store) records(ctx context.Context, q querier, id race.ID, after race.Seq, limit int) ([]race.Record, error) {
	var out []race.Record
	err := each(ctx, q, func(r *sql.Rows) error {
		rec, err := s.scanRecord(r)
		out = append(out, rec)
		return err
	}, recordColumns+" WHERE race = ? AND seq > ? ORDER BY seq LIMIT ?", string(id), int64(after), limit)
	return out, err
}

const recordColumns = `SELECT seq, time_us, recorded_at, author, car, line, in_pit, speed_kmh, decoder, session, sequence,
	transponder, body FROM records`

func (s *Store) scanRecord(r *sql.Rows) (race.Record, error) {
	var seq int64
	var rec race.Record
	var car, line, speed sql.NullInt64
	var inPit sql.NullBool
	var body sql.RawBytes
	var decoder, session, transponder sql.NullString
	var sequence sql.NullInt64
	if err := r.Scan(&seq, &rec.Time, &rec.RecordedAt, &rec.Author, &car, &line, &inPit, &speed, &decoder, &session, &sequence,
		&transponder, &body); err != nil {
		return rec, err
	}
	if body == nil {
		rec.Seq = race.Seq(seq)
		p := race.Passing{
			Car: race.CarIdx(car.Int64), Line: int(line.Int64), InPit: inPit.Bool, SpeedKMH: int(speed.Int64),
		}
		if decoder.Valid {
			p.Source = &race.Source{
				Decoder: decoder.String, Session: session.String, Sequence: uint64(sequence.Int64), Transponder: transponder.String,
			}
		}
		rec.Body = p
		return rec, nil
	}
	decoded, err := s.codec.DecodeRecord(body)
	if err != nil {
		return rec, fmt.Errorf("record %d: %w", seq, err)
	}
	return *decoded, nil
}

// Unfinished returns the simulations that the server must resume, oldest first. It fills the cache of race infos, so that the
// first list of races is fast.
func (s *Store) Unfinished(ctx context.Context) ([]race.Summary, error) {
	all, err := s.Summaries(ctx)
	out := slices.DeleteFunc(all, func(v race.Summary) bool { return v.Status >= race.Over || v.Race.Kind != race.Simulation })
	slices.SortFunc(out, func(a, b race.Summary) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.Race.ID, b.Race.ID))
	})
	return out, err
}

// Lagging returns the races with records whose facts were lost in a crash, except the simulations that are resumed.
func (s *Store) Lagging(ctx context.Context) ([]race.ID, error) {
	return s.ids(ctx, "SELECT id FROM races WHERE facts_seq < last_seq AND (kind = 'external' OR status >= ? OR status = ?) ORDER BY id",
		int(race.Over), int(race.Waiting))
}

// ids returns the races of a query.
func (s *Store) ids(ctx context.Context, query string, args ...any) ([]race.ID, error) {
	var out []race.ID
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var id race.ID
		err := r.Scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
	return out, err
}

// SetStatus sets a race's status when no record does, after everything appended before.
func (s *Store) SetStatus(id race.ID, status race.Status, ready func(error)) {
	s.enqueue(job{id: id, ready: ready, do: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE races SET status = ? WHERE id = ?", int(status), string(id))
		return err
	}})
}

// Delete deletes a race with all its rows.
func (s *Store) Delete(id race.ID, ready func(error)) {
	s.enqueue(job{id: id, ready: ready, do: func(ctx context.Context, tx *sql.Tx) error {
		delete(s.open, id)
		if err := deleteRace(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO feeds SELECT feed, ?, ?, 0, 0 FROM feeds WHERE race = ''", string(id), erasure); err != nil {
			return fmt.Errorf("leave word for the feeds: %w", err)
		}
		return nil
	}})
}

// ofRaces are the tables with rows that belong to a race.
var ofRaces = []string{
	"entries", "records", "verdicts", "laps", "events", "results", "classifications", "telemetry", "frames", "snapshots",
	"samples", "requests", "refusals", "feeds", "feed_rejects", "drills", "drill_files",
}

func deleteRace(ctx context.Context, tx *sql.Tx, id race.ID) error {
	for _, table := range ofRaces {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE race = ?", string(id)); err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
	}
	res, err := tx.ExecContext(ctx, "DELETE FROM races WHERE id = ?", string(id))
	return changedOne(res, err, "delete", id)
}
