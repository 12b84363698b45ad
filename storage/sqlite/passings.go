package sqlite

import (
	"context"

	"lightsout/race"
)

// The passings of a race as in the view passings. The view is for people: SQLite must sort its two halves together, so every
// page costs as much as all later ones. These queries walk one table by its primary key and stop at the end of the page.
const (
	passingColumns = `SELECT r.seq, coalesce(v.time_us, r.time_us), r.recorded_at, coalesce(v.car, r.car), coalesce(r.line, v.line),
		coalesce(r.in_pit, 0), coalesce(r.speed_kmh, 0), r.decoder, r.session, r.sequence, r.transponder, coalesce(v.verdict, 0),
		coalesce(v.reason, ''), v.split_us, iif(r.body IS NULL, r.time_us, NULL), r.car FROM `
	// A record that is not a passing counts as one if a marshal inserted a passing with it: then it has a verdict.
	passingsByRecord = passingColumns + `records r LEFT JOIN verdicts v ON v.race = r.race AND v.seq = r.seq
		WHERE r.race = ?1 AND r.seq > ?2 AND (r.body IS NULL OR v.seq IS NOT NULL) AND (?4 < 0 OR coalesce(v.verdict, 0) = ?4)
		ORDER BY r.seq LIMIT ?3`
	// Passings with this verdict are few, and all of them have a row in verdicts. CROSS JOIN fixes the join order.
	passingsByVerdict = passingColumns + `verdicts v CROSS JOIN records r ON r.race = v.race AND r.seq = v.seq
		WHERE v.race = ?1 AND v.seq > ?2 AND v.verdict = ?4 ORDER BY v.seq LIMIT ?3`
)

// Passings returns the passings after a sequence number with their verdicts, at most limit; of one verdict, or of all if
// verdict is negative.
func (s *Store) Passings(ctx context.Context, id race.ID, after race.Seq, limit, verdict int) ([]race.PassingRow, error) {
	s.fresh(ctx)
	query, from := passingsByRecord, "records WHERE race = ?1 AND seq > ?2"
	if verdict > int(race.Accepted) {
		query, from = passingsByVerdict, "verdicts WHERE race = ?1 AND seq > ?2 AND verdict = ?4"
	}
	args := []any{string(id), int64(after), limit, verdict}
	if err := payUpTo(ctx, s.read, limit, passingCost, from, args...); err != nil {
		return nil, err
	}
	var out []race.PassingRow
	signal, err := s.signal(ctx, id)
	if err != nil {
		return nil, err
	}
	err = eachRow(ctx, s.read, func(r row) {
		p := passingOfRow(r)
		p.Time, p.ReportedTime = signal.raceTime(p.Time), signal.raceTime(p.ReportedTime)
		out = append(out, p)
	}, query, args...)
	return out, err
}

// passingCost is the work of a passing, which is read from two tables.
const passingCost = 2 * race.RowCost

func passingOfRow(r row) race.PassingRow {
	p := race.PassingRow{
		Seq: race.Seq(r.int(0)), Time: race.Micros(r.int(1)), RecordedAt: r.int(2), Verdict: race.Verdict(r.int(11)), Reason: r.text(12),
		Passing: race.Passing{Car: race.CarIdx(r.int(3)), Line: int(r.int(4)), InPit: r.is(5), SpeedKMH: int(r.int(6))},
		Split:   race.NoTime, ReportedTime: race.NoTime, ReportedCar: race.NoCar,
	}
	if !r.null(7) {
		p.Passing.Source = &race.Source{Decoder: r.text(7), Session: r.text(8), Sequence: uint64(r.int(9)), Transponder: r.text(10)}
	}
	if !r.null(14) {
		p.ReportedTime, p.ReportedCar = race.Micros(r.int(14)), race.CarIdx(r.int(15))
	}
	if !r.null(13) {
		p.Split = race.Micros(r.int(13))
	}
	return p
}
