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
	"lightsout/race/sabotage"
)

// facts stores facts once: a Timekeeper that restarts publishes all of them again.
func (w *txWriter) facts(ctx context.Context, id race.ID, list []race.Facts) error {
	var kept int64
	err := w.tx.QueryRowContext(ctx, "SELECT facts_seq FROM races WHERE id = ?", string(id)).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) || len(list) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	last := list[len(list)-1].Seq
	if int64(last) <= kept {
		return nil
	}
	if kept == 0 { // from the beginning: facts of other versions of the rules are deleted
		for _, table := range []string{"verdicts", "laps", "events", "refusals", "results", "classifications"} {
			if err := w.exec(ctx, "DELETE FROM "+table+" WHERE race = ?", string(id)); err != nil {
				return err
			}
		}
	}
	w.judged = w.judged[:0]
	for _, f := range list {
		if int64(f.Seq) <= kept {
			continue
		}
		for _, fact := range f.Facts {
			if err := w.fact(ctx, id, f.Seq, fact); err != nil {
				return err
			}
		}
	}
	if err := w.verdicts(ctx, id, w.judged); err != nil {
		return err
	}
	return w.exec(ctx, "UPDATE races SET facts_seq = ? WHERE id = ?", int64(last), string(id))
}

func (w *txWriter) fact(ctx context.Context, id race.ID, seq race.Seq, fact race.Fact) error {
	switch f := fact.(type) {
	case race.LapCompleted:
		l := f.Lap
		if sabotage.On(sabotage.StoreLaps) && (l.Number+int(l.Car))%7 == 0 {
			return nil
		}
		if w.amended != nil && w.amended[lapOf{id, l.Car, l.Number}] > w.at {
			return nil
		}
		return w.exec(ctx, "INSERT OR REPLACE INTO laps VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			string(id), int64(l.Car), l.Number, l.DurationMS, l.SectorsMS[0], l.SectorsMS[1], l.SectorsMS[2], l.EndMS,
			l.Position, int(l.Tyre), l.TyreAgeLaps, l.PitIn, l.PitOut, int(l.Flag), int(l.Mark), l.Deleted,
			int64(l.Passing))
	case race.LapsWithdrawn:
		return w.exec(ctx, "DELETE FROM laps WHERE race = ? AND car = ? AND lap_number > ?", string(id), int64(f.Car), f.Laps)
	case race.PassingJudged: // stored in a table of their own, below
		w.judged = append(w.judged, f)
	case race.RecordRefused:
		return w.exec(ctx, "INSERT OR REPLACE INTO refusals VALUES (?,?,?)", string(id), int64(f.Seq), f.Reason)
	case race.EventHappened:
		e := f.Event
		if sabotage.On(sabotage.StoreEvents) && e.Car != race.NoCar {
			return nil
		}
		return w.exec(ctx, "INSERT OR REPLACE INTO events VALUES (?,?,?,?,?,?,?,?,?)", string(id), e.Kind.String(), int64(e.Of),
			int64(e.Car), int(e.Kind), e.Lap, e.TimeMS, e.Value, e.Text)
	case race.EventWithdrawn:
		return w.exec(ctx, "DELETE FROM events WHERE race = ? AND kind = ? AND of_seq = ? AND car = ?", string(id),
			f.Event.Kind.String(), int64(f.Event.Of), int64(f.Event.Car))
	case race.SessionStatusChanged:
		if sabotage.On(sabotage.StoreStatus) && f.Session.Status == race.Over {
			return nil
		}
		return w.exec(ctx, "UPDATE races SET status = ?, leader_lap = ?, laps = ?, start_moved_us = ? WHERE id = ? AND status <> ?",
			int(f.Session.Status), f.Session.LeaderLap, f.Session.Laps, int64(f.Session.StartMoved), string(id), int(race.Failed))
	case race.ResultPublished:
		return w.result(ctx, id, seq, &f.Classification)
	case race.RowChanged, race.OrderChanged: // the tower is recomputed on request
	}
	return nil
}

// verdicts stores verdicts in bulk: a stopped race changes the verdicts of all passings of its last laps.
func (w *txWriter) verdicts(ctx context.Context, id race.ID, list []race.PassingJudged) error {
	slices.SortStableFunc(list, func(a, b race.PassingJudged) int { return cmp.Compare(a.Seq, b.Seq) }) // in the order of the primary key
	args := make([]any, 0, verdictColumns*min(len(list), verdictsAtOnce))
	for rows := range slices.Chunk(list, verdictsAtOnce) {
		args = args[:0]
		for i := range rows {
			f := &rows[i]
			var split any
			if f.Split != race.NoTime {
				split = int64(f.Split)
			}
			args = append(args, string(id), int64(f.Seq), int64(f.Car), f.Line, int64(f.Time), int(f.Verdict), f.Reason, split)
		}
		statement := insertVerdicts
		if len(rows) < verdictsAtOnce {
			statement = "INSERT OR REPLACE INTO verdicts VALUES " + places(len(rows), verdictColumns)
		}
		if err := w.exec(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

// verdictsAtOnce is the number of verdicts in one statement.
const (
	verdictsAtOnce = 32
	verdictColumns = 8
)

var insertVerdicts = "INSERT OR REPLACE INTO verdicts VALUES " + places(verdictsAtOnce, verdictColumns)

// places returns the placeholders of a statement that inserts rows.
func places(rows, columns int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

func (w *txWriter) result(ctx context.Context, id race.ID, seq race.Seq, c *race.Classification) error {
	err := w.exec(ctx, "INSERT OR REPLACE INTO results VALUES (?,?,?,?,?,?,?)", string(id), c.Version, int64(seq), int(c.Status),
		c.Author, c.Reason, c.StateHash)
	if err != nil {
		return err
	}
	for place, e := range c.Entries {
		if sabotage.On(sabotage.StoreResult) && place > 0 && place == len(c.Entries)-1 {
			break
		}
		err := w.exec(ctx, "INSERT OR REPLACE INTO classifications VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			string(id), c.Version, place, e.Position, int64(e.Car), e.Laps, int(e.Status), e.DurationMS, e.GapMS,
			e.GapLaps, e.IntervalMS, e.PenaltyMS, e.BestLapMS, e.BestLap, e.Reason)
		if err != nil {
			return err
		}
	}
	return w.exec(ctx, `UPDATE races SET winner = coalesce((SELECT name_acronym FROM entries e JOIN classifications c
		ON e.race = c.race AND e.car = c.car WHERE c.race = ?1 AND c.version = ?2 AND c.place = 0 AND c.position = 1), '')
		WHERE id = ?1`, string(id), c.Version)
}
