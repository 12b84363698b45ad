package sqlite

import (
	"context"
	"database/sql"

	"lightsout/race"
)

// The hits of a race as the view passings has them. The view is for people: its two halves must be sorted together, so that
// whoever turns a page pays for all that comes after it. These go along one table in the order of its key and stop with the page.
const (
	passingColumns = `SELECT r.seq, coalesce(v.time_us, r.time_us), r.recorded_at, coalesce(v.car, r.car), coalesce(r.line, v.line),
		coalesce(r.in_pit, 0), coalesce(r.speed_kmh, 0), r.decoder, r.session, r.sequence, r.transponder, coalesce(v.verdict, 0),
		coalesce(v.reason, ''), v.split_us, iif(r.body IS NULL, r.time_us, NULL), r.car FROM `
	// A record that is no hit counts as one where the stewards put it in: it has a verdict.
	passingsByRecord = passingColumns + `records r LEFT JOIN verdicts v ON v.race = r.race AND v.seq = r.seq
		WHERE r.race = ?1 AND r.seq > ?2 AND (r.body IS NULL OR v.seq IS NOT NULL) AND (?4 < 0 OR coalesce(v.verdict, 0) = ?4)
		ORDER BY r.seq LIMIT ?3`
	// Hits that were not accepted are few, and all of them are here. CROSS JOIN keeps the order of the tables.
	passingsByVerdict = passingColumns + `verdicts v CROSS JOIN records r ON r.race = v.race AND r.seq = v.seq
		WHERE v.race = ?1 AND v.seq > ?2 AND v.verdict = ?4 ORDER BY v.seq LIMIT ?3`
)

// Passings after a sequence number, limit at most, with what is made of each; of one verdict, or with a negative one of
// all.
func (s *Store) Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error) {
	s.fresh(ctx)
	query := passingsByRecord
	if verdict > int(race.Accepted) {
		query = passingsByVerdict
	}
	var out []race.PassingRow
	signal, err := s.signal(ctx, id)
	if err != nil {
		return nil, err
	}
	err = each(ctx, s.read, func(r *sql.Rows) error {
		p, err := scanPassing(r)
		p.Time, p.ToldTime = signal.raceTime(p.Time), signal.raceTime(p.ToldTime)
		out = append(out, p)
		return err
	}, query, string(id), int64(after), limit, verdict)
	return out, err
}

func scanPassing(r *sql.Rows) (race.PassingRow, error) {
	p := race.PassingRow{Split: race.NoTime, ToldTime: race.NoTime, ToldCar: race.NoCar}
	var seq int64
	var decoder, session, transponder sql.NullString
	var sequence, split, toldTime, toldCar sql.NullInt64
	err := r.Scan(&seq, &p.Time, &p.RecordedAt, &p.Passing.Car, &p.Passing.Line, &p.Passing.InPit, &p.Passing.SpeedKMH,
		&decoder, &session, &sequence, &transponder, &p.Verdict, &p.Reason, &split,
		&toldTime, &toldCar)
	p.Seq = race.Seq(seq)
	if decoder.Valid {
		p.Passing.Source = &race.Source{
			Decoder: decoder.String, Session: session.String, Sequence: uint64(sequence.Int64), Transponder: transponder.String,
		}
	}
	if toldTime.Valid {
		p.ToldTime, p.ToldCar = race.Micros(toldTime.Int64), race.CarIdx(toldCar.Int64)
	}
	if split.Valid {
		p.Split = race.Micros(split.Int64)
	}
	return p, err
}
